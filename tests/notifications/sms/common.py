"""Twilio as it answers and signs, for texts and calls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from twilio.request_validator import RequestValidator

from lib.sealing import seal
from notifications import providers
from notifications.models import Provider

SID = "AC" + "0" * 32
AUTH = "f" * 32
NUMBER = "+15005550006"
PHONE = "+4915112345678"
TAKEN = json.dumps({"sid": "SM" + "1" * 32, "status": "queued", "to": PHONE}).encode()


def set_up(name: str, now: datetime, **values: str) -> None:
    Provider.objects.create(name=name, values=seal(json.dumps(values)), updated_at=now)
    providers.forget()


TWILIO = {"account_sid": SID, "auth_token": AUTH, "from_number": NUMBER}


def with_twilio(root: str, now: datetime) -> None:
    set_up("twilio", now, **TWILIO, api_url=root)


def refusal(code: int, status: int = 400) -> tuple[int, dict[str, str], bytes]:
    """An error as Twilio says it, with words that are not to be kept."""
    said = {"code": code, "message": f"The number {PHONE} is secret", "more_info": "", "status": status}
    return status, {}, json.dumps(said).encode()


def call_in(client: Client, path: str, fields: Mapping[str, str], *, auth: str = AUTH, site: str = "") -> Any:
    """A signed request of Twilio's; `site` stands in for the address that it believes to call."""
    url = (site or settings.SITE_URL) + path
    signature = RequestValidator(auth).compute_signature(url, dict(fields))
    return client.post(
        path,
        data=urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature},
    )
