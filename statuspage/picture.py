"""What a status page shows at one moment, as values: no Django, no clock, nothing internal.

Only what stands in these classes can reach the public: an incident has a title here, but no severity, no
people and no alerts. The words of statuses, phases and indicators are those of Statuspage's public API v2.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise, takewhile

OPERATIONAL = "operational"
MAINTENANCE = "under_maintenance"
DEGRADED = "degraded_performance"
PARTIAL = "partial_outage"
MAJOR = "major_outage"
RESOLVED = "resolved"

# From best to worst, as Statuspage ranks them.
STATUSES = (OPERATIONAL, MAINTENANCE, DEGRADED, PARTIAL, MAJOR)
# Statuspage derives an incident's impact from what it does to components.
IMPACTS = {
    OPERATIONAL: "none",
    MAINTENANCE: "maintenance",
    DEGRADED: "minor",
    PARTIAL: "major",
    MAJOR: "critical",
}


def worst(statuses: Iterable[str]) -> str:
    """The worst of the statuses; operational when there is none."""
    return max(statuses, key=STATUSES.index, default=OPERATIONAL)


@dataclass(frozen=True, slots=True)
class PublicUpdate:
    """What customers were told at one moment. `body` is Markdown."""

    id: str
    phase: str
    impact: str
    body: str
    at: datetime

    @property
    def effect(self) -> str:
        """What it says of the components: those of a resolved incident work again."""
        return OPERATIONAL if self.phase == RESOLVED else self.impact


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open stretch of time in which components had a status; `end` None: it lasts."""

    start: datetime
    end: datetime | None
    status: str


@dataclass(frozen=True, slots=True)
class PublicIncident:
    """An incident as customers see it. `updates` are oldest first and never empty."""

    id: str
    title: str
    started_at: datetime
    closed_at: datetime | None
    component_ids: tuple[str, ...]
    updates: tuple[PublicUpdate, ...]

    @property
    def newest(self) -> PublicUpdate:
        return self.updates[-1]

    @property
    def created_at(self) -> datetime:
        return self.updates[0].at

    @property
    def ended_at(self) -> datetime | None:
        """When customers were told that it is over, or when it was closed, whichever came first."""
        resolved = list(takewhile(lambda update: update.phase == RESOLVED, reversed(self.updates)))
        ends = [resolved[-1].at] if resolved else []
        return min([*ends, *([self.closed_at] if self.closed_at else [])], default=None)

    @property
    def is_open(self) -> bool:
        return self.ended_at is None

    @property
    def phase(self) -> str:
        return self.newest.phase if self.is_open else RESOLVED

    @property
    def status(self) -> str:
        """What it does to its components now."""
        return self.newest.effect if self.is_open else OPERATIONAL

    @property
    def worst_status(self) -> str:
        return worst(update.effect for update in self.updates)

    @property
    def monitoring_at(self) -> datetime | None:
        return next((update.at for update in self.updates if update.phase == "monitoring"), None)

    @property
    def changed_at(self) -> datetime:
        return max(self.newest.at, self.ended_at or self.newest.at)

    def spans(self) -> list[Span]:
        """Which status its components had when; what the first update said holds from the start."""
        begins = [min(self.started_at, self.created_at), *(update.at for update in self.updates[1:])]
        stretches = zip(self.updates, pairwise([*begins, self.ended_at]), strict=True)
        ended = self.ended_at
        return [
            Span(start, _earlier(end, ended), update.effect)
            for update, (start, end) in stretches
            if start is not None and (ended is None or start < ended)
        ]


def _earlier(left: datetime | None, right: datetime | None) -> datetime | None:
    return min([moment for moment in (left, right) if moment], default=None)


@dataclass(frozen=True, slots=True)
class PublicComponent:
    """A part of the product with its status now; `updated_at` is when that or its words last changed."""

    id: str
    name: str
    description: str
    group: str
    status: str
    override: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Overall:
    """The page in one word and one sentence, in Statuspage's own."""

    indicator: str
    description: str


@dataclass(frozen=True, slots=True)
class Frame:
    """What every file of a page shares."""

    id: str
    name: str
    slug: str
    url: str
    headline: str
    support_url: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A whole page at `now`; components in their order, incidents open ones first, then newest first."""

    frame: Frame
    updated_at: datetime
    components: tuple[PublicComponent, ...]
    incidents: tuple[PublicIncident, ...]
    now: datetime

    @property
    def open_incidents(self) -> list[PublicIncident]:
        return [incident for incident in self.incidents if incident.is_open]

    @property
    def overall(self) -> Overall:
        return roll_up([component.status for component in self.components])

    def newest_incidents(self, limit: int) -> list[PublicIncident]:
        """By when customers first heard of them, newest first."""
        return sorted(self.incidents, key=lambda incident: incident.created_at, reverse=True)[:limit]

    def components_of(self, incident: PublicIncident) -> list[PublicComponent]:
        return [component for component in self.components if component.id in incident.component_ids]

    def incidents_of(self, component: PublicComponent) -> list[PublicIncident]:
        return [incident for incident in self.incidents if component.id in incident.component_ids]

    def groups(self) -> list[tuple[str, list[PublicComponent]]]:
        """Components under their group's name, "" for none; groups stand where their first component stands."""
        grouped: dict[str, list[PublicComponent]] = {}
        for component in self.components:
            grouped.setdefault(component.group, []).append(component)
        return list(grouped.items())


def roll_up(statuses: Sequence[str]) -> Overall:
    """The page's status from its components' alone, whatever incidents say.

    Measured on 10,000 captures of a public Statuspage (open incidents over working components stay "none");
    the texts for all components degraded or down are from Atlassian's documentation.
    """
    everywhere = len(set(statuses)) == 1
    match worst(statuses):
        case "major_outage":
            return (
                Overall("critical", "Major System Outage")
                if everywhere
                else Overall("major", "Partial System Outage")
            )
        case "partial_outage":
            return Overall("minor", "Minor Service Outage")
        case "degraded_performance":
            return Overall("minor", "Degraded System Service" if everywhere else "Partially Degraded Service")
        case "under_maintenance":
            return Overall("maintenance", "Service Under Maintenance")
    return Overall("none", "All Systems Operational")
