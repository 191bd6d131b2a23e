"""Request bodies that real clients sent, one file each, read as the door reads them."""

from pathlib import Path

from lib.jsonbody import parse

FOLDER = Path(__file__).parent


def raw(name: str) -> bytes:
    """Return the recorded bytes."""
    return (FOLDER / f"{name}.json").read_bytes()


def payload(name: str) -> object:
    """Return the recorded body as the door makes it."""
    return parse(raw(name))
