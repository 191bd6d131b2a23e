"""The demo company: believable, repeatable, and silent about its past."""

from __future__ import annotations

import json
import string
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import F, Q
from django.test import Client
from pytest_django.plugin import DjangoDbBlocker

from accounts.models import Membership, Role, Team, User
from alerts.models import Alert, Event
from catalog.models import Change, Service
from config import bootstrap
from config.demo import CannotLoad, load, story
from config.demo.history import FILES
from config.demo.telling import VERBS
from config.demo.wire import DOMAIN
from incidents.models import Escalation, Impact, Incident, RoleAssignment, State, TimelineEntry, Update
from notifications.models import Attempt, ContactMethod, Delivery, DeliveryState, NotificationRule, Urgency
from oncall.models import EscalationPolicy, Layer, Override, Restriction, Schedule
from oncall.queries import gaps, who_is_on_call
from postmortems.models import ActionItem, PdfFile, Postmortem
from postmortems.models import State as Stage
from statuspage.models import Rendition, StatusPage
from tests import making
from tests.smtp import Mailbox

NOW = making.NOW
FIXED_WORDS = {"at", "lead", "second", "third", "comms"}


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside never happened."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def loaded_now() -> User:
    admin = making.make_user("Ada Admin", role=Role.ADMIN, email="ada@example.test")
    load(admin=admin, now=NOW)
    return admin


def summary() -> list[object]:
    """Everything that a reader would notice, without ids and secrets."""
    timeline = TimelineEntry.objects.order_by("incident_id", "number")
    deliveries = Delivery.objects.order_by("id")
    return [
        *Incident.objects.order_by("id").values_list("title", "state", "severity", "started_at", "closed_at"),
        *timeline.values_list("kind", "text", "actor__name", "happened_at", "recorded_at"),
        *deliveries.values_list("user__name", "transport", "state", "sent_at", "acknowledged_at"),
        *Attempt.objects.order_by("id").values_list("number", "worker", "answered_at", "answer"),
        *Alert.objects.order_by("id").values_list("summary", "state", "started_at", "resolved_at"),
        *Change.objects.order_by("id").values_list("summary", "happened_at"),
        *Postmortem.objects.order_by("incident_id").values_list("state", "version", "impact", "published_at"),
        *ActionItem.objects.order_by("id").values_list("text", "owner__name", "due_on", "state", "closed_at"),
        *Override.objects.order_by("id").values_list("user__name", "starts_at", "ends_at"),
    ]


@pytest.fixture(scope="module")
def summaries(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[list[object], list[object]]]:
    """The company was loaded twice from nothing; the second time it stays for this module's tests."""
    with django_db_blocker.unblock():
        with undone():
            loaded_now()
            first = summary()
        with undone():
            loaded_now()
            yield first, summary()


@pytest.fixture
def company(summaries: object) -> Iterator[None]:
    """The loaded company; what a test changes is undone."""
    with undone():
        yield


@pytest.fixture
def ada(company: None) -> User:
    found: User = User.objects.get(email="ada@example.test")
    return found


def test_the_same_seed_tells_the_same_history(summaries: tuple[list[object], list[object]]) -> None:
    first, second = summaries
    assert len(first) > 1000
    assert first == second


def test_the_company_has_the_size_that_is_promised(company: None) -> None:
    people = User.objects.filter(email__endswith=f"@{DOMAIN}")
    assert Team.objects.count() == 3
    assert people.count() == 12
    assert len({zone.partition("/")[0] for zone in people.values_list("time_zone", flat=True)}) >= 4
    assert Service.objects.count() == 8
    assert Service.objects.filter(depends_on__isnull=False).distinct().count() >= 3
    assert not Service.objects.filter(runbook_url="").exists()
    assert Incident.objects.count() >= 55
    assert Incident.objects.open().count() == 2
    assert Change.objects.count() > 90
    assert set(Incident.objects.values_list("severity", flat=True)) == {1, 2, 3, 4, None}
    assert Incident.objects.filter(urgency=Urgency.LOW, acknowledged_at=None).exists()


def test_the_history_covers_ninety_days_and_ends_before_now(company: None) -> None:
    oldest = Incident.objects.earliest("started_at").started_at
    assert timedelta(days=85) < NOW - oldest < timedelta(days=90)
    assert not TimelineEntry.objects.filter(recorded_at__gt=NOW).exists()
    assert not TimelineEntry.objects.filter(happened_at__gt=F("recorded_at")).exists()
    assert not Delivery.objects.filter(sent_at__gt=NOW).exists()
    assert not Alert.objects.filter(resolved_at__gt=NOW).exists()
    assert not ActionItem.objects.filter(closed_at__gt=NOW).exists()


