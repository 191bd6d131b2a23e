"""Hours on call as a table for the payroll: RFC 4180, in UTF-8."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from datetime import timedelta
from io import StringIO

from accounts.models import User
from oncall.models import Schedule
from oncall.reports.pieces import Piece

COLUMNS = (
    *("person", "e-mail", "team", "schedule", "role", "start", "end"),
    *("hours", "night", "weekend", "holiday"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(pieces: Iterable[Piece], people: Mapping[int, User], schedules: Mapping[int, Schedule]) -> str:
    """A header, then a row a piece, by person and start.

    `start` and `end` are ISO 8601 on the person's clock, with its offset; no piece passes a midnight of theirs.
    `hours` is elapsed time in hours with four decimals, of which `night`, `weekend` and `holiday` (each may be the
    same hour).
    """
    listed = sorted(
        pieces, key=lambda each: (str(people[each.person]), each.person, each.start, each.schedule)
    )
    written = StringIO()
    rows = csv.writer(written)  # its default dialect is RFC 4180's: commas, CRLF, quotes where needed
    rows.writerow(COLUMNS)
    rows.writerows(_row(each, people[each.person], schedules[each.schedule]) for each in listed)
    return written.getvalue()


def hours(length: timedelta) -> str:
    """In hours: "7.5000"."""
    return f"{length / timedelta(hours=1):.4f}"


def harmless(text: str) -> str:
    """Text that a spreadsheet would take for a formula, with an apostrophe before it (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(piece: Piece, person: User, schedule: Schedule) -> list[str]:
    return [
        *(harmless(text) for text in (str(person), person.email, str(schedule.team), str(schedule))),
        str(piece.role),
        piece.start.astimezone(person.zone).isoformat(),
        piece.end.astimezone(person.zone).isoformat(),
        *(hours(each) for each in (piece.length, piece.night, piece.weekend, piece.holiday)),
    ]
