"""What comes in during a call and after it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.text import one_line
from notifications import answers, providers
from notifications.acks import BadLink, ExpiredLink
from notifications.models import Delivery, Inbound
from notifications.transports.chats.hooks import machine, sentence
from notifications.transports.chats.pressing import Press, meant, press
from notifications.transports.telephone import inbound
from notifications.transports.telephone.inbound import Fields, form_of, is_twilios, refused
from notifications.transports.telephone.reports import ANSWERED_BY_MACHINE, read_token, report
from notifications.transports.voice.speech import of_delivery

# A mailbox or a fax picked up. Twilio says so during the call, as soon as it is sure.
MACHINES = ("machine", "fax")

Spoken = Callable[[QueryDict, str, Delivery, int], str]


def _in_call(view: Spoken) -> Callable[..., HttpResponse]:
    """An address that Twilio asks what to say next: signed, and with the page's token in it."""

    @wraps(view)
    def endpoint(request: HttpRequest, raw: bytes, token: str, number: str) -> HttpResponse:
        form = form_of(raw)
        if not is_twilios(request, form):
            return refused("voice", "signature")
        try:
            delivery = meant(token, "voice")
        except ExpiredLink:
            return _last(_("This page is older than two days and can not be answered any more."))
        except BadLink:
            return refused("voice", "token")
        return inbound.twiml(view(form, token, delivery, int(number)))

    return machine(endpoint)


def _last(text: str) -> HttpResponse:
    from notifications.transports.voice import twiml  # noqa: PLC0415 - brings twilio, loaded at first use

    return inbound.twiml(twiml.ending(text))


@_in_call
def call(_form: QueryDict, token: str, delivery: Delivery, number: int) -> str:
    """Somebody, or a mailbox, picked up."""
    from notifications.transports.voice import twiml  # noqa: PLC0415 - brings twilio, loaded at first use

    return twiml.asking(of_delivery(delivery), token, number)


@_in_call
def digit(form: QueryDict, token: str, delivery: Delivery, number: int) -> str:
    """A key was pressed: 4 or 6 does it, any other is asked again."""
    from notifications.transports.voice import twiml  # noqa: PLC0415 - brings twilio, loaded at first use

    key, sid = str(form.get("Digits", "")), one_line(form.get("CallSid", ""), 100)
    if key in answers.DIGITS and sid:
        return twiml.ending(_done(delivery, key, sid))
    wrong = _("This key does nothing here.")
    if number >= twiml.ROUNDS:
        return twiml.ending(f"{wrong} " + _("The page stays open."))
    return twiml.asking(of_delivery(delivery), token, number + 1, wrong)


def _done(delivery: Delivery, key: str, call_id: str) -> str:
    """Once for each call and key; a repeat hears what was said then, and changes nothing."""
    verb, event = answers.DIGITS[key], f"{call_id}:{key}"
    one = Press("voice", delivery.address, verb, event)
    try:
        return press(delivery=delivery, what=one, now=timezone.now()).text
    except answers.Repeated:
        known = Inbound.objects.filter(transport="voice", provider_id=event).first()
        return known.outcome if known else _("You asked for this already.")


@machine
def status(request: HttpRequest, raw: bytes, token: str) -> HttpResponse:
    """How the call ended; from a gateway also the digit. A call that was picked up is no acknowledgement."""
    try:
        delivery, provider = read_token(token, "voice")
    except BadLink:
        return refused("voice", "token")
    if provider == "twilio":
        form = form_of(raw)
        if not is_twilios(request, form):
            return refused("voice", "signature")
        by_machine = str(form.get("AnsweredBy", "")).startswith(MACHINES)
        word = ANSWERED_BY_MACHINE if by_machine else str(form.get("CallStatus", ""))
        return _reported(delivery, word, str(form.get("CallSid", "")))
    return _by_gateway(delivery, Fields(request, raw), providers.values(provider) or {})


def _by_gateway(delivery: Delivery, fields: Fields, values: dict[str, str]) -> HttpResponse:
    key = fields.get(values.get("digit_field") or "digits")
    if key in answers.DIGITS:
        return sentence(_done(delivery, key, f"gateway:{delivery.pk}"))
    return _reported(delivery, fields.get(values.get("status_field") or "status"), "")


def _reported(delivery: Delivery, word: str, sid: str) -> HttpResponse:
    who = "Twilio" if sid else "gateway"
    report(delivery, provider_id=sid[:200], status=word, who=who, now=timezone.now())
    return sentence("")
