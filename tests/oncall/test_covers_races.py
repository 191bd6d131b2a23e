"""Two at once: one takes it, the other is told; what one has is not given away twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from accounts.models import Team, User
from lib.intervals import Interval
from notifications.models import Delivery
from oncall import actions
from oncall.drafts import Refused
from oncall.models import Absence, CoverRequest, CoverState, Override, Schedule
from oncall.queries import final_schedule
from tests.making import NOW, make_schedule, make_user

pytestmark = pytest.mark.django_db(transaction=True)
FIRST = datetime(2026, 3, 16, 9, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls side by side, each on its own connection; a refusal is its message."""
    start = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        try:
            start.wait(10)
            return call()
        except Refused as refused:
            return refused.message
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result(30) for future in [pool.submit(run, call) for call in calls]]


@pytest.fixture
def crew(team: Team, owner: User, member: User) -> list[User]:
    """Four people of the team; `rota` gives each a week from `FIRST` on, in this order."""
    people = [member, owner, make_user("Theo Third"), make_user("Fay Fourth")]
    for person in people[2:]:
        team.memberships.create(user=person)
    return people


@pytest.fixture
def rota(team: Team, crew: list[User]) -> Schedule:
    schedule = make_schedule(team, tuple(crew), name="Payments primary")
    weeks = [
        final_schedule(schedule, FIRST + n * WEEK, FIRST + (n + 1) * WEEK)[0].people[0] for n in range(4)
    ]
    crew.sort(key=lambda person: weeks.index(person.pk))
    return schedule


def asked(schedule: Schedule, asker: User, week: int, **more: Any) -> CoverRequest:
    start = FIRST + week * WEEK
    return actions.ask_for_cover(
        actor=asker, asker=asker, now=NOW, schedule=schedule, starts_at=start, ends_at=start + WEEK, **more
    )


def test_of_those_who_accept_at_once_one_has_it_and_the_others_are_told(
    rota: Schedule, crew: list[User]
) -> None:
    request = asked(rota, crew[0], 0)
    results = at_once(
        *(partial(actions.accept_cover, actor=person, now=NOW, request=request) for person in crew[1:])
    )
    (taken,) = [each for each in results if isinstance(each, CoverRequest)]
    told = [each for each in results if isinstance(each, str)]
    assert told == [f"{taken.taken_by} has taken this already."] * 2
    assert Override.objects.count() == 1
    (segment,) = final_schedule(rota, FIRST, FIRST + WEEK)
    assert segment.people == (taken.taken_by_id,)
    assert Delivery.objects.filter(key__startswith=f"cover:{request.pk}:accepted").count() == 1


def test_two_presses_of_one_person_are_one(rota: Schedule, crew: list[User]) -> None:
    request = asked(rota, crew[0], 0)
    press = partial(actions.accept_cover, actor=crew[1], now=NOW, request=request)
    results = at_once(press, press)
    assert all(isinstance(each, CoverRequest) for each in results)
    assert Override.objects.count() == 1


def test_one_week_is_not_given_away_in_two_swaps(rota: Schedule, crew: list[User]) -> None:
    """`crew[2]` is asked by two for the same week of theirs, and accepts both at once."""
    theirs = Interval(FIRST + 2 * WEEK, FIRST + 3 * WEEK)
    requests = [asked(rota, crew[place], place, asked=crew[2], swap=theirs) for place in (0, 1)]
    results = at_once(
        *(partial(actions.accept_cover, actor=crew[2], now=NOW, request=each) for each in requests)
    )
    assert [isinstance(each, CoverRequest) for each in results].count(True) == 1
    assert "You are no longer on call for all" in next(each for each in results if isinstance(each, str))
    assert Override.objects.count() == 2, "both of one swap, none of the other"


def test_accepting_and_withdrawing_at_once_leave_one_of_the_two(rota: Schedule, crew: list[User]) -> None:
    request = asked(rota, crew[0], 0)
    at_once(
        partial(actions.accept_cover, actor=crew[1], now=NOW, request=request),
        partial(actions.withdraw_cover, actor=crew[0], now=NOW, request=request),
    )
    request.refresh_from_db()
    assert Override.objects.count() == (1 if request.state == CoverState.ACCEPTED else 0)
    assert request.state in (CoverState.ACCEPTED, CoverState.WITHDRAWN)


def test_asking_twice_at_once_asks_once(rota: Schedule, crew: list[User]) -> None:
    results = at_once(partial(asked, rota, crew[0], 0), partial(asked, rota, crew[0], 0))
    assert CoverRequest.objects.count() == 1
    assert any("asked for already" in str(each) for each in results)


def test_entering_time_off_twice_at_once_enters_it_once(crew: list[User]) -> None:
    person = crew[0]
    add = partial(
        actions.add_absence, actor=person, user=person, now=NOW, starts_at=FIRST, ends_at=FIRST + WEEK
    )
    results = at_once(add, add)
    assert Absence.objects.count() == 1
    assert any("stands here already" in str(each) for each in results)
