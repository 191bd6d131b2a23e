"""Time off in people's words, and which request is open for a shift."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta

from django import template
from django.utils import timezone
from django.utils.dateformat import format as written

from lib.intervals import load_zone, to_instant
from oncall.covering import words_of
from oncall.models import Absence, CoverRequest
from oncall.queries import Shift

register = template.Library()


@register.filter
def away_words(absence: Absence) -> str:
    """ "Wed 2 Dec – Fri 4 Dec", the last day included, where it is whole days on the reader's clock; else exact times
    ("Wed 2 Dec, 14:00 – Fri 4 Dec, 18:00")."""
    if not (_is_midnight(absence.starts_at) and _is_midnight(absence.ends_at)):
        return words_of(absence.starts_at, absence.ends_at)
    last = timezone.localtime(absence.ends_at) - timedelta(days=1)
    days = [written(day, "D j M") for day in (timezone.localtime(absence.starts_at), last)]
    return " – ".join(dict.fromkeys(days))


@register.simple_tag
def request_for(shift: Shift, requests: Iterable[CoverRequest] | str | None) -> CoverRequest | None:
    """The one of these requests that asks for some of the shift."""
    own = (each for each in requests or () if isinstance(each, CoverRequest) and _is_for(each, shift))
    return next(own, None)


def _is_for(request: CoverRequest, shift: Shift) -> bool:
    touches = request.starts_at < shift.end and shift.start < request.ends_at
    return touches and request.schedule_id == shift.schedule.pk


def _is_midnight(moment: datetime) -> bool:
    """Also 01:00 where midnight does not exist."""
    zone = load_zone(timezone.get_current_timezone_name())
    return to_instant(datetime.combine(moment.astimezone(zone).date(), time()), zone) == moment
