"""The parts of an incident's page that change while it is open, and how they reach a browser that has it open.

The page asks `live` what is new since the last line that it shows, and names the digest of each part that it has. The
answer holds the lines written since, and those parts that look different now, each to be swapped in by its id. What
people type into stands in none of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import blake2s
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

from accounts.access import PersonRequest
from accounts.models import User
from incidents.forms import MEANING
from incidents.lifecycle import verbs
from incidents.models import EscalationState, Incident, RoleName, Severity, State
from incidents.queries import ledger, page, timeline
from lib import panels

# What differs from one rendering to the next without any news in it.
_RESTLESS = re.compile(
    r"(<time[^>]*>|<span class=\"clock\"[^>]*>)[^<]*|name=\"csrfmiddlewaretoken\" value=\"[^\"]*\""
)
LISTENS_ITSELF = 'hx-trigger="changed:'
PLACES = ("main", "side")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the page: an element with that id. `home` is where it is put when the page has none yet."""

    id: str
    html: SafeString
    home: str = ""

    @property
    def digest(self) -> str:
        """Two renderings that say the same have the same."""
        return blake2s(_RESTLESS.sub(r"\1", self.html).encode(), digest_size=5).hexdigest()

    @property
    def keeps_itself(self) -> bool:
        """It hears of changes and asks by itself."""
        return LISTENS_ITSELF in self.html

    def swapped(self) -> SafeString:
        """To take the place of the part of the same id."""
        return mark_safe(  # noqa: S308 - a rendered template, with one attribute more
            self.html.replace(f'id="{self.id}"', f'id="{self.id}" hx-swap-oob="true"', 1)
        )


def common(incident: Incident, user: User) -> dict[str, Any]:
    """What the templates of the parts need, in a number of queries that does not grow with the incident."""
    escalation = page.escalation_of(incident)
    seats = page.seats(incident)
    around = page.neighbours(incident)
    is_paging = escalation is not None and escalation.state == EscalationState.RUNNING
    sent = [ledger.shown(each, user) for each in ledger.deliveries(incident)[: ledger.SHOWN + 1]]
    return {
        "incident": incident,
        "may_act": user.can_respond,
        "escalation": escalation,
        "is_paging": is_paging,
        "is_mine": is_paging and escalation is not None and user.pk in escalation.paged,
        "next_turn": ledger.next_turn(escalation),
        "verbs": verbs(incident.state),
        "seats": seats,
        "commander": next(seat.holder for seat in seats if seat.role == RoleName.COMMANDER),
        "people": list(User.objects.responders().only("name", "email")) if user.can_respond else [],
        "severities": [(level, MEANING[level]) for level in Severity],
        "around": around,
        "sent": sent[: ledger.SHOWN],
        "is_more_sent": len(sent) > ledger.SHOWN,
        "over_at": incident.resolved_at or incident.closed_at,
        "waits": is_paging or incident.state == State.TRIAGE,
    }


def parts_of(request: PersonRequest, context: dict[str, Any]) -> list[Part]:
    """Every part as it looks now. Panels come last, each with the place that it belongs to."""
    filled = panels.filled("incident", context["incident"], request.user)
    by_name = {each.panel.name: each.context for each in filled}
    context |= {"postmortem_panel": by_name.get("postmortem"), "public_places": "statuspage" in by_name}
    own = [
        _part(request, "incident-head", "incidents/_head.html", context),
        _part(request, "incident-pages", "incidents/_pages.html", context),
        _part(request, "incident-facts", "incidents/_facts.html", context),
        _part(request, "incident-roles", "incidents/_roles.html", context),
    ]
    return own + [_panel(request, each, context) for each in filled]


def _part(request: PersonRequest, id: str, template: str, context: dict[str, Any], home: str = "") -> Part:
    html = render_to_string(template, context, request)
    return Part(id, mark_safe(html), home)  # noqa: S308 - a rendered template


def _panel(request: PersonRequest, filled: panels.Filled, context: dict[str, Any]) -> Part:
    inside = {**context, "filled": filled, "panel": filled.context}
    home = f"panels-{filled.panel.place}"
    return _part(request, f"panel-{filled.panel.name}", "incidents/_panel.html", inside, home)


def answer(
    request: PersonRequest,
    incident: Incident,
    *,
    lead: tuple[str, dict[str, Any]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """What a browser that has the page open swaps in. `lead` is a template for the element that asked, if it
    is to be replaced too."""
    asked = request.POST if request.method == "POST" else request.GET
    seen = _seen(asked.get("seen", ""))
    around = common(incident, request.user)
    parts = parts_of(request, around)
    fresh = [part for part in parts if seen.get(part.id) != part.digest]
    gone = [id for id in seen if id.startswith("panel-") and id not in {part.id for part in parts}]
    lines = timeline.after(incident, _number(asked.get("after", "")))
    context = {
        **around,
        "changed": [p.swapped() for p in fresh if p.id in seen and not p.keeps_itself],
        "added": [p for p in fresh if p.id not in seen],
        "gone": gone,
        "lines": lines,
        "marks": marks(parts, lines[0].entry.number if lines else _number(asked.get("after", ""))),
        "lead_template": lead[0] if lead else "",
        **(lead[1] if lead else {}),
    }
    if request.method == "GET" and not (context["changed"] or context["added"] or gone or lines):
        return HttpResponse(status=204)
    return render(request, "incidents/_answer.html", context, status=status)


def marks(parts: list[Part], newest: int) -> dict[str, object]:
    """What the page sends with each question: the newest line that it shows, and how its parts look."""
    return {"after": newest, "seen": " ".join(f"{part.id}:{part.digest}" for part in parts)}


def _seen(text: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in text[:4000].split())
    return {id: digest for id, _colon, digest in pairs if re.fullmatch(r"[a-z][a-z0-9-]{1,60}", id)}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
