"""What a change of a policy does for whom, told before it is saved."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from oncall.actions import Aim, StepDraft
from oncall.conditions import Condition, Otherwise
from oncall.models import EscalationPolicy, RoundRobin, Schedule
from oncall.plan import Plan
from oncall.plan_rows import plan_from, plan_of
from oncall.policy_review import Case, Line, Review, review
from oncall.rotation import Restriction
from tests.making import NOW, make_policy, make_schedule, make_user

pytestmark = pytest.mark.django_db
BERLIN = ZoneInfo("Europe/Berlin")
FIVE = timedelta(minutes=5)
SATURDAY = datetime(2026, 3, 14, 21, tzinfo=UTC)
OFFICE = Condition(
    windows=tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5)),
    zone="Europe/Berlin",
    otherwise=Otherwise.WAIT,
)


@pytest.fixture
def ada(team: Team) -> User:
    return make_user("Ada")


@pytest.fixture
def bo(team: Team) -> User:
    return make_user("Bo")


@pytest.fixture
def plain(team: Team, ada: User, bo: User) -> EscalationPolicy:
    """Ada, after five minutes Bo, then Ada as the fallback."""
    made = make_policy(team, (ada,), (bo,), fallback=(ada,))
    return EscalationPolicy.objects.with_steps().get(pk=made.pk)


def changed(
    policy: EscalationPolicy, fallback: User, *steps: StepDraft, at: datetime = NOW, **values: Any
) -> Review:
    after = plan_from(steps, [fallback], values.get("repeats", 0), values.get("on_empty", "skip"))
    return review(policy, plan_of(policy), after, at, BERLIN)


def words(lines: tuple[Line, ...]) -> list[str]:
    names = [(line, ", ".join(str(each) for each in line.people)) for line in lines]
    return [" ".join(filter(None, (line.at, line.words, people))) for line, people in names]


def told(case: Case) -> tuple[str, str, list[str], list[str]]:
    return case.incidents, case.when, words(case.before), words(case.after)


def test_a_policy_like_the_stored_one_changes_nothing(plain: EscalationPolicy) -> None:
    found = review(plain, plan_of(plain), plan_of(plain), NOW, BERLIN)
    assert not found.changed
    (same,) = found.same
    assert told(same)[:2] == ("SEV1, SEV2, SEV3, SEV4, not declared yet", "now")
    assert words(same.after) == ["at once Ada", "after 5 min Bo", "after 10 min fallback Ada"]


def test_only_the_severities_that_fare_otherwise_are_changed(
    plain: EscalationPolicy, ada: User, bo: User
) -> None:
    major = Condition(severities=frozenset({1, 2}))
    found = changed(plain, ada, StepDraft((ada,), FIVE), StepDraft((bo,), FIVE, major))
    (case,) = found.changed
    assert told(case) == (
        "SEV3, SEV4, not declared yet",
        "now",
        ["at once Ada", "after 5 min Bo", "after 10 min fallback Ada"],
        ["at once Ada", "after 5 min fallback Ada"],
    )
    assert [each.incidents for each in found.same] == ["SEV1, SEV2"]


def test_lines_that_the_other_policy_has_not_are_marked(plain: EscalationPolicy, ada: User, bo: User) -> None:
    (case,) = changed(plain, ada, StepDraft((ada,), FIVE), StepDraft((ada, bo), FIVE)).changed
    assert [line.is_other for line in case.before] == [False, True, False]
    assert [line.is_other for line in case.after] == [False, True, False]


def test_people_who_are_paged_at_once_are_so_in_any_order(team: Team, ada: User, bo: User) -> None:
    made = make_policy(team, (ada, bo), fallback=(ada,))
    policy = EscalationPolicy.objects.with_steps().get(pk=made.pk)
    assert not changed(policy, ada, StepDraft((bo, ada), FIVE)).changed


def test_what_waits_until_the_morning_is_told_for_now_the_night_and_a_working_day(
    plain: EscalationPolicy, ada: User, bo: User
) -> None:
    minor = Condition(
        severities=frozenset({4}), windows=OFFICE.windows, zone=OFFICE.zone, otherwise=Otherwise.WAIT
    )
    steps = StepDraft((ada,), FIVE, minor), StepDraft((ada,), FIVE, Condition(frozenset({0, 1, 2, 3})))
    found = changed(plain, ada, *steps, StepDraft((bo,), FIVE), at=SATURDAY)
    now, night = [case for case in found.changed if case.incidents == "SEV4"]
    assert told(now)[1:] == (
        "now",
        ["at once Ada", "after 5 min Bo", "after 10 min fallback Ada"],
        ["at once waits until Mon 16 Mar, 09:00", "Mon 16 Mar, 09:00 Ada", "Mon 16 Mar, 09:05 Bo",
         "Mon 16 Mar, 09:10 fallback Ada"],
    )  # fmt: skip
    assert night.when == "in the coming night, Sun 03:00"
    assert {case.when for case in found.same} == {
        "now", "in the coming night, Sun 03:00", "on the next working day, Mon 11:00",
    }  # fmt: skip


def test_in_working_hours_no_other_day_is_asked(plain: EscalationPolicy, ada: User) -> None:
    found = changed(plain, ada, StepDraft((ada,), FIVE, OFFICE))
    assert [case.when for case in found.changed] == ["now", "in the coming night, Wed 03:00"]


def test_tiers_and_urgencies_are_told_apart_only_where_they_are_asked_for(
    plain: EscalationPolicy, ada: User, bo: User
) -> None:
    first = Condition(tiers=frozenset({3}), urgencies=frozenset({"high"}))
    found = changed(plain, ada, StepDraft((ada,), FIVE), StepDraft((bo,), FIVE, first))
    assert [case.incidents for case in found.same] == ["SEV1, SEV2, SEV3, urgent but not declared in tier 3"]
    assert [case.incidents for case in found.changed] == [
        "SEV1, SEV2, SEV3, urgent but not declared in tier 1, 2, 4; SEV4, neither urgent nor declared"
    ]


def test_rounds_that_are_alike_are_one_line(plain: EscalationPolicy, ada: User, bo: User) -> None:
    steps = StepDraft((ada,), FIVE), StepDraft((bo,), FIVE)
    (case,) = changed(plain, ada, *steps, repeats=2).changed
    assert words(case.after) == [
        "at once Ada", "after 5 min Bo", "after 10 min all of it 2 times more", "after 30 min fallback Ada",
    ]  # fmt: skip


def test_rounds_that_page_others_in_turn_are_told_from_whose_turn_it_is(
    team: Team, plain: EscalationPolicy, ada: User, bo: User
) -> None:
    rota = make_schedule(team, (ada, bo), name="Rota")
    RoundRobin.objects.create(policy=plain, schedule=rota, dealt=1)
    (case,) = changed(
        plain, ada, StepDraft((Aim(schedule=rota, which="round_robin"),), FIVE), repeats=1
    ).changed
    assert words(case.after) == ["at once Bo", "after 5 min Ada", "after 10 min fallback Ada"]


def test_the_owner_is_taken_to_be_the_policys_team(
    team: Team, plain: EscalationPolicy, ada: User, owner: User
) -> None:
    found = changed(plain, ada, StepDraft((Aim(owner=True),), FIVE))
    assert found.owner
    assert owner in found.changed[0].after[0].people


def test_an_empty_step_says_what_becomes_of_it(team: Team, plain: EscalationPolicy, ada: User) -> None:
    nobody = Schedule.objects.create(team=team, name="Nobody", time_zone="UTC")
    (case,) = changed(plain, ada, StepDraft((nobody,), FIVE), on_empty="hold").changed
    assert words(case.after)[0] == "at once nobody is on call: held until somebody is, an hour at most"
    (case,) = changed(plain, ada, StepDraft((nobody,), FIVE), on_empty="skip").changed
    assert words(case.after) == ["at once fallback Ada"]


def test_the_queries_do_not_grow_with_the_steps(
    plain: EscalationPolicy,
    team: Team,
    ada: User,
    bo: User,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    rota = make_schedule(team, (ada, bo))
    steps = [StepDraft((rota, ada, team), FIVE, OFFICE if place % 2 else Condition()) for place in range(20)]
    before, after = plan_of(plain), plan_from(steps, [ada], 9, "hold")
    assert isinstance(after, Plan)
    with django_assert_max_num_queries(13):
        assert review(plain, before, after, NOW, BERLIN).changed
