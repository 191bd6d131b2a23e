"""New Relic's workflow webhook, by its default template or ours: one issue and its state.

States: CREATED and ACTIVATED fire, ACKNOWLEDGED acknowledges, CLOSED resolves; times are epoch milliseconds; the key is
the issue's id. What has `current_state` is the notification channel from before workflows (legacy.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.answers import answer, refusal, unreadable
from alerts.sources.base import Action, Parsed, Rejected, Signal
from alerts.sources.newrelic import legacy
from lib.times import parse_lenient

__all__ = ["answer", "check", "parse", "refusal", "unreadable"]

_ACTIONS: dict[str, Action] = {"acknowledged": "acknowledge", "closed": "resolve"}
_FIRING = ("created", "activated")
_LEFT_OUT = frozenset(
    ("id", "issueUrl", "title", "priority", "state", "createdAt", "updatedAt", "closedAt", "labels")
)


def check(obj: object, /) -> str:
    """Raise Rejected for what is no object, or an empty one."""
    if not isinstance(obj, dict):
        raise Rejected("The body is not a JSON object. Copy the payload anew from the integration's page.")
    if not obj:
        raise Rejected("The payload is empty. Copy it anew from the integration's page.")
    return ""


def parse(obj: object, /, *, received_at: datetime, dedup_key: str = "") -> Parsed:
    """Return one signal; `dedup_key` is not used, an issue has its own."""
    issue = values.mapping(obj)
    if "current_state" in issue:
        return legacy.parse(issue, received_at)
    state = values.name(issue.get("state")).lower()
    known = state in _ACTIONS or state in _FIRING
    notes = () if known else (f"The state “{state[:60]}” is not known and was taken as a trigger.",)
    return Parsed((_signal(issue, state, received_at),), notes=notes)


def _signal(issue: dict[str, Any], state: str, received_at: datetime) -> Signal:
    details = {
        name: each for name, each in issue.items() if name not in _LEFT_OUT and each not in (None, "", [], {})
    }
    conditions = _texts(issue.get("alertConditionNames"))
    policies = _texts(issue.get("alertPolicyNames"))
    title = next(iter(_texts(issue.get("title"))), "")
    return Signal(
        action=_ACTIONS.get(state, "trigger"),
        dedup_key=values.key(issue.get("id")) or values.hashed(title, conditions, policies),
        happened_at=parse_lenient(_when(issue, state), default=received_at),
        summary=values.summary(title or next(iter(conditions), "New Relic issue"), details),
        source=next(iter(_texts(issue.get("impactedEntities"))), "New Relic"),
        severity=values.severity(issue.get("priority"), details),
        component=next(iter(policies), ""),
        rule=values.name(next(iter(conditions), ""), 200),
        labels=_labels(issue, conditions, policies),
        details=details,
        links=_links(issue),
        images=values.images([{"src": issue.get("violationChartUrl"), "href": issue.get("issueUrl")}]),
        client="New Relic",
    )


def _texts(value: object) -> list[str]:
    """A list of names, or one; the templates write either."""
    found: Iterable[object] = value if isinstance(value, list) else [value]
    return [text for text in (values.name(each, values.WHOLE) for each in found) if text]


def _when(issue: dict[str, Any], state: str) -> object:
    return issue.get("closedAt") or issue.get("updatedAt") if state == "closed" else issue.get("createdAt")


def _labels(issue: dict[str, Any], conditions: list[str], policies: list[str]) -> dict[str, str]:
    own = {
        "condition": next(iter(conditions), ""),
        "policy": next(iter(policies), ""),
        "workflow": issue.get("workflowName"),
    }
    return values.labels(values.mapping(issue.get("labels")) | own)


def _links(issue: dict[str, Any]) -> list[dict[str, str]]:
    runbooks = [("Runbook", each) for each in _texts(issue.get("runbookUrl"))]
    return values.named_links([*runbooks, ("Issue", issue.get("issueUrl"))])[: values.MOST_LINKS]
