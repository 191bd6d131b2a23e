"""Which service a tool means, and what depends on what: the catalog as the rules ask it, read once for a batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from catalog.models import Service, ServiceAlias


@dataclass(frozen=True, slots=True)
class Place:
    """A service as conditions ask about it: `slug` and `team` (a slug too) are what people compare with."""

    id: int
    slug: str
    name: str
    tier: int
    team: str

    @classmethod
    def of(cls, service: Service) -> Place:
        """The place of a service whose team was read with it."""
        return cls(service.pk, service.slug, service.name, service.tier, service.team.slug)


class Directory:
    """Every service that is not archived, by what tools may call it. Nothing is read before it is asked for."""

    def find(self, called: str) -> Place | None:
        """The service of that slug, else of that name, else of that alias, whatever their case."""
        return self._by_name.get(called.strip().lower())

    @cached_property
    def _by_name(self) -> Mapping[str, Place]:
        rows = Service.objects.live().order_by().values_list("pk", "slug", "name", "tier", "team__slug")
        places = {row[0]: Place(*row) for row in rows}
        aliases = ServiceAlias.objects.order_by().values_list("name", "service_id")
        found = {name.lower(): places[key] for name, key in aliases if key in places}
        found |= {place.name.lower(): place for place in places.values()}
        return found | {place.slug.lower(): place for place in places.values()}

    @cached_property
    def places(self) -> list[Place]:
        """All of them, by name."""
        return sorted(set(self._by_name.values()), key=lambda place: place.name)

    @cached_property
    def _edges(self) -> list[tuple[int, int]]:
        """Who depends on whom."""
        through = Service.depends_on.through
        return list(through._default_manager.values_list("from_service_id", "to_service_id"))

    @cached_property
    def parents(self) -> Mapping[int, tuple[int, ...]]:
        """What each service depends on directly."""
        return _gathered(self._edges)

    @cached_property
    def dependents(self) -> Mapping[int, tuple[int, ...]]:
        """What depends directly on each service."""
        return _gathered((target, source) for source, target in self._edges)

    def with_dependents(self, services: Collection[int]) -> frozenset[int]:
        """Those services and whatever depends on one of them, directly or not."""
        return frozenset(services) | frozenset(key for key, _ in reached(services, self.dependents))


def reached(start: Iterable[int], edges: Mapping[int, tuple[int, ...]]) -> list[tuple[int, int]]:
    """What can be reached from `start` along `edges`, with the number of steps to it, nearest first; the start itself
    is not among it. Circles end."""
    frontier, seen = list(start), set(start)
    found: list[tuple[int, int]] = []
    steps = 0
    while frontier:
        steps += 1
        ahead = dict.fromkeys(each for key in frontier for each in edges.get(key, ()) if each not in seen)
        seen.update(ahead)
        frontier = list(ahead)
        found += [(key, steps) for key in frontier]
    return found


def _gathered(pairs: Iterable[tuple[int, int]]) -> Mapping[int, tuple[int, ...]]:
    found: defaultdict[int, list[int]] = defaultdict(list)
    for source, target in pairs:
        found[source].append(target)
    return {key: tuple(sorted(targets)) for key, targets in found.items()}
