"""Adding, proving, trying out and removing the ways in which a person is reached."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from lib.sealing import seal
from lib.secrets import code_digest, equal, new_code
from lib.signing import new_secret
from lib.text import one_line
from notifications import transports
from notifications.actions.deliveries import send_notice
from notifications.models import ContactMethod, Delivery, DeliveryKind, NotificationRule, VerificationCode
from notifications.transports.base import Message

MOST_METHODS = 20
CODE_LIVES = timedelta(minutes=15)
CODE_ATTEMPTS = 5
BETWEEN_MESSAGES = timedelta(minutes=1)
DAY = timedelta(days=1)
CODES_A_DAY, CODES_A_DAY_BY_ONE = 10, 30
TESTS_A_DAY = 30


class AlreadyThere(Exception):
    """The person has this method."""


class TooManyMethods(Exception):
    """More ways to be reached than anybody needs."""


class TooSoon(Exception):
    """The last message went out less than a minute ago; `wait` is how long until the next may."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"wait {wait}")
        self.wait = wait


class TooManyMessages(Exception):
    """The day's share of codes, tests or invitations is used up."""


class NotUsable(Exception):
    """The method is not verified, or switched off."""


class CodeSpent(Exception):
    """There is no code to compare with: none sent, or it is used, too old, or guessed at too often."""


class WrongCode(Exception):
    """Not the code that was sent; `left` tries remain."""

    def __init__(self, left: int) -> None:
        super().__init__(f"{left} tries left")
        self.left = left


class LastUsableMethod(Exception):
    """Without this method the person can not be paged; it is removed only when that was confirmed."""


@transaction.atomic
def add_method(
    *,
    actor: User,
    user: User,
    transport: str,
    address: str,
    label: str = "",
    details: str = "",
    now: datetime,
) -> tuple[ContactMethod, str]:
    """A new, unverified method with a code on its way to it, and its signing secret.

    The secret is shown this once; it is empty for transports that do not sign. `address` was cleaned by the
    transport; `details` are what it must know beside it and are kept sealed. A method that was switched off starts
    again. Raises AlreadyThere, TooManyMethods, TooManyMessages, TooSoon.
    """
    User.objects.select_for_update().get(pk=user.pk)
    known = ContactMethod.objects.filter(user=user)
    method = known.filter(transport=transport, address=address).first()
    if method is not None and method.disabled_at is None:
        raise AlreadyThere
    if method is None and known.count() >= MOST_METHODS:
        raise TooManyMethods
    secret = new_secret() if transports.get(transport).needs_secret else ""
    method = method or ContactMethod(user=user, transport=transport, address=address, created_at=now)
    kept = details or secret
    method.label, method.secret = label, seal(kept) if kept else ""
    method.verified_at = method.disabled_at = None
    method.disabled_reason = ""
    method.save()
    send_code(actor=actor, method=method, now=now)
    return method, secret


# --- Proving that a method reaches its person


@transaction.atomic
def send_code(*, actor: User, method: ContactMethod, now: datetime) -> Delivery:
    """A new code by this method; an older one stops working. Raises TooSoon, TooManyMessages.

    Counted by the ledger, which stays when a method is removed, so that adding it again buys no more codes.
    """
    User.objects.select_for_update().get(pk=method.user_id)
    by_person = Delivery.objects.filter(user=method.user_id, kind=DeliveryKind.VERIFICATION)
    refuse_too_many(by_person.filter(transport=method.transport, address=method.address), CODES_A_DAY, now)
    if by_person.filter(created_at__gt=now - DAY).count() >= CODES_A_DAY_BY_ONE:
        raise TooManyMessages
    code = new_code()
    row = VerificationCode.objects.create(
        method=method, digest="", created_at=now, expires_at=now + CODE_LIVES
    )
    row.digest = code_digest(code, str(row.pk))
    row.save(update_fields=["digest"])
    message = Message(
        kind="verification",
        headline=_("Your code for Tocsin"),
        intro=_("Type it where you added this way to be reached. It works for 15 minutes."),
        code=code,
        url=settings.SITE_URL + reverse("notifications:method-verify", args=[method.pk]),
        link_text=_("Type it here:"),
    )
    return send_notice(
        method=method, kind=DeliveryKind.VERIFICATION, subject=f"method:{method.pk}", message=message, now=now
    )


def refuse_too_many(sent: QuerySet[Delivery], a_day: int, now: datetime) -> None:
    """Raise TooSoon within a minute of the last of these messages, TooManyMessages after `a_day` in a day."""
    moments = (
        sent.filter(created_at__gt=now - DAY).order_by("-created_at").values_list("created_at", flat=True)
    )
    recent = list(moments[:a_day])
    if len(recent) >= a_day:
        raise TooManyMessages
    if recent and now - recent[0] < BETWEEN_MESSAGES:
        raise TooSoon(BETWEEN_MESSAGES - (now - recent[0]))


