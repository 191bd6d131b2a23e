"""Chat rooms as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise

from incidents.models import Channel
from notifications import transports
from notifications.models import Delivery
from notifications.queries import title_of


@dataclass(frozen=True, slots=True)
class Room:
    """A channel, by what it is reached, what it is called, its address without what is secret in it, its last test."""

    channel: Channel
    title: str | Promise
    name: str
    address: str
    tested: Delivery | None


def shown(channels: Sequence[Channel]) -> list[Room]:
    """In the order given, in one query."""
    subjects = [f"channel:{each.pk}" for each in channels]
    last = {each.subject: each for each in Delivery.objects.filter(subject__in=subjects).order_by("id")}
    return [_room(each, last.get(f"channel:{each.pk}")) for each in channels]


def name_of(channel: Channel) -> str:
    """What people call it, else its address as far as it is no secret."""
    return channel.label or _address(channel)


def _room(channel: Channel, tested: Delivery | None) -> Room:
    return Room(channel, title_of(channel.transport), name_of(channel), _address(channel), tested)


def _address(channel: Channel) -> str:
    try:
        return transports.get(channel.transport).shown(channel.address)
    except transports.UnknownTransport:
        return f"({channel.transport})"
