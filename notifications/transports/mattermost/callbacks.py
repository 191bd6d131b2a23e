"""A button that was pressed in Mattermost.

Nothing is signed: what proves the call is the token in the address, which a Mattermost server shows to nobody. Who
pressed is what that server says.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from lib import jsonbody
from notifications.acks import BadLink, ExpiredLink
from notifications.actions.deliveries import unpacked
from notifications.models import ContactMethod, Delivery
from notifications.subjects import Verb
from notifications.transports.chats.addresses import host_of
from notifications.transports.chats.hooks import machine, sentence
from notifications.transports.chats.markup import markdown
from notifications.transports.chats.pressing import Press, meant, press_or_again
from notifications.transports.mattermost.transport import CHANNEL, attachment, channel_of

log = logging.getLogger(__name__)


@machine
def pressed(_request: HttpRequest, raw: bytes, token: str, verb: str) -> HttpResponse:
    """Do it, and change the message: what happened stands over it, and an acknowledged page has no buttons."""
    try:
        delivery = meant(token, "mattermost")
        name = _user_name(raw)
    except ExpiredLink:
        return _whisper(_("This page is older than two days and can not be answered any more."))
    except BadLink:
        log.warning("callback refused", extra={"transport": "mattermost", "reason": "token"})
        return sentence(_("This button is not one of ours."), 403)
    except jsonbody.BadBody as error:
        return sentence(error.reason, error.status)
    person = _person_pressing(delivery, name)
    if person is None:
        log.warning(
            "callback refused", extra={"transport": "mattermost", "reason": "stranger", "sender": name}
        )
        return _whisper(_stranger(delivery))
    return _done(delivery, Verb(verb), person, name)


def _done(delivery: Delivery, verb: Verb, person: User, name: str) -> HttpResponse:
    what = Press("mattermost", name, verb, f"{delivery.pk}:{verb}:{person.pk}")
    said = press_or_again(delivery=delivery, what=what, actor=person, now=timezone.now())
    if verb is not Verb.ACKNOWLEDGE:
        return _whisper(said.text)
    shown = attachment(unpacked(delivery.message), [])
    return JsonResponse(
        {
            "update": {"message": markdown(said.text), "props": {"attachments": [shown]}},
            "ephemeral_text": markdown(said.text),
        }
    )


def _user_name(raw: bytes) -> str:
    body = jsonbody.parse(raw)
    name = body.get("user_name") if isinstance(body, dict) else None
    if not isinstance(name, str) or not CHANNEL.fullmatch(name) or name.startswith("@"):
        raise jsonbody.BadBody("The body does not say who pressed.")
    return name


def _person_pressing(delivery: Delivery, name: str) -> User | None:
    """The delivery's own person if the message went to that name; in a room, whoever has added that name."""
    if delivery.user is not None and channel_of(delivery.address) == f"@{name}":
        return delivery.user
    known = ContactMethod.objects.usable().filter(
        transport="mattermost", address__endswith=f"?channel=@{name}", user__is_active=True
    )
    if delivery.user is not None:
        known = known.filter(user=delivery.user_id)
    host = host_of(delivery.address)
    rows = known.select_related("user").order_by("id")
    return next((row.user for row in rows if host_of(row.address) == host), None)


def _stranger(delivery: Delivery) -> str:
    if delivery.user and channel_of(delivery.address).startswith("@"):
        return _("This page is for %(person)s.") % {"person": markdown(delivery.user.name)}
    url = settings.SITE_URL + reverse("notifications:method-new", args=["mattermost"])
    return _(
        "Connect your Mattermost account to Tocsin first: add a webhook with ?channel=@your-name at %(url)s"
    ) % {"url": url}


def _whisper(text: str) -> HttpResponse:
    """Said to whoever pressed, and to nobody else."""
    said: dict[str, Any] = {"ephemeral_text": text}
    return JsonResponse(said)
