"""A whole Tocsin on throw-away data, each process in reach: for fault tests that kill them and for the bench.

Everything listens on loopback; `close` ends what was started, by its pid.
"""

from __future__ import annotations

import secrets
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from ops import programs
from ops.layout import ROOT
from ops.ports import free_port
from ops.postgres import Postgres
from ops.process import spawn, stop
from ops.servers import environment, manage_command
from ops.valkey import Valkey

READY_SECONDS = 60.0


class Stack:
    """Postgres, Valkey and as many of our processes as are started. `durable` keeps fsync on, as in production."""

    def __init__(self, folder: Path, *, durable: bool = True, mail_port: int = 0) -> None:
        self.folder = folder
        self.postgres = Postgres(folder / "postgres", throwaway=not durable)
        self.valkey = Valkey(folder / "valkey", throwaway=not durable)
        self.port = free_port()
        self.mail_port = mail_port or free_port()
        self.secret_key = secrets.token_urlsafe(32)
        self.extra: dict[str, str] = {}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        """Where the pages and the intake are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def env(self) -> dict[str, str]:
        """The environment of every process of this stack."""
        return environment(
            {
                "SECRET_KEY": self.secret_key,
                "DATABASE_URL": self.postgres.url,
                "REDIS_URL": self.valkey.url,
                "EMAIL_URL": f"smtp://127.0.0.1:{self.mail_port}",
                "TOCSIN_URL": self.url,
                "TOCSIN_DATA_DIR": str(self.folder / "data"),
                "TOCSIN_SECURE_COOKIES": "false",
                "TOCSIN_STATIC_STORAGE": "django.contrib.staticfiles.storage.StaticFilesStorage",
                "ALLOWED_HOSTS": "127.0.0.1,localhost",
                "TOCSIN_LOG_LEVEL": "WARNING",
                **self.extra,
            }
        )

    def start_servers(self) -> None:
        """Postgres with its schema, and Valkey."""
        (self.folder / "data" / "static").mkdir(parents=True, exist_ok=True)
        self.postgres.start()
        self.valkey.start()
        self.manage("migrate", "--verbosity", "0")

    def manage(self, *arguments: str) -> str:
        """Run a management command to its end; returns what it printed."""
        command = manage_command(*arguments)
        done = subprocess.run(command, env=self.env, cwd=ROOT, check=True, capture_output=True, text=True)
        return done.stdout

    def start(
        self, name: str, command: Sequence[str], env: dict[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        """Start a process under a name; its output goes to <folder>/<name>.log."""
        process = spawn(command, log=self.folder / f"{name}.log", env={**self.env, **(env or {})}, cwd=ROOT)
        self.processes[name] = process
        return process

    def start_web(self, workers: int = programs.WEB_WORKERS) -> None:
        """The pages and the intake; returns when /readyz is 200."""
        self.start("web", programs.web(self.port, workers=workers))
        self.wait_for(f"{self.url}/readyz")

    def start_worker(self, name: str = "worker") -> subprocess.Popen[bytes]:
        """One more worker."""
        return self.start(name, [*programs.worker(), "--hostname", f"{name}@bench"])

    def wait_for(self, url: str, seconds: float = READY_SECONDS) -> None:
        """Until the address answers 200."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own loopback address
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{url} did not answer: {error}") from error
            time.sleep(0.05)

    def end(self, name: str) -> None:
        """Stop one process the gentle way."""
        process = self.processes.pop(name, None)
        if process is not None:
            stop(process, timeout=30)

    def close(self) -> None:
        """Stop everything."""
        for name in list(self.processes):
            self.end(name)
        self.valkey.stop()
        self.postgres.stop()

    def __enter__(self) -> Self:
        self.start_servers()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
