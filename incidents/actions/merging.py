"""Two incidents that are one, and one that is two. What goes over with them is moved by the layer above
(alerts.actions.merging), in the same transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from catalog.models import Service
from incidents import signals
from incidents.actions import rooms
from incidents.actions.paging import NotOpen, start, stop
from incidents.actions.timeline import Entry, NoSuchIncident, append, lock, lock_all
from incidents.actions.transitions import move
from incidents.models import EntryKind, Incident, State
from lib.text import one_line
from notifications.models import Urgency

TITLE = 300


class CannotMerge(ValueError):
    """These do not go together; the message is for the person who tried."""


@transaction.atomic
def merge(
    *, into_id: int, other_ids: Collection[int], actor: User | None, now: datetime, why: str = ""
) -> Incident:
    """The others are over and point to `into`, which goes on. Their paging stops, and who was paged hears where it
    went; all timelines tell. `why` where no person asked. Raises NoSuchIncident, CannotMerge, IllegalTransition."""
    held = {each.pk: each for each in lock_all({into_id, *other_ids})}
    for number in (into_id, *other_ids):
        if number not in held:
            raise NoSuchIncident(_("There is no incident #%(number)d.") % {"number": number})
    into, others = held[into_id], [held[number] for number in sorted(set(other_ids))]
    _check(into, others)
    _raise(into, others, now)
    for other in others:
        _close(other, into, actor, now, why)
    append([(into, [_taken_in(other, actor, why) for other in others])], now=now)
    signals.announce(into.pk, "timeline")
    return into


def _check(into: Incident, others: Collection[Incident]) -> None:
    if not into.is_open:
        raise CannotMerge(_("#%(number)d is over: nothing can be merged into it.") % {"number": into.pk})
    if into in others:
        raise CannotMerge(_("An incident cannot be merged into itself."))
    if any(other.is_drill != into.is_drill for other in others):
        raise CannotMerge(_("A drill and a real incident do not go together."))


def _raise(into: Incident, others: Collection[Incident], now: datetime) -> None:
    """What was urgent stays so, unless a person has said how bad the other one is."""
    if into.is_declared or into.urgency == Urgency.HIGH:
        return
    if any(other.urgency == Urgency.HIGH for other in others):
        Incident.objects.filter(pk=into.pk).update(urgency=Urgency.HIGH)
        into.urgency = Urgency.HIGH
        entry = Entry(EntryKind.CHANGED, "Urgency raised to high by what was merged into it")
        append([(into, [entry])], now=now)


def _close(other: Incident, into: Incident, actor: User | None, now: datetime, why: str) -> None:
    text = f"Merged into #{into.pk} {into.title}"
    data: dict[str, Any] = {"verb": "merge", "into": into.pk}
    entry = Entry(EntryKind.STATE, f"{text}, {why}" if why else text, actor, data)
    stop(incidents=[other], now=now, reason=f"merged into #{into.pk}")
    move(other, "merge", [entry], now, closed_at=now, merged_into=into)


def _taken_in(other: Incident, actor: User | None, why: str) -> Entry:
    text = f"#{other.pk} {other.title} was merged into this one"
    return Entry(EntryKind.CHANGED, f"{text}, {why}" if why else text, actor, {"merged": other.pk})


@transaction.atomic
def split(
    *,
    incident_id: int,
    service: Service,
    title: str,
    alerts: str,
    urgency: str,
    started_at: datetime,
    actor: User,
    now: datetime,
    page: bool = True,
) -> Incident:
    """A new incident beside the open one, which pages; without `page` it is acknowledged by `actor` at once. `alerts`
    says what goes over, for both timelines. Raises NoSuchIncident, NotOpen."""
    whole = lock(incident_id)
    if not whole.is_open:
        raise NotOpen(_("#%(number)d is over: nothing can be split off it.") % {"number": whole.pk})
    answered: dict[str, Any] = {
        "state": State.ACKNOWLEDGED,
        "acknowledged_at": now,
        "acknowledged_by": actor,
    }
    part = Incident.objects.create(
        title=one_line(title, TITLE),
        service=service,
        urgency=urgency,
        is_drill=whole.is_drill,
        source=whole.source,
        created_by=actor,
        started_at=started_at,
        created_at=now,
        **({} if page else answered),
    )
    append([(part, _first_words(part, whole, alerts, actor)), (whole, [_left(part, alerts, actor)])], now=now)
    if page:
        start(incidents=[part], now=now)
    rooms.opened(incidents=[part], now=now)
    signals.announce(part.pk, "opened")
    signals.announce(whole.pk, "timeline")
    return part


def _first_words(part: Incident, whole: Incident, alerts: str, actor: User) -> list[Entry]:
    data = {"split_from": whole.pk}
    first = Entry(EntryKind.OPENED, f"Split off #{whole.pk} {whole.title}. {alerts}", actor, data)
    if part.state == State.TRIAGE:
        return [first]
    return [first, Entry(EntryKind.ACKNOWLEDGED, f"Acknowledged by {actor}", actor, {"via": "split"})]


def _left(part: Incident, alerts: str, actor: User) -> Entry:
    text = f"Split into #{part.pk} {part.title}. {alerts}"
    return Entry(EntryKind.CHANGED, text, actor, {"split_into": part.pk})
