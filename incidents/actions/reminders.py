"""An acknowledgement that is forgotten: whoever gave it is asked, and in the end paging begins again.

Both are off until a service asks for them, and both count only while the incident is merely acknowledged: who declares
it leads it. The timers are rows (Escalation.remind_at, lapses_at), swept like every other.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.models import User
from incidents.actions.paging import page_again
from incidents.actions.timeline import Entry, append, lock
from incidents.messages import incident_url, subject_of
from incidents.models import EntryKind, Escalation, Incident, State
from lib.text import one_line
from notifications.actions.deliveries import build, enqueue
from notifications.models import DeliveryKind, Urgency
from notifications.recipients import people, ways
from notifications.transports.base import Message

LIMIT = 50


def set_timers(*, incident: Incident, now: datetime) -> None:
    """After every change of state: running while it is acknowledged and nothing more, else none. Under its lock."""
    service = incident.service
    if not (service.remind_after or service.ack_lasts):
        return
    is_watched = incident.state == State.ACKNOWLEDGED
    Escalation.objects.filter(incident=incident).update(
        remind_at=now + service.remind_after if is_watched and service.remind_after else None,
        lapses_at=now + service.ack_lasts if is_watched and service.ack_lasts else None,
    )


def renewed(*, incident: Incident, person: User, via: str, now: datetime) -> bool:
    """“Still on it” by whoever acknowledged: the timers begin anew. False when none runs or it is somebody else."""
    running = Escalation.objects.filter(
        Q(remind_at__isnull=False) | Q(lapses_at__isnull=False), incident=incident
    )
    if incident.acknowledged_by_id != person.pk or not running.exists():
        return False
    set_timers(incident=incident, now=now)
    append(
        [(incident, [Entry(EntryKind.ACKNOWLEDGED, f"{person} is still on it", person, {"via": via})])],
        now=now,
    )
    return True


def remind_due(*, now: datetime, limit: int = LIMIT) -> int:
    """Ask, or page again, where a timer has run out; returns how many. Each in its own transaction, under the
    incident's lock, so that an answer that comes in at the same moment decides."""
    due = Escalation.objects.filter(Q(remind_at__lte=now) | Q(lapses_at__lte=now))
    ids = list(due.order_by("id").values_list("incident_id", flat=True)[:limit])
    return sum(_remind(incident_id, now) for incident_id in ids)


@transaction.atomic
def _remind(incident_id: int, now: datetime) -> bool:
    incident = lock(incident_id)
    escalation = Escalation.objects.get(incident=incident)
    if incident.state != State.ACKNOWLEDGED:
        Escalation.objects.filter(pk=escalation.pk).update(remind_at=None, lapses_at=None)
        return False
    if escalation.lapses_at and escalation.lapses_at <= now:
        _lapse(incident, now)
        return True
    if escalation.remind_at and escalation.remind_at <= now:
        _ask(incident, escalation, now)
        return True
    return False


def _lapse(incident: Incident, now: datetime) -> None:
    who = incident.acknowledged_by
    text = f"Acknowledged by {who or 'a tool'} and nothing since: paging again"
    Escalation.objects.filter(incident=incident).update(remind_at=None, lapses_at=None)
    page_again(incident_id=incident.pk, actor=None, now=now, why=text)


def _ask(incident: Incident, escalation: Escalation, now: datetime) -> None:
    after = incident.service.remind_after
    Escalation.objects.filter(pk=escalation.pk).update(remind_at=now + after if after else None)
    person = people([incident.acknowledged_by_id] if incident.acknowledged_by_id else []).get(
        incident.acknowledged_by_id or 0
    )
    if person is None:
        return
    way = next(iter(ways(person, Urgency.HIGH)), None)
    key = f"remind:{escalation.pk}:{escalation.run}:{int(now.timestamp())}"
    row = build(
        method=way.method if way else None,
        key=key,
        group=key,
        kind=DeliveryKind.NOTICE,
        subject=subject_of(incident),
        message=_question(incident),
        now=now,
        due_at=now,
        reason={"kind": "reminder"},
        user_id=person.pk,
        address=person.email,
    )
    enqueue(deliveries=[row])
    append([(incident, [Entry(EntryKind.ESCALATION, f"Asked {person}: still on it?")])], now=now)


def _question(incident: Incident) -> Message:
    return Message(
        kind="notice",
        headline=one_line(_("Still on it? You acknowledged: %(title)s") % {"title": incident.title}, 200),
        intro=_("Acknowledge again to say so, declare it, or resolve it."),
        facts=((_("Incident"), f"#{incident.pk} {incident.title}"), (_("Service"), incident.service.name)),
        url=incident_url(incident),
        link_text=_("Open incident #%(number)s") % {"number": incident.pk},
        thread=subject_of(incident),
        data={"incident": incident.pk, "answers": True},
    )
