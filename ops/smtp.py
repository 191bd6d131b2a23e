"""Just enough of RFC 5321 for a well-behaved client: what the bench's and the fault tests' mail servers share."""

from __future__ import annotations

import asyncio
import re
from abc import abstractmethod

MARK = re.compile(rb"bench-([0-9a-z-]+)")


class Conversation(asyncio.Protocol):
    """One client. Who extends it is told of each mail, and may fall silent by setting `dead`."""

    def __init__(self) -> None:
        self.buffer, self.to = b"", ""
        self.in_data = self.dead = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - tells mypy what asyncio gives
        self.transport = transport
        if not self.dead:
            transport.write(b"220 here\r\n")

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        while not self.dead and self._step():
            pass

    @abstractmethod
    def mail(self, mark: str, to: str) -> bool:
        """A whole mail came: the mark in it (empty without one), its last recipient. False: say nothing to it."""

    def _step(self) -> bool:
        end = b"\r\n.\r\n" if self.in_data else b"\r\n"
        text, found, rest = self.buffer.partition(end)
        if not found:
            return False
        self.buffer = rest
        if self.in_data:
            self._data(text)
        else:
            self._command(text)
        return True

    def _data(self, text: bytes) -> None:
        self.in_data = False
        found = MARK.search(text)
        if self.mail(found[1].decode() if found else "", self.to):
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
            if verb == b"RCPT":
                self.to = line.partition(b"<")[2].partition(b">")[0].decode()
            self.transport.write(b"250 ok\r\n")
