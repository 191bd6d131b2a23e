"""What Twilio and gateways send us: a form or a JSON object, and for Twilio a signature over all of it."""

from __future__ import annotations

import hashlib
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.http import HttpRequest, HttpResponse, QueryDict

from lib import jsonbody
from notifications import providers
from notifications.transports.chats.hooks import sentence
from notifications.transports.telephone.gateway import at_path

log = logging.getLogger(__name__)


def form_of(raw: bytes) -> QueryDict:
    """The fields of a form, empty for what is none."""
    try:
        return QueryDict(raw.decode("utf-8"))
    except (UnicodeDecodeError, SuspiciousOperation):
        return QueryDict()


def is_twilios(request: HttpRequest, form: QueryDict) -> bool:
    """Whether Twilio signed this for our public address: SITE_URL counts, not what a proxy says."""
    from twilio.request_validator import RequestValidator  # noqa: PLC0415 - loaded when Twilio first calls

    values = providers.values("twilio")
    if values is None:
        return False
    # The library compares by characters; it must not be handed what no signature can hold.
    signature = request.headers.get("X-Twilio-Signature", "")
    validator = RequestValidator(values["auth_token"].strip())
    return bool(validator.validate(settings.SITE_URL + request.get_full_path(), form, signature))


def refused(transport: str, reason: str) -> HttpResponse:
    """403, logged; nothing was changed."""
    log.warning("callback refused", extra={"transport": transport, "reason": reason})
    return sentence("Refused.", 403)


def twiml(made: object) -> HttpResponse:
    """An answer as Twilio reads it."""
    return HttpResponse(str(made), content_type="text/xml; charset=utf-8")


class Fields:
    """The values of a gateway's request by dotted path, whatever it is encoded as."""

    def __init__(self, request: HttpRequest, raw: bytes) -> None:
        self.digest = hashlib.sha256(raw).hexdigest()[:40]
        self._found: Any = None
        self._form = form_of(raw)
        if "json" in (request.content_type or ""):
            try:
                self._found = jsonbody.parse(raw)
            except jsonbody.BadBody:
                self._found = None

    def get(self, path: str) -> str:
        """The text or number there, else empty."""
        if not path:
            return ""
        found = at_path(self._found, path)
        return found or str(self._form.get(path, ""))[:2000] if self._found is None else found
