"""A JSON object, or a list of them, for each change: `summary` says what; `service`, `kind`, `url`, `at` and `source`
say where, which, and when. Words that other tools use for these are read too."""

from __future__ import annotations

from datetime import datetime
from typing import Any, get_args

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Change, Parsed, Rejected
from alerts.sources.changing import ChangeKind, change_kind, changed_service
from alerts.sources.generic.fields import Fields
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

MOST = 1000
SUMMARY = ("summary", "title", "message", "text", "description")
KINDS: dict[str, ChangeKind] = {name: name for name in get_args(ChangeKind)}


def check(obj: object, /) -> str:
    """Raise Rejected unless each object says in one field what was changed; there is no dedup key."""
    entries = obj if isinstance(obj, list) else [obj]
    if not entries or len(entries) > MOST:
        raise Rejected(f"The body must be a JSON object, or a list of one to {MOST} of them.")
    if not all(_summary(values.mapping(entry)) for entry in entries):
        raise Rejected("Each change must be a JSON object with a “summary”.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return a change for each object; `dedup_key` is not used."""
    entries = obj if isinstance(obj, list) else [obj]
    return Parsed(changes=tuple(_change(values.mapping(entry), received_at) for entry in entries))


def _summary(entry: dict[str, Any]) -> str:
    fields = Fields(entry)
    return values.summary(fields.take(*SUMMARY), {})


def _change(entry: dict[str, Any], received_at: datetime) -> Change:
    fields = Fields(entry)
    summary = values.summary(fields.take(*SUMMARY), {}) or "Change"
    given = values.name(fields.take("kind", "type"))
    when = fields.take("at", "happened_at", "timestamp", "time", "date")
    service = values.name(fields.take("service", "component", "app", "application"))
    source = values.name(fields.take("source", "actor", "user", "author"))
    links = values.named_links([("Source", fields.take("url", "link", "href"))]) + values.links(
        fields.take("links")
    )
    details = fields.rest()
    return Change(
        summary=summary,
        happened_at=parse_lenient(when, default=received_at),
        kind=KINDS.get(given.lower()) or change_kind({"kind": given, **details}, summary),
        service=service or changed_service(details),
        source=source,
        details=details,
        links=links,
    )
