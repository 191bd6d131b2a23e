"""From a postmortem to the bytes of its PDF.

The typesetting runs in a process of its own (postmortems/typesetter.py): it may take a minute and a few hundred
megabytes, which a worker that also pages people must not hold on to, and what people wrote is handled without our
secrets in reach.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from incidents.models import Incident
from postmortems.models import Section
from postmortems.report import Report, read_report

TIME_LIMIT = 300  # seconds; under Celery's own limit
_TYPESETTER = Path(__file__).with_name("typesetter.py")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
_ENDS_WITH = b"%%EOF"


class CannotRender(Exception):
    """The typesetter failed; the message says why, for the person who waits for the PDF."""


@dataclass(frozen=True, slots=True)
class Part:
    """A heading of the document, with what stands under it when people wrote that."""

    anchor: str
    title: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished PDF and what it shows."""

    content: bytes
    pages: int
    version: int
    was_published: bool


def make(postmortem_id: int, *, zone_name: str, now: datetime) -> Made:
    """Read the postmortem and typeset it. Raises CannotRender."""
    report = read_report(postmortem_id, zone=ZoneInfo(zone_name), now=now)
    content, pages = typeset(html_of(report))
    postmortem = report.postmortem
    return Made(content, pages, postmortem.version, postmortem.is_published)


def html_of(report: Report) -> str:
    """The document before it is typeset. It refers to nothing outside of itself."""
    with timezone.override(report.zone):
        return render_to_string("postmortems/pdf/document.html", _context(report))


def _context(report: Report) -> dict[str, Any]:
    parts = [
        Part(section.value, str(section.label), report.postmortem.text_of(section)) for section in Section
    ]
    before, after = parts[:2], parts[2:]
    return {
        "report": report,
        "before": before,
        "after": after,
        "moments": _moments(report.incident),
        "contents": [*before, *_key_moments(report), *after, *_rest()],
        "site_url": settings.SITE_URL,
    }


def _key_moments(report: Report) -> list[Part]:
    return [Part("moments", _("Key moments"))] if report.pinned else []


def _rest() -> list[Part]:
    return [
        Part("actions", _("Action items")),
        Part("timeline", _("A Timeline")),
        Part("ledger", _("B Page ledger")),
        Part("record", _("C Review record")),
        Part("integrity", _("Integrity")),
    ]


def _moments(incident: Incident) -> list[tuple[str, datetime]]:
    """The incident's turns, without those that it did not take."""
    turns = [
        (_("Started"), incident.started_at),
        (_("Opened"), incident.created_at),
        (_("Acknowledged"), incident.acknowledged_at),
        (_("Declared"), incident.declared_at),
        (_("Mitigated"), incident.mitigated_at),
        (_("Resolved"), incident.resolved_at),
    ]
    return [(words, moment) for words, moment in turns if moment]


def typeset(html: str, *, time_limit: float = TIME_LIMIT) -> tuple[bytes, int]:
    """HTML in, a tagged PDF/A and its number of pages out. Raises CannotRender."""
    command = [sys.executable, "-I", str(_TYPESETTER)]
    try:
        done = subprocess.run(  # noqa: S603 - our own script by our own interpreter
            command,
            input=html.encode(),
            capture_output=True,
            timeout=time_limit,
            env=_ENVIRONMENT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotRender(f"It took longer than {time_limit:.0f} seconds.") from None
    if done.returncode or not done.stdout.rstrip().endswith(_ENDS_WITH):
        raise CannotRender(_last_line(done.stderr) or f"The typesetter ended with code {done.returncode}.")
    pages, _newline, content = done.stdout.partition(b"\n")
    return content, int(pages)


def _last_line(errors: bytes) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
