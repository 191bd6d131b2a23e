"""Mails that answer or carry on other mails: taking them would make a loop out of a page.

Refused are bounces (no envelope sender, or a report), answers of machines (Auto-Submitted), bulk and list mail
(Precedence) and what this installation sent itself. What cron and monitoring write says "auto-generated" too; an
integration may be set to take that, and what is bulk beside it. Answers, bounces, lists and our own mails never are.
"""

from __future__ import annotations

from collections.abc import Collection
from email.message import Message
from typing import Any

from alerts.sources.email.headers import header

TAKES_AUTOMATIC = "automatic"
"""The integration's option."""


def why_refused(
    message: Message[Any, Any], *, sender: str, own_hosts: Collection[str], takes_automatic: bool = False
) -> str:
    """One word for why the mail is not taken: "bounce", "own", "answer", "automatic", "bulk" or "list"; else ""."""
    if not sender or header(message, "Content-Type").lower().startswith("multipart/report"):
        return "bounce"
    if _host(header(message, "Message-ID")) in {host.lower() for host in own_hosts}:
        return "own"
    return _automatic(message, takes_automatic) or _precedence(message, takes_automatic)


def _host(message_id: str) -> str:
    return message_id.strip().strip("<>").rpartition("@")[2].lower()


def _automatic(message: Message[Any, Any], takes: bool) -> str:
    said = header(message, "Auto-Submitted").partition(";")[0].strip().lower()
    if (
        header(message, "X-Autoreply")
        or header(message, "X-Autorespond")
        or said in ("auto-replied", "auto-notified")
    ):
        return "answer"
    return "automatic" if said not in ("", "no") and not (takes and said == "auto-generated") else ""


def _precedence(message: Message[Any, Any], takes: bool) -> str:
    said = header(message, "Precedence").strip().lower()
    if said in ("list", "junk", "auto_reply"):
        return "list"
    return "bulk" if said == "bulk" and not takes else ""
