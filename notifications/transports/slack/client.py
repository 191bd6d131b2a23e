"""Slack's own client over our way out. Imported when Slack is first used: it brings all of slack_sdk.

Every answer has status 200 and says `ok`; what is wrong is a short code. `call` turns that into the two failures of a
transport. What Slack says beyond its code never gets into a reason or a log.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web import WebClient
from slack_sdk.web.slack_response import SlackResponse

from lib import http, jsonbody
from notifications import providers
from notifications.transports.base import PermanentFailure, TemporaryFailure
from notifications.transports.chats import posting

TIMEOUT = 10.0
CODE = re.compile(r"[a-z][a-z0-9_]{1,60}")

# The person or the room is gone: the method is switched off.
GONE = frozenset(
    {
        *("user_not_found", "users_not_found", "user_disabled", "user_not_visible", "cannot_dm_bot"),
        *("channel_not_found", "is_archived"),
    }
)
# Nobody is reached until an admin mends the app. `account_inactive` is of the bot: the app was removed.
OURS = frozenset(
    {
        *("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive"),
        *("missing_scope", "no_permission", "org_login_required", "ekm_access_denied", "access_denied"),
        *("messages_tab_disabled", "team_access_not_granted", "not_allowed_token_type"),
    }
)
TROUBLE = frozenset(
    {"fatal_error", "internal_error", "service_unavailable", "request_timeout", "team_added_to_org"}
)
THROTTLED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

# The library would log what it could not read.
_silent = logging.Logger("slack_sdk", logging.CRITICAL + 1)  # noqa: LOG001 - it must not stand among the others


class Refused(PermanentFailure):
    """Slack said no; `code` is its word for why."""

    def __init__(self, code: str, *, disable: bool = False) -> None:
        super().__init__(f"Slack: {code}", disable=disable)
        self.code = code


class Client(WebClient):
    """WebClient whose requests go by lib.http; it makes no attempt of its own to repeat them."""

    def _perform_urllib_http_request_internal(self, url: str, req: Any) -> dict[str, Any]:
        body = req.data if isinstance(req.data, bytes) else b""
        answer = http.request(
            "POST", url, headers=dict(req.header_items()), body=body, timeout=float(self.timeout)
        )
        return {"status": answer.status, "headers": dict(answer.headers), "body": _object(answer)}


def _object(answer: http.Response) -> str:
    """The body as the library can read it: it stumbles over JSON that is no object, and would quote the rest."""
    try:
        found = None if answer.truncated else jsonbody.parse(answer.body)
    except jsonbody.BadBody:
        found = None
    return json.dumps(found if isinstance(found, dict) else {"ok": False})


def of_installation() -> Client:
    """The client with the settings as they stand now; PermanentFailure where Slack is not set up."""
    values = providers.values("slack")
    if values is None:
        raise PermanentFailure("Slack is not set up")
    return _client(values["bot_token"].strip(), values.get("api_url", "").strip() or Client.BASE_URL)


@lru_cache(maxsize=4)
def _client(token: str, url: str) -> Client:
    return Client(
        token,
        base_url=url,
        timeout=int(TIMEOUT),
        retry_handlers=[],
        logger=_silent,
        headers={"Accept": "*/*"},
    )


def call(
    method: str, *, body: Mapping[str, Any] | None = None, params: Mapping[str, Any] | None = None
) -> Any:
    """The answer of one method of the Web API, as a mapping. Raises TemporaryFailure, PermanentFailure."""
    client = of_installation()
    try:
        return client.api_call(
            method, json=dict(body) if body else None, params=dict(params) if params else None
        )
    except SlackApiError as error:
        raise _failure(error.response) from None
    except http.OutboundRefused as error:
        raise PermanentFailure(str(error)) from error
    except http.OutboundFailed as error:
        raise TemporaryFailure(str(error), unknown=error.sent) from error
    except SlackClientError as error:
        raise TemporaryFailure(type(error).__name__, unknown=True) from None


def _failure(response: SlackResponse) -> TemporaryFailure | PermanentFailure:
    status, data = response.status_code, response.data
    said = str(data.get("error", "")) if isinstance(data, dict) else ""
    code = said if CODE.fullmatch(said) else ""
    if status == 429 or code in THROTTLED:
        # Slack counts by room as well: a busy one must not hold up the pages of all.
        return TemporaryFailure(f"Slack: {code or 'HTTP 429'}", _patience(response), down=False)
    if status >= 500 or not code or code in TROUBLE:
        # An answer that cannot be read may have said that it was posted.
        lost = status in posting.LOST or (status < 300 and not code)
        return TemporaryFailure(f"Slack: {code or f'HTTP {status}'}", unknown=lost)
    if code in OURS:
        return TemporaryFailure(f"Slack: {code}, an admin must mend the app's settings", down=True)
    return Refused(code, disable=code in GONE)


def _patience(response: SlackResponse) -> float | None:
    wait = str(response.headers.get("retry-after", ""))
    return float(wait) if wait.isascii() and wait.isdigit() and len(wait) < 8 else None
