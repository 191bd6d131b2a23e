"""Web Push: one encrypted POST to the address that the browser's maker gave it (RFC 8030, 8291, 8292).

201 is a success; 404 and 410 say that the browser is no longer there; 413 that the message is too long.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lib.sealing import BadSeal
from notifications.keys import KeyPair, vapid_keys
from notifications.transports.base import (
    Carries,
    Envelope,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    Transport,
)
from notifications.transports.chats import posting
from notifications.transports.push import wire
from notifications.transports.push.payload import payload, tag
from notifications.transports.push.subscriptions import BadSubscription, Subscription, stored

GONE = frozenset({404, 410})
# Our signature or contact is refused: whoever runs the installation can mend it.
OURS = frozenset({401, 403})
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class PushTransport(Transport):
    name = "push"
    icon = "device-mobile"
    title = _("This device (Web Push)")
    address_label = _("Browser")
    address_help = _(
        "Notifications on a phone or a computer, with a button that acknowledges. No app store, no account."
    )
    carries = Carries(answers=True, receipts=True, wakes=True)
    connect = "notifications:push-connect"

    def clean_address(self, raw: str) -> str:
        raise ValidationError(_("Open Tocsin on the device itself and turn notifications on there."))

    def circuit(self, address: str) -> str:
        return f"{self.name}:{urlsplit(address).hostname or ''}"[:120]

    def shown(self, address: str) -> str:
        """The push service's host: nobody knows a browser by more."""
        return urlsplit(address).hostname or self.name

    def is_available(self) -> bool:
        """Browsers subscribe only on https, and on the machine itself."""
        site = urlsplit(settings.SITE_URL)
        return site.scheme == "https" or site.hostname in LOCAL

    def send(self, envelope: Envelope) -> Receipt:
        """Encrypt, sign and POST. The message's own address at the push service is its provider id."""
        subscription, pair = _subscription(envelope), _keys(envelope)
        if subscription.key != pair.public:
            raise PermanentFailure("subscribed under another key of this installation", disable=True)
        headers = {
            **wire.headers(envelope.message, tag(envelope)),
            "Authorization": wire.authorization(subscription.origin, pair, envelope.now),
        }
        body = wire.encrypted(subscription, payload(envelope))
        answer = posting.call_raw(subscription.endpoint, body, headers=headers)
        response = posting.judge(answer, gone=GONE, ours=OURS)
        known = response.headers.get("location", "").rstrip("/").rpartition("/")[2]
        return Receipt(provider_id=known[:200] or envelope.key, answer=f"HTTP {response.status}")


TRANSPORT = PushTransport()


def _subscription(envelope: Envelope) -> Subscription:
    try:
        return stored(envelope.secret)
    except BadSubscription as error:
        raise PermanentFailure("the browser's subscription is not known", disable=True) from error


def _keys(envelope: Envelope) -> KeyPair:
    try:
        return vapid_keys(envelope.now)
    except BadSeal as error:
        raise TemporaryFailure("the key for push services cannot be opened") from error
