"""Asking for cover, accepting it, swapping: what it does to who is on call, and who is told."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Team, User
from lib.intervals import Interval
from notifications.models import Delivery
from oncall import actions, covering
from oncall.drafts import Refused
from oncall.lifecycle import TRANSITIONS, IllegalTransition, next_state
from oncall.models import Absence, CoverRequest, CoverState, LayerRole, Override, Schedule
from oncall.queries import final_schedule, shifts_of
from tests.making import NOW, make_schedule
from tests.oncall.conftest import HERS, HIS, Ask
from tests.oncall.making import a_layer

DAY = timedelta(days=1)


def on_call(schedule: Schedule, at: datetime) -> list[int]:
    (segment,) = final_schedule(schedule, at, at + timedelta(minutes=1))
    return list(segment.people)


def test_whoever_accepts_is_on_call_in_place_of_the_asker(ask: Ask, rota: Schedule, owner: User) -> None:
    taken = actions.accept_cover(actor=owner, now=NOW, request=ask())
    assert (taken.state, taken.taken_by, taken.decided_at) == (CoverState.ACCEPTED, owner, NOW)
    assert taken.override is not None
    assert (taken.override.replaces, taken.override.reason) == (taken.asker, "Cover for Milan Member")
    assert {on_call(rota, at)[0] for at in (HIS[0], HIS[1] - timedelta(minutes=1))} == {owner.pk}


def test_a_part_of_a_shift_can_be_covered(ask: Ask, rota: Schedule, owner: User, member: User) -> None:
    request = ask(starts_at=HIS[0] + DAY, ends_at=HIS[0] + 2 * DAY)
    actions.accept_cover(actor=owner, now=NOW, request=request)
    assert [on_call(rota, HIS[0] + days * DAY)[0] for days in (0, 1, 2)] == [member.pk, owner.pk, member.pk]


def test_a_swap_gives_each_the_others_time(ask: Ask, rota: Schedule, owner: User, member: User) -> None:
    request = ask(asked=owner, swap=Interval(*HERS))
    taken = actions.accept_cover(actor=owner, now=NOW, request=request)
    assert on_call(rota, HIS[0]) == [owner.pk]
    assert on_call(rota, HERS[0]) == [member.pk]
    assert on_call(rota, HERS[1]) == [member.pk], "the turns after it stay as they were"
    assert taken.swap_override is not None
    assert taken.swap_override.reason == "Swap with Olga Owner"


def test_a_swap_whose_half_is_gone_writes_nothing(ask: Ask, rota: Schedule, owner: User, third: User) -> None:
    request = ask(asked=owner, swap=Interval(*HERS))
    actions.add_override(
        actor=owner, now=NOW, schedule=rota, user=third, starts_at=HERS[0], ends_at=HERS[0] + DAY
    )
    with pytest.raises(Refused, match="no longer on call for all of what Milan Member"):
        actions.accept_cover(actor=owner, now=NOW, request=request)
    assert Override.objects.count() == 1
    assert CoverRequest.objects.get().state == CoverState.OPEN


def test_a_swap_whose_return_is_over_writes_nothing(ask: Ask, owner: User, rota: Schedule) -> None:
    soon = Interval(NOW, NOW + timedelta(hours=1))
    request = ask(asked=owner, swap=soon)
    with pytest.raises(Refused, match="in return is over"):
        actions.accept_cover(actor=owner, now=NOW + timedelta(hours=2), request=request)
    assert not Override.objects.exists()


def test_the_secondary_is_covered_as_secondary(team: Team, member: User, owner: User, third: User) -> None:
    schedule = Schedule.objects.create(team=team, name="Two")
    a_layer(schedule, (owner,), first_handoff_date=date(2026, 1, 5))
    a_layer(schedule, (member,), role=LayerRole.SECONDARY, first_handoff_date=date(2026, 1, 5))
    request = actions.ask_for_cover(
        actor=member, asker=member, now=NOW, schedule=schedule, starts_at=HIS[0], ends_at=HIS[1]
    )
    with pytest.raises(Refused, match="on call for Two yourself"):
        actions.accept_cover(actor=owner, now=NOW, request=request)
    actions.accept_cover(actor=third, now=NOW, request=request)
    (segment,) = final_schedule(schedule, *HIS)
    assert (segment.people, segment.secondary) == ((owner.pk,), (third.pk,))


def test_the_secondary_who_covers_the_primary_is_warned(team: Team, member: User, owner: User) -> None:
    schedule = Schedule.objects.create(team=team, name="Two")
    a_layer(schedule, (owner,), first_handoff_date=date(2026, 1, 5))
    a_layer(schedule, (member,), role=LayerRole.SECONDARY, first_handoff_date=date(2026, 1, 5))
    request = actions.ask_for_cover(
        actor=owner, asker=owner, now=NOW, schedule=schedule, starts_at=HIS[0], ends_at=HIS[1]
    )
    (offer,) = covering.offers_to(member, [request], NOW)
    assert not offer.refusal
    assert "You are the secondary then" in offer.warnings[0]


def test_who_is_on_call_elsewhere_is_warned_and_may_accept(ask: Ask, team: Team, owner: User) -> None:
    make_schedule(team, (owner,), name="Ledger")
    request = ask()
    (offer,) = covering.offers_to(owner, [request], NOW)
    assert offer.warnings == ("You are on call for Ledger too then (Mon 16 Mar, 09:00 – Mon 23 Mar, 09:00).",)
    assert actions.accept_cover(actor=owner, now=NOW, request=request).taken_by == owner


def test_who_is_away_cannot_accept(ask: Ask, owner: User) -> None:
    request = ask()
    actions.add_absence(actor=owner, user=owner, now=NOW, starts_at=HIS[1] - DAY, ends_at=HIS[1] + DAY)
    with pytest.raises(Refused, match="You are away then"):
        actions.accept_cover(actor=owner, now=NOW, request=request)


def test_nothing_is_taken_over_that_the_asker_no_longer_has(
    ask: Ask, rota: Schedule, owner: User, third: User
) -> None:
    request = ask()
    actions.add_override(
        actor=owner, now=NOW, schedule=rota, user=third, starts_at=HIS[1] - DAY, ends_at=HIS[1]
    )
    with pytest.raises(Refused, match="Milan Member is no longer on call for all of this time"):
        actions.accept_cover(actor=owner, now=NOW, request=request)


def test_whoever_comes_second_is_told_who_was_faster(ask: Ask, owner: User, third: User) -> None:
    request = ask()
    actions.accept_cover(actor=owner, now=NOW, request=request)
    with pytest.raises(Refused, match="Olga Owner has taken this already"):
        actions.accept_cover(actor=third, now=NOW, request=request)
    assert actions.accept_cover(actor=owner, now=NOW, request=request).taken_by == owner, "a second click"
    assert Override.objects.count() == 1


def test_nobody_but_who_is_asked_accepts_or_declines(
    ask: Ask, owner: User, third: User, stranger: User, viewer: User, member: User
) -> None:
    request = ask(asked=owner)
    for person in (third, stranger, viewer, member):
        with pytest.raises(Refused, match="Only whoever was asked"):
            actions.accept_cover(actor=person, now=NOW, request=request)
        with pytest.raises(Refused, match="Only the one who was asked"):
            actions.decline_cover(actor=person, now=NOW, request=request)


def test_an_open_call_to_the_team_is_no_strangers(ask: Ask, stranger: User, viewer: User, team: Team) -> None:
    team.memberships.create(user=viewer)
    request = ask()
    for person in (stranger, viewer):
        with pytest.raises(Refused, match="Only whoever was asked"):
            actions.accept_cover(actor=person, now=NOW, request=request)


def test_a_manager_asks_for_somebody_who_is_ill_and_a_colleague_does_not(
    ask: Ask, owner: User, third: User, stranger: User, member: User
) -> None:
    for person in (third, stranger):
        with pytest.raises(Refused, match="asked for by oneself"):
            ask(actor=person)
    request = ask(actor=owner)
    assert request.asker == member
    actions.withdraw_cover(actor=owner, now=NOW, request=request)
    assert CoverRequest.objects.get().state == CoverState.WITHDRAWN


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"starts_at": HERS[0], "ends_at": HERS[1]}, "starts_at", "not on call"),
        ({"ends_at": HIS[1] + timedelta(minutes=1)}, "starts_at", "not on call"),
        ({"ends_at": HIS[0]}, "ends_at", "after the start"),
        ({"starts_at": NOW - 2 * DAY, "ends_at": NOW - DAY}, "ends_at", "in the past"),
        ({"ends_at": HIS[0] + 400 * DAY}, "ends_at", "at most a year"),
        ({"note": "x" * 201}, "note", "at most 200"),
        ({"swap": Interval(*HERS)}, "asked", "A swap is with one colleague"),
    ],
)
def test_what_makes_no_sense_is_refused_on_its_field(
    ask: Ask, changes: dict[str, object], field: str, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        ask(**changes)
    assert refused.value.field == field
    assert not CoverRequest.objects.exists()
    assert not Delivery.objects.exists()


def test_one_asks_colleagues_who_can(ask: Ask, owner: User, stranger: User, member: User) -> None:
    for person in (stranger, member):
        with pytest.raises(Refused, match="Only responders of Payments"):
            ask(asked=person)
    Absence.objects.create(user=owner, starts_at=HIS[0], ends_at=HIS[0] + DAY, created_at=NOW)
    with pytest.raises(Refused, match="Olga Owner is away then"):
        ask(asked=owner)


def test_a_swap_for_time_that_the_asker_cannot_take_is_refused(ask: Ask, owner: User, member: User) -> None:
    with pytest.raises(Refused, match="overlaps") as refused:
        ask(asked=owner, swap=Interval(HIS[1] - DAY, HIS[1] + DAY))
    assert refused.value.field == "swap"
    with pytest.raises(Refused, match="Olga Owner is not on call for all"):
        ask(asked=owner, swap=Interval(HERS[1], HERS[1] + DAY))
    Absence.objects.create(user=member, starts_at=HERS[0], ends_at=HERS[0] + DAY, created_at=NOW)
    with pytest.raises(Refused, match="Milan Member is away then"):
        ask(asked=owner, swap=Interval(*HERS))


def test_the_same_time_is_asked_for_once(ask: Ask) -> None:
    first = ask()
    with pytest.raises(Refused, match="asked for already"):
        ask(starts_at=HIS[1] - DAY)
    actions.withdraw_cover(actor=first.asker, now=NOW, request=first)
    assert ask().state == CoverState.OPEN


def test_a_team_of_one_is_told_that_nobody_can_be_asked(team: Team, ask: Ask, owner: User) -> None:
    team.memberships.filter(user=owner).delete()
    with pytest.raises(Refused, match="no other responder in Payments"):
        ask()


def test_a_request_that_was_declined_is_not_accepted_later(ask: Ask, owner: User) -> None:
    request = ask(asked=owner)
    actions.decline_cover(actor=owner, now=NOW, request=request)
    actions.decline_cover(actor=owner, now=NOW, request=request)
    with pytest.raises(Refused, match="was declined"):
        actions.accept_cover(actor=owner, now=NOW, request=request)


def test_a_request_is_over_with_its_end_whether_or_not_that_was_written_down(ask: Ask, owner: User) -> None:
    request = ask()
    assert covering.state_at(request, HIS[1] - timedelta(seconds=1)) == CoverState.OPEN
    assert covering.state_at(request, HIS[1]) == CoverState.EXPIRED
    assert covering.waiting_for(owner, HIS[1]) == []
    with pytest.raises(Refused, match="is over"):
        actions.accept_cover(actor=owner, now=HIS[1], request=request)
    assert actions.expire_covers(now=HIS[1] - timedelta(seconds=1)) == 0
    assert actions.expire_covers(now=HIS[1]) == 1
    request.refresh_from_db()
    assert (request.state, request.decided_at) == (CoverState.EXPIRED, HIS[1])


def test_one_that_has_begun_covers_the_rest(ask: Ask, rota: Schedule, owner: User, member: User) -> None:
    request, later = ask(), HIS[0] + DAY
    actions.accept_cover(actor=owner, now=later, request=request)
    assert on_call(rota, later - timedelta(minutes=1)) == [member.pk], "the past stays as it was"
    assert on_call(rota, later) == [owner.pk]


def test_only_what_the_table_allows_happens() -> None:
    for state in CoverState:
        for verb in ("accept", "decline", "withdraw", "expire"):
            if (state, verb) in TRANSITIONS:
                assert state == CoverState.OPEN
                assert next_state(state, verb) != CoverState.OPEN
            else:
                with pytest.raises(IllegalTransition):
                    next_state(state, verb)


def test_what_names_me_waits_before_what_anybody_may_take(
    ask: Ask, rota: Schedule, owner: User, third: User, member: User
) -> None:
    anybody = ask(ends_at=HIS[0] + DAY)
    named = ask(starts_at=HIS[0] + 2 * DAY, asked=third)
    assert [each.request for each in covering.waiting_for(third, NOW)] == [named, anybody]
    assert [each.request for each in covering.waiting_for(owner, NOW)] == [anybody]
    assert covering.waiting_for(member, NOW) == []
    assert covering.others_in_teams_of(owner, NOW) == [named]
    assert covering.count_waiting_for(third, NOW) == 2


def test_a_whole_shift_of_each_colleague_is_offered_in_return(
    rota: Schedule, member: User, owner: User
) -> None:
    ((person, shifts),) = covering.swappable(rota, member, NOW, Interval(*HIS))
    assert person == owner
    assert (shifts[0].start, shifts[0].end) == HERS
    assert all(each.start > NOW for each in shifts), "not the one that has begun"


@pytest.mark.parametrize("number", [1, 6])
def test_what_waits_costs_the_same_number_of_queries(
    team: Team,
    member: User,
    owner: User,
    number: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for place in range(number):
        schedule = make_schedule(team, (member, owner), name=f"Schedule {place}")
        actions.ask_for_cover(
            actor=member, asker=member, now=NOW, schedule=schedule, starts_at=HIS[0], ends_at=HIS[1]
        )
    with django_assert_max_num_queries(20):
        assert len(covering.waiting_for(owner, NOW)) == number


def test_a_cover_that_is_withdrawn_from_the_schedule_gives_the_time_back(
    ask: Ask, owner: User, member: User
) -> None:
    taken = actions.accept_cover(actor=owner, now=NOW, request=ask())
    assert taken.override
    actions.withdraw_override(actor=member, now=NOW, override=taken.override)
    assert [(each.start, each.end) for each in shifts_of(member, NOW, HIS[1])] == [HIS]
