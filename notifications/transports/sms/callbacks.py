"""What comes in by text message: answers, and reports about what was sent."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from lib.text import one_line
from notifications import answers, providers
from notifications.acks import BadLink
from notifications.actions.deliveries import send_notice
from notifications.models import ContactMethod, Delivery, DeliveryKind
from notifications.transports.base import Message
from notifications.transports.chats.hooks import machine, sentence
from notifications.transports.sms.replies import Text, heard
from notifications.transports.telephone.inbound import Fields, form_of, is_twilios, refused, twiml
from notifications.transports.telephone.numbers import heard_number
from notifications.transports.telephone.reports import read_token, report


@machine
def twilio(request: HttpRequest, raw: bytes) -> HttpResponse:
    """A text message to our number at Twilio; the answer goes back as TwiML."""
    form = form_of(raw)
    if not is_twilios(request, form):
        return refused("sms", "signature")
    event, sender = one_line(form.get("MessageSid", ""), 100), heard_number(str(form.get("From", "")))
    if not event:
        return sentence("There is no MessageSid.", 400)
    return _message(_answer(Text(event, sender, one_line(form.get("Body", ""), 500)), timezone.now()))


def _answer(what: Text, now: datetime) -> str:
    try:
        return heard(what, now=now)
    except answers.Repeated:
        return ""  # it was answered when it came first


def _message(text: str) -> HttpResponse:
    from twilio.twiml.messaging_response import MessagingResponse  # noqa: PLC0415 - loaded at first use

    made = MessagingResponse()
    if text:
        made.message(text)
    return twiml(made)


@machine
def gateway(request: HttpRequest, raw: bytes, secret: str) -> HttpResponse:
    """A text message by a gateway; the answer is a text message of its own."""
    values = providers.values("gateway-sms") or {}
    known = values.get("inbound_secret", "").strip()
    if not known or not constant_time_compare(known, secret):
        return refused("sms", "secret")
    fields, now = Fields(request, raw), timezone.now()
    sender = heard_number(fields.get(values.get("in_from") or "from"))
    event = fields.get(values.get("in_id") or "id") or fields.digest
    text = one_line(fields.get(values.get("in_text") or "text"), 500)
    said = _answer(Text(f"gateway:{one_line(event, 100)}", sender, text), now)
    if said:
        _tell(sender, said, now)
    return sentence("")


def _tell(number: str, text: str, now: datetime) -> None:
    method = ContactMethod.objects.usable().filter(transport="sms", address=number).order_by("id").first()
    if method is not None:
        message = Message(kind="notice", headline=text, quiet=True)
        send_notice(method=method, kind=DeliveryKind.NOTICE, subject="reply", message=message, now=now)


@machine
def status(request: HttpRequest, raw: bytes, token: str) -> HttpResponse:
    """How a message fares, from whoever carries it."""
    try:
        delivery, provider = read_token(token, "sms")
    except BadLink:
        return refused("sms", "token")
    if provider != "twilio":
        values = providers.values(provider) or {}
        word = Fields(request, raw).get(values.get("status_field") or "status")
        return _reported(delivery, word)
    form = form_of(raw)
    if not is_twilios(request, form):
        return refused("sms", "signature")
    word, code, sid = (str(form.get(name, "")) for name in ("MessageStatus", "ErrorCode", "MessageSid"))
    return _reported(delivery, word, code, sid)


def _reported(delivery: Delivery, word: str, code: str = "", sid: str = "") -> HttpResponse:
    who = "Twilio" if sid else "gateway"
    report(delivery, provider_id=sid, status=word, code=code, who=who, now=timezone.now())
    return sentence("")
