"""Apprise, with PyPI's `apprise` against a running door."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from alerts.models import Alert, AlertState, Event
from alerts.processing import process_waiting
from alerts.sources.apprise import parser
from alerts.sources.base import Rejected, Signal
from alerts.sources.registry import setup_html
from catalog.models import Service
from tests.alerts.records import records
from tests.alerts.serving import serving
from tests.making import NOW, make_integration

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import apprise

# The library looks for what Python is going to drop when it is first given an address.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning")
BODIES: dict[str, Any] = {record.name: record.body for record in records("apprise")}


def signal_of(body: object) -> Signal:
    parser.check(body)
    (signal,) = parser.parse(body, received_at=NOW).signals
    return signal


@pytest.mark.parametrize(
    ("kind", "action", "severity"),
    [
        ("failure", "trigger", "error"),
        ("warning", "trigger", "warning"),
        ("info", "trigger", "info"),
        ("success", "resolve", "info"),
        ("critical", "trigger", "critical"),
        (None, "trigger", "error"),
    ],
)
def test_types_are_mapped(kind: str | None, action: str, severity: str) -> None:
    found = signal_of({"title": "t", "message": "b", "type": kind})
    assert (found.action, found.severity) == (action, severity)


def test_the_title_is_the_key_or_else_the_messages_first_line() -> None:
    assert signal_of({"title": "Backup", "message": "b"}).dedup_key == "Backup"
    assert signal_of({"title": "", "message": "Backup\nfailed"}).dedup_key == "Backup"


def test_an_attachment_is_named_and_its_content_left_out() -> None:
    assert signal_of(BODIES["attachment"]).details["attachments"] == ["run.log"]


@pytest.mark.parametrize("body", [{}, [], None, {"type": "failure"}, {"title": "", "message": " "}])
def test_a_body_without_words_is_refused(body: object) -> None:
    with pytest.raises(Rejected):
        parser.check(body)


def test_the_setup_holds_an_address_that_apprise_understands() -> None:
    html = setup_html("apprise", base_url="https://tocsin.example", key="abc")
    assert "jsons://tocsin.example/in/apprise/abc" in html
    assert apprise.Apprise().add("jsons://tocsin.example/in/apprise/abc")


def notify(address: str, title: str, body: str, *more: str) -> None:
    """By apprise's own command: in this process its way out may be guarded (notifications.transports.apprise)."""
    command = [
        sys.executable,
        "-c",
        "from apprise.cli import main; main()",
        f"--title={title}",
        f"--body={body}",
    ]
    # The library gives up after four seconds otherwise, which a busy machine may take for its first answer.
    done = subprocess.run(
        [*command, *more, f"{address}?cto=60&rto=60"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("scheme", ["json", "form"])
def test_the_library_fires_and_ends_an_alert(service: Service, scheme: str, tmp_path: Path) -> None:
    _row, key = make_integration(service, "apprise")
    log = tmp_path / "run.log"
    log.write_text("the end of the log, with many words that nobody needs\n")
    with serving() as url:
        address = f"{scheme}://{url.removeprefix('http://')}/in/apprise/{key}"
        notify(address, "Nightly backup", "Exit status 2 ü", "--notification-type=failure", f"--attach={log}")
        process_waiting(now=NOW)
        alert = Alert.objects.get()
        assert (alert.summary, alert.state) == ("Nightly backup", AlertState.OPEN)
        assert alert.details == {"message": "Exit status 2 ü", "attachments": ["run.log"]}
        notify(address, "Nightly backup", "Done", "--notification-type=success")
        process_waiting(now=NOW)
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED
    assert "the end of the log" not in "".join(Event.objects.values_list("body", flat=True))