def test_incidents_are_numbered_in_the_order_in_which_they_were_opened(company: None) -> None:
    opened = list(Incident.objects.order_by("pk").values_list("created_at", flat=True))
    assert opened == sorted(opened)


def test_schedules_of_three_kinds_leave_no_gap(company: None) -> None:
    assert {"days", "weeks"} == set(Layer.objects.values_list("turn_unit", flat=True))
    assert Restriction.objects.count() >= 3
    assert Override.objects.filter(starts_at__gt=NOW).exists()
    for schedule in Schedule.objects.all():
        assert gaps(schedule, NOW - timedelta(days=90), NOW + timedelta(days=60)) == []
    for policy in EscalationPolicy.objects.all():
        assert policy.fallback_people.exists()


def test_every_timeline_is_whole(company: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_chain")
    assert "timelines are whole" in capsys.readouterr().out


def test_no_two_incidents_read_alike(company: None) -> None:
    titles = Counter(Incident.objects.values_list("title", flat=True))
    assert titles.most_common(1)[0][1] == 1
    written = TimelineEntry.objects.filter(kind__in=["note", "hypothesis", "decision", "action"])
    texts = Counter(written.values_list("text", flat=True))
    repeated = [text for text, times in texts.items() if times > 1 and len(text) > 45]
    assert repeated == []
    assert len(texts) > 150
    assert not TimelineEntry.objects.filter(Q(text__contains="{") | Q(text__contains="}")).exists()


def test_what_is_over_is_over_everywhere(company: None) -> None:
    closed = Incident.objects.closed()
    assert not closed.exclude(impact=Impact.NONE).exists()
    assert not Alert.objects.open().filter(incident__in=closed).exists()
    assert not Escalation.objects.running().filter(incident__in=closed).exists()
    assert not Event.objects.filter(processed_at=None).exists()
    assert not Event.objects.exclude(problem="").exists()


def test_the_past_was_sent_then_and_is_never_sent_again(company: None) -> None:
    assert not Delivery.objects.open().exists()
    assert set(Delivery.objects.values_list("state", flat=True)) == {
        DeliveryState.SENT,
        DeliveryState.CANCELLED,
    }
    sent = Delivery.objects.filter(state=DeliveryState.SENT)
    assert sent.count() > 60
    assert not sent.filter(attempts=None).exists()
    assert not sent.filter(sent_at__lt=F("scheduled_at")).exists()
    assert not Attempt.objects.filter(answered_at__lt=F("started_at")).exists()
    assert sent.exclude(acknowledged_at=None).exists()
    assert Attempt.objects.filter(succeeded=False).exists()


def test_the_sweep_finds_nothing_but_the_fresh_incident(company: None) -> None:
    running = Escalation.objects.due(NOW + timedelta(days=365))
    assert [each.incident.state for each in running] == [State.TRIAGE]
    assert NOW - timedelta(seconds=1) < running[0].next_step_at <= NOW


def test_the_fresh_incident_mails_the_admin_and_nobody_else(
    ada: User, mailbox: Mailbox, work: Callable[[datetime], None]
) -> None:
    work(NOW + timedelta(seconds=5))
    [mail] = mailbox.mails
    assert mail["To"] == ada.email
    [fresh] = Incident.objects.paging(ada)
    assert fresh.state == State.TRIAGE
    assert fresh.service.team.name == "Payments"


def test_an_alert_with_the_printed_key_pages_the_admin(
    ada: User, mailbox: Mailbox, work: Callable[[datetime], None]
) -> None:
    work(NOW)
    service = bootstrap.first_service(admin=ada, now=NOW)
    key = bootstrap.doors(service=service, now=NOW)["pagerduty"]["key"]
    event = {
        "routing_key": key,
        "event_action": "trigger",
        "payload": {"summary": "Checkout answers with 500", "source": "shop-1", "severity": "critical"},
    }
    answer = Client().post("/v2/enqueue", json.dumps(event), content_type="application/json")
    assert answer.status_code == 202
    before = Incident.objects.count()
    work(NOW + timedelta(minutes=1))
    assert Incident.objects.count() == before + 1
    assert mailbox.mails[-1]["To"] == ada.email
    assert "Checkout answers with 500" in mailbox.mails[-1]["Subject"]


def test_the_admin_manages_a_team_and_is_on_call_for_twelve_hours(ada: User) -> None:
    assert Membership.objects.get(user=ada).role == "manager"
    primary = Schedule.objects.get(name="Payments primary")
    assert who_is_on_call([primary.pk], NOW)[primary.pk] == (ada.pk,)
    assert who_is_on_call([primary.pk], NOW + timedelta(hours=11))[primary.pk] == (ada.pk,)
    assert ada.pk not in who_is_on_call([primary.pk], NOW + timedelta(hours=12))[primary.pk]


def test_people_are_reached_by_verified_mail_and_never_by_webhook_when_it_is_urgent(company: None) -> None:
    people = User.objects.filter(email__endswith=f"@{DOMAIN}")
    assert not ContactMethod.objects.filter(user__in=people, verified_at=None).exists()
    for urgency in Urgency.values:
        first = [person.notification_rules.filter(urgency=urgency).order_by("delay")[0] for person in people]
        assert {rule.method.transport for rule in first} == {"email"}
    assert ContactMethod.objects.filter(transport="webhook").exists()
    assert not NotificationRule.objects.filter(urgency=Urgency.HIGH, method__transport="webhook").exists()


def test_the_other_open_incident_is_worked_on_and_public(company: None) -> None:
    [worked_on] = Incident.objects.open().filter(state=State.ACTIVE)
    assert worked_on.severity == 2
    assert worked_on.acknowledged_at is not None
    assert RoleAssignment.objects.filter(incident=worked_on).count() == 3
    assert Update.objects.public().filter(incident=worked_on).count() == 2
    page = StatusPage.objects.get()
    index = Rendition.objects.get(page=page, path="index.html").body
    assert worked_on.title in index
    assert "slow or limited" in index
    assert Incident.objects.get(state=State.TRIAGE).title not in index
    wire = json.loads(Rendition.objects.get(page=page, path="api/v2/summary.json").body)
    assert [incident["name"] for incident in wire["incidents"]] == [worked_on.title]


def test_the_public_page_has_a_history(company: None) -> None:
    page = StatusPage.objects.get()
    assert page.slug == "status"
    assert page.components.count() == 7
    index = Rendition.objects.get(page=page, path="index.html").body
    assert index.count("Trouble on") >= 5
    assert len(index) < 30_000
    incidents = json.loads(Rendition.objects.get(page=page, path="api/v2/incidents.json").body)["incidents"]
    assert len(incidents) > 15


def test_postmortems_stand_in_every_state_and_some_promises_are_late(company: None) -> None:
    stages = Counter(Postmortem.objects.values_list("state", flat=True))
    assert stages[Stage.DRAFT] == stages[Stage.IN_REVIEW] == 2
    assert stages[Stage.PUBLISHED] >= 4
    assert ActionItem.objects.overdue(NOW.date()).exists()
    assert ActionItem.objects.open().filter(due_on__gte=NOW.date()).exists()
    assert set(ActionItem.objects.values_list("state", flat=True)) == {"open", "done", "dropped"}
    assert PdfFile.objects.count() == stages[Stage.PUBLISHED]


def test_a_second_load_is_refused_and_changes_nothing(ada: User) -> None:
    before = summary()
    with pytest.raises(CannotLoad, match="there already"):
        load(admin=ada, now=NOW + timedelta(days=1))
    with pytest.raises(CommandError, match="there already"):
        call_command("demo")
    assert summary() == before


@pytest.mark.django_db
def test_the_command_needs_an_admin() -> None:
    with pytest.raises(CommandError, match="no admin"):
        call_command("demo")


@pytest.mark.parametrize("name", [*FILES, "open"])
def test_every_story_names_only_what_there_is(name: str) -> None:
    for told in story.read(name):
        known = FIXED_WORDS | set(told.values)
        texts = [line.text for line in told.script] + [told.title, told.summary]
        texts += [text for alert in told.alerts for text in (alert.summary, alert.source, alert.description)]
        texts += [summary for _minutes, summary in told.changes]
        used = {
            word for text in texts for _, word, _, _ in string.Formatter().parse(text) if word is not None
        }
        assert used <= known, (told.alerts, told.title)
        assert {line.verb for line in told.script} <= set(VERBS)
        minutes = [line.minute for line in told.script]
        assert minutes == sorted(minutes)


def test_a_line_that_says_nothing_is_refused_with_its_text() -> None:
    with pytest.raises(story.BadStory, match="not a line of a script: at once ack"):
        story.read_line("at once ack")
