"""What Slack sends us: signed, fresh, and each request once."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone

from lib.text import one_line
from notifications import answers, providers
from notifications.models import Delivery, Inbound
from notifications.transports.chats.hooks import machine, sentence
from notifications.transports.slack.signatures import is_signed, once

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Heard:
    """One request that Slack signed. `event` names it: a replay has the same name."""

    raw: bytes
    event: str
    now: datetime

    def note(
        self, *, sender: str, summary: str, event: str = "", delivery: Delivery | None = None
    ) -> Inbound:
        """Keep it before acting on it. Raises answers.Repeated."""
        return answers.note(
            transport="slack",
            provider_id=one_line(event, 200) or self.event,
            sender=sender,
            summary=one_line(summary, 300),
            now=self.now,
            delivery=delivery,
        )


def signed(view: Callable[[Heard], HttpResponse]) -> Callable[..., HttpResponse]:
    """An endpoint that only Slack can use: 403 for a wrong, old or replayed signature, and while nobody could sign."""

    def endpoint(request: HttpRequest, raw: bytes) -> HttpResponse:
        values, now = providers.values("slack"), timezone.now()
        if values is None:
            return sentence("Slack is not set up.", 403)
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        secret = values["signing_secret"].strip()
        if not is_signed(secret, timestamp=timestamp, signature=signature, raw=raw, now=now):
            return _refused(request, "signature")
        try:
            return view(Heard(raw, once(timestamp, signature), now))
        except answers.Repeated:
            return _refused(request, "replay")

    endpoint.__name__, endpoint.__doc__ = view.__name__, view.__doc__
    return machine(endpoint)


def _refused(request: HttpRequest, reason: str) -> HttpResponse:
    log.warning("callback refused", extra={"transport": "slack", "reason": reason, "path": request.path})
    return sentence("Not signed by Slack, or sent before.", 403)


def finish(row: Inbound, outcome: str) -> None:
    """What became of it, in one sentence, beside what came in."""
    row.outcome = outcome[:500]
    row.save(update_fields=["outcome"])


def ephemeral(text: str) -> HttpResponse:
    """An answer that only the person sees."""
    return JsonResponse({"response_type": "ephemeral", "replace_original": False, "text": text})
