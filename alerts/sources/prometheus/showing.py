"""Alerts and silences as Alertmanager's API shows them. Source: prometheus/alertmanager, api/v2/openapi.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from alerts.matching import Subject, Test, compiled
from alerts.models import Alert, Integration, Mute
from alerts.sources.alertmanager.reading import fingerprint
from alerts.sources.prometheus.matchers import Condition, to_json

# The alert's own end is not known while it has none: far enough away, and a time that every client reads.
_NO_END = datetime(2100, 1, 1, tzinfo=UTC)
STARTED = datetime.now(UTC)


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as strfmt.DateTime writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def status() -> dict[str, Any]:
    """What amtool asks before everything else. The version is of the API that we keep to, not of a program."""
    version = {"version": "0.25.0", "branch": "HEAD", "revision": "tocsin", "goVersion": "none"}
    return {
        "cluster": {"status": "disabled", "name": "tocsin", "peers": []},
        "versionInfo": {**version, "buildUser": "tocsin", "buildDate": "none"},
        "config": {"original": "# Routes, mutes and receivers are set in Tocsin.\n"},
        "uptime": instant(STARTED),
    }


def labels_of(alert: Alert) -> dict[str, str]:
    """The labels as they were sent; those kept for matching may be cut."""
    sent = alert.details.get("labels")
    return sent if isinstance(sent, dict) else alert.labels


def subject_of(alert: Alert, now: datetime) -> Subject:
    """What matchers on labels are asked about."""
    return Subject(at=now, labels=labels_of(alert))


def alert_shown(alert: Alert, receiver: str, silenced_by: Sequence[str]) -> dict[str, Any]:
    """A gettableAlert. `silenced_by` are the silences that cover it."""
    annotations = alert.details.get("annotations")
    labels = labels_of(alert)
    return {
        "annotations": annotations if isinstance(annotations, dict) else {"summary": alert.summary},
        "endsAt": instant(alert.expires_at or _NO_END),
        "fingerprint": fingerprint(labels),
        "receivers": [{"name": receiver}],
        "startsAt": instant(alert.started_at),
        "status": {
            "inhibitedBy": [],
            "mutedBy": [],
            "silencedBy": list(silenced_by),
            "state": "suppressed" if silenced_by else "active",
        },
        "updatedAt": instant(alert.last_seen_at),
        "generatorURL": str(alert.details.get("generatorURL") or ""),
        "labels": labels,
    }


def state_of(mute: Mute, now: datetime) -> str:
    """Pending, active or expired."""
    if mute.ended_at is not None or mute.ends_at <= now:
        return "expired"
    return "pending" if mute.starts_at > now else "active"


def silence_shown(mute: Mute, now: datetime) -> dict[str, Any]:
    """A gettableSilence."""
    return {
        "id": str(mute.uid),
        "status": {"state": state_of(mute, now)},
        "updatedAt": instant(mute.created_at),
        "comment": mute.name,
        "createdBy": mute.created_by_name,
        "startsAt": instant(mute.starts_at),
        "endsAt": instant(mute.ended_at or mute.ends_at),
        "matchers": to_json(mute.matchers),
    }


def covering(mutes: Iterable[Mute], now: datetime) -> list[tuple[str, Test]]:
    """The silences that hold at this moment, each with its question."""
    active = [mute for mute in mutes if state_of(mute, now) == "active"]
    return [(str(mute.uid), compiled(_on_labels(mute.matchers))) for mute in active]


def silencers(alert: Alert, asked: Sequence[tuple[str, Test]], now: datetime) -> list[str]:
    """Which silences cover the alert: those made here, and whatever mute the engine holds it under."""
    subject = subject_of(alert, now)
    found = [uid for uid, test in asked if test(subject)]
    held = alert.mute
    if held is not None and state_of(held, now) == "active" and str(held.uid) not in found:
        found.append(str(held.uid))
    return found


def receiver_of(integration: Integration) -> str:
    """What stands for a receiver: the service whose people are paged."""
    return integration.service.slug


def _on_labels(conditions: Sequence[Condition]) -> list[Condition]:
    return [each for each in conditions if str(each.get("field")).startswith("labels.")]
