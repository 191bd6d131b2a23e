"""The event stream: tells browsers that something changed, never what. One small ASGI app without the ORM.

`GET <any path>?token=…` with a token that the page got (signed, twelve hours) answers `text/event-stream`. Each message
is `{"t": "incident", "id": 42}`. All streams of a process share one subscription to the Redis protocol server; while
that is away the streams stay open and silent, and pages that hear nothing for long poll by themselves.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

import redis.asyncio
from django.conf import settings
from django.core import signing
from redis.exceptions import RedisError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

CHANNEL = "tocsin:live"
TOKEN_AGE = 12 * 3600
KEEP_ALIVE = 15.0
MOST_STREAMS = 2_000
QUEUE = 100


class Hub:
    """One subscription, many listeners. A listener that does not keep up loses messages and is told to refetch."""

    def __init__(self) -> None:
        self.listeners: set[asyncio.Queue[bytes]] = set()
        self.task: asyncio.Task[None] | None = None

    def join(self) -> asyncio.Queue[bytes]:
        """A queue of messages from now on."""
        if self.task is None or self.task.done():
            self.task = asyncio.create_task(self._listen())
        queue: asyncio.Queue[bytes] = asyncio.Queue(QUEUE)
        self.listeners.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[bytes]) -> None:
        """No more messages."""
        self.listeners.discard(queue)

    async def _listen(self) -> None:
        while True:
            try:
                await self._follow()
            except (RedisError, OSError):
                await asyncio.sleep(1)

    async def _follow(self) -> None:
        client = redis.asyncio.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1)
        async with client, client.pubsub(ignore_subscribe_messages=True) as ear:
            await ear.subscribe(CHANNEL)
            async for message in ear.listen():
                self._spread(message["data"])

    def _spread(self, data: bytes) -> None:
        for queue in list(self.listeners):
            if queue.full():
                with contextlib.suppress(asyncio.QueueEmpty):
                    while True:
                        queue.get_nowait()
                data = json.dumps({"t": "all", "id": 0}).encode()
            queue.put_nowait(data)


hub = Hub()


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application that granian serves."""
    if scope["type"] == "lifespan":
        await _lifespan(receive, send)
    elif scope["type"] == "http":
        await _answer(scope, receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["path"] == "/healthz":
        await _plain(send, 200, b"ok\n")
    elif not _may_listen(scope):
        await _plain(send, 403, b"This stream needs a token from a page of Tocsin.\n")
    elif len(hub.listeners) >= MOST_STREAMS:
        await _plain(send, 503, b"Too many streams; the page polls instead.\n")
    else:
        await _stream(scope, receive, send)


def _may_listen(scope: Scope) -> bool:
    token = parse_qs(scope["query_string"].decode("ascii", "replace")).get("token", [""])[0]
    try:
        signing.loads(token, salt="live", max_age=TOKEN_AGE)
    except signing.BadSignature:
        return False
    return True


async def _plain(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _stream(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _headers(scope)})
    await send({"type": "http.response.body", "body": b": hello\n\n", "more_body": True})
    queue = hub.join()
    gone = asyncio.create_task(_gone(receive))
    try:
        while not gone.done():
            await send({"type": "http.response.body", "body": await _next(queue, gone), "more_body": True})
    except OSError:
        pass  # the browser went away while we wrote
    finally:
        hub.leave(queue)
        gone.cancel()


async def _next(queue: asyncio.Queue[bytes], gone: asyncio.Task[None]) -> bytes:
    """The next message, or a comment that keeps proxies from closing the stream."""
    waiting = asyncio.create_task(queue.get())
    await asyncio.wait({waiting, gone}, timeout=KEEP_ALIVE, return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        return b"data: " + waiting.result() + b"\n\n"
    waiting.cancel()
    return b": still here\n\n"


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    headers = [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
    ]
    origin = dict(scope["headers"]).get(b"origin")
    if origin:
        # The stream carries no data and is opened by its token alone, never by a cookie.
        headers += [(b"access-control-allow-origin", origin), (b"vary", b"origin")]
    return headers
