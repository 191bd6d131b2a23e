"""An installation with one of everything: what the pages of the tables are filled with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.test import Client

from accounts.actions import create_token
from accounts.models import ApiToken, Role, Team, User
from alerts.actions.heartbeats import heard, make_heartbeat
from alerts.actions.mutes import make_mute
from alerts.actions.routes import add_route
from alerts.models import Alert, Event, Heartbeat, Integration, Mute, Route
from alerts.processing import process_waiting
from alerts.sources.base import Ping
from catalog.actions import NewChange, record_changes
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.actions.transitions import change_state
from incidents.actions.writing import add_note, publish_update
from incidents.models import Channel, EntryKind, Incident
from incidents.sweep import sweep
from insights.actions import save_assertion
from insights.handoff_facts import bodies
from insights.handoff_times import Handoff
from insights.models import Assertion, HandoffNote
from lib.sealing import seal
from notifications import acks, outbox
from notifications.actions.invitations import invite, link_path
from notifications.actions.methods import send_code
from notifications.models import ContactMethod, Delivery, NotificationRule
from oncall import actions as oncall
from oncall.drills import actions as drills
from oncall.drills.sweep import sweep_drills
from oncall.models import (
    Absence,
    CalendarFeed,
    CalendarLink,
    CoverRequest,
    Drill,
    DrillPlan,
    EscalationPolicy,
    Override,
    Schedule,
)
from postmortems import actions as reviews
from postmortems.models import ActionItem, ActionKind, PdfFile, Postmortem, Section
from statuspage import actions as statuspage
from statuspage.models import Component, Rendition, StatusPage
from tests import making

FEED_URL = "https://calendars.example.test/secret-path/rota.ics"
DISKS = {"field": "summary", "op": "=~", "value": "disk.*"}
WEBHOOK_SECRET = "whsec_c2VjcmV0LW9mLWEtd2ViaG9vaw=="


@dataclass
class Site:
    """`team` is Payments, with `owner` as its manager and `member` in it; `stranger` manages Search."""

    now: datetime
    admin: User
    owner: User
    member: User
    stranger: User
    viewer: User
    invited: User
    team: Team
    other_team: Team
    schedule: Schedule
    policy: EscalationPolicy
    service: Service
    override: Override
    cover: CoverRequest
    note: HandoffNote
    assertion: Assertion
    feed: CalendarFeed
    calendar_link: CalendarLink
    calendar_secret: str
    absence: Absence
    drill: Drill
    drill_plan: DrillPlan
    integration: Integration
    key: str
    event: Event
    alert: Alert
    heartbeat: Heartbeat
    route: Route
    mute: Mute
    triaged: Incident
    declared: Incident
    unreviewed: Incident
    reviewed: Incident
    delivery: Delivery
    postmortem: Postmortem
    action_item: ActionItem
    pdf: PdfFile
    page: StatusPage
    component: Component
    method: ContactMethod
    rule: NotificationRule
    room: Channel
    token: ApiToken
    token_text: str

    @property
    def ack_token(self) -> str:
        return acks.token(self.delivery.pk)

    @property
    def invitation(self) -> tuple[str, str]:
        """The two varying parts of the link that lets `invited` in."""
        uid, token = link_path(self.invited).strip("/").split("/")[1:]
        return uid, token

    @property
    def public_id(self) -> str:
        """The public page's id of its incident."""
        return public_id_on(self.page)

    def browser(self, user: User | None, **options: Any) -> Client:
        """Signed in as that person, if one is given; what breaks is an answer of 500."""
        client = Client(raise_request_exception=False, **options)
        if user:
            client.force_login(user)
        return client


def public_id_on(page: StatusPage) -> str:
    paths = Rendition.objects.filter(page=page, path__startswith="incidents/").values_list("path", flat=True)
    return paths[0].split("/")[1].partition(".")[0]


