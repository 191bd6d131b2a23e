"""What the pages read from their address; nonsense there is the default, not an error."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Team
from lib.intervals import UnknownZone, instant, load_zone
from oncall.timeline import RANGES, TWO_WEEKS, Range

EARLIEST, LATEST = date(1990, 1, 1), date(2199, 1, 1)


def reader_zone() -> ZoneInfo:
    """The zone of who reads, as the middleware has set it."""
    return load_zone(timezone.get_current_timezone_name())


def chosen_team(request: HttpRequest, teams: Iterable[Team]) -> Team | None:
    """`?team=payments`, if it is one of these."""
    wanted = request.GET.get("team", "")
    return next((team for team in teams if team.slug == wanted), None)


def chosen_zone(request: HttpRequest, schedule_zone: str) -> ZoneInfo:
    """`?zone=schedule`, or a zone's name; else the reader's."""
    name = request.GET.get("zone", "")
    try:
        return load_zone(schedule_zone if name == "schedule" else name) if name else reader_zone()
    except UnknownZone:
        return reader_zone()


def chosen_range(request: HttpRequest) -> Range:
    """`?range=two-weeks`, `month` or `quarter`; else two weeks."""
    wanted = request.GET.get("range", "")
    return next((each for each in RANGES if each.key == wanted), TWO_WEEKS)


def first_day(request: HttpRequest, zone: ZoneInfo, now: datetime) -> date:
    """`?from=2026-11-23`, else this week's Monday."""
    try:
        found = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        found = date.min
    return found if EARLIEST <= found <= LATEST else monday(zone, now)


def monday(zone: ZoneInfo, now: datetime) -> date:
    """The Monday of the week that it is in that zone."""
    today = now.astimezone(zone).date()
    return today - timedelta(days=today.weekday())


def moment_in(request: HttpRequest, name: str) -> datetime | None:
    """An instant such as 2026-11-23T08:00Z."""
    try:
        return instant(datetime.fromisoformat(request.GET.get(name, "")))
    except ValueError:
        return None
