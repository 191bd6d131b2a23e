"""What the parts that know heartbeats share: their slugs, rhythms, and the dedup key of their alerts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.text import slugify
from django.utils.translation import gettext as _

from alerts.expecting import Rhythm
from alerts.models import Heartbeat
from lib.moments import span

# What stands behind a heartbeat's own key in an address cannot be a heartbeat's name behind an integration's.
RESERVED = frozenset({"start", "fail", "log"})
CREATES = "create_heartbeats"
"""The option of an integration by which the first ping of an unknown name makes a heartbeat."""
MOST = 500
"""So many heartbeats may make themselves known by their first ping, behind one integration."""
DEFAULT_PERIOD, DEFAULT_GRACE = timedelta(days=1), timedelta(hours=1)


def slug_of(name: str) -> str:
    """A name as it stands in addresses: "Backup job" and "backup job" are "backup-job". Empty where nothing is left."""
    return slugify(name, allow_unicode=True)[:100].strip("-_")


def rhythm_of(row: Heartbeat) -> Rhythm:
    """What is expected of it."""
    return Rhythm(row.grace, row.period, row.cron, row.zone)


def rhythm_words(row: Heartbeat) -> str:
    """The same for people: "every 1 h", "0 2 * * * (Europe/Berlin)"."""
    if row.period is not None:
        return _("every %(span)s") % {"span": span(row.period)}
    return f"{row.cron} ({row.zone})"


def beats_shown(rows: Iterable[Heartbeat]) -> list[tuple[Heartbeat, str, bool]]:
    """Each with its rhythm in words and whether it runs now, as lists show them."""
    return [(row, rhythm_words(row), is_running(row)) for row in rows]


def dedup_key(pk: int) -> str:
    """Under which its alert is told; dedup keys of ours begin with "tocsin-"."""
    return f"tocsin-heartbeat-{pk}"


def is_running(row: Heartbeat) -> bool:
    """Whether it said that it began, and not yet that it ended."""
    return row.last_started_at is not None and (
        row.last_ping_at is None or row.last_started_at > row.last_ping_at
    )
