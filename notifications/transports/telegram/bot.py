"""The Bot API (https://core.telegram.org/bots/api): one JSON request a method, and what its refusals mean.

The token stands in the address, so no address gets into a reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.crypto import salted_hmac

from lib.http import Response
from notifications import providers
from notifications.transports.base import PermanentFailure, TemporaryFailure
from notifications.transports.chats import posting

API_URL = "https://api.telegram.org"
# What Telegram says of a chat that is lost to us, and how we say it.
LOST = {
    "blocked by the user": "the bot was blocked",
    "user is deactivated": "the account is gone",
    "bot was kicked": "the bot was removed from the group",
    "not a member": "the bot is not in the group",
    "chat not found": "there is no such chat",
    "upgraded to a supergroup": "the group has a new number: send /start there",
    "can't initiate conversation": "the bot was never started",
}
UNCHANGED = "message is not modified"


class NotSetUp(Exception):
    """No bot is set up for this installation."""


def settings_of_bot() -> Mapping[str, str]:
    """The provider's settings. Raises NotSetUp."""
    found = providers.values("telegram")
    if found is None:
        raise NotSetUp
    return found


def username(values: Mapping[str, str]) -> str:
    return values["username"].strip().lstrip("@")


def webhook_secret(values: Mapping[str, str]) -> str:
    """What Telegram sends along with every update: as it was set, else made from the bot's token."""
    return (
        values.get("secret_token", "").strip()
        or salted_hmac("tocsin.telegram.webhook", values["token"].strip(), algorithm="sha256").hexdigest()
    )


def ask(method: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Call a method and return its `result` as an object, empty where it is none.

    Raises TemporaryFailure, PermanentFailure.
    """
    try:
        values = settings_of_bot()
    except NotSetUp as error:
        raise TemporaryFailure("Telegram is not set up") from error
    root = (values.get("api_url") or API_URL).strip().rstrip("/")
    response = posting.call(f"{root}/bot{values['token'].strip()}/{method}", payload)
    answer = posting.said(response)
    if 200 <= response.status < 300:
        result = answer.get("result")
        return result if isinstance(result, dict) else {}
    return _refused(response, answer)


def _refused(response: Response, answer: Mapping[str, Any]) -> dict[str, Any]:
    description = str(answer.get("description", "")).lower()
    if response.status == 400 and UNCHANGED in description:
        return {}
    for theirs, ours in LOST.items():
        if response.status in (400, 403) and theirs in description:
            raise PermanentFailure(f"HTTP {response.status}: {ours}", disable=True)
    parameters = answer.get("parameters")
    wait = parameters.get("retry_after") if isinstance(parameters, dict) else None
    # 401 and 404 speak of the token in the address, which an admin can mend. A 429 is mostly about one chat.
    posting.judge(
        response,
        gone={403},
        ours={401, 404},
        all_throttled=False,
        patience=float(wait) if isinstance(wait, int) else None,
    )
    return {}
