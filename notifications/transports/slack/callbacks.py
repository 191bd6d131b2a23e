"""Buttons, the slash command and events. Slack waits three seconds for an answer.

Interactivity: https://docs.slack.dev/interactivity/handling-user-interaction; commands:
https://docs.slack.dev/interactivity/implementing-slash-commands; events: https://docs.slack.dev/apis/events-api.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from django.conf import settings
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from lib import http, jsonbody
from lib.text import one_line
from notifications import answers, commands
from notifications.acks import BadLink, ExpiredLink
from notifications.models import ContactMethod, Delivery
from notifications.subjects import Verb
from notifications.transports.chats.hooks import sentence
from notifications.transports.chats.pressing import meant
from notifications.transports.slack.blocks import ACTION, escaped
from notifications.transports.slack.inbound import Heard, ephemeral, finish, signed

log = logging.getLogger(__name__)

# Of the three seconds that Slack waits, what telling the presser may take.
TELLING = 1.5
MENTION = re.compile(r"<@([UW][A-Z0-9]{2,30})(?:\|[^<>]*)?>")
GONE = ("app_uninstalled", "tokens_revoked")


@signed
def interactive(heard: Heard) -> HttpResponse:
    """A button was pressed. The message itself is changed by the outbox; the presser is told what happened."""
    payload = _json(_form(heard).get("payload", ""))
    found = _button(payload)
    if found is None:
        return sentence("")
    verb, token = found
    sender = one_line(_inside(payload, "user").get("id", ""), 40)
    try:
        text = _pressed(heard, sender, verb, token)
    except ExpiredLink:
        text = _("This page is older than two days and can not be answered any more.")
    except BadLink:
        log.warning("callback refused", extra={"transport": "slack", "reason": "token"})
        text = _("This button can not be answered any more.")
    _tell(str(payload.get("response_url", "")), text)
    return sentence("")


def _pressed(heard: Heard, sender: str, verb: Verb, token: str) -> str:
    delivery = meant(token, "slack")
    row = heard.note(sender=sender, summary=verb.value, delivery=delivery)
    person = _presser(delivery, sender)
    if person is None:
        finish(row, "unknown sender")
        return connect_first()
    if not person.can_respond:
        finish(row, "may not answer")
        return _("Viewers follow incidents but do not act on them. An admin can make you a responder.")
    said = answers.answer(delivery=delivery, verb=verb, actor=person, via="slack", now=heard.now)
    finish(row, said.text)
    return said.text


def _presser(delivery: Delivery, sender: str) -> User | None:
    """Whoever pressed, if Tocsin knows them; a page that was sent to one person is answered by that person alone."""
    if delivery.user_id is None:
        return answers.person_at(transport="slack", address=sender)
    theirs = ContactMethod.objects.usable().filter(user=delivery.user_id, transport="slack", address=sender)
    return delivery.user if theirs.exists() else None


def connect_first() -> str:
    """What a stranger is told; the same words whether or not the button was right."""
    url = settings.SITE_URL + reverse("notifications:method-new", args=["slack"])
    return _("Tocsin does not know you yet. Connect your Slack account first: %(url)s") % {"url": url}


def _tell(url: str, text: str) -> None:
    """An ephemeral answer by the address that came with the press. The answer stands whether it arrives or not."""
    answer = {"response_type": "ephemeral", "replace_original": False, "text": escaped(text)}
    try:
        http.request(
            "POST",
            url,
            headers={"Content-Type": "application/json"},
            body=json.dumps(answer).encode(),
            timeout=TELLING,
        )
    except (http.OutboundFailed, http.OutboundRefused) as error:
        log.info("slack was not told", extra={"reason": str(error)})


@signed
def command(heard: Heard) -> HttpResponse:
    """`/tocsin …`, answered to the person alone."""
    form = _form(heard)
    sender, text = one_line(form.get("user_id", ""), 40), form.get("text", "")
    row = heard.note(sender=sender, summary=f"{commands.NAME} {text}")
    person = answers.person_at(transport="slack", address=sender)
    said = (
        connect_first()
        if person is None
        else commands.reply(person=person, text=_people_by_email(text), via="slack", now=heard.now)
    )
    finish(row, said)
    return ephemeral(escaped(said))


def _people_by_email(text: str) -> str:
    """`<@U012|mira>`, as Slack sends a mention, as the e-mail address by which commands know a person; what Slack
    escaped is plain again."""

    def email(found: re.Match[str]) -> str:
        person = answers.person_at(transport="slack", address=found.group(1))
        return person.email if person else "@?"

    plain = MENTION.sub(email, text)
    return plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


@signed
def events(heard: Heard) -> HttpResponse:
    """The challenge when the address is entered at Slack, and that the app was removed."""
    body = _json(heard.raw)
    if body.get("type") == "url_verification":
        return sentence(str(body.get("challenge", ""))[:1000])
    kind = str(_inside(body, "event").get("type", ""))[:60]
    try:
        heard.note(
            sender=one_line(body.get("team_id", ""), 40), summary=kind, event=str(body.get("event_id", ""))
        )
    except answers.Repeated:
        return sentence("")  # Slack repeats an event until it is answered with 200
    if kind in GONE:
        log.error("slack app was removed from the workspace", extra={"event": kind})
    return sentence("")


def _form(heard: Heard) -> QueryDict:
    try:
        return QueryDict(heard.raw.decode("utf-8"))
    except UnicodeDecodeError:
        return QueryDict()


def _json(raw: str | bytes) -> dict[str, Any]:
    try:
        found = jsonbody.parse(raw.encode() if isinstance(raw, str) else raw)
    except jsonbody.BadBody:
        return {}
    return found if isinstance(found, dict) else {}


def _inside(payload: dict[str, Any], name: str) -> dict[str, Any]:
    found = payload.get(name)
    return found if isinstance(found, dict) else {}


def _button(payload: dict[str, Any]) -> tuple[Verb, str] | None:
    """Which of our buttons it was and its value; None for links and for what is not ours."""
    pressed = payload.get("actions")
    first = (
        pressed[0]
        if payload.get("type") == "block_actions" and isinstance(pressed, list) and pressed
        else None
    )
    if not isinstance(first, dict):
        return None
    name, value = str(first.get("action_id", "")), first.get("value")
    verbs = {f"{ACTION}{verb.value}": verb for verb in Verb}
    return (verbs[name], value) if name in verbs and isinstance(value, str) else None
