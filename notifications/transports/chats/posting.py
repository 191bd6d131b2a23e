"""One JSON request to a chat service, and what its answer means.

2xx is success, whatever the body says; 408, 425, 429 and 5xx are worth another try; anything else is not. What a
service says beyond its status never gets into a reason: it may hold what is a secret.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from lib import http, jsonbody
from notifications.transports.base import PermanentFailure, TemporaryFailure

TIMEOUT = 10.0
LARGEST_ANSWER = 64 * 1024
GONE = frozenset({404, 410})
AGAIN = frozenset({408, 425, 429})
# Something between us and the service gave up on its answer: the service may have taken the message.
LOST = frozenset({502, 504})


def encoded(payload: Mapping[str, Any]) -> bytes:
    """JSON as it is sent: UTF-8, so that a byte limit is met by no more escapes than are needed."""
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()


def call(
    url: str, payload: Mapping[str, Any], *, method: str = "POST", headers: Mapping[str, str] | None = None
) -> http.Response:
    """Send and return the answer, whatever its status. Raises TemporaryFailure, PermanentFailure where none came."""
    return call_raw(url, encoded(payload), method=method, headers=headers)


def call_raw(
    url: str, body: bytes, *, method: str = "POST", headers: Mapping[str, str] | None = None
) -> http.Response:
    """The same for JSON that is encoded already."""
    try:
        return http.request(
            method,
            url,
            headers={"Content-Type": "application/json", **(headers or {})},
            body=body,
            timeout=TIMEOUT,
            max_bytes=LARGEST_ANSWER,
        )
    except http.OutboundRefused as error:
        raise PermanentFailure(str(error)) from error
    except http.OutboundFailed as error:
        raise TemporaryFailure(str(error), unknown=error.sent) from error


def judge(
    response: http.Response,
    *,
    gone: Collection[int] = GONE,
    ours: Collection[int] = (),
    all_throttled: bool = True,
    patience: float | None = None,
) -> http.Response:
    """The answer if it is a success, else TemporaryFailure or PermanentFailure.

    `gone` are the statuses that say that the address is dead, `ours` those that an admin can mend; `all_throttled`
    is False where a 429 is about this address alone. `patience` in seconds stands in for Retry-After.
    """
    status = response.status
    if 200 <= status < 300:
        return response
    if status == 429:
        wait = patience if patience is not None else retry_after(response)
        raise TemporaryFailure("HTTP 429", wait, down=all_throttled)
    if status in AGAIN or status >= 500 or status in ours:
        raise TemporaryFailure(f"HTTP {status}", retry_after(response), unknown=status in LOST)
    raise PermanentFailure(f"HTTP {status}", disable=status in gone)


def retry_after(response: http.Response) -> float | None:
    """The seconds that the service asks us to wait; a date is not read."""
    wait = response.headers.get("retry-after", "")
    return float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 8 else None


def said(response: http.Response) -> dict[str, Any]:
    """The answer as a JSON object, empty where it is none or was too long to read whole."""
    try:
        found = jsonbody.parse(response.body)
    except jsonbody.BadBody:
        return {}
    return found if isinstance(found, dict) else {}
