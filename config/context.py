"""What the frame around every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import User
from incidents.models import Incident
from incidents.queries.board import paging
from notifications.models import ContactMethod
from oncall.queries import AHEAD, duties_of

REMEMBER_DUTIES = 30  # seconds


@dataclass(frozen=True, slots=True)
class OnDuty:
    """The reader is on call for a schedule; `until` is None when that lies more than four weeks ahead."""

    name: str
    until: datetime | None


class Frame:
    """Asked only for what a template shows, so that a fragment without the frame costs no query."""

    live_url = settings.LIVE_URL

    def __init__(self, user: User) -> None:
        self.user = user

    @property
    def live_token(self) -> str:
        """Lets the page listen to the event stream."""
        return signing.dumps(self.user.pk, salt="live")

    @cached_property
    def paging_me(self) -> list[Incident]:
        """What wakes the reader now and waits for an answer. One query."""
        return paging(self.user)

    @property
    def paging(self) -> int:
        """How many that are."""
        return len(self.paging_me)

    @cached_property
    def unreachable(self) -> bool:
        """The reader may be paged and nothing could reach them. One query."""
        return self.user.can_respond and not ContactMethod.objects.usable().filter(user=self.user).exists()

    @cached_property
    def on_call(self) -> list[OnDuty]:
        """What the reader is on call for, at most half a minute old: schedules are costly to work out."""
        if not self.user.can_respond:
            return []
        return cache.get_or_set(f"duties:{self.user.pk}", self._duties, REMEMBER_DUTIES) or []

    def _duties(self) -> list[OnDuty]:
        now = timezone.now()
        return [
            OnDuty(duty.schedule.name, duty.end if duty.end < now + AHEAD else None)
            for duty in duties_of(self.user, now)
        ]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context `frame` for signed-in people; see docs/frontend.md for its keys."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {"frame": Frame(user), "organisation": settings.ORGANISATION}
