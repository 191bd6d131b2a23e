"""Settings: the way to people, teams and one's own profile, and API tokens."""

from __future__ import annotations

from django.conf import settings as site
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import actions, queries
from accounts.access import PersonRequest
from accounts.forms import ProfileForm, TokenForm
from accounts.models import ApiToken
from lib.links import own_path


@login_required
@require_safe
def settings(request: PersonRequest) -> HttpResponse:
    """Rarely opened, by few: links first, then tokens."""
    return _page(request, TokenForm(person=request.user, now=timezone.now()))


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: PersonRequest) -> HttpResponse:
    """My name and my clock. `next` (an address of ours) is where to go on."""
    form = ProfileForm(request.POST or None, person=request.user)
    onward = own_path(request.POST.get("next") or request.GET.get("next") or "")
    if request.method == "POST" and form.is_valid():
        actions.change_profile(actor=request.user, now=timezone.now(), **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(onward or "accounts:settings")
    context = {"form": form, "next": onward}
    return render(request, "accounts/profile.html", context)


@login_required
@never_cache
@require_POST
def token_new(request: PersonRequest) -> HttpResponse:
    """The answer shows the token, this once: only its digest is kept."""
    now = timezone.now()
    form = TokenForm(request.POST, person=request.user, now=now)
    if not form.is_valid():
        return _page(request, form)
    token, text = actions.create_token(
        actor=request.user,
        now=now,
        name=form.cleaned_data["name"],
        read_only=form.cleaned_data["read_only"],
        expires_at=form.expires_at(),
    )
    try_it = f'curl -H "Authorization: Bearer {text}" {site.SITE_URL}/api/v1/incidents'
    return render(request, "accounts/token_made.html", {"token": token, "text": text, "try_it": try_it})


@login_required
@require_POST
def token_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    """My own token, or as an admin anybody's."""
    within = ApiToken.objects.all() if request.user.is_admin else ApiToken.objects.filter(user=request.user)
    token = get_object_or_404(within, pk=pk)
    actions.revoke_token(actor=request.user, token=token, now=timezone.now())
    messages.success(request, _("The token %(name)s does not work any more.") % {"name": token.name})
    return redirect(resolve_url("accounts:settings") + "#tokens")


def _page(request: PersonRequest, form: TokenForm) -> HttpResponse:
    context = {
        "form": form,
        "tokens": queries.tokens_of(request.user),
        "others": queries.tokens_of_others(request.user) if request.user.is_admin else [],
        "now": timezone.now(),
    }
    return render(request, "accounts/settings.html", context)
