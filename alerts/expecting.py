"""When a heartbeat's next sign of life is due. Pure: no Django rows, instants are aware UTC and given.

A rhythm is a period, or a cron expression of five fields (minute, hour, day of month, month, day of week) that is read
on the clock of a zone, as cron itself does there: a time that clocks skip in spring comes with the hour after the gap,
one that they show twice in autumn counts once. The grace is added to what is expected; then it is late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _

from lib.intervals import UnknownZone, load_zone

SHORTEST, LONGEST = timedelta(seconds=10), timedelta(days=366)
LONGEST_GRACE = timedelta(days=31)
CRON_FIELDS, LONGEST_CRON = 5, 100
# A sender's clock that is a little fast reports a run just before it was expected: it is that run's all the same.
EARLY = timedelta(seconds=5)
# A start that was never followed by an end says nothing about how long a later run took.
LONGEST_RUN = timedelta(days=3)


class BadRhythm(ValueError):
    """What was asked for never comes round, or is too short or too long. `field` is period, cron, zone or grace; the
    message is for the person who typed it."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What is expected: every `period`, or as `cron` says on the clock of `zone`; one of the two."""

    grace: timedelta
    period: timedelta | None = None
    cron: str = ""
    zone: str = "UTC"


def checked(rhythm: Rhythm, now: datetime) -> Rhythm:
    """The rhythm, with its expression in single spaces. Raises BadRhythm."""
    if not timedelta() <= rhythm.grace <= LONGEST_GRACE:
        raise BadRhythm("grace", _("A grace has at most 31 days."))
    if (rhythm.period is None) == (not rhythm.cron.strip()):
        raise BadRhythm("period", _("Give a period or a cron expression, one of the two."))
    if rhythm.period is not None:
        if not SHORTEST <= rhythm.period <= LONGEST:
            raise BadRhythm("period", _("From ten seconds to a year."))
        return rhythm
    neat = Rhythm(rhythm.grace, None, " ".join(rhythm.cron.split()), rhythm.zone)
    _check_cron(neat, now)
    return neat


def _check_cron(rhythm: Rhythm, now: datetime) -> None:
    if len(rhythm.cron) > LONGEST_CRON:
        raise BadRhythm("cron", _("A cron expression has at most 100 characters here."))
    if len(rhythm.cron.split()) != CRON_FIELDS:
        raise BadRhythm(
            "cron", _("A cron expression has five fields: minute, hour, day, month, day of week.")
        )
    try:
        load_zone(rhythm.zone)
    except UnknownZone as error:
        raise BadRhythm("zone", _("There is no such time zone.")) from error
    try:
        next_expected(rhythm, now)
    except CronSimError as error:
        raise BadRhythm("cron", _("This is no cron expression: %(said)s.") % {"said": error}) from error
    except StopIteration as error:
        raise BadRhythm("cron", _("No day ever matches this expression.")) from error


def expected(rhythm: Rhythm, after: datetime) -> Iterator[datetime]:
    """Every instant at which a sign of life is expected, after that one; raises CronSimError for a bad expression."""
    if rhythm.period is not None:
        at = after
        while True:
            at += rhythm.period
            yield at
    for local in CronSim(rhythm.cron, after.astimezone(load_zone(rhythm.zone))):
        yield local.astimezone(UTC)


def next_expected(rhythm: Rhythm, after: datetime) -> datetime:
    """When the next sign of life is expected, if the last one came then. Raises StopIteration where none ever is."""
    heard = after if rhythm.period is not None else after + EARLY
    return next(expected(rhythm, heard))


def upcoming(rhythm: Rhythm, after: datetime, count: int) -> list[datetime]:
    """The next few, for whoever wrote the expression."""
    return list(islice(expected(rhythm, after), count))


def late_at(rhythm: Rhythm, heard: datetime) -> datetime:
    """The instant at which it is late, the last sign of life having come at `heard`."""
    return next_expected(rhythm, heard) + rhythm.grace


def late_at_start(rhythm: Rhythm, started: datetime, due: datetime | None) -> datetime:
    """The same for a run that has begun: its end is due within the grace, and never later than it was due anyway, so
    that a job that only ever starts does not put it off."""
    end = started + rhythm.grace
    return min(due, end) if due else end


def took(started: datetime | None, last_end: datetime | None, ended: datetime) -> timedelta | None:
    """How long the run took that ends now; None where its start was not told, or belongs to a run before."""
    if started is None or (last_end is not None and started <= last_end):
        return None
    length = ended - started
    return length if timedelta() <= length <= LONGEST_RUN else None
