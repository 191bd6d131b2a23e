"""What people type about mutes: what for, what they cover, and when. Times are on the clock of the chosen zone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from accounts.fields import LineField, ZoneField
from accounts.models import Team, User
from alerts.models import Mute
from alerts.queries_rules import teams_muting
from alerts.recurring import LONGEST_TEXT, moment
from catalog.models import Service
from lib.intervals import load_zone, to_wall

HOUR, FOUR, UNTIL, TIMES = "1h", "4h", "until", "times"
OWN = "own"
FIRST, LAST = date(2000, 1, 1), date(2100, 12, 31)
LENGTHS = {HOUR: timedelta(hours=1), FOUR: timedelta(hours=4)}
REPEATS = [
    ("", _("Once")),
    ("FREQ=DAILY", _("Every day")),
    ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", _("From Monday to Friday")),
    ("FREQ=WEEKLY", _("Every week")),
    ("FREQ=WEEKLY;INTERVAL=2", _("Every other week")),
    ("FREQ=MONTHLY", _("Every month, on that day")),
    (OWN, _("By a rule of your own")),
]


class WallField(forms.DateTimeField):
    """A time as clocks show it: without a zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(**{"required": False, "widget": widget, **kwargs})

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        if isinstance(found, datetime) and not FIRST.year <= found.year <= LAST.year:
            raise ValidationError(_("A time between the years 2000 and 2100."))
        return found.replace(tzinfo=None) if isinstance(found, datetime) else found


