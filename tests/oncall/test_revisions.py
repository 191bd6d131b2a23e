"""Each change leaves a revision, and the last one can be taken back."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Team, User
from lib.intervals import Interval
from oncall import coverage, revisions
from oncall.actions import (
    LayerDraft,
    Refused,
    create_schedule,
    rehearse_update,
    undo_last_change,
    update_schedule,
)
from oncall.drafts import draft_of
from oncall.models import EscalationPolicy, LayerRole, Revision, Schedule
from oncall.queries import who_is_on_call
from oncall.rotation import Restriction
from tests.making import NOW

HOUR, WEEK = timedelta(hours=1), timedelta(weeks=1)
MONDAY = datetime(2026, 3, 9, 9)  # noqa: DTZ001 - local time of the schedule, on purpose


@pytest.fixture
def made(owner: User, member: User, team: Team) -> Schedule:
    """A schedule in which every field is used."""
    return create_schedule(
        actor=owner,
        now=NOW - WEEK,
        team=team,
        name="All of it",
        time_zone="Europe/Berlin",
        description="For a test",
        wants_secondary=True,
        warns_of_gaps=False,
        layers=[
            LayerDraft(
                (owner, member),
                MONDAY,
                turn_length=2,
                turn_unit="days",
                name="Days",
                restrictions=(Restriction(time(22), timedelta(hours=8), 4), Restriction(time(1, 30), HOUR)),
                ends_at=NOW + 9 * WEEK,
                role=LayerRole.SECONDARY,
                skip_weekdays=(5, 6),
                skip_holidays="DE-BY",
                skip_dates=(date(2026, 12, 24),),
            )
        ],
    )


def update(schedule: Schedule, actor: User, now: datetime = NOW, **values: Any) -> Schedule:
    schedule.refresh_from_db()
    rows = schedule.layers.current().prefetch_related("slots__user", "restrictions")
    kept = {
        "name": schedule.name,
        "time_zone": schedule.time_zone,
        "description": schedule.description,
        "layers": [draft_of(row) for row in rows],
    }
    return update_schedule(actor=actor, now=now, schedule=schedule, **{**kept, **values})


def test_a_snapshot_is_plain_and_gives_back_every_field(made: Schedule) -> None:
    plain = json.loads(json.dumps(revisions.snapshot(made)))
    values = revisions.drafts_from(plain)
    (draft,) = values["layers"]
    row = made.layers.prefetch_related("slots__user", "restrictions").get()
    assert draft == draft_of(row)
    assert draft.rules == draft_of(row).rules
    for key in ("name", "time_zone", "description", "wants_secondary", "warns_of_gaps"):
        assert values[key] == getattr(made, key)


def test_making_and_changing_are_counted_and_an_unchanged_save_is_not(
    made: Schedule, owner: User, admin: User
) -> None:
    update(made, admin, name="Renamed")
    update(made, owner)
    first, second = made.revisions.order_by("number")
    assert (first.number, first.actor, first.before, first.after["name"]) == (1, owner, {}, "All of it")
    assert (second.number, second.actor, second.at) == (2, admin, NOW)
    assert (second.before["name"], second.after["name"]) == ("All of it", "Renamed")


def test_undoing_gives_back_what_was_and_is_a_revision_itself(
    made: Schedule, owner: User, member: User
) -> None:
    update(made, owner, name="Renamed", time_zone="UTC", wants_secondary=False, warns_of_gaps=True, layers=[])
    undone = undo_last_change(actor=member, now=NOW + HOUR, schedule=made)
    before, after = (revisions.snapshot(made), made.revisions.get(number=1).after)
    assert (undone.name, undone.wants_secondary, undone.warns_of_gaps) == ("All of it", True, False)
    for each in (before, after):
        each["layers"][0].pop("id")
        each["layers"][0].pop("starts_at")
    assert before == after
    last = revisions.last_of(made)
    assert last
    assert (last.number, last.actor, last.undoes) == (3, member, made.revisions.get(number=2))


def test_a_schedule_as_it_was_made_has_nothing_to_undo(
    made: Schedule, schedule: Schedule, owner: User
) -> None:
    for each in (made, schedule):
        with pytest.raises(Refused, match="no change to undo"):
            undo_last_change(actor=owner, now=NOW, schedule=each)


def test_an_undo_is_refused_with_its_reason_when_somebody_cannot_respond_any_more(
    made: Schedule, owner: User, member: User
) -> None:
    row = made.layers.prefetch_related("slots__user", "restrictions").get()
    update(made, owner, layers=[replace(draft_of(row), people=(owner,))])
    member.is_active = False
    member.save(update_fields=["is_active"])
    before = revisions.snapshot(made)
    with pytest.raises(Refused, match="Milan Member cannot be paged"):
        undo_last_change(actor=owner, now=NOW + HOUR, schedule=made)
    assert revisions.snapshot(made) == before
    assert made.revisions.count() == 2


def test_an_undo_is_refused_when_its_name_was_given_away(made: Schedule, owner: User, team: Team) -> None:
    update(made, owner, name="Renamed")
    create_schedule(actor=owner, now=NOW, team=team, name="All of it", time_zone="UTC")
    with pytest.raises(Refused, match="this name already"):
        undo_last_change(actor=owner, now=NOW + HOUR, schedule=made)
    made.refresh_from_db()
    assert made.name == "Renamed"


def test_an_undo_takes_back_the_change_that_is_meant_and_no_other(
    made: Schedule, owner: User, admin: User
) -> None:
    update(made, owner, name="Mine")
    update(made, admin, name="Theirs")
    with pytest.raises(Refused, match="Ada Admin has changed"):
        undo_last_change(actor=owner, now=NOW, schedule=made, number=2)
    undo_last_change(actor=owner, now=NOW, schedule=made, number=3)
    made.refresh_from_db()
    assert made.name == "Mine"


def test_an_undo_leaves_out_what_would_be_over_by_now(made: Schedule, owner: User, member: User) -> None:
    row = made.layers.prefetch_related("slots__user", "restrictions").get()
    soon = replace(draft_of(row), ends_at=NOW + HOUR)
    update(made, owner, layers=[soon], now=NOW - HOUR)
    update(made, owner, layers=[LayerDraft((member,), MONDAY)])
    undo_last_change(actor=owner, now=NOW + 2 * HOUR, schedule=made)
    assert who_is_on_call([made.pk], NOW + 3 * HOUR) == {made.pk: ()}
    assert not made.layers.current().exists()


def test_who_edits_what_somebody_else_has_changed_meanwhile_is_told(
    made: Schedule, owner: User, admin: User
) -> None:
    update(made, admin, name="Theirs")
    with pytest.raises(Refused, match="Ada Admin has changed"):
        update(made, owner, name="Mine", seen=1)
    update(made, owner, name="Mine", seen=2)


def test_a_rehearsal_says_what_would_be_and_stores_nothing(made: Schedule, owner: User, member: User) -> None:
    before = revisions.snapshot(made)
    values = revisions.drafts_from(before)
    span = Interval(NOW, NOW + WEEK)
    same = rehearse_update(schedule=made, now=NOW, span=span, actor=owner, **values)
    assert not same.is_change
    values["layers"] = [LayerDraft((member,), MONDAY)]
    other = rehearse_update(schedule=made, now=NOW, span=span, actor=owner, **values)
    assert other.is_change
    assert [each.people for each in coverage.final(other.value, span)] == [(member.pk,)]
    assert revisions.snapshot(made) == before
    assert Revision.objects.count() == 1


def test_policies_are_counted_for_themselves(policy: EscalationPolicy, made: Schedule, owner: User) -> None:
    for name in ("a", "b"):
        revisions.record(subject=policy, actor=owner, now=NOW, before={}, after={"name": name})
    last = revisions.last_of(policy)
    assert last
    assert (last.number, last.after) == (2, {"name": "b"})
    assert made.revisions.count() == 1


def test_the_last_change_may_be_undone_by_managers_only(
    made: Schedule, owner: User, member: User, stranger: User, admin: User
) -> None:
    first = revisions.last_change(made, owner)
    assert first
    assert (first.is_first, first.may_undo) == (True, False)
    update(made, admin, name="Renamed")
    found = [revisions.last_change(made, each) for each in (owner, admin, member, stranger)]
    assert [each and each.may_undo for each in found] == [True, True, False, False]


def test_a_schedule_from_before_there_were_revisions_has_no_last_change(
    schedule: Schedule, owner: User
) -> None:
    assert revisions.last_change(schedule, owner) is None
