"""E-mail over SMTP, on one kept connection a thread.

Codes from RFC 5321: 4yz may work later, 5yz will not.
"""

from __future__ import annotations

import hashlib
import smtplib
import threading
import time
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend
from django.core.validators import validate_email
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from lib.text import one_line
from notifications.transports.base import (
    Carries,
    Envelope,
    PermanentFailure,
    Receipt,
    TemporaryFailure,
    Transport,
)

ASK_AFTER_REST = 1.0
# The server refuses us, not the reader: whoever runs Tocsin can mend it, so the page is kept and tried again.
OURS_TO_MEND = (
    smtplib.SMTPAuthenticationError,
    smtplib.SMTPConnectError,
    smtplib.SMTPHeloError,
    smtplib.SMTPSenderRefused,
)
# Until a server has the whole mail a repeat costs nothing, so nobody waits long (EMAIL_TIMEOUT). What it does with it
# then, a scan for viruses say, may take a while.
TAKING_SECONDS = 10.0
_thread = threading.local()


class _Client(smtplib.SMTP):
    """Knows whether the server may have a mail, and waits longer for what it says to a whole one."""

    in_doubt = False

    def getreply(self) -> tuple[int, bytes]:
        """The next answer: after 354 comes the mail, and whatever follows settles it."""
        code, text = super().getreply()
        self.in_doubt = code == 354
        if self.sock:
            self.sock.settimeout(TAKING_SECONDS if self.in_doubt else self.timeout)
        return code, text


class _SecureClient(_Client, smtplib.SMTP_SSL):
    """The same behind TLS from the first byte."""


class _Backend(EmailBackend):
    @property
    def connection_class(self) -> type[_Client]:
        return _SecureClient if self.use_ssl else _Client


class EmailTransport(Transport):
    name = "email"
    icon = "mail"
    title = _("E-mail")
    address_label = _("E-mail address")
    address_help = _("Pages come with a link that acknowledges.")
    carries = Carries(answers=True)

    def clean_address(self, raw: str) -> str:
        address = raw.strip()
        validate_email(address)
        return address

    def send(self, envelope: Envelope) -> Receipt:
        """Hand the mail to the SMTP server; its last answer stands in the receipt."""
        mail = compose(envelope)
        try:
            _connection().send_messages([mail])
        except smtplib.SMTPRecipientsRefused as error:
            _forget()
            raise _by_code(*next(iter(error.recipients.values())), down=False) from error
        except OURS_TO_MEND as error:
            _forget()
            raise TemporaryFailure(f"{error.smtp_code} {_text(error.smtp_error)}") from error
        except smtplib.SMTPResponseException as error:
            _forget()
            raise _by_code(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            unknown = _is_in_doubt()
            _forget()
            raise TemporaryFailure(f"{type(error).__name__}: {error}", unknown=unknown) from error
        return Receipt(
            provider_id=str(mail.extra_headers["Message-ID"]), answer="accepted by the mail server"
        )


TRANSPORT = EmailTransport()


def compose(envelope: Envelope) -> EmailMultiAlternatives:
    """The mail: a subject that says what is down, plain text as good as the HTML, no images.

    The Message-ID comes from the delivery's key: a repeat after a crash is the same mail to a mailbox.
    """
    message = envelope.message
    context = {"message": message, "organisation": settings.ORGANISATION}
    headers = {
        "Message-ID": _message_id(envelope.key),
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if message.thread:
        headers["References"] = _message_id(message.thread)
    if message.kind == "page":
        headers |= {"Importance": "high", "X-Priority": "1"}
    mail = EmailMultiAlternatives(
        subject=one_line(message.headline, 200),
        body=render_to_string("notifications/mail/message.txt", context),
        to=[envelope.address],
        headers=headers,
    )
    mail.attach_alternative(render_to_string("notifications/mail/message.html", context), "text/html")
    return mail


def _message_id(text: str) -> str:
    host = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    return f"<{hashlib.sha256(text.encode()).hexdigest()[:32]}@{host}>"


def _connection() -> EmailBackend:
    """This thread's connection, opened when needed; a server that hung up while it was idle is noticed by NOOP."""
    backend: EmailBackend | None = getattr(_thread, "backend", None)
    rested = time.monotonic() - getattr(_thread, "used", 0.0) > ASK_AFTER_REST
    if rested and backend is not None and backend.connection is not None and not _is_alive(backend):
        _forget()
        backend = None
    _thread.used = time.monotonic()
    if backend is None:
        backend = _thread.backend = _Backend(fail_silently=False)
        backend.open()
    return backend


def _is_alive(backend: EmailBackend) -> bool:
    try:
        code, _answer = backend.connection.noop()  # type: ignore[union-attr] # the caller saw that it is open
    except (smtplib.SMTPException, OSError):
        return False
    return bool(code == 250)


def _is_in_doubt() -> bool:
    """Whether the server had a whole mail when its line was lost."""
    backend: EmailBackend | None = getattr(_thread, "backend", None)
    return bool(backend and getattr(backend.connection, "in_doubt", False))


def _forget() -> None:
    backend: EmailBackend | None = getattr(_thread, "backend", None)
    _thread.backend = None
    if backend is not None and backend.connection is not None:
        backend.connection.close()


def _by_code(code: int, answer: bytes | str, *, down: bool = True) -> TemporaryFailure | PermanentFailure:
    """`down` is False when it is this mailbox that is refused for now, a full one or one behind a greylist."""
    reason = f"{code} {_text(answer)}"
    return PermanentFailure(reason) if 500 <= code < 600 else TemporaryFailure(reason, down=down)


def _text(answer: bytes | str) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else answer
