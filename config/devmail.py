"""/dev/mail: what the local mail catcher of `bin/up` holds, so that a newcomer sees the page and can click its link.

Only there: without TOCSIN_DEV_MAIL_DIR the addresses do not exist.
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from csp.decorators import csp_replace
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

NAME = re.compile(r"^[\w.-]{1,120}\.eml$")
SHOWN = 100
LINK = re.compile(r"(https?://\S+)")


@dataclass(frozen=True, slots=True)
class Mail:
    """A caught mail. `parts` splits the text so that every second piece is an address to link."""

    name: str
    to: str
    subject: str
    caught_at: datetime
    text: str
    html: str

    @property
    def parts(self) -> list[str]:
        return LINK.split(self.text)


@require_safe
@csp_replace({"frame-src": ["'self'"]})
def mails(request: HttpRequest) -> HttpResponse:
    """The newest hundred, newest first; `?mail=<name>` opens one."""
    found = [_read(path) for path in _paths()[:SHOWN]]
    wanted = request.GET.get("mail", "")
    opened = next((mail for mail in found if mail.name == wanted), found[0] if found else None)
    return render(request, "config/devmail.html", {"mails": found, "opened": opened})


@require_safe
@xframe_options_sameorigin
@csp_replace(
    {
        "default-src": ["'none'"],
        "style-src": ["'unsafe-inline'"],
        "script-src": ["'none'"],
        "frame-ancestors": ["'self'"],
    }
)
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a mail program would show it, without script."""
    path = _folder() / name
    if not NAME.match(name) or not path.is_file():
        raise Http404
    return HttpResponse(_read(path).html.replace("<head>", '<head><base target="_top">', 1))


def _folder() -> Path:
    if not settings.DEV_MAIL_DIR:
        raise Http404
    return Path(settings.DEV_MAIL_DIR)


def _paths() -> list[Path]:
    folder = _folder()
    return sorted(folder.glob("*.eml"), reverse=True) if folder.is_dir() else []


def _read(path: Path) -> Mail:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    texts = dict(_bodies(message))
    caught = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    return Mail(
        path.name,
        str(message["To"]),
        str(message["Subject"]),
        caught,
        texts.get("plain", ""),
        texts.get("html", ""),
    )


def _bodies(message: EmailMessage) -> Iterator[tuple[str, str]]:
    for kind in ("plain", "html"):
        body = message.get_body(preferencelist=(kind,))
        if body is not None:
            yield kind, str(body.get_content())