def build(people: dict[str, Any], now: datetime) -> Site:
    """By the actions, so that every row is as it would be."""
    owner, member, stranger = people["owner"], people["member"], people["stranger"]
    team = making.make_team("Payments", managers=(owner,), members=(member,))
    other = making.make_team("Search", managers=(stranger,))
    schedule = making.make_schedule(team, (member,), name="Payments primary")
    policy = making.make_policy(team, (schedule,), (owner,), fallback=(owner,))
    below = making.make_service(team, policy, "Ledger")
    service = making.make_service(team, policy, "Payments API", runbook_url="https://wiki.example.test/pay")
    service.depends_on.add(below)
    integration, key = making.make_integration(service, "generic")
    alert = fire(key, now)
    deployed = NewChange(service_id=service.pk, summary="Deployed 1418", source="ci", happened_at=now)
    record_changes(rows=[deployed], now=now)
    page = statuspage.create_page(actor=people["admin"], name="Acme", slug="acme", headline="Hello", now=now)
    component = statuspage.add_component(
        actor=people["admin"], page=page, name="Checkout", group="Shop", services=[service], now=now
    )
    statuspage.add_component(actor=people["admin"], page=page, name="Search", now=now)
    declared = declare_new(
        actor=owner,
        service=service,
        title="Checkout is slow",
        severity=2,
        summary="Slow.",
        now=now,
        page=False,
    )
    publish_update(
        incident_id=declared.pk,
        actor=owner,
        phase="investigating",
        impact="partial_outage",
        body="We look into it.",
        is_public=True,
        now=now,
    )
    statuspage.render(page=page, now=now)
    assert alert.last_event
    assert alert.incident
    return Site(
        now=now,
        **people,
        team=team,
        other_team=other,
        schedule=schedule,
        policy=policy,
        service=service,
        override=_override(schedule, owner, member, now),
        **_time_off(schedule, owner, member, now),
        note=_note(schedule, owner, member, now),
        assertion=save_assertion(
            actor=owner,
            now=now,
            assertion=None,
            team=team,
            name="Somebody wakes",
            service=service,
            severity=1,
            at=now,
            expect={"never_empty": True},
        ),
        **_drills(policy, owner, now),
        **_calendars(schedule, owner, now),
        integration=integration,
        key=key,
        event=alert.last_event,
        alert=alert,
        heartbeat=_heartbeat(integration, owner, now),
        route=add_route(
            actor=owner, integration=integration, now=now, name="Disks", matchers=[DISKS], outcome="record"
        ),
        mute=make_mute(
            actor=owner,
            now=now,
            name="New disks",
            team=team,
            services=[service],
            matchers=[DISKS],
            starts_at=now + timedelta(days=1),
            ends_at=now + timedelta(days=1, hours=1),
        ),
        triaged=alert.incident,
        declared=declared,
        unreviewed=_resolved(service, owner, now),
        delivery=Delivery.objects.filter(subject=f"incident:{alert.incident_id}").earliest("id"),
        page=page,
        component=component,
        **_review(service, owner, member, now),
        **_reach(owner, now),
        room=_room(service, now),
    )


def _heartbeat(integration: Integration, owner: User, now: datetime) -> Heartbeat:
    """Heard once."""
    row, _key = make_heartbeat(
        actor=owner,
        integration=integration,
        now=now,
        name="Nightly backup",
        period=timedelta(hours=1),
        cron="",
        zone="UTC",
        grace=timedelta(minutes=5),
        severity="error",
    )
    ping = Ping(slug=row.slug, said="wrote 41 files", happened_at=now)
    with transaction.atomic():
        heard(integration=integration, pings=[ping], now=now)
    return row


def fire(key: str, now: datetime) -> Alert:
    """An alert by the intake, processed, its first step paged and mailed."""
    body = {
        "summary": "Payments are down",
        "source": "probe",
        "severity": "critical",
        "dedup_key": "down",
        "url": "https://graphs.example.test/pay",
        "details": {"region": "eu"},
    }
    answer = Client().post(f"/in/json/{key}", body, content_type="application/json")
    assert answer.status_code == 202, answer.content
    process_waiting(now=now)
    sweep(now=now)
    outbox.send_due(worker="test", now=now)
    return Alert.objects.select_related("incident", "last_event").get()


def _override(schedule: Schedule, user: User, replaced: User, now: datetime) -> Override:
    return Override.objects.create(
        schedule=schedule,
        user=user,
        replaces=replaced,
        starts_at=now + timedelta(hours=1),
        ends_at=now + timedelta(hours=2),
        reason="Dentist",
        created_by=user,
        created_at=now,
    )


def _time_off(schedule: Schedule, owner: User, member: User, now: datetime) -> dict[str, Any]:
    """`member` is away next week and asks the team to cover a day of it."""
    start = now + timedelta(days=7)
    absence = oncall.add_absence(
        actor=owner, user=member, now=now, starts_at=start, ends_at=start + timedelta(days=7), note="Family"
    )
    cover = oncall.ask_for_cover(
        actor=member,
        asker=member,
        now=now,
        schedule=schedule,
        starts_at=start,
        ends_at=start + timedelta(days=1),
    )
    return {"absence": absence, "cover": cover}


