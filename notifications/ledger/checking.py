"""Whether an exported ledger is as it was signed, and if it is not, what was changed as far as the file itself tells.

Pure: needs the file and the public key, no database. A forger who recomputes the digests cannot make the signature fit;
which lines they changed is then found by comparing with the ledger (the command verify_ledger does).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from notifications.ledger.documents import canonical, digest_of, digest_of_all
from notifications.ledger.files import HEADINGS, SIGNATURE
from notifications.ledger.signing import fits, id_of


class NotALedger(ValueError):
    """The file is no exported ledger, or so broken that it cannot be read."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`valid` is all that counts; `problems` say what does not fit. `lines` are those of a JSON file."""

    about: str
    made_at: str
    count: int
    valid: bool
    problems: tuple[str, ...] = ()
    lines: tuple[dict[str, Any], ...] = field(default=())


def check(content: bytes, public: Ed25519PublicKey) -> Finding:
    """Raises NotALedger."""
    return _check_json(content, public) if content.lstrip()[:1] == b"{" else _check_csv(content, public)


def _check_json(content: bytes, public: Ed25519PublicKey) -> Finding:
    ledger, signature = _parts(content)
    lines = tuple(line for line in ledger.get("lines", ()) if isinstance(line, dict))
    valid = fits(canonical(ledger), str(signature.get("value", "")), public)
    problems = (
        () if valid else tuple(_problems(ledger, lines)) or (_of_key(str(signature.get("key")), public),)
    )
    about, made_at = str(ledger.get("about", "")), str(ledger.get("made_at", ""))
    return Finding(about, made_at, len(lines), valid, problems, lines)


def _parts(content: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    try:
        body = json.loads(content, object_pairs_hook=_once, parse_constant=_never)
    except (ValueError, RecursionError) as error:
        raise NotALedger(f"This is no JSON that can be read: {error}") from error
    found = body if isinstance(body, dict) else {}
    ledger, signature = found.get("ledger"), found.get("signature")
    if not isinstance(ledger, dict) or not isinstance(signature, dict):
        raise NotALedger("There is no ledger with a signature in it.")
    return ledger, signature


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A name that stands twice would be read differently by different readers."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _never(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _problems(ledger: dict[str, Any], lines: tuple[dict[str, Any], ...]) -> Iterator[str]:
    for place, line in enumerate(lines, 1):
        if digest_of(line) != line.get("digest"):
            yield f"line {place} was changed ({_named(line)})"
    numbers = [line.get("number") for line in lines]
    if numbers != list(range(1, len(lines) + 1)):
        yield "lines were added, removed or put in another order"
    elif digest_of_all(str(line.get("digest")) for line in lines) != ledger.get("digest"):
        yield "the digest of all lines does not fit them: lines were added, removed or changed"


def _named(line: dict[str, Any]) -> str:
    return f"delivery {line.get('delivery')}, {line.get('person')} by {line.get('method')}"


def _of_key(key: str, public: Ed25519PublicKey) -> str:
    if key != id_of(public):
        return f"it is signed by the key {key}, not by {id_of(public)}"
    return (
        "the signature does not fit: the head, the signature or whole lines with their digests were changed"
    )


def _check_csv(content: bytes, public: Ed25519PublicKey) -> Finding:
    signed, mark, last = content.rpartition(SIGNATURE.encode())
    words = last.decode(errors="replace").split()
    if not mark or len(words) != 3:
        raise NotALedger("There is no signature on the last line.")
    rows, head = _rows(signed)
    valid = fits(signed, words[2], public) and not last.rstrip(b"\r\n").count(b"\n")
    problems = () if valid else tuple(_csv_problems(rows)) or (_of_key(words[1], public),)
    return Finding(str(head.get("about", "")), str(head.get("made_at", "")), len(rows), valid, problems)


def _rows(signed: bytes) -> tuple[list[list[str]], dict[str, Any]]:
    try:
        table = list(csv.reader(io.StringIO(signed.decode(), newline="")))
        _table, _mark, head = signed.decode().rstrip().rpartition("\n# ")
        found = json.loads(head)
    except (ValueError, csv.Error) as error:
        raise NotALedger(f"The table cannot be read: {error}") from error
    if not table or tuple(table[0]) != HEADINGS or not isinstance(found, dict):
        raise NotALedger("These are not the columns of a ledger.")
    return [row for row in table[1:] if row and not row[0].startswith("# ")], found


def _csv_problems(rows: list[list[str]]) -> Iterator[str]:
    for place, row in enumerate(rows, 2):
        if digest_of(row[:-1]) != row[-1]:
            yield f"row {place} was changed (delivery {row[1] if len(row) > 1 else '?'})"
