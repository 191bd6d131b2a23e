"""What an event is by its type: a change, or something that fires, is acknowledged or ends."""

from __future__ import annotations

import re
from typing import Literal

from alerts.sources.base import Action

ChangeKind = Literal["deploy", "flag", "config", "other"]

CDEVENTS, CDEVENTS_INCIDENT = "dev.cdevents.", "dev.cdevents.incident."
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_VERSION = re.compile(r"\.v?[0-9][0-9a-z.-]*$")

_DEPLOY = frozenset(
    (
        *("deploy", "deployed", "deployment", "deploying", "rollout", "rollback", "rolledback"),
        *("released", "release", "upgraded"),
    )
)
_FLAG = frozenset(("flag", "featureflag", "toggle"))
_CONFIG = frozenset(("configuration", "config", "configchange"))
_RESOLVE = frozenset(
    (
        *("resolve", "resolved", "recovered", "recovery", "closed", "cleared", "ok", "healthy", "up"),
        *("normal", "ended", "fixed", "inactive"),
    )
)
_ACKNOWLEDGE = frozenset(("acknowledge", "acknowledged", "ack", "acked"))
_TRIGGER = frozenset(
    (
        *("trigger", "triggered", "firing", "fired", "fire", "alert", "alarm", "alarmed", "opened"),
        *("open", "created", "problem", "down", "failed", "failure", "detected", "reported", "raised"),
        *("active", "started", "degraded", "unhealthy", "error", "warning", "critical"),
    )
)
_ALERTING = frozenset(("alert", "alarm", "incident", "problem", "monitor"))
# A config.error is something wrong with a configuration; a deployment.failed is still about that deployment.
_WRONG = frozenset(("failed", "failure", "error", "down", "critical", "unhealthy", "degraded", "warning"))


def words(kind: str) -> list[str]:
    """The words of a type in lower case: "com.example.AlertFired" is com, example, alert, fired."""
    return [word.lower() for word in _WORDS.findall(_VERSION.sub("", kind))]


def change_kind(kind: str) -> ChangeKind | None:
    """What kind of change the type names; None where it is none.

    All of CDEvents but its incidents are changes. A type that speaks of an alert is none, whatever else it says.
    """
    if kind.startswith(CDEVENTS):
        return None if kind.startswith(CDEVENTS_INCIDENT) else _of_cdevents(kind)
    found = set(words(kind))
    if found & _ALERTING:
        return None
    if found & _DEPLOY:
        return "deploy"
    if found & _WRONG:
        return None
    return "flag" if found & _FLAG else "config" if found & _CONFIG else None


def _of_cdevents(kind: str) -> ChangeKind:
    return "deploy" if kind.startswith((f"{CDEVENTS}service.", f"{CDEVENTS}environment.")) else "other"


def action(kind: str) -> tuple[Action | None, str]:
    """What the last word of the type says happened, None where it says nothing of the kind, and the rest of the type,
    which is the same for the beginning and the end of one condition."""
    bare = _VERSION.sub("", kind)
    last = (words(bare) or [""])[-1]
    found: Action | None = (
        "resolve"
        if last in _RESOLVE
        else "acknowledge"
        if last in _ACKNOWLEDGE
        else "trigger"
        if last in _TRIGGER
        else None
    )
    stem = re.sub(rf"[^0-9A-Za-z]*{re.escape(last)}$", "", bare, flags=re.IGNORECASE) if found else bare
    return found, stem or bare
