"""The hash that chains a timeline: pure, so that anybody can recompute it from an export.

Each entry's hash is the SHA-256 of the canonical JSON (sorted keys, no spaces, UTF-8) of its content and the hash of
the entry before it; the first entry's predecessor is the empty string. Instants are ISO 8601 in UTC with microseconds.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any


def entry_hash(
    *,
    incident: int,
    number: int,
    kind: str,
    actor: int | None,
    text: str,
    data: dict[str, Any],
    happened_at: datetime,
    recorded_at: datetime,
    previous: str,
) -> str:
    """64 lower hex digits."""
    content = {
        "incident": incident,
        "number": number,
        "kind": kind,
        "actor": actor,
        "text": text,
        "data": data,
        "happened_at": stamp(happened_at),
        "recorded_at": stamp(recorded_at),
        "previous": previous,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def stamp(moment: datetime) -> str:
    """An instant as it stands in the hash."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")
