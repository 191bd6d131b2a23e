"""One sentence that says whether pages are on time, and what is wrong if they are not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights.operations.pulse import Pulse, is_late
from notifications.lateness import BOUND
from notifications.models import LatenessKind
from notifications.punctuality import seconds

Words = str | Promise


@dataclass(frozen=True, slots=True)
class Verdict:
    """`tone` is "alarm" when the promise is broken now, "warn" when something is amiss that it withstands, else
    "good". `since` is when that began, where it is known."""

    tone: str
    words: str
    since: datetime | None = None
    more: tuple[str, ...] = ()


def verdict_of(pulse: Pulse) -> Verdict:
    """What stands at the top of the page."""
    wrong = _broken(pulse)
    if wrong:
        (words, since), *rest = wrong
        return Verdict("alarm", words, since, tuple(each for each, _since in rest))
    amiss = _amiss(pulse)
    tone = "warn" if amiss else "good"
    return Verdict(tone, _on_time(pulse), None, tuple(amiss))


def _broken(pulse: Pulse) -> list[tuple[str, datetime | None]]:
    """What breaks the promise now, the gravest first."""
    found: list[tuple[str, datetime | None]] = []
    if pulse.timer and is_late(pulse.timer.since, pulse.now):
        words = _("An escalation is overdue: incident #%(number)s waits for its next step.")
        found.append((words % {"number": pulse.timer.incident}, pulse.timer.since))
    if pulse.page and is_late(pulse.page.since, pulse.now):
        words = _("A page is late: its provider (%(transport)s) does not have it yet.")
        found.append((words % {"transport": pulse.page.transport}, pulse.page.since))
    if not pulse.alive:
        last = max((sweeper.seen_at for sweeper in pulse.sweepers), default=None)
        found.append((_("No worker is running: nobody would be paged."), last))
    return found


def _amiss(pulse: Pulse) -> list[str]:
    """What is not as it should be, while pages still go out in time."""
    found = [
        _("%(name)s does not answer: other methods are used.") % {"name": circuit.name}
        for circuit in pulse.shut
    ]
    if not pulse.broker.answers:
        found.append(_("Redis does not answer: pages go on, live updates and PDFs wait."))
    late = pulse.hour[LatenessKind.SEND].beyond + pulse.hour[LatenessKind.STEP].beyond
    if late:
        words = ngettext(
            "%(count)s was later than the bound in the last hour.",
            "%(count)s were later than the bound in the last hour.",
            late,
        )
        found.append(words % {"count": late})
    return found


def _on_time(pulse: Pulse) -> str:
    # A step that was late makes its page late, although that is handed over at once.
    known = [each.p99 for each in pulse.hour.values() if each.p99 is not None]
    p99 = max(known, default=None)
    bound = round(BOUND.total_seconds())
    if p99 is None:
        return _("Nothing is late. No page was due in the last hour; the bound is %(bound)s s.") % {
            "bound": bound
        }
    words = (
        _("Pages are on time: p99 %(late)s in the last hour, bound %(bound)s s.")
        if p99 <= bound
        else _("Pages are on time again; they were not in the last hour: p99 %(late)s, bound %(bound)s s.")
    )
    return words % {"late": seconds(p99), "bound": bound}