def _drills(policy: EscalationPolicy, owner: User, now: datetime) -> dict[str, Any]:
    """One that runs, and one that comes every week."""
    drill = drills.start_drill(actor=owner, now=now, policy=policy)
    sweep_drills(now)
    drill.refresh_from_db()
    tomorrow = now + timedelta(days=1)
    plan = drills.save_plan(
        actor=owner,
        now=now,
        policy=policy,
        rhythm="weekly",
        first_on=tomorrow.date(),
        at=tomorrow.time(),
        zone="UTC",
    )
    return {"drill": drill, "drill_plan": plan}


def _calendars(schedule: Schedule, owner: User, now: datetime) -> dict[str, Any]:
    """One that the schedule reads, and the address of one that it offers."""
    feed = CalendarFeed.objects.create(
        name="Rota elsewhere",
        url=seal(FEED_URL),
        host="calendars.example.test",
        purpose="layer",
        schedule=schedule,
        next_fetch_at=now + timedelta(hours=1),
        fetched_at=now,
        succeeded_at=now,
        created_by=owner,
        created_at=now,
    )
    link, secret = oncall.create_link(actor=owner, now=now, schedule=schedule)
    return {"feed": feed, "calendar_link": link, "calendar_secret": secret}


def _note(schedule: Schedule, outgoing: User, incoming: User, now: datetime) -> HandoffNote:
    """The hand-off of a shift of a day, just now."""
    handed = Handoff(schedule.pk, now - timedelta(days=1), now, (outgoing.pk,), (incoming.pk,))
    return HandoffNote.objects.create(
        schedule=schedule,
        since=handed.since,
        at=handed.at,
        outgoing=list(handed.outgoing),
        incoming=list(handed.incoming),
        body=bodies([handed])[0],
        remark="Watch the *queue*.",
        remark_by=outgoing,
        created_at=now,
    )


def _resolved(service: Service, actor: User, now: datetime) -> Incident:
    incident = declare_new(
        actor=actor, service=service, title="Payments failed", severity=1, now=now, page=False
    )
    add_note(incident_id=incident.pk, actor=actor, text="It was *DNS*.", kind=EntryKind.HYPOTHESIS, now=now)
    return change_state(incident_id=incident.pk, verb="resolve", actor=actor, now=now)


def _review(service: Service, owner: User, member: User, now: datetime) -> dict[str, Any]:
    """A draft with every section written, an action item and a finished PDF."""
    incident = _resolved(service, owner, now)
    postmortem = reviews.start(incident=incident, actor=owner, now=now)
    for section in Section:
        postmortem = reviews.save_section(
            postmortem=postmortem,
            section=section,
            text="It *was* down.",
            seen=postmortem.version,
            actor=owner,
            now=now,
        )
    item = reviews.add_action_item(
        postmortem=postmortem,
        text="Buy more pipes",
        owner=member,
        due_on=now.date(),
        kind=ActionKind.PREVENT,
        actor=owner,
        now=now,
    )
    pdf = PdfFile.objects.create(
        postmortem=postmortem,
        state="ready",
        version=1,
        requested_by=owner,
        requested_at=now,
        made_at=now,
        content=b"%PDF-1.7",
        size=8,
        pages=1,
    )
    return {"reviewed": incident, "postmortem": postmortem, "action_item": item, "pdf": pdf}


def _reach(owner: User, now: datetime) -> dict[str, Any]:
    """A webhook that waits for its code, a rule, an API token."""
    method = ContactMethod.objects.create(
        user=owner,
        transport="webhook",
        address="https://hooks.example.test/secret-path",
        label="Bridge",
        secret=seal(WEBHOOK_SECRET),
        created_at=now,
    )
    send_code(actor=owner, method=method, now=now)
    rule = making.make_rule(owner.contact_methods.earliest("id"), minutes=5, urgency="low")
    token, text = create_token(actor=owner, name="Deploys", read_only=False, expires_at=None, now=now)
    return {"method": method, "rule": rule, "token": token, "token_text": text}


def _room(service: Service, now: datetime) -> Channel:
    return Channel.objects.create(service=service, transport="slack", address="C0ROOM", created_at=now)


def make_people(now: datetime) -> dict[str, Any]:
    admin = making.make_user("Ada Admin", role=Role.ADMIN)
    return {
        "admin": admin,
        "owner": making.make_user("Olga Owner"),
        "member": making.make_user("Milan Member"),
        "stranger": making.make_user("Stella Stranger"),
        "viewer": making.make_user("Vera Viewer", role=Role.VIEWER),
        "invited": invite(
            actor=admin, email="ines@example.test", name="Ines", role=Role.RESPONDER, time_zone="UTC", now=now
        ),
    }
