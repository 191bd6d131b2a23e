"""When a step applies: severities, hours in a zone or in one's own, holidays; and plans with such steps."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oncall.conditions import (
    ALWAYS,
    Condition,
    Facts,
    InvalidCondition,
    OnHolidays,
    Otherwise,
    from_json,
    hours,
    is_open,
    misfit,
    next_opening,
    to_json,
)
from oncall.plan import (
    HOLD_AT_MOST,
    OnEmpty,
    Plan,
    Position,
    Step,
    Target,
    TargetKind,
    bound,
    carried,
    decide,
)
from oncall.plan import from_json as plan_from_json
from oncall.plan import to_json as plan_to_json
from oncall.rotation import Restriction
from oncall.simulation import simulate

BERLIN = "Europe/Berlin"
WORKDAYS = tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5))
OFFICE = Condition(windows=WORKDAYS, zone=BERLIN)
FRIDAY_EVENING = datetime(2026, 11, 27, 19, 0, tzinfo=UTC)
MONDAY_9 = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
MIN = timedelta(minutes=1)
ADA, GRACE, BOSS = 1, 2, 9


def user(number: int) -> Target:
    return Target(TargetKind.USER, number)


def himself(target: Target) -> tuple[int, ...]:
    return (target.id,)


def plan(*conditions: Condition, **fields: object) -> Plan:
    steps = tuple(
        Step(5 * MIN, (user(number),), f"s{number}", condition)
        for number, condition in enumerate(conditions, start=1)
    )
    return Plan(steps, fallback=(user(BOSS),), **fields)  # type: ignore[arg-type] # a test names what it cares for


def test_office_hours_are_those_of_the_zone() -> None:
    assert not is_open(OFFICE, FRIDAY_EVENING, "UTC")
    assert is_open(OFFICE, MONDAY_9, "UTC")
    assert not is_open(OFFICE, MONDAY_9 - timedelta.resolution, "UTC")
    assert next_opening(OFFICE, FRIDAY_EVENING, "UTC") == MONDAY_9
    assert next_opening(OFFICE, MONDAY_9, "UTC") == MONDAY_9


def test_hours_that_pass_midnight_belong_to_the_day_on_which_they_begin() -> None:
    night = Condition(windows=(Restriction(time(22), timedelta(hours=8), 4),), zone="UTC")
    assert is_open(night, datetime(2026, 11, 28, 5, 59, tzinfo=UTC), "UTC")
    assert not is_open(night, datetime(2026, 11, 28, 6, 0, tzinfo=UTC), "UTC")
    assert not is_open(night, datetime(2026, 11, 29, 5, 59, tzinfo=UTC), "UTC")


def test_without_a_zone_each_responder_has_their_own_hours() -> None:
    own = Condition(windows=(Restriction(time(9), timedelta(hours=8)),))
    at = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    assert is_open(own, at, "Europe/London")
    assert not is_open(own, at, "America/New_York")
    zones = {ADA: "Europe/London", GRACE: "America/New_York"}
    both = Plan((Step(5 * MIN, (user(ADA), user(GRACE)), "s", own),), fallback=(user(BOSS),))
    assert decide(both, Position(), at, himself, zone_of=zones.__getitem__).people == (ADA,)


def test_a_holiday_is_outside_or_the_only_time() -> None:
    christmas = datetime(2026, 12, 25, 10, 0, tzinfo=UTC)
    never = Condition(windows=WORKDAYS, zone=BERLIN, holidays="DE", on_holidays=OnHolidays.NEVER)
    only = Condition(zone=BERLIN, holidays="DE", on_holidays=OnHolidays.ONLY)
    assert not is_open(never, christmas, "UTC")
    assert next_opening(never, christmas, "UTC") == datetime(2026, 12, 28, 8, 0, tzinfo=UTC)
    assert is_open(only, christmas, "UTC")
    assert next_opening(only, datetime(2026, 12, 1, tzinfo=UTC), "UTC") == datetime(
        2026, 12, 24, 23, 0, tzinfo=UTC
    )


def test_a_step_that_waits_names_the_moment_and_pages_nobody() -> None:
    waits = plan(Condition(windows=WORKDAYS, zone=BERLIN, otherwise=Otherwise.WAIT), ALWAYS)
    decision = decide(waits, Position(), FRIDAY_EVENING, himself)
    assert (decision.kind, decision.people, decision.next_due) == ("wait", (), MONDAY_9)
    assert decision.next_position == Position()
    again = decide(waits, Position(), decision.next_due, himself)
    assert (again.kind, again.people) == ("step", (ADA,))


def test_a_step_outside_its_hours_is_passed_over_at_once() -> None:
    decision = decide(plan(OFFICE, ALWAYS), Position(), FRIDAY_EVENING, himself)
    assert decision.people == (GRACE,)
    [skip] = decision.skipped
    assert (skip.reason, skip.detail) == ("hours", "Mon–Fri 09:00–17:00 Europe/Berlin")


def test_a_policy_of_which_no_step_is_for_the_incident_pages_the_fallback_at_once() -> None:
    minor = plan(Condition(severities=frozenset({4})))
    decision = decide(minor, Position(), MONDAY_9, himself, Facts(severity=1))
    assert (decision.kind, decision.people) == ("fallback", (BOSS,))
    assert decision.skipped[0].detail == "only for severity SEV4"


@pytest.mark.parametrize("on_empty", list(OnEmpty))
def test_a_step_that_is_not_for_the_incident_is_never_held(on_empty: OnEmpty) -> None:
    chosen = plan(Condition(severities=frozenset({4})), ALWAYS, on_empty=on_empty)
    assert decide(chosen, Position(), MONDAY_9, himself, Facts(severity=1)).people == (GRACE,)


@pytest.mark.parametrize(
    ("condition", "facts", "words"),
    [
        (Condition(severities=frozenset({1, 0})), Facts(severity=2), "only for severity not declared, SEV1"),
        (Condition(tiers=frozenset({1})), Facts(tier=2), "only for tier 1"),
        (Condition(urgencies=frozenset({"low"})), Facts(urgency="high"), "only for low urgency"),
        (Condition(severities=frozenset({0})), Facts(), ""),
        (ALWAYS, Facts(4, 4, "low"), ""),
    ],
)
def test_what_a_step_is_not_for_is_said(condition: Condition, facts: Facts, words: str) -> None:
    assert misfit(condition, facts) == words


def test_a_hold_ends_after_an_hour_with_the_fallback() -> None:
    held = plan(ALWAYS, on_empty=OnEmpty.HOLD)

    def only_the_boss(target: Target) -> tuple[int, ...]:
        return (BOSS,) if target.id == BOSS else ()

    early = decide(held, Position(), MONDAY_9, only_the_boss, held_since=MONDAY_9 - HOLD_AT_MOST + MIN)
    assert early.kind == "hold"
    late = decide(held, Position(), MONDAY_9, only_the_boss, held_since=MONDAY_9 - HOLD_AT_MOST)
    assert (late.kind, late.people) == ("fallback", (BOSS,))
    moments = simulate(held, MONDAY_9, lambda target, at: only_the_boss(target))
    assert [each.decision.kind for each in moments] == ["hold", "fallback", "fallback"]
    assert moments[1].at == MONDAY_9 + HOLD_AT_MOST


def test_turns_go_round_with_each_escalation_and_each_repeat() -> None:
    ring = Target(TargetKind.ROUND_ROBIN, 7)
    people = {ring: (ADA, GRACE, 3), user(BOSS): (BOSS,)}

    def paged(dealt: int, cycle: int) -> tuple[int, ...]:
        around = Plan((Step(MIN, (ring,), "s"),), 2, fallback=(user(BOSS),), dealt=((7, dealt),))
        return decide(around, Position(cycle, 0), MONDAY_9, people.__getitem__).people

    assert [paged(number, 0) for number in range(4)] == [(ADA,), (GRACE,), (3,), (ADA,)]
    assert [paged(1, cycle) for cycle in range(3)] == [(GRACE,), (3,), (ADA,)]


def test_the_owner_is_the_team_of_the_service() -> None:
    owned = Plan((Step(MIN, (Target(TargetKind.OWNER, 0), user(ADA)), "s"),), fallback=(user(BOSS),))
    assert bound(owned, 12).steps[0].targets == (Target(TargetKind.OWNER, 12), user(ADA))


STEPS = plan(ALWAYS, ALWAYS, ALWAYS, repeats=1)


@pytest.mark.parametrize(
    ("left", "position", "expected"),
    [
        ([1, 2, 3], Position(0, 1), Position(0, 1)),
        ([2, 3], Position(0, 1), Position(0, 0)),
        ([1, 3], Position(0, 1), Position(0, 1)),
        ([1], Position(0, 1), Position(1, 0)),
        ([1], Position(1, 1), Position(2, 0)),
        ([3, 1, 2], Position(1, 0), Position(1, 1)),
        ([1, 2], Position(2, 0), Position(2, 0)),
        ([1, 2], Position(4, 0), Position(4, 0)),
    ],
)
def test_a_changed_live_policy_goes_on_where_it_was(
    left: list[int], position: Position, expected: Position
) -> None:
    by_number = dict(enumerate(STEPS.steps, start=1))
    new = Plan(tuple(by_number[number] for number in left), 1, fallback=STEPS.fallback)
    assert carried(STEPS, new, position) == expected


def test_a_plan_with_conditions_is_stored_and_read_back() -> None:
    full = Condition(
        frozenset({0, 1}),
        frozenset({2}),
        frozenset({"high"}),
        WORKDAYS,
        BERLIN,
        "DE-BY",
        OnHolidays.NEVER,
        Otherwise.WAIT,
    )
    stored = plan(full, ALWAYS, dealt=((3, 4),), live=True)
    assert plan_from_json(plan_to_json(stored)) == stored
    assert to_json(ALWAYS) == {}
    assert hours(full) == "Mon–Fri 09:00–17:00, not on holidays of DE-BY Europe/Berlin"


def test_a_plan_of_the_first_version_still_runs() -> None:
    old = {
        "version": 1,
        "steps": [{"delay": 60, "targets": [{"kind": "user", "id": 1}]}],
        "repeats": 0,
        "on_empty": "skip",
        "fallback": [],
        "fallback_every": 1800,
    }
    assert plan_from_json(old).steps == (Step(MIN, (user(1),)),)


@pytest.mark.parametrize(
    ("stored", "field"),
    [
        ({"severities": [5]}, "severities"),
        ({"tiers": [0]}, "tiers"),
        ({"urgencies": ["loud"]}, "urgencies"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"holidays": "XX", "on_holidays": "never"}, "holidays"),
        ({"holidays": "DE"}, "holidays"),
        ({"on_holidays": "only"}, "holidays"),
        ({"windows": [{"start": "09:00", "minutes": 0}]}, "restrictions"),
        ({"windows": [{"start": "late"}]}, "condition"),
        ({"otherwise": "shrug"}, "condition"),
    ],
)
def test_what_is_no_condition_is_refused_with_the_field(stored: dict[str, object], field: str) -> None:
    with pytest.raises(InvalidCondition) as caught:
        from_json(stored)
    assert caught.value.field == field


zones = st.sampled_from(sorted(available_timezones()))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001 - made aware


@given(moments, zones, st.integers(0, 23), st.integers(1, 23), st.sampled_from([None, *range(7)]))
def test_the_next_opening_is_open_and_nothing_before_it_is(
    at: datetime, zone: str, hour: int, length: int, weekday: int | None
) -> None:
    condition = Condition(windows=(Restriction(time(hour), timedelta(hours=length), weekday),), zone=zone)
    opens = next_opening(condition, at, "UTC")
    assert opens is not None
    assert is_open(condition, opens, "UTC")
    if opens > at:
        assert not is_open(condition, opens - timedelta.resolution, "UTC")
        assert not is_open(condition, at + (opens - at) / 2, "UTC")
        local = opens.astimezone(ZoneInfo(zone))
        # In a gap the hour is shifted by the gap's length.
        assert local.hour == hour or local.utcoffset() != (local - timedelta(hours=2)).utcoffset()
