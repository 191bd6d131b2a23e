"""Which rows a schedule's layers and calendars are drawn in: what goes on from a layer is drawn in its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext as _

from lib.intervals import Interval
from oncall import coverage, rotation
from oncall.models import FeedPurpose, LayerRole, Schedule
from oncall.rotation import AnyLayer, Fixed, Segment

_COLUMNS = ("id", "name", "position", "role", "starts_at", "ends_at", "replaced_at", "continues_id")
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Row:
    """A layer with those that it replaced, or a calendar with its levels. `kind` is "layer", "shadow" or "feed";
    `is_current` says that it still counts."""

    label: str
    note: str = ""
    kind: str = "layer"
    is_current: bool = True
    layers: list[AnyLayer] = field(default_factory=list)

    def turns(self, span: Interval) -> list[Segment]:
        """What stands in the row, in order."""
        if self.kind == "feed":
            return coverage.final(coverage.Schedule(tuple(self.layers)), span)
        found = [turn for layer in self.layers for turn in rotation.turns(layer, span)]
        return sorted(found, key=lambda turn: turn.start)

    @property
    def sources(self) -> Iterable[str]:
        return (layer.source for layer in self.layers)


def rows_of(schedule: Schedule, layers: Sequence[AnyLayer]) -> list[Row]:
    """The rows of these layers (from low to high), the highest first; two queries."""
    stored = list(schedule.layers.order_by("position", "id").values_list(*_COLUMNS, named=True))
    own, calendars = _own(stored, layers), _calendars(schedule, layers)
    above = [row for purpose, row in calendars if purpose == FeedPurpose.OVERRIDES]
    below = [row for purpose, row in calendars if purpose == FeedPurpose.LAYER]
    return [*above, *own, *below]


def stands_in(value: coverage.Schedule, person: int) -> bool:
    """Whether the person is in some layer, calendar or override, at whatever time."""
    if any(override.person == person for override in value.overrides):
        return True
    return any(
        any(shift.person == person for shift in layer.shifts)
        if isinstance(layer, Fixed)
        else person in layer.people
        for layer in value.layers
    )


def layer_name(name: str, position: int) -> str:
    """What a layer is called; one without a name by its place, counted from 1."""
    return name or _("Layer %(number)s") % {"number": position + 1}


def _own(stored: Sequence[Any], layers: Iterable[AnyLayer]) -> list[Row]:
    rows = {each.id: _row(each) for each in stored}
    home = _homes(stored)
    for layer in layers:
        if not isinstance(layer, Fixed) and layer.id in home:
            rows[home[layer.id]].layers.append(layer)
    places = {each.id: (each.position, each.replaced_at is None, each.id) for each in stored}
    drawn = (key for key in set(home.values()) if rows[key].is_current or rows[key].layers)
    return [rows[key] for key in sorted(drawn, key=lambda key: places[key], reverse=True)]


def _row(row: Any) -> Row:
    notes = {LayerRole.SECONDARY: _("Secondary"), LayerRole.SHADOW: _("Told, not waited for")}
    kind = "shadow" if row.role == LayerRole.SHADOW else "layer"
    note = str(notes.get(row.role, ""))
    return Row(layer_name(row.name, row.position), note, kind, is_current=row.replaced_at is None)


def _homes(stored: Sequence[Any]) -> dict[int, int]:
    """In which layer's row each layer is drawn: that of the last which goes on from it; of one that nothing goes on
    from and that was replaced, in the row at its position, if that has room at its time."""
    followers = {each.continues_id: each for each in stored if each.continues_id}
    home = {each.id: _last(each, followers) for each in stored}
    current = {each.position: each.id for each in stored if each.replaced_at is None}
    for each in stored:
        place = current.get(each.position)
        if place and home[each.id].replaced_at is not None and not _is_taken(place, each, stored, home):
            home[each.id] = next(row for row in stored if row.id == place)
    return {key: row.id for key, row in home.items()}


def _last(row: Any, followers: Mapping[int, Any]) -> Any:
    while row.id in followers:
        row = followers[row.id]
    return row


def _is_taken(place: int, layer: Any, stored: Sequence[Any], home: Mapping[int, Any]) -> bool:
    inside = [each for each in stored if home[each.id].id == place]
    end = layer.ends_at or _FOREVER
    return any(each.starts_at < end and layer.starts_at < (each.ends_at or _FOREVER) for each in inside)


def _calendars(schedule: Schedule, layers: Sequence[AnyLayer]) -> list[tuple[str, Row]]:
    """The calendars that have events, each with its purpose."""
    events: dict[int, list[AnyLayer]] = {}
    for layer in layers:
        if isinstance(layer, Fixed):
            events.setdefault(layer.id, []).append(layer)
    if not events:
        return []
    feeds = schedule.feeds.filter(pk__in=events).order_by("name", "id")
    return [(each.purpose, Row(each.name, _("Calendar"), "feed", layers=events[each.pk])) for each in feeds]
