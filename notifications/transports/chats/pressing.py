"""A pressed button: whose page it was, whether it was pressed before, what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from notifications import answers
from notifications.acks import BadLink
from notifications.models import Delivery
from notifications.subjects import Answered, Verb


@dataclass(frozen=True, slots=True)
class Press:
    """Who pressed (as the service calls them), what, and the service's own id of it."""

    transport: str
    sender: str
    verb: Verb
    event: str


def meant(token: str, transport: str) -> Delivery:
    """The delivery behind a button of this transport. Raises BadLink, ExpiredLink."""
    delivery = answers.delivery_of(token)
    if delivery.transport != transport:
        raise BadLink("sent by another channel")
    return delivery


@transaction.atomic
def press(*, delivery: Delivery, what: Press, actor: User | None = None, now: datetime) -> Answered:
    """Do what the button says, once. `actor` is given where a room's message was answered.

    Raises answers.Repeated when the service sent the same press before: nothing is changed then.
    """
    row = answers.note(
        transport=what.transport,
        provider_id=what.event,
        sender=what.sender,
        summary=what.verb.value,
        now=now,
        delivery=delivery,
    )
    try:
        said = answers.answer(delivery=delivery, verb=what.verb, actor=actor, via=what.transport, now=now)
    except BadLink:
        said = Answered(False, _("This page cannot be answered any more."))
    row.outcome = said.text[:500]
    row.save(update_fields=["outcome"])
    return said


def again(*, delivery: Delivery, what: Press, actor: User | None = None, now: datetime) -> Answered:
    """A press that came before: to acknowledge twice is to ask who has it, anything else is not done twice."""
    if what.verb is not Verb.ACKNOWLEDGE:
        return Answered(False, _("You asked for this already."))
    try:
        return answers.answer(delivery=delivery, verb=what.verb, actor=actor, via=what.transport, now=now)
    except BadLink:
        return Answered(False, _("This page cannot be answered any more."))


def press_or_again(*, delivery: Delivery, what: Press, actor: User | None = None, now: datetime) -> Answered:
    """For services whose presses have no id of their own: the first counts, later ones are told how it stands."""
    try:
        return press(delivery=delivery, what=what, actor=actor, now=now)
    except answers.Repeated:
        return again(delivery=delivery, what=what, actor=actor, now=now)
