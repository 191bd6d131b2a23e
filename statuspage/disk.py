"""A copy of each page's files on the web process's own disk: what is served when everything else is gone.

Below `DATA_DIR/statuspage/<slug>/` the files lie under their paths; `copy.json` says which state of the page
they are. Several processes may write at once: each file is replaced by a rename, and all of them write the
same rows.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings

STAMP = "copy.json"
_TYPES = {".html": "text/html", ".json": "application/json", ".atom": "application/atom+xml"}


@dataclass(frozen=True, slots=True)
class Stored:
    """One file of a page."""

    body: str
    content_type: str
    etag: str
    last_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Stamp:
    """Which state of the page a copy holds; `rendered_at` is its age."""

    version: int
    rendered_at: datetime
    time_zone: str
    is_default: bool


def root() -> Path:
    """Where the copies lie."""
    return Path(settings.DATA_DIR) / "statuspage"


def slugs() -> set[str]:
    """Pages that there is a copy of."""
    with suppress(OSError):
        return {entry.name for entry in root().iterdir() if (entry / STAMP).is_file()}
    return set()


def write(slug: str, path: str, stored: Stored) -> None:
    """Replace one file; its time is when its content last changed. Raises OSError."""
    moment = stored.last_changed_at.timestamp()
    _replace(root() / slug / path, stored.body, moment)


def write_stamp(slug: str, stamp: Stamp) -> None:
    """Say that the copy is now this state. Raises OSError."""
    written = asdict(stamp) | {"rendered_at": stamp.rendered_at.isoformat()}
    _replace(root() / slug / STAMP, json.dumps(written))


def read_stamp(slug: str) -> Stamp | None:
    """The copy's state, or None where there is none or it cannot be read."""
    try:
        written = json.loads((root() / slug / STAMP).read_text())
        return Stamp(**written | {"rendered_at": datetime.fromisoformat(written["rendered_at"])})
    except (OSError, ValueError, TypeError, KeyError):
        return None


def read(slug: str) -> dict[str, Stored]:
    """Every readable file of the copy by its path."""
    folder = root() / slug
    found: dict[str, Stored] = {}
    for file in folder.rglob("*"):
        if file.suffix in _TYPES and file.name != STAMP:
            with suppress(OSError, UnicodeDecodeError):
                found[file.relative_to(folder).as_posix()] = _stored(file)
    return found


def delete(slug: str, paths: Iterable[str]) -> None:
    """Remove files that the page no longer has."""
    for path in paths:
        (root() / slug / path).unlink(missing_ok=True)


def delete_page(slug: str) -> None:
    """Remove the copy of a page that is no more."""
    shutil.rmtree(root() / slug, ignore_errors=True)


def _stored(file: Path) -> Stored:
    body = file.read_text(encoding="utf-8")
    changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
    content_type = f"{_TYPES[file.suffix]}; charset=utf-8"
    return Stored(body, content_type, sha256(body.encode()).hexdigest()[:32], changed)


def _replace(target: Path, text: str, moment: float | None = None) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    # A name of its own for each writer, and no suffix that `read` takes for a file of the page.
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=".part")
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        if moment is not None:
            os.utime(name, (moment, moment))
        os.chmod(name, 0o644)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
