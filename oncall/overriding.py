"""What overrides that are not made yet would change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import Interval
from oncall import coverage
from oncall.bridge import schedule_of
from oncall.differences import Change, changes, new_gaps, secondary
from oncall.drafts import OverrideDraft
from oncall.lanes import CARD, frame_of, widened
from oncall.models import Absence, OverrideKind, Schedule
from oncall.pictures import Picture, before_and_after
from oncall.proposals import SHOWN, Told
from oncall.queries import people_of
from oncall.rotation import Segment
from oncall.timeline import days_from

_FIRST_SEQ = 2**62
"""They come after all that are stored."""
_DRAWN = timedelta(days=35)
"""Longer ones are only told."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What overrides would change: whose time becomes whose, and what should give pause."""

    told: tuple[Told, ...]
    warnings: tuple[str, ...]
    gaps: tuple[Interval, ...]
    picture: Picture | None

    @property
    def first(self) -> tuple[Told, ...]:
        return self.told[:SHOWN]

    @property
    def rest(self) -> tuple[Told, ...]:
        return self.told[SHOWN:]


def effect_of(
    schedule: Schedule, drafts: Iterable[OverrideDraft], zone: ZoneInfo, now: datetime
) -> Effect | None:
    """What these would change together, in their order, from now on; None when none of them lies ahead."""
    ahead = [replace(each, starts_at=max(each.starts_at, now)) for each in drafts]
    ahead = [each for each in ahead if each.starts_at < each.ends_at]
    if not ahead:
        return None
    span = Interval(min(each.starts_at for each in ahead), max(each.ends_at for each in ahead))
    shown = _days_around(span, zone)
    stages = list(_stages(schedule_of(schedule, widened(shown)), ahead, widened(shown)))
    before, after = stages[0], stages[-1]
    people = people_of([*before, *after])
    firsts = changes(before, after, span)
    seconds = changes(secondary(before), secondary(after), span)
    told = [
        *(_told(each, people, False) for each in firsts),
        *(_told(each, people, True) for each in seconds),
    ]
    frame = frame_of(shown, zone, now, people, CARD)
    is_drawn = told and span.length <= _DRAWN
    return Effect(
        tuple(sorted(told, key=lambda each: (each.start, each.is_secondary))),
        (*_idle(ahead, stages, span), *_away(ahead)),
        tuple(new_gaps(before, after, span)),
        before_and_after(before, after, firsts, frame) if is_drawn else None,
    )


def _days_around(span: Interval, zone: ZoneInfo) -> Interval:
    """A day more on each side, and not less than a week."""
    first = span.start.astimezone(zone).date() - timedelta(days=1)
    last = span.end.astimezone(zone).date() + timedelta(days=1)
    return days_from(first, max((last - first).days + 1, 7), zone)


def _stages(
    value: coverage.Schedule, drafts: Sequence[OverrideDraft], span: Interval
) -> Iterator[list[Segment]]:
    """The final schedule as it is, and after each of the drafts."""
    yield coverage.final(value, span)
    for number, draft in enumerate(drafts):
        made = coverage.Override(
            id=-1 - number,
            start=draft.starts_at,
            end=draft.ends_at,
            person=draft.user.pk,
            created_seq=_FIRST_SEQ + number,
            replaces=draft.replaces.pk if draft.replaces else None,
            kind=coverage.OverrideKind(draft.kind),
        )
        value = replace(value, overrides=(*value.overrides, made))
        yield coverage.final(value, span)


def _idle(
    drafts: Sequence[OverrideDraft], stages: Sequence[Sequence[Segment]], span: Interval
) -> Iterator[str]:
    """A warning for each that changes nothing."""
    for draft, before, after in zip(drafts, stages, stages[1:], strict=False):
        if changes(before, after, span) or changes(secondary(before), secondary(after), span):
            continue
        missed = draft.replaces or draft.user
        if draft.replaces or draft.kind == OverrideKind.REMOVE:
            yield _("This changes nothing: %(name)s is not on call then.") % {"name": missed}
        else:
            yield _("This changes nothing: %(name)s is on call then already.") % {"name": missed}


def _away(drafts: Sequence[OverrideDraft]) -> Iterator[str]:
    """A warning for each who would be put on call although they are away; one query."""
    coming = [each for each in drafts if each.kind != OverrideKind.REMOVE]
    absences = list(Absence.objects.filter(withdrawn_at=None, user__in={each.user.pk for each in coming}))
    for draft in coming:
        if any(
            each.user_id == draft.user.pk
            and each.starts_at < draft.ends_at
            and draft.starts_at < each.ends_at
            for each in absences
        ):
            yield _("%(name)s is away for some of that time.") % {"name": draft.user}


def _told(change: Change, people: Mapping[int, User], is_secondary: bool) -> Told:
    old, new = (tuple(people[each] for each in ids if each in people) for ids in (change.old, change.new))
    return Told(change.start, change.end, old, new, is_secondary)
