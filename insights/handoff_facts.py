"""What a hand-off note says: facts, section by section, read for many hand-offs in a fixed number of queries.

Facts are stored as JSON: moments under names that end in "_at" as ISO 8601 in UTC, people as {"id", "name"}, so that
a note stays what it was when it was written. Another section is one more line in SECTIONS and a template.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from catalog.models import Change, Service
from incidents.messages import subject_of
from incidents.models import DECLARED, Incident, RoleAssignment, RoleName, Update
from insights.handoff_muted import Quiet, Waiting, quiet, span_of, waiting
from insights.handoff_times import Handoff
from lib.intervals import Interval
from notifications.models import Delivery, DeliveryKind
from oncall.reports.pieces import is_night

MOST = 50
"""Of each list; "more" says how many are left out."""

UPDATE_AFTER = timedelta(hours=1)
"""A declared incident whose last update is older than this is due for one."""


@dataclass(frozen=True, slots=True)
class Paged:
    """A page that reached somebody, by the incident that it was about."""

    incident: int
    person: User
    at: datetime


@dataclass(slots=True)
class Ending:
    """A hand-off with all that happened about the services whose policies page the schedule."""

    handoff: Handoff
    services: dict[int, str] = field(default_factory=dict)
    incidents: list[Incident] = field(default_factory=list)
    pages: list[Paged] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    updated: dict[int, datetime] = field(default_factory=dict)
    quiet: list[Quiet] = field(default_factory=list)
    waiting: dict[int, Waiting] = field(default_factory=dict)

    @property
    def open(self) -> list[Incident]:
        """Opened before the hand-off, and not closed by then."""
        at = self.handoff.at
        return [
            each
            for each in self.incidents
            if each.created_at < at and (not each.closed_at or each.closed_at >= at)
        ]

    def during(self, moment: datetime | None) -> bool:
        """Whether that was on the shift that ended."""
        return moment is not None and self.handoff.since <= moment < self.handoff.at


@dataclass(frozen=True, slots=True)
class Section:
    """`read(ending)` gives the facts, or nothing where there is nothing to say. Stored under `name`."""

    name: str
    title: Promise
    read: Callable[[Ending], Any]

    @property
    def template(self) -> str:
        return f"insights/handoff/_{self.name}.html"


def bodies(handoffs: Sequence[Handoff]) -> list[dict[str, Any]]:
    """The body of the note for each hand-off."""
    return [
        {section.name: facts for section in SECTIONS if (facts := section.read(ending))}
        for ending in _endings(handoffs)
    ]


def _endings(handoffs: Sequence[Handoff]) -> list[Ending]:
    endings = [Ending(each) for each in handoffs]
    if not endings:
        return []
    _add_services(endings)
    services = {service for ending in endings for service in ending.services}
    since, at = min(each.since for each in handoffs), max(each.at for each in handoffs)
    incidents = list(_incidents(services, since, at))
    changes = list(Change.objects.filter(service__in=services, happened_at__gte=since, happened_at__lt=at))
    pages, updated = _pages(incidents, since, at), _updated(incidents)
    silent = quiet(services, min(each.at for each in handoffs), at)
    held = waiting(each.pk for each in incidents if each.is_open)
    for ending in endings:
        _fill(ending, incidents, changes, pages)
        ending.updated, ending.waiting = updated, held
        ending.quiet = [each for each in silent if each.services & set(ending.services)]
    return endings


def _add_services(endings: Iterable[Ending]) -> None:
    """By name, those of policies with a step that pages the schedule itself."""
    by_schedule: defaultdict[int, dict[int, str]] = defaultdict(dict)
    schedules = [ending.handoff.schedule for ending in endings]
    rows = Service.objects.filter(policy__steps__targets__schedule__in=schedules).distinct()
    for schedule, pk, name in rows.values_list("policy__steps__targets__schedule", "pk", "name"):
        by_schedule[schedule][pk] = name
    for ending in endings:
        ending.services = by_schedule[ending.handoff.schedule]


def _incidents(services: Collection[int], since: datetime, at: datetime) -> Any:
    """Everything that was open at some time between, worst first."""
    leaders = RoleAssignment.objects.filter(role=RoleName.COMMANDER).select_related("user")
    return (
        Incident.objects.filter(
            Q(closed_at=None) | Q(closed_at__gte=since), service__in=services, created_at__lt=at
        )
        .defer("search", "summary")
        .prefetch_related(Prefetch("roles", queryset=leaders, to_attr="leaders"))
        .order_by("severity", "created_at", "id")
    )


def _pages(incidents: Iterable[Incident], since: datetime, at: datetime) -> list[Paged]:
    """One for each person and step of which a message was sent, by when the first one was."""
    subjects = {subject_of(each): each.pk for each in incidents}
    rows = Delivery.objects.filter(
        subject__in=list(subjects), kind=DeliveryKind.PAGE, sent_at__lt=at
    ).values_list("group", "subject", "user_id", "sent_at")
    first: dict[str, tuple[str, int, datetime]] = {}
    for group, subject, user, sent_at in rows.order_by("sent_at", "id"):
        if user and sent_at:
            first.setdefault(group, (subject, user, sent_at))
    people: dict[int, User] = User.objects.in_bulk({user for _subject, user, _at in first.values()})
    return [
        Paged(subjects[subject], people[user], sent_at)
        for subject, user, sent_at in first.values()
        if sent_at >= since
    ]


def _updated(incidents: Iterable[Incident]) -> dict[int, datetime]:
    """When the last update on each declared incident was written, else when it was declared."""
    declared = {each.pk: each.declared_at or each.created_at for each in incidents if each.is_declared}
    rows = Update.objects.filter(incident__in=list(declared)).order_by("created_at")
    return {**declared, **dict(rows.values_list("incident_id", "created_at"))}


def _fill(
    ending: Ending, incidents: Iterable[Incident], changes: Iterable[Change], pages: Iterable[Paged]
) -> None:
    since, at = ending.handoff.since, ending.handoff.at
    ending.incidents = [
        each
        for each in incidents
        if each.service_id in ending.services
        and each.created_at < at
        and (each.closed_at is None or each.closed_at >= since)
    ]
    theirs = {each.pk for each in ending.incidents}
    ending.pages = [each for each in pages if each.incident in theirs and ending.during(each.at)]
    ending.changes = [
        each for each in changes if each.service_id in ending.services and ending.during(each.happened_at)
    ]


# --- The sections


def _open(ending: Ending) -> dict[str, Any] | None:
    return _listed([_incident(each, ending) for each in ending.open])


def _due(ending: Ending) -> dict[str, Any] | None:
    at = ending.handoff.at
    due = [
        {**_incident(each, ending), "updated_at": ending.updated[each.pk].isoformat()}
        for each in ending.open
        if each.state in DECLARED and ending.updated[each.pk] + UPDATE_AFTER <= at
    ]
    return _listed(due)


def _muted(ending: Ending) -> dict[str, Any] | None:
    """What may not page on the shift that begins, and until when."""
    at, shift = ending.handoff.at, ending.handoff.at - ending.handoff.since
    mutes = [(each, span) for each in ending.quiet if (span := span_of(each, at, shift))]
    rows = [_mute(each, span, at) for each, span in sorted(mutes, key=lambda pair: pair[1].start)]
    held = [
        {**_incident(each, ending), "why": found.why, "next_at": found.until.isoformat()}
        for each in ending.open
        if (found := ending.waiting.get(each.pk))
    ]
    if not rows and not held:
        return None
    return {**(_listed(rows) or {"rows": [], "count": 0, "more": 0}), "waiting": held[:MOST]}


def _mute(each: Quiet, span: Interval, at: datetime) -> dict[str, Any]:
    return {
        "id": each.mute.pk,
        "name": each.mute.name,
        "covers": each.covers,
        "repeats": each.repeats,
        "is_on": span.start <= at,
        "starts_at": span.start.isoformat(),
        "ends_at": span.end.isoformat(),
    }


def _happened(ending: Ending) -> dict[str, Any]:
    opened = [_incident(each, ending) for each in ending.incidents if ending.during(each.created_at)]
    closed = [_incident(each, ending) for each in ending.incidents if ending.during(each.closed_at)]
    return {
        "opened": _listed(opened),
        "closed": _listed(closed),
        "pages": len(ending.pages),
        "paged": _paged(ending.pages),
    }


def _changes(ending: Ending) -> dict[str, Any] | None:
    return _listed(
        [
            {
                "summary": each.summary,
                "source": each.source,
                "service": ending.services[each.service_id],
                "happened_at": each.happened_at.isoformat(),
            }
            for each in sorted(ending.changes, key=lambda change: change.happened_at, reverse=True)
        ]
    )


SECTIONS = (
    Section("open", _("Open at the hand-off"), _open),
    Section("due", _("Updates due"), _due),
    Section("muted", _("Muted, and until when"), _muted),
    Section("happened", _("On the shift"), _happened),
    Section("changes", _("Changes"), _changes),
)
"""In the order in which whoever takes over needs them."""


def _listed(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    return {"rows": rows[:MOST], "count": len(rows), "more": max(len(rows) - MOST, 0)} if rows else None


def _incident(incident: Incident, ending: Ending) -> dict[str, Any]:
    leaders: list[RoleAssignment] = getattr(incident, "leaders", [])
    return {
        "number": incident.pk,
        "title": incident.title,
        "severity": incident.severity,
        "state": incident.state,
        "service": ending.services[incident.service_id],
        "is_drill": incident.is_drill,
        "started_at": incident.started_at.isoformat(),
        "commander": _named(leaders[0].user) if leaders else None,
    }


def _paged(pages: Iterable[Paged]) -> list[dict[str, Any]]:
    """Who was paged how often, and how often of that in their own night."""
    found: defaultdict[User, list[datetime]] = defaultdict(list)
    for page in pages:
        found[page.person].append(page.at)
    rows = [
        {"person": _named(person), "pages": len(moments), "woken": _woken(moments, person.zone)}
        for person, moments in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["pages"], row["person"]["name"]))


def _woken(moments: Iterable[datetime], zone: ZoneInfo) -> int:
    return sum(is_night(each, zone) for each in moments)


def _named(person: User) -> dict[str, Any]:
    return {"id": person.pk, "name": str(person)}
