"""What the apps' API views share: strict bodies, bounded moments, checked queries, and refusals with a reason.

config/rest.py, above the apps, says who may ask and how errors look on the wire.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from rest_framework import exceptions, serializers, status
from rest_framework.request import Request

from lib.text import one_line

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
ID = r"[0-9]{1,18}"
"""The path part of a number: every such number fits into a bigint, so no lookup can overflow."""
SLUG = r"[-a-zA-Z0-9_]{1,80}"
MOST_NAMED = 20


class Refused(exceptions.APIException):
    """A request that is understood and cannot be done. `members` stand in the problem document beside `detail`."""

    status_code: int = status.HTTP_409_CONFLICT

    def __init__(self, detail: str, **members: Any) -> None:
        super().__init__(detail)
        self.members = members


class Unprocessable(Refused):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY


class Body(serializers.Serializer[Any]):
    """A request's body. An unknown field is refused: a mistyped name would silently do something else."""

    def to_internal_value(self, data: Any) -> Any:
        """Raises ValidationError by field."""
        unknown = sorted(set(data) - set(self.fields)) if isinstance(data, Mapping) else []
        if unknown:
            raise serializers.ValidationError(
                {one_line(name, 80): ["There is no such field."] for name in unknown[:MOST_NAMED]}
            )
        return super().to_internal_value(data)


class Moment(serializers.DateTimeField):
    """An ISO 8601 instant between 2000 and 2100; without an offset it is read as UTC."""

    default_error_messages = {"far": "A time between the years 2000 and 2100 is needed."}

    def to_internal_value(self, value: Any) -> datetime:
        """Raises ValidationError, also where an offset leads beyond the calendar."""
        moment = super().to_internal_value(value)
        if not EARLIEST <= moment < LATEST:
            self.fail("far")
        return moment


class Several(serializers.ListField):
    """A filter that may be given more than once, or once with commas."""


def checked_query(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The query's parameters that `kind` knows, checked; those that are absent or empty are left out.

    Raises ValidationError by parameter.
    """
    query = kind(data=_given(kind, request))
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


def _given(kind: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """A plain dictionary: of a QueryDict the serializer would think that absent booleans were unticked boxes."""
    asked: dict[str, Any] = {}
    for name, field in kind().fields.items():
        values = [value for value in request.query_params.getlist(name) if value]
        if values:
            parts = [part for value in values for part in value.split(",") if part]
            asked[name] = parts if isinstance(field, Several) else values[-1]
    return asked
