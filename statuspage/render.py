"""Turn a picture into the files of a public page: HTML, JSON and Atom. Reads no database and no clock."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incidents.models import Phase
from lib.markdown import render as markdown
from lib.text import truncate
from statuspage import atom, bars, wire
from statuspage.models import ComponentStatus
from statuspage.picture import (
    STATUSES,
    Frame,
    Overall,
    Picture,
    PublicComponent,
    PublicIncident,
    PublicUpdate,
)

HTML = "text/html; charset=utf-8"
JSON = "application/json; charset=utf-8"
ATOM = "application/atom+xml; charset=utf-8"

AGE_MARK = "<!--age-->"
"""Where the page's age is written when it is served; the stored body stays the same while nothing changes."""

# What keeps the first page under 30 KB; the rest is one link away.
SHOWN_OPEN, SHOWN_PAST, SHOWN_HISTORY = 6, 5, 50
PAST = timedelta(days=14)
EXCERPT = 900  # characters of an update on the first page
TITLED_RUNS = 80  # tooltips on bars, over all components


@dataclass(frozen=True, slots=True)
class Document:
    """One file; `etag` is a digest of its body."""

    body: str
    content_type: str

    @property
    def etag(self) -> str:
        return hashlib.sha256(self.body.encode()).hexdigest()[:32]


def documents(picture: Picture) -> dict[str, Document]:
    """Every file of the page by its path, in the installation's language and the page's zone."""
    with translation.override(settings.LANGUAGE_CODE), timezone.override(ZoneInfo(picture.frame.time_zone)):
        return {
            "index.html": _page("index", _index(picture)),
            "history.html": _page("history", _history(picture)),
            "history.atom": Document(atom.feed(picture), ATOM),
            **{f"api/v2/{name}": Document(body, JSON) for name, body in wire.documents(picture).items()},
            **dict(_incident_files(picture)),
        }


def incident_path(public_id: str) -> str:
    """Where an incident's own page lies."""
    return f"incidents/{public_id}.html"


def sentence(overall: Overall) -> str:
    """The page's status in one sentence for people."""
    return {
        "Partially Degraded Service": _("Some systems are slow or limited"),
        "Degraded System Service": _("All systems are slow or limited"),
        "Minor Service Outage": _("Some systems are partly down"),
        "Partial System Outage": _("Some systems are down"),
        "Major System Outage": _("All systems are down"),
        "Service Under Maintenance": _("Some systems are under maintenance"),
    }.get(overall.description, _("All systems operational"))


def _page(template: str, context: dict[str, Any]) -> Document:
    return Document(render_to_string(f"statuspage/public/{template}.html", context | {"css": _css()}), HTML)


@cache
def _css() -> str:
    """The stylesheet's plain address: it is there in every release, whichever one rendered the page."""
    found = finders.find("css/status.css")
    version = hashlib.sha256(Path(found).read_bytes()).hexdigest()[:8] if isinstance(found, str) else "0"
    return f"{settings.STATIC_URL}css/status.css?v={version}"


# --- The first page


def _index(picture: Picture) -> dict[str, Any]:
    # The worst first; of equals the one that was told of last.
    open_incidents = sorted(picture.open_incidents, key=lambda one: -STATUSES.index(one.status))
    ended = [one for one in picture.incidents if one.ended_at and one.ended_at > picture.now - PAST]
    return {
        "frame": picture.frame,
        "overall": picture.overall,
        "sentence": sentence(picture.overall),
        "headline": markdown(picture.frame.headline) if picture.frame.headline else "",
        "incidents": [_open(picture, one) for one in open_incidents[:SHOWN_OPEN]],
        "more_open": open_incidents[SHOWN_OPEN:],
        "groups": [(name, [_row(picture, one) for one in members]) for name, members in picture.groups()],
        "past": [_line(one) for one in ended[:SHOWN_PAST]],
    }


def _open(picture: Picture, one: PublicIncident) -> dict[str, Any]:
    newest = one.newest
    return {
        **_line(one),
        "body": markdown(truncate(newest.body, EXCERPT)),
        "is_cut": len(newest.body) > EXCERPT,
        "at": newest.at,
        "earlier": len(one.updates) - 1,
        "components": [component.name for component in picture.components_of(one)],
    }


def _line(one: PublicIncident) -> dict[str, Any]:
    status = one.status if one.is_open else one.worst_status
    return {
        "id": one.id,
        "title": one.title,
        "phase": one.phase,
        "phase_label": Phase(one.phase).label,
        "rank": STATUSES.index(status),
        "status_label": _status_label(status),
        "started_at": min(one.started_at, one.created_at),
        "ended_at": one.ended_at,
    }


def _status_label(status: str) -> str:
    return str(ComponentStatus(status).label)


def _row(picture: Picture, component: PublicComponent) -> dict[str, Any]:
    touching = picture.incidents_of(component)
    drawn = bars.draw(
        [span for one in touching for span in one.spans()],
        since=component.created_at,
        today=component.status,
        zone=ZoneInfo(picture.frame.time_zone),
        now=picture.now,
    )
    titled = max(2, TITLED_RUNS // len(picture.components))
    return {
        "component": component,
        "rank": STATUSES.index(component.status),
        "status_label": _status_label(component.status),
        "known": drawn.known.path,
        "is_young": drawn.known.start > 0,
        "runs": [_run(run) for run in drawn.runs[-titled:]],
        "untitled": _joined(drawn.runs[:-titled]),
        "words": _in_words(drawn.bad_days),
    }


def _run(run: bars.Run) -> dict[str, str | int]:
    first, last = date_format(run.first, "j M"), date_format(run.last, "j M")
    days = first if run.length == 1 else f"{first} – {last}"
    title = f"{days}: {_status_label(run.status)}"
    return {"rank": STATUSES.index(run.status), "path": run.path, "title": title}


def _joined(runs: Iterable[bars.Run]) -> list[tuple[int, str]]:
    """Runs beyond those with a tooltip, one stroke for each status."""
    paths: dict[int, str] = {}
    for run in runs:
        rank = STATUSES.index(run.status)
        paths[rank] = paths.get(rank, "") + run.path
    return list(paths.items())


def _in_words(bad_days: int) -> str:
    if not bad_days:
        return _("No trouble in ninety days")
    return ngettext("Trouble on %(n)s day of ninety", "Trouble on %(n)s days of ninety", bad_days) % {
        "n": bad_days
    }


# --- History and incidents


def _history(picture: Picture) -> dict[str, Any]:
    newest = picture.newest_incidents(SHOWN_HISTORY)
    return {"frame": picture.frame, "incidents": [_line(one) for one in newest], "limit": SHOWN_HISTORY}


def _incident_files(picture: Picture) -> Iterable[tuple[str, Document]]:
    for one in picture.incidents:
        names = tuple(component.name for component in picture.components_of(one))
        yield incident_path(one.id), _incident(picture.frame, one, names)


@lru_cache(maxsize=512)
def _incident(frame: Frame, one: PublicIncident, components: tuple[str, ...]) -> Document:
    """Remembered by its content: of two hundred incidents' pages a render makes those anew that changed."""
    context = {
        **_line(one),
        "frame": frame,
        "components": components,
        "updates": [_told(update) for update in reversed(one.updates)],
    }
    return _page("incident", context)


def _told(update: PublicUpdate) -> dict[str, Any]:
    body: SafeString = markdown(update.body)
    return {"phase_label": Phase(update.phase).label, "body": body, "at": update.at}
