"""A layer in one line, for those who do not want to read its fields."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from oncall.drafts import LayerDraft
from oncall.forms.fields import DAYS, WEEKDAYS, WindowRow, window_rows
from oncall.models import TurnUnit

_DAYS = dict(DAYS)


def people_in_words(draft: LayerDraft) -> str:
    """Everybody in order."""
    return " → ".join(str(person) for person in draft.people)


def rules_in_words(draft: LayerDraft) -> str:
    """How long a turn is, when it changes hands, when the layer is silent: "a week each, hand-off Monday at 09:00"."""
    return ", ".join(_parts(draft))


def _parts(draft: LayerDraft) -> Iterator[str]:
    yield _turn(draft.turn_unit, draft.turn_length)
    at = f"{draft.first_handoff:%H:%M}"
    if draft.turn_unit == TurnUnit.WEEKS:
        day = WEEKDAYS[draft.first_handoff.weekday()]
        yield _("hand-off %(day)s at %(time)s") % {"day": day, "time": at}
    else:
        yield _("hand-off at %(time)s") % {"time": at}
    for window in window_rows(draft.restrictions):
        yield _window(window)
    yield from _skips(draft)


def _turn(unit: str, count: int) -> str:
    words = {
        TurnUnit.HOURS: ngettext("an hour each", "%(n)s hours each", count),
        TurnUnit.DAYS: ngettext("a day each", "%(n)s days each", count),
        TurnUnit.WEEKS: ngettext("a week each", "%(n)s weeks each", count),
        TurnUnit.MONTHS: ngettext("a month each", "%(n)s months each", count),
    }
    return words[TurnUnit(unit)] % {"n": count}


def _window(window: WindowRow) -> str:
    until = f"{WEEKDAYS[int(window.until_day)]} {window.until}" if window.until_day else window.until
    if window.day == "daily":
        return _("only %(start)s – %(until)s") % {"start": window.start, "until": until}
    day = _DAYS[window.day]
    return _("only %(day)s %(start)s – %(until)s") % {"day": day, "start": window.start, "until": until}


def _skips(draft: LayerDraft) -> Iterator[str]:
    if set(draft.skip_weekdays) == {5, 6}:
        yield _("not at weekends")
    elif draft.skip_weekdays:
        days = ", ".join(str(WEEKDAYS[day]) for day in sorted(draft.skip_weekdays))
        yield _("not on %(days)s") % {"days": days}
    if draft.skip_holidays:
        yield _("not on holidays of %(code)s") % {"code": draft.skip_holidays}
    if draft.skip_dates:
        yield _("not on %(days)s") % {"days": ", ".join(date_format(day, "j M") for day in draft.skip_dates)}
