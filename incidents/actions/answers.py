"""What an answer to a page does, from wherever it came: one rule for links, texts, calls and buttons."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import User
from incidents.actions import reminders
from incidents.actions.paging import NotOpen, escalate
from incidents.actions.timeline import lock
from incidents.actions.transitions import acknowledge, change_state, is_spent, waits
from incidents.lifecycle import IllegalTransition
from incidents.models import EntryKind, Incident, State, TimelineEntry
from incidents.queries.timeline import last_move
from notifications.actions.deliveries import note_acknowledged
from notifications.models import Delivery
from notifications.subjects import Answered, Verb


@transaction.atomic
def answer_incident(
    incident_id: int, delivery: Delivery, verb: Verb, person: User, via: str, now: datetime
) -> Answered:
    """Do what the reader of `delivery` asked for; the text says what happened, on the reader's own clock.

    Late and repeated answers change nothing and say who has it (registered with notifications.subjects).
    """
    incident = lock(incident_id)
    if not incident.is_open:
        return Answered(False, _over(incident, person))
    if verb == Verb.RESOLVE:
        return _resolved(incident, person, via, now)
    if verb == Verb.ESCALATE:
        return _escalated(incident, delivery, person, via, now)
    return _acknowledged(incident, delivery, person, via, now)


def still_waits(incident_id: int, delivery: Delivery) -> bool:
    """Whether an answer to `delivery` has anything left to do: nobody has the incident, or its reader was asked
    whether they still do (registered with notifications.subjects)."""
    incident = Incident.objects.select_related("escalation").filter(pk=incident_id).first()
    if incident is None or not incident.is_open:
        return False
    if delivery.reason.get("kind") == "reminder":
        return incident.state == State.ACKNOWLEDGED and incident.acknowledged_by_id == delivery.user_id
    return waits(incident) and not is_spent(delivery, incident)


def _acknowledged(incident: Incident, delivery: Delivery, person: User, via: str, now: datetime) -> Answered:
    if is_spent(delivery, incident):
        return Answered(
            False,
            _(
                "#%(number)s: this page was answered before, and paging began anew since. Answer the newer page."
            )
            % {"number": incident.pk},
        )
    if not waits(incident):
        note_acknowledged(delivery=delivery, now=now)
        if reminders.renewed(incident=incident, person=person, via=via, now=now):
            return Answered(True, _("#%(number)s: good, you are still on it.") % {"number": incident.pk})
        return Answered(False, _who_has_it(incident, person))
    acknowledge(incident_id=incident.pk, actor=person, now=now, via=via)
    note_acknowledged(delivery=delivery, now=now)
    return Answered(
        True,
        _("#%(number)s: acknowledged. You have it, paging has stopped: %(title)s")
        % {"number": incident.pk, "title": incident.title[:120]},
    )


def _escalated(incident: Incident, delivery: Delivery, person: User, via: str, now: datetime) -> Answered:
    """Once per page: a button that is pressed twice wakes nobody twice."""
    if not waits(incident):
        return Answered(False, _who_has_it(incident, person))
    used = TimelineEntry.objects.filter(
        incident=incident, kind=EntryKind.ESCALATION, data__contains={"answer_to": delivery.pk}
    )
    if used.exists():
        return Answered(False, _("#%(number)s was escalated by this page before.") % {"number": incident.pk})
    escalate(incident_id=incident.pk, actor=person, now=now, via=via, answer_to=delivery.pk)
    return Answered(True, _("#%(number)s: escalated, the next step is paged now.") % {"number": incident.pk})


def _resolved(incident: Incident, person: User, via: str, now: datetime) -> Answered:
    try:
        change_state(incident_id=incident.pk, verb="resolve", actor=person, now=now, note=via)
    except (IllegalTransition, NotOpen) as error:
        return Answered(False, f"#{incident.pk}: {error}")
    return Answered(True, _("#%(number)s: resolved. Paging has stopped.") % {"number": incident.pk})


def _who_has_it(incident: Incident, person: User) -> str:
    move = last_move(incident, [EntryKind.ACKNOWLEDGED])
    if move is None:
        return _("#%(number)s is being worked on already: %(state)s.") % {
            "number": incident.pk,
            "state": incident.get_state_display().lower(),
        }
    words = {"number": incident.pk, "clock": _clock(move.at, person), "name": move.person or move.text}
    if move.person == person:
        return _("#%(number)s: you acknowledged it at %(clock)s already.") % words
    return _("#%(number)s: %(name)s acknowledged it at %(clock)s. Nothing is left to do for you.") % words


def _over(incident: Incident, person: User) -> str:
    move = last_move(incident, [EntryKind.STATE])
    state = State(incident.state).label.lower()
    if move is None:
        return _("#%(number)s is over: %(state)s.") % {"number": incident.pk, "state": state}
    words = {
        "number": incident.pk,
        "state": state,
        "clock": _clock(move.at, person),
        "name": move.person or "Tocsin",
    }
    return _("#%(number)s is over: %(state)s at %(clock)s by %(name)s.") % words


def _clock(at: datetime, person: User) -> str:
    return f"{at.astimezone(person.zone):%H:%M %Z}"
