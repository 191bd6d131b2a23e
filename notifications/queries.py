"""Reads about how people are reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.utils.functional import Promise

from accounts.models import User
from notifications import recipients, transports
from notifications.models import ContactMethod, Delivery, DeliveryKind, NotificationRule, Urgency


@dataclass(frozen=True, slots=True)
class Stop:
    """The methods that are used at the same moment, `delay` after a page is due."""

    delay: timedelta
    methods: list[ContactMethod]


@dataclass(frozen=True, slots=True)
class Line:
    """How a page of one urgency reaches a person: `stops` in order of time, as real pages are planned.

    `source` says where they come from: "rules" of this urgency, "other" (those of the other urgency stand
    in), "all" usable methods at once, or "none". `rules` are the rows that the person edits, also those that
    are passed over because their method does not work.
    """

    urgency: Urgency
    stops: list[Stop]
    source: str
    rules: list[NotificationRule]


@dataclass(frozen=True, slots=True)
class MethodCard:
    """A method with the words of its transport and the last message that tried it out."""

    method: ContactMethod
    title: str | Promise
    last: Delivery | None
    icon: str


def lines_of(person: User) -> list[Line]:
    """A line per urgency, planned by the same function that plans real pages. Four queries."""
    planned = recipients.people([person.pk]).get(person.pk, person)
    rules = list(NotificationRule.objects.filter(user=person).select_related("method"))
    return [_line(planned, urgency, rules) for urgency in Urgency]


def _line(planned: User, urgency: Urgency, rules: list[NotificationRule]) -> Line:
    ways = recipients.ways(planned, urgency)
    stops = [
        Stop(delay, [way.method for way in same]) for delay, same in groupby(ways, key=lambda way: way.delay)
    ]
    own = [rule for rule in rules if rule.urgency == urgency]
    return Line(urgency, stops, _source(urgency, rules, bool(ways)), own)


def _source(urgency: Urgency, rules: list[NotificationRule], reachable: bool) -> str:
    working = {rule.urgency for rule in rules if rule.method.is_usable}
    if not reachable:
        return "none"
    if urgency in working:
        return "rules"
    return "other" if working else "all"


def cards_of(person: User) -> list[MethodCard]:
    """The person's methods in the order in which they were added. Two queries."""
    methods = list(ContactMethod.objects.filter(user=person))
    tried = (
        Delivery.objects.filter(method__in=methods, kind__in=[DeliveryKind.TEST, DeliveryKind.VERIFICATION])
        .order_by("method_id", "-id")
        .distinct("method_id")
    )
    last = {delivery.method_id: delivery for delivery in tried}
    return [
        MethodCard(method, title_of(each), last.get(method.pk), icon_of(each))
        for method in methods
        for each in [method.transport]
    ]


def title_of(transport: str) -> str | Promise:
    """What people call the transport; its bare name when this version does not have it any more."""
    try:
        return transports.get(transport).title
    except transports.UnknownTransport:
        return transport


def icon_of(transport: str) -> str:
    """The transport's icon."""
    try:
        return transports.get(transport).icon
    except transports.UnknownTransport:
        return "message"


def reach_of(people: Iterable[User]) -> dict[int, list[str | Promise]]:
    """By person, the kinds of usable methods that they have. One query however many people they are."""
    found: dict[int, list[str | Promise]] = {person.pk: [] for person in people}
    rows = (
        ContactMethod.objects.usable()
        .filter(user__in=found)
        .order_by("id")
        .values_list("user_id", "transport")
    )
    for user_id, transport in rows:
        title = title_of(transport)
        if title not in found[user_id]:
            found[user_id].append(title)
    return found
