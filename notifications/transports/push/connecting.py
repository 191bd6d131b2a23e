"""Turning notifications on in a browser, proving that they arrive, and following the browser to a new subscription."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.models import User
from lib.sealing import seal
from notifications.actions.methods import add_method, send_code, verify
from notifications.lifecycle import sources
from notifications.models import ContactMethod, Delivery, DeliveryKind, DeliveryState
from notifications.transports.push.devices import device_name
from notifications.transports.push.subscriptions import Subscription


class Removed(Exception):
    """The person does not want this browser any more."""


@transaction.atomic
def connect_device(
    *, actor: User, subscription: Subscription, user_agent: str, now: datetime
) -> ContactMethod:
    """The actor's method for this browser; a code is on its way to it unless it works already.

    Raises what notifications.actions.methods.add_method and send_code raise.
    """
    User.objects.select_for_update().get(pk=actor.pk)
    mine = ContactMethod.objects.filter(user=actor, transport="push")
    known = mine.filter(address=subscription.address).first()
    if known is None or known.disabled_at is not None:
        taken = set(mine.exclude(address=subscription.address).values_list("label", flat=True))
        method, _shown = add_method(
            actor=actor,
            user=actor,
            transport="push",
            address=subscription.address,
            label=device_name(user_agent, taken)[:60],
            details=subscription.stored(),
            now=now,
        )
        return method
    _keep(known, subscription)
    if known.verified_at is None:
        send_code(actor=actor, method=known, now=now)
    return known


def confirm_arrival(*, delivery: Delivery, code: str, now: datetime) -> None:
    """The worker in the browser showed a push; the code that it read there proves the method.

    Raises notifications.actions.methods.WrongCode, CodeSpent.
    """
    method, person = delivery.method, delivery.user
    if code and method and person and delivery.kind == DeliveryKind.VERIFICATION and not method.is_usable:
        verify(actor=person, method=method, code=code, now=now)


@transaction.atomic
def replace_subscription(*, method_id: int, subscription: Subscription, now: datetime) -> ContactMethod:
    """The browser's maker gave it a new endpoint: the method goes on there, with its rules. Raises Removed.

    Whoever asks has the token that only the proved browser was given, so no new code is needed.
    """
    method = ContactMethod.objects.select_for_update().filter(pk=method_id, transport="push").first()
    if method is None or method.verified_at is None:
        raise Removed
    twin = ContactMethod.objects.filter(
        user=method.user_id, transport="push", address=subscription.address
    ).exclude(pk=method.pk)
    if found := twin.first():
        return found
    _keep(method, subscription)
    ContactMethod.objects.filter(pk=method.pk).update(disabled_at=None, disabled_reason="")
    return method


def _keep(method: ContactMethod, subscription: Subscription) -> None:
    method.address, method.secret = subscription.address, seal(subscription.stored())
    method.save(update_fields=["address", "secret"])


def note_arrival(*, delivery: Delivery, is_read: bool, now: datetime) -> None:
    """The browser showed it, or its person opened it. A repeat changes nothing."""
    mine = Delivery.objects.filter(pk=delivery.pk)
    mine.filter(state__in=sources("confirm")).update(state=DeliveryState.DELIVERED)
    mine.filter(delivered_at=None).update(delivered_at=now)
    if is_read:
        mine.filter(read_at=None).update(read_at=now)


def is_under_way(delivery: Delivery) -> bool:
    """Whether the push arrived before its worker could write down that it was sent."""
    return delivery.state in (DeliveryState.PENDING, DeliveryState.SENDING)
