"""The very lines that a heartbeat's page offers, run by a real shell with a real curl against a real server."""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from alerts.actions.heartbeats import make_heartbeat_on
from alerts.models import Event, Heartbeat
from alerts.processing import process_waiting
from alerts.queries_heartbeats import recent_pings
from catalog.models import Service
from lib.clock import steady
from tests.alerts.serving import serving
from tests.making import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def address(settings: object) -> Iterator[str]:
    """A server that listens, and knows its own address."""
    with serving() as url:
        settings.SITE_URL = url  # type: ignore[attr-defined]
        yield url


@pytest.fixture
def beat(owner: User, service: Service) -> Heartbeat:
    row, _key = make_heartbeat_on(
        actor=owner,
        service=service,
        now=NOW,
        name="Backup",
        period=timedelta(hours=1),
        cron="",
        zone="UTC",
        grace=timedelta(minutes=5),
        severity="error",
    )
    return row


def snippet(owner: User, beat: Heartbeat, name: str) -> str:
    """What stands in a box of the page, as a person copies it."""
    browser = Client()
    browser.force_login(owner)
    text = browser.get(f"/heartbeats/{beat.pk}/").content.decode()
    found = re.search(rf'<code id="{name}">(.*?)</code>', text, re.DOTALL)
    assert found
    return html.unescape(found[1])


def shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)


def told(beat: Heartbeat) -> list[tuple[str, str]]:
    process_waiting(now=steady())
    assert not Event.objects.exclude(problem="").exists()
    beat.refresh_from_db()
    return [(each.what, each.said) for each in recent_pings(beat)][::-1]


def test_a_line_of_crontab_is_heard_when_its_job_ends_well(
    address: str, owner: User, beat: Heartbeat
) -> None:
    line = snippet(owner, beat, "beat-cron").removeprefix("*/5 * * * *  ")
    assert shell(line.replace("/path/to/job", "true")).returncode == 0
    assert told(beat) == [("ok", "")]
    assert beat.state == "up"
    assert shell(line.replace("/path/to/job", "false")).returncode == 1
    assert told(beat) == [("ok", "")]


def test_a_script_tells_its_start_its_status_and_what_it_said(
    address: str, owner: User, beat: Heartbeat
) -> None:
    script = snippet(owner, beat, "beat-script").replace("/path/to/job", "sh -c 'echo no space left; exit 3'")
    answer = shell(script)
    assert answer.returncode == 0, answer.stderr
    assert told(beat) == [("start", ""), ("fail", "exit status 3, no space left")]
    assert beat.state == "down"
    assert beat.last_took is not None


def test_the_address_by_slug_and_every_method_of_curl(address: str, owner: User, beat: Heartbeat) -> None:
    url = snippet(owner, beat, "beat-shared")
    for options in (
        "",
        "-I",
        "-X POST",
        "-T /dev/null",
        "-X PUT -d ok",
        "-d @/etc/hostname -H 'Transfer-Encoding: chunked'",
    ):
        assert shell(f"curl -fsS -m 10 {options} {url}").returncode == 0, options
    assert [what for what, _ in told(beat)] == ["ok"] * 6
    assert shell(f"curl -fsS -m 10 {url}/nonsense").returncode != 0
