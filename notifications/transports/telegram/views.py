"""Where a person connects their Telegram account."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.access import PersonRequest
from notifications.models import ContactMethod
from notifications.transports.telegram import bot
from notifications.transports.telegram.starting import start_token


@login_required
@never_cache
@require_safe
def connect(request: PersonRequest) -> HttpResponse:
    """A link that starts the bot; below it, whether that was done. The fragment asks again until it was."""
    now = timezone.now()
    since = _moment(request.GET.get("since", ""), now)
    found = (
        ContactMethod.objects.usable()
        .filter(user=request.user, transport="telegram", verified_at__gte=since)
        .order_by("-verified_at")
        .first()
    )
    context = {"found": found, "since": int(since.timestamp()), "link": _link(request.user.pk, now)}
    is_fragment = bool(request.htmx) and not request.htmx.boosted
    return render(request, f"notifications/telegram/{'_state' if is_fragment else 'connect'}.html", context)


def _link(user_id: int, now: datetime) -> str:
    try:
        name = bot.username(bot.settings_of_bot())
    except bot.NotSetUp:
        return ""
    return f"https://t.me/{name}?start={start_token(user_id, now)}"


def _moment(text: str, now: datetime) -> datetime:
    """When the page was opened, in seconds; now for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return now.replace(microsecond=0)
    return datetime.fromtimestamp(int(text), UTC)
