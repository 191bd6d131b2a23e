"""Telling managers of time with nobody on call: every Monday, and before a gap begins.

The mail's own key says what was told, so late and repeated runs neither double a mail nor skip one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.cache import cache

from accounts.models import Membership, TeamRole, User
from lib.intervals import Interval, to_instant, to_wall
from notifications.actions.mails import mail_notice
from notifications.models import Delivery
from notifications.transports.base import Message
from oncall import coverage
from oncall.bridge import schedules_of
from oncall.models import MailChoice, Schedule
from oncall.reports import mails
from oncall.reports.reading import CoverReport, cover_report
from oncall.reports.uncovered import gaps_near

WEEKS = 4
WARNING = timedelta(hours=48)
SENT_AT = time(8)
_AHEAD = mails.FAR
_LOOKED_AT = "uncovered-looked-at"
_REMEMBERED = int(timedelta(days=8).total_seconds())


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail that is due unless one of its key went out already."""

    person: User
    key: str
    subject: str
    message: Message


def tell_of_gaps(*, now: datetime) -> None:
    """Both kinds of mail, for the schedules that ask for them (`Schedule.warns_of_gaps`). Call it every hour."""
    schedules = list(Schedule.objects.filter(warns_of_gaps=True).select_related("team"))
    managers = _managers({each.team_id for each in schedules})
    _warn(schedules, managers, now)
    _report(schedules, managers, now)


def week_of(now: datetime, zone: ZoneInfo) -> datetime:
    """The newest Monday 08:00 of that zone that is not after `now`, in UTC."""
    day = to_wall(now, zone).date()
    monday = to_instant(datetime.combine(day - timedelta(days=day.weekday()), SENT_AT), zone)
    if monday <= now:
        return monday
    return to_instant(datetime.combine(day - timedelta(days=day.weekday() + 7), SENT_AT), zone)


def _managers(team_ids: Collection[int]) -> dict[int, list[User]]:
    """Who manages each team, by its id."""
    found: defaultdict[int, list[User]] = defaultdict(list)
    rows = Membership.objects.filter(
        team__in=team_ids, role=TeamRole.MANAGER, user__in=User.objects.responders()
    )
    for row in rows.select_related("user").order_by("team_id", "user_id"):
        found[row.team_id].append(row.user)
    return found


def _warn(schedules: list[Schedule], managers: Mapping[int, list[User]], now: datetime) -> None:
    led = [each for each in schedules if managers.get(each.team_id)]
    values = schedules_of([each.pk for each in led], Interval(now - WARNING, now + _AHEAD))
    _send(
        (
            _warning(schedule, gap, person, now)
            for schedule in led
            for gap in _near(values[schedule.pk], now)
            for person in managers[schedule.team_id]
        ),
        now,
    )


def _near(value: coverage.Schedule, now: datetime) -> Iterator[Interval]:
    """Gaps that are near, each with its true end within four weeks."""
    for gap in gaps_near(value, now, WARNING):
        if gap.end < now + WARNING:
            yield gap
        else:
            yield coverage.gaps(value, Interval(gap.start, now + _AHEAD))[0]


def _warning(schedule: Schedule, gap: Interval, person: User, now: datetime) -> Notice:
    """A gap is known by its start: one that is moved is told again, one that only ends elsewhere is not."""
    return Notice(
        person,
        f"gap:{schedule.pk}:{gap.start:%Y%m%dT%H%M%S}:{person.pk}",
        f"schedule:{schedule.pk}",
        mails.warning(schedule, gap, now, person.zone),
    )


def _report(schedules: list[Schedule], managers: Mapping[int, list[User]], now: datetime) -> None:
    """The cache remembers who was looked at this week, also those for whom there was nothing to say; without it
    they are looked at again."""
    due = {_week_key(person, now): person for person in _wanting(managers)}
    seen = (cache.get(_LOOKED_AT) or frozenset()) | _sent(due)
    waiting = {key: person for key, person in due.items() if key not in seen}
    if not waiting:
        return
    theirs = {
        key: [each for each in schedules if person in managers.get(each.team_id, ())]
        for key, person in waiting.items()
    }
    report = cover_report({each for found in theirs.values() for each in found}, now, WEEKS)
    _send(_reports(waiting, theirs, report), now)
    cache.set(_LOOKED_AT, frozenset(due), _REMEMBERED)


def _reports(
    waiting: Mapping[str, User], theirs: Mapping[str, list[Schedule]], report: CoverReport
) -> Iterator[Notice]:
    for key, person in waiting.items():
        own = CoverReport(tuple(row for row in report.rows if row.schedule in theirs[key]))
        if own.missing:
            yield Notice(person, key, f"user:{person.pk}", mails.weekly(own, WEEKS, person.zone))


def _wanting(managers: Mapping[int, list[User]]) -> set[User]:
    people = {person for found in managers.values() for person in found}
    refused = MailChoice.objects.filter(user__in=people, coverage_reports=False)
    unwanted = set(refused.values_list("user_id", flat=True))
    return {person for person in people if person.pk not in unwanted}


def _week_key(person: User, now: datetime) -> str:
    monday = to_wall(week_of(now, person.zone), person.zone)
    return f"uncovered:{person.pk}:{monday:%Y-%m-%d}"


def _send(notices: Iterable[Notice], now: datetime) -> None:
    listed = {notice.key: notice for notice in notices}
    for key in sorted(set(listed) - _sent(listed)):
        notice = listed[key]
        mail_notice(person=notice.person, key=key, subject=notice.subject, message=notice.message, now=now)


def _sent(keys: Collection[str]) -> set[str]:
    return set(Delivery.objects.filter(key__in=list(keys)).values_list("key", flat=True))
