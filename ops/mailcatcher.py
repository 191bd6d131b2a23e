"""A mail server that delivers nothing: every mail becomes a file, for `bin/up`, tests and the bench.

Run as `python -m ops.mailcatcher PORT FOLDER`. File names sort by the time of receipt (UTC).
"""

import asyncio
import os
import secrets
import signal
import sys
from collections import deque
from datetime import UTC, datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

KEEP = 2_000
MAX_BYTES = 32 * 1024 * 1024


class MailFolder:
    """Stores mails in a folder and keeps the newest `keep`; no reader ever sees a part of one."""

    def __init__(self, folder: Path, keep: int = KEEP) -> None:
        self.folder = folder
        self.keep = keep
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.names = deque(sorted(path.name for path in folder.glob("*.eml")))

    def store(self, content: bytes, recipients: list[str], now: datetime) -> Path:
        """Write one mail with its recipients in `X-Envelope-To` (a Bcc is named nowhere else)."""
        name = f"{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(3)}.eml"
        half_made = self.folder / f".{name}"
        half_made.write_bytes(b"X-Envelope-To: " + ", ".join(recipients).encode() + b"\r\n" + content)
        half_made.replace(self.folder / name)
        self.names.append(name)
        while len(self.names) > self.keep:
            (self.folder / self.names.popleft()).unlink(missing_ok=True)
        return self.folder / name

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802, RUF100
        """Take one mail; named and shaped as aiosmtpd calls it. A full disk is a temporary failure."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        try:
            self.store(content, list(envelope.rcpt_tos), datetime.now(UTC))
        except OSError as error:
            return f"452 4.3.1 {os.strerror(error.errno or 0)}"
        return "250 2.0.0 Stored"


async def serve(port: int, folder: Path) -> None:
    """Take mails on 127.0.0.1 until SIGTERM or SIGINT."""
    mails = MailFolder(folder)
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)

    def session() -> SMTP:
        # A given host name: looking up our own can take seconds on a machine without DNS.
        return SMTP(
            mails, hostname="localhost", ident="Tocsin mail catcher", data_size_limit=MAX_BYTES, loop=loop
        )

    server = await loop.create_server(session, "127.0.0.1", port)
    async with server:
        await stopped.wait()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
