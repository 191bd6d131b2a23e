"""Adding, proving, trying out and removing my contact methods."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest
from lib.moments import span
from notifications import transports
from notifications.actions import methods as actions
from notifications.forms import CodeForm, MethodForm, ThrottleForm
from notifications.models import ContactMethod
from notifications.queries import title_of
from notifications.transports.base import Transport


@login_required
@require_safe
def choose(request: PersonRequest) -> HttpResponse:
    """Which kind of method to add."""
    every = transports.every()
    context = {"transports": every, "missing": [each for each in every if not each.is_available()]}
    return render(request, "notifications/method_choose.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def new(request: PersonRequest, name: str) -> HttpResponse:
    """Its address; the answer asks for the code and shows, this once, the signing secret if there is one."""
    transport = _transport(name)
    if transport.connect:
        return redirect(transport.connect)
    form = MethodForm(request.POST or None, transport=transport)
    if request.method == "POST" and form.is_valid():
        try:
            method, secret = actions.add_method(
                actor=request.user, user=request.user, transport=name, now=timezone.now(), **form.cleaned_data
            )
        except (
            actions.AlreadyThere,
            actions.TooManyMethods,
            actions.TooManyMessages,
            actions.TooSoon,
        ) as error:
            form.add_error("address", _refusal(error))
        else:
            if not secret:
                return redirect("notifications:method-verify", pk=method.pk)
            return _verify_page(request, method, CodeForm(), secret=secret)
    context = {"form": form, "transport": transport}
    return render(request, "notifications/method_new.html", context)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def verify(request: PersonRequest, pk: int) -> HttpResponse:
    """The six digits that came by the method."""
    method = _mine(request, pk)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.verify(actor=request.user, method=method, now=timezone.now(), **form.cleaned_data)
        except actions.WrongCode as error:
            form.add_error("code", _wrong(error.left))
        except actions.CodeSpent:
            form.add_error("code", _("There is no code to compare with any more. Send a new one."))
        else:
            messages.success(request, _("Verified: %(method)s can page you now.") % {"method": method})
            return redirect("notifications:me")
    return _verify_page(request, method, form)


@login_required
@require_POST
def code(request: PersonRequest, pk: int) -> HttpResponse:
    """A new code by the method, also by one that was switched off."""
    method = _mine(request, pk)
    try:
        actions.send_code(actor=request.user, method=method, now=timezone.now())
    except (actions.TooSoon, actions.TooManyMessages) as error:
        messages.error(request, _refusal(error))
    else:
        messages.success(request, _("A new code is on its way; the one before does not work any more."))
    return redirect("notifications:method-verify", pk=pk)


@login_required
@require_POST
def test(request: PersonRequest, pk: int) -> HttpResponse:
    """A test message; what became of it stands beside the method."""
    method = _mine(request, pk)
    try:
        actions.send_test(actor=request.user, method=method, now=timezone.now())
    except (actions.TooSoon, actions.TooManyMessages, actions.NotUsable) as error:
        messages.error(request, _refusal(error))
    else:
        messages.success(request, _("A test is on its way to %(method)s.") % {"method": method})
    return redirect("notifications:me")


@login_required
@require_http_methods(["GET", "POST"])
def remove(request: PersonRequest, pk: int) -> HttpResponse:
    """What will be gone, then the removal. The last usable method is asked for once more."""
    method = _mine(request, pk)
    is_last = False
    if request.method == "POST":
        try:
            gone = actions.remove_method(
                actor=request.user, method=method, confirmed="without" in request.POST, now=timezone.now()
            )
        except actions.LastUsableMethod:
            is_last = True
        else:
            messages.success(
                request, _("Removed.") if gone else _("Switched off. Messages that waited are still sent.")
            )
            return redirect("notifications:me")
    usable = ContactMethod.objects.usable().filter(user=request.user)
    context = {
        "method": method,
        "title": title_of(method.transport),
        "rules": method.rules.all(),
        "last": method.is_usable and not usable.exclude(pk=pk).exists(),
        "must_confirm": is_last,
    }
    return render(request, "notifications/method_remove.html", context)


def _mine(request: PersonRequest, pk: int) -> ContactMethod:
    return get_object_or_404(ContactMethod, pk=pk, user=request.user)


@login_required
@require_POST
def throttle(request: PersonRequest, pk: int) -> HttpResponse:
    """At most one message in so long; empty leaves it to the channel."""
    method = _mine(request, pk)
    form = ThrottleForm(request.POST)
    if form.is_valid():
        actions.set_throttle(actor=request.user, method=method, throttle=form.throttle(), now=timezone.now())
        messages.success(request, _("Set."))
    else:
        messages.error(request, _("Seconds are a number from 0 to 3600."))
    return redirect("notifications:me")


def _transport(name: str) -> Transport:
    try:
        return transports.get(name)
    except transports.UnknownTransport as error:
        raise Http404 from error


def _verify_page(
    request: PersonRequest, method: ContactMethod, form: CodeForm, secret: str = ""
) -> HttpResponse:
    context = {
        "method": method,
        "title": title_of(method.transport),
        "form": form,
        "secret": secret,
        "last": method.deliveries.filter(kind="verification").order_by("-id").first(),
    }
    return render(request, "notifications/method_verify.html", context)


def _wrong(left: int) -> str:
    if not left:
        return _("That is not the code, and it was the last try. Send a new one.")
    return ngettext(
        "That is not the code. %(n)s try is left.", "That is not the code. %(n)s tries are left.", left
    ) % {"n": left}


def _refusal(error: Exception) -> str:
    """What a person reads when an action refuses."""
    if isinstance(error, actions.TooSoon):
        return _("One message a minute. Wait %(span)s.") % {"span": span(error.wait)}
    if isinstance(error, actions.AlreadyThere):
        return _("You have this one already.")
    if isinstance(error, actions.TooManyMethods):
        return _("That is too many. Remove one first.")
    if isinstance(error, actions.NotUsable):
        return _("Verify it first.")
    return _("That was enough for today. Try again tomorrow.")
