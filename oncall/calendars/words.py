"""What was wrong with a calendar, said to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from oncall.calendars.events import Problem, Trouble
from oncall.calendars.reading import MOST_COMPONENTS, MOST_EVENTS

MOST_PROBLEMS = 50

_WORDS: dict[Trouble, Promise] = {
    Trouble.NOT_A_CALENDAR: gettext_lazy("What is at this address is not a calendar (iCalendar, .ics)."),
    Trouble.WEB_PAGE: gettext_lazy(
        "This address shows a web page, not a calendar. Use the one that your calendar offers for subscribing;"
        " it often ends in .ics."
    ),
    Trouble.TOO_MANY: gettext_lazy(
        "This calendar has too many events: at most %(events)s from a month ago to"
        " thirteen months ahead are read, and at most %(entries)s in all."
    ),
    Trouble.TOO_SLOW: gettext_lazy("Working out when this happens takes too long."),
    Trouble.BROKEN: gettext_lazy("This cannot be understood."),
    Trouble.NO_START: gettext_lazy("It has no start that can be understood."),
    Trouble.NO_LENGTH: gettext_lazy("It has no end, or ends when it starts."),
    Trouble.BACKWARDS: gettext_lazy("It ends before it starts."),
    Trouble.TOO_OFTEN: gettext_lazy("It repeats too often to be a shift."),
    Trouble.UNKNOWN_ZONE: gettext_lazy("There is no time zone “%(detail)s”; the calendar’s own was used."),
    Trouble.NOBODY: gettext_lazy("It names nobody we know."),
    Trouble.SEVERAL: gettext_lazy("Several people are called “%(detail)s”; use the e-mail address."),
    Trouble.NOT_A_RESPONDER: gettext_lazy("“%(detail)s” cannot be paged."),
}


def words(trouble: Trouble, detail: str = "") -> str:
    """One sentence about it."""
    if trouble is Trouble.NOBODY and detail:
        return _("Nobody we know is called “%(detail)s”.") % {"detail": detail}
    values = {"detail": detail, "events": MOST_EVENTS, "entries": MOST_COMPONENTS}
    return str(_WORDS[trouble]) % values


def told(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Problems as a feed keeps them: each once, the most frequent first, not more than a page can show."""
    counted = Counter(problems)
    return [
        {"event": each.event, "message": words(each.trouble, each.detail)}
        for each, _times in counted.most_common(MOST_PROBLEMS)
    ]