class MuteForm(forms.Form):
    """A mute of one of `user`'s teams; an admin's may be of no team. Conditions are asked beside it."""

    name = LineField(
        max_length=300,
        label=_("What for"),
        help_text=_("Whoever wonders at night reads this: Moving disks of db1."),
    )
    services = forms.ModelMultipleChoiceField(
        Service.objects.none(), required=False, label=_("Services"), widget=forms.CheckboxSelectMultiple
    )
    with_dependents = forms.BooleanField(
        required=False, initial=True, label=_("And everything that depends on them")
    )
    team = forms.ModelChoiceField(
        Team.objects.none(),
        label=_("Whose"),
        help_text=_("Without services it covers alerts on this team’s services only."),
    )
    when = forms.ChoiceField(
        choices=[
            (HOUR, _("Now, for an hour")),
            (FOUR, _("Now, for four hours")),
            (UNTIL, _("Now, until")),
            (TIMES, _("From, until")),
        ],
        initial=HOUR,
        label=_("When"),
        widget=forms.RadioSelect,
    )
    starts_at = WallField(label=_("From"))
    ends_at = WallField(label=_("Until"))
    zone = ZoneField(label=_("On the clock of"), help_text=_("It keeps these hours in summer and in winter."))
    repeats = forms.ChoiceField(choices=REPEATS, required=False, label=_("Repeats"))
    rule = LineField(
        max_length=LONGEST_TEXT,
        required=False,
        label=_("Rule of your own"),
        help_text=_("An RRULE: FREQ=MONTHLY;BYDAY=2TU is every second Tuesday of a month."),
        widget=forms.TextInput(attrs={"spellcheck": "false", "autocapitalize": "characters"}),
    )
    last_day = forms.DateField(
        required=False,
        label=_("Last day"),
        validators=[MinValueValidator(FIRST), MaxValueValidator(LAST)],
        help_text=_("Empty: until it is ended."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    is_maintenance = forms.BooleanField(required=False, label=_("Planned maintenance"))

    def __init__(
        self,
        *args: Any,
        user: User,
        mute: Mute | None = None,
        services: Sequence[Service] = (),
        **kwargs: Any,
    ) -> None:
        initial = _initial(mute) if mute else _first(user, services)
        super().__init__(*args, **{"initial": initial, **kwargs})
        teams = teams_muting(user)
        self._let("team", teams)
        self._let("services", _mutable(teams, mute))
        if user.is_admin:
            self.fields["team"].required = False
            self._name_empty(_("All teams"))

    def _let(self, name: str, rows: QuerySet[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - says to mypy what stands above
        field.queryset = rows

    def _name_empty(self, label: Any) -> None:
        field = self.fields["team"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - the same
        field.empty_label = label

    def clean(self) -> dict[str, Any]:
        """What the chosen way of telling the times needs must be there."""
        given = super().clean() or {}
        needed = {UNTIL: ("ends_at",), TIMES: ("starts_at", "ends_at")}.get(given.get("when", ""), ())
        for name in needed:
            if not given.get(name) and name not in self.errors:
                self.add_error(name, _now("This is needed."))
        if given.get("repeats") == OWN and not given.get("rule"):
            self.add_error("rule", _now("This is needed."))
        return given

    def values(self, matchers: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
        """What the actions take."""
        given = self.cleaned_data
        services = list(given["services"])
        team = given["team"] or _owner(services)
        rule = given["rule"] if given["repeats"] == OWN else given["repeats"]
        return {
            "name": given["name"],
            "team": team,
            "services": services,
            "matchers": matchers if services or not team else within(matchers, team),
            "with_dependents": given["with_dependents"],
            "is_maintenance": given["is_maintenance"],
            "recurrence": rule,
            "zone": given["zone"],
            "until": _after(given["last_day"], given["zone"]) if rule and given["last_day"] else None,
            **self._times(now),
        }

    def _times(self, now: datetime) -> dict[str, datetime]:
        given = self.cleaned_data
        when, zone = given["when"], given["zone"]
        if when in LENGTHS:
            return {"starts_at": now, "ends_at": now + LENGTHS[when]}
        starts_at = now if when == UNTIL else moment(given["starts_at"], zone)
        return {"starts_at": starts_at, "ends_at": moment(given["ends_at"], zone)}


def within(matchers: Sequence[dict[str, Any]], team: Team) -> list[dict[str, Any]]:
    """The same for one team's services alone; nothing typed stays nothing."""
    own = {"field": "team", "op": "=", "value": team.slug}
    return [*matchers, own] if matchers and own not in matchers else list(matchers)


def _mutable(teams: QuerySet[Team], mute: Mute | None) -> QuerySet[Service]:
    """Live services of those teams, and what the mute covers already."""
    found = Service.objects.live().filter(team__in=teams)
    return (found | Service.objects.filter(mutes=mute)).distinct() if mute else found


def _owner(services: Sequence[Service]) -> Team | None:
    """The team whose services all of them are."""
    teams = {each.team_id: each.team for each in services}
    return next(iter(teams.values())) if len(teams) == 1 else None


def _after(day: Any, zone: str) -> datetime:
    """The end of a day on that zone's clock."""
    return moment(datetime.combine(day + timedelta(days=1), time.min), zone)


def _first(user: User, services: Sequence[Service]) -> dict[str, Any]:
    team = services[0].team_id if services else teams_muting(user).values_list("pk", flat=True).first()
    return {
        "zone": user.time_zone,
        "services": [each.pk for each in services],
        "team": None if user.is_admin and not services else team,
    }


def _initial(mute: Mute) -> dict[str, Any]:
    zone = load_zone(mute.zone)
    is_known = mute.recurrence in {value for value, _label in REPEATS}
    plain = ("name", "with_dependents", "is_maintenance", "zone")
    return {
        **{name: getattr(mute, name) for name in plain},
        "team": mute.team_id,
        "services": list(mute.services.values_list("pk", flat=True)),
        "when": TIMES,
        "starts_at": to_wall(mute.starts_at, zone),
        "ends_at": to_wall(mute.ends_at, zone),
        "repeats": mute.recurrence if is_known else OWN,
        "rule": "" if is_known else mute.recurrence,
        "last_day": (to_wall(mute.until, zone) - timedelta.resolution).date() if mute.until else None,
    }
