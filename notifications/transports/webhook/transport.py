"""A personal webhook, signed as Standard Webhooks (https://www.standardwebhooks.com) describes.

Any 2xx is a success; 410 and other 4xx are permanent; 408, 425, 429 and 5xx are worth another try; redirects are
not followed and count as a wrong address.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from lib import http, signing
from notifications.transports.base import (
    Carries,
    Envelope,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    Transport,
)
from notifications.transports.chats import posting

RETRIED = {408, 425, 429}


class WebhookTransport(Transport):
    name = "webhook"
    icon = "webhook"
    title = _("Webhook")
    address_label = _("Address (https://…)")
    address_help = _(
        "Receives a signed JSON POST. The signing secret is shown once, when the webhook is added."
    )
    needs_secret = True
    carries = Carries(answers=True)

    def clean_address(self, raw: str) -> str:
        address = raw.strip()
        URLValidator(schemes=["http", "https"])(address)
        if urlsplit(address).username:
            raise ValidationError(
                _("Leave user name and password out of the address; the request is signed instead.")
            )
        return address

    def circuit(self, address: str) -> str:
        return f"{self.name}:{urlsplit(address).hostname or ''}"[:120]

    def send(self, envelope: Envelope) -> Receipt:
        """POST the message, signed; the answer's status stands in the receipt, never its body."""
        raw = json.dumps(payload(envelope), ensure_ascii=False).encode()
        headers = {
            "Content-Type": "application/json",
            **signing.sign([envelope.secret], envelope.key, envelope.now, raw),
        }
        try:
            response = http.request("POST", envelope.address, headers=headers, body=raw)
        except http.OutboundRefused as error:
            raise PermanentFailure(str(error)) from error
        except http.OutboundFailed as error:
            raise TemporaryFailure(str(error), unknown=error.sent) from error
        return _judge(response, envelope)


TRANSPORT = WebhookTransport()


def _judge(response: http.Response, envelope: Envelope) -> Receipt:
    if 200 <= response.status < 300:
        return Receipt(provider_id=envelope.key, answer=f"HTTP {response.status}")
    if response.status in RETRIED or response.status >= 500:
        wait = response.headers.get("retry-after", "")
        raise TemporaryFailure(
            f"HTTP {response.status}",
            float(wait) if wait.isascii() and wait.isdigit() else None,
            unknown=response.status in posting.LOST,
        )
    raise PermanentFailure(f"HTTP {response.status}")


def payload(envelope: Envelope) -> dict[str, Any]:
    """`{type, timestamp, data}`; `data` has the sentence, the facts and the links."""
    message = envelope.message
    return {
        "type": f"tocsin.{message.kind}",
        "timestamp": envelope.now.isoformat(),
        "data": {
            "headline": message.headline,
            "text": message.intro,
            "facts": dict(message.facts),
            "url": message.url,
            "acknowledge_url": message.ack_url,
            "code": message.code,
            **(message.data or {}),
        },
    }
