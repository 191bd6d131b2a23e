"""Changes to people, teams and tokens."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.models import ApiToken, Membership, Role, Team, User
from lib.secrets import digest, new_token

# Addresses below /teams/ that are no team's.
RESERVED_SLUGS = frozenset({"new"})


class EmailTaken(Exception):
    """Somebody signs in by this address already."""


class LastAdmin(Exception):
    """Without this person nobody could administer the installation any more."""


class NameTaken(Exception):
    """There is a team of this name."""


# --- People


def create_person(*, actor: User, email: str, name: str, role: str, time_zone: str, now: datetime) -> User:
    """A person without a password, who cannot sign in until they set one by a link. Raises EmailTaken."""
    try:
        with transaction.atomic():
            # Sign-in looks addresses up in lower case.
            made: User = User.objects.create_user(email.lower(), name=name, role=role, time_zone=time_zone)
    except IntegrityError as error:
        raise EmailTaken from error
    return made


@transaction.atomic
def change_person(
    *, actor: User, person: User, name: str, role: str, time_zone: str, is_active: bool, now: datetime
) -> User:
    """What an admin may change about a person. Raises LastAdmin instead of leaving nobody in charge."""
    # All admins are locked in one order, so that two of them cannot demote each other at the same moment.
    admins = list(User.objects.admins().select_for_update().order_by("id"))
    locked: User = User.objects.select_for_update().get(pk=person.pk)
    if admins == [locked] and not (is_active and role == Role.ADMIN):
        raise LastAdmin
    could_respond = locked.can_respond
    locked.name, locked.role, locked.time_zone, locked.is_active = name, role, time_zone, is_active
    if could_respond != locked.can_respond:
        # Schedules of the past still need to know that they were on call.
        locked.responded_until = now if could_respond else None
    locked.save(update_fields=["name", "role", "time_zone", "is_active", "responded_until"])
    return locked


def change_profile(*, actor: User, name: str, time_zone: str, now: datetime) -> User:
    """What a person may change about themselves."""
    User.objects.filter(pk=actor.pk).update(name=name, time_zone=time_zone)
    actor.name, actor.time_zone = name, time_zone
    return actor


# --- Teams


def create_team(*, actor: User, name: str, description: str = "", now: datetime) -> Team:
    """A team whose address is made from its name and stays when the name changes. Raises NameTaken."""
    try:
        with transaction.atomic():
            return Team.objects.create(name=name, description=description, slug=free_slug(name))
    except IntegrityError as error:
        raise NameTaken from error


def change_team(*, actor: User, team: Team, name: str, description: str, now: datetime) -> Team:
    """Rename or describe a team. Raises NameTaken."""
    team.name, team.description = name, description
    try:
        with transaction.atomic():
            team.save(update_fields=["name", "description"])
    except IntegrityError as error:
        raise NameTaken from error
    return team


def free_slug(name: str) -> str:
    """A slug that no team has: from the name, or "team" where the name has no Latin letters."""
    base = slugify(name)[:70] or "team"
    taken = RESERVED_SLUGS | set(Team.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def set_member(*, actor: User, team: Team, user: User, role: str, now: datetime) -> Membership:
    """Take `user` into the team, or give a member another role in it."""
    membership, _created = Membership.objects.update_or_create(team=team, user=user, defaults={"role": role})
    return membership


def remove_member(*, actor: User, team: Team, user: User, now: datetime) -> None:
    """Take `user` out of the team; nothing happens when they are not in it."""
    Membership.objects.filter(team=team, user=user).delete()


# --- Tokens


def create_token(
    *, actor: User, name: str, now: datetime, read_only: bool = False, expires_at: datetime | None = None
) -> tuple[ApiToken, str]:
    """A token for `actor`, and its text, which is shown this once."""
    text = new_token("toc")
    row = ApiToken.objects.create(
        user=actor,
        name=name,
        digest=digest(text),
        hint=text[-4:],
        read_only=read_only,
        created_at=now,
        expires_at=expires_at,
    )
    return row, text


def revoke_token(*, actor: User, token: ApiToken, now: datetime) -> None:
    """Ends the token at once; a second revocation changes nothing."""
    ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=now)
