"""The chat rooms of a service or a team: add, try out, remove."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from accounts.models import Team
from catalog.models import Service
from incidents.actions import channels
from incidents.forms import RoomForm
from incidents.models import Channel
from incidents.queries.rooms import name_of
from notifications.transports.base import Transport


@login_required
@require_http_methods(["GET", "POST"])
def of_service(request: PersonRequest, slug: str) -> HttpResponse:
    """A room for the incidents of one service."""
    return _add(request, get_object_or_404(Service.objects.changeable_by(request.user), slug=slug))


@login_required
@require_http_methods(["GET", "POST"])
def of_team(request: PersonRequest, slug: str) -> HttpResponse:
    """A room for the incidents of all services of a team."""
    return _add(request, get_object_or_404(Team.objects.changeable_by(request.user), slug=slug))


@login_required
@require_POST
def test(request: PersonRequest, pk: int) -> HttpResponse:
    """A message to the room; what became of it stands beside it."""
    channel = _changeable(request, pk)
    try:
        channels.test_channel(actor=request.user, channel=channel, now=timezone.now())
    except channels.TooSoon:
        messages.info(request, _("The last test went out a moment ago."))
    else:
        messages.success(request, _("A test is on its way to %(room)s.") % {"room": name_of(channel)})
    return redirect(f"{channels.page_of(channel)}#panel-rooms")


@login_required
@require_POST
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """The room hears of nothing new."""
    channel = _changeable(request, pk)
    page, name = channels.page_of(channel), name_of(channel)
    channels.remove_channel(actor=request.user, channel=channel, now=timezone.now())
    messages.success(request, _("%(room)s hears of nothing new.") % {"room": name})
    return redirect(f"{page}#panel-rooms")


def _add(request: PersonRequest, owner: Service | Team) -> HttpResponse:
    """By which channel first (`?by=`), where there is a choice, then the room's address."""
    offered = channels.offered()
    transport = _chosen(request.GET.get("by", ""), offered)
    form = RoomForm(request.POST or None, transport=transport) if transport else None
    if form and transport and form.is_valid():
        channel = _added(request, owner, transport, form)
        if channel:
            messages.success(
                request, _("%(room)s hears of incidents from now on.") % {"room": name_of(channel)}
            )
            return redirect(f"{channels.page_of(channel)}#panel-rooms")
    context: dict[str, Any] = {"owner": owner, "offered": offered, "transport": transport, "form": form}
    context["is_team"] = isinstance(owner, Team)
    status = 422 if form and form.errors and request.htmx else 200
    return render(request, "incidents/room_new.html", context, status=status)


def _chosen(name: str, offered: list[Transport]) -> Transport | None:
    if len(offered) == 1:
        return offered[0]
    return next((each for each in offered if each.name == name), None)


def _added(
    request: PersonRequest, owner: Service | Team, transport: Transport, form: RoomForm
) -> Channel | None:
    try:
        return channels.add_channel(
            actor=request.user, owner=owner, transport=transport.name, now=timezone.now(), **form.cleaned_data
        )
    except channels.AlreadyThere:
        form.add_error("address", _("This room hears of it already."))
    except channels.TooMany:
        form.add_error(None, _("That is too many. Remove a room first."))
    return None


def _changeable(request: PersonRequest, pk: int) -> Channel:
    channel = get_object_or_404(Channel.objects.select_related("service__team", "team"), pk=pk)
    owner = channels.owner_of(channel)
    team = owner.team if isinstance(owner, Service) else owner
    if not Team.objects.changeable_by(request.user).filter(pk=team.pk).exists():
        raise Http404
    return channel
