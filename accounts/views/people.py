"""Who is here, and what an admin may change about them."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import actions, queries
from accounts.access import PersonRequest, require_admin
from accounts.forms import PeopleSearch, PersonForm
from accounts.models import Membership, User
from lib import panels

PAGE = 50


@login_required
@require_safe
def people(request: PersonRequest) -> HttpResponse:
    """The list with search; other apps add cells to each row by the panels of "people"."""
    search = PeopleSearch(request.GET)
    chosen = queries.people(search.text(), gone=search.shows_gone())
    page = Paginator(chosen, PAGE).get_page(request.GET.get("page"))
    cells = panels.filled("people", list(page.object_list), request.user)
    return render(
        request,
        "accounts/people.html",
        {"page": page, "cells": cells, "q": search.text(), "gone": search.shows_gone()},
    )


@login_required
@require_safe
def person(request: PersonRequest, pk: int) -> HttpResponse:
    """One person, with what other apps know about them."""
    return _page(request, get_object_or_404(User, pk=pk), None)


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: PersonRequest, pk: int) -> HttpResponse:
    """An admin changes name, role, zone or whether the person is here at all."""
    actor = require_admin(request)
    subject = get_object_or_404(User, pk=pk)
    form = PersonForm(request.POST or None, person=subject)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_person(actor=actor, person=subject, now=timezone.now(), **form.cleaned_data)
        except actions.LastAdmin:
            form.add_error(None, _("This is the last active admin. Make somebody else an admin first."))
        else:
            messages.success(request, _("Saved."))
            return redirect("accounts:person", pk=pk)
    return _page(request, subject, form)


def _page(request: PersonRequest, subject: User, form: PersonForm | None) -> HttpResponse:
    if form is None and request.user.is_admin:
        form = PersonForm(person=subject)
    context = {
        "person": subject,
        "memberships": Membership.objects.filter(user=subject).select_related("team").order_by("team__name"),
        "form": form,
        "local_time": _("%(time)s there now")
        % {"time": timezone.now().astimezone(subject.zone).strftime("%H:%M")},
        "tokens": queries.tokens_of(subject) if request.user.is_admin else [],
        "now": timezone.now(),
        "panels": panels.filled("person", subject, request.user),
    }
    return render(request, "accounts/person.html", context)
