"""The listener as a process of its own, spoken to by smtplib; and what it does while the database is away."""

from __future__ import annotations

import asyncio
import os
import smtplib
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection

from alerts import keys, limits
from alerts.mail_in import listener, taking
from alerts.models import Alert, AlertState, Event, Integration
from alerts.processing import process_waiting
from catalog.models import Service
from notifications import measures
from ops import programs
from ops.layout import ROOT
from ops.ports import free_port
from ops.process import spawn, stop
from ops.servers import environment
from tests.alerts.serving import authority
from tests.making import NOW, make_integration
from tests.waiting import until

pytestmark = pytest.mark.django_db(transaction=True)
DOMAIN = "alerts.example.org"


def mail(subject: str = "Nightly backup", text: str = "Exit status 2\n", **headers: str) -> EmailMessage:
    found = EmailMessage()
    found["From"], found["To"], found["Subject"] = "backup@example.org", "undisclosed@example.org", subject
    for name, value in headers.items():
        found[name.replace("_", "-")] = value
    found.set_content(text)
    return found


def send(port: int, message: EmailMessage, *recipients: str, sender: str = "backup@example.org") -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
        client.sendmail(sender, recipients, bytes(message))


@contextmanager
def listening(most_bytes: int = 100_000, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """The listener in a thread of this process, so that a test can take its database away."""
    port, ready = free_port(), threading.Event()
    made: dict[str, Any] = {}

    async def run() -> None:
        made["loop"], made["stop"] = asyncio.get_running_loop(), asyncio.Event()
        ready.set()
        await listener.serve(host="127.0.0.1", port=port, most_bytes=most_bytes, tls=tls, stop=made["stop"])

    thread = threading.Thread(target=lambda: asyncio.run(run()), daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        until(lambda: _answers(port))
        yield port
    finally:
        made["loop"].call_soon_threadsafe(made["stop"].set)
        thread.join(10)


def _answers(port: int) -> bool:
    try:
        with smtplib.SMTP("127.0.0.1", port, timeout=5):
            return True
    except OSError:
        return False


@pytest.fixture
def key(service: Service, settings: Any) -> str:
    settings.INTAKE_MAIL_DOMAIN = DOMAIN
    settings.DEFAULT_FROM_EMAIL = "Tocsin <tocsin@tocsin.example.org>"
    _row, made = make_integration(service, "email")
    return made


@pytest.mark.processes
def test_the_process_takes_a_mail_and_its_end(service: Service, tmp_path: Path) -> None:
    _row, key = make_integration(service, "email")
    port = free_port()
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    env = environment({**os.environ, "DATABASE_URL": url, "TOCSIN_MAIL_DOMAIN": DOMAIN})
    process: subprocess.Popen[bytes] = spawn(programs.mail_in(port), log=tmp_path / "log", env=env, cwd=ROOT)
    try:
        until(lambda: _answers(port), 30)
        send(port, mail("CRITICAL: Nightly backup"), f"{key}@{DOMAIN}")
        assert Event.objects.count() == 1  # at the moment of the 250
        process_waiting(now=NOW)
        alert = Alert.objects.get()
        assert (alert.summary, alert.severity, alert.state) == ("Nightly backup", "critical", AlertState.OPEN)
        send(port, mail("Re: CRITICAL: Nightly backup", "OK\n"), f"nightly+{key.upper()}@{DOMAIN.upper()}")
        process_waiting(now=NOW)
        alert.refresh_from_db()
        assert alert.state == AlertState.RESOLVED
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            send(port, mail(), f"{'0' * 32}@{DOMAIN}")
        assert [code for code, _ in refused.value.recipients.values()] == [550]
        process.terminate()
        assert process.wait(20) == 0
    finally:
        stop(process, timeout=10)
    assert not any(key in event.body for event in Event.objects.all())


@pytest.mark.parametrize(
    "address",
    [
        "{key}@elsewhere.example.org",
        "nobody@alerts.example.org",
        "{key}",
        "{key}x@alerts.example.org",
        "+{key}@alerts.example.org",
        "'; drop table@alerts.example.org",
    ],
)
def test_an_unknown_recipient_is_refused(key: str, address: str) -> None:
    with listening() as port, pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(port, mail(), address.format(key=key))
    assert {code for code, _ in refused.value.recipients.values()} <= {550, 553, 501}
    assert not Event.objects.exists()


def test_a_key_of_another_kind_is_refused(key: str, service: Service) -> None:
    _row, other = make_integration(service, "generic")
    with listening() as port, pytest.raises(smtplib.SMTPRecipientsRefused):
        send(port, mail(), f"{other}@{DOMAIN}")


def test_a_mail_that_is_too_large_is_refused_with_552(key: str) -> None:
    with listening(most_bytes=20_000) as port, pytest.raises(smtplib.SMTPException) as refused:
        send(port, mail(text="x " * 20_000), f"{key}@{DOMAIN}")
    assert "552" in str(refused.value)
    assert not Event.objects.exists()


def test_mails_beyond_the_limit_are_put_off_and_one_is_kept_as_a_sample(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "minute_of", lambda _: NOW)  # no minute ends meanwhile
    monkeypatch.setattr(taking, "meter", limits.Meter())
    Integration.objects.update(limit_per_minute=1)
    keys.forget()
    with listening() as port:
        send(port, mail(), f"{key}@{DOMAIN}")
        for _ in range(2):
            with pytest.raises(smtplib.SMTPDataError) as later:
                send(port, mail(), f"{key}@{DOMAIN}")
            assert later.value.smtp_code == 451
    assert Event.objects.filter(processed_at=None).count() == 1
    assert [event.notes[0][:14] for event in Event.objects.exclude(processed_at=None)] == ["over the limit"]


def test_while_the_database_is_away_the_sender_is_told_to_come_back(
    key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("gone")

    with listening() as port:
        monkeypatch.setattr(listener, "take", away)
        with pytest.raises(smtplib.SMTPDataError) as later:
            send(port, mail(), f"{key}@{DOMAIN}")
        assert later.value.smtp_code == 451
        monkeypatch.setattr(keys, "door", away)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as unknown:
            send(port, mail(), f"{key}@{DOMAIN}")
        assert [code for code, _ in unknown.value.recipients.values()] == [451]


@pytest.mark.parametrize(
    ("message", "sender"),
    [
        (lambda: mail(Auto_Submitted="auto-replied"), "a@example.org"),
        (lambda: mail(Auto_Submitted="auto-generated"), "a@example.org"),
        (lambda: mail(Precedence="bulk"), "a@example.org"),
        (lambda: mail(Message_ID="<1@tocsin.example.org>"), "a@example.org"),
        (lambda: mail("Undelivered"), ""),
    ],
)
def test_loops_are_refused_and_counted(
    key: str, message: Callable[[], EmailMessage], sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[str] = []
    monkeypatch.setattr(measures, "count", lambda name, label="", by=1: counted.append(name))
    with listening() as port, pytest.raises(smtplib.SMTPDataError) as refused:
        send(port, message(), f"{key}@{DOMAIN}", sender=sender)
    assert refused.value.smtp_code == 550
    assert "mail_refused" in counted
    assert not Event.objects.exists()


def test_an_integration_may_take_what_cron_writes(service: Service, settings: Any) -> None:
    settings.INTAKE_MAIL_DOMAIN = DOMAIN
    _row, key = make_integration(service, "email", options={"automatic": True})
    with listening() as port:
        send(port, mail(Auto_Submitted="auto-generated", Precedence="bulk"), f"{key}@{DOMAIN}")
        with pytest.raises(smtplib.SMTPDataError):
            send(port, mail(Auto_Submitted="auto-replied"), f"{key}@{DOMAIN}")
    assert Event.objects.count() == 1


def test_two_recipients_are_two_events_and_one_twice_is_one(key: str, service: Service) -> None:
    _row, other = make_integration(service, "email")
    with listening() as port:
        send(port, mail(), f"{key}@{DOMAIN}", f"{other}@{DOMAIN}", f"{key}@{DOMAIN}")
    assert Event.objects.count() == 2


def test_starttls_is_offered_with_a_certificate(key: str, tmp_path: Path) -> None:
    made = authority(tmp_path)
    trusting = ssl.create_default_context(cafile=str(made.certificate))
    with (
        listening(tls=listener.tls_context(tmp_path / "server.pem", None)) as port,
        smtplib.SMTP("localhost", port, timeout=20) as client,
    ):
        client.starttls(context=trusting)
        client.sendmail("a@example.org", [f"{key}@{DOMAIN}"], bytes(mail()))
    assert Event.objects.count() == 1
