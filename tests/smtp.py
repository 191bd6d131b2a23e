"""A real SMTP server for tests: keeps what it accepts, and can be told to refuse."""

from __future__ import annotations

import email
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.transports.email import transport
from ops.ports import free_port


@dataclass
class Mailbox:
    """`mails` in the order of their arrival. `answers` maps an address to the reply that its RCPT gets,
    `data` the reply to every mail's text while it is not empty."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    data: str = ""

    def to(self, address: str) -> list[EmailMessage]:
        """What went to one address."""
        return [mail for mail in self.mails if mail["To"] == address]

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.answers:
            return self.answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.data:
            return self.data
        content: Any = envelope.content
        mail = email.message_from_bytes(content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 taken"


@contextmanager
def running() -> Iterator[Mailbox]:
    """The server, on a free port of loopback."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        box.port = controller.port
        yield box
    finally:
        transport._forget()
        controller.stop()


def part(mail: EmailMessage, kind: str) -> str:
    """The text of the "plain" or "html" part."""
    body = mail.get_body(preferencelist=(kind,))
    assert body is not None
    return str(body.get_content())
