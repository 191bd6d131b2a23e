"""Form fields that people's words come in by."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.zones import validate_zone, zone_names

# Control characters, line and paragraph separators, and the overrides and isolates that make text read as
# something else than it is. Marks that Arabic, Hebrew, Persian or an emoji need (200C to 200F) stay.
_NOT_IN_A_LINE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def validate_line(text: str) -> None:
    """Refuse what would break a line, a mail header or the reading order of the text around it."""
    if _NOT_IN_A_LINE.search(text):
        raise ValidationError(_("Write this in one line, without control characters."), code="not_one_line")


class LineField(forms.CharField):
    """One line of visible text in any script."""

    default_validators = [validate_line]


def zone_choices(current: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """Zones grouped by region for a select; a zone in use that is not among them comes first."""
    groups: dict[str, list[tuple[str, str]]] = {}
    if current and current not in zone_names():
        groups[str(_("In use"))] = [(current, current)]
    for name in zone_names():
        region, _slash, city = name.partition("/")
        groups.setdefault(region, []).append((name, (city or region).replace("_", " ").replace("/", ", ")))
    return list(groups.items())


class ZoneField(forms.ChoiceField):
    """A time zone of the tz database, chosen by region and city."""

    def __init__(self, *, current: str = "", **kwargs: Any) -> None:
        super().__init__(
            **{
                "label": _("Time zone"),
                "help_text": _("Times are shown, and your rules run, on this clock."),
                **kwargs,
            },
            choices=zone_choices(current),
        )

    def valid_value(self, value: Any) -> bool:
        """Any zone that the database knows, also an old name that the list leaves out."""
        try:
            validate_zone(str(value))
        except ValidationError:
            return False
        return True
