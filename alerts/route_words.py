"""Routes in words: "When labels.team is db and severity ≥ error → service Orders DB, page, wait 1 min"."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from alerts.condition_words import said
from alerts.models import Outcome, Route
from alerts.spans import written


def sentence(route: Route) -> str:
    """The whole rule; read it with its service."""
    return f"{when(route)} → {then(route)}"


def when(route: Route) -> str:
    """Its conditions."""
    return _("When %(conditions)s") % {"conditions": said(route.matchers)} if route.matchers else _("Always")


def then(route: Route) -> str:
    """What it makes of an alert."""
    return ", ".join(_effects(route))


def _effects(route: Route) -> Iterator[str]:
    if route.service_from:
        yield _("service named by %(field)s") % {"field": route.service_from}
    elif route.service:
        yield _("service %(name)s") % {"name": route.service}
    if route.service_from and route.service:
        yield _("else %(name)s") % {"name": route.service}
    if route.severity:
        yield _("as %(severity)s") % {"severity": route.get_severity_display().lower()}
    yield _becomes(route)
    if route.pause:
        yield _("wait %(span)s") % {"span": written(route.pause)}
    if route.stale_after:
        yield _("ends after %(span)s of silence") % {"span": written(route.stale_after)}


def _becomes(route: Route) -> str:
    if route.outcome == Outcome.ALERT:
        return _("only an alert")
    if route.outcome == Outcome.RECORD:
        return _("an incident that pages nobody")
    if route.urgency == "high":
        return _("page with high urgency")
    if route.urgency == "low":
        return _("page with low urgency")
    return _("page")
