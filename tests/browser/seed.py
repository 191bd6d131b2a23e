"""What the tests of pages look at, and who acts in the tests of acts."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta

from accounts.models import Role, Team, User
from alerts.actions.heartbeats import make_heartbeat_on
from alerts.actions.intake import accept
from alerts.actions.integrations import create_integration
from alerts.processing import process_waiting
from alerts.sources.base import PING
from catalog.actions import NewChange, record_changes
from catalog.models import Grouping, Service
from incidents.actions.opening import declare_new
from incidents.actions.transitions import acknowledge, change_state
from incidents.actions.writing import add_note, publish_update
from incidents.models import EntryKind, Impact, Incident, Phase
from insights.models import Assertion
from oncall.drills.actions import save_plan
from oncall.models import Drill, DrillPerson, DrillState, ReachState
from postmortems import actions as postmortems
from postmortems.models import Section
from statuspage.actions import add_component, create_page
from tests import making
from tests.browser.intake_seed import intake

OVER = "Search index was a day old"
NEXT_STEP_AFTER = 360  # minutes: nobody but the first is paged while tests run


def search(now: datetime) -> dict[str, str]:
    """Sara manages, Sven is on call, Vera only reads; each alert is an incident of its own."""
    ari = making.make_user("Ari Admin", role=Role.ADMIN, email="ari@example.test")
    sara = making.make_user("Sara Searcher", email="sara@example.test", time_zone="Europe/Lisbon")
    sven = making.make_user("Sven Seeker", email="sven@example.test", time_zone="Europe/Stockholm")
    making.make_user("Vera Viewer", role=Role.VIEWER, email="vera@example.test")
    making.make_user("Nora New", email="nora@example.test", reachable=False)
    team = making.make_team("Search", managers=(sara,), members=(sven,))
    service, integrations = _service(team, sven, sara, now)
    made = _past(service, sven, sara, ari, now)
    page = create_page(actor=ari, name="Search for all", slug="search", now=now)
    add_component(actor=ari, page=page, name="Search box", services=[service], now=now)
    named = {"search_service": service.slug, "search_service_id": str(service.pk), "sven": str(sven.pk)}
    integrations |= intake(service, sara, now)
    return {**integrations, **made, **named, **_drill(service, sara, sven, now), **_ledger()}


def _drill(service: Service, sara: User, sven: User, now: datetime) -> dict[str, str]:
    """One that is over: Sven was reached, Sara was not; and one that comes every week."""
    began = now - timedelta(days=1)
    drill = Drill.objects.create(
        policy=service.policy,
        title=service.policy.name,
        state=DrillState.DONE,
        lasts=timedelta(minutes=30),
        created_at=began,
        created_by=sara,
        started_at=began,
        ended_at=began + timedelta(minutes=30),
    )
    reached = {"state": ReachState.REACHED, "reached_at": began + timedelta(seconds=14), "via": "email"}
    DrillPerson.objects.create(drill=drill, user=sven, why="step 1", paged_at=began, **reached)
    DrillPerson.objects.create(drill=drill, user=sara, why="step 2", paged_at=began, state=ReachState.MISSED)
    save_plan(
        actor=sara,
        now=now,
        policy=service.policy,
        rhythm="weekly",
        first_on=now.date() + timedelta(days=3),
        at=time(10),
        zone="Europe/Lisbon",
    )
    return {"drill": str(drill.pk)}


def _ledger() -> dict[str, str]:
    """Lena manages and Luis is in the team: week about from Monday 9:00 UTC, Lena first. Luis has two ways."""
    lena = making.make_user("Lena Ledger", email="lena@example.test")
    luis = making.make_user("Luis Ledger", email="luis@example.test")
    making.make_rule(luis.contact_methods.get(), 0)
    making.make_rule(making.make_method(luis, address="luis.at.home@example.test"), 3)
    team = making.make_team("Ledger", managers=(lena,), members=(luis,))
    schedule = making.make_schedule(team, (lena, luis), name="Ledger turns")
    policy = making.make_policy(team, (schedule,), (lena,), minutes=7, fallback=(lena,))
    service = making.make_service(team, policy, "Ledger API", tier=2)
    held = {"paged": {"team": team.slug, "within": 60}}
    failing = {"not_paged": [lena.pk]}
    kept = [
        Assertion.objects.create(
            team=team,
            service=service,
            severity=2,
            name=name,
            local_time=time(3),
            expect=expect,
            created_by=lena,
            created_at=making.NOW,
        )
        for name, expect in (("Somebody of Ledger wakes", held), ("Lena sleeps", failing))
    ]
    return {
        "ledger_schedule": str(schedule.pk),
        "ledger_service": service.slug,
        "holding": str(kept[0].pk),
        "failing": str(kept[1].pk),
    }


def _service(team: Team, first: User, then: User, now: datetime) -> tuple[Service, dict[str, str]]:
    schedule = making.make_schedule(team, (first,), name="Search primary", zone="Europe/Stockholm")
    policy = making.make_policy(team, (schedule,), (then,), minutes=NEXT_STEP_AFTER, fallback=(then,))
    index = making.make_service(team, policy, "Search index", tier=2)
    service = making.make_service(
        team,
        policy,
        "Search API",
        tier=1,
        grouping=Grouping.ALERT,
        description="Answers what people type into the box.",
        runbook_url="https://runbooks.example.test/search",
    )
    service.depends_on.add(index)
    change = NewChange(service.pk, "Deploy 1418", now - timedelta(minutes=20), source="deploys")
    record_changes(rows=[change], now=now)
    row, key = create_integration(actor=None, kind="pagerduty", name="Probes", service=service, now=now)
    return service, {
        "search": key,
        "heartbeat": _heartbeat(service, then, now),
        "search_integration": str(row.pk),
        "search_schedule": str(schedule.pk),
        "search_policy": str(policy.pk),
    }


def _heartbeat(service: Service, sara: User, now: datetime) -> str:
    """A nightly job that ran well, then began again; it is due in a month."""
    row, _key = make_heartbeat_on(
        actor=sara,
        service=service,
        now=now,
        name="Nightly index",
        period=timedelta(days=30),
        cron="",
        zone="Europe/Stockholm",
        grace=timedelta(days=1),
        severity="error",
    )
    for what, ago, said in (("start", 61, ""), ("ok", 22, "wrote 41 files"), ("start", 2, "")):
        at = now - timedelta(minutes=ago)
        context = json.dumps({"slug": row.slug, "what": what, "method": "POST"})
        accept(integration_id=row.integration_id, endpoint=PING, body=said, context=context, now=at)
    process_waiting(now=now)
    return str(row.pk)


def _past(service: Service, sven: User, sara: User, ari: User, now: datetime) -> dict[str, str]:
    """An incident that is over, with a published postmortem, and one whose postmortem is a draft."""
    first = _resolved(service, sven, OVER, now - timedelta(days=2))
    postmortem = postmortems.start(incident=first, actor=sven, now=now)
    for section in Section:
        postmortem = postmortems.save_section(
            postmortem=postmortem,
            section=section,
            text="The job that builds the index **failed** without a word.",
            seen=postmortem.version,
            actor=sven,
            now=now,
        )
    postmortem = postmortems.submit(postmortem=postmortem, reviewers=[sara], actor=sven, now=now)
    postmortems.approve(postmortem=postmortem, actor=sara, now=now)
    postmortems.publish(postmortem=postmortem, actor=ari, now=now)
    second = _resolved(service, sven, "Search answered nothing for a minute", now - timedelta(days=1))
    postmortems.start(incident=second, actor=sara, now=now)
    return {"over": str(first.pk), "draft": str(second.pk)}


def _resolved(service: Service, sven: User, title: str, began: datetime) -> Incident:
    incident = declare_new(
        actor=sven, service=service, title=title, severity=2, summary="No page came.", page=False, now=began
    )
    number = incident.pk
    acknowledge(incident_id=number, actor=sven, now=began)
    add_note(incident_id=number, actor=sven, text="The job is red.", kind=EntryKind.HYPOTHESIS, now=began)
    publish_update(
        incident_id=number,
        actor=sven,
        phase=Phase.RESOLVED,
        impact=Impact.NONE,
        body="Results are fresh again.",
        is_public=True,
        now=began + timedelta(minutes=30),
    )
    change_state(incident_id=number, verb="mitigate", actor=sven, now=began + timedelta(minutes=31))
    return change_state(incident_id=number, verb="resolve", actor=sven, now=began + timedelta(minutes=40))
