"""Settings: what carries the messages of this installation."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import PersonRequest, require_admin
from notifications import channels, providers
from notifications.actions import providers as actions
from notifications.actions.methods import TooManyMessages, TooSoon
from notifications.forms import ProviderForm
from notifications.models import ContactMethod, Delivery
from notifications.providers import Declared
from notifications.transports.telegram.bot import NotSetUp
from notifications.transports.telegram.setup import SetupFailed, register_webhook


@login_required
@require_safe
def every(request: PersonRequest) -> HttpResponse:
    """Which channels work, which are down, and what can be set up."""
    require_admin(request)
    context = {"channels": channels.channels(), "sets": channels.sets()}
    return render(request, "notifications/providers.html", context)


@login_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def one(request: PersonRequest, name: str) -> HttpResponse:
    """The fields that it declares; secrets are never shown again, and stay when they are left empty."""
    actor = require_admin(request)
    about = _declared(name)
    known = providers.values(name)
    form = ProviderForm(request.POST or None, about=about, known=known or {})
    if request.method == "POST" and form.is_valid():
        try:
            actions.save_provider(actor=actor, name=name, values=form.cleaned_data, now=timezone.now())
        except actions.Wrong as wrong:
            for field, text in wrong.errors.items():
                form.add_error(field, text)
        else:
            messages.success(request, _("%(title)s is set up. Try it out now.") % _of(about))
            return redirect("notifications:provider", name=name)
    addresses = [(label, settings.SITE_URL + path) for label, path in about.callbacks]
    context = {
        "about": about,
        "form": form,
        "is_set_up": known is not None,
        "addresses": addresses,
        "mine": _mine(request, name) if known is not None else [],
        "last": Delivery.objects.about(actions.FALLBACK_TEST).last() if name == "fallback" else None,
    }
    return render(request, "notifications/provider.html", context)


@login_required
@require_POST
def remove(request: PersonRequest, name: str) -> HttpResponse:
    """Nothing goes by it any more."""
    actor = require_admin(request)
    about = _declared(name)
    if actions.remove_provider(actor=actor, name=name, now=timezone.now()):
        messages.success(request, _("%(title)s is no longer set up.") % _of(about))
    return redirect("notifications:providers")


@login_required
@require_POST
def try_fallback(request: PersonRequest) -> HttpResponse:
    """A test to where pages go that reach nobody else."""
    actor = require_admin(request)
    try:
        actions.try_fallback(actor=actor, now=timezone.now())
    except actions.NoFallback:
        messages.error(request, _("Set it up first."))
    except TooSoon:
        messages.error(request, _("Wait a minute between two tests."))
    except TooManyMessages:
        messages.error(request, _("That is enough for today."))
    else:
        messages.success(request, _("A test is on its way. What becomes of it is said below."))
    return redirect("notifications:provider", name="fallback")


@login_required
@require_POST
def register(request: PersonRequest) -> HttpResponse:
    """Have Telegram send its updates here."""
    require_admin(request)
    try:
        address = register_webhook()
    except NotSetUp:
        messages.error(request, _("Set it up first."))
    except SetupFailed as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Telegram sends its updates to %(address)s now.") % {"address": address})
    return redirect("notifications:provider", name="telegram")


def _mine(request: PersonRequest, name: str) -> list[ContactMethod]:
    """The admin's own methods that go by this provider: what it can be tried out with."""
    served = channels.served_by(name)
    return list(ContactMethod.objects.usable().filter(user=request.user, transport__in=served))


def _declared(name: str) -> Declared:
    try:
        return providers.declared(name)
    except KeyError as error:
        raise Http404 from error


def _of(about: Declared) -> dict[str, str]:
    return {"title": str(about.title)}
