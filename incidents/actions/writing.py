"""What people write into an incident: notes, updates, roles, corrections."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from incidents import signals
from incidents.actions import rooms
from incidents.actions.paging import look_again
from incidents.actions.timeline import Entry, append, lock
from incidents.models import (
    WRITTEN,
    EntryKind,
    Impact,
    Incident,
    Phase,
    RoleAssignment,
    RoleName,
    Severity,
    TimelineEntry,
    Update,
)
from lib.text import clean, one_line


class NothingWritten(ValueError):
    """The text is empty."""


class FutureTime(ValueError):
    """Something cannot have happened that is yet to come."""


@transaction.atomic
def add_note(
    *,
    incident_id: int,
    actor: User,
    text: str,
    now: datetime,
    kind: str = EntryKind.NOTE,
    happened_at: datetime | None = None,
) -> TimelineEntry:
    """A note, an action, a hypothesis or a decision, in Markdown. Raises NothingWritten, FutureTime.

    `happened_at` may lie in the past: what was done at 03:10 is often written down at 03:40.
    """
    if kind not in WRITTEN:
        raise ValueError(f"{kind} entries are written by Tocsin itself")
    body = clean(text, 20_000).strip()
    if not body:
        raise NothingWritten("Write something first.")
    if happened_at and happened_at > now:
        raise FutureTime("That time is in the future.")
    incident = lock(incident_id)
    [entry] = append([(incident, [Entry(kind, body, actor, happened_at=happened_at)])], now=now)
    signals.announce(incident.pk, "timeline")
    return entry


@transaction.atomic
def publish_update(
    *, incident_id: int, actor: User, phase: str, impact: str, body: str, is_public: bool, now: datetime
) -> Update:
    """Where it stands, for colleagues or for customers; sets what customers feel. Raises NothingWritten."""
    text = clean(body, 10_000).strip()
    if not text:
        raise NothingWritten("Say what customers should know.")
    incident = lock(incident_id)
    effect = Impact.NONE if phase == Phase.RESOLVED else impact
    update = Update.objects.create(
        incident=incident,
        phase=phase,
        impact=effect,
        body=text,
        is_public=is_public,
        author=actor,
        created_at=now,
    )
    Incident.objects.filter(pk=incident.pk).update(impact=effect)
    incident.impact = effect
    data = {"update": update.pk, "phase": phase, "impact": effect, "public": is_public}
    append([(incident, [Entry(EntryKind.UPDATE, text, actor, data)])], now=now)
    signals.announce(incident.pk, "update")
    return update


@transaction.atomic
def assign_role(*, incident_id: int, actor: User, role: str, user: User, now: datetime) -> RoleAssignment:
    """Hand a role to somebody; whoever held it is relieved."""
    incident = lock(incident_id)
    assignment, _created = RoleAssignment.objects.update_or_create(
        incident=incident, role=role, defaults={"user": user, "assigned_at": now}
    )
    text = f"{RoleName(role).label}: {user}"
    append([(incident, [Entry(EntryKind.ROLE, text, actor, {"role": role, "user": user.pk})])], now=now)
    rooms.changed(incidents=[incident], now=now, is_move=False)
    signals.announce(incident.pk, "timeline")
    return assignment


@transaction.atomic
def correct(
    *,
    incident_id: int,
    actor: User,
    now: datetime,
    title: str | None = None,
    summary: str | None = None,
    severity: int | None = None,
) -> Incident:
    """Change title, summary or severity; each change stands on the timeline with what was there before."""
    incident = lock(incident_id)
    wanted: dict[str, object] = {}
    if title is not None:
        wanted["title"] = one_line(title, 300)
    if summary is not None:
        wanted["summary"] = clean(summary, 10_000)
    if severity is not None:
        wanted["severity"] = severity
    changed = {name: value for name, value in wanted.items() if getattr(incident, name) != value}
    if not changed:
        return incident
    if changed.get("title") == "":
        raise NothingWritten("An incident needs a title.")
    entries = [
        Entry(EntryKind.CHANGED, _said(incident, name, value), actor, {"field": name})
        for name, value in changed.items()
    ]
    Incident.objects.filter(pk=incident.pk).update(**changed)
    for name, value in changed.items():
        setattr(incident, name, value)
    append([(incident, entries)], now=now)
    rooms.changed(incidents=[incident], now=now, is_move=False)
    if "severity" in changed:
        look_again(incident_id=incident.pk, now=now)
    signals.announce(incident.pk, "state")
    return incident


def _said(incident: Incident, name: str, value: object) -> str:
    before = getattr(incident, name)
    if name == "severity":
        old = Severity(before).label if before else "no severity"
        return f"Severity changed from {old} to {Severity(int(str(value))).label}"
    if name == "summary":
        return "Summary rewritten"
    return f"Title changed from “{before}” to “{value}”"
