"""Sentry's issues, and the alerts, errors and comments that belong to one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alerts.sources import values
from alerts.sources.base import Action, Signal
from lib.times import parse_lenient

# "Archived" is Sentry's word for: tell nobody until it gets worse ("unresolved" comes then); "ignored" is its old one.
_ACTIONS: dict[str, Action] = {
    "created": "trigger",
    "unresolved": "trigger",
    "resolved": "resolve",
    "archived": "resolve",
    "ignored": "resolve",
    "assigned": "note",
}
_LEVELS = {"fatal": "critical", "sample": "info", "debug": "info"}
_OF_ISSUE = (
    "shortId",
    "culprit",
    "metadata",
    "count",
    "userCount",
    "firstSeen",
    "lastSeen",
    "platform",
    "substatus",
)
_OF_EVENT = (
    "event_id",
    "culprit",
    "metadata",
    "platform",
    "environment",
    "release",
    "location",
    "message",
    "request",
)


def of_issue(action: str, issue: dict[str, Any], body: dict[str, Any], now: datetime) -> Signal | None:
    """What became of an issue; None for an action that says nothing about it."""
    if action not in _ACTIONS:
        return None
    verb = _ACTIONS[action]
    details = {name: issue[name] for name in _OF_ISSUE if issue.get(name) not in (None, "", {})}
    title = values.summary(issue.get("title") or issue.get("shortId") or "Sentry issue", details)
    project = values.mapping(issue.get("project"))
    return Signal(
        action=verb,
        dedup_key=_key(issue.get("id")) or values.hashed(title),
        happened_at=parse_lenient(issue.get("firstSeen") if action == "created" else None, default=now),
        summary=_assigned(issue, body) if verb == "note" else title,
        source=values.name(project.get("slug") or project.get("name")) or "Sentry",
        severity=values.severity(_level(issue), details),
        component=values.name(issue.get("culprit")),
        rule=values.name(issue.get("shortId"), 200),
        labels=values.labels(
            {"project": project.get("slug"), "level": issue.get("level"), "platform": issue.get("platform")}
        ),
        details=details,
        links=values.named_links([("Issue", issue.get("permalink") or issue.get("web_url"))]),
        client="Sentry",
    )


def of_event(event: dict[str, Any], rule: str, now: datetime) -> Signal:
    """An issue alert that fired, or one error."""
    details = {name: event[name] for name in _OF_EVENT if event.get(name) not in (None, "", {}, [])}
    title = values.summary(event.get("title") or event.get("message") or "Sentry event", details)
    tags = _tags(event)
    named = {"project": _project(event), "level": event.get("level"), "environment": event.get("environment")}
    return Signal(
        action="trigger",
        dedup_key=_key(event.get("issue_id") or event.get("groupID")) or values.hashed(title),
        happened_at=parse_lenient(event.get("datetime") or event.get("timestamp"), default=now),
        summary=title,
        source=tags.get("server_name") or _project(event) or "Sentry",
        severity=values.severity(_level(event), details),
        component=values.name(event.get("culprit")),
        rule=values.name(rule, 200),
        labels=values.labels(tags | {name: text for name, text in named.items() if text}),
        details=details,
        links=values.named_links([("Event", event.get("web_url"))]),
        client="Sentry",
    )


def of_plugin(body: dict[str, Any], now: datetime) -> Signal:
    """The old WebHooks plugin's body: the event, with the project and the rules beside it."""
    event = values.mapping(body.get("event"))
    rules = [values.name(each) for each in values.items(body.get("triggering_rules"))]
    whole = {
        "issue_id": body.get("id"),
        "title": body.get("message") or event.get("title"),
        "web_url": body.get("url"),
        "project": body.get("project_slug") or body.get("project"),
    }
    copied = {
        name: body.get(name) or event.get(name)
        for name in ("level", "culprit", "tags", "environment", "timestamp")
    }
    return of_event(whole | copied, next((each for each in rules if each), ""), now)


def of_comment(data: dict[str, Any], body: dict[str, Any], now: datetime) -> Signal | None:
    """A sentence for the timeline; None where it belongs to no issue or says nothing."""
    key, said = _key(data.get("issue_id")), values.name(data.get("comment"), 500)
    if not key or not said:
        return None
    return Signal(
        action="note",
        dedup_key=key,
        happened_at=parse_lenient(data.get("timestamp"), default=now),
        summary=f"{_actor(body)} in Sentry: {said}",
        source=values.name(data.get("project_slug")) or "Sentry",
    )


def _key(number: object) -> str:
    found = values.name(number)
    return values.key(f"issue/{found}") if found else ""


def _assigned(issue: dict[str, Any], body: dict[str, Any]) -> str:
    to = values.mapping(issue.get("assignedTo"))
    whom = values.name(to.get("name") or to.get("email")) or "somebody"
    return f"{_actor(body)} assigned the issue to {whom} in Sentry"


def _actor(body: dict[str, Any]) -> str:
    return values.name(values.mapping(body.get("actor")).get("name"), 100) or "Somebody"


def _level(thing: dict[str, Any]) -> str:
    given = values.name(thing.get("level")).lower()
    return _LEVELS.get(given, given)


def _project(event: dict[str, Any]) -> str:
    """A slug or a number; some bodies have the whole project."""
    found = event.get("project")
    return values.name(values.mapping(found).get("slug") if isinstance(found, dict) else found)


def _tags(event: dict[str, Any]) -> dict[str, str]:
    """A list of pairs, or of objects with key and value."""
    found: dict[str, Any] = {}
    for each in values.items(event.get("tags")):
        if isinstance(each, list) and len(each) == 2:
            found[values.name(each[0])] = each[1]
        elif isinstance(each, dict):
            found[values.name(each.get("key"))] = each.get("value")
    return values.labels(found)
