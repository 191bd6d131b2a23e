"""Which time somebody asks a colleague to take over, of whom, and for what in return."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField
from accounts.models import User
from lib.intervals import Interval, to_instant, to_wall
from oncall.covering import words_of
from oncall.drafts import Refused
from oncall.forms.fields import Group, LocalMomentField
from oncall.models import Schedule
from oncall.rotation import Role
from oncall.stretches import Stretch

ANYBODY = "any"
Swaps = Sequence[tuple[User, Sequence[Stretch]]]


class CoverForm(forms.Form):
    """Times are on the clock of `zone`; cleaned they are instants. `shift` is the time that was chosen: ends that are
    left as they were keep its exact instants, also where a clock shows the same time twice.

    `swap` is cleaned to an Interval, and names a colleague by itself when `asked` does not.
    """

    starts_at = LocalMomentField(label=_("From"))
    ends_at = LocalMomentField(label=_("Until"))
    asked = forms.ChoiceField(label=_("Ask"))
    swap = forms.ChoiceField(
        required=False,
        label=_("In return I take"),
        help_text=_(
            "A swap: whoever has that shift is asked, and both changes are made when they accept, or none."
        ),
    )
    note = LineField(
        max_length=200, required=False, label=_("Note"), help_text=_("Such as: dentist, wedding.")
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        schedule: Schedule,
        people: Sequence[User],
        swaps: Swaps,
        zone: ZoneInfo,
        shift: tuple[datetime, datetime],
    ) -> None:
        initial = {"starts_at": to_wall(shift[0], zone), "ends_at": to_wall(shift[1], zone)}
        super().__init__(data, initial=initial)
        self.zone, self.shift = zone, shift
        self.people = {str(person.pk): person for person in people}
        self.swaps = {_key(person, each): (person, each) for person, shifts in swaps for each in shifts}
        anybody = ngettext(
            "Anybody in %(team)s (mails %(n)s person)",
            "Anybody in %(team)s (mails %(n)s people)",
            len(people),
        ) % {"team": schedule.team, "n": len(people)}
        named = [(key, str(person)) for key, person in self.people.items()]
        self._choices("asked", [(ANYBODY, anybody), *named])
        self._choices("swap", [("", _("Nothing")), *_groups(swaps)])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for name, exact in zip(("starts_at", "ends_at"), self.shift, strict=True):
            if cleaned.get(name):
                cleaned[name] = self._instant(cleaned[name], exact)
        cleaned["asked"] = self.people.get(cleaned.get("asked", ""))
        person, stretch = self.swaps.get(cleaned.get("swap", ""), (None, None))
        cleaned["swap"] = Interval(stretch.start, stretch.end) if stretch else None
        if person and cleaned["asked"] not in (None, person):
            self.add_error(
                "swap", _("This is a shift of %(name)s: ask them, or choose another.") % {"name": person}
            )
        cleaned["asked"] = person or cleaned["asked"]
        return cleaned

    def refuse(self, refused: Refused) -> None:
        """Put the words of an action on the field that they are about."""
        self.add_error(refused.field if refused.field in self.fields else None, refused.message)

    def _instant(self, wall: datetime, exact: datetime) -> datetime:
        is_unchanged = wall == to_wall(exact, self.zone).replace(second=0, microsecond=0)
        return exact if is_unchanged else to_instant(wall, self.zone)

    def _choices(self, name: str, choices: Sequence[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - says to mypy what stands above
        field.choices = choices


def _groups(swaps: Swaps) -> list[Group]:
    return [
        (str(person), [(_key(person, each), _words(person, each)) for each in shifts])
        for person, shifts in swaps
    ]


def _words(person: User, stretch: Stretch) -> str:
    """With the name, which a closed list would not show."""
    names = {"name": person, "time": words_of(stretch.start, stretch.end)}
    second = gettext("%(name)s: %(time)s, secondary")
    return (second if stretch.role == Role.SECONDARY else gettext("%(name)s: %(time)s")) % names


def _key(person: User, stretch: Stretch) -> str:
    times = (each.astimezone(UTC).strftime("%Y%m%dT%H%M%S") for each in (stretch.start, stretch.end))
    return "-".join((str(person.pk), *times))
