"""What supervisors and Prometheus ask for."""

from __future__ import annotations

import json
import logging.config
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from accounts.models import User
from catalog.models import Service
from config import operations
from incidents.actions.opening import declare_new
from incidents.models import Escalation
from incidents.sweep import sweep
from notifications import lateness, measures, outbox
from notifications.models import Alarm, Circuit, LatenessKind
from tests.smtp import Mailbox


def test_liveness_asks_nothing_of_the_database_and_accepts_any_host() -> None:
    answer = Client().get("/healthz", headers={"Host": "10.1.2.3:8000"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readiness_is_200_when_database_and_schema_are_there() -> None:
    assert Client().get("/readyz").status_code == 200


@pytest.mark.django_db
def test_readiness_is_503_with_the_reason_when_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> str:
        raise OperationalError("connection refused")

    monkeypatch.setattr(operations, "_unready", away)
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert b"OperationalError" in answer.content


@pytest.mark.django_db
def test_readiness_names_missing_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_is_migrated", lambda: False)
    answer = Client().get("/readyz")
    assert (answer.status_code, b"migrate" in answer.content) == (503, True)


@pytest.fixture
def paged(service: Service, owner: User, now: datetime, mailbox: Mailbox) -> None:
    declare_new(actor=owner, service=service, title="Down", severity=1, now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=now)
    measures.flush()


def samples(text: str, parse: Callable[[str], Any]) -> dict[str, float]:
    return {sample.name: sample.value for family in parse(text) for sample in family.samples}


@pytest.mark.django_db
def test_metrics_count_what_was_paged_in_both_formats(paged: None) -> None:
    found = samples(Client().get("/metrics").content.decode(), classic)
    assert found["tocsin_incidents_open"] == 1
    assert found["tocsin_deliveries_total"] >= 1
    assert found["tocsin_page_lateness_seconds_count"] >= 1
    accept = "application/openmetrics-text; version=1.0.0"
    text = Client().get("/metrics", headers={"Accept": accept}).content.decode()
    assert text.endswith("# EOF\n")
    assert samples(text, openmetrics)["tocsin_escalations_running"] == 1


@pytest.mark.django_db
def test_metrics_show_how_late_the_most_overdue_timer_is(paged: None, now: datetime) -> None:
    Escalation.objects.update(next_step_at=now)
    found = samples(Client().get("/metrics").content.decode(), classic)
    assert found["tocsin_escalation_overdue_seconds"] > 0


@pytest.mark.django_db
def test_metrics_say_what_the_operations_page_says(
    service: Service, owner: User, admin: User, now: datetime
) -> None:
    declare_new(actor=owner, service=service, title="Down", severity=1, now=now)
    sweep(now=now)
    Circuit.objects.create(name="sms", failures=3, opened_at=now, retry_at=now, reason="500", changed_at=now)
    Alarm.objects.create(kind="page", text="late", opened_at=now)
    done = timezone.now()
    lateness.observe(LatenessKind.SEND, due=done - timedelta(seconds=7), done=done, subject="", what="x")
    measures.flush()
    found = samples(Client().get("/metrics").content.decode(), classic)
    assert (found["tocsin_circuits_open"], found["tocsin_alarms_open"]) == (1, 1)
    assert found["tocsin_lateness_max_seconds"] == 7
    assert found["tocsin_page_unsent_seconds"] > 0


@pytest.mark.django_db
def test_a_process_that_swept_counts_as_alive() -> None:
    measures.beat("sweeper", "host:1", now=timezone.now())
    assert samples(Client().get("/metrics").content.decode(), classic)["tocsin_sweepers_alive"] == 1


def test_caught_mail_is_shown_only_where_mail_is_caught(settings: Any, tmp_path: Path, db: None) -> None:
    assert Client().get("/dev/mail").status_code == 404
    settings.DEV_MAIL_DIR = str(tmp_path)
    assert b"No mail yet" in Client().get("/dev/mail").content
    (tmp_path / "1.eml").write_text(
        "To: a@example.test\nSubject: <b>Down</b>\nContent-Type: text/html\n\n<head></head><script>alert(1)</script>"
    )
    page = Client().get("/dev/mail")
    assert b"&lt;b&gt;Down&lt;/b&gt;" in page.content
    inner = Client().get("/dev/mail/1.eml")
    assert "script-src 'none'" in inner.headers["Content-Security-Policy"]
    assert Client().get("/dev/mail/..%2f..%2fetc%2fpasswd").status_code == 404


@pytest.mark.django_db
def test_pages_carry_a_strict_policy(admin: User, browser_of: Callable[[User], Client]) -> None:
    policy = browser_of(admin).get("/services/").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_a_log_line_is_one_json_object(capsys: pytest.CaptureFixture[str], settings: Any) -> None:
    logging.config.dictConfig(settings.LOGGING)
    logging.getLogger("tests").warning("late by %s s", 3, extra={"incident": 42})
    line = json.loads(capsys.readouterr().err.strip().splitlines()[-1])
    assert (line["event"], line["level"], line["incident"]) == ("late by 3 s", "warning", 42)
