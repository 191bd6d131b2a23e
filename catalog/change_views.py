"""What was changed on a service: everything that is known, and what a person adds."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import PersonRequest
from catalog import actions
from catalog.dependencies import beneath
from catalog.forms import ChangeForm, ChangeSearch
from catalog.models import Change, ChangeKind, Service
from lib.links import web_links
from oncall.drafts import Refused

PER_PAGE = 50


@login_required
@require_safe
def changes(request: PersonRequest, slug: str) -> HttpResponse:
    """What was changed on the service, and on what it depends on where that is asked for, newest first."""
    subject = get_object_or_404(Service.objects.select_related("team"), slug=slug)
    chosen = ChangeSearch(request.GET).chosen()
    page = Paginator(_matching(subject, chosen), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "service": subject,
        "page": page,
        "rows": [(change, web_links(change.links)) for change in page.object_list],
        "chosen": chosen,
        "kinds": ChangeKind.choices,
    }
    return render(request, "catalog/changes.html", context)


def _matching(subject: Service, chosen: dict[str, Any]) -> QuerySet[Change]:
    services = list(beneath(subject.pk)) if chosen.get("below") else [subject.pk]
    found = Change.objects.filter(service__in=services).select_related("service").defer("details")
    return found.filter(kind=chosen["kind"]) if chosen.get("kind") else found


@login_required
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest, slug: str) -> HttpResponse:
    """A responder tells what was changed: by hand, at the console, in somebody else's system."""
    if not request.user.can_respond:
        raise Http404
    subject = get_object_or_404(Service.objects.live(), slug=slug)
    form = ChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _noted(request, form, subject):
        messages.success(request, _("Noted. Incidents that begin within the hour show it."))
        return redirect("catalog:service", slug=slug)
    status = 422 if form.errors and request.htmx else 200
    return render(request, "catalog/change_form.html", {"form": form, "service": subject}, status=status)


def _noted(request: PersonRequest, form: ChangeForm, subject: Service) -> bool:
    given = {name: form.cleaned_data[name] for name in ("summary", "kind", "url")}
    try:
        actions.note_change(
            actor=request.user, now=timezone.now(), service=subject, happened_at=form.moment(), **given
        )
    except Refused as refused:
        form.add_error(refused.field, refused.message)
        return False
    return True
