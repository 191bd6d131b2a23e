"""Schedules and policies as somebody asks for them, before there are rows; and how they are refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import User
from lib.intervals import Interval
from oncall import rotation
from oncall.models import Schedule

MOST_LAYERS, MOST_SLOTS, MOST_WINDOWS = 20, 100, 50
_A_YEAR = timedelta(days=400)
# The calculators' words for what people fill in under another name.
_FIELDS = {"virtual_start": "first_handoff", "turn": "turn_length", "start": "starts_at", "end": "ends_at"}


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
    `starts_at` and `ends_at` are instants. Without `starts_at` it is in force from now on. `id` names the
    layer that it replaces."""

    people: tuple[User, ...]
    first_handoff: datetime
    turn_length: int = 1
    turn_unit: str = "weeks"
    name: str = ""
    restrictions: tuple[rotation.Restriction, ...] = ()
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class StepDraft:
    """A step to be: people and schedules that are paged at once, and the wait after it."""

    targets: tuple[User | Schedule, ...]
    delay: timedelta


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
        )
    except rotation.InvalidLayer as error:
        if error.field == "zone":
            raise Refused("time_zone", error.message) from error
        raise Refused(f"layers.{place}.{_FIELDS.get(error.field, error.field)}", error.message) from error
    except ValueError as error:
        raise Refused(f"layers.{place}.turn_unit", _("Choose hours, days, weeks or months.")) from error
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


def _check_it_ever_holds(layer: rotation.Layer, place: int) -> None:
    """A window that never opens between the layer's ends would look like cover and be none."""
    if not layer.restrictions or layer.start is None or layer.end is None:
        return
    if not rotation.turns(layer, Interval(layer.start, min(layer.end, layer.start + _A_YEAR))):
        raise Refused(
            f"layers.{place}.restrictions",
            _("No window opens between the start and the end of this layer: nobody would ever be on call."),
        )


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
