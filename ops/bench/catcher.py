"""A lean SMTP server: notes which numbered page arrived when, keeps nothing else.

Each line of the output file is "<mark> <time.time()>", where the mark is what stands between ⟦ and ⟧ in the body or
subject (written as [[mark]]). Stopped by SIGTERM.
"""

from __future__ import annotations

import asyncio
import re
import signal
import sys
import time
from pathlib import Path

MARK = re.compile(rb"bench-([0-9a-z-]+)")


class Session(asyncio.Protocol):
    """Just enough of RFC 5321 for a well-behaved client."""

    def __init__(self, notes: list[str]) -> None:
        self.notes = notes
        self.buffer = b""
        self.in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy what asyncio gives
        self.transport = transport
        transport.write(b"220 bench\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while self._step():
            pass

    def _step(self) -> bool:
        end = b"\r\n.\r\n" if self.in_data else b"\r\n"
        text, found, rest = self.buffer.partition(end)
        if not found:
            return False
        self.buffer = rest
        if self.in_data:
            self._mail(text)
        else:
            self._command(text)
        return True

    def _mail(self, text: bytes) -> None:
        self.in_data = False
        found = MARK.search(text)
        self.notes.append(f"{found[1].decode() if found else '-'} {time.time():.6f}\n")
        self.transport.write(b"250 taken\r\n")

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"DATA":
            self.in_data = True
            self.transport.write(b"354 go on\r\n")
        elif verb == b"QUIT":
            self.transport.write(b"221 bye\r\n")
            self.transport.close()
        else:
            self.transport.write(b"250 ok\r\n")


async def serve(port: int, output: Path) -> None:
    """Listen until SIGTERM; the notes reach the file five times a second."""
    loop, notes, over = asyncio.get_running_loop(), list[str](), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    server = await loop.create_server(lambda: Session(notes), "127.0.0.1", port)
    with output.open("a", encoding="ascii") as file:
        while not over.is_set():
            await asyncio.sleep(0.2)
            taken, notes[:] = notes[:], []
            file.writelines(taken)
            file.flush()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
