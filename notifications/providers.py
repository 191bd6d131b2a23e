"""What an installation must know to use a provider: declared fields, kept sealed, edited on the settings pages.

A set of settings is declared here and stored as one row. Reading is cached in each process for a few seconds, so that
a change needs no restart and a page no query.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module

from django.utils.functional import Promise

from lib.sealing import BadSeal, unseal
from notifications.models import Provider

# Given beside a secret's own name, this asks to forget it: an empty field means that it stays.
CLEAR = "clear_"
NAMES = ("twilio", "gateway-sms", "gateway-voice", "slack", "telegram", "push", "fallback")
FRESH = 5.0

_read: dict[str, tuple[float, dict[str, str] | None]] = {}


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. `kind` is text, secret, url, choice, long (a text area) or number; `choices` are value and label."""

    name: str
    label: str | Promise
    help: str | Promise = ""
    kind: str = "text"
    required: bool = True
    default: str = ""
    choices: tuple[tuple[str, str | Promise], ...] = ()


@dataclass(frozen=True, slots=True)
class Declared:
    """A provider as its module in notifications/declared declares it.

    `callbacks` are label and path of the addresses of ours that the provider must be told. `check` says what is wrong
    with values by field, beyond what the fields say themselves; `tidied` is how right ones are kept.
    """

    name: str
    title: str | Promise
    help: str | Promise
    fields: tuple[Field, ...]
    callbacks: tuple[tuple[str | Promise, str], ...] = ()

    def check(self, values: Mapping[str, str]) -> dict[str, str]:
        """Errors by field; a module may declare a subclass."""
        return {}

    def tidied(self, values: Mapping[str, str]) -> dict[str, str]:
        """Values that are right, as they are kept."""
        return dict(values)


def declared(name: str) -> Declared:
    """What a provider needs. Raises KeyError."""
    if name not in NAMES:
        raise KeyError(name)
    found: Declared = import_module(f"notifications.declared.{name.replace('-', '_')}").DECLARED
    return found


def values(name: str) -> dict[str, str] | None:
    """The settings of a provider as they stand now, None when it is not set up (or sealed by another key)."""
    known = _read.get(name)
    if known and time.monotonic() - known[0] < FRESH:
        return known[1]
    row = Provider.objects.filter(name=name).values_list("values", flat=True).first()
    found = opened(row) if row else None
    _read[name] = time.monotonic(), found
    return found


def opened(sealed: str) -> dict[str, str] | None:
    """The values of a row; None where there are none, or where another key sealed them."""
    if not sealed:
        return None
    try:
        found: dict[str, str] = json.loads(unseal(sealed))
    except BadSeal:
        return None
    return found


def forget(name: str | None = None) -> None:
    """Read anew at the next use: after a change, and between tests."""
    if name is None:
        _read.clear()
    else:
        _read.pop(name, None)


def first_of(names: tuple[str, ...]) -> tuple[str, dict[str, str]] | None:
    """The first of these that is set up, with its settings."""
    for name in names:
        found = values(name)
        if found is not None:
            return name, found
    return None
