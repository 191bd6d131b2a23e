"""Escalations by policies with conditions, turns, shadows and live changes: real rows, real mails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
import time_machine

from accounts.models import Membership, Team, User
from catalog.models import Service
from incidents.actions.opening import declare_new
from incidents.actions.paging import escalate
from incidents.actions.writing import correct
from incidents.models import Escalation, Incident
from notifications.models import Delivery, DeliveryKind
from oncall.actions import Aim, StepDraft, save_policy
from oncall.conditions import Condition, Otherwise
from oncall.models import Layer, LayerRole, Schedule, Slot
from oncall.rotation import Restriction
from tests import making
from tests.smtp import Mailbox

Work = Callable[[datetime], None]
pytestmark = pytest.mark.django_db

FIVE = timedelta(minutes=5)
OFFICE = tuple(Restriction(time(9), timedelta(hours=8), day) for day in range(5))
NIGHT = datetime(2026, 3, 10, 23, 0, tzinfo=UTC)
MORNING = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
LATER_WHEN_MINOR = Condition(
    severities=frozenset({4}), windows=OFFICE, zone="Europe/Berlin", otherwise=Otherwise.WAIT
)


@pytest.fixture
def serve(team: Team, owner: User) -> Callable[..., Service]:
    """A service whose policy has these steps, with `owner` as its fallback."""

    def made(*steps: StepDraft, **fields: Any) -> Service:
        policy = save_policy(
            actor=owner, now=NIGHT, policy=None, team=team, name="P", steps=steps, fallback_people=[owner],
            **{"repeats": 0, **fields},
        )  # fmt: skip
        return making.make_service(team, policy, "Ledger", tier=2)

    return made


def declared(service: Service, actor: User, severity: int = 4, now: datetime = NIGHT) -> Incident:
    return declare_new(actor=actor, service=service, title="Slow", severity=severity, now=now)


def said(incident: Incident) -> list[str]:
    return list(incident.timeline.order_by("number").values_list("text", flat=True))


def paged(incident: Incident) -> list[str]:
    rows = Delivery.objects.filter(subject=f"incident:{incident.pk}", kind=DeliveryKind.PAGE)
    return [str(row.user) for row in rows.order_by("id")]


def test_a_minor_incident_waits_until_morning_and_says_so(
    serve: Callable[..., Service], member: User, owner: User, work: Work
) -> None:
    incident = declared(serve(StepDraft((member,), FIVE, LATER_WHEN_MINOR)), owner)
    work(NIGHT)
    assert paged(incident) == []
    words = "Step 1 waits until Wed 11 Mar 09:00 Europe/Berlin (Mon–Fri 09:00–17:00 Europe/Berlin)"
    assert words in said(incident)
    assert Escalation.objects.get().next_step_at == MORNING
    work(MORNING - timedelta(seconds=1))
    assert paged(incident) == []
    work(MORNING)
    assert paged(incident) == [str(member)]
    assert Escalation.objects.get().waiting == ""


def test_a_severity_that_is_raised_at_night_pages_at_once(
    serve: Callable[..., Service], member: User, owner: User, work: Work
) -> None:
    later, at_once = StepDraft((owner,), FIVE, LATER_WHEN_MINOR), StepDraft((member,), FIVE)
    incident = declared(serve(later, at_once), owner)
    work(NIGHT)
    correct(incident_id=incident.pk, actor=owner, severity=1, now=NIGHT + FIVE)
    work(NIGHT + FIVE)
    assert paged(incident) == [str(member)]
    assert "Step 1: only for severity SEV4, passed over at once" in said(incident)


def test_escalating_by_hand_does_not_wait_for_the_morning(
    serve: Callable[..., Service], member: User, owner: User, work: Work
) -> None:
    later, then = StepDraft((owner,), FIVE, LATER_WHEN_MINOR), StepDraft((member,), FIVE)
    incident = declared(serve(later, then), owner)
    work(NIGHT)
    escalate(incident_id=incident.pk, actor=owner, now=NIGHT + FIVE)
    work(NIGHT + FIVE)
    assert paged(incident) == [str(member)]


def test_a_held_step_is_told_once_and_ends_with_the_fallback(
    serve: Callable[..., Service], team: Team, owner: User, work: Work
) -> None:
    nobody = Schedule.objects.create(team=team, name="Empty")
    incident = declared(serve(StepDraft((nobody,), FIVE), on_empty="hold"), owner)
    for minute in range(60):
        work(NIGHT + timedelta(minutes=minute))
    held = "Step 1: nobody on call, held until there is"
    assert said(incident).count(held) == 1
    assert paged(incident) == []
    work(NIGHT + timedelta(minutes=60))
    assert paged(incident) == [str(owner)]
    assert "Step 1: nobody on call, held for 60 min in vain" in said(incident)


def test_each_incident_takes_the_next_one_of_the_schedule(
    serve: Callable[..., Service], team: Team, owner: User, work: Work
) -> None:
    people = tuple(making.make_user(name) for name in ("Ada", "Grace", "Edsger"))
    ring = making.make_schedule(team, people)
    service = serve(StepDraft((Aim(schedule=ring, which="round_robin"),), FIVE), repeats=1)
    incidents = [declared(service, owner) for _ in range(4)]
    work(NIGHT)
    assert [paged(each) for each in incidents] == [["Ada"], ["Grace"], ["Edsger"], ["Ada"]]
    work(NIGHT + FIVE)
    assert paged(incidents[0]) == ["Ada", "Grace"]


def test_a_whole_team_and_the_owner_of_the_service_are_paged(
    serve: Callable[..., Service], other_team: Team, owner: User, member: User, stranger: User, viewer: User, work: Work
) -> None:  # fmt: skip
    Membership.objects.create(team=other_team, user=viewer)
    service = serve(StepDraft((Aim(team=other_team),), FIVE), StepDraft((Aim(owner=True),), FIVE))
    incident = declared(service, owner)
    work(NIGHT)
    assert paged(incident) == [str(stranger)]
    work(NIGHT + FIVE)
    assert paged(incident)[1:] == [str(member), str(owner)]


def _with(schedule: Schedule, role: LayerRole, people: Sequence[User]) -> None:
    layer = Layer.objects.create(
        schedule=schedule,
        position=schedule.layers.count(),
        role=role,
        starts_at=datetime(2026, 1, 1, tzinfo=UTC),
        first_handoff_date=datetime(2026, 1, 5, tzinfo=UTC).date(),
        handoff_time=time(9),
    )
    Slot.objects.bulk_create(Slot(layer=layer, position=n, user=user) for n, user in enumerate(people))


def test_the_secondary_is_paged_where_the_step_says_so_and_a_shadow_is_told(
    serve: Callable[..., Service], schedule: Schedule, owner: User, member: User, work: Work, mailbox: Mailbox
) -> None:
    second, novice = making.make_user("Second"), making.make_user("Novice")
    _with(schedule, LayerRole.SECONDARY, [second])
    _with(schedule, LayerRole.SHADOW, [novice])
    service = serve(
        StepDraft((schedule,), FIVE), StepDraft((Aim(schedule=schedule, which="secondary"),), FIVE)
    )
    incident = declared(service, owner)
    work(NIGHT)
    assert paged(incident) == [str(member)]
    [mail] = mailbox.to(novice.email)
    assert "you are shadowing" in mail["Subject"]
    assert "Told Novice: shadowing, not waited for" in said(incident)
    work(NIGHT + FIVE)
    assert paged(incident) == [str(member), "Second"]


def test_a_live_policy_goes_on_with_the_steps_that_it_has_now(
    serve: Callable[..., Service], team: Team, owner: User, member: User, work: Work
) -> None:
    first, second, third = (making.make_user(name) for name in ("First", "Second", "Third"))
    service = serve(*(StepDraft((each,), FIVE) for each in (first, second, third)), binding="live")
    incident = declared(service, owner)
    work(NIGHT)
    uids = list(service.policy.steps.values_list("uid", flat=True))
    steps = [
        StepDraft((member,), FIVE),
        StepDraft((first,), FIVE, uid=uids[0]),
        StepDraft((third,), FIVE, uid=uids[2]),
    ]
    save_policy(
        actor=owner, now=NIGHT, policy=service.policy, team=team, name="P", steps=steps,
        fallback_people=[owner], repeats=0, binding="live",
    )  # fmt: skip
    work(NIGHT + FIVE)
    assert paged(incident) == ["First", "Third"]
    work(NIGHT + 2 * FIVE)
    assert paged(incident) == ["First", "Third", str(owner)]


def test_a_frozen_policy_goes_on_as_it_was(
    serve: Callable[..., Service], team: Team, owner: User, member: User, work: Work
) -> None:
    first, second = making.make_user("First"), making.make_user("Second")
    service = serve(StepDraft((first,), FIVE), StepDraft((second,), FIVE))
    incident = declared(service, owner)
    work(NIGHT)
    save_policy(
        actor=owner, now=NIGHT, policy=service.policy, team=team, name="P",
        steps=[StepDraft((member,), FIVE)], fallback_people=[owner], repeats=0,
    )  # fmt: skip
    work(NIGHT + FIVE)
    assert paged(incident) == ["First", "Second"]


def test_a_plan_that_cannot_be_read_pages_the_admins_and_stops_nobody(
    serve: Callable[..., Service], admin: User, owner: User, member: User, work: Work
) -> None:
    service = serve(StepDraft((member,), FIVE))
    broken, whole = declared(service, owner), declared(service, owner)
    Escalation.objects.filter(incident=broken).update(plan={"version": 99})
    work(NIGHT)
    assert paged(broken) == [str(admin)]
    assert paged(whole) == [str(member)]


def test_holidays_of_a_calendar_that_is_gone_are_left_out(
    serve: Callable[..., Service], owner: User, member: User, work: Work
) -> None:
    incident = declared(serve(StepDraft((member,), FIVE)), owner)
    escalation = Escalation.objects.get()
    escalation.plan["steps"][0]["condition"] = {"holidays": "XX", "on_holidays": "only"}
    escalation.save()
    work(NIGHT)
    assert paged(incident) == [str(member)]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("binding", "looked"), [("live", True), ("frozen", False)])
def test_a_live_step_that_waits_is_looked_at_again_when_its_policy_changes(
    serve: Callable[..., Service],
    team: Team,
    owner: User,
    member: User,
    work: Work,
    binding: str,
    looked: bool,
) -> None:
    service = serve(StepDraft((member,), FIVE, LATER_WHEN_MINOR), binding=binding)
    incident = declared(service, owner)
    work(NIGHT)
    assert Escalation.objects.get().next_step_at == MORNING
    uid = service.policy.steps.get().uid
    with time_machine.travel(NIGHT + FIVE, tick=False):
        save_policy(
            actor=owner, now=NIGHT + FIVE, policy=service.policy, team=team, name="P", binding=binding,
            steps=[StepDraft((member,), FIVE, uid=uid)], fallback_people=[owner], repeats=0,
        )  # fmt: skip
    work(NIGHT + FIVE)
    assert paged(incident) == ([str(member)] if looked else [])
