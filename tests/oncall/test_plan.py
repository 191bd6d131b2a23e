"""Escalation plans: what each due time brings, and that no plan ever ends in silence."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncall.plan import (
    HOLD_FOR,
    Decision,
    Due,
    InvalidPlan,
    OnEmpty,
    Paged,
    Plan,
    Position,
    Skipped,
    Step,
    Target,
    TargetKind,
    advance_after_unreachable,
    decide,
    from_json,
    horizon,
    is_fallback,
    to_json,
)

NOW = datetime(2026, 6, 1, 3, tzinfo=UTC)
MIN = timedelta(minutes=1)


def user(number: int) -> Target:
    return Target(TargetKind.USER, number)


def rota(number: int) -> Target:
    return Target(TargetKind.SCHEDULE, number)


def step(*targets: Target, wait: int = 5) -> Step:
    return Step(wait * MIN, targets)


def who(**schedules: tuple[int, ...]) -> Callable[[Target], tuple[int, ...]]:
    """Users are themselves; schedule n has the people of `s<n>`, else nobody."""
    return lambda target: (
        (target.id,) if target.kind == TargetKind.USER else schedules.get(f"s{target.id}", ())
    )


TWO = Plan((step(user(1)), step(rota(1), user(2), wait=10)), repeats=1, fallback=(user(9),))


def among(there: dict[Target, tuple[int, ...]]) -> Callable[[Target], tuple[int, ...]]:
    return lambda target: there.get(target, ())


def walk(plan: Plan, people: Callable[[Target], tuple[int, ...]], decisions: int) -> list[Decision]:
    """Decisions one after another, each at the due time of the one before."""
    position, now, found = Position(), NOW, list[Decision]()
    for _ in range(decisions):
        found.append(decide(plan, position, now, people))
        position, now = found[-1].next_position, found[-1].next_due
    return found


def test_steps_follow_each_other_then_repeat_then_the_fallback_for_ever() -> None:
    found = walk(TWO, who(s1=(7,)), 7)
    assert [each.people for each in found] == [(1,), (7, 2), (1,), (7, 2), (9,), (9,), (9,)]
    assert [each.kind for each in found] == ["step"] * 4 + ["fallback"] * 3
    assert [(each.next_due - NOW) // MIN for each in found] == [5, 15, 20, 30, 60, 90, 120]
    assert found[4].position == Position(2, 0)
    assert len({each.position for each in found}) == 7, "each position is a key of its own"
    assert horizon(TWO) == 30 * MIN


def test_a_person_found_twice_is_paged_once_with_both_reasons() -> None:
    plan = Plan((step(rota(1), user(3), rota(2), user(3)),))
    found = decide(plan, Position(), NOW, who(s1=(5, 3), s2=(4, 5)))
    assert found.people == (5, 3, 4)
    assert found.pages == (
        Paged(5, (rota(1), rota(2))),
        Paged(3, (rota(1), user(3))),
        Paged(4, (rota(2),)),
    )


def test_an_empty_step_is_skipped_at_once_and_said() -> None:
    plan = Plan((step(rota(1)), step(), step(user(2), wait=7)))
    found = decide(plan, Position(), NOW, who())
    assert (found.kind, found.position, found.people) == ("step", Position(0, 2), (2,))
    assert found.skipped == (Skipped(Position(0, 0), "nobody"), Skipped(Position(0, 1), "no_targets"))
    assert (found.next_position, found.next_due) == (Position(1, 0), NOW + 7 * MIN)


def test_skipping_goes_into_the_next_cycle() -> None:
    plan = Plan((step(user(1)), step(rota(1))), repeats=1)
    found = decide(plan, Position(0, 1), NOW, who())
    assert (found.position, found.people) == (Position(1, 0), (1,))


def test_a_whole_cycle_of_empty_steps_falls_back_at_once() -> None:
    plan = Plan((step(rota(1)), step(rota(2))), repeats=8, fallback=(user(9),))
    found = decide(plan, Position(), NOW, who())
    assert (found.kind, found.people, found.position) == ("fallback", (9,), Position(9, 0))
    assert [each.position for each in found.skipped] == [Position(0, 0), Position(0, 1)]
    assert (found.next_position, found.next_due) == (Position(10, 0), NOW + 30 * MIN)


def test_a_held_step_pages_nobody_and_is_asked_again_until_somebody_is_on_call() -> None:
    plan = Plan((step(rota(1)), step(user(2))), on_empty=OnEmpty.HOLD)
    held = decide(plan, Position(), NOW, who())
    assert (held.kind, held.people, held.next_position) == ("hold", (), Position(0, 0))
    assert held.next_due == NOW + HOLD_FOR
    assert held.skipped == (Skipped(Position(0, 0), "nobody"),)
    assert decide(plan, held.next_position, held.next_due, who(s1=(4,))).people == (4,)


def test_a_step_without_targets_is_not_held_since_nobody_would_ever_come() -> None:
    plan = Plan((step(), step(user(2))), on_empty=OnEmpty.HOLD)
    assert decide(plan, Position(), NOW, who()).people == (2,)


def test_the_fallback_stands_in_for_an_empty_step_and_then_it_goes_on() -> None:
    plan = Plan((step(rota(1), wait=4), step(user(2))), on_empty=OnEmpty.FALLBACK, fallback=(user(9),))
    found = decide(plan, Position(), NOW, who())
    assert (found.kind, found.people, found.position) == ("fallback", (9,), Position(0, 0))
    assert (found.next_position, found.next_due) == (Position(0, 1), NOW + 4 * MIN)
    assert found.skipped == (Skipped(Position(0, 0), "nobody"),)


@pytest.mark.parametrize("fallback", [(), (rota(3),)])
def test_a_fallback_of_nobody_still_says_fallback_and_comes_again(fallback: tuple[Target, ...]) -> None:
    found = decide(Plan((), fallback=fallback), Position(), NOW, who())
    assert (found.kind, found.people) == ("fallback", ())
    assert found.next_due == NOW + 30 * MIN


def test_a_plan_without_steps_falls_back_at_once() -> None:
    found = walk(Plan((), fallback=(user(9),), repeats=3), who(), 3)
    assert [each.people for each in found] == [(9,), (9,), (9,)]
    assert len({each.position for each in found}) == 3


def test_a_position_behind_the_end_of_a_shortened_plan_is_the_next_cycle() -> None:
    assert decide(TWO, Position(0, 5), NOW, who()).position == Position(1, 0)
    assert decide(TWO, Position(1, 5), NOW, who()).kind == "fallback"
    assert is_fallback(TWO, Position(1, 2))
    assert not is_fallback(TWO, Position(1, 1))


def test_when_nobody_of_a_step_can_be_reached_the_next_is_due_now() -> None:
    assert advance_after_unreachable(TWO, Position(0, 0), NOW) == Due(Position(0, 1), NOW)
    assert advance_after_unreachable(TWO, Position(0, 1), NOW) == Due(Position(1, 0), NOW)
    assert advance_after_unreachable(TWO, Position(1, 1), NOW) == Due(Position(2, 0), NOW)


def test_an_unreachable_fallback_waits_for_its_next_round() -> None:
    assert advance_after_unreachable(TWO, Position(4, 0), NOW) == Due(Position(5, 0), NOW + 30 * MIN)


targets = st.builds(Target, st.sampled_from(TargetKind), st.integers(1, 6))
some_targets = st.lists(targets, max_size=3).map(tuple)
seconds = st.integers(0, 3600).map(lambda value: timedelta(seconds=value))
plans = st.builds(
    Plan,
    steps=st.lists(st.builds(Step, seconds, some_targets), max_size=5).map(tuple),
    repeats=st.integers(0, 3),
    on_empty=st.sampled_from(OnEmpty),
    fallback=some_targets,
    fallback_every=st.integers(1, 3600).map(lambda value: timedelta(seconds=value)),
)
crowds = st.lists(st.integers(1, 9), max_size=3).map(tuple)


@settings(max_examples=120, deadline=None)
@given(plans, st.data())
def test_no_plan_is_ever_silent_whoever_is_there_or_not(plan: Plan, data: st.DataObject) -> None:
    position, now, reached, holds = Position(), NOW, False, 0
    for _ in range((plan.repeats + 1) * len(plan.steps) + 3):
        # Each time anew: people come and go between due times.
        there = data.draw(st.dictionaries(targets, crowds))
        found = decide(plan, position, now, among(there))
        assert found.people or found.kind in ("hold", "fallback")
        assert len(set(found.people)) == len(found.people)
        if found.kind == "hold":
            assert plan.on_empty == OnEmpty.HOLD
            assert found.next_due > now
            holds += 1
        else:
            assert position <= found.position < found.next_position
            assert found.next_due >= now
        if is_fallback(plan, found.position):
            assert found.kind == "fallback"
            assert found.next_due == now + plan.fallback_every > now
            reached = True
        position, now = found.next_position, found.next_due
    assert reached or holds


@settings(max_examples=100, deadline=None)
@given(plans)
def test_steps_that_nobody_can_be_reached_in_reach_the_fallback_without_waiting(plan: Plan) -> None:
    due = Due(Position(), NOW)
    for _ in range((plan.repeats + 1) * len(plan.steps)):
        if not is_fallback(plan, due.position):
            due = advance_after_unreachable(plan, due.position, due.at)
    assert is_fallback(plan, due.position)
    assert due.at == NOW
    assert advance_after_unreachable(plan, due.position, due.at).at > NOW


@settings(max_examples=100, deadline=None)
@given(plans)
def test_the_fallback_comes_at_the_horizon_when_everybody_is_there(plan: Plan) -> None:
    position, now = Position(), NOW
    full = Plan(tuple(Step(each.delay, (user(1),)) for each in plan.steps), plan.repeats)
    while not is_fallback(full, position):
        found = decide(full, position, now, who())
        position, now = found.next_position, found.next_due
    assert now == NOW + horizon(full)


@settings(max_examples=100, deadline=None)
@given(plans)
def test_a_plan_comes_back_from_json_as_it_was(plan: Plan) -> None:
    assert from_json(to_json(plan)) == plan


def test_the_stored_form_is_plain_and_has_a_version() -> None:
    assert to_json(Plan((step(user(1), rota(2)),), fallback=(user(9),))) == {
        "version": 2,
        "steps": [
            {
                "delay": 300,
                "targets": [{"kind": "user", "id": 1}, {"kind": "schedule", "id": 2}],
                "uid": "",
                "condition": {},
            }
        ],
        "repeats": 0,
        "on_empty": "skip",
        "fallback": [{"kind": "user", "id": 9}],
        "fallback_every": 1800,
        "dealt": [],
        "live": False,
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": 3}, "version"),
        ({"repeats": -1}, "repeats"),
        ({"on_empty": "shrug"}, "plan"),
        ({"fallback_every": 0}, "fallback_every"),
        ({"steps": [{"delay": -1, "targets": []}]}, "delay"),
        ({"steps": [{"delay": 0.5, "targets": []}]}, "delay"),
        ({"steps": [{"delay": 1e300, "targets": []}]}, "plan"),
        ({"steps": [{"delay": "soon", "targets": []}]}, "plan"),
        ({"steps": [{"delay": 60}]}, "plan"),
        ({"steps": None}, "plan"),
        ({"fallback": [{"kind": "moon", "id": 1}]}, "targets"),
        ({"fallback": [{"kind": "user", "id": "1"}]}, "targets"),
    ],
)
def test_what_is_not_a_plan_is_refused_with_the_field(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidPlan) as caught:
        from_json(to_json(TWO) | changes)
    assert caught.value.field == field
