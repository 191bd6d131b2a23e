"""The transports by name. A folder beside this file and a line here are all that a new one needs."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from notifications.transports.base import Transport

NAMES = (
    *("push", "sms", "voice", "email", "slack", "telegram", "ntfy", "teams"),
    *("mattermost", "discord", "webhook", "apprise"),
)


class UnknownTransport(KeyError):
    """A contact method names a transport that this version does not have."""


@cache
def get(name: str) -> Transport:
    """The transport, imported when it is first used."""
    if name not in NAMES:
        raise UnknownTransport(name)
    transport: Transport = import_module(f"notifications.transports.{name}.transport").TRANSPORT
    return transport


def every() -> list[Transport]:
    """All transports, in the order in which people are offered them."""
    return [get(name) for name in NAMES]


def shown(name: str, address: str) -> str:
    """The address as its channel shows it to people; only the channel's name where this version does not have it."""
    try:
        return get(name).shown(address)
    except UnknownTransport:
        return name


def circuit_of(name: str, address: str) -> str:
    """What fails together with a message to `address`; empty for a transport that this version does not have."""
    try:
        return get(name).circuit(address)[:120]
    except UnknownTransport:
        return ""
