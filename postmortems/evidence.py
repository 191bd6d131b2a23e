"""What proves a postmortem: the ledger of pages with every attempt, and the recomputed chain of the timeline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from incidents.chain import entry_hash
from incidents.messages import subject_of
from incidents.models import Incident, TimelineEntry
from notifications.ledger import documents, signing
from notifications.ledger.lines import MOST, address_of, line_of, person_of, rows_about
from notifications.models import Attempt, Delivery, Inbound
from postmortems.models import Postmortem


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt to hand a page to a provider. `outcome` is "sent", "failed" or "unknown" (the worker died)."""

    number: int
    started_at: datetime
    answered_at: datetime | None
    outcome: str
    answer: str
    repeats_unknown: bool
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """One line of the page ledger: who was to be told what, by which way, and what became of it. Lines that were told
    in one message name its number in `carried_by`; one that changed a message names that in `edit_of`."""

    number: int
    kind: str
    kind_words: str
    person: str
    transport: str
    address: str
    reason: str
    state: str
    state_words: str
    scheduled_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None
    acknowledged_at: datetime | None
    outcome: str
    provider_id: str
    carried_by: int | None
    edit_of: int | None
    tries: tuple[Try, ...]
    answers: tuple[Inbound, ...] = ()

    @property
    def lateness(self) -> timedelta | None:
        """From the moment the person's rules wanted it to the moment the provider had it."""
        return self.sent_at - self.scheduled_at if self.sent_at else None


@dataclass(frozen=True, slots=True)
class Chain:
    """The tamper evidence: the hash of the newest copied entry, and whether every link was recomputed and fits.

    `broken_at` is the number of the first entry that does not fit.
    """

    head: str
    length: int
    broken_at: int | None = None

    @property
    def holds(self) -> bool:
        return self.broken_at is None


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything that was due about the incident, oldest first, and how many more lines there are than fit.

    `digest` is that of the exported ledger with the same lines; `signature` is over the statement of subject and
    digest (notifications.ledger.signing), by the key that `key` names.
    """

    pages: list[Page]
    left_out: int
    about: str
    digest: str
    key: str
    signature: str


def ledger(incident: Incident, *, now: datetime) -> Ledger:
    """At most as many lines as an export holds; a number of queries that does not grow with them."""
    about = subject_of(incident)
    rows = list(rows_about(about)[: MOST + 1])
    more = max(rows_about(about).count() - MOST, 0) if len(rows) > MOST else 0
    lines = [line_of(row) for row in rows[:MOST]]
    digest = documents.document(about, title="", lines=lines, left_out=more, now=now)["digest"]
    signed = signing.sign(signing.statement(about, digest))
    return Ledger([_page(row) for row in rows[:MOST]], more, about, digest, signed.key, signed.value)


def check_chain(postmortem: Postmortem) -> Chain:
    """Recompute every link up to the newest copied entry, and compare the copies with what was chained."""
    length = postmortem.timeline_length
    copies = dict(postmortem.items.values_list("number", "hash"))
    entries = TimelineEntry.objects.filter(incident_id=postmortem.incident_id, number__lte=length).order_by(
        "number"
    )
    previous, expected = "", 1
    for entry in entries.defer("search").iterator(chunk_size=1000):
        fits = entry.number == expected and entry.previous == previous
        if not fits or copies.get(entry.number) != entry.hash or _link(entry) != entry.hash:
            return Chain(postmortem.timeline_head, length, broken_at=expected)
        previous, expected = entry.hash, expected + 1
    whole = expected == length + 1 and previous == postmortem.timeline_head
    return Chain(postmortem.timeline_head, length, broken_at=None if whole else expected)


def _link(entry: TimelineEntry) -> str:
    return entry_hash(
        incident=entry.incident_id,
        number=entry.number,
        kind=entry.kind,
        actor=entry.actor_id,
        text=entry.text,
        data=entry.data,
        happened_at=entry.happened_at,
        recorded_at=entry.recorded_at,
        previous=entry.previous,
    )


def _page(row: Delivery) -> Page:
    return Page(
        number=row.pk,
        kind=row.kind,
        kind_words=str(row.get_kind_display()),
        person=person_of(row),
        transport=row.transport,
        address=address_of(row),
        reason=reason_words(row.reason),
        state=row.state,
        state_words=str(row.get_state_display()),
        scheduled_at=row.scheduled_at,
        sent_at=row.sent_at,
        delivered_at=row.delivered_at,
        read_at=row.read_at,
        acknowledged_at=row.acknowledged_at,
        outcome=row.outcome,
        provider_id=row.provider_id,
        carried_by=row.bundle_id,
        edit_of=row.replaces_id,
        tries=tuple(_try(attempt) for attempt in row.attempts.all()),
        answers=tuple(row.inbound.all()),
    )


def _try(attempt: Attempt) -> Try:
    outcome = {True: "sent", False: "failed", None: "unknown"}[attempt.succeeded]
    return Try(
        number=attempt.number,
        started_at=attempt.started_at,
        answered_at=attempt.answered_at,
        outcome=outcome,
        answer=attempt.answer,
        repeats_unknown=attempt.repeats_unknown,
        provider_id=attempt.provider_id,
    )


def reason_words(reason: dict[str, Any]) -> str:
    """Why this person: "Payments, step 2, round 2". What is not known is left out, and so is the first round."""
    step, cycle = reason.get("step"), reason.get("cycle")
    place = (
        _("fallback") if reason.get("kind") == "fallback" else step and _("step %(step)s") % {"step": step}
    )
    again = _("round %(cycle)s") % {"cycle": cycle} if isinstance(cycle, int) and cycle > 1 else ""
    instead = reason.get("instead_of")
    other = _("in place of %(transport)s") % {"transport": instead} if instead else ""
    return ", ".join(str(part) for part in (reason.get("policy"), place, again, other) if part)
