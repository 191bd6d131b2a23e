"""The short way to the intake: what monitoring tools post is answered before Django's own handling of a request.

The same answers as by the long way (config.middleware), which tests and other servers take: no signals at the begin and
end of a request, no middleware, and rows of several threads are stored together.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.db import connection
from django.http import HttpResponse

from alerts.storing import store
from alerts.views.intake import PREFIXES, dispatch

log = logging.getLogger(__name__)

Start = Callable[..., Any]
Application = Callable[[dict[str, Any], Start], Iterable[bytes]]


def intake_first(application: Application) -> Application:
    """`application`, but for the intake's paths."""

    def answer(environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith(PREFIXES):
            return application(environ, start_response)
        response = _answered(environ)
        content = response.content
        headers = [(name, str(value)) for name, value in response.items()]
        headers.append(("Content-Length", str(len(content))))
        start_response(f"{response.status_code} {HTTPStatus(response.status_code).phrase}", headers)
        return [content]

    return answer


def _answered(environ: dict[str, Any]) -> HttpResponse:
    try:
        return dispatch(WSGIRequest(environ), store)
    except Exception:
        # The boundary of the process, where Django's own handler would stand.
        log.exception("the intake failed")
        return HttpResponse("Server Error (500)", status=500, content_type="text/plain")
    finally:
        # A key was looked up: back to the pool.
        if connection.connection is not None:
            connection.close()
