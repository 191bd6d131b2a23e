"""Every change to services and what they depend on; and the changes that tools tell about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from accounts.models import Team, User
from catalog.grouping import check_grouping, set_aliases
from catalog.models import Change, ChangeKind, Grouping, Service, Tier
from lib.text import clean, one_line
from oncall.drafts import Refused, checked_name
from oncall.models import EscalationPolicy

# Addresses below /services/ that are no service's.
RESERVED_SLUGS = frozenset({"new"})
# Timers of an acknowledgement: shorter is noise, longer is forgotten again.
SHORTEST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(days=7)
# What happened longer ago explains nothing, and a change that is planned is no change yet.
LONGEST_AGO, LONGEST_AHEAD = timedelta(days=366), timedelta(days=1)
_web_address = URLValidator(schemes=["http", "https"])


class ServiceValues(TypedDict, total=False):
    """What a service may be made with; what is left out has the model's default."""

    description: str
    tier: int
    runbook_url: str
    depends_on: Collection[Service]
    grouping: str
    group_labels: Sequence[str]
    group_window: timedelta | None
    joins_parents: bool
    aliases: Sequence[str]
    auto_resolve: bool
    remind_after: timedelta | None
    ack_lasts: timedelta | None


@dataclass(frozen=True, slots=True)
class NewChange:
    """A deploy, a flag, a configuration change that a tool told about."""

    service_id: int
    summary: str
    happened_at: datetime
    source: str = ""
    kind: str = ChangeKind.OTHER
    links: list[dict[str, str]] = field(default_factory=list)
    details: dict[str, Any] = field(default_factory=dict)


@transaction.atomic
def create_service(
    *,
    actor: User,
    now: datetime,
    name: str,
    team: Team,
    policy: EscalationPolicy,
    **values: Unpack[ServiceValues],
) -> Service:
    """A service of `team` that pages by `policy`; its address is made from its name and stays. Raises
    Refused."""
    name = checked_name(name)
    service = Service(name=name, slug=free_slug(name))
    _write(service, name, team, policy, values)
    return service


@transaction.atomic
def update_service(
    *,
    actor: User,
    now: datetime,
    service: Service,
    name: str,
    team: Team,
    policy: EscalationPolicy,
    **values: Unpack[ServiceValues],
) -> Service:
    """The service becomes what is given; its address stays. Raises Refused, among others for a circle of
    dependencies, with the way round it in the message."""
    locked = Service.objects.select_for_update(no_key=True, of=("self",)).get(pk=service.pk)
    _write(locked, checked_name(name), team, policy, values)
    return locked


def archive_service(*, actor: User, now: datetime, service: Service) -> None:
    """It leaves the lists; its incidents and its address stay. A second time changes nothing."""
    Service.objects.filter(pk=service.pk, archived_at=None).update(archived_at=now)


def restore_service(*, actor: User, now: datetime, service: Service) -> None:
    """It is back as it was."""
    Service.objects.filter(pk=service.pk).update(archived_at=None)


def record_changes(*, rows: Iterable[NewChange], now: datetime) -> list[Change]:
    """Store changes in one statement; texts are cut to what fits."""
    return Change.objects.bulk_create(
        Change(
            service_id=row.service_id,
            kind=row.kind if row.kind in ChangeKind.values else ChangeKind.OTHER,
            summary=one_line(row.summary, 1024) or "–",
            source=one_line(row.source, 300),
            happened_at=row.happened_at,
            recorded_at=now,
            links=[_link(link) for link in row.links],
            details=row.details,
        )
        for row in rows
    )


def note_change(
    *,
    actor: User,
    now: datetime,
    service: Service,
    summary: str,
    kind: str = ChangeKind.OTHER,
    happened_at: datetime | None = None,
    source: str = "",
    url: str = "",
) -> Change:
    """A change that a person or a pipeline tells about; `happened_at` is now unless it says. Raises Refused."""
    text = one_line(summary, 1024)
    if not text:
        raise Refused("summary", _("Say in one line what was changed."))
    if kind not in ChangeKind.values:
        raise Refused("kind", _("Choose a kind from the list."))
    at = happened_at or now
    if not now - LONGEST_AGO <= at <= now + LONGEST_AHEAD:
        raise Refused("happened_at", _("From a year ago to a day ahead."))
    _check_address("url", url)
    links = [{"href": url, "text": url}] if url else []
    row = NewChange(service.pk, text, at, source or actor.get_full_name(), kind, links)
    [change] = record_changes(rows=[row], now=now)
    return change


