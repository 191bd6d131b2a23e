"""Inviting people, and the page on which they join."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest, require_admin
from accounts.actions import EmailTaken
from accounts.forms import InviteForm
from accounts.models import User
from notifications.actions import invitations as actions
from notifications.actions.methods import TooManyMessages, TooSoon
from notifications.forms import WelcomeForm

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: PersonRequest) -> HttpResponse:
    """An admin invites somebody."""
    actor = require_admin(request)
    form = InviteForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            person = actions.invite(actor=actor, now=timezone.now(), **form.cleaned_data)
        except EmailTaken:
            form.add_error("email", _("Somebody with this address is already here."))
        else:
            messages.success(
                request, _("The invitation to %(email)s is on its way.") % {"email": person.email}
            )
            return redirect("accounts:person", pk=person.pk)
    return render(request, "notifications/invite.html", {"form": form})


@login_required
@require_POST
def invite_again(request: PersonRequest, pk: int) -> HttpResponse:
    """The mail did not come, or its link is too old."""
    actor = require_admin(request)
    person = get_object_or_404(User.objects.active(), pk=pk)
    try:
        actions.invite_again(actor=actor, person=person, now=timezone.now())
    except actions.AlreadyJoined:
        messages.error(request, _("They have joined already."))
    except TooSoon:
        messages.error(request, _("One invitation a minute. Wait a moment."))
    except TooManyMessages:
        messages.error(request, _("That was enough for today. Try again tomorrow."))
    else:
        messages.success(request, _("The invitation to %(email)s is on its way.") % {"email": person.email})
    return redirect("accounts:person", pk=pk)


@never_cache
@sensitive_post_parameters("password", "again")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Name, clock and a first password; then they are signed in and see how they are reached."""
    try:
        person = actions.invited(uid, token)
    except actions.BadInvitation:
        return render(request, "notifications/welcome_bad.html", status=404)
    form = WelcomeForm(request.POST or None, person=person)
    if request.method != "POST" or not form.is_valid():
        context = {"form": form, "person": person}
        return render(request, "notifications/welcome.html", context)
    given = form.cleaned_data
    joined = actions.accept(
        person=person,
        name=given["name"],
        time_zone=given["time_zone"],
        password=given["password"],
        now=timezone.now(),
    )
    login(request, joined, backend=BACKEND)
    return redirect("notifications:me")
