"""`bin/up`: a whole Tocsin on one machine, from nothing to a page that answers, until it is told to stop."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ops import banner, fingerprint, lock, process, programs
from ops.checks import explain, full_disk_explained, require_pango, require_port, require_space
from ops.errors import CannotStart
from ops.layout import ROOT, Layout, write_json
from ops.ports import LOOPBACK, free_port, is_free, reserve, status_of
from ops.servers import Servers, environment, settings_of
from ops.shown import keep_shown
from ops.supervisor import Child, Starter, StopRequested, Supervisor, await_ready, clear_strays, tell

READY_SECONDS = 90.0
TEND_SECONDS = 0.2
MAIL_IN_PORT = 8025
APPLICATION, MAIL, BROKER, DATABASE = 3, 2, 1, 0
"""Stages of stopping, the highest first: nothing loses what it still needs."""


def main(arguments: list[str]) -> int:
    """Run until a stop signal; return the exit code (0 after a wanted stop, 1 if it could not start)."""
    options = parse(arguments)
    layout = Layout.at(options.data)
    supervisor = Supervisor(layout.run, tell)
    supervisor.take_signals()
    try:
        with full_disk_explained(layout.data):
            require_space(layout.data)
            layout.make()
            with lock.hold(layout, "up"):
                require_port(options.port)
                require_pango()
                with reserve(options.port):
                    Up(layout, options, supervisor).run()
    except PermissionError as error:
        print(
            f"bin/up: {error.filename} cannot be written. Choose another folder with --data.", file=sys.stderr
        )
    except CannotStart as error:
        print(f"bin/up: {explain(error, layout.data)}", file=sys.stderr)
    except StopRequested:
        tell("Stopped.")
        return 0
    return 1


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the options of `bin/up`."""
    parser = argparse.ArgumentParser("bin/up", description="Start Tocsin on this machine.")
    parser.add_argument(
        "--port", type=int, default=8000, help="port of the pages on 127.0.0.1 (default: 8000)"
    )
    data = os.environ.get("TOCSIN_DATA_DIR") or str(ROOT / "var")
    parser.add_argument("--data", default=data, help="folder of all data (default: var)")
    parser.add_argument("--empty", action="store_true", help="no demo data on the first start")
    return parser.parse_args(arguments)


