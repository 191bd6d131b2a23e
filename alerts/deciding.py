"""What becomes of an alert: which service it is about, how urgent it is, whether it pages, whether it is muted.

    ruling = Ruling.read(integration, now)           # what holds at this moment, read once for a batch
    decision = ruling.decide(signal, at)             # no query, but one look into the catalog where names are asked

    trial = Ruling.of(integration, routes=[unsaved])  # only what is given: for trying a route out
    trial.decide(signal, at).route                    # the very object that was given, or None

The first route whose conditions all hold decides; where none does, the alert is the integration's service's and pages:
no rule can lose an alert by being absent or broken. A mute is asked last, with the service that was found. Conditions
on `service`, `team` and `tier` see the integration's own service in routes (or the one that the integration's option
"service_from" names), the decided one in mutes; `service` and `team` are slugs. In mutes `severity` is the decided one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q

from alerts.directory import Directory, Place
from alerts.matching import BadMatcher, Subject, Test, compiled
from alerts.models import Alert, Integration, Mute, Outcome, Route
from alerts.sources.base import Signal

log = logging.getLogger(__name__)

LONGEST_WHY = 500


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one alert. `urgency` is empty where the severity tells it; `why` is for people."""

    service_id: int
    severity: str
    urgency: str = ""
    outcome: str = Outcome.PAGE
    route: Route | None = None
    mute: Mute | None = None
    pause: timedelta | None = None
    stale_after: timedelta | None = None
    why: str = ""

    @property
    def route_id(self) -> int | None:
        return self.route.pk if self.route else None

    @property
    def mute_id(self) -> int | None:
        return self.mute.pk if self.mute else None

    @property
    def pages(self) -> bool:
        """Whether somebody is paged for it at all, at once or after its pause."""
        return self.outcome == Outcome.PAGE and self.mute is None


@dataclass(frozen=True, slots=True)
class _Rule:
    route: Route
    test: Test


@dataclass(frozen=True, slots=True)
class _Cover:
    """A mute that holds now. `services` is empty where it covers any."""

    mute: Mute
    test: Test
    services: frozenset[int]

    def holds(self, subject: Subject, service_id: int) -> bool:
        return (not self.services or service_id in self.services) and self.test(subject)


