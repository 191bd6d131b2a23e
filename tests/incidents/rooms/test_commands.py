"""What people can say to Tocsin in a chat."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from accounts.models import Team, User
from catalog.models import Service
from incidents.models import Escalation, Incident, State
from incidents.sweep import sweep
from notifications import commands
from notifications.models import Delivery
from oncall.models import Schedule
from tests.incidents.making import triaged
from tests.making import make_policy, make_service, make_user

pytestmark = pytest.mark.django_db


def say(person: User, text: str, now: datetime) -> str:
    return commands.reply(person=person, text=text, via="slack", now=now)


def test_help_names_every_word(member: User, now: datetime) -> None:
    for text in ("", "help", "HELP"):
        said = say(member, text, now)
        assert all(f"/tocsin {word} " in said for word in ("ack", "who", "page", "declare"))
    assert "“dance” is not known here." in say(member, "dance now", now)


def test_ack_takes_what_pages_me(service: Service, member: User, now: datetime) -> None:
    incident = triaged(service, now)
    said = say(member, "ack", now)
    incident.refresh_from_db()
    assert (incident.state, incident.acknowledged_by) == (State.ACKNOWLEDGED, member)
    assert said.startswith(f"You have #{incident.pk}")
    assert incident.timeline.filter(kind="acknowledged", data__via="slack").exists()


def test_ack_of_a_number_says_who_was_first(
    service: Service, member: User, owner: User, now: datetime
) -> None:
    incident = triaged(service, now)
    assert "You have" in say(owner, f"ack #{incident.pk}", now)
    said = say(member, f"ack {incident.pk}", now + timedelta(minutes=3))
    assert said.startswith("Olga Owner acknowledged it already, 3 min ago")


def test_ack_asks_which_of_several(service: Service, member: User, now: datetime) -> None:
    first, second = triaged(service, now, "One"), triaged(service, now, "Two")
    said = say(member, "ack", now)
    assert f"#{first.pk} One" in said
    assert f"#{second.pk} Two" in said
    assert Incident.objects.filter(state=State.TRIAGE).count() == 2


@pytest.mark.parametrize("text", ["ack", "ack 987654321", "ack soon", "ack 99999999999999999999"])
def test_ack_without_anything_to_acknowledge_says_so(member: User, now: datetime, text: str) -> None:
    assert say(member, text, now)
    assert "You have" not in say(member, text, now)


def test_who_names_those_on_call(
    service: Service, schedule: Schedule, team: Team, member: User, stranger: User, now: datetime
) -> None:
    for person, text in (
        (member, "who"),
        (stranger, "who"),
        (stranger, "who payments primary"),
        (stranger, "who Payments"),
        (stranger, "who primary"),
        (stranger, "who payments api"),
    ):
        assert "Milan Member" in say(person, text, now), text
    assert "is called" in say(member, "who nobody-knows", now)


def test_page_of_a_service_pages_who_is_on_call(
    service: Service, member: User, owner: User, now: datetime
) -> None:
    said = say(owner, "page payments api cards are refused", now)
    incident = Incident.objects.get()
    assert (incident.title, incident.state, incident.created_by) == ("cards are refused", State.TRIAGE, owner)
    assert said == f"Paging Milan Member: #{incident.pk} cards are refused (Payments API) " + said.split()[-1]
    sweep(now=now)
    assert [row.user for row in Delivery.objects.filter(kind="page")] == [member]


def test_page_of_a_person_pages_them_and_then_their_service_s_people(
    service: Service, member: User, owner: User, stranger: User, now: datetime
) -> None:
    for text in (
        "page olga owner where is the key",
        f"page {owner.email.upper()} where is the key",
        "page @Olga x y",
    ):
        assert "Paging Olga Owner" in say(stranger, text, now)
    incident = Incident.objects.order_by("id")[0]
    assert incident.title == "where is the key"
    while sweep(now=now):
        pass
    pages = Delivery.objects.filter(kind="page", subject=f"incident:{incident.pk}")
    assert [row.user for row in pages] == [owner]
    while sweep(now=now + timedelta(minutes=5)):
        pass
    assert member in [row.user for row in pages.all()]
    assert Escalation.objects.get(incident=incident).policy_name.startswith("Olga Owner, ")


def test_page_needs_somebody_and_a_reason(
    service: Service, owner: User, stranger: User, now: datetime
) -> None:
    make_user("Olga Other")
    said = [say(owner, f"page{rest}", now) for rest in ("", " payments api", " olga x", " zzz x", " @? x")]
    assert "Several have that name" in said[2]
    assert "is in no team" in say(owner, "page stella stranger x", now)
    assert not Incident.objects.exists()


def test_declare_makes_the_person_lead(service: Service, team: Team, owner: User, now: datetime) -> None:
    make_service(team, make_policy(team, (owner,)), "Payments")
    said = say(owner, "declare payments api SEV1 cards   are refused", now)
    incident = Incident.objects.get()
    assert (incident.title, incident.severity, incident.service) == ("cards are refused", 1, service)
    assert "Declared as SEV1; you lead." in said
    say(owner, "declare payments slow", now)
    assert Incident.objects.latest("id").severity == 3


def test_a_viewer_reads_but_does_not_act(
    service: Service, schedule: Schedule, viewer: User, now: datetime
) -> None:
    for text in ("ack 1", "page payments api x", "declare payments api x"):
        assert "Viewers" in say(viewer, text, now)
    assert "Milan Member" in say(viewer, "who payments primary", now)
    assert not Incident.objects.exists()
