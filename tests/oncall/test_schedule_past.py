"""Who was on call stays who was on call, whatever is edited and undone later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from random import Random
from typing import Any

import pytest

from accounts.models import Team, User
from oncall import queries
from oncall.actions import LayerDraft, Refused, create_schedule, undo_last_change, update_schedule
from oncall.coverage import merge
from oncall.drafts import draft_of
from oncall.models import Layer, LayerRole, Schedule
from oncall.rotation import Restriction, Segment
from tests.making import NOW, make_user

HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
MONDAY = datetime(2026, 3, 9, 9)  # noqa: DTZ001 - local time of the schedule, on purpose
EARLY = NOW - 4 * WEEK
ZONES = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC")


def drawn(schedule: Schedule, since: datetime, until: datetime) -> list[Segment]:
    """Who was on call, whichever row it comes from."""
    return merge(replace(each, source="") for each in queries.final_schedule(schedule, since, until))


def current(schedule: Schedule) -> list[LayerDraft]:
    rows = schedule.layers.current().prefetch_related("slots__user", "restrictions").order_by("position")
    return [draft_of(row) for row in rows]


def change(
    schedule: Schedule, owner: User, now: datetime, layers: Sequence[LayerDraft], **values: Any
) -> Schedule:
    kept = {"name": schedule.name, "time_zone": schedule.time_zone}
    return update_schedule(actor=owner, now=now, schedule=schedule, layers=layers, **{**kept, **values})


@pytest.fixture
def people() -> list[User]:
    return [make_user(f"Person {number}") for number in range(4)]


@pytest.fixture
def two_layers(owner: User, team: Team, people: list[User], db: None) -> Schedule:
    """In force for four weeks: everybody by the week, and the first two by night."""
    night = Restriction(time(22), timedelta(hours=8))
    return create_schedule(
        actor=owner,
        now=EARLY,
        team=team,
        name="Two layers",
        time_zone="Europe/Berlin",
        layers=[
            LayerDraft(tuple(people), MONDAY, name="Weekly"),
            LayerDraft(tuple(people[:2]), MONDAY, turn_unit="days", restrictions=(night,), name="Night"),
        ],
    )


Edit = Callable[[list[LayerDraft], list[User]], tuple[list[LayerDraft], dict[str, Any]]]
EDITS: dict[str, Edit] = {
    "other people": lambda layers, people: ([replace(layers[0], people=(people[2],)), layers[1]], {}),
    "the order of people": lambda layers, people: (
        [replace(layers[0], people=tuple(people[::-1])), layers[1]],
        {},
    ),
    "the turn": lambda layers, people: ([replace(layers[0], turn_unit="days"), layers[1]], {}),
    "the hand-off": lambda layers, people: (
        [replace(layers[0], first_handoff=MONDAY + 3 * DAY + HOUR), layers[1]],
        {},
    ),
    "the role": lambda layers, people: ([layers[0], replace(layers[1], role=LayerRole.SECONDARY)], {}),
    "skipped days": lambda layers, people: ([replace(layers[0], skip_weekdays=(5, 6)), layers[1]], {}),
    "holidays": lambda layers, people: ([replace(layers[0], skip_holidays="DE-BY"), layers[1]], {}),
    "no windows": lambda layers, people: ([layers[0], replace(layers[1], restrictions=())], {}),
    "the zone": lambda layers, people: (layers, {"time_zone": "America/New_York"}),
    "an end": lambda layers, people: ([layers[0], replace(layers[1], ends_at=NOW + DAY)], {}),
    "a later start": lambda layers, people: ([layers[0], replace(layers[1], starts_at=NOW + DAY)], {}),
    "layers swapped": lambda layers, people: (layers[::-1], {}),
    "the lower one gone": lambda layers, people: (layers[1:], {}),
    "all gone": lambda layers, people: ([], {}),
    "one put below": lambda layers, people: ([LayerDraft((people[3],), MONDAY), *layers], {}),
    "two put below": lambda layers, people: ([*[LayerDraft((people[3],), MONDAY)] * 2, *layers], {}),
    "one above, long ago": lambda layers, people: (
        [*layers, LayerDraft((people[3],), MONDAY, starts_at=EARLY)],
        {},
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_redraws_nothing_that_is_over_and_neither_does_its_undoing(
    owner: User, two_layers: Schedule, people: list[User], name: str
) -> None:
    was = drawn(two_layers, EARLY, NOW)
    ahead = drawn(two_layers, NOW, NOW + 4 * WEEK)
    layers, values = EDITS[name](current(two_layers), people)
    change(two_layers, owner, NOW, layers, **values)
    assert drawn(two_layers, EARLY, NOW) == was
    assert drawn(two_layers, NOW, NOW + 4 * WEEK) != ahead or name in {"one put below", "two put below"}
    later = NOW + 5 * HOUR
    between = drawn(two_layers, EARLY, later)
    undo_last_change(actor=owner, now=later, schedule=two_layers)
    assert drawn(two_layers, EARLY, later) == between
    assert drawn(two_layers, later, NOW + 4 * WEEK) == [
        replace(each, start=max(each.start, later)) for each in ahead if each.end > later
    ]


def test_undoing_once_more_does_it_again(owner: User, two_layers: Schedule, people: list[User]) -> None:
    change(two_layers, owner, NOW, [replace(current(two_layers)[0], people=(people[3],))])
    edited = drawn(two_layers, NOW + 2 * HOUR, NOW + WEEK)
    undo_last_change(actor=owner, now=NOW + HOUR, schedule=two_layers)
    undo_last_change(actor=owner, now=NOW + 2 * HOUR, schedule=two_layers)
    assert drawn(two_layers, NOW + 2 * HOUR, NOW + WEEK) == edited


@pytest.mark.parametrize("seed", range(8))
def test_no_row_of_edits_redraws_what_is_over(
    owner: User, two_layers: Schedule, people: list[User], seed: int
) -> None:
    random, now = Random(seed), NOW  # noqa: S311 - cases, not secrets
    for _step in range(8):
        now += timedelta(minutes=random.randint(0, 3000))
        was = drawn(two_layers, EARLY, now)
        try:
            _edit(random, two_layers, owner, people, now)
        except Refused:
            continue
        two_layers.refresh_from_db()
        assert drawn(two_layers, EARLY, now) == was


def _edit(random: Random, schedule: Schedule, owner: User, people: list[User], now: datetime) -> None:
    layers = current(schedule)
    fresh = LayerDraft(
        tuple(random.sample(people, 2)),
        MONDAY,
        turn_unit=random.choice(("hours", "days", "weeks")),
        role=random.choice(LayerRole.values),
    )
    kind = random.randrange(6)
    if kind == 0:
        undo_last_change(actor=owner, now=now, schedule=schedule)
        return
    if kind == 1 and layers:
        layers.pop(random.randrange(len(layers)))
    elif kind == 2 and layers:
        place = random.randrange(len(layers))
        layers[place] = replace(fresh, id=layers[place].id, name="Other")
    elif kind == 3:
        random.shuffle(layers)
    else:
        layers.insert(
            random.randint(0, len(layers)), replace(fresh, ends_at=now + random.randint(1, 9) * DAY)
        )
    change(schedule, owner, now, layers, time_zone=random.choice((schedule.time_zone, *ZONES)))


# --- Rows


def test_a_layer_that_has_been_in_force_is_closed_and_continued(
    owner: User, two_layers: Schedule, people: list[User]
) -> None:
    low, high = two_layers.layers.all()
    layers = current(two_layers)
    change(two_layers, owner, NOW, [replace(layers[0], people=(people[0],)), layers[1]])
    low.refresh_from_db()
    assert (low.ends_at, low.replaced_at, low.zone) == (NOW, NOW, "Europe/Berlin")
    following, same = two_layers.layers.current()
    assert (following.continues, following.starts_at, following.position) == (low, NOW, 0)
    assert same == high
    assert low.slots.count() == 4


def test_a_name_changes_in_place(owner: User, two_layers: Schedule) -> None:
    rows = list(two_layers.layers.values_list("pk", flat=True))
    layers = [replace(each, name=f"{each.name}!") for each in current(two_layers)]
    change(two_layers, owner, NOW, layers, name="Renamed")
    assert list(two_layers.layers.values_list("pk", flat=True)) == rows
    assert [each.name for each in two_layers.layers.all()] == ["Weekly!", "Night!"]


def test_a_layer_that_has_not_begun_changes_in_place_and_goes_without_a_trace(
    owner: User, two_layers: Schedule, people: list[User]
) -> None:
    coming = LayerDraft((people[0],), MONDAY, starts_at=NOW + WEEK)
    change(two_layers, owner, NOW, [*current(two_layers), coming])
    added = two_layers.layers.current().last()
    assert added
    layers = current(two_layers)
    change(two_layers, owner, NOW + HOUR, [*layers[:2], replace(layers[2], people=(people[1],))])
    assert two_layers.layers.current().last() == added
    assert [slot.user for slot in added.slots.all()] == [people[1]]
    change(two_layers, owner, NOW + DAY, current(two_layers)[:2])
    assert not Layer.objects.filter(pk=added.pk).exists()
    assert two_layers.layers.count() == 2


def test_a_layer_that_is_over_cannot_be_changed_but_can_be_taken_up_again(
    owner: User, two_layers: Schedule, people: list[User]
) -> None:
    layers = current(two_layers)
    change(two_layers, owner, NOW, [layers[0], replace(layers[1], ends_at=NOW + HOUR)])
    later = NOW + DAY
    low, over = current(two_layers)
    with pytest.raises(Refused) as caught:
        change(two_layers, owner, later, [low, replace(over, people=(people[3],))])
    assert caught.value.field == "layers.1.ends_at"
    change(two_layers, owner, later, [low, replace(over, people=(people[3],), ends_at=None)])
    taken_up = two_layers.layers.current().last()
    assert taken_up
    assert (taken_up.starts_at, taken_up.ends_at) == (later, None)


def test_a_layer_that_is_over_leaves_the_editor_when_the_zone_changes(
    owner: User, two_layers: Schedule
) -> None:
    layers = current(two_layers)
    change(two_layers, owner, NOW, [layers[0], replace(layers[1], ends_at=NOW + HOUR)])
    was = drawn(two_layers, EARLY, NOW + DAY)
    change(two_layers, owner, NOW + DAY, current(two_layers), time_zone="UTC")
    assert two_layers.layers.current().count() == 1
    assert drawn(two_layers, EARLY, NOW + DAY) == was


def test_an_end_in_the_past_is_refused_for_what_is_in_force(owner: User, two_layers: Schedule) -> None:
    layers = current(two_layers)
    with pytest.raises(Refused) as caught:
        change(two_layers, owner, NOW, [replace(layers[0], ends_at=NOW - HOUR), layers[1]])
    assert caught.value.field == "layers.0.ends_at"
    assert current(two_layers) == layers
