"""Fields that the on-call side of the API shares: one line of text, people by number, local time, seconds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.fields import validate_line
from accounts.zones import validate_zone
from lib.text import one_line

LARGEST_ID = 2**63 - 1
_MOST_SECONDS = 10**9
_SECOND = timedelta(seconds=1)

TEAM: dict[str, Any] = {"max_length": 80, "help_text": "The slug of a team."}
"""A team is named by its slug."""


class Line(serializers.CharField):
    """One line of visible text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"validators": [validate_line], **kwargs})


class Zone(Line):
    """A name of the tz database."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("help_text", "A name of the tz database, such as Europe/Berlin.")
        super().__init__(**{"max_length": 64, "validators": [validate_zone], **kwargs})


class Number(serializers.IntegerField):
    """The number of something that is stored."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 1, "max_value": LARGEST_ID, **kwargs})


@extend_schema_field(
    {
        "oneOf": [
            {"type": "integer", "minimum": 1},
            {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer", "minimum": 1}}},
        ],
        "description": "The number of a person, or the person as answers name them.",
    }
)
class PersonNumber(Number):
    """The number of a person; what answers say of a person is taken as well, so that they can be sent back."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Raises ValidationError."""
        return super().run_validation(data.get("id") if isinstance(data, Mapping) else data)


@extend_schema_field({"type": "string", "example": "2026-01-05T09:00:00"})
class LocalTime(serializers.DateTimeField):
    """A time on the clock of the schedule's zone, kept without an offset on purpose."""

    default_error_messages = {
        "offset": "Write this as local time of the schedule's zone, without an offset: 2026-01-05T09:00."
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        """As it was written. Raises ValidationError when it has an offset."""
        if value.tzinfo is not None:
            self.fail("offset")
        return value

    def to_representation(self, value: Any) -> str:
        return str(value.isoformat())


class Seconds(serializers.IntegerField):
    """A length of time in whole seconds."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": _MOST_SECONDS, **kwargs})

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """The length. Raises ValidationError."""
        found = super().run_validation(data)
        return timedelta(seconds=found) if isinstance(found, int) else found

    def to_representation(self, value: Any) -> int:
        return int(value / _SECOND) if isinstance(value, timedelta) else int(value)


def described(value: object) -> str:
    """What was sent, short enough to be repeated in a message."""
    return one_line(value, 80)
