"""apprise's way out: a stand-in for `requests` that hands every request to lib.http.

Its plugins call `requests.post(…)` and the like through the name in their own module. That name is bound to the
stand-in, in apprise's modules alone, so whatever a plugin asks for passes the same checks as everything else that
Tocsin sends: no private address, no redirect, bounded time and bytes, certificates always verified. Outside of
`spending` nothing is sent at all.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.exceptions import ConnectionError as NotReached
from requests.exceptions import InvalidSchema, Timeout
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from lib import http
from notifications.transports.chats import posting

EACH = 10.0
LARGEST_ANSWER = 64 * 1024
# lib.http sets these itself.
OURS = {"host", "content-length", "transfer-encoding", "connection", "accept-encoding"}
METHODS = ("get", "options", "head", "post", "put", "patch", "delete")


@dataclass
class Budget:
    """What one message may use, and what came of it: the answers' statuses, why a request was never sent, and
    whether one was that nothing is known of."""

    deadline: float
    statuses: list[int] = field(default_factory=list)
    retry_after: str = ""
    refused: str = ""
    failed: str = ""
    in_doubt: bool = False


_thread = threading.local()
_lock = threading.Lock()


@contextmanager
def spending(seconds: float) -> Iterator[Budget]:
    """Within it this thread's plugins may send, for so long in all."""
    _thread.budget = budget = Budget(time.monotonic() + seconds)
    try:
        yield budget
    finally:
        _thread.budget = None


class Adapter(BaseAdapter):
    """Sends a prepared request by lib.http."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: object = None,
        verify: object = True,
        cert: object = None,
        proxies: object = None,
    ) -> requests.Response:
        """The answer as requests has it; raises its exceptions, so that a plugin sees a failure that it knows."""
        budget: Budget | None = getattr(_thread, "budget", None)
        if budget is None:
            raise InvalidSchema("nothing is sent outside of a delivery")
        left = budget.deadline - time.monotonic()
        if left <= 0:
            budget.failed = "it took too long"
            raise Timeout(budget.failed)
        try:
            answer = _asked(request, min(EACH, left))
        except http.OutboundRefused as error:
            budget.refused = error.reason
            raise NotReached(error.reason) from error
        except http.OutboundFailed as error:
            budget.failed = error.reason
            budget.in_doubt = budget.in_doubt or error.sent
            raise NotReached(error.reason) from error
        budget.in_doubt = budget.in_doubt or answer.status < 300 or answer.status in posting.LOST
        budget.statuses.append(answer.status)
        budget.retry_after = answer.headers.get("retry-after", "")
        return _as_requests(request, answer)

    def close(self) -> None:
        """Nothing is kept open."""


def _asked(request: requests.PreparedRequest, timeout: float) -> http.Response:
    parts = urlsplit(request.url or "")
    # requests leaves a user's name in the address after it has made a header of it.
    url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    headers = {_text(name): _text(value) for name, value in request.headers.items()}
    kept = {name: value for name, value in headers.items() if name.lower() not in OURS}
    body = request.body
    if not isinstance(body, bytes | str | None):
        raise InvalidSchema("a stream is not sent")
    raw = body.encode() if isinstance(body, str) else body
    method = (request.method or "GET").upper()
    return http.request(method, url, headers=kept, body=raw, timeout=timeout, max_bytes=LARGEST_ANSWER)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def _as_requests(request: requests.PreparedRequest, answer: http.Response) -> requests.Response:
    made = requests.Response()
    made.status_code = answer.status
    made.headers = CaseInsensitiveDict(answer.headers)
    made.encoding = get_encoding_from_headers(made.headers)
    made.raw = BytesIO(answer.body)
    made.url, made.request, made.reason = request.url or "", request, ""
    return made


class Session(requests.Session):
    """A session that knows no other way than the adapter, no proxy, no netrc and no redirect."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.adapters.clear()
        for scheme in ("https://", "http://"):
            self.mount(scheme, Adapter())

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """As requests does, but a redirect is an answer."""
        return super().send(request, **{**options, "allow_redirects": False})


def _request(method: str, url: str, **options: Any) -> requests.Response:
    with Session() as session:
        return session.request(method=method, url=url, **options)


def _stand_in() -> ModuleType:
    made = ModuleType("requests")
    vars(made).update({name: each for name, each in vars(requests).items() if not name.startswith("__")})
    ways: Mapping[str, Any] = {method: partial(_request, method.upper()) for method in METHODS}
    vars(made).update(ways, request=_request, Session=Session, session=Session, api=made, sessions=made)
    return made


STAND_IN = _stand_in()


def install() -> None:
    """Give the stand-in to every module of apprise that has been loaded."""
    with _lock:
        for name, module in list(sys.modules.items()):
            if name.startswith("apprise.") and vars(module).get("requests") is requests:
                vars(module)["requests"] = STAND_IN


def is_guarded(plugin: type) -> bool:
    """Whether all modules that the plugin's code comes from have the stand-in, or no `requests` at all."""
    modules = [sys.modules.get(each.__module__) for each in plugin.__mro__]
    return not any(module and vars(module).get("requests") is requests for module in modules)