@dataclass
class Ruling:
    """The routes and mutes that hold for one integration at one moment."""

    integration: Integration
    routes: Sequence[Route] = ()
    mutes: Sequence[tuple[Mute, Sequence[int]]] = ()
    directory: Directory = field(default_factory=Directory)

    @classmethod
    def read(cls, integration: Integration, now: datetime, directory: Directory | None = None) -> Ruling:
        """What holds now: one query for the routes, one for the mutes. Read the integration with service__team."""
        return cls(integration, list(_routes_of(integration)), open_mutes(now), directory or Directory())

    @classmethod
    def of(
        cls,
        integration: Integration,
        routes: Sequence[Route] = (),
        mutes: Sequence[tuple[Mute, Sequence[int]]] = (),
    ) -> Ruling:
        """Only what is given, in that order, saved or not, in use or not. A mute comes with its services' ids."""
        return cls(integration, list(routes), list(mutes))

    def decide(self, signal: Signal, at: datetime) -> Decision:
        """What becomes of a trigger that came in at `at`. Never fails and never drops: see the module."""
        if self._is_plain:
            return Decision(
                self.integration.service_id, signal.severity, stale_after=self.integration.stale_after
            )
        why: list[str] = []
        home = self._home(signal, at, why)
        rule = self._first(self.subject(signal, at, home))
        decision = self._routed(rule.route, signal, at, home, why) if rule else self._unrouted(signal, home)
        place, decided = decision
        mute = self._mute(self.subject(signal, at, place, decided.severity), place.id)
        return self._finished(decided, mute, why)

    def mute_of(self, alert: Alert, at: datetime) -> Mute | None:
        """The mute that holds for an alert whose service was decided before; `alert.service` with its team."""
        if not self._covers or alert.service is None:
            return None
        return self._mute(self.subject(told_by(alert), at, Place.of(alert.service)), alert.service.pk)

    def severity(self, route_id: int | None, signal: Signal) -> str:
        """The severity of one more firing of an alert that went by that route."""
        route = self._by_id.get(route_id) if route_id else None
        return (route.severity if route else "") or signal.severity

    def stale_after(self, route_id: int | None) -> timedelta | None:
        """How long one more firing keeps such an alert alive; None: until it is resolved."""
        route = self._by_id.get(route_id) if route_id else None
        return (route.stale_after if route else None) or self.integration.stale_after

    def subject(self, signal: Signal, at: datetime, place: Place, severity: str = "") -> Subject:
        """What conditions see of a signal on a service."""
        fields = {
            "summary": signal.summary,
            "severity": severity or signal.severity,
            "source": signal.source,
            "rule": signal.rule,
            "component": signal.component,
            "group": signal.group,
            "class": signal.class_,
            "kind": self.integration.kind,
            "integration": self.integration.name,
            "integration_id": str(self.integration.pk),
            "service": place.slug,
            "team": place.team,
            "tier": str(place.tier),
        }
        return Subject(at, fields, signal.labels, signal.details)

    @property
    def _is_plain(self) -> bool:
        return not (self.routes or self.mutes or self._named_by)

    @property
    def _named_by(self) -> str:
        return str(self.integration.options.get("service_from") or "")

    @cached_property
    def _rules(self) -> list[_Rule]:
        return [_Rule(route, test) for route in self.routes if (test := _tested(route))]

    @cached_property
    def _covers(self) -> list[_Cover]:
        return [
            _Cover(mute, test, self._covered(mute, services))
            for mute, services in self.mutes
            if (test := _tested(mute))
        ]

    @cached_property
    def _by_id(self) -> Mapping[int, Route]:
        return {route.pk: route for route in self.routes}

    def _covered(self, mute: Mute, services: Sequence[int]) -> frozenset[int]:
        if services and mute.with_dependents:
            return self.directory.with_dependents(services)
        return frozenset(services)

    def _home(self, signal: Signal, at: datetime, why: list[str]) -> Place:
        home = Place.of(self.integration.service)
        return self._named(self._named_by, signal, at, home, why) if self._named_by else home

    def _first(self, subject: Subject) -> _Rule | None:
        return next((rule for rule in self._rules if rule.test(subject)), None)

    def _mute(self, subject: Subject, service_id: int) -> Mute | None:
        return next((cover.mute for cover in self._covers if cover.holds(subject, service_id)), None)

    def _unrouted(self, signal: Signal, home: Place) -> tuple[Place, Decision]:
        return home, Decision(home.id, signal.severity, stale_after=self.integration.stale_after)

    def _routed(
        self, route: Route, signal: Signal, at: datetime, home: Place, why: list[str]
    ) -> tuple[Place, Decision]:
        why.append(f"by route “{route.name}”")
        place = Place.of(route.service) if route.service else home
        if route.service_from:
            place = self._named(route.service_from, signal, at, place, why)
        return place, Decision(
            service_id=place.id,
            severity=route.severity or signal.severity,
            urgency=route.urgency,
            outcome=route.outcome,
            route=route,
            pause=route.pause,
            stale_after=route.stale_after or self.integration.stale_after,
        )

    def _named(self, name: str, signal: Signal, at: datetime, otherwise: Place, why: list[str]) -> Place:
        """The service that a field names; `otherwise` where there is none, and that is said."""
        called = self.subject(signal, at, otherwise).value(name).strip()
        found = self.directory.find(called) if called else None
        if found:
            why.append(f"service named by {name}: {called[:80]}")
        else:
            said = f"is no service we know: “{called[:80]}”" if called else "is empty"
            why.append(f"{name} {said}, so it is {otherwise.name}’s")
        return found or otherwise

    def _finished(self, decided: Decision, mute: Mute | None, why: list[str]) -> Decision:
        if mute:
            why.append(f"muted by “{mute.name[:120]}”")
        said = "; ".join(why)[:LONGEST_WHY]
        return Decision(
            service_id=decided.service_id,
            severity=decided.severity,
            urgency=decided.urgency,
            outcome=decided.outcome,
            route=decided.route,
            mute=mute,
            pause=decided.pause,
            stale_after=decided.stale_after,
            why=said[:1].upper() + said[1:],
        )


def open_mutes(now: datetime) -> list[tuple[Mute, Sequence[int]]]:
    """The mutes that hold at that moment, each with its services' ids; the newest first."""
    rows = (
        Mute.objects.live()
        .filter(is_open=True, starts_at__lte=now)
        .annotate(covered=ArrayAgg("services", filter=Q(services__isnull=False), default=[]))
        .order_by("-pk")
    )
    return [(row, row.__dict__["covered"]) for row in rows]


def told_by(alert: Alert) -> Signal:
    """An alert's words as its last firing told them, for conditions."""
    details = alert.details
    return Signal(
        action="trigger",
        dedup_key=alert.dedup_key,
        happened_at=alert.started_at,
        summary=alert.summary,
        source=alert.source,
        severity=alert.severity,  # type: ignore[arg-type]  # one of the four words, as the table checks
        component=str(details.get("component", "")),
        group=str(details.get("group", "")),
        class_=str(details.get("class", "")),
        rule=alert.rule,
        labels=alert.labels,
        details=details,
    )


def _routes_of(integration: Integration) -> Iterable[Route]:
    return Route.objects.enabled().of(integration).select_related("service__team")


def _tested(row: Route | Mute) -> Test | None:
    """Its conditions; None where this version cannot read them. Such a route decides nothing and such a mute mutes
    nothing, so that what is broken pages rather than is silent."""
    try:
        return compiled(_listed(row.matchers))
    except BadMatcher as error:
        log.warning("%s %s cannot be read: %s", type(row).__name__, row.pk, error)
        return None


def _listed(matchers: object) -> list[Mapping[str, Any]]:
    if not isinstance(matchers, list) or not all(isinstance(each, Mapping) for each in matchers):
        raise BadMatcher("conditions are a list of objects")
    return matchers
