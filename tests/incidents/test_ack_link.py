"""The link in a page: works signed out, changes nothing until its button is pressed, twice does no harm."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from catalog.models import Service
from incidents.actions.transitions import acknowledge, change_state
from incidents.models import Escalation, Incident, State, TimelineEntry
from notifications.acks import token
from notifications.models import Delivery
from tests.incidents.making import hand_over, triaged

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("standing_clock")]


@pytest.fixture
def incident(service: Service, now: datetime) -> Incident:
    found = triaged(service, now, summary="5xx rate 38%")
    hand_over(now)
    return found


@pytest.fixture
def path(incident: Incident) -> str:
    """The link that `member` got."""
    return f"/ack/{token(Delivery.objects.get().pk)}"


def words(answer: Any) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", answer.content.decode()).split())


def test_it_shows_what_is_down_and_one_button_and_changes_nothing(
    client: Client, path: str, incident: Incident, member: User
) -> None:
    member.time_zone = "Asia/Tokyo"
    member.save()
    answer = client.get(path)
    assert answer.status_code == 200
    text = words(answer)
    for part in ("Payments API", "Checkout answers 502", "5xx rate 38%", "21:00 JST", "As Milan Member"):
        assert part in text
    assert answer.content.decode().count('<button name="verb" value="acknowledge"') == 1
    incident.refresh_from_db()
    assert incident.state == State.TRIAGE


@pytest.mark.parametrize("method", ["get", "head", "options", "put", "delete", "patch"])
def test_scanners_and_previews_cannot_acknowledge(
    client: Client, path: str, incident: Incident, method: str
) -> None:
    for _ in range(2):
        answer = getattr(client, method)(path)
        assert answer.status_code == (200 if method in ("get", "head") else 405)
    assert Escalation.objects.get().state == "running"
    assert not TimelineEntry.objects.filter(kind="acknowledged").exists()


def test_a_press_acknowledges_as_the_person_who_was_paged(
    client: Client, path: str, incident: Incident, member: User
) -> None:
    answer = client.post(path)
    assert answer.status_code == 200
    assert "You have it." in words(answer)
    assert "Acknowledge</button>" not in answer.content.decode()
    assert f'href="/incidents/{incident.pk}/"' in answer.content.decode()
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, member)
    assert Delivery.objects.get().acknowledged_at is not None
    assert Escalation.objects.get().state == "stopped"


def test_a_second_press_is_harmless_and_shows_what_happened(
    client: Client, path: str, now: datetime, standing_clock: time_machine.Traveller
) -> None:
    client.post(path)
    standing_clock.move_to(now + timedelta(minutes=4))
    for answer in (client.post(path), client.get(path)):
        assert answer.status_code == 200
        assert "You acknowledged it 4 min ago" in words(answer)
    assert TimelineEntry.objects.filter(kind="acknowledged").count() == 1


def test_who_comes_second_is_told_who_has_it(
    client: Client, path: str, incident: Incident, owner: User, now: datetime
) -> None:
    acknowledge(incident_id=incident.pk, actor=owner, now=now)
    for answer in (client.get(path), client.post(path)):
        assert "Olga Owner has it." in words(answer)
        assert "you need do nothing" in words(answer)
        assert "Acknowledge</button>" not in answer.content.decode()
    incident.refresh_from_db()
    assert incident.acknowledged_by == owner


def test_it_says_who_else_was_paged(
    client: Client, path: str, now: datetime, work: Callable[[datetime], None]
) -> None:
    assert "Nobody else was paged so far" in words(client.get(path))
    work(now + timedelta(minutes=5))
    assert "Also paged: Olga Owner" in words(client.get(path))


@pytest.mark.parametrize(("verb", "said"), [("resolve", "resolved"), ("dismiss", "dismissed")])
def test_when_it_is_over_it_says_so(
    client: Client, path: str, incident: Incident, owner: User, now: datetime, verb: str, said: str
) -> None:
    change_state(incident_id=incident.pk, verb=verb, actor=owner, now=now)
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 200
        assert f"It is over: {said}." in words(answer)
        assert "Olga Owner" in words(answer)
    incident.refresh_from_db()
    assert not incident.is_open


@pytest.mark.parametrize("change", ["cut", "other", "signature", "nonsense", "long"])
def test_a_forged_link_is_404_and_says_what_to_do(
    client: Client, path: str, incident: Incident, change: str
) -> None:
    forged = {
        "cut": path[:-3],
        "other": path.replace(f"/ack/{Delivery.objects.get().pk}~", "/ack/999~"),
        "signature": path[:-1] + ("A" if path[-1] != "A" else "B"),
        "nonsense": "/ack/%00%ff~~",
        "long": "/ack/" + "x" * 5000,
    }[change]
    for answer in (client.get(forged), client.post(forged)):
        assert answer.status_code == 404
        assert "This link does not work" in words(answer)
        assert "Checkout" not in words(answer)
    assert Escalation.objects.get().state == "running"


def test_an_old_link_is_410_and_says_what_to_do(
    client: Client, path: str, now: datetime, standing_clock: time_machine.Traveller
) -> None:
    standing_clock.move_to(now + timedelta(days=2, seconds=5))
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 410
        assert "This link has expired" in words(answer)
    assert Escalation.objects.get().state == "running"


def test_the_link_of_somebody_who_may_not_act_any_more_does_nothing(
    client: Client, path: str, incident: Incident, member: User
) -> None:
    User.objects.filter(pk=member.pk).update(is_active=False)
    for answer in (client.get(path), client.post(path)):
        assert answer.status_code == 404
    incident.refresh_from_db()
    assert incident.state == State.TRIAGE


def test_a_link_of_another_kind_of_message_acknowledges_nothing(client: Client, path: str) -> None:
    Delivery.objects.update(subject="person:1")
    assert client.post(path).status_code == 404


def test_it_is_kept_nowhere_and_told_to_nobody(client: Client, path: str) -> None:
    for answer in (client.get(path), client.post(path), client.get(path[:-3])):
        assert "no-store" in answer["Cache-Control"]
        assert answer["Referrer-Policy"] == "same-origin"
        assert "noindex" in answer["X-Robots-Tag"]
        assert "<script" not in answer.content.decode()
    assert 'rel="noreferrer"' in client.get(path).content.decode()


def test_the_button_carries_a_token_that_the_page_set(path: str, incident: Incident) -> None:
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(path).status_code == 403
    page = browser.get(path)
    assert "csrftoken" in page.cookies
    found = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', page.content.decode())
    assert found
    assert browser.post(path, {"csrfmiddlewaretoken": found[1]}).status_code == 200
    incident.refresh_from_db()
    assert incident.state == State.ACKNOWLEDGED


def test_it_weighs_little(client: Client, path: str) -> None:
    assert len(client.get(path).content) < 5_000


def test_who_cannot_take_it_asks_for_the_next_step(
    client: Client, path: str, incident: Incident, now: datetime
) -> None:
    answer = client.post(path, {"verb": "escalate"})
    assert "escalated" in words(answer)
    assert Escalation.objects.get(incident=incident).next_step_at <= now + timedelta(seconds=1)
    assert "before" in words(client.post(path, {"verb": "escalate"}))


def test_a_link_for_many_pages_names_them_and_acknowledges_all(
    client: Client, path: str, incident: Incident, service: Service, now: datetime
) -> None:
    first = Delivery.objects.get()
    second = triaged(service, now, title="Refunds answer 502")
    hand_over(now)
    Delivery.objects.exclude(pk=first.pk).update(bundle=first)
    shown = words(client.get(path))
    assert "Acknowledge all 2" in shown
    assert "Refunds answer 502" in shown
    client.post(path, {"verb": "acknowledge"})
    for each in (incident, second):
        each.refresh_from_db()
        assert each.state == State.ACKNOWLEDGED
