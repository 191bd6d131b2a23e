"""From a letter to a signal.

The subject is the identity: in capitals, without "Re:" and "Fwd:", and without words at its beginning that name a state
("[FIRING:1]", "RESOLVED:", "CRITICAL -"), so that a tool's problem and recovery meet. A mail ends the alert when such a
word at the beginning of the subject says so, or when its text begins with a line that is nothing but one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Action, Parsed, Rejected, Severity, Signal
from lib.text import one_line
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

RESOLVE = frozenset(
    (
        "ok",
        "resolve",
        "resolved",
        "recovered",
        "recovery",
        "closed",
        "cleared",
        "up",
        "normal",
        "fixed",
        "solved",
    )
)
ACKNOWLEDGE = frozenset(("ack", "acknowledge", "acknowledged", "acknowledgement"))
TRIGGER = frozenset(
    (
        *("firing", "alert", "alerting", "alarm", "problem", "triggered", "down", "failed", "failure", "new"),
        *("critical", "crit", "error", "warning", "warn", "info", "notice", "disaster", "high", "average"),
        *("emergency", "fatal", "unknown", "major", "minor", "p1", "p2", "p3", "p4", "p5"),
    )
)
STATES = RESOLVE | ACKNOWLEDGE | TRIGGER
_ANSWERED = re.compile(r"\s*(?:re|aw|sv|antw|fwd?|wg|tr)(?:\[\d+\])?\s*:\s*", re.IGNORECASE)
# "[FIRING:1] ", "(RESOLVED) ", "** PROBLEM ", "CRITICAL - ", "Resolved in 5m: "
_BRACKETED = re.compile(r"\s*[\[(]\s*([A-Za-z0-9]+)(?:\s*[:#]\s*\d+)?\s*[\])]\s*[:-]?\s*")
_LED = re.compile(r"\s*(?:\*{2}\s*)?([A-Za-z0-9]+)(?:\s+in\s+[0-9dhms ]{1,30})?\s*(?::|\s[-–|])\s+")
_LINE = re.compile(r"\s*[*>#\-\s]*([A-Za-z]+)\s*[.!*]*\s*")
MOST_WORDS = 6


def check(obj: object, /) -> str:
    """Raise Rejected unless it is a letter."""
    if not values.mapping(obj):
        raise Rejected("There is no letter in it.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return the one signal; `dedup_key` is not used, the subject is the key."""
    letter = values.mapping(obj)
    subject, states = stripped(one_line(letter.get("subject"), 2000))
    text = values.name(letter.get("text"), 100_000) and str(letter.get("text"))
    details = _details(letter, text)
    author = values.name(letter.get("from") or letter.get("sender"))
    signal = Signal(
        action=_action(states, text),
        dedup_key=values.key(subject.upper()) or values.hashed("mail", author),
        happened_at=parse_lenient(letter.get("date"), default=received_at),
        summary=values.summary(subject, details)
        or values.name(text.partition("\n")[0])
        or "A mail without a subject",
        source=author,
        severity=_severity(states, letter, details),
        details=details,
    )
    return Parsed((signal,))


def stripped(subject: str) -> tuple[str, list[str]]:
    """The subject without what replies and states put before it, and the states' words in lower case."""
    states: list[str] = []
    rest = subject.strip()
    for _ in range(MOST_WORDS):
        answered = _ANSWERED.match(rest)
        led = _BRACKETED.match(rest) or _LED.match(rest)
        if answered:
            rest = rest[answered.end() :]
        elif led and led[1].lower() in STATES and rest[led.end() :].strip():
            states.append(led[1].lower())
            rest = rest[led.end() :]
        else:
            break
    return rest.strip() or subject.strip(), states


def _action(states: list[str], text: str) -> Action:
    first = next((line for line in text.split("\n") if line.strip()), "")
    alone = _LINE.fullmatch(first[:100])
    words = [*states, *([alone[1].lower()] if alone else [])]
    if any(word in RESOLVE for word in words):
        return "resolve"
    return "acknowledge" if any(word in ACKNOWLEDGE for word in words) else "trigger"


def _severity(states: list[str], letter: Mapping[str, Any], details: dict[str, Any]) -> Severity:
    """What a word before the subject says, else what the mail's own importance does; error where neither speaks."""
    known = [word for word in states if word not in ("alert", "ok", "up") and values.known_severity(word)]
    if known:
        return values.severity(known[0], details)
    importance = values.name(letter.get("importance")).lower() or values.name(letter.get("x_priority"))[:1]
    return "warning" if importance in ("low", "4", "5") else "error"


def _details(letter: Mapping[str, Any], text: str) -> dict[str, Any]:
    found: dict[str, Any] = {"text": text} if text else {}
    shown = {name: values.name(letter.get(name)) for name in ("from", "to", "recipient", "message_id")}
    attached = [
        values.name(values.mapping(each).get("name")) for each in values.items(letter.get("attachments"))
    ]
    found |= {name: value for name, value in shown.items() if value}
    return found | ({"attachments": [name for name in attached if name]} if any(attached) else {})
