"""Who is on call at Pellworth: a weekly, a daily and a follow-the-sun schedule, and the policies over them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Team, User
from config.demo.company import Company
from oncall.actions import LayerDraft, StepDraft, add_override, create_schedule, save_policy
from oncall.models import EscalationPolicy, OnEmpty, Schedule, TurnUnit
from oncall.rotation import Restriction

OSLO, AMSTERDAM = "Europe/Oslo", "Europe/Amsterdam"
ADMIN_FOR = timedelta(hours=12)
SATURDAY, SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Duty:
    """The schedules, and the policies by the team or purpose that they are for."""

    schedules: dict[str, Schedule]
    policies: dict[str, EscalationPolicy]


def arrange(*, company: Company, admin: User, since: datetime, now: datetime) -> Duty:
    """Schedules in force since `since`, with overrides past and to come. `admin` is on call for Payments from
    `now` for twelve hours, and is in its rotation from the next hand-off on."""
    schedules = {
        "payments": _payments(company, admin, since, now),
        "payments-second": _payments_second(company, since),
        "storefront": _storefront(company, since),
        "platform": _platform(company, since),
    }
    _overrides(schedules, company, admin, now)
    return Duty(schedules, _policies(schedules, company, admin, since))


def _monday(moment: datetime, zone: str, hour: int) -> datetime:
    """The last Monday at `hour` local before `moment`, as wall time."""
    local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    day = (local - timedelta(days=local.weekday())).date()
    return datetime.combine(day, time(hour))


def _payments(company: Company, admin: User, since: datetime, now: datetime) -> Schedule:
    ingrid, tomasz, amara, rafael = company.crews["payments"]
    next_handoff = _monday(now, OSLO, 9) + timedelta(days=7)
    change = next_handoff.replace(tzinfo=ZoneInfo(OSLO))
    layers = (
        LayerDraft(
            people=(tomasz, amara, ingrid, rafael),
            first_handoff=_monday(since, OSLO, 9),
            name="Weekly",
            starts_at=since,
            ends_at=change,
        ),
        LayerDraft(
            people=(amara, admin, ingrid, rafael, tomasz),
            first_handoff=next_handoff,
            name="Weekly, five people",
            starts_at=change,
        ),
    )
    return create_schedule(
        actor=ingrid,
        now=since,
        team=company.teams["payments"],
        name="Payments primary",
        time_zone=OSLO,
        description="Hand-off on Mondays at 09:00 in Oslo, in the weekly meeting.",
        layers=layers,
    )


def _payments_second(company: Company, since: datetime) -> Schedule:
    ingrid, tomasz, amara, rafael = company.crews["payments"]
    layer = LayerDraft(
        people=(rafael, tomasz, amara, ingrid),
        first_handoff=_monday(since, OSLO, 9),
        name="Weekly",
        starts_at=since,
    )
    return create_schedule(
        actor=ingrid,
        now=since,
        team=company.teams["payments"],
        name="Payments secondary",
        time_zone=OSLO,
        description="Whoever was primary last week, so that what is going on is still fresh.",
        layers=(layer,),
    )


def _storefront(company: Company, since: datetime) -> Schedule:
    claire, mateo, yuki, priya = company.crews["storefront"]
    west = LayerDraft(
        people=(claire, mateo),
        first_handoff=_monday(since, "UTC", 10),
        name="Europe and the Americas",
        starts_at=since,
    )
    east = LayerDraft(
        people=(yuki, priya),
        first_handoff=_monday(since, "UTC", 0),
        name="Asia, by daylight",
        starts_at=since,
        restrictions=(Restriction(time(0), timedelta(hours=10)),),
    )
    return create_schedule(
        actor=claire,
        now=since,
        team=company.teams["storefront"],
        name="Storefront follows the sun",
        time_zone="UTC",
        description="00:00 to 10:00 UTC is Tokyo and Kolkata, the rest Paris and Mexico City.",
        layers=(west, east),
    )


def _platform(company: Company, since: datetime) -> Schedule:
    noor, kwame, leilani = company.crews["platform"]
    first = _monday(since, AMSTERDAM, 10)
    daily = LayerDraft(
        people=(kwame, noor, leilani),
        first_handoff=first,
        turn_unit=TurnUnit.DAYS,
        name="Daily",
        starts_at=since,
    )
    weekend = LayerDraft(
        people=(leilani, kwame, noor),
        first_handoff=first,
        name="Weekends in one hand",
        starts_at=since,
        restrictions=tuple(Restriction(time(0), timedelta(days=1), day) for day in (SATURDAY, SUNDAY)),
    )
    return create_schedule(
        actor=noor,
        now=since,
        team=company.teams["platform"],
        name="Platform daily",
        time_zone=AMSTERDAM,
        description="A day each, hand-off at 10:00 in Amsterdam; a weekend stays with one person.",
        layers=(daily, weekend),
    )


def _overrides(schedules: dict[str, Schedule], company: Company, admin: User, now: datetime) -> None:
    """(schedule, who asks, who stands in, from, for how long, why); days are counted from now."""
    people = company.people
    hours = timedelta(hours=1)
    for schedule, actor, user, begins, length, reason in (
        ("payments", people["amara"], people["rafael"], -71, 2 * 24 * hours, "Moving house"),
        ("storefront", people["priya"], people["yuki"], -52, 10 * hours, "Train to the Pune office"),
        ("platform", people["kwame"], people["noor"], -33, 24 * hours, "Day off"),
        ("payments", people["tomasz"], people["ingrid"], -19, 9 * hours, "School event"),
        ("storefront", people["mateo"], people["claire"], 6, 3 * 24 * hours, "Long weekend"),
        ("platform", people["noor"], people["kwame"], 9, 24 * hours, "Speaking at a meet-up"),
    ):
        starts = (now + timedelta(days=begins)).replace(minute=0, second=0, microsecond=0)
        add_override(
            actor=actor,
            now=min(starts, now) - timedelta(days=3),
            schedule=schedules[schedule],
            user=user,
            starts_at=starts,
            ends_at=starts + length,
            reason=reason,
        )
    add_override(
        actor=people["ingrid"],
        now=now - timedelta(hours=5),
        schedule=schedules["payments"],
        user=admin,
        starts_at=now,
        ends_at=now + ADMIN_FOR,
        reason="First shift, with Ingrid as backup",
    )


def _policies(
    schedules: dict[str, Schedule], company: Company, admin: User, since: datetime
) -> dict[str, EscalationPolicy]:
    people, teams = company.people, company.teams
    on_call, second = schedules["payments"], schedules["payments-second"]
    return {
        "payments": _policy(
            teams["payments"],
            "Payments, day and night",
            ((5, on_call), (10, second), (15, people["ingrid"])),
            (people["ingrid"], admin),
            since,
            about="Money waits for nobody: fifteen minutes until the manager is called.",
        ),
        "storefront": _policy(
            teams["storefront"],
            "Storefront",
            ((5, schedules["storefront"]), (10, people["claire"], people["yuki"])),
            (people["claire"],),
            since,
            on_empty=OnEmpty.FALLBACK,
            about="Whoever has daylight, then both leads at once.",
        ),
        "platform": _policy(
            teams["platform"],
            "Platform",
            ((5, schedules["platform"]), (10, people["noor"]), (10, people["kwame"], people["leilani"])),
            (people["noor"], people["ingrid"]),
            since,
            repeats=2,
            about="The day's person, then Noor, then everybody.",
        ),
        "tools": _policy(
            teams["platform"],
            "Internal tools",
            ((30, schedules["platform"]),),
            (people["noor"],),
            since,
            repeats=0,
            about="Nobody is woken twice for a build.",
        ),
    }


def _policy(
    team: Team,
    name: str,
    steps: tuple[tuple[int | User | Schedule, ...], ...],
    fallback: tuple[User, ...],
    now: datetime,
    *,
    about: str,
    repeats: int = 1,
    on_empty: str = OnEmpty.SKIP,
) -> EscalationPolicy:
    """`steps` are minutes to wait, and who is paged before that."""
    return save_policy(
        actor=fallback[0],
        now=now,
        policy=None,
        team=team,
        name=name,
        steps=[_step(*step) for step in steps],
        fallback_people=fallback,
        description=about,
        repeats=repeats,
        on_empty=on_empty,
    )


def _step(minutes: int | User | Schedule, *targets: int | User | Schedule) -> StepDraft:
    who = tuple(target for target in targets if not isinstance(target, int))
    return StepDraft(who, timedelta(minutes=minutes if isinstance(minutes, int) else 0))
