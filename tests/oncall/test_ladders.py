"""The ladder of a policy: whom each step pages today, until when, and what of it waits or is passed over."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from oncall import actions, condition_words
from oncall.actions import Aim, StepDraft
from oncall.conditions import Condition, OnHolidays, Otherwise
from oncall.ladders import Ladder, Rung, ladders
from oncall.models import EscalationPolicy, Layer, RoundRobin, Schedule
from oncall.rotation import Restriction
from tests.making import NOW, make_schedule, make_user

pytestmark = pytest.mark.django_db
FIVE = timedelta(minutes=5)
OFFICE = tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5))
SATURDAY = datetime(2026, 3, 14, 12, tzinfo=UTC)
MONDAY = datetime(2026, 3, 16, 8, tzinfo=UTC)
"""Nine in Berlin."""


@pytest.fixture
def rota(team: Team, owner: User, member: User) -> Schedule:
    """Weekly from Monday nine; in the week of NOW it is `member`."""
    return make_schedule(team, (owner, member), name="Payments primary", zone="Europe/Berlin")


def ladder(team: Team, owner: User, *steps: StepDraft, at: datetime = NOW) -> Ladder:
    policy = actions.save_policy(
        actor=owner, now=NOW, policy=None, team=team, name="Nights", steps=steps, fallback_people=[owner],
    )  # fmt: skip
    (found,) = ladders([EscalationPolicy.objects.with_steps().get(pk=policy.pk)], at, ends=True)
    return found


def rung(team: Team, owner: User, *targets: Schedule | Aim | User | Team, **values: object) -> Rung:
    at = values.pop("at", NOW)
    assert isinstance(at, datetime)
    condition = Condition(**values)  # type: ignore[arg-type] # the tests name the fields
    return ladder(team, owner, StepDraft(targets, FIVE, condition), at=at).rungs[0]


def test_a_schedule_is_told_with_who_is_on_call_and_until_when(
    team: Team, owner: User, member: User, rota: Schedule
) -> None:
    (named,) = rung(team, owner, rota).targets
    assert (named.people, named.until) == ((member,), MONDAY)


def test_a_secondary_is_told_until_it_changes(team: Team, owner: User, member: User, rota: Schedule) -> None:
    layer = Layer.objects.create(
        schedule=rota, position=2, role="secondary", starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        first_handoff_date="2026-01-07", handoff_time=time(9),
    )  # fmt: skip
    other = make_user("Second Person")
    layer.slots.create(position=0, user=owner)
    layer.slots.create(position=1, user=other)
    secondary, both = rung(
        team, owner, Aim(schedule=rota, which="secondary"), Aim(schedule=rota, which="all")
    ).targets
    wednesday = datetime(2026, 3, 11, 8, tzinfo=UTC)
    assert (secondary.words, secondary.people, secondary.until) == ("secondary of", (owner,), wednesday)
    assert (both.people, both.until) == ((member, owner), wednesday)


def test_in_turn_says_whose_turn_is_next(team: Team, owner: User, member: User, rota: Schedule) -> None:
    found = ladder(team, owner, StepDraft((Aim(schedule=rota, which="round_robin"),), FIVE))
    assert found.rungs[0].targets[0].following == owner
    RoundRobin.objects.create(policy=found.policy, schedule=rota, dealt=3)
    (again,) = ladders([found.policy], NOW)
    assert again.rungs[0].targets[0].following == member


def test_a_whole_team_is_cut_where_the_rung_has_no_room(team: Team, owner: User) -> None:
    for _ in range(20):
        team.memberships.create(user=make_user())
    (named,) = rung(team, owner, team).targets
    assert (len(named.shown), named.more) == (8, len(named.people) - 8)


@pytest.mark.parametrize(
    ("otherwise", "at", "state", "opens"),
    [
        (Otherwise.WAIT, NOW, "pages", None),
        (Otherwise.WAIT, SATURDAY, "waits", MONDAY),
        (Otherwise.SKIP, SATURDAY, "closed", None),
    ],
)
def test_a_step_outside_its_hours_is_marked(
    team: Team, owner: User, rota: Schedule, otherwise: str, at: datetime, state: str, opens: datetime | None
) -> None:
    found = rung(team, owner, rota, windows=OFFICE, zone="Europe/Berlin", otherwise=otherwise, at=at)
    assert (found.state, found.opens) == (state, opens)


def test_on_their_own_clock_it_is_the_clock_of_who_is_on_call(
    team: Team, owner: User, member: User, rota: Schedule
) -> None:
    member.time_zone = "Asia/Tokyo"
    member.save(update_fields=["time_zone"])
    found = rung(team, owner, rota, windows=OFFICE, otherwise=Otherwise.WAIT)
    assert (found.state, found.opens) == ("waits", datetime(2026, 3, 11, 0, tzinfo=UTC))


def test_a_step_with_nobody_is_marked_and_one_for_the_owner_is_not(
    team: Team, owner: User, rota: Schedule
) -> None:
    rota.layers.all().delete()
    assert rung(team, owner, rota).state == "nobody"
    EscalationPolicy.objects.all().delete()
    assert rung(team, owner, rota, Aim(owner=True)).state == "pages"


@pytest.mark.parametrize("number", [1, 12])
def test_the_queries_do_not_grow_with_the_policies(
    team: Team,
    owner: User,
    rota: Schedule,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    aims = (rota, Aim(schedule=rota, which="round_robin"), team, Aim(owner=True), owner)
    for place in range(number):
        actions.save_policy(
            actor=owner, now=NOW, policy=None, team=team, name=f"{place}",
            steps=[StepDraft(aims, FIVE)], fallback_people=[owner],
        )  # fmt: skip
    found = list(EscalationPolicy.objects.with_steps())
    with django_assert_max_num_queries(16):
        assert len(ladders(found, NOW, ends=True)) == number


def _hours(**values: object) -> str:
    return condition_words.hours(Condition(**values))  # type: ignore[arg-type] # the tests name the fields


def test_hours_are_said_in_words() -> None:
    nights = (Restriction(time(22), timedelta(hours=8), None),)
    weekend = (Restriction(time(18), timedelta(days=2, hours=15), 4),)
    some = tuple(Restriction(time(0), timedelta(days=1), day) for day in (0, 2))
    assert _hours() == _hours(zone="UTC") == ""
    assert _hours(windows=OFFICE, zone="America/New_York") == "Mon–Fri 09:00–17:00, America/New York"
    assert _hours(windows=nights) == "22:00–06:00, each on their own clock"
    assert _hours(windows=weekend, zone="UTC") == "Fri from 18:00 for 2 days 15 h, UTC"
    assert _hours(windows=some, zone="UTC") == "Mon, Wed all day, UTC"
    assert _hours(zone="UTC", holidays="DE", on_holidays=OnHolidays.ONLY) == "only on holidays of DE, UTC"


def test_incidents_are_said_in_words() -> None:
    assert condition_words.only(Condition()) == ()
    assert condition_words.only(Condition(severities=frozenset({0}))) == ("incidents not declared yet",)
    assert condition_words.only(Condition(urgencies=frozenset({"high", "low"}))) == ()
    both = Condition(severities=frozenset({2, 1, 0}), tiers=frozenset({1}))
    assert condition_words.only(both) == ("SEV1, SEV2 or not declared yet", "services of tier 1")
