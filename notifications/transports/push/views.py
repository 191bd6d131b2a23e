"""Where a person turns notifications on, on the device that shall show them."""

from __future__ import annotations

from dataclasses import replace

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import PersonRequest
from lib.moments import span
from lib.sealing import BadSeal
from notifications.actions.methods import TooManyMessages, TooManyMethods, TooSoon
from notifications.keys import vapid_keys
from notifications.models import ContactMethod
from notifications.transports.push.connecting import connect_device
from notifications.transports.push.subscriptions import LARGEST, BadSubscription, Subscription, read
from notifications.transports.push.transport import TRANSPORT


class SubscriptionForm(forms.Form):
    """What the browser's script fills in."""

    subscription = forms.CharField(max_length=LARGEST, widget=forms.HiddenInput)

    def clean_subscription(self) -> Subscription:
        try:
            # Read first: what is refused must leave nothing behind, not even a key.
            found = read(self.cleaned_data["subscription"], key="")
            return replace(found, key=vapid_keys(timezone.now()).public)
        except BadSubscription as error:
            raise forms.ValidationError(
                _("The browser gave no subscription that works: %(reason)s.") % {"reason": error}
            ) from error
        except BadSeal as error:
            raise forms.ValidationError(sealed()) from error


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def connect(request: PersonRequest) -> HttpResponse:
    """One button; then whether the first notification arrived, which the fragment asks until it did."""
    if request.htmx and not request.htmx.boosted and request.method == "GET":
        return _state(request)
    form = SubscriptionForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (method := _connected(request, form)):
        return redirect(resolve_url("notifications:push-connect") + f"?device={method.pk}")
    mine = list(ContactMethod.objects.filter(user=request.user, transport="push"))
    context = {
        "form": form,
        "is_available": TRANSPORT.is_available(),
        "devices": mine,
        "device": _device(request),
        "known": " ".join(each.address.partition("#")[2] for each in mine if each.is_usable),
    }
    return render(request, "notifications/push/connect.html", context)


def _state(request: PersonRequest) -> HttpResponse:
    """Nothing (204) while there is no news, so that what the reader opened meanwhile stays open."""
    device = _device(request)
    if device is None or not device.is_usable:
        return HttpResponse(status=204)
    return render(request, "notifications/push/_state.html", {"device": device})


@login_required
@never_cache
@require_POST
def key(request: PersonRequest) -> HttpResponse:
    """Our public key, which a browser subscribes under. The first who asks has it made."""
    try:
        return JsonResponse({"key": vapid_keys(timezone.now()).public})
    except BadSeal:
        return JsonResponse({"text": sealed()}, status=503)


def sealed() -> str:
    return _(
        "The key of this installation cannot be opened: its SECRET_KEY was changed. An admin has to put the old "
        "one into SECRET_KEY_FALLBACKS."
    )


def _connected(request: PersonRequest, form: SubscriptionForm) -> ContactMethod | None:
    """The method, or None with the reason in the form."""
    try:
        return connect_device(
            actor=request.user,
            subscription=form.cleaned_data["subscription"],
            user_agent=request.headers.get("User-Agent", "")[:500],
            now=timezone.now(),
        )
    except TooSoon as error:
        form.add_error(None, _("One message a minute. Wait %(span)s.") % {"span": span(error.wait)})
    except TooManyMethods:
        form.add_error(None, _("That is too many. Remove one first."))
    except TooManyMessages:
        form.add_error(None, _("That was enough for today. Try again tomorrow."))
    return None


def _device(request: PersonRequest) -> ContactMethod | None:
    """The one that was just connected."""
    number = request.GET.get("device", "")
    if not (number.isascii() and number.isdigit() and len(number) < 16):
        return None
    return ContactMethod.objects.filter(user=request.user, transport="push", pk=int(number)).first()
