"""The status editor: the public page as it is now, beside what it is made of.

Everybody who is signed in may look; admins and managers change. For others a change is not there (404).
"""

from __future__ import annotations

from typing import Any

from csp.constants import SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from statuspage import actions
from statuspage.forms import ComponentForm, PageForm
from statuspage.models import Component, StatusPage, may_edit

# The editor is the one page of ours that frames another one.
_framing = csp_replace({"frame-src": [SELF]})


def _actor(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - behind login_required
    return request.user


def _changeable_page(request: HttpRequest, slug: str) -> StatusPage:
    return get_object_or_404(StatusPage.objects.changeable_by(_actor(request)), slug=slug)


def _changeable_component(request: HttpRequest, slug: str, pk: int) -> Component:
    return get_object_or_404(Component, page=_changeable_page(request, slug), pk=pk)


@login_required
@require_GET
def manage(request: HttpRequest) -> HttpResponse:
    """The default page's editor; without any page, what a status page is and how to make one."""
    return _editor(request, StatusPage.objects.first())


@login_required
@require_GET
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """One page's editor."""
    return _editor(request, get_object_or_404(StatusPage, slug=slug))


def _editor(request: HttpRequest, found: StatusPage | None) -> HttpResponse:
    context = {
        "page": found,
        "pages": StatusPage.objects.all(),
        "components": found.components.prefetch_related("services") if found else [],
        "may_edit": may_edit(_actor(request)),
    }
    response: HttpResponse = _framing(render)(request, "statuspage/editor.html", context)
    return response


@login_required
@require_http_methods(["GET", "POST"])
def new_page(request: HttpRequest) -> HttpResponse:
    """Make a page."""
    actor = _actor(request)
    if not may_edit(actor):
        raise Http404
    form = PageForm(request.POST or None)
    if form.is_valid():
        try:
            made = actions.create_page(actor=actor, **_wanted_page(form), now=timezone.now())
        except actions.SlugTaken:
            form.add_error("slug", _("Another page has this address."))
        else:
            messages.success(request, _("The page is public. Add the systems that customers know."))
            return redirect("statuspage:page", made.slug)
    return render(request, "statuspage/form.html", {"form": form, "heading": _("New status page")})


def _wanted_page(form: PageForm) -> dict[str, Any]:
    """Whether the first page becomes the default is not for the form to say."""
    wanted = dict(form.cleaned_data)
    wanted["is_default"] = wanted["is_default"] or None
    return wanted


@login_required
@require_http_methods(["GET", "POST"])
def page_settings(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a page's words."""
    found = _changeable_page(request, slug)
    form = PageForm(request.POST or None, page=found)
    if form.is_valid():
        actions.change_page(actor=_actor(request), page=found, **form.cleaned_data, now=timezone.now())
        messages.success(request, _("Saved; customers see it now."))
        return redirect("statuspage:page", slug)
    context = {"form": form, "page": found, "heading": _("Settings of the page"), "is_settings": True}
    return render(request, "statuspage/form.html", context)


@login_required
@require_POST
def delete_page(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a page off the air, once its name was typed."""
    found = _changeable_page(request, slug)
    if request.POST.get("confirm") != found.name:
        messages.error(request, _("Nothing was deleted: the name that was typed is not the page's."))
        return redirect("statuspage:settings", slug)
    actions.delete_page(actor=_actor(request), page=found, now=timezone.now())
    messages.success(request, _("The page is off the air."))
    return redirect("statuspage:manage")


@login_required
@require_http_methods(["GET", "POST"])
def new_component(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a system to the page."""
    found = _changeable_page(request, slug)
    form = ComponentForm(request.POST or None)
    if form.is_valid():
        try:
            actions.add_component(actor=_actor(request), page=found, **form.cleaned_data, now=timezone.now())
        except actions.NameTaken:
            form.add_error("name", _("The group has a system of this name."))
        else:
            return redirect("statuspage:page", slug)
    return render(request, "statuspage/form.html", {"form": form, "page": found, "heading": _("New system")})


@login_required
@require_http_methods(["GET", "POST"])
def component(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Change a system of the page."""
    found = _changeable_component(request, slug, pk)
    form = ComponentForm(request.POST or None, component=found)
    if form.is_valid():
        try:
            actions.change_component(
                actor=_actor(request), component=found, **form.cleaned_data, now=timezone.now()
            )
        except actions.NameTaken:
            form.add_error("name", _("The group has a system of this name."))
        else:
            return redirect("statuspage:page", slug)
    context = {"form": form, "page": found.page, "component": found, "heading": found.name}
    return render(request, "statuspage/form.html", context)


@login_required
@require_POST
def move_component(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """One place up or down."""
    found = _changeable_component(request, slug, pk)
    down = request.POST.get("to") == "down"
    actions.move_component(actor=_actor(request), component=found, down=down, now=timezone.now())
    return redirect("statuspage:page", slug)


@login_required
@require_POST
def delete_component(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Take a system off the page."""
    found = _changeable_component(request, slug, pk)
    actions.delete_component(actor=_actor(request), component=found, now=timezone.now())
    messages.success(request, _("%(name)s is off the page.") % {"name": found.name})
    return redirect("statuspage:page", slug)
