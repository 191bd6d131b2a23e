"""Who takes turns and by which template: the first questions about a new schedule, whose answers fill its layers.

People are ticked; those who are ticked stand first, in their order. Buttons named `do`:

    pick:team    pick:none    pick:7:up    pick:7:down    template:weekly    refill

`refill` and the picks fill the layers anew as long as nobody has changed by hand what the template made: `filled` is
the digest of that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property
from hashlib import sha256

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.dateparse import parse_time
from django.utils.translation import gettext as _

from accounts.models import Team, User
from accounts.zones import zone_names
from lib.intervals import UnknownZone, load_zone, to_wall
from oncall.drafts import LayerDraft, Refused
from oncall.forms.fields import WEEKDAYS, people_to_choose
from oncall.forms.layers import layer_rows, typed_row
from oncall.rows import moved
from oncall.suns import MOST_GROUPS
from oncall.templates_of_rotas import BY_KEY, TEMPLATES, Anchor, Template

_NINE = time(9)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PickRow:
    """One person to tick."""

    person: User
    is_picked: bool
    is_member: bool
    group: str = ""

    @property
    def city(self) -> str:
        """Their zone as a city."""
        return self.person.time_zone.rpartition("/")[2].replace("_", " ")


class Picks:
    """The first questions as answered in `data`. `teams` are those to choose from; the people of the chosen one come
    first."""

    weekdays = list(enumerate(WEEKDAYS))
    templates = TEMPLATES
    group_numbers = [str(number) for number in range(1, MOST_GROUPS + 1)]

    def __init__(self, data: QueryDict | None, *, teams: QuerySet[Team], zone: str, now: datetime) -> None:
        self.data = data.copy() if data is not None else QueryDict(mutable=True)
        self.now, self.people = now, people_to_choose()
        self.team = self._chosen(teams)
        self.members = frozenset(self.team.memberships.values_list("user_id", flat=True) if self.team else ())
        self.zone = self._known_zone(zone)
        self.error = ""

    def answer(self, command: str) -> QueryDict:
        """The form after the command; one that makes no sense changes nothing. What cannot be filled in is said in
        `error`."""
        first, *words = command.split(":")
        was_untouched = self.is_untouched
        if first == "pick":
            self._pick(words)
        if first == "template" and words and words[0] in BY_KEY:
            self._fill(BY_KEY[words[0]])
        elif first in {"pick", "refill"} and self.template and was_untouched:
            self._fill(self.template)
        return self.data

    @property
    def picked(self) -> list[User]:
        """Who is ticked, in order."""
        by_id = {str(person.pk): person for person in self.people.present}
        return [by_id[each] for each in dict.fromkeys(self.data.getlist("pick")) if each in by_id]

    @cached_property
    def rows(self) -> list[PickRow]:
        """Everybody: who is ticked, then the team, then all others."""
        picked = self.picked
        rest = [person for person in self.people.present if person not in picked]
        rest.sort(key=lambda person: person.pk not in self.members)
        return [self._row(person, True) for person in picked] + [self._row(person, False) for person in rest]

    @property
    def near(self) -> list[PickRow]:
        """Those to show at once."""
        return [row for row in self.rows if row.is_picked or row.is_member]

    @property
    def others(self) -> list[PickRow]:
        return [row for row in self.rows if not (row.is_picked or row.is_member)]

    @property
    def template(self) -> Template | None:
        return BY_KEY.get(self.data.get("template", ""))

    @property
    def filled(self) -> str:
        """The digest of what the template made."""
        return str(self.data.get("filled", ""))

    @property
    def is_untouched(self) -> bool:
        """Whether the layers are still as the template made them."""
        return self.filled == self._digest()

    @property
    def handoff_day(self) -> int:
        """On which weekday weeks change hands, from 0 (Monday)."""
        text = self.data.get("handoff_day", "0")
        return int(text) if text in {"0", "1", "2", "3", "4", "5", "6"} else 0

    @property
    def handoff_time(self) -> time:
        try:
            found = parse_time(self.data.get("handoff_time", ""))
        except ValueError:
            found = None
        return found.replace(second=0, microsecond=0, tzinfo=None) if found else _NINE

    def first_handoff(self, anchor: Anchor) -> datetime:
        """The last hand-off before now, so that the first person's turn is running; local time."""
        wall = to_wall(self.now, load_zone(self.zone))
        first = datetime.combine(wall.date(), self.handoff_time)
        if anchor == Anchor.WEEK:
            first -= _DAY * ((first.weekday() - self.handoff_day) % 7)
        step = 7 * _DAY if anchor == Anchor.WEEK else _DAY
        return first if first <= wall else first - step

    def _pick(self, words: Sequence[str]) -> None:
        ids = [str(person.pk) for person in self.picked]
        if words == ["team"]:
            ids += [
                str(each.pk)
                for each in self.people.present
                if each.pk in self.members and str(each.pk) not in ids
            ]
        elif words == ["none"]:
            ids = []
        elif len(words) == 2 and words[0] in ids:
            ids = moved(ids, str(ids.index(words[0])), words[1])
        self.data.setlist("pick", ids)

    def _fill(self, template: Template) -> None:
        try:
            drafts = template.drafts(
                self.picked, self.zone, self.first_handoff(template.anchor), self._groups()
            )
        except Refused as refused:
            self.error = refused.message
            if template.by_groups:
                # Chosen all the same: only then there are fields to put people into groups by hand.
                self.data["template"], self.data["filled"] = template.key, self._digest()
            return
        self._write(template, drafts)

    def _write(self, template: Template, drafts: Sequence[LayerDraft]) -> None:
        rows = layer_rows(self.now, self.zone)
        self.data = rows.written(self.data, [typed_row(draft, self.zone) for draft in drafts])
        self.data["template"], self.data["filled"] = template.key, self._digest()
        self.data.pop("wants_secondary", None)
        if template.wants_secondary:
            self.data["wants_secondary"] = "on"
        if not self.data.get("name", "").strip() and self.team:
            self.data["name"] = _("%(team)s on call") % {"team": self.team}
        self.__dict__.pop("rows", None)

    def _digest(self) -> str:
        """Of all that stands in the layers."""
        keys = sorted(key for key in self.data if key.startswith("layer-"))
        typed = [(key, [each for each in self.data.getlist(key) if each]) for key in keys]
        text = repr([each for each in typed if each[1]])
        return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def _groups(self) -> Mapping[int, int]:
        chosen = {person.pk: self.data.get(f"group-{person.pk}", "") for person in self.picked}
        return {key: int(number) for key, number in chosen.items() if number in self.group_numbers}

    def _chosen(self, teams: QuerySet[Team]) -> Team | None:
        """The chosen team, else the first."""
        number = self.data.get("team", "")
        found = teams.filter(pk=number).first() if number.isdecimal() and len(number) < 10 else None
        return found or teams.first()

    def _row(self, person: User, is_picked: bool) -> PickRow:
        group = self.data.get(f"group-{person.pk}", "")
        return PickRow(person, is_picked, person.pk in self.members, group)

    def _known_zone(self, fallback: str) -> str:
        name = self.data.get("time_zone", "") or fallback
        try:
            load_zone(name)
        except UnknownZone:
            return zone_names()[0]
        return name
