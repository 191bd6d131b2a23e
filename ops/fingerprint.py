"""Whether a data folder was already prepared by this very code, so that a second start need not do it again."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from ops.layout import ROOT, Layout
from ops.venv import STAMP

PINS = Path(STAMP)


def is_prepared(layout: Layout) -> bool:
    """Say whether `mark_prepared` was called for this code and nothing has touched the data from outside since."""
    try:
        return (layout.data / "static").exists() and _mark(layout).read_text() == of_code()
    except FileNotFoundError:
        return False


def mark_prepared(layout: Layout) -> None:
    """Note that tables, static files and the first admin are this code's."""
    _mark(layout).write_text(of_code())


def forget(layout: Layout) -> None:
    """Have the next start prepare again: a command may change anything."""
    _mark(layout).unlink(missing_ok=True)


def of_code() -> str:
    """Return a value that changes with every migration, with what `bootstrap` makes and with `of_static`."""
    sources = sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("config/bootstrap*")])
    return _digest([*map(_facts, sources), of_static()])


def of_static() -> str:
    """Return a value that changes with every static file of ours and with the installed packages."""
    pins = PINS.read_text() if PINS.exists() else ""
    return _digest([pins, *_tree(ROOT / "static")])


def _mark(layout: Layout) -> Path:
    """The note lies beside the cluster, so that it goes when someone deletes that."""
    return layout.postgres / "prepared"


def _tree(folder: Path) -> Iterator[str]:
    yield from map(_facts, sorted(folder.rglob("*")))


def _facts(path: Path) -> str:
    facts = path.stat()
    return f"{path} {facts.st_size} {facts.st_mtime_ns}"


def _digest(parts: list[str]) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