def verify(*, actor: User, method: ContactMethod, code: str, now: datetime) -> None:
    """Make the method usable when `code` is the last one that was sent. Raises WrongCode, CodeSpent.

    A failed try is counted also though it raises, so it is committed before.
    """
    refusal = _judge(method, code, now)
    if refusal is not None:
        raise refusal


@transaction.atomic
def _judge(method: ContactMethod, code: str, now: datetime) -> WrongCode | CodeSpent | None:
    row = VerificationCode.objects.select_for_update().filter(method=method).order_by("-id").first()
    if row is None or row.used_at or row.expires_at <= now or row.attempts >= CODE_ATTEMPTS:
        return CodeSpent()
    row.attempts += 1
    right = equal(row.digest, code_digest(code, str(row.pk)))
    row.used_at = now if right else None
    row.save(update_fields=["attempts", "used_at"])
    if not right:
        return WrongCode(CODE_ATTEMPTS - row.attempts)
    mark_verified(method=method, now=now)
    return None


def mark_verified(*, method: ContactMethod, now: datetime) -> None:
    """The method reached its person; one that was switched off is on again."""
    ContactMethod.objects.filter(pk=method.pk).update(verified_at=now, disabled_at=None, disabled_reason="")
    method.refresh_from_db(fields=["verified_at", "disabled_at", "disabled_reason"])


@transaction.atomic
def send_test(*, actor: User, method: ContactMethod, now: datetime) -> Delivery:
    """A message that says only that it arrived. Raises NotUsable, TooSoon, TooManyMessages."""
    locked = ContactMethod.objects.select_for_update().get(pk=method.pk)
    if not locked.is_usable:
        raise NotUsable
    subject = f"method:{locked.pk}"
    refuse_too_many(Delivery.objects.about(subject).filter(kind=DeliveryKind.TEST), TESTS_A_DAY, now)
    message = Message(
        kind="test",
        headline=_("Test from Tocsin: this is how a page reaches you"),
        intro=_("You asked for this test. Nothing is wrong and there is nothing to acknowledge."),
        url=settings.SITE_URL + reverse("notifications:me"),
        link_text=_("How you are reached:"),
    )
    return send_notice(method=locked, kind=DeliveryKind.TEST, subject=subject, message=message, now=now)


# --- Removing


@transaction.atomic
def remove_method(*, actor: User, method: ContactMethod, confirmed: bool = False, now: datetime) -> bool:
    """Remove the method and the rules that use it; False when it was only switched off.

    It is switched off while messages by it wait, so that the ledger still says what they are sent by. The last
    usable one goes only when `confirmed`; raises LastUsableMethod.
    """
    own = list(ContactMethod.objects.select_for_update().filter(user=method.user_id).order_by("id"))
    usable = [each.pk for each in own if each.is_usable]
    if usable == [method.pk] and not confirmed:
        raise LastUsableMethod
    NotificationRule.objects.filter(method=method).delete()
    if Delivery.objects.open().filter(method=method).exists():
        ContactMethod.objects.filter(pk=method.pk).update(
            disabled_at=now, disabled_reason=_("Removed while messages waited; those are still sent.")
        )
        return False
    ContactMethod.objects.filter(pk=method.pk).delete()
    return True


def set_throttle(*, actor: User, method: ContactMethod, throttle: timedelta | None, now: datetime) -> None:
    """At most one message in so long by this method; None leaves it to the channel."""
    ContactMethod.objects.filter(pk=method.pk).update(throttle=throttle)


def set_label(*, actor: User, method: ContactMethod, label: str, now: datetime) -> None:
    """What its person calls it; empty shows the address."""
    ContactMethod.objects.filter(pk=method.pk).update(label=one_line(label, 60))


def switch_on(*, transport: str, address: str, stopped_by: str) -> int:
    """Its person took back what had switched it off, in words that hold `stopped_by`; how many methods are on again."""
    off = ContactMethod.objects.filter(
        transport=transport, address=address, disabled_reason__contains=stopped_by
    )
    return off.exclude(verified_at=None).update(disabled_at=None, disabled_reason="")


def switch_off(*, method_id: int, reason: str, now: datetime) -> None:
    """The address is dead, its provider says: nothing more is sent there until it was proved again."""
    ContactMethod.objects.filter(pk=method_id, disabled_at=None).update(
        disabled_at=now, disabled_reason=reason[:300]
    )
