"""Requests for cover, read for somebody: which wait for them, whether they can take one, and what to know first.

A request whose end has passed is over, whether or not that was written down yet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils import timezone
from django.utils.dateformat import format as written
from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage
from oncall.bridge import schedule_of, schedules_of
from oncall.models import Absence, CoverRequest, CoverState, Schedule
from oncall.models.overrides import CoverRequestQuerySet
from oncall.queries import Shift, shifts_of
from oncall.rotation import Role, Segment
from oncall.stretches import Stretch, holds_all, stretches, within

SWAPS_AHEAD = timedelta(weeks=12)


class Obstacle(StrEnum):
    """Why somebody cannot take a request."""

    GONE = "gone"
    AWAY = "away"
    ON_CALL = "on_call"
    RETURN_OVER = "return_over"
    RETURN_GONE = "return_gone"
    ASKER_AWAY = "asker_away"
    ASKER_ON_CALL = "asker_on_call"


@dataclass(frozen=True, slots=True)
class Offer:
    """A request as somebody sees it who might take it. Without an obstacle they can; `warnings` say what they should
    know before they do."""

    request: CoverRequest
    person: User
    obstacle: Obstacle | None = None
    warnings: tuple[str, ...] = ()

    @property
    def refusal(self) -> str:
        """The obstacle, said to the person; empty when there is none."""
        return self._said(_TO_SELF)

    @property
    def refusal_to_asker(self) -> str:
        """The obstacle, said to who asks."""
        return self._said(_TO_ASKER)

    def _said(self, words: dict[Obstacle, Callable[[], str]]) -> str:
        if self.obstacle is None:
            return ""
        request = self.request
        names = {"asker": request.asker, "person": self.person, "schedule": request.schedule}
        return words[self.obstacle]() % names


_TO_SELF: dict[Obstacle, Callable[[], str]] = {
    Obstacle.GONE: lambda: _(
        "%(asker)s is no longer on call for all of this time, so it cannot be taken over."
    ),
    Obstacle.AWAY: lambda: _(
        "You are away then. If you can take it after all, withdraw your time off first."
    ),
    Obstacle.ON_CALL: lambda: _("You are on call for %(schedule)s yourself then."),
    Obstacle.RETURN_OVER: lambda: _("The time that %(asker)s would take in return is over."),
    Obstacle.RETURN_GONE: lambda: _(
        "You are no longer on call for all of what %(asker)s would take in return."
    ),
    Obstacle.ASKER_AWAY: lambda: _("%(asker)s is away when they would be on call in return."),
    Obstacle.ASKER_ON_CALL: lambda: _("%(asker)s is on call already when they would be in return."),
}
_TO_ASKER: dict[Obstacle, Callable[[], str]] = {
    Obstacle.GONE: lambda: _("%(asker)s is not on call for %(schedule)s for all of this time."),
    Obstacle.AWAY: lambda: _("%(person)s is away then."),
    Obstacle.ON_CALL: lambda: _("%(person)s is on call for %(schedule)s too then."),
    Obstacle.RETURN_OVER: lambda: _("This time in return is over."),
    Obstacle.RETURN_GONE: lambda: _("%(person)s is not on call for all of this time."),
    Obstacle.ASKER_AWAY: lambda: _("%(asker)s is away then."),
    Obstacle.ASKER_ON_CALL: lambda: _("%(asker)s is on call for %(schedule)s then already."),
}


def state_at(request: CoverRequest, now: datetime) -> CoverState:
    """The state, with an open request whose end has passed counted as expired."""
    is_over = request.state == CoverState.OPEN and request.ends_at <= now
    return CoverState.EXPIRED if is_over else CoverState(request.state)


def words_of(start: datetime, end: datetime) -> str:
    """ "Mon 30 Nov, 09:00 – Wed 2 Dec, 09:00" on the clock that is active."""
    return " – ".join(written(timezone.localtime(each), "D j M, H:i") for each in (start, end))


def colleagues(schedule: Schedule, asker: User) -> list[User]:
    """Responders of the schedule's team, less who asks."""
    found = User.objects.responders().filter(memberships__team=schedule.team_id)
    return list(found.exclude(pk=asker.pk).order_by("name", "id"))


def waiting_for(person: User, now: datetime) -> list[Offer]:
    """Open requests that name the person, first, then those that any of their teams' responders may take."""
    if not person.can_respond:
        return []
    found = _open(now).filter(_asks(person)).exclude(asker=person)
    return sorted(offers_to(person, found, now), key=lambda offer: offer.request.asked_id is None)


def count_waiting_for(person: User, now: datetime) -> int:
    """How many those are, in one query."""
    if not person.can_respond:
        return 0
    return CoverRequest.objects.open(now).filter(_asks(person)).exclude(asker=person).count()


def open_requests_of(person: User, now: datetime) -> list[CoverRequest]:
    """What the person asks for."""
    return list(_open(now).filter(asker=person))


def others_in_teams_of(person: User, now: datetime) -> list[CoverRequest]:
    """Open requests in the person's teams that neither wait for them nor are their own."""
    found = _open(now).filter(schedule__team__memberships__user=person, asked__isnull=False)
    return list(found.exclude(asker=person).exclude(asked=person))


