"""What chat rooms hear of an incident: one message that stays true."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Team, User
from catalog.models import Service
from incidents.actions.channels import add_channel
from incidents.actions.opening import Opening, declare_new, open_for_alerts
from incidents.actions.transitions import acknowledge, change_state, resolve_quietly
from incidents.actions.writing import assign_role, correct
from incidents.models import Channel, Incident
from notifications.models import Delivery, DeliveryState

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("room")]


def opening(service: Service, now: datetime, title: str = "Checkout is down") -> Opening:
    return Opening(service, title, "Cards are refused.", "high", "test", now, "Alert")


def opened(service: Service, now: datetime) -> Incident:
    return open_for_alerts(openings=[opening(service, now)], now=now)[0]


def to_rooms(**fields: Any) -> list[Delivery]:
    return list(Delivery.objects.filter(reason__has_key="channel", **fields).order_by("id"))


def hand_over(now: datetime) -> None:
    Delivery.objects.filter(state=DeliveryState.PENDING).update(
        state=DeliveryState.SENT, sent_at=now, provider_id="C0ROOM:1.1"
    )


def test_a_room_hears_when_an_incident_opens(service: Service, room: Channel, now: datetime) -> None:
    incident = opened(service, now)
    [row] = to_rooms()
    assert (row.kind, row.transport, row.address, row.user, row.method) == (
        "notice",
        "slack",
        "C0ROOM",
        None,
        None,
    )
    assert (row.subject, row.circuit) == (f"incident:{incident.pk}", "slack")
    assert row.reason["channel"] == room.pk
    assert row.message["headline"] == "Payments API: Checkout is down, nobody has it yet"
    assert row.message["data"]["answers"] is True


def test_declaring_by_hand_tells_the_room_who_leads(service: Service, owner: User, now: datetime) -> None:
    declare_new(actor=owner, service=service, title="Checkout is down", severity=1, now=now, page=False)
    [row] = to_rooms()
    assert row.message["headline"].startswith("SEV1 Payments API: Checkout is down")
    assert ["Commander", "Olga Owner"] in row.message["facts"]


def test_the_message_changes_with_the_state(service: Service, member: User, now: datetime) -> None:
    incident = opened(service, now)
    hand_over(now)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    first, edit = to_rooms()
    assert (edit.kind, edit.replaces, edit.address) == ("edit", first, "C0ROOM")
    assert edit.message["headline"].endswith("Milan Member has it")
    hand_over(now)
    change_state(incident_id=incident.pk, verb="resolve", actor=member, now=now)
    last = to_rooms()[-1]
    assert last.message["headline"].endswith("resolved by Milan Member")
    assert last.message["data"]["answers"] is False


def test_the_message_changes_with_the_severity_the_title_and_who_leads(
    service: Service, owner: User, member: User, now: datetime
) -> None:
    incident = declare_new(
        actor=owner, service=service, title="Checkout is down", severity=2, now=now, page=False
    )
    hand_over(now)
    correct(incident_id=incident.pk, actor=member, severity=1, title="Cards are refused", now=now)
    edit = to_rooms()[-1]
    assert (edit.kind, len(to_rooms())) == ("edit", 2)
    assert edit.message["headline"].startswith("SEV1 Payments API: Cards are refused")
    hand_over(now)
    assign_role(incident_id=incident.pk, actor=owner, role="commander", user=member, now=now)
    edit = to_rooms()[-1]
    assert (edit.kind, len(to_rooms())) == ("edit", 3)
    assert ["Commander", "Milan Member"] in edit.message["facts"]
    change_state(incident_id=incident.pk, verb="resolve", actor=member, now=now)
    hand_over(now)
    correct(incident_id=incident.pk, actor=owner, title="Cards were refused", now=now)
    assert to_rooms()[-1].message["headline"].endswith("Cards were refused, resolved by Milan Member")


def test_a_correction_is_no_further_message_where_one_cannot_be_changed(
    service: Service, owner: User, now: datetime
) -> None:
    Channel.objects.update(transport="teams", address="https://a.logic.azure.com/workflows/1?sig=2")
    incident = declare_new(actor=owner, service=service, title="Down", severity=2, now=now, page=False)
    hand_over(now)
    correct(incident_id=incident.pk, actor=owner, severity=1, now=now)
    assert len(to_rooms()) == 1


def test_what_was_not_sent_yet_is_changed_before_it_is(service: Service, member: User, now: datetime) -> None:
    incident = opened(service, now)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    [row] = to_rooms()
    assert row.message["headline"].endswith("Milan Member has it")
    hand_over(now)
    change_state(incident_id=incident.pk, verb="resolve", actor=member, now=now)
    change_state(incident_id=incident.pk, verb="reopen", actor=member, now=now)
    waiting = to_rooms(kind="edit")
    assert [each.message["headline"][-6:] for each in waiting] == ["active"]


def test_alerts_that_are_over_change_the_message_too(service: Service, now: datetime) -> None:
    incident = opened(service, now)
    hand_over(now)
    resolve_quietly(incident_ids=[incident.pk], now=now)
    assert to_rooms()[-1].message["headline"].endswith("resolved")


@pytest.mark.usefixtures("plain")
def test_a_channel_without_changes_hears_twice_more(service: Service, member: User, now: datetime) -> None:
    incident = opened(service, now)
    hand_over(now)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    hand_over(now)
    change_state(incident_id=incident.pk, verb="resolve", actor=member, now=now)
    rows = to_rooms()
    assert [row.kind for row in rows] == ["notice"] * 3
    assert [row.message.get("quiet", False) for row in rows] == [False, True, True]
    assert all(row.replaces is None for row in rows)


def test_a_message_that_never_arrived_is_not_changed(service: Service, member: User, now: datetime) -> None:
    incident = opened(service, now)
    Delivery.objects.update(state=DeliveryState.FAILED)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    assert len(to_rooms()) == 1


def test_the_rooms_of_the_team_hear_too_and_one_room_hears_once(
    service: Service, team: Team, owner: User, now: datetime
) -> None:
    for address in ("C0ROOM", "C0TEAM"):
        add_channel(actor=owner, owner=team, transport="slack", address=address, now=now)
    opened(service, now)
    assert sorted(row.address for row in to_rooms()) == ["C0ROOM", "C0TEAM"]


def test_rooms_of_others_hear_nothing(
    other_team: Team, stranger: User, service: Service, now: datetime, slack: None
) -> None:
    add_channel(actor=stranger, owner=other_team, transport="slack", address="C0OTHER", now=now)
    opened(service, now)
    assert [row.address for row in to_rooms()] == ["C0ROOM"]


def test_many_incidents_at_once_cost_no_more_queries(service: Service, now: datetime) -> None:
    def cost(count: int) -> int:
        wanted = [opening(service, now, f"No. {n}") for n in range(count)]
        with CaptureQueriesContext(connection) as queries:
            open_for_alerts(openings=wanted, now=now)
        return len(queries)

    cost(1)
    assert cost(2) == cost(30)
    assert len(to_rooms()) == 33


def test_the_record_names_the_room(service: Service, owner: User, member: User, now: datetime) -> None:
    incident = opened(service, now)
    hand_over(now)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    browser = Client()
    browser.force_login(owner)
    for path in (f"/incidents/{incident.pk}/", f"/incidents/{incident.pk}/pages/"):
        page = browser.get(path).content.decode()
        assert page.count("#pay</b>") == 2
        assert "Nobody any more" not in page
