"""A mail server and a web service that take pages, or behave as broken ones do; both note who got what, and when."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from ops.ports import free_port
from ops.smtp import MARK, Conversation

RETRY_AFTER = 4


@dataclass(frozen=True)
class Arrival:
    """A page that a provider has: its mark, its reader's address, and when (seconds since 1970)."""

    mark: str
    to: str
    moment: float


class Session(Conversation):
    """A client of the mail server, which behaves as its provider does."""

    def __init__(self, provider: Providers) -> None:
        super().__init__()
        self.provider = provider

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.provider.sessions.add(self)
        self.dead = self.provider.mail == "hang"
        super().connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self.provider.sessions.discard(self)

    def data_received(self, data: bytes) -> None:
        """What began while the server hung is never answered, not even when it is well again."""
        self.dead = self.dead or self.provider.mail == "hang"
        super().data_received(data)

    def mail(self, mark: str, to: str) -> bool:
        if mark:
            self.provider.arrivals.append(Arrival(mark, to, time.time()))
        if self.provider.mail != "drop":
            return True
        self.dead = True
        self.transport.abort()
        return False


@dataclass
class Providers:
    """`mail`: "take", "refuse" (nothing listens), "hang", or "drop" (the mail is taken and the line cut before that
    is said). `hook`: "take", "500", "429" or "never"."""

    mail_port: int = field(default_factory=free_port)
    hook_port: int = field(default_factory=free_port)
    mail: str = "take"
    hook: str = "take"
    arrivals: list[Arrival] = field(default_factory=list)
    calls: list[Arrival] = field(default_factory=list)
    sessions: set[Session] = field(default_factory=set)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _server: asyncio.Server | None = None

    @property
    def hook_url(self) -> str:
        """Where the web service is."""
        return f"http://127.0.0.1:{self.hook_port}"

    @contextmanager
    def broken(self, *, mail: str = "take", hook: str = "take") -> Iterator[None]:
        """Behave so until the block ends."""
        self._run(self._behave(mail, hook))
        try:
            yield
        finally:
            self._run(self._behave("take", "take"))

    @contextmanager
    def running(self) -> Iterator[Providers]:
        """Listen on both ports, in a thread of its own."""
        thread = threading.Thread(target=self.loop.run_forever, name="providers", daemon=True)
        thread.start()
        self._run(self._listen())
        hooks = self._run(asyncio.start_server(self._called, "127.0.0.1", self.hook_port))
        try:
            yield self
        finally:
            self.loop.call_soon_threadsafe(hooks.close)
            self._run(self._hang_up())
            self.loop.call_soon_threadsafe(self.loop.stop)
            thread.join()
            self.loop.close()

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(10)

    async def _behave(self, mail: str, hook: str) -> None:
        self.mail, self.hook = mail, hook
        if mail == "refuse":
            await self._hang_up()
        elif self._server is None:
            await self._listen()

    async def _listen(self) -> None:
        self._server = await self.loop.create_server(lambda: Session(self), "127.0.0.1", self.mail_port)

    async def _hang_up(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for session in list(self.sessions):
            session.transport.abort()

    async def _called(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        found = MARK.search(await reader.readexactly(length))
        call = Arrival(
            found[1].decode() if found else "", f"{self.hook_url}{head.split()[1].decode()}", time.time()
        )
        self.calls.append(call)
        if self.hook == "never":
            await reader.read()  # until the other side gives up
        else:
            writer.write(self._answer(call))
        writer.close()

    def _answer(self, call: Arrival) -> bytes:
        if self.hook == "take":
            self.arrivals.append(call)
        status = {"take": "200 OK", "500": "500 Broken", "429": f"429 Later\r\nRetry-After: {RETRY_AFTER}"}[
            self.hook
        ]
        return f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
