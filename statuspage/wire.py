"""The page as JSON, in exactly the shape of Statuspage's public API v2.

Source: https://www.githubstatus.com/api and captures of its summary.json. Every key that Statuspage sends is
there, also those that are always null here, since clients index them without asking.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from lib.markdown import plain
from statuspage.ids import public_id
from statuspage.picture import (
    IMPACTS,
    OPERATIONAL,
    Picture,
    PublicComponent,
    PublicIncident,
    PublicUpdate,
    worst,
)

Json = dict[str, Any]
MOST_INCIDENTS = 50
# A body that a client pastes into a page's script must not end it.
_HTML_SAFE = {
    ord("<"): "\\u003c",
    ord(">"): "\\u003e",
    ord("&"): "\\u0026",
    0x2028: "\\u2028",
    0x2029: "\\u2029",
}


def documents(picture: Picture) -> dict[str, str]:
    """Each file's text by its name under `api/v2/`."""
    return {name: _dump(build(picture)) for name, build in _BUILDERS.items()}


def summary(picture: Picture) -> Json:
    return {
        **page(picture),
        "components": _component_list(picture),
        "incidents": [incident(picture, one) for one in picture.open_incidents],
        "scheduled_maintenances": [],
        "status": _overall(picture),
    }


def page(picture: Picture) -> Json:
    """The head that every document carries."""
    frame = picture.frame
    zone = "Etc/UTC" if frame.time_zone == "UTC" else frame.time_zone
    updated_at = _time(picture, picture.updated_at)
    return {
        "page": {
            "id": frame.id,
            "name": frame.name,
            "url": frame.url,
            "time_zone": zone,
            "updated_at": updated_at,
        }
    }


def incident(picture: Picture, one: PublicIncident) -> Json:
    """One incident with its updates, newest first, and its components as they are now."""
    return {
        "id": one.id,
        "name": one.title,
        "status": one.phase,
        "created_at": _time(picture, one.created_at),
        "updated_at": _time(picture, one.changed_at),
        "monitoring_at": _time(picture, one.monitoring_at),
        "resolved_at": _time(picture, one.ended_at),
        "impact": IMPACTS[one.worst_status],
        "shortlink": f"{picture.frame.url}incidents/{one.id}/",
        "started_at": _time(picture, one.started_at),
        "page_id": picture.frame.id,
        "incident_updates": _updates(picture, one),
        "components": [
            _component(picture, component, position)
            for position, component in _positions(picture)
            if component.id in one.component_ids
        ],
        "reminder_intervals": None,
    }


def _updates(picture: Picture, one: PublicIncident) -> list[Json]:
    before = [OPERATIONAL, *(update.effect for update in one.updates)]
    steps = zip(one.updates, pairwise(before), strict=True)
    written = [_update(picture, one, update, old) for update, (old, _new) in steps]
    return written[::-1]


def _update(picture: Picture, one: PublicIncident, update: PublicUpdate, old: str) -> Json:
    at = _time(picture, update.at)
    affected = [
        {"code": component.id, "name": component.name, "old_status": old, "new_status": update.effect}
        for component in picture.components_of(one)
    ]
    return {
        "id": update.id,
        "status": update.phase,
        "body": plain(update.body),
        "incident_id": one.id,
        "created_at": at,
        "updated_at": at,
        "display_at": at,
        "affected_components": affected or None,
        "deliver_notifications": True,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _component_list(picture: Picture) -> list[Json]:
    """Components in their order, each group before its first member."""
    written: list[Json] = []
    seen: set[str] = set()
    for position, component in _positions(picture):
        if component.group and component.group not in seen:
            seen.add(component.group)
            written.append(_group(picture, component.group, position))
        written.append(_component(picture, component, position))
    return written


def _positions(picture: Picture) -> Iterable[tuple[int, PublicComponent]]:
    members = [component for _name, group in picture.groups() for component in group]
    return enumerate(members, start=1)


def _component(picture: Picture, component: PublicComponent, position: int) -> Json:
    return {
        "id": component.id,
        "name": component.name,
        "status": component.status,
        "created_at": _time(picture, component.created_at),
        "updated_at": _time(picture, component.updated_at),
        "position": position,
        "description": component.description or None,
        "showcase": True,
        "start_date": None,
        "group_id": _group_id(picture, component.group) if component.group else None,
        "page_id": picture.frame.id,
        "group": False,
        "only_show_if_degraded": False,
    }


def _group(picture: Picture, name: str, position: int) -> Json:
    members = [component for component in picture.components if component.group == name]
    return {
        "id": _group_id(picture, name),
        "name": name,
        "status": worst(member.status for member in members),
        "created_at": _time(picture, min(member.created_at for member in members)),
        "updated_at": _time(picture, max(member.updated_at for member in members)),
        "position": position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": picture.frame.id,
        "group": True,
        "only_show_if_degraded": False,
        "components": [member.id for member in members],
    }


def _group_id(picture: Picture, name: str) -> str:
    return public_id(picture.frame.id, "group", name)


def _overall(picture: Picture) -> Json:
    overall = picture.overall
    return {"indicator": overall.indicator, "description": overall.description}


def _time(picture: Picture, moment: datetime | None) -> str | None:
    """Milliseconds in the page's zone, as Statuspage writes them; `Z` for UTC."""
    if moment is None:
        return None
    local = moment.astimezone(ZoneInfo(picture.frame.time_zone))
    return local.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _dump(document: Json) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).translate(_HTML_SAFE)


def _no_maintenances(picture: Picture) -> Json:
    """Maintenance is announced by hand, as a component's status; there are no windows to list."""
    return {**page(picture), "scheduled_maintenances": []}


_BUILDERS: dict[str, Callable[[Picture], Json]] = {
    "summary.json": summary,
    "status.json": lambda picture: {**page(picture), "status": _overall(picture)},
    "components.json": lambda picture: {**page(picture), "components": _component_list(picture)},
    "incidents.json": lambda picture: {
        **page(picture),
        "incidents": [incident(picture, one) for one in picture.newest_incidents(MOST_INCIDENTS)],
    },
    "incidents/unresolved.json": lambda picture: {
        **page(picture),
        "incidents": [incident(picture, one) for one in picture.open_incidents],
    },
    "scheduled-maintenances.json": _no_maintenances,
    "scheduled-maintenances/upcoming.json": _no_maintenances,
    "scheduled-maintenances/active.json": _no_maintenances,
}
