"""Read the timestamps that monitoring tools really send. One rule: a strange one never costs the event."""

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
LATEST_AHEAD = timedelta(hours=24)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NUMBER = re.compile(r"-?[0-9]{9,25}(\.[0-9]+)?")
# "+00:00Z": some clients append Z to a time that already has its offset.
_DOUBLE_ZONE = re.compile(r"([+-][0-9]{2}:?[0-9]{2})Z$")
# Go's Time.String(): "2026-11-21 00:07:06.3 +0000 UTC m=+0.1"
_GO_TAIL = re.compile(r"(?<=[0-9])(?: UTC| GMT)?(?: m=[+-][0-9.]+)?$")
_SPACED_ZONE = re.compile(r" (?=[+-][0-9]{2}:?[0-9]{2}$)")


def parse_lenient(value: object, *, default: datetime) -> datetime:
    """Return `value` as an aware UTC instant, or `default` where it makes no sense; never raises.

    Reads ISO 8601 with any fraction and offset (`+0000`, `+00:00Z`), RFC 2822 dates and epoch numbers, also
    as text, in seconds to nanoseconds. A naive time is UTC. What lies before 2000 (Go's zero time among it)
    or more than 24 hours ahead of `default` is replaced by `default`.
    """
    try:
        instant = _read(value)
    except (ValueError, OverflowError, TypeError, IndexError):
        # IndexError and TypeError: email.utils on hopeless input
        return default
    if instant is None or not EARLIEST <= instant <= default + LATEST_AHEAD:
        return default
    return instant


def _read(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return _utc(value)
    if isinstance(value, str):
        return _from_text(value.strip())
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _from_epoch(value)
    return None


def _from_text(text: str) -> datetime | None:
    if not text or len(text) > 100:
        return None
    if _NUMBER.fullmatch(text):
        return _from_epoch(float(text) if "." in text else int(text))
    if text[0].isalpha():
        return _utc(parsedate_to_datetime(text))
    return _utc(datetime.fromisoformat(_iso(text)))


def _iso(text: str) -> str:
    text = _SPACED_ZONE.sub("", _GO_TAIL.sub("", text))
    return _DOUBLE_ZONE.sub(r"\1", text.upper())


def _from_epoch(number: float) -> datetime | None:
    """Seconds, milli-, micro- or nanoseconds, told apart by size; right for the years 1973 to 5138."""
    if not math.isfinite(number):
        return None
    size = abs(number)
    per_second = 1 if size < 1e11 else 10**3 if size < 1e14 else 10**6 if size < 1e17 else 10**9
    whole, rest = divmod(number, per_second)
    return _EPOCH + timedelta(seconds=whole, microseconds=rest * 10**6 / per_second)


def _utc(instant: datetime) -> datetime:
    if instant.tzinfo is None:
        return instant.replace(tzinfo=UTC)
    return instant.astimezone(UTC)
