"""Making and changing integrations."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.models import User
from alerts import keys
from alerts.expecting import late_at
from alerts.heartbeats import CREATES, rhythm_of
from alerts.matching import DETAILS, FIELDS, LABELS
from alerts.models import HeartbeatState, Integration
from alerts.sources.email.loops import TAKES_AUTOMATIC
from alerts.sources.registry import KINDS
from catalog.models import Service
from lib.sealing import seal
from lib.secrets import digest, new_key
from lib.text import one_line
from oncall.drafts import Refused

SHORTEST_STALE, LONGEST_STALE = timedelta(minutes=1), timedelta(days=90)
LARGEST_LIMIT = 1_000_000
LONGEST_SECRET, LONGEST_FIELD = 500, 120
SERVICE_FROM = "service_from"


class NameTaken(ValueError):
    """The service has another integration of this name. The message is for the person who chose it."""

    def __init__(self) -> None:
        super().__init__(_("The service has an integration of this name already."))


def create_integration(
    *, actor: User | None, kind: str, name: str, service: Service, now: datetime
) -> tuple[Integration, str]:
    """An integration and its key (32 hex digits, as PagerDuty's clients expect). Raises NameTaken."""
    key = new_key()
    row = Integration(
        kind=kind, name=one_line(name, 80), service=service, created_at=now, **_fields_of_key(key)
    )
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise NameTaken from error
    return row, key


class Settings(TypedDict, total=False):
    """What may be set; what is left out stays as it is. `stale_after` and `limit_per_minute` are switched off by None.
    `service_from` names the field whose value names the service. `secret` is what the sender signs with; an
    empty one is forgotten. `create_heartbeats`: the first ping of an unknown name makes a heartbeat. `automatic`:
    mails that call themselves automatic are taken."""

    name: str
    stale_after: timedelta | None
    limit_per_minute: int | None
    service_from: str
    secret: str
    create_heartbeats: bool
    automatic: bool


@transaction.atomic
def change_settings(*, actor: User, integration: Integration, **settings: Unpack[Settings]) -> Integration:
    """Set what is given. Raises Refused, also for a name that is taken."""
    row = Integration.objects.select_for_update(no_key=True, of=("self",)).get(pk=integration.pk)
    _check_bounds(settings)
    for name in ("stale_after", "limit_per_minute"):
        if name in settings:
            setattr(row, name, settings[name])
    if "secret" in settings:
        row.secret_sealed = _sealed_secret(row, settings["secret"])
    row.options = _options(row, settings)
    if "name" in settings:
        row.name = one_line(settings["name"], 80)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name", str(NameTaken())) from error
    transaction.on_commit(keys.forget)
    return row


@transaction.atomic
def create_with_settings(
    *,
    actor: User,
    now: datetime,
    kind: str,
    service: Service,
    enabled: bool = True,
    **settings: Unpack[Settings],
) -> tuple[Integration, str]:
    """An integration that is set up from its first moment; `settings` name it. Raises NameTaken and Refused."""
    name = settings["name"]
    row, key = create_integration(actor=actor, kind=kind, name=name, service=service, now=now)
    row = change_settings(actor=actor, integration=row, **settings)
    if not enabled:
        set_enabled(actor=actor, integration=row, enabled=False, now=now)
    return row, key


def _check_bounds(settings: Settings) -> None:
    stale, limit = settings.get("stale_after"), settings.get("limit_per_minute")
    if stale is not None and not SHORTEST_STALE <= stale <= LONGEST_STALE:
        raise Refused("stale_after", _("From one minute to 90 days."))
    if limit is not None and not 1 <= limit <= LARGEST_LIMIT:
        raise Refused("limit_per_minute", _("From 1 to 1,000,000."))


def _sealed_secret(row: Integration, secret: str) -> str:
    if not secret:
        return ""
    kind = KINDS.get(row.kind)
    if kind is None or not kind.secret:
        raise Refused("secret", _("Nothing is signed here."))
    if len(secret) > LONGEST_SECRET:
        raise Refused("secret", _("A secret has at most 500 characters."))
    return seal(secret)


def _options(row: Integration, settings: Settings) -> dict[str, Any]:
    """The kind's own settings stay."""
    found = dict(row.options)
    if SERVICE_FROM in settings:
        found[SERVICE_FROM] = _field(settings["service_from"])
    if CREATES in settings:
        found[CREATES] = settings["create_heartbeats"]
    if TAKES_AUTOMATIC in settings:
        found[TAKES_AUTOMATIC] = settings["automatic"]
    ours = (SERVICE_FROM, CREATES, TAKES_AUTOMATIC)
    return {name: value for name, value in found.items() if value or name not in ours}


def _field(given: str) -> str:
    name = one_line(given, LONGEST_FIELD)
    is_part = name.startswith((LABELS, DETAILS)) and bool(name.partition(".")[2])
    if name and name not in FIELDS and not is_part:
        raise Refused(
            SERVICE_FROM, _("Name a field of an alert: labels.service, details.app, component, group, rule.")
        )
    return name


def renew_key(*, actor: User, integration: Integration) -> str:
    """A new key; the old one stops working within seconds."""
    key = new_key()
    Integration.objects.filter(pk=integration.pk).update(**_fields_of_key(key))
    keys.forget()
    return key


def set_enabled(*, actor: User, integration: Integration, enabled: bool, now: datetime) -> None:
    """Switch the door off, or on again. Stored events stay, and those that wait are still worked through; heartbeats
    behind it are expected anew from when it is on again."""
    with transaction.atomic():
        Integration.objects.filter(pk=integration.pk).update(disabled_at=None if enabled else now)
        beats = integration.heartbeats.select_for_update(no_key=True).filter(state=HeartbeatState.UP)
        for row in beats if enabled else ():
            row.due_at = late_at(rhythm_of(row), now)
            row.save(update_fields=["due_at"])
    keys.forget()


def _fields_of_key(key: str) -> dict[str, Any]:
    return {"key_digest": digest(key), "key_sealed": seal(key)}
