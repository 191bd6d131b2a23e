"""A resolved incident with a life behind it: paged, acknowledged by its owner, written about, resolved."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.test import Client

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.actions.transitions import acknowledge, change_state
from incidents.actions.writing import add_note
from incidents.models import EntryKind, Incident
from notifications.models import Attempt, Delivery
from postmortems import actions
from postmortems.models import Postmortem, Section

OPENED = datetime.fromisoformat("2026-03-10T11:00:00+00:00")
TEXTS = {
    Section.SUMMARY: "Checkout answered **502** for 38 minutes after release 1418.",
    Section.IMPACT: "4,212 customers could not pay; 61 wrote to support.",
    Section.CONTRIBUTING_FACTORS: "- The pool was sized for one region\n- The canary had no traffic",
    Section.WENT_WELL: "The page came in 2 s.",
    Section.WENT_WRONG: "Rolling back took 14 minutes.",
}


@pytest.fixture
def resolved(service: Service, member: User, owner: User) -> Incident:
    """Opened 11:00, paged, acknowledged 11:02 by `member`, noted, mitigated 11:30, resolved 11:38."""
    return make_resolved(service, member, owner)


@pytest.fixture
def draft(resolved: Incident, owner: User, now: datetime) -> Postmortem:
    """Begun by `owner`, nothing written but the incident's summary."""
    return actions.start(incident=resolved, actor=owner, now=now)


@pytest.fixture
def written(draft: Postmortem, owner: User, now: datetime) -> Postmortem:
    """A draft with every section filled by `owner`."""
    return write(draft, owner, now)


@pytest.fixture
def in_review(written: Postmortem, owner: User, member: User, now: datetime) -> Postmortem:
    """Submitted by its author `owner`; `member` was asked."""
    return actions.submit(postmortem=written, reviewers=[member], actor=owner, now=now)


@pytest.fixture
def published(in_review: Postmortem, owner: User, member: User, now: datetime) -> Postmortem:
    actions.approve(postmortem=in_review, actor=member, now=now)
    return actions.publish(postmortem=in_review, actor=owner, now=now)


@pytest.fixture
def as_owner(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def write(
    postmortem: Postmortem, actor: User, now: datetime, texts: dict[Section, str] = TEXTS
) -> Postmortem:
    """Save every section as `actor`."""
    for section, text in texts.items():
        postmortem = actions.save_section(
            postmortem=postmortem, section=section, text=text, seen=postmortem.version, actor=actor, now=now
        )
    return postmortem


def make_resolved(
    service: Service, member: User, owner: User, title: str = "Checkout answers 502"
) -> Incident:
    incident = declare_new(
        actor=owner,
        service=service,
        title=title,
        severity=1,
        now=OPENED,
        summary="Checkout is down.",
        page=False,
    )
    make_page(incident, member, OPENED + timedelta(seconds=1))
    acknowledge(incident_id=incident.pk, actor=member, now=OPENED + timedelta(minutes=2))
    add_note(
        incident_id=incident.pk,
        actor=member,
        text="The pool is **exhausted**.",
        kind=EntryKind.HYPOTHESIS,
        now=OPENED + timedelta(minutes=9),
    )
    add_note(
        incident_id=incident.pk,
        actor=member,
        text="Roll back to 1417",
        kind=EntryKind.DECISION,
        now=OPENED + timedelta(minutes=20),
        happened_at=OPENED + timedelta(minutes=15),
    )
    change_state(incident_id=incident.pk, verb="mitigate", actor=member, now=OPENED + timedelta(minutes=30))
    return change_state(
        incident_id=incident.pk, verb="resolve", actor=member, now=OPENED + timedelta(minutes=38)
    )


def make_page(incident: Incident, person: User, at: datetime, key: str = "page-1") -> Delivery:
    """A page that was refused once, then taken, then acknowledged by its link."""
    page = Delivery.objects.create(
        key=key,
        subject=f"incident:{incident.pk}",
        group=key,
        user=person,
        transport="email",
        address=person.email,
        reason={"policy": "Payments", "step": 1, "cycle": 0},
        state="sent",
        created_at=at,
        scheduled_at=at,
        due_at=at,
        attempts_made=2,
        sent_at=at + timedelta(milliseconds=4200),
        settled_at=at + timedelta(milliseconds=4200),
        acknowledged_at=at + timedelta(seconds=70),
        provider_id="q-778",
        outcome="250 Ok: queued as 778",
    )
    _attempt(page, 1, at, "451 try again later", succeeded=False)
    _attempt(page, 2, at + timedelta(seconds=4), "250 Ok: queued as 778", succeeded=True)
    return page


def _attempt(page: Delivery, number: int, at: datetime, answer: str, *, succeeded: bool) -> None:
    Attempt.objects.create(
        delivery=page,
        number=number,
        transport=page.transport,
        started_at=at,
        answered_at=at + timedelta(milliseconds=200),
        succeeded=succeeded,
        answer=answer,
    )
