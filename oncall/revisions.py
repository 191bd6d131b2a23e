"""What a schedule or a policy was before each change and after it, as plain JSON, so that the last can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypedDict

from django.utils.translation import gettext as _

from accounts.models import User
from oncall.access import may_change
from oncall.drafts import LayerDraft, Refused, draft_of
from oncall.models import EscalationPolicy, Revision, Schedule
from oncall.rotation import Restriction

Plain = dict[str, Any]
_KEPT = ("name", "description", "time_zone", "wants_secondary", "warns_of_gaps")
_AS_IT_IS = ("id", "name", "turn_length", "turn_unit", "role", "skip_holidays")


class ScheduleValues(TypedDict):
    """What `actions.update_schedule` takes about the schedule itself and its layers."""

    name: str
    description: str
    time_zone: str
    wants_secondary: bool
    warns_of_gaps: bool
    layers: Sequence[LayerDraft]


def snapshot(schedule: Schedule) -> Plain:
    """The schedule with its current layers from low to high; people by id, instants and local times as ISO text."""
    layers = schedule.layers.current().prefetch_related("slots__user", "restrictions")
    plain: Plain = {key: getattr(schedule, key) for key in _KEPT}
    return {**plain, "layers": [_plain(draft_of(layer)) for layer in layers.order_by("position")]}


def drafts_from(plain: Mapping[str, Any]) -> ScheduleValues:
    """The values of a snapshot, for `actions.update_schedule`. Raises Refused when one of its people is not there
    any more."""
    wanted = {person for layer in plain["layers"] for person in layer["people"]}
    people: dict[int, User] = User.objects.in_bulk(wanted)
    if wanted - set(people):
        raise Refused("", _("Somebody who stood in it is not here any more."))
    layers = [_draft(layer, people) for layer in plain["layers"]]
    return {
        "name": plain["name"],
        "description": plain["description"],
        "time_zone": plain["time_zone"],
        "wants_secondary": plain["wants_secondary"],
        "warns_of_gaps": plain["warns_of_gaps"],
        "layers": layers,
    }


def record(
    *,
    subject: Schedule | EscalationPolicy,
    actor: User | None,
    now: datetime,
    before: Plain,
    after: Plain,
    undoes: Revision | None = None,
) -> Revision | None:
    """One change of the subject, whose row the caller has locked. Nothing when it changed nothing."""
    if before == after:
        return None
    last = last_of(subject)
    number = last.number + 1 if last else 1
    return Revision.objects.create(
        **_owner(subject), number=number, actor=actor, at=now, before=before, after=after, undoes=undoes
    )


def last_of(subject: Schedule | EscalationPolicy) -> Revision | None:
    """The latest change, whichever it was."""
    return Revision.objects.filter(**_owner(subject)).select_related("actor").order_by("-number").first()


@dataclass(frozen=True, slots=True)
class LastChange:
    """The latest change as a page shows it. `is_undo`: it took another one back, so that undoing it is doing again
    what was undone."""

    subject: Schedule | EscalationPolicy
    number: int
    actor: User | None
    at: datetime
    is_undo: bool
    is_first: bool
    may_undo: bool


def last_change(subject: Schedule | EscalationPolicy, user: User) -> LastChange | None:
    """The latest change, and whether `user` may take it back; None when none was recorded."""
    last = last_of(subject)
    if last is None:
        return None
    may_undo = bool(last.before) and may_change(user, subject)
    is_undo = last.undoes_id is not None
    return LastChange(subject, last.number, last.actor, last.at, is_undo, not last.before, may_undo)


def _owner(subject: Schedule | EscalationPolicy) -> dict[str, Any]:
    return {"schedule" if isinstance(subject, Schedule) else "policy": subject}


def _plain(draft: LayerDraft) -> Plain:
    return {
        **{key: getattr(draft, key) for key in _AS_IT_IS},
        "people": [person.pk for person in draft.people],
        "first_handoff": draft.first_handoff.isoformat(),
        "restrictions": [_plain_window(each) for each in draft.restrictions],
        "skip_weekdays": sorted(draft.skip_weekdays),
        "skip_dates": [day.isoformat() for day in sorted(draft.skip_dates)],
        "starts_at": draft.starts_at and draft.starts_at.isoformat(),
        "ends_at": draft.ends_at and draft.ends_at.isoformat(),
    }


def _plain_window(window: Restriction) -> Plain:
    seconds = window.duration.total_seconds()
    return {"weekday": window.weekday, "start": window.start.isoformat(), "seconds": seconds}


def _draft(plain: Mapping[str, Any], people: Mapping[int, User]) -> LayerDraft:
    return LayerDraft(
        **{key: plain[key] for key in _AS_IT_IS},
        people=tuple(people[each] for each in plain["people"]),
        first_handoff=datetime.fromisoformat(plain["first_handoff"]),
        restrictions=tuple(_window(each) for each in plain["restrictions"]),
        skip_weekdays=tuple(plain["skip_weekdays"]),
        skip_dates=tuple(date.fromisoformat(day) for day in plain["skip_dates"]),
        starts_at=_moment(plain["starts_at"]),
        ends_at=_moment(plain["ends_at"]),
    )


def _window(plain: Mapping[str, Any]) -> Restriction:
    start, length = time.fromisoformat(plain["start"]), timedelta(seconds=plain["seconds"])
    return Restriction(start, length, plain["weekday"])


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