def swappable(
    schedule: Schedule, asker: User, now: datetime, without: Interval
) -> list[tuple[User, list[Stretch]]]:
    """Whole shifts ahead of each colleague that the asker could take in return for `without`."""
    span = Interval(now, now + SWAPS_AHEAD)
    final = coverage.final(schedule_of(schedule, span), span)
    own = [Interval(each.start, each.end) for each in stretches(final, asker.pk)]
    found = []
    for person in colleagues(schedule, asker):
        shifts = [
            each
            for each in stretches(final, person.pk)
            if span.start < each.start and each.end < span.end and not _touches(each, [without, *own])
        ]
        if shifts:
            found.append((person, shifts))
    return found


def offers_to(person: User, requests: Iterable[CoverRequest], now: datetime) -> list[Offer]:
    """Each request with what stands against its being taken by `person`, in a constant number of queries."""
    asked = list(requests)
    if not asked:
        return []
    facts = _facts(person, asked, now)
    return [Offer(each, person, _obstacle(each, person, facts), _warnings(each, facts)) for each in asked]


@dataclass(frozen=True, slots=True)
class _Facts:
    """Final schedules by id, absences by person, and where else the one who might take it is on call."""

    now: datetime
    finals: dict[int, list[Segment]]
    away: dict[int, list[Interval]]
    shifts: list[Shift]

    def held(self, request: CoverRequest, person: int) -> list[Stretch]:
        return stretches(self.finals[request.schedule_id], person)

    def is_away(self, person: int, span: Interval) -> bool:
        return any(span.intersection(each) for each in self.away[person])


def _open(now: datetime) -> CoverRequestQuerySet:
    return CoverRequest.objects.open(now).select_related("schedule__team", "asker", "asked")


def _asks(person: User) -> Q:
    mine = person.memberships.values("team")
    return Q(asked=person) | Q(asked=None, schedule__team__in=mine)


def _facts(person: User, requests: Collection[CoverRequest], now: datetime) -> _Facts:
    ends = [each for request in requests for each in (request.ends_at, request.swap_ends_at) if each]
    span = Interval(now, max(*ends, now + timedelta.resolution))
    values = schedules_of({each.schedule_id for each in requests}, span)
    people = {person.pk, *(each.asker_id for each in requests)}
    away: defaultdict[int, list[Interval]] = defaultdict(list)
    for row in Absence.objects.filter(user__in=people).touching(span.start, span.end):
        away[row.user_id].append(Interval(row.starts_at, row.ends_at))
    finals = {key: coverage.final(each, span) for key, each in values.items()}
    return _Facts(now, finals, away, shifts_of(person, span.start, span.end))


def _obstacle(request: CoverRequest, person: User, facts: _Facts) -> Obstacle | None:
    start, end = max(request.starts_at, facts.now), request.ends_at
    asker = facts.held(request, request.asker_id)
    if not holds_all(asker, start, end):
        return Obstacle.GONE
    if facts.is_away(person.pk, Interval(start, end)):
        return Obstacle.AWAY
    if _doubled(within(asker, start, end), facts.held(request, person.pk)):
        return Obstacle.ON_CALL
    return _obstacle_of_return(request, person, facts)


def _obstacle_of_return(request: CoverRequest, person: User, facts: _Facts) -> Obstacle | None:
    if request.swap_starts_at is None or request.swap_ends_at is None:
        return None
    start, end = max(request.swap_starts_at, facts.now), request.swap_ends_at
    if end <= start:
        return Obstacle.RETURN_OVER
    given = facts.held(request, person.pk)
    if not holds_all(given, start, end):
        return Obstacle.RETURN_GONE
    if facts.is_away(request.asker_id, Interval(start, end)):
        return Obstacle.ASKER_AWAY
    if _doubled(within(given, start, end), facts.held(request, request.asker_id)):
        return Obstacle.ASKER_ON_CALL
    return None


def _doubled(taken: Iterable[Stretch], own: Collection[Stretch]) -> bool:
    """Whether somebody with `own` time would stand twice: in the same role, or as their own secondary."""
    return any(
        mine.role in (each.role, Role.PRIMARY) for each in taken for mine in within(own, each.start, each.end)
    )


def _warnings(request: CoverRequest, facts: _Facts) -> tuple[str, ...]:
    """One for each schedule in which the person is on call at that time too."""
    start, end = max(request.starts_at, facts.now), request.ends_at
    both: defaultdict[Schedule, list[tuple[datetime, datetime]]] = defaultdict(list)
    for each in facts.shifts:
        if each.role in (Role.PRIMARY, Role.SECONDARY) and each.start < end and start < each.end:
            both[each.schedule].append((max(each.start, start), min(each.end, end)))
    return tuple(_warning(schedule, request, spans) for schedule, spans in both.items())


def _warning(schedule: Schedule, request: CoverRequest, spans: list[tuple[datetime, datetime]]) -> str:
    names = {"schedule": schedule, "time": ", ".join(words_of(*span) for span in spans[:3])}
    if schedule.pk == request.schedule_id:
        return _("You are the secondary then (%(time)s): there would be none while you are primary.") % names
    return _("You are on call for %(schedule)s too then (%(time)s).") % names


def _touches(stretch: Stretch, others: Iterable[Interval]) -> bool:
    return any(stretch.start < each.end and each.start < stretch.end for each in others)
