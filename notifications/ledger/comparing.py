"""A file's lines beside the ledger as it stands: which values differ, by delivery."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from accounts.models import User
from notifications.ledger.lines import Line, line_of, rows_about, rows_to

MOST_SHOWN = 200


def differences(about: str, lines: Iterable[Line]) -> Iterator[str]:
    """In words; nothing where the file says what the ledger says. Lines may differ because the ledger went on."""
    now = {line["delivery"]: line for line in _lines_now(about)}
    seen = set()
    for line in lines:
        delivery = line.get("delivery")
        seen.add(delivery)
        if delivery in now:
            yield from _differing(line, now[delivery])
        else:
            yield f"delivery {delivery}: is in the file, not in the ledger"
    for delivery in now.keys() - seen:
        yield f"delivery {delivery}: is in the ledger, not in the file"


def _lines_now(about: str) -> list[Line]:
    kind, _, number = about.partition(":")
    if kind == "person":
        person = User.objects.filter(pk=int(number)).first() if number.isdigit() else None
        return [line_of(row) for row in rows_to(person.pk)] if person else []
    return [line_of(row) for row in rows_about(about)]


def _differing(line: dict[str, Any], now: Line) -> Iterator[str]:
    for name, value in now.items():
        if line.get(name) != value:
            yield f"delivery {now['delivery']}: {name} is {line.get(name)!r} in the file, {value!r} in the ledger"
