"""Chat rooms as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from incidents.models import Channel
from notifications import transports
from notifications.models import Delivery


@dataclass(frozen=True, slots=True)
class Room:
    """A channel, by what it is reached, its address without what is secret in it, and its last test."""

    channel: Channel
    title: str | Promise
    address: str
    tested: Delivery | None


def shown(channels: Sequence[Channel]) -> list[Room]:
    """In the order given, in one query."""
    subjects = [f"channel:{each.pk}" for each in channels]
    last = {each.subject: each for each in Delivery.objects.filter(subject__in=subjects).order_by("id")}
    return [_room(each, last.get(f"channel:{each.pk}")) for each in channels]


def _room(channel: Channel, tested: Delivery | None) -> Room:
    try:
        transport = transports.get(channel.transport)
    except transports.UnknownTransport:
        return Room(channel, channel.transport, "", tested)
    return Room(channel, transport.title, transport.shown(channel.address), tested)
