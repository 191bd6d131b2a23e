"""What a service stands on, near and far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from catalog.models import Service


@dataclass(frozen=True, slots=True)
class Beneath:
    """A service that another depends on: directly where `steps` is 1, else by way of `via`, which is one of those that
    it depends on directly. `steps` is 0 for the service itself."""

    id: int
    steps: int = 0
    via: int | None = None


def beneath(service_id: int) -> dict[int, Beneath]:
    """The service itself and everything that it depends on, directly or not, each with the shortest way. One query for
    the whole catalog's arrows; circles end."""
    through = Service.depends_on.through
    arrows = through._default_manager.order_by("to_service_id")
    return walked(service_id, arrows.values_list("from_service_id", "to_service_id"))


def walked(start: int, arrows: Iterable[tuple[int, int]]) -> dict[int, Beneath]:
    """The same, from (who depends, on what)."""
    targets: dict[int, list[int]] = {}
    for source, target in arrows:
        targets.setdefault(source, []).append(target)
    found = {start: Beneath(start)}
    queue = [start]
    for here in queue:
        for target in targets.get(here, ()):
            if target not in found:
                found[target] = _next(found[here], target)
                queue.append(target)
    return found


def _next(before: Beneath, target: int) -> Beneath:
    via = before.via if before.steps > 1 else (before.id if before.steps == 1 else None)
    return Beneath(target, before.steps + 1, via)
