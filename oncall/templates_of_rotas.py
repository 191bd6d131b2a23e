"""Usual rotations, as the layers that make them. A template is where somebody begins: all of it can be changed after.

Every template covers all hours. Times are wall times of the schedule's zone, so hand-offs stay where they are when
clocks change.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from oncall.drafts import LayerDraft, Refused
from oncall.models import LayerRole, TurnUnit
from oncall.rotation import Restriction
from oncall.suns import Shifted, groups_by_zone, windows_of

Crew = Sequence[User]
Groups = Mapping[int, int]
_SATURDAY, _SUNDAY = 5, 6
_DAY, _WEEKEND = timedelta(days=1), timedelta(days=2)


class Anchor(StrEnum):
    """When turns begin to be counted."""

    WEEK = "week"  # on the day of the week on which people hand over
    DAY = "day"  # today


@dataclass(frozen=True, slots=True)
class Template:
    """A usual rotation. `make` gets the people in order, the zone's name, the first hand-off (naive local time of that
    zone) and, where `by_groups`, the number of each person's group by their id, for those who were put into one."""

    key: str
    title: str | Promise
    text: str | Promise
    make: Callable[[Crew, str, datetime, Groups], tuple[LayerDraft, ...]]
    anchor: Anchor = Anchor.WEEK
    least: int = 1
    wants_secondary: bool = False
    by_groups: bool = False

    def drafts(
        self, people: Crew, zone: str, first_handoff: datetime, groups: Groups | None = None
    ) -> tuple[LayerDraft, ...]:
        """The layers from low to high, with the first person's turn from the first hand-off on. Raises Refused with
        the field "people"."""
        if len(people) < self.least:
            raise Refused("people", self._too_few(len(people)))
        return self.make(people, zone, first_handoff, groups or {})

    def _too_few(self, count: int) -> str:
        if not count:
            return _("Choose the people first: who takes turns?")
        return _("This takes at least %(n)s people. Choose one more.") % {"n": self.least}


def _weekly(people: Crew, zone: str, first_handoff: datetime, groups: Groups) -> tuple[LayerDraft, ...]:
    return (LayerDraft(tuple(people), first_handoff, name=_("Weekly")),)


def _daily(people: Crew, zone: str, first_handoff: datetime, groups: Groups) -> tuple[LayerDraft, ...]:
    return (LayerDraft(tuple(people), first_handoff, turn_unit=TurnUnit.DAYS, name=_("Daily")),)


def _weeks_and_weekends(
    people: Crew, zone: str, first_handoff: datetime, groups: Groups
) -> tuple[LayerDraft, ...]:
    weeks = LayerDraft(tuple(people), first_handoff, name=_("Weekdays"))
    return (weeks, _weekend(people, first_handoff))


def _days_and_weekends(
    people: Crew, zone: str, first_handoff: datetime, groups: Groups
) -> tuple[LayerDraft, ...]:
    # Saturdays and Sundays are skipped, not only covered, so that they cost nobody a turn.
    days = LayerDraft(
        tuple(people),
        first_handoff,
        turn_unit=TurnUnit.DAYS,
        name=_("Weekdays"),
        skip_weekdays=(_SATURDAY, _SUNDAY),
    )
    return (days, _weekend(people, first_handoff))


def _weekend(people: Crew, first_handoff: datetime) -> LayerDraft:
    """From Saturday's hand-off to Monday's in one hand, by somebody whose turn in the week is far from it."""
    saturday = first_handoff + _DAY * ((_SATURDAY - first_handoff.weekday()) % 7)
    window = Restriction(first_handoff.time(), _WEEKEND, _SATURDAY)
    half = len(people) // 2
    order = (*people[half:], *people[:half])
    return LayerDraft(order, saturday, name=_("Weekends"), restrictions=(window,))


def _two_at_a_time(
    people: Crew, zone: str, first_handoff: datetime, groups: Groups
) -> tuple[LayerDraft, ...]:
    """The secondary of this week is the primary of the next."""
    order = (*people[1:], people[0])
    return (
        LayerDraft(tuple(people), first_handoff, name=_("Weekly")),
        LayerDraft(order, first_handoff, name=_("Weekly"), role=LayerRole.SECONDARY),
    )


def _follow_the_sun(
    people: Crew, zone: str, first_handoff: datetime, groups: Groups
) -> tuple[LayerDraft, ...]:
    crews = groups_by_zone(people, groups, first_handoff)
    return tuple(_by_day(each, first_handoff) for each in windows_of(crews, zone, first_handoff))


def _by_day(shifted: Shifted, first_handoff: datetime) -> LayerDraft:
    return LayerDraft(
        shifted.people,
        datetime.combine(first_handoff.date(), shifted.start),
        name=shifted.name,
        restrictions=(Restriction(shifted.start, shifted.length),),
    )


TEMPLATES = (
    Template(
        "weekly",
        gettext_lazy("Weekly"),
        gettext_lazy("One person for a week, then the next. What most teams begin with."),
        _weekly,
    ),
    Template(
        "daily",
        gettext_lazy("Daily"),
        gettext_lazy("A day each, hand-off at the same hour. Nobody has a bad week."),
        _daily,
        Anchor.DAY,
    ),
    Template(
        "two_at_a_time",
        gettext_lazy("Primary plus secondary"),
        gettext_lazy("Two people at a time; next week the secondary is primary and knows what is going on."),
        _two_at_a_time,
        least=2,
        wants_secondary=True,
    ),
    Template(
        "weeks_and_weekends",
        gettext_lazy("Weeks, weekends apart"),
        gettext_lazy("A week each, and Saturday with Sunday goes to somebody else."),
        _weeks_and_weekends,
        least=2,
    ),
    Template(
        "days_and_weekends",
        gettext_lazy("Weekdays by day, weekends whole"),
        gettext_lazy("Monday to Friday a day each; Saturday with Sunday is a turn of its own."),
        _days_and_weekends,
        Anchor.DAY,
        least=2,
    ),
    Template(
        "follow_the_sun",
        gettext_lazy("Follow the sun"),
        gettext_lazy("Two or three groups in far zones; each is on call by its own daylight."),
        _follow_the_sun,
        least=2,
        by_groups=True,
    ),
)
BY_KEY = {template.key: template for template in TEMPLATES}
