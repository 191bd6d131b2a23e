"""How services are, as their open incidents say."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Count

from incidents.models import Impact, Incident, State

# The worst first. What customers feel says more than how far the responders are.
WORST = (
    Impact.MAJOR,
    Impact.PARTIAL,
    Impact.DEGRADED,
    State.TRIAGE,
    State.ACTIVE,
    State.ACKNOWLEDGED,
    State.MITIGATED,
    State.MONITORING,
)


def health_source(service_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """For catalog.queries.register_health: open incidents and the worst state, in one query."""
    counted = (
        Incident.objects.open()
        .filter(service_id__in=service_ids)
        .order_by()
        .values_list("service_id", "state", "impact")
        .annotate(number=Count("id"))
    )
    found: dict[int, list[tuple[str, str, int]]] = {}
    for service, state, impact, number in counted:
        found.setdefault(service, []).append((state, impact, number))
    return {service: (sum(row[2] for row in rows), _worst(rows)) for service, rows in found.items()}


def _worst(rows: Iterable[tuple[str, str, int]]) -> str:
    words = {word for state, impact, _number in rows for word in (state, impact)}
    return next(str(word.value) for word in WORST if word in words)
