"""The five programs of Tocsin as command lines; compose.yaml runs the same ones."""

import sys
from pathlib import Path

from ops.layout import ROOT
from ops.ports import LOOPBACK

WEB_WORKERS = 2
# Requests wait for Postgres more than they compute, so a few threads share a worker's one core.
WEB_THREADS = 6
WEB_BACKLOG = 1024
# The pool is threads: a task waits for SMTP and HTTP, and one process costs the memory of one.
WORKER_POOL = "threads"
WORKER_CONCURRENCY = 4
STOP_SECONDS = 10
# An open stream never ends by itself and loses nothing when it is cut: the browser connects anew.
LIVE_STOP_SECONDS = 1


def web(port: int, host: str = LOOPBACK, workers: int = WEB_WORKERS) -> list[str]:
    """Pages, API and intake over WSGI."""
    return [
        *_granian("wsgi", host, port, workers),
        *("--blocking-threads", str(WEB_THREADS), "--backlog", str(WEB_BACKLOG)),
        "config.wsgi:application",
    ]


def live(port: int, host: str = LOOPBACK) -> list[str]:
    """The event stream: one process holds thousands of idle connections."""
    return [*_granian("asgi", host, port, 1, LIVE_STOP_SECONDS), "config.live:app"]


def _granian(
    interface: str, host: str, port: int, workers: int, stop_seconds: int = STOP_SECONDS
) -> list[str]:
    return [
        *(sys.executable, "-m", "granian", "--interface", interface, "--host", host, "--port", str(port)),
        *("--workers", str(workers), "--no-ws", "--http", "1", "--log-level", "warning"),
        *("--respawn-failed-workers", "--workers-kill-timeout", str(stop_seconds)),
    ]


def worker() -> list[str]:
    """Sends pages, processes events, sweeps due timers. Any number may run."""
    return [
        *(sys.executable, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO"),
        *("--pool", WORKER_POOL, "--concurrency", str(WORKER_CONCURRENCY)),
        *("--without-mingle", "--without-gossip"),
    ]


def beat(schedule: Path) -> list[str]:
    """Starts the chores; exactly one runs. Nothing that pages depends on it."""
    return [
        *(sys.executable, "-m", "celery", "-A", "config.clock", "beat", "--loglevel", "INFO"),
        *("--schedule", str(schedule), "--pidfile", ""),
    ]


def mail_in(port: int, host: str = LOOPBACK) -> list[str]:
    """Takes mails to integrations over SMTP; one process, or one on each host that mail is sent to."""
    return [sys.executable, str(ROOT / "manage.py"), "mail_in", "--listen", f"{host}:{port}"]


def mailcatcher(port: int, folder: Path) -> list[str]:
    """The mail server of `bin/up` that keeps every mail as a file."""
    return [sys.executable, "-m", "ops.mailcatcher", str(port), str(folder)]
