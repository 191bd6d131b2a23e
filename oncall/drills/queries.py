"""What the pages about drills show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from notifications.models import Delivery, DeliveryKind
from notifications.queries import title_of
from oncall.drills.lifecycle import OVER
from oncall.drills.messages import subject_of
from oncall.models import Drill, DrillPerson, DrillState, ReachState

WEB = "web"


@dataclass(frozen=True, slots=True)
class Tally:
    """A drill in figures. `median` and `slowest` are of those who were reached; None where nobody was yet."""

    drill: Drill
    people: int
    reached: int
    waiting: int
    median: timedelta | None
    slowest: timedelta | None

    @property
    def missed(self) -> int:
        return self.people - self.reached - self.waiting

    @property
    def is_over(self) -> bool:
        return self.drill.state in OVER

    @property
    def is_whole(self) -> bool:
        """It went through and everybody was reached."""
        return self.drill.state == DrillState.DONE and self.people == self.reached > 0


@dataclass(frozen=True, slots=True)
class Try:
    """One message of a drill to one person."""

    delivery: Delivery
    title: str | Promise

    @property
    def is_ahead(self) -> bool:
        """Its time has not come."""
        return self.delivery.state == "pending" and self.delivery.attempts_made == 0


@dataclass(frozen=True, slots=True)
class Reach:
    """One person in a drill, and by what they were tried."""

    member: DrillPerson
    tries: tuple[Try, ...]

    @property
    def took(self) -> timedelta | None:
        return took(self.member)

    @property
    def via(self) -> str | Promise:
        return via_of(self.member)


def took(member: DrillPerson) -> timedelta | None:
    """How long it was until they answered."""
    if member.reached_at is None or member.paged_at is None:
        return None
    return member.reached_at - member.paged_at


def via_of(member: DrillPerson) -> str | Promise:
    """By what they answered, in people's words."""
    return _("this page") if member.via == WEB else title_of(member.via)


def tallies(drills: Iterable[Drill]) -> list[Tally]:
    """Each in its figures; one query for all."""
    listed = list(drills)
    members: defaultdict[int, list[DrillPerson]] = defaultdict(list)
    for member in DrillPerson.objects.filter(drill__in=listed):
        members[member.drill_id].append(member)
    return [tally(drill, members[drill.pk]) for drill in listed]


def tally(drill: Drill, members: Sequence[DrillPerson]) -> Tally:
    """The figures of one drill. Pure."""
    lengths = [length for each in members if (length := took(each)) is not None]
    return Tally(
        drill=drill,
        people=len(members),
        reached=sum(each.state == ReachState.REACHED for each in members),
        waiting=sum(each.state == ReachState.WAITING for each in members),
        median=median(lengths) if lengths else None,  # type: ignore[type-var] # timedeltas add and halve
        slowest=max(lengths, default=None),
    )


def reaches(drill: Drill) -> list[Reach]:
    """Everybody in it, those who were not reached first, each with what was tried. Two queries."""
    members = list(drill.people.select_related("user"))
    tries: defaultdict[int | None, list[Try]] = defaultdict(list)
    sent = Delivery.objects.about(subject_of(drill.pk)).filter(kind=DeliveryKind.DRILL)
    for delivery in sent.order_by("scheduled_at", "id"):
        tries[delivery.user_id].append(Try(delivery, title_of(delivery.transport)))
    members.sort(key=lambda each: (_RANK[each.state], each.pk))
    return [Reach(each, tuple(tries[each.user_id])) for each in members]


_RANK: dict[str, int] = {
    ReachState.NO_METHOD: 0,
    ReachState.MISSED: 1,
    ReachState.WAITING: 2,
    ReachState.REACHED: 3,
}


@dataclass(frozen=True, slots=True)
class Told:
    """The drill behind a link, seen by `person`, who was paged by it."""

    drill: Drill
    person: User
    member: DrillPerson
    waits: bool

    @property
    def took(self) -> timedelta | None:
        return took(self.member)

    @property
    def ended(self) -> datetime | None:
        return self.drill.ended_at


def told(delivery: Delivery) -> Told | None:
    """What the link in a drill's message shows; None when nobody may answer it any more."""
    number, person = delivery.subject.rpartition(":")[2], delivery.user
    if person is None or not person.can_respond or not number.isdigit():
        return None
    member = DrillPerson.objects.filter(drill=int(number), user=person).select_related("drill").first()
    if member is None:
        return None
    is_open = member.drill.state not in OVER and member.state in (ReachState.WAITING, ReachState.MISSED)
    return Told(member.drill, person, member, is_open)
