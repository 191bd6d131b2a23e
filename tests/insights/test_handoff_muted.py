"""A hand-off note says what is muted, until when, and which pages wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import Team, User
from alerts.actions.mutes import end_mute, make_mute
from alerts.models import Mute
from catalog.models import Service
from incidents.models import Escalation
from insights import handoff_mails
from insights.handoffs import write_notes
from insights.models import HandoffNote
from oncall.models import EscalationPolicy, Schedule, Slot
from tests.incidents.making import triaged
from tests.making import make_policy, make_service

pytestmark = pytest.mark.django_db
H = timedelta(hours=1)
HANDED = datetime(2026, 3, 16, 9, tzinfo=UTC)


@pytest.fixture
def shared(schedule: Schedule, policy: EscalationPolicy, owner: User) -> Schedule:
    """`owner` is on call until HANDED, then `member`."""
    Slot.objects.create(layer=schedule.layers.get(), position=1, user=owner)
    return schedule


def note() -> HandoffNote:
    write_notes(now=HANDED, since=HANDED - H)
    return HandoffNote.objects.get()


def mute(name: str, begins: int = -2, ends: int = 2, **values: Any) -> Mute:
    """From and until so many hours after the hand-off, made three hours before it."""
    times: dict[str, Any] = {
        "starts_at": HANDED + begins * H,
        "ends_at": HANDED + ends * H,
        "now": HANDED - 3 * H,
    }
    return make_mute(actor=None, name=name, **times, **values)


def test_it_tells_what_is_muted_now_and_ahead_on_the_shift(shared: Schedule, service: Service) -> None:
    mute("Now", services=[service])
    mute("Later", 24, 25, services=[service], recurrence="FREQ=DAILY")
    mute("After the shift", 24 * 30, 24 * 30 + 1, services=[service])
    end_mute(actor=None, mute=mute("Ended", services=[service]), now=HANDED - H)
    found = note().body["muted"]
    assert [(row["name"], row["is_on"]) for row in found["rows"]] == [("Now", True), ("Later", False)]
    assert found["rows"][0]["ends_at"] == (HANDED + 2 * H).isoformat()
    assert found["rows"][1]["repeats"] == "Every day"


def test_it_tells_nothing_of_other_services(
    shared: Schedule, service: Service, other_team: Team, stranger: User
) -> None:
    elsewhere = make_service(other_team, make_policy(other_team, (stranger,)), "Search Index")
    mute("Elsewhere", services=[elsewhere])
    mute("Their team", matchers=[{"field": "team", "op": "=", "value": other_team.slug}])
    assert "muted" not in note().body
    HandoffNote.objects.all().delete()
    service.depends_on.add(elsewhere)
    assert [row["name"] for row in note().body["muted"]["rows"]] == ["Elsewhere"]


def test_it_tells_which_pages_wait_and_until_when(shared: Schedule, service: Service) -> None:
    incident = triaged(service, HANDED - H)
    Escalation.objects.filter(incident=incident).update(
        waiting="Held until 07:00", next_step_at=HANDED + 3 * H
    )
    [row] = note().body["muted"]["waiting"]
    assert (row["number"], row["why"]) == (incident.pk, "Held until 07:00")
    assert row["next_at"] == (HANDED + 3 * H).isoformat()


def test_the_mail_says_until_when(shared: Schedule, service: Service) -> None:
    mute("New disks", services=[service])
    facts = dict(handoff_mails.taking_over(note()).facts)
    assert facts["Muted"] == "New disks (Mon 16 Mar 07:00 UTC – Mon 16 Mar 11:00 UTC)"
