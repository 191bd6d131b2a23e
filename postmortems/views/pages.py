"""The list, the page of one postmortem, its reading view, and its beginning."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import PersonRequest
from incidents.models import Incident
from postmortems import actions, queries
from postmortems.actions.reviews import standing_approvals
from postmortems.forms import ActionItemForm, CommentForm, ListFilter, SubmitForm
from postmortems.models import Decision, Postmortem, PostmortemQuerySet, Section
from postmortems.report import roles
from postmortems.views.access import readable

PER_PAGE = 50
FIRST_ENTRIES = 12
UNWRITTEN_SHOWN = 5
PDFS_SHOWN = 5


@login_required
@require_GET
def listing(request: PersonRequest) -> HttpResponse:
    """What is being written, what waits for me, and what was resolved without one."""
    chosen = ListFilter(request.GET).value_of("state")
    waiting = queries.waiting_for(request.user)
    rows = _filtered(queries.overview(timezone.localdate()), chosen, waiting)
    context = {
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "chosen": chosen,
        "waiting_count": waiting.count(),
        "unwritten": queries.unwritten()[:UNWRITTEN_SHOWN] if not chosen and request.user.can_respond else [],
    }
    return render(request, "postmortems/list.html", context)


def _filtered(rows: PostmortemQuerySet, chosen: str, waiting: PostmortemQuerySet) -> PostmortemQuerySet:
    if chosen == "waiting":
        return rows.filter(pk__in=waiting.values("pk"))
    return rows.filter(state=chosen) if chosen else rows


@login_required
@require_http_methods(["GET", "POST"])
def start(request: PersonRequest, number: int) -> HttpResponse:
    """Begin the postmortem of a resolved incident; a GET asks, for links that cannot post."""
    if not request.user.can_respond:
        if request.method == "POST":
            raise Http404
        return redirect("postmortems:list")
    incident = get_object_or_404(Incident.objects.select_related("service"), pk=number)
    if Postmortem.objects.filter(incident=incident).exists():
        return redirect("postmortems:detail", number)
    if request.method == "POST":
        try:
            actions.start(incident=incident, actor=request.user, now=timezone.now())
        except actions.NotResolved as refused:
            messages.error(request, str(refused))
        else:
            return redirect("postmortems:detail", number)
    return render(request, "postmortems/start.html", {"incident": incident})


@login_required
@require_GET
def detail(request: PersonRequest, number: int) -> HttpResponse:
    """What did we learn: summary and impact, where the review stands, then the rest."""
    postmortem = readable(request, number)
    return render(request, "postmortems/detail.html", detail_context(request, postmortem))


@login_required
@require_GET
def read(request: PersonRequest, number: int) -> HttpResponse:
    """The same as an article, without any control: for reading, and for paper."""
    postmortem = readable(request, number)
    context = {
        "postmortem": postmortem,
        "sections": _sections(postmortem),
        "pinned": postmortem.items.shown().filter(is_pinned=True),
        "action_items": postmortem.action_items.select_related("owner"),
        "approvals": standing_approvals(postmortem).select_related("user"),
    }
    return render(request, "postmortems/read.html", context)


def detail_context(request: PersonRequest, postmortem: Postmortem) -> dict[str, Any]:
    """What the page of one postmortem shows; forms of failed steps replace the empty ones."""
    reviews = list(postmortem.reviews.select_related("user"))
    pinned = list(postmortem.items.shown().filter(is_pinned=True))
    approvals = [
        row for row in reviews if (row.decision, row.version) == (Decision.APPROVED, postmortem.version)
    ]
    return {
        "postmortem": postmortem,
        "sections": _sections(postmortem),
        "may_write": request.user.can_respond,
        "is_author": request.user.pk == postmortem.author_id,
        "entries": pinned or list(postmortem.items.shown()[:FIRST_ENTRIES]),
        "has_pins": bool(pinned),
        "action_items": postmortem.action_items.select_related("owner"),
        "today": timezone.localdate(),
        "reviews": reviews,
        "approvals": approvals,
        "i_approved": any(row.user_id == request.user.pk for row in approvals),
        "roles": roles(postmortem.incident),
        "missing": postmortem.empty_sections() if postmortem.is_draft else [],
        "submit_form": SubmitForm(postmortem=postmortem),
        "comment_form": CommentForm(),
        "item_form": ActionItemForm(),
        "pdfs": postmortem.pdfs.without_content()[:PDFS_SHOWN],
    }


def _sections(postmortem: Postmortem) -> list[dict[str, Any]]:
    return [section_context(postmortem, section) for section in Section]


def section_context(postmortem: Postmortem, section: Section) -> dict[str, Any]:
    """One section as its fragment shows it."""
    return {
        "key": section.value,
        "title": section.label,
        "text": postmortem.text_of(section),
        "draft": f"postmortem-{postmortem.pk}-{section.value}",
    }


def said(request: PersonRequest, text: str) -> None:
    """A message of success."""
    messages.success(request, text)


def refused(request: PersonRequest, error: Exception) -> None:
    """Why nothing was written."""
    messages.error(request, str(error) or _("That is not possible now."))
