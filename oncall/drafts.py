"""Schedules and policies as somebody asks for them, before there are rows; and how they are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from accounts.models import Team, User
from lib.intervals import Interval
from oncall import rotation
from oncall.conditions import ALWAYS, Condition
from oncall.models import Layer, LayerRole, OverrideKind, Schedule, Which
from oncall.skipping import Skip

MOST_LAYERS, MOST_SLOTS, MOST_WINDOWS, MOST_DATES = 20, 100, 50, 200
MOST_OVERRIDES = 12
"""So many are made at once."""
_A_WEEK, _A_YEAR = timedelta(weeks=1), timedelta(days=400)
Rules = tuple[object, ...]
# The calculators' words for what people fill in under another name.
_FIELDS = {
    "virtual_start": "first_handoff",
    "turn": "turn_length",
    "start": "starts_at",
    "end": "ends_at",
    "skip": "skip_weekdays",
}


class Refused(ValueError):
    """What somebody asked for cannot be stored. `message` is for people; `field` names the input to correct:
    "name", "layers.0.people", "steps.2.delay", or "" for the whole."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field = field
        self.message = message


@dataclass(frozen=True, slots=True)
class LayerDraft:
    """A layer to be. `first_handoff` is naive local time of the schedule's zone, turn 0 begins there;
    `starts_at` and `ends_at` are instants. Without `starts_at` it is in force from now on. `role` is that of
    models.LayerRole. `skip_weekdays` (0 is Monday), `skip_holidays` (the code of a calendar) and `skip_dates` are days
    without duty. `id` names the layer that it replaces."""

    people: tuple[User, ...]
    first_handoff: datetime
    turn_length: int = 1
    turn_unit: str = "weeks"
    name: str = ""
    restrictions: tuple[rotation.Restriction, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    id: int | None = None
    role: str = LayerRole.PRIMARY
    skip_weekdays: tuple[int, ...] = ()
    skip_holidays: str = ""
    skip_dates: tuple[date, ...] = ()

    @property
    def rules(self) -> Rules:
        """By which somebody is on call, without the name and the ends; equal for two drafts that mean the same."""
        return (
            tuple(person.pk for person in self.people),
            self.first_handoff,
            (self.turn_length, str(self.turn_unit), str(self.role)),
            frozenset(self.restrictions),
            (frozenset(self.skip_weekdays), self.skip_holidays, frozenset(self.skip_dates)),
        )


@dataclass(frozen=True, slots=True)
class OverrideDraft:
    """An override to be. `kind` is that of models.OverrideKind; `replaces` only of one that stands in."""

    user: User
    starts_at: datetime
    ends_at: datetime
    kind: str = OverrideKind.REPLACE
    replaces: User | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Aim:
    """One thing that a step pages: a person; of a schedule whoever `which` says (models.Which); a whole team; or the
    team that owns the service."""

    user: User | None = None
    schedule: Schedule | None = None
    which: str = Which.PRIMARY
    team: Team | None = None
    owner: bool = False


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step to be: whom it pages at once, and the wait after it. A person, a schedule or a team may stand for
    itself. `uid` is that of the step which it continues."""

    targets: tuple[User | Schedule | Team | Aim, ...]
    delay: timedelta
    condition: Condition = ALWAYS
    uid: UUID | None = None

    @property
    def aims(self) -> tuple[Aim, ...]:
        """The targets, each once."""
        return tuple(dict.fromkeys(_aim(each) for each in self.targets))


def _aim(target: User | Schedule | Team | Aim) -> Aim:
    if isinstance(target, User):
        return Aim(user=target)
    if isinstance(target, Schedule):
        return Aim(schedule=target)
    return Aim(team=target) if isinstance(target, Team) else target


def draft_of(layer: Layer) -> LayerDraft:
    """The stored layer as a draft; prefetch `slots__user` and `restrictions`."""
    return LayerDraft(
        people=tuple(slot.user for slot in layer.slots.all()),
        first_handoff=datetime.combine(layer.first_handoff_date, layer.handoff_time),
        turn_length=layer.turn_length,
        turn_unit=layer.turn_unit,
        name=layer.name,
        restrictions=tuple(
            rotation.Restriction(each.start, each.duration, each.weekday) for each in layer.restrictions.all()
        ),
        starts_at=layer.starts_at,
        ends_at=layer.ends_at,
        id=layer.pk,
        role=layer.role,
        skip_weekdays=tuple(layer.skip_weekdays),
        skip_holidays=layer.skip_holidays,
        skip_dates=tuple(date.fromisoformat(day) for day in layer.skip_dates),
    )


def computed(drafts: Sequence[LayerDraft], zone: str, now: datetime) -> tuple[rotation.Layer, ...]:
    """The drafts as the calculators take them, numbered by their place from 0. Raises Refused."""
    if len(drafts) > MOST_LAYERS:
        raise Refused("layers", _("A schedule has at most %(n)s layers.") % {"n": MOST_LAYERS})
    return tuple(_computed(draft, place, zone, now) for place, draft in enumerate(drafts))


def _computed(draft: LayerDraft, place: int, zone: str, now: datetime) -> rotation.Layer:
    _check(draft, place)
    try:
        layer = rotation.Layer(
            id=place,
            people=tuple(person.pk for person in draft.people),
            zone=zone,
            virtual_start=draft.first_handoff,
            turn=rotation.Turn(draft.turn_length, rotation.Unit(draft.turn_unit)),
            restrictions=draft.restrictions,
            start=draft.starts_at or now,
            end=draft.ends_at,
            role=rotation.Role(draft.role),
            skip=Skip(frozenset(draft.skip_weekdays), draft.skip_dates, draft.skip_holidays),
        )
    except rotation.InvalidLayer as error:
        if error.field == "zone":
            raise Refused("time_zone", error.message) from error
        raise Refused(f"layers.{place}.{_FIELDS.get(error.field, error.field)}", error.message) from error
    except ValueError as error:
        raise Refused(f"layers.{place}.turn_unit", _("Choose hours, days, weeks or months.")) from error
    if draft.ends_at and not _is_what_is_left(draft, now):
        _check_it_ever_holds(layer, place)
    return layer


def _check(draft: LayerDraft, place: int) -> None:
    if not draft.people:
        raise Refused(f"layers.{place}.people", _("A layer needs at least one person."))
    if len(draft.people) > MOST_SLOTS:
        raise Refused(f"layers.{place}.people", _("A layer has at most %(n)s places.") % {"n": MOST_SLOTS})
    if len(draft.restrictions) > MOST_WINDOWS:
        raise Refused(
            f"layers.{place}.restrictions", _("A layer has at most %(n)s windows.") % {"n": MOST_WINDOWS}
        )
    absent = next((person for person in draft.people if not person.can_respond), None)
    if absent:
        raise Refused(f"layers.{place}.people", cannot_be_paged(absent))


def _is_what_is_left(draft: LayerDraft, now: datetime) -> bool:
    """Whether it stands there already and is over or lasts less than a week: then it need not open any more."""
    start, end = draft.starts_at or now, draft.ends_at
    return draft.id is not None and end is not None and (end <= now or end - start < _A_WEEK)


def _check_it_ever_holds(layer: rotation.Layer, place: int) -> None:
    """A window that never opens between the layer's ends, or days that are all skipped, would look like cover and be
    none."""
    if not (layer.restrictions or layer.skip) or layer.start is None or layer.end is None:
        return
    if rotation.turns(layer, Interval(layer.start, min(layer.end, layer.start + _A_YEAR))):
        return
    if layer.restrictions:
        message = _(
            "No window opens between the start and the end of this layer: nobody would ever be on call."
        )
        raise Refused(f"layers.{place}.restrictions", message)
    message = _(
        "All days between the start and the end of this layer are skipped: nobody would ever be on call."
    )
    raise Refused(f"layers.{place}.skip_dates", message)


def cannot_be_paged(person: User) -> str:
    """Why this person cannot stand in a schedule or a policy."""
    return _("%(name)s cannot be paged: viewers and people who were deactivated do not respond.") % {
        "name": person
    }


def checked_name(name: str, longest: int = 80) -> str:
    """The name without spaces around it. Raises Refused when nothing is left or it is too long."""
    name = name.strip()
    if not name:
        raise Refused("name", _("Give it a name."))
    if len(name) > longest:
        raise Refused("name", _("A name has at most %(n)s characters.") % {"n": longest})
    return name
