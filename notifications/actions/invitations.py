"""How a person joins: an admin invites them, the link in the mail lets them in and proves their address."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.urls import reverse
from django.utils.http import base36_to_int, int_to_base36
from django.utils.translation import gettext as _

from accounts.actions import create_person
from accounts.models import User
from notifications.actions.deliveries import send_notice
from notifications.actions.methods import mark_verified, refuse_too_many
from notifications.models import ContactMethod, Delivery, DeliveryKind
from notifications.transports.base import Message

INVITATIONS_A_DAY = 10


class AlreadyJoined(Exception):
    """The person has a password; whoever forgot it asks for a new one on the sign-in page."""


class BadInvitation(Exception):
    """The link was changed, used, is older than three days, or its person was deactivated."""


class InvitationTokens(PasswordResetTokenGenerator):
    """Signed, valid for PASSWORD_RESET_TIMEOUT, and worthless once a password is set. Nothing is stored."""

    key_salt = "tocsin.invitation"


tokens = InvitationTokens()


@transaction.atomic
def invite(*, actor: User, email: str, name: str, role: str, time_zone: str, now: datetime) -> User:
    """A new person, an e-mail contact method that is not verified yet, and the invitation in the outbox.

    Raises accounts.actions.EmailTaken.
    """
    person = create_person(actor=actor, email=email, name=name, role=role, time_zone=time_zone, now=now)
    _send(actor, person, now)
    return person


@transaction.atomic
def invite_again(*, actor: User, person: User, now: datetime) -> None:
    """The invitation once more, with a fresh link.

    Raises AlreadyJoined, methods.TooSoon, methods.TooManyMessages.
    """
    locked: User = User.objects.select_for_update().get(pk=person.pk)
    if locked.has_usable_password():
        raise AlreadyJoined
    refuse_too_many(Delivery.objects.about(_subject(locked)), INVITATIONS_A_DAY, now)
    _send(actor, locked, now)


def _subject(person: User) -> str:
    return f"invitation:{person.pk}"


def _send(actor: User, person: User, now: datetime) -> None:
    method, _created = ContactMethod.objects.get_or_create(
        user=person, transport="email", address=person.email, defaults={"created_at": now}
    )
    message = Message(
        kind="notice",
        headline=_("%(name)s invites you to Tocsin") % {"name": actor.get_full_name()},
        intro=_("Choose a password to join %(organisation)s. The link works for three days.")
        % {"organisation": settings.ORGANISATION},
        url=settings.SITE_URL + link_path(person),
        link_text=_("Join:"),
    )
    send_notice(method=method, kind=DeliveryKind.NOTICE, subject=_subject(person), message=message, now=now)


def link_path(person: User) -> str:
    """The path of the page on which the person joins."""
    return reverse("notifications:welcome", args=[int_to_base36(person.pk), tokens.make_token(person)])


def invited(uid: str, token: str) -> User:
    """Whom the link lets in. Raises BadInvitation."""
    try:
        person: User | None = User.objects.active().filter(pk=base36_to_int(uid)).first()
    except ValueError as error:
        raise BadInvitation from error
    if person is None or person.has_usable_password() or not tokens.check_token(person, token):
        raise BadInvitation
    return person


@transaction.atomic
def accept(*, person: User, name: str, time_zone: str, password: str, now: datetime) -> User:
    """Set the first password. The link came by mail, so the address is proven.

    Raises BadInvitation when somebody was faster with the same link.
    """
    locked: User = User.objects.select_for_update().get(pk=person.pk)
    if locked.has_usable_password() or not locked.is_active:
        raise BadInvitation
    locked.name, locked.time_zone = name, time_zone
    locked.set_password(password)
    locked.save(update_fields=["name", "time_zone", "password"])
    for method in ContactMethod.objects.filter(user=locked, transport="email", address__iexact=locked.email):
        mark_verified(method=method, now=now)
    return locked
