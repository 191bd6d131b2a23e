"""The SMTP side: one handler on aiosmtpd. 250 is said only after the commit, 451 while the database is away."""

from __future__ import annotations

import asyncio
import logging
import ssl
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import DatabaseError, InterfaceError, close_old_connections
from psycopg_pool import PoolTimeout

from alerts.mail_in.taking import Refused, door_of, take
from notifications import measures

T = TypeVar("T")
log = logging.getLogger(__name__)

MOST_RECIPIENTS = 20
THREADS = 4
IDLE_SECONDS = 60.0
AWAY = "451 4.3.0 Not stored now, send it again later"
BANNER = "Tocsin"


class Handler:
    """What aiosmtpd asks at each step of a conversation."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="mail-in")

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Whether the address is an integration's."""
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        reply = await self._run(lambda: _known(address))
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Store it for every recipient, then say so."""
        return await self._run(lambda: _stored(envelope))

    async def handle_exception(self, error: Exception) -> str:
        """Whatever goes wrong here is ours: the sender keeps the mail and tries again."""
        log.error("mail could not be taken", exc_info=error)
        return AWAY

    async def _run(self, work: Callable[[], T]) -> T:
        """Database work, off the loop."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work)


def _known(address: str) -> str:
    return _guarded(lambda: door_of(address))


def _stored(envelope: Envelope) -> str:
    """One reply for all recipients: a mail that is refused for one is refused, each door judges it alike but for what
    it is set to take."""
    raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
    replies = [
        _take(each, (envelope.mail_from or "").strip("<> "), raw) for each in dict.fromkeys(envelope.rcpt_tos)
    ]
    # Stored for some and away for others: repeating is right, an alert counts twice at worst.
    worst = [reply for reply in replies if reply.startswith("4")] or [
        reply for reply in replies if reply.startswith("2")
    ]
    return (worst or replies or ["503 5.5.1 No recipient"])[0]


def _take(recipient: str, sender: str, raw: bytes) -> str:
    return _guarded(lambda: take(recipient=recipient, sender=sender, raw=raw, now=datetime.now(UTC)))


def _guarded(work: Callable[[], object]) -> str:
    try:
        close_old_connections()
        work()
    except Refused as refused:
        return refused.reply
    except (DatabaseError, InterfaceError, PoolTimeout) as error:
        log.warning("mail without database: %s", error)
        return AWAY
    finally:
        close_old_connections()
    return "250 2.0.0 Taken"


async def serve(
    *, host: str, port: int, most_bytes: int, tls: ssl.SSLContext | None, stop: asyncio.Event
) -> None:
    """Listen until `stop` is set; what is being taken then is finished."""
    handler = Handler()

    def protocol() -> SMTP:
        more: dict[str, Any] = {"tls_context": tls} if tls else {}
        return SMTP(
            handler,
            data_size_limit=most_bytes,
            enable_SMTPUTF8=True,
            hostname=BANNER.lower(),
            ident=BANNER,
            timeout=IDLE_SECONDS,
            loop=asyncio.get_running_loop(),
            **more,
        )

    server = await asyncio.get_running_loop().create_server(protocol, host, port)
    counting = asyncio.create_task(_flush_counters())
    log.info("taking mail at %s:%s", host, port)
    await stop.wait()
    server.close()
    await server.wait_closed()
    counting.cancel()
    await asyncio.to_thread(_flush)


async def _flush_counters(every: float = 5.0) -> None:
    while True:
        await asyncio.sleep(every)
        await asyncio.to_thread(_flush)


def _flush() -> None:
    try:
        measures.flush()
    except (DatabaseError, InterfaceError, PoolTimeout) as error:
        log.warning("counters wait: %s", error)
    finally:
        close_old_connections()


def tls_context(certificate: Path, key: Path | None) -> ssl.SSLContext:
    """What STARTTLS is offered with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    return context
