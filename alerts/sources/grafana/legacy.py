"""The webhook of Grafana 7 and before: one rule with its state.

Shape: ruleId, ruleName, ruleUrl, state (alerting, ok, no_data, paused, pending, unknown), title, message, imageUrl,
orgId, dashboardId, panelId, evalMatches [{metric, value, tags}], tags {}.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Parsed, Signal

_OVER = ("ok",)
_SILENT = ("paused", "pending", "unknown")
_KEPT = ("message", "evalMatches", "tags", "orgId", "dashboardId", "panelId")


def is_one(obj: dict[str, Any]) -> bool:
    """Whether an object without alerts is such a rule."""
    return "state" in obj and any(name in obj for name in ("ruleId", "ruleName", "ruleUrl"))


def parse(rule: dict[str, Any], received_at: datetime) -> Parsed:
    """A trigger or a resolve; a paused or pending rule says nothing about its condition."""
    state = values.name(rule.get("state")).lower()
    if state in _SILENT:
        return Parsed(notes=(f"The rule is “{state}”: that says nothing about its condition.",))
    return Parsed((_signal(rule, state, received_at),))


def _signal(rule: dict[str, Any], state: str, received_at: datetime) -> Signal:
    tags = values.mapping(rule.get("tags"))
    details = {name: rule[name] for name in _KEPT if rule.get(name) not in (None, "", {}, [])}
    name = values.name(rule.get("ruleName"), 200)
    return Signal(
        action="resolve" if state in _OVER else "trigger",
        dedup_key=_key(rule),
        happened_at=received_at,
        summary=_summary(rule, state, details),
        source=values.name(tags.get("instance") or tags.get("host")) or "Grafana",
        severity=values.severity(tags.get("severity"), details),
        component=values.name(tags.get("service")),
        rule=name,
        labels=values.labels(tags),
        details=details,
        links=values.named_links([("Rule", rule.get("ruleUrl"))]),
        images=values.images([{"src": rule.get("imageUrl"), "href": rule.get("ruleUrl")}]),
        client="Grafana",
    )


def _key(rule: dict[str, Any]) -> str:
    """The rule is the identity: each speaks for all of its series at once. Test messages have the id 0."""
    number = rule.get("ruleId")
    named = values.name(rule.get("ruleName"))
    return values.key(
        f"rule/{values.name(rule.get('orgId')) or 1}/{values.name(number) if number else named}"
    )


def _summary(rule: dict[str, Any], state: str, details: dict[str, Any]) -> str:
    prefix = "No data: " if state == "no_data" else ""
    said = values.name(rule.get("ruleName") or rule.get("title"), values.WHOLE)
    return values.summary(prefix + (said or "Alert"), details)
