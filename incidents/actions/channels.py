"""The chat rooms that hear of the incidents of a service, or of all services of a team."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import Team, User
from catalog.models import Service
from incidents.actions.rooms import to_room
from incidents.models import Channel
from notifications import transports
from notifications.actions.deliveries import enqueue, packed
from notifications.models import Delivery, DeliveryKind
from notifications.transports.base import Message, Transport

MOST = 20
BETWEEN_TESTS = timedelta(seconds=20)


class NotAllowed(Exception):
    """Only managers of the team that owns it, and admins, choose its rooms."""


class AlreadyThere(Exception):
    """The room hears of it already."""


class TooMany(Exception):
    """More rooms than anybody reads."""


class NoRoom(Exception):
    """The channel cannot carry messages to a room, or is not set up."""


class TooSoon(Exception):
    """The last test of this room was a moment ago."""


@transaction.atomic
def add_channel(
    *, actor: User, owner: Service | Team, transport: str, address: str, now: datetime, label: str = ""
) -> Channel:
    """The room hears of every incident that opens from now on. `address` was cleaned by the transport.

    Raises NotAllowed, AlreadyThere, TooMany, NoRoom.
    """
    _may(actor, owner)
    if not any(each.name == transport for each in offered()):
        raise NoRoom(transport)
    of = {"service": owner, "team": None} if isinstance(owner, Service) else {"service": None, "team": owner}
    if Channel.objects.filter(**of).count() >= MOST:
        raise TooMany
    try:
        with transaction.atomic():
            return Channel.objects.create(
                **of, transport=transport, address=address, label=label, created_at=now, created_by=actor
            )
    except IntegrityError as error:
        raise AlreadyThere from error


@transaction.atomic
def remove_channel(*, actor: User, channel: Channel, now: datetime) -> None:
    """It hears of nothing new; messages about incidents that are open now are still kept up to date."""
    _may(actor, owner_of(channel))
    channel.delete()


@transaction.atomic
def test_channel(*, actor: User, channel: Channel, now: datetime) -> Delivery:
    """A message to the room that says only that it arrived. Raises NotAllowed, TooSoon."""
    owner = owner_of(channel)
    _may(actor, owner)
    Channel.objects.select_for_update().get(pk=channel.pk)
    subject = f"channel:{channel.pk}"
    if Delivery.objects.about(subject).filter(created_at__gt=now - BETWEEN_TESTS).exists():
        raise TooSoon
    message = Message(
        kind="test",
        headline=_("Test from Tocsin: this room will hear of incidents of %(name)s") % {"name": owner},
        intro=_("%(name)s asked for this test. Nothing is wrong.") % {"name": actor},
        url=f"{settings.SITE_URL}{page_of(channel)}",
        link_text=str(owner),
    )
    row = to_room(
        channel,
        key=f"test:{uuid4()}",
        kind=DeliveryKind.TEST,
        message=packed(message),
        now=now,
        subject=subject,
    )
    enqueue(deliveries=[row])
    return row


def offered() -> list[Transport]:
    """The transports that reach rooms and are set up."""
    return [each for each in transports.every() if each.is_room and each.is_available()]


def owner_of(channel: Channel) -> Service | Team:
    """What it hears of."""
    owner = channel.service or channel.team
    assert owner is not None  # noqa: S101 - a constraint of the table says so
    return owner


def page_of(channel: Channel) -> str:
    """The path of the page on which the room stands."""
    owner = owner_of(channel)
    name = "catalog:service" if isinstance(owner, Service) else "accounts:team"
    return reverse(name, args=[owner.slug])


def _may(actor: User, owner: Service | Team) -> None:
    team = owner.team_id if isinstance(owner, Service) else owner.pk
    if not Team.objects.changeable_by(actor).filter(pk=team).exists():
        raise NotAllowed
