"""Editing the sections in place, and the timeline's pins."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.access import PersonRequest
from postmortems import actions
from postmortems.forms import MarkForm, SectionForm
from postmortems.models import Postmortem, Section, TimelineItem
from postmortems.views.access import changeable, changeable_entry, readable
from postmortems.views.pages import section_context

PER_PAGE = 100


@login_required
@require_http_methods(["GET", "POST"])
def section(request: PersonRequest, number: int, name: str) -> HttpResponse:
    """The form of one section, in its place or as a page; a POST saves it."""
    if name not in Section.values:
        raise Http404
    postmortem, which = changeable(request, number), Section(name)
    initial = {"text": postmortem.text_of(which), "version": postmortem.version}
    form = SectionForm(request.POST or None, initial=initial)
    if not postmortem.is_draft:
        messages.error(request, str(actions.NotDraft()))
        return redirect("postmortems:detail", number)
    if form.is_valid():
        return _save(request, postmortem, which, form)
    return _form(request, postmortem, which, form)


def _save(request: PersonRequest, postmortem: Postmortem, which: Section, form: SectionForm) -> HttpResponse:
    try:
        saved = actions.save_section(
            postmortem=postmortem,
            section=which,
            text=form.cleaned_data["text"],
            seen=form.cleaned_data["version"],
            actor=request.user,
            now=timezone.now(),
        )
    except actions.Conflict as conflict:
        return _form(request, postmortem, which, _with_newer(form, conflict), conflict)
    except actions.Refused as error:
        form.add_error(None, str(error))
        return _form(request, postmortem, which, form)
    if request.htmx:
        return render(request, "postmortems/_section.html", _shown(saved, which))
    return redirect(f"{reverse('postmortems:detail', args=[saved.incident_id])}#{which.value}")


def _with_newer(form: SectionForm, conflict: actions.Conflict) -> SectionForm:
    """What was typed stays; a second save is a choice made with both texts in sight."""
    again = SectionForm({"text": form.cleaned_data["text"], "version": conflict.version})
    again.add_error(None, f"{conflict} " + _("Both texts are here: take over what is theirs, then save."))
    return again


def _form(
    request: PersonRequest,
    postmortem: Postmortem,
    which: Section,
    form: SectionForm,
    conflict: actions.Conflict | None = None,
) -> HttpResponse:
    context = _shown(postmortem, which) | {"form": form, "latest": conflict.latest if conflict else None}
    if request.htmx:
        return render(request, "postmortems/_section_form.html", context, status=422 if form.errors else 200)
    return render(request, "postmortems/section.html", context)


def _shown(postmortem: Postmortem, which: Section) -> dict[str, Any]:
    return {"postmortem": postmortem, "section": section_context(postmortem, which), "may_write": True}


@login_required
@require_GET
def timeline(request: PersonRequest, number: int) -> HttpResponse:
    """Every copied entry, a hundred on a page, with its pin and comment."""
    postmortem = readable(request, number)
    incident = postmortem.incident
    context = {
        "postmortem": postmortem,
        "page": Paginator(postmortem.items.all(), PER_PAGE).get_page(request.GET.get("page")),
        "may_mark": request.user.can_respond and postmortem.is_draft,
        "newer": max(incident.timeline_length - postmortem.timeline_length, 0),
    }
    return render(request, "postmortems/timeline.html", context)


@login_required
@require_POST
def import_timeline(request: PersonRequest, number: int) -> HttpResponse:
    """Copy what the incident's timeline has got since."""
    try:
        copied = actions.import_timeline(
            postmortem=changeable(request, number), actor=request.user, now=timezone.now()
        )
    except actions.Refused as error:
        messages.error(request, str(error))
    else:
        words = ngettext("%(n)s entry was copied.", "%(n)s entries were copied.", copied)
        messages.success(request, words % {"n": copied})
    return redirect("postmortems:timeline", number)


@login_required
@require_POST
def mark(request: PersonRequest, number: int, entry: int) -> HttpResponse:
    """Pin an entry, leave it out, or comment on it."""
    item, form = changeable_entry(request, number, entry), MarkForm(request.POST)
    if form.is_valid():
        try:
            item = _mark(item, form, request)
        except actions.Refused as error:
            messages.error(request, str(error))
    if request.htmx:
        context = {"item": item, "postmortem": item.postmortem, "may_mark": True}
        return render(request, "postmortems/_entry.html", context, status=200 if form.is_valid() else 422)
    back = request.GET.get("page", "")
    query = f"?page={back}" if back.isdigit() else ""
    return redirect(f"{reverse('postmortems:timeline', args=[number])}{query}#entry-{entry}")


def _mark(item: TimelineItem, form: MarkForm, request: PersonRequest) -> TimelineItem:
    do = form.cleaned_data["do"]
    return actions.mark_item(
        item=item,
        is_pinned=do == "pin" or (item.is_pinned and do not in ("unpin", "hide")),
        is_hidden=do == "hide" or (item.is_hidden and do not in ("show", "pin")),
        comment=form.cleaned_data["comment"] if do == "comment" else item.comment,
        actor=request.user,
        now=timezone.now(),
    )
