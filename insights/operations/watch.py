"""The watch over the promise: every process that runs looks every few seconds, and raises the alarm when it is broken.

It runs in every worker (config.pumps) and in every web process (config.watching), so that it also sees when no worker
is left. It needs Postgres and the admins' own providers, neither the broker nor the outbox. What is wrong must be seen
in two looks in a row before an alarm opens, and not be seen for a while before it closes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from insights.operations.pulse import is_late, overdue_timer
from lib.text import one_line
from notifications import alarm, unsent
from notifications.lateness import BOUND
from notifications.models import Alarm, Circuit, Measure
from notifications.punctuality import seconds

LOOK_EVERY = 5.0
LOOKS = 2
CALM = 30.0
SILENT_FOR = 10.0
REST_AFTER_VAIN = 60.0
# Of the clock: beats older than an hour are of workers that are long gone.
REMEMBERED = timedelta(hours=1)


class Watch:
    """What one process has seen in its looks. Intervals are measured on the monotonic clock: a stepped wall clock is
    no silence."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._calm_since: dict[str, float] = {}
        self._beats: dict[str, tuple[float, float]] = {}
        self._began: float | None = None
        self._rests_until = 0.0

    def look(self, clock: Callable[[], datetime], at: float | None = None) -> int:
        """Look once; returns how many alarms were opened, closed or told again. `at` is the monotonic moment."""
        at = time.monotonic() if at is None else at
        self._began = at if self._began is None else self._began
        now = clock()
        wrong = self._wrong(now, at)
        done = sum(self._raise(kind, text, clock) for kind, text in self._lasting(wrong))
        done += sum(self._close(kind, clock) for kind in self._over(wrong, at))
        return done + self._repeat(wrong, clock, at)

    def _wrong(self, now: datetime, at: float) -> dict[str, str]:
        """By kind, what is wrong at this moment, in words."""
        found: dict[str, str] = {}
        bound = round(BOUND.total_seconds())
        timer, page = overdue_timer(now), unsent.oldest(now)
        if timer and is_late(timer.since, now):
            words = _("Incident #%(number)s waits for its next step for %(late)s (bound %(bound)s s).")
            late = seconds((now - timer.since).total_seconds())
            found["timer"] = words % {"number": timer.incident, "late": late, "bound": bound}
        if page and is_late(page.since, now):
            words = _("A page by %(transport)s is not handed over for %(late)s (bound %(bound)s s).")
            late = seconds((now - page.since).total_seconds())
            found["page"] = words % {"transport": page.transport, "late": late, "bound": bound}
        if self._silent(now, at):
            found["sweepers"] = _("No worker has run for %(seconds)s s: nobody would be paged.") % {
                "seconds": round(SILENT_FOR)
            }
        return found

    def _silent(self, now: datetime, at: float) -> bool:
        """Whether no worker's beat moved for SILENT_FOR. Where none ever ran there is nothing to fall silent."""
        edge = (now - REMEMBERED).timestamp()
        rows = Measure.objects.filter(name="sweeper", bucket="at", value__gt=edge)
        beats = dict(rows.values_list("label", "value"))
        self._beats = {
            label: (value, since if value == before else at)
            for label, value in beats.items()
            for before, since in [self._beats.get(label, (value, self._began or at))]
        }
        return bool(self._beats) and all(at - since >= SILENT_FOR for _value, since in self._beats.values())

    def _lasting(self, wrong: dict[str, str]) -> list[tuple[str, str]]:
        """What is wrong in this look and in the one before."""
        self._seen = {kind: self._seen.get(kind, 0) + 1 for kind in wrong}
        return [(kind, text) for kind, text in wrong.items() if self._seen[kind] >= LOOKS]

    def _over(self, wrong: dict[str, str], at: float) -> list[str]:
        """Kinds with an open alarm that have been well for CALM seconds."""
        kinds = list(Alarm.objects.filter(closed_at=None).values_list("kind", flat=True))
        self._calm_since = {kind: self._calm_since.get(kind, at) for kind in kinds if kind not in wrong}
        return [kind for kind, since in self._calm_since.items() if at - since >= CALM]

    def _raise(self, kind: str, text: str, clock: Callable[[], datetime]) -> int:
        opened = alarm.open_alarm(kind=kind, text=text, now=clock())
        if opened is None:
            return 0
        alarm.tell(opened, facts=_facts(), now=clock)
        return 1

    def _close(self, kind: str, clock: Callable[[], datetime]) -> int:
        closed = alarm.close_alarm(kind=kind, now=clock())
        if closed is None:
            return 0
        self._calm_since.pop(kind, None)
        if closed.told_at:
            alarm.tell(closed, facts=_facts(), now=clock)
        return 1

    def _repeat(self, wrong: dict[str, str], clock: Callable[[], datetime], at: float) -> int:
        """Alarms that are open still, told again; after one that reached nobody this process waits a minute."""
        if at < self._rests_until:
            return 0
        again = alarm.claim_repeats(clock())
        for each in again:
            each.text = wrong.get(each.kind, each.text)
            if not alarm.tell(each, facts=_facts(), now=clock):
                self._rests_until = at + REST_AFTER_VAIN
        return len(again)


def _facts() -> tuple[tuple[str, str], ...]:
    """What helps who is told: the providers that do not answer."""
    down = [
        (_("Does not answer"), one_line(f"{circuit.name}: {circuit.reason}", 200))
        for circuit in Circuit.objects.open()[:5]
    ]
    return tuple(down)


_watch = Watch()


def watch(now: Callable[[], datetime]) -> int:
    """One look of this process's own watch; `now` is a clock, since telling takes a while."""
    return _watch.look(now)