def free_slug(name: str) -> str:
    """A slug for a new service that none has: from the name, or "service" where it has no Latin letters."""
    base = slugify(name)[:70] or "service"
    taken = RESERVED_SLUGS | set(Service.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    slug, number = base, 2
    while slug in taken:
        slug, number = f"{base}-{number}", number + 1
    return slug


def _write(service: Service, name: str, team: Team, policy: EscalationPolicy, values: ServiceValues) -> None:
    depends_on, aliases = values.pop("depends_on", None), values.pop("aliases", None)
    _check(values)
    service.name, service.team, service.policy = name, team, policy
    for key, value in values.items():
        setattr(service, key, value)
    check_grouping(service)
    try:
        with transaction.atomic():
            service.save()
    except IntegrityError as error:
        raise Refused("name", _("There is a service of this name already, perhaps archived.")) from error
    if aliases is not None:
        set_aliases(service, aliases)
    if depends_on is not None:
        _refuse_circle(service, depends_on)
        service.depends_on.set(depends_on)


def _check(values: ServiceValues) -> None:
    if len(values.get("description", "")) > 300:
        raise Refused("description", _("A description has at most 300 characters."))
    if values.get("tier", Tier.STANDARD) not in Tier.values:
        raise Refused("tier", _("Choose a tier from the list."))
    if values.get("grouping", Grouping.SERVICE) not in Grouping.values:
        raise Refused("grouping", _("Choose a grouping from the list."))
    _check_waits(values)
    _check_address("runbook_url", values.get("runbook_url", ""))


def _check_address(field: str, address: str) -> None:
    try:
        if address:
            _web_address(address)
    except ValidationError as error:
        raise Refused(field, _("Write an address that starts with https:// or http://.")) from error
    if len(address) > 500:
        raise Refused(field, _("An address has at most 500 characters."))


def _check_waits(values: ServiceValues) -> None:
    """A reminder that would come only after the acknowledgement has lapsed would never come."""
    remind_after, ack_lasts = values.get("remind_after"), values.get("ack_lasts")
    for name, wait in (("remind_after", remind_after), ("ack_lasts", ack_lasts)):
        if wait is not None and not SHORTEST_WAIT <= wait <= LONGEST_WAIT:
            raise Refused(name, _("From one minute to seven days."))
    if remind_after and ack_lasts and remind_after >= ack_lasts:
        raise Refused("remind_after", _("Remind before the acknowledgement has lapsed."))


def _refuse_circle(service: Service, depends_on: Collection[Service]) -> None:
    # Locked in one order, so that two edits cannot each add one half of a circle. Not FOR UPDATE: intake must
    # go on writing incidents that refer to these rows.
    rows = Service.objects.select_for_update(no_key=True, of=("self",)).order_by("id")
    names = {row.pk: row.name for row in rows}
    if service.pk in {each.pk for each in depends_on}:
        raise Refused("depends_on", _("A service cannot depend on itself."))
    edges: dict[int, list[int]] = {}
    known = Service.objects.filter(depends_on__isnull=False).order_by().values_list("pk", "depends_on")
    for source, target in known:
        edges.setdefault(source, []).append(target)
    for first in depends_on:
        path = _path(edges, first.pk, service.pk)
        if path:
            way = " → ".join(names[each] for each in (service.pk, *path))
            raise Refused("depends_on", _("This would be a circle: %(way)s.") % {"way": way})


def _path(edges: dict[int, list[int]], start: int, goal: int) -> list[int]:
    """The shortest way along dependencies, both ends in it; empty when there is none."""
    came_from: dict[int, int | None] = {start: None}
    queue = [start]
    for here in queue:
        if here == goal:
            break
        for target in edges.get(here, ()):
            if target not in came_from:
                came_from[target] = here
                queue.append(target)
    if goal not in came_from:
        return []
    path: list[int] = []
    step: int | None = goal
    while step is not None:
        path.append(step)
        step = came_from[step]
    return path[::-1]


def _link(link: dict[str, str]) -> dict[str, str]:
    return {"href": clean(link.get("href", ""), 2000), "text": one_line(link.get("text", ""), 300)}
