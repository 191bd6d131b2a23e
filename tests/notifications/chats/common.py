"""What every channel that posts JSON must stand."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifications.transports.base import Envelope, PermanentFailure, TemporaryFailure, Transport
from notifications.transports.chats import posting
from tests.notifications.chats.server import HANG, Chat

LONG = 'A very long title @everyone <b>x</b> [y](http://evil.test) \N{FIRE}\\"' * 900
METADATA = "http://169.254.169.254/latest/meta-data/"


def fails_and_recovers(
    transport: Transport, made: Envelope, chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500, 429 with its wish, a refusal, a redirect, ten megabytes, silence: each as it is meant."""
    chat.answers = [(500, {}, b"secret words")]
    with pytest.raises(TemporaryFailure, match=r"^HTTP 500$"):
        transport.send(made)
    chat.answers = [(429, {"Retry-After": "7"}, b"{}")]
    with pytest.raises(TemporaryFailure, match=r"^HTTP 429$") as caught:
        transport.send(made)
    assert caught.value.retry_after == 7
    for status in (302, 307):
        chat.answers = [(status, {"Location": METADATA}, b"")]
        asked = len(chat.requests)
        with pytest.raises(PermanentFailure):
            transport.send(made)
        assert len(chat.requests) == asked + 1
    chat.answers = [(200, {}, b'{"id": "' + b"x" * 10_000_000)]
    assert transport.send(made).answer == "HTTP 200"
    monkeypatch.setattr(posting, "TIMEOUT", 0.3)
    chat.answers = [(HANG, {}, b"")]
    with pytest.raises(TemporaryFailure, match="in time"):
        transport.send(made)


def refuses_private(
    transport: Transport, envelope: Callable[..., Envelope], address: str, chat: Chat
) -> None:
    """`address` leads to the service on loopback, which the caller has forbidden."""
    with pytest.raises(PermanentFailure) as caught:
        transport.send(envelope(address))
    assert "TOCSIN_OUTBOUND" in str(caught.value)
    assert chat.requests == []
