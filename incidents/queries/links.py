"""What the link in a page shows to whoever follows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from accounts.models import User
from incidents.models import EntryKind, Escalation, Incident, PageVerdict, State
from incidents.queries.ledger import people_paged
from incidents.queries.timeline import Move, last_move
from notifications.acks import BadLink
from notifications.models import Delivery


@dataclass(frozen=True, slots=True)
class Told:
    """The incident behind a link, seen by `person`, who was paged.

    `waits` while somebody is needed; `answer` is who acknowledged last, `ended` who closed it when it is over.
    `together` are further incidents that the same message stood for and that still wait. `useful` is what the person
    said about having been paged.
    """

    incident: Incident
    person: User
    waits: bool
    answer: Move | None
    ended: Move | None
    others: tuple[User, ...]
    together: tuple[Incident, ...] = ()
    useful: bool | None = None

    @property
    def asks(self) -> int:
        """How many incidents wait for this person's answer."""
        return int(self.waits) + len(self.together)

    @property
    def is_theirs(self) -> bool:
        """The person themselves has answered last."""
        return self.answer is not None and self.answer.person == self.person


def told(delivery: Delivery) -> Told:
    """Raises BadLink for a delivery that pages nobody about an incident, or somebody who may not act any more, and for
    a link that was used when paging began anew since."""
    kind, _colon, number = delivery.subject.partition(":")
    person = delivery.user
    if kind != "incident" or person is None or not person.can_respond:
        raise BadLink("nothing to acknowledge, or nobody who may")
    incident = Incident.objects.select_related("service").defer("search").get(pk=int(number))
    is_running = Escalation.objects.running().filter(incident=incident).exists()
    waits = incident.is_open and (is_running or incident.state == State.TRIAGE)
    if waits and delivery.acknowledged_at:
        raise BadLink("used, and paging began anew since")
    answers = [EntryKind.ACKNOWLEDGED] if incident.is_open else [EntryKind.ACKNOWLEDGED, EntryKind.STATE]
    return Told(
        incident,
        person,
        waits,
        last_move(incident, answers[:1]),
        None if incident.is_open else last_move(incident, answers[1:]),
        tuple(people_paged(incident, besides=person)),
        _together(delivery, incident),
        PageVerdict.objects.filter(incident=incident, user=person)
        .values_list("is_useful", flat=True)
        .first(),
    )


def _together(delivery: Delivery, incident: Incident) -> tuple[Incident, ...]:
    """A message for many pages names the first by its link; the others hang on it."""
    numbers = [int(each.subject.partition(":")[2]) for each in delivery.bundled.filter(kind=delivery.kind)]
    if not numbers:
        return ()
    waiting = Incident.objects.select_related("service").defer("search").filter(pk__in=numbers).open()
    running = Escalation.objects.running().filter(incident__in=numbers).values("incident")
    needed = Q(state=State.TRIAGE) | Q(pk__in=running)
    return tuple(waiting.filter(needed).exclude(pk=incident.pk).order_by("pk"))
