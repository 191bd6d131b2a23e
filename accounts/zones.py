"""Time zones by their names in the tz database."""

from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _


@cache
def zone_names() -> tuple[str, ...]:
    """The names that a person can choose, in order; legacy aliases without a region are left out, UTC first."""
    regions = {
        name
        for name in available_timezones()
        if "/" in name and not name.startswith(("Etc/", "SystemV/", "posix/", "right/"))
    }
    return ("UTC", *sorted(regions))


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def validate_zone(name: str) -> None:
    """Refuse a name that the tz database does not know, so that no rule can end up without a zone."""
    if name not in _known():
        raise ValidationError(
            _("%(name)s is not a time zone. Choose one such as Europe/Berlin."), params={"name": name}
        )
