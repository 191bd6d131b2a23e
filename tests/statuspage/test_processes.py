"""The real web server, and a real Postgres that is stopped under it."""

from __future__ import annotations

import http.client
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from ops import process, programs
from ops.ports import LOOPBACK, free_port
from ops.postgres import Postgres

pytestmark = pytest.mark.processes

MAKE = """
import django; django.setup()
from django.utils import timezone
from statuspage import actions
now = timezone.now()
page = actions.create_page(actor=None, name="Acme", slug="acme", now=now)
actions.add_component(actor=None, page=page, name="Checkout", status_override="major_outage", now=now)
"""
FILES = [
    "/status/acme/",
    "/status/acme/history/",
    "/status/acme/history.atom",
    "/status/acme/api/v2/summary.json",
]
APOLOGY = "our systems cannot be reached right now"


class Answer(NamedTuple):
    status: int
    text: str
    seconds: float


class Site:
    """A web process on `port`; every request carries a session cookie, as that of somebody who works here."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.port = free_port()
        self.log = folder / "web.log"
        self.running: subprocess.Popen[bytes] | None = None
        self.env = os.environ | {
            "DATABASE_URL": database_url,
            "REDIS_URL": f"redis://{LOOPBACK}:{free_port()}/0",  # nothing listens there either
            "TOCSIN_DATA_DIR": str(folder / "data"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

    def run(self, *arguments: str) -> None:
        subprocess.run(
            [sys.executable, *arguments], env=self.env, check=True, capture_output=True, timeout=120
        )

    def start(self) -> None:
        self.running = process.spawn(programs.web(self.port, workers=1), log=self.log, env=self.env)

    def stop(self) -> None:
        if self.running is not None:
            process.stop(self.running)
            self.running = None

    def get(self, path: str) -> Answer:
        started = time.monotonic()
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=10)
        try:
            connection.request("GET", path, headers={"Cookie": "sessionid=x" + "0" * 31})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read().decode(), time.monotonic() - started)
        except OSError:
            return Answer(0, "", time.monotonic() - started)
        finally:
            connection.close()

    def wait(self, wanted: Callable[[Answer], bool], seconds: float = 30) -> Answer:
        deadline = time.monotonic() + seconds
        while not wanted(found := self.get("/status/acme/")):
            assert time.monotonic() < deadline, (found, self.log.read_text())
            time.sleep(0.1)
        return found


@pytest.fixture
def postgres(tmp_path: Path) -> Iterator[Postgres]:
    server = Postgres(tmp_path / "postgres", throwaway=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def site(postgres: Postgres, tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path, postgres.url)
    site.run("manage.py", "migrate", "--verbosity", "0")
    site.run("-c", MAKE)
    site.start()
    yield site
    site.stop()


def test_the_public_page_survives_the_database_and_a_restart_without_it(
    site: Site, postgres: Postgres
) -> None:
    live = site.wait(lambda answer: answer.status == 200)
    assert "<h1>All systems are down</h1>" in live.text
    assert APOLOGY not in live.text

    postgres.stop()
    gone = site.wait(lambda answer: APOLOGY in answer.text)
    assert gone.status == 200
    for path in FILES * 5:
        answer = site.get(path)
        assert (answer.status, answer.seconds < 2) == (200, True), (path, answer)

    site.stop()
    site.start()
    restarted = site.wait(lambda answer: answer.status != 0)
    assert restarted.status == 200
    assert APOLOGY in restarted.text
    assert "<h1>All systems are down</h1>" in restarted.text
    for path in FILES:
        answer = site.get(path)
        assert (answer.status, answer.seconds < 2) == (200, True), (path, answer)

    postgres.start()
    back = site.wait(lambda answer: APOLOGY not in answer.text)
    assert "As of" in back.text
