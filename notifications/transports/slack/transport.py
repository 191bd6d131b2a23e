"""Slack: direct messages to members and messages to rooms by a bot, with buttons, changed as the state changes.

Methods: chat.postMessage, chat.update, users.lookupByEmail (https://docs.slack.dev/reference/methods). A message is
found again by its room and time stamp, kept as "C012:1730.0001".
"""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from notifications.transports.base import (
    Carries,
    Envelope,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    Transport,
)
from notifications.transports.slack.blocks import body

MEMBER = re.compile(r"[UW][A-Z0-9]{2,30}")
ROOM = re.compile(r"[CG][A-Z0-9]{2,30}")
ROOM_LINK = re.compile(r"https://[a-z0-9.-]+/(?:archives|client/[A-Z0-9]+)/([CG][A-Z0-9]{2,30})(?:[/?#].*)?")
MESSAGE = re.compile(r"([A-Z0-9]{3,31}):([0-9]{1,20}\.[0-9]{1,10})")


class SlackTransport(Transport):
    name = "slack"
    icon = "brand-slack"
    title = _("Slack")
    address_label = _("Your e-mail address at Slack, or your member ID")
    address_help = _("Your member ID stands in your profile at Slack: … → Copy member ID. It begins with U.")
    room_label = _("Channel ID or link")
    room_help = _(
        "In Slack: the channel’s name → About → Channel ID at the very bottom, or Copy link. Invite the app to a "
        "private channel first: /invite @Tocsin."
    )
    carries = Carries(answers=True, edits=True)
    providers = ("slack",)
    is_room = True

    def clean_address(self, raw: str) -> str:
        """A member's id; an e-mail address is looked up at Slack."""
        text = raw.strip()
        if "@" in text:
            validate_email(text)
            return _member_with(text)
        if not MEMBER.fullmatch(text.upper()):
            raise ValidationError(_("Type the e-mail address that you use at Slack, or a member ID (U…)."))
        return text.upper()

    def clean_room(self, raw: str) -> str:
        """A channel's id, from itself or from its link."""
        text = raw.strip()
        link = ROOM_LINK.fullmatch(text)
        room = link.group(1) if link else text.upper()
        if not ROOM.fullmatch(room):
            raise ValidationError(
                _("This is no channel ID. It begins with C or G; the channel’s link works too.")
            )
        return room

    def send(self, envelope: Envelope) -> Receipt:
        """Post it: to a member's id Slack opens the direct message by itself."""
        from notifications.transports.slack import client  # noqa: PLC0415 - loaded when first used

        answer = client.call(
            "chat.postMessage",
            body={
                "channel": envelope.address,
                **body(envelope),
                "unfurl_links": False,
                "unfurl_media": False,
                "link_names": False,
            },
        )
        return Receipt(f"{answer.get('channel', '')}:{answer.get('ts', '')}"[:200], "ok")

    def edit(self, envelope: Envelope, provider_id: str) -> Receipt:
        """Change the message where it stands; nobody is notified anew."""
        from notifications.transports.slack import client  # noqa: PLC0415 - loaded when first used

        if not provider_id:
            raise TemporaryFailure("the message is still on its way", 2, down=False)
        known = MESSAGE.fullmatch(provider_id)
        if known is None:
            raise PermanentFailure("the message is not known at Slack")
        client.call(
            "chat.update",
            body={"channel": known.group(1), "ts": known.group(2), **body(envelope), "link_names": False},
        )
        return Receipt(provider_id, "ok")


TRANSPORT = SlackTransport()


def _member_with(email: str) -> str:
    """The member's id at Slack. Raises ValidationError with what to do about it."""
    from notifications.transports.slack import client  # noqa: PLC0415 - loaded when first used

    try:
        user = client.call("users.lookupByEmail", params={"email": email}).get("user") or {}
    except (TemporaryFailure, PermanentFailure) as error:
        if getattr(error, "code", "") == "users_not_found":
            raise ValidationError(_("Nobody at Slack has this e-mail address.")) from error
        raise ValidationError(
            _("Slack could not be asked for this address. Type your member ID (U…) instead.")
        ) from error
    found = str(user.get("id", ""))
    if not MEMBER.fullmatch(found) or user.get("deleted") or user.get("is_bot"):
        raise ValidationError(_("Nobody at Slack has this e-mail address."))
    return found