class Up:
    """One run of `bin/up`, holding the lock of its data folder."""

    def __init__(self, layout: Layout, options: argparse.Namespace, supervisor: Supervisor) -> None:
        self.layout = layout
        self.options = options
        self.supervisor = supervisor
        self.servers = Servers(layout)
        self.url = f"http://{LOOPBACK}:{options.port}"
        self.live_port = options.port + 1 if is_free(options.port + 1) else free_port()
        self.mail_port = 0 if os.environ.get("EMAIL_URL") else free_port()
        # Mails to integrations; a listener of one's own choice is left to whoever set it.
        self.mail_in_port = 0 if os.environ.get("TOCSIN_MAIL_LISTEN") else _mail_in_port()
        self.settings: dict[str, str] = {}

    def run(self) -> None:
        """Start everything, say so, keep it running; stop everything on the way out, whatever happens."""
        for name in clear_strays(self.layout.run, sys.executable):
            tell(f"Ended {name}, which an earlier start had left running.")
        try:
            self._start_servers()
            shown = self._prepare()
            self._start_programs()
            self._announce(shown)
            while True:
                self.supervisor.tend()
                time.sleep(TEND_SECONDS)
        except StopRequested:
            tell("Stopping …")
            raise
        finally:
            self.supervisor.stop_all()
            self.layout.environment.unlink(missing_ok=True)

    def _start_servers(self) -> None:
        tell(f"Starting on {self.layout.data} …")
        postgres, valkey = self.servers.postgres, self.servers.valkey
        if postgres is not None:
            self._keep("postgres", postgres.start, DATABASE, postgres.log, signal.SIGINT)
        if valkey is not None:
            self._keep("valkey", valkey.start, BROKER, valkey.log)
        self.settings = settings_of(self.layout, self.servers, self._own_settings())
        write_json(self.layout.environment, self.settings)

    def _own_settings(self) -> dict[str, str]:
        own = {
            "TOCSIN_URL": self.url,
            "TOCSIN_LIVE_URL": f"http://{LOOPBACK}:{self.live_port}/live/events",
            "TOCSIN_SECURE_COOKIES": "false",
            # Compressing takes most of a minute on two cores and saves nothing on a loopback address.
            "TOCSIN_STATIC_STORAGE": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
        }
        if self.mail_port:
            own["EMAIL_URL"] = f"smtp://{LOOPBACK}:{self.mail_port}"
            own["TOCSIN_DEV_MAIL_DIR"] = str(self.layout.mail)
        if self.mail_in_port:
            own["TOCSIN_MAIL_LISTEN"] = f"{LOOPBACK}:{self.mail_in_port}"
            own["TOCSIN_MAIL_DOMAIN"] = os.environ.get("TOCSIN_MAIL_DOMAIN", "localhost")
        return own

    def _prepare(self) -> dict[str, Any]:
        """Bring tables, static files and the first admin up to date; return what `bootstrap` has shown."""
        if self.servers.postgres is not None and fingerprint.is_prepared(self.layout):
            return keep_shown(self.layout, {}, self.settings["TOCSIN_URL"])
        tell("Preparing the database …")
        command = [sys.executable, "-m", "ops.prepare", *(["--empty"] if self.options.empty else [])]
        log = self.layout.log / "prepare.log"
        with (
            log.open("wb") as errors,
            subprocess.Popen(
                command,
                env=environment(self.settings),
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            ) as child,
        ):
            last = ""
            for last in child.stdout or ():
                if not last.startswith("{"):
                    tell(last.strip())
        if child.returncode != 0:
            raise CannotStart(f"The database could not be prepared: {process.last_line(log)} (log: {log})")
        shown = keep_shown(self.layout, json.loads(last), self.settings["TOCSIN_URL"])
        if self.servers.postgres is not None:
            fingerprint.mark_prepared(self.layout)
        return shown

    def _start_programs(self) -> None:
        if self.mail_port:
            self._program("mail", programs.mailcatcher(self.mail_port, self.layout.mail), MAIL)
        self._program("web", programs.web(self.options.port))
        self._program("worker", programs.worker())
        self._program("live", programs.live(self.live_port))
        await_ready(self.supervisor, lambda: status_of(self.options.port, "/readyz") == 200, READY_SECONDS)
        # Chores and mails may wait: one import less while the pages start.
        self._program("beat", programs.beat(self.layout.data / "beat-schedule"))
        if self.mail_in_port:
            self._program("mail-in", programs.mail_in(self.mail_in_port))

    def _program(self, name: str, command: list[str], stage: int = APPLICATION) -> None:
        log = self.layout.log / f"{name}.log"
        variables = environment(self.settings)
        self._keep(name, lambda: process.spawn(command, log=log, env=variables, cwd=ROOT), stage, log)

    def _keep(
        self, name: str, start: Starter, stage: int, log: Path, stop_signal: int = signal.SIGTERM
    ) -> None:
        self.supervisor.add(Child(name, start, log, stage, stop_signal))

    def _announce(self, shown: dict[str, Any]) -> None:
        admin = {
            "email": self.settings["TOCSIN_ADMIN_EMAIL"],
            "password": self.settings["TOCSIN_ADMIN_PASSWORD"],
        }
        facts = {
            "url": self.settings["TOCSIN_URL"],
            **shown,
            "admin": admin,
            "mail_dir": str(self.layout.mail) if self.mail_port else None,
        }
        write_json(self.layout.up_json, facts)
        print(banner.text(facts, self.layout), flush=True)


def _mail_in_port() -> int:
    return MAIL_IN_PORT if is_free(MAIL_IN_PORT) else free_port()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
