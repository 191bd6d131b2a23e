"""The list of incidents: what pages the reader, what is open, worst first, and what is over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.db.models import Case, Exists, F, IntegerField, OuterRef, Prefetch, Q, QuerySet, Value, When
from django.db.models.functions import Left

from accounts.models import Team, User
from incidents.models import (
    WRITTEN,
    EntryKind,
    Escalation,
    Incident,
    IncidentQuerySet,
    RoleAssignment,
    RoleName,
    Severity,
    State,
    TimelineEntry,
)
from lib.markdown import plain
from lib.text import one_line

# What nobody has looked at may be anything: it stands after what is known to be bad, before what is known to be mild.
RANK = {Severity.SEV1: 0, Severity.SEV2: 1, Severity.SEV3: 3, Severity.SEV4: 4}
UNKNOWN = 2
UNASSESSED = "none"
LINE = 160
MOST_PAGING = 100


@dataclass(frozen=True, slots=True)
class LastLine:
    """The newest line of a timeline, without markup and cut to one line."""

    text: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """An incident in a list."""

    incident: Incident
    commander: User | None
    last: LastLine | None
    is_paging: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Open incidents of one severity; None where nobody has assessed them."""

    severity: int | None
    rows: tuple[Row, ...]


def matching(chosen: Mapping[str, Any], user: User) -> IncidentQuerySet:
    """What the filters leave, whatever its state. `chosen` is what IncidentSearch makes of the address."""
    found = Incident.objects.matching(chosen["q"]) if chosen.get("q") else Incident.objects.all()
    if chosen.get("service"):
        found = found.filter(service__slug=chosen["service"])
    if chosen.get("team"):
        found = found.filter(service__team__slug=chosen["team"])
    if chosen.get("severity"):
        wanted = chosen["severity"]
        found = found.filter(severity=None if wanted == UNASSESSED else int(wanted))
    return found.filter(_concerns(user)) if chosen.get("mine") else found


def _concerns(user: User) -> Q:
    """What pages them or did, what they answered or hold a role in, and what their teams own."""
    return (
        Q(acknowledged_by=user)
        | Q(created_by=user)
        | Q(id__in=RoleAssignment.objects.filter(user=user).values("incident_id"))
        | Q(id__in=Escalation.objects.filter(paged__contains=[user.pk]).values("incident_id"))
        | Q(service__team__in=Team.objects.of(user))
    )


def worst_first(found: QuerySet[Incident]) -> QuerySet[Incident]:
    """By severity, within it what nobody has answered first, then the newest."""
    rank = Case(
        *(When(severity=level, then=Value(place)) for level, place in RANK.items()),
        default=Value(UNKNOWN),
        output_field=IntegerField(),
    )
    answered = Case(When(state=State.TRIAGE, then=Value(0)), default=Value(1), output_field=IntegerField())
    return found.order_by(rank, answered, "-started_at", "-id")


def with_rows(found: QuerySet[Incident]) -> QuerySet[Incident]:
    """What `rows_of` needs, in two queries."""
    leaders = RoleAssignment.objects.filter(role=RoleName.COMMANDER).select_related("user")
    running = Escalation.objects.running().filter(incident=OuterRef("pk"))
    return (
        found.select_related("service")
        .defer("search")
        .annotate(paging_now=Exists(running))
        .prefetch_related(Prefetch("roles", queryset=leaders, to_attr="leaders"))
    )


def rows_of(incidents: Iterable[Incident]) -> list[Row]:
    """Rows of incidents that came `with_rows`. One more query, however many they are."""
    listed = list(incidents)
    lines = _last_lines([incident.pk for incident in listed])
    return [_row(incident, lines.get(incident.pk)) for incident in listed]


def _row(incident: Incident, last: LastLine | None) -> Row:
    leaders: list[RoleAssignment] = getattr(incident, "leaders", [])
    return Row(
        incident,
        leaders[0].user if leaders else None,
        last,
        bool(getattr(incident, "paging_now", False)),
    )


def _last_lines(ids: Sequence[int]) -> dict[int, LastLine]:
    newest = (
        TimelineEntry.objects.filter(incident_id__in=ids, number=F("incident__timeline_length"))
        .annotate(start=Left("text", 400))
        .values_list("incident_id", "kind", "start", "actor__name", "happened_at")
    )
    return {number: LastLine(_words(kind, start), who or "", at) for number, kind, start, who, at in newest}


def _words(kind: str, start: str) -> str:
    is_markdown = kind in WRITTEN or kind == EntryKind.UPDATE
    return one_line(plain(start) if is_markdown else start, LINE)


def by_severity(rows: Sequence[Row]) -> list[Group]:
    """Rows that come worst first, as groups with a heading each."""
    return [Group(level, tuple(found)) for level, found in groupby(rows, lambda row: row.incident.severity)]


def paging(user: User) -> list[Incident]:
    """What wakes this person now, longest waiting first, each with its service and its timer; MOST_PAGING at most."""
    return list(
        Incident.objects.paging(user)
        .select_related("service", "escalation")
        .defer("search", "escalation__plan")
        .order_by("created_at", "id")[:MOST_PAGING]
    )
