"""A ledger as one document, and the digests that hold its lines together.

Canonical JSON is JSON in UTF-8 with sorted keys and without spaces; there are no fractions in it, so that every
language writes it the same.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from accounts.models import User
from lib.text import one_line
from notifications.ledger.lines import MOST, Line, instant, line_of, rows_about, rows_to

FORMAT = "tocsin-ledger-1"
Document = dict[str, Any]


def about(subject: str, *, title: str, now: datetime) -> Document:
    """Everything about an incident or a drill. Four queries however long it is."""
    rows = rows_about(subject)
    lines = [line_of(row) for row in rows[:MOST]]
    more = max(rows.count() - MOST, 0) if len(lines) == MOST else 0
    return document(subject, title=title, lines=lines, left_out=more, now=now)


def to_person(person: User, *, now: datetime) -> Document:
    """Everything that was due to a person, the newest first."""
    rows = rows_to(person.pk)
    lines = [line_of(row) for row in rows[:MOST]]
    more = max(rows.count() - MOST, 0) if len(lines) == MOST else 0
    return document(f"person:{person.pk}", title=str(person), lines=lines, left_out=more, now=now)


def document(subject: str, *, title: str, lines: list[Line], left_out: int, now: datetime) -> Document:
    """`digest` covers all lines by theirs; it is the same whenever the same lines are exported."""
    numbered = [{"number": number, **line} for number, line in enumerate(lines, 1)]
    sealed = [{**line, "digest": digest_of(line)} for line in numbered]
    return {
        "format": FORMAT,
        "organisation": settings.ORGANISATION,
        "installation": settings.SITE_URL,
        "about": subject,
        "title": one_line(title, 300),
        "made_at": instant(now),
        "lines": sealed,
        "left_out": left_out,
        "digest": digest_of_all(line["digest"] for line in sealed),
    }


def canonical(value: Any) -> bytes:
    """The bytes that are signed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def digest_of(value: Any) -> str:
    """SHA-256 of the canonical JSON, in hex; of a line without its own digest."""
    plain = (
        {key: each for key, each in value.items() if key != "digest"} if isinstance(value, dict) else value
    )
    return hashlib.sha256(canonical(plain)).hexdigest()


def digest_of_all(digests: Iterable[str]) -> str:
    """SHA-256 over the digests of all lines, each on a line of its own."""
    return hashlib.sha256("".join(f"{each}\n" for each in digests).encode()).hexdigest()
