"""A document as a file: JSON with its signature beside it, or CSV with the signature on its last line.

CSV has a row per attempt. Its cells are safe to open in a spreadsheet: what would be taken for a formula begins with an
apostrophe. Each row ends with the SHA-256 of its cells, so that a changed one can be named.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from notifications.ledger.documents import Document, canonical, digest_of
from notifications.ledger.lines import Line
from notifications.ledger.signing import sign

DELIVERY = (
    *("number", "delivery", "subject", "kind", "person", "policy", "step", "cycle", "turn", "instead_of"),
    *("method", "address", "wanted_at", "state", "outcome", "sent_at", "late_ms", "delivered_at", "read_at"),
    *("acknowledged_at", "provider_id", "carried_by", "edit_of", "answers"),
)
ATTEMPT = (
    "number",
    "worker",
    "started_at",
    "answered_at",
    "result",
    "for_good",
    "may_repeat",
    "provider_id",
    "answer",
)
HEADINGS = (*DELIVERY, *(f"attempt_{name}" for name in ATTEMPT), "row_digest")
SIGNATURE = "# signature: "
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def as_json(document: Document) -> bytes:
    """{"ledger": …, "signature": {"key", "value", "algorithm"}}; the signature is over the canonical JSON of ledger."""
    body = {"ledger": document, "signature": asdict(sign(canonical(document)))}
    return json.dumps(body, indent=1, ensure_ascii=False).encode() + b"\n"


def as_csv(document: Document) -> bytes:
    """The signature on the last line is over all bytes before that line."""
    target = io.StringIO(newline="")
    writer = csv.writer(target, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for line in document["lines"]:
        writer.writerows(_rows(line))
    head = {name: document[name] for name in document if name != "lines"}
    content = f"{target.getvalue()}# {canonical(head).decode()}\r\n".encode()
    signature = sign(content)
    last = f"{SIGNATURE}{signature.algorithm} {signature.key} {signature.value}\r\n"
    return content + last.encode()


def _rows(line: Line) -> Iterator[list[str]]:
    why = line["why"]
    told = {
        **line,
        "policy": why.get("policy"),
        "step": why.get("step"),
        "cycle": why.get("cycle"),
        "turn": why.get("kind"),
        "instead_of": why.get("instead_of"),
        "answers": " | ".join(_words(each) for each in line["answers"]),
    }
    for attempt in line["attempts"] or [{}]:
        cells = [cell(told[name]) for name in DELIVERY] + [cell(attempt.get(name)) for name in ATTEMPT]
        yield [*cells, digest_of(cells)]


def _words(answer: dict[str, Any]) -> str:
    return f"{answer['received_at']} {answer['method']}: {answer['said']} ({answer['outcome']})"


def cell(value: object) -> str:
    """As a spreadsheet may have it: nothing that it would compute."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
