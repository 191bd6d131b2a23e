"""Twilio's own client over our way out. Imported when Twilio is first used: it brings the library.

What its errors mean stands in `errors`; its words repeat the telephone number and are never kept.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from twilio.base.exceptions import TwilioException
from twilio.http import HttpClient
from twilio.http.response import Response
from twilio.rest import Client

from lib import http
from notifications.transports.base import PermanentFailure, Receipt, TemporaryFailure
from notifications.transports.chats import posting
from notifications.transports.telephone import errors

PUBLIC = "https://api.twilio.com"

_silent = logging.Logger("twilio", logging.CRITICAL + 1)  # noqa: LOG001 - it must not stand among the others


class Way(HttpClient):  # type: ignore[misc]
    """The library's transport: one request by lib.http to `root` in place of Twilio's own host."""

    def __init__(self, root: str) -> None:
        super().__init__(_silent, False, posting.TIMEOUT)
        self.root = root
        self.answer: http.Response | None = None

    def request(self, method: str, uri: str, *_: object, **parts: Any) -> Response:
        """Called by the library with data, headers and auth by name."""
        user, password = parts["auth"]
        secret = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers = {
            **{name: str(value) for name, value in parts["headers"].items()},
            "Authorization": f"Basic {secret}",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        body = urlencode(parts.get("data") or {}, doseq=True).encode()
        url = self.root + uri.removeprefix(PUBLIC)
        self.answer = posting.call_raw(url, body, method=method, headers=headers)
        return Response(self.answer.status, json.dumps(posting.said(self.answer)), self.answer.headers)


def create(values: dict[str, str], make: Callable[[Any], Any]) -> Receipt:
    """`make` calls one method of the library's client. Raises TemporaryFailure, PermanentFailure."""
    way = Way((values.get("api_url", "").strip() or PUBLIC).rstrip("/"))
    account, key = values["account_sid"].strip(), values.get("api_key_sid", "").strip()
    secret = values.get("api_key_secret", "") if key else values["auth_token"]
    client = Client(key or account, secret.strip(), account, http_client=way)
    try:
        made = make(client)
    except TwilioException as error:
        raise _failure(error, way.answer) from None
    return Receipt(provider_id=str(made.sid or "")[:200], answer=f"Twilio: {made.status or 'taken'}"[:200])


def _failure(error: Any, answer: http.Response | None) -> TemporaryFailure | PermanentFailure:
    status = answer.status if answer else 0
    said = posting.said(answer).get("code") if answer else None
    code = said if isinstance(said, int) and 0 < said < 1_000_000 else 0
    words = f"Twilio: {errors.words(code) if code else f'HTTP {status}'}"
    wait = posting.retry_after(answer) if answer else None
    if status == 429 or code in errors.THROTTLED:
        return TemporaryFailure(words, wait)
    if status >= 500 or not status or status in posting.AGAIN:
        return TemporaryFailure(words, wait, unknown=status in posting.LOST)
    if code in errors.OURS or status in (401, 403, 404):
        return TemporaryFailure(f"{words}, an admin must mend the settings", down=True)
    return PermanentFailure(words, disable=code in errors.DEAD)
