"""Opening incidents: for alerts, in bulk, and by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from accounts.models import User
from catalog.models import Service
from incidents import signals
from incidents.actions import rooms
from incidents.actions.paging import start
from incidents.actions.timeline import Entry, append
from incidents.models import EntryKind, IdempotencyKey, Incident, RoleAssignment, RoleName, Severity, State
from lib.text import clean, one_line
from notifications.models import Urgency

TITLE, SUMMARY = 300, 10_000


@dataclass(frozen=True, slots=True)
class Opening:
    """An incident that alerts ask for. `entry` is the sentence with which its timeline begins, `notes` stand behind it.

    Without `pages` it is only recorded: nobody is paged. `group_key` is what its alerts have in common.
    """

    service: Service
    title: str
    summary: str
    urgency: str
    source: str
    started_at: datetime
    entry: str
    data: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    pages: bool = True
    group_key: str = ""


class KeyReused(Exception):
    """The same Idempotency-Key came with another request body."""


def open_for_alerts(*, openings: Sequence[Opening], now: datetime) -> list[Incident]:
    """Incidents in triage that page from now on, in the order given. Runs in the caller's transaction."""
    incidents = Incident.objects.bulk_create([_in_triage(opening, now) for opening in openings])
    opened = list(zip(incidents, openings, strict=True))
    append([(incident, _beginning(opening)) for incident, opening in opened], now=now)
    start(incidents=[incident for incident, opening in opened if opening.pages], now=now)
    rooms.opened(incidents=incidents, now=now)
    signals.announce_all([incident.pk for incident in incidents], "opened")
    return incidents


def _beginning(opening: Opening) -> list[Entry]:
    first = Entry(EntryKind.OPENED, opening.entry, data=opening.data, happened_at=opening.started_at)
    return [first, *(Entry(EntryKind.ALERT, text) for text in opening.notes)]


def _in_triage(opening: Opening, now: datetime) -> Incident:
    return Incident(
        title=one_line(opening.title, TITLE),
        summary=clean(opening.summary, SUMMARY),
        service=opening.service,
        urgency=opening.urgency,
        source=opening.source,
        group_key=opening.group_key,
        started_at=opening.started_at,
        created_at=now,
    )


def urgency_of(severity: int) -> Urgency:
    """How people are told of an incident that is declared with that severity: SEV4 does not wake anybody."""
    return Urgency.LOW if severity >= Severity.SEV4 else Urgency.HIGH


@transaction.atomic
def declare_new(
    *,
    actor: User,
    service: Service,
    title: str,
    severity: int,
    now: datetime,
    summary: str = "",
    page: bool = True,
    started_at: datetime | None = None,
) -> Incident:
    """An incident declared by a person: active at once, led by them, and paging unless they say otherwise."""
    incident = Incident.objects.create(
        title=one_line(title, TITLE),
        summary=clean(summary, SUMMARY),
        service=service,
        state=State.ACTIVE,
        severity=severity,
        urgency=urgency_of(severity),
        source="person",
        created_by=actor,
        started_at=started_at or now,
        created_at=now,
        declared_at=now,
    )
    RoleAssignment.objects.create(incident=incident, role=RoleName.COMMANDER, user=actor, assigned_at=now)
    append([(incident, _first_words(actor, severity, started_at))], now=now)
    if page:
        start(incidents=[incident], now=now)
    rooms.opened(incidents=[incident], now=now)
    signals.announce(incident.pk, "opened")
    return incident


def _first_words(actor: User, severity: int, started_at: datetime | None) -> list[Entry]:
    declared = f"Declared as {Severity(severity).label}"
    leads = {"role": "commander", "user": actor.pk}
    return [
        Entry(EntryKind.OPENED, declared, actor, {"severity": severity}, happened_at=started_at),
        Entry(EntryKind.ROLE, f"{actor} leads as incident commander", actor, leads),
    ]


@transaction.atomic
def declare_once(
    *, actor: User, key: str, fingerprint: str, now: datetime, **fields: Any
) -> tuple[Incident, bool]:
    """`declare_new`, but the same `key` of the same person opens one incident only; says whether it is new.

    `fingerprint` is a digest of the request: the same key with another request raises KeyReused. Of two requests at
    once the second waits for the first one's transaction and then finds its incident.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"idempotency:{actor.pk}:{key}"]
        )
    known = IdempotencyKey.objects.select_related("incident").filter(user=actor, key=key).first()
    if known is None:
        incident = declare_new(actor=actor, now=now, **fields)
        IdempotencyKey.objects.create(
            user=actor, key=key, fingerprint=fingerprint, incident=incident, created_at=now
        )
        return incident, True
    if known.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was used for a different request. Use a new key.")
    return known.incident, False
