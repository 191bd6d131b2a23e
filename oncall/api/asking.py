"""What the views of the on-call side share: checked bodies, refusals with their place, and numbers of changes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from accounts.models import Team, User
from lib.intervals import Interval
from lib.rest import Refused
from oncall import drafts
from oncall.models import EscalationPolicy, Revision, Schedule

AHEAD = timedelta(weeks=4)
_WHOLE = "non_field_errors"
_TAG = re.compile(r'"([^"]*)"')


class Stale(Refused):
    """`If-Match` names a state that is not the present one."""

    status_code = status.HTTP_412_PRECONDITION_FAILED


def checked(body: serializers.Serializer[Any]) -> dict[str, Any]:
    """What was sent, if all of it is valid. Raises ValidationError by place: "layers.0.people"."""
    if not body.is_valid():
        raise ValidationError(by_place(body.errors))
    return dict(body.validated_data)


def by_place(errors: Any, at: str = "") -> dict[str, list[str]]:
    """Nested messages as lists of them by their place in the body, numbered from 0."""
    found: dict[str, list[str]] = {}
    for key, inner in _parts(errors):
        place = at if key == _WHOLE else f"{at}.{key}".lstrip(".")
        if isinstance(inner, Mapping) or (isinstance(inner, list) and any(_is_nested(e) for e in inner)):
            found |= by_place(inner, place)
        elif inner:
            found[place or _WHOLE] = [str(each) for each in inner]
    return found


def _parts(errors: Any) -> Iterable[tuple[str, Any]]:
    pairs = errors.items() if isinstance(errors, Mapping) else enumerate(errors)
    return ((str(key), inner) for key, inner in pairs)


def _is_nested(value: object) -> bool:
    return isinstance(value, Mapping | list)


@contextmanager
def refusals(inside: str = "") -> Iterator[None]:
    """What the actions refuse as answers: 400 with the place of what is wrong (`inside` stands before it), 409 when it
    is about the whole, 404 when somebody took it away meanwhile."""
    try:
        yield
    except drafts.Refused as error:
        if error.field:
            raise ValidationError({f"{inside}{error.field}": [error.message]}) from error
        raise Refused(error.message) from error
    except ObjectDoesNotExist as error:
        raise Http404 from error


def with_change(found: QuerySet[Any], of: str) -> QuerySet[Any]:
    """With the number of the last change of each schedule or policy (`of`) as `change`; 0 when there was none."""
    last = Revision.objects.filter(**{of: OuterRef("pk")}).order_by().values(of).annotate(n=Max("number"))
    annotated: QuerySet[Any] = found.annotate(change=Coalesce(Subquery(last.values("n")), 0))
    return annotated


def change_of(subject: Schedule | EscalationPolicy) -> int:
    """The number of its last change as it is in the database now."""
    numbers = subject.revisions.order_by("-number").values_list("number", flat=True)
    return numbers.first() or 0


def matched(request: Request, subject: Schedule | EscalationPolicy) -> int:
    """The number of the last change. Raises Stale when `If-Match` is sent and names another."""
    current = change_of(subject)
    asked = request.headers.get("If-Match", "").strip()
    if asked and asked != "*" and str(current) not in _TAG.findall(asked):
        raise Stale("This was changed since you read it: read it anew.", change=current)
    return current


def tag_of(change: int) -> dict[str, str]:
    """The header that names a state."""
    return {"ETag": f'"{change}"'}


def changeable_team(user: User, slug: str) -> Team:
    """A team whose things `user` may change. Raises ValidationError."""
    found = Team.objects.changeable_by(user).filter(slug=slug).first()
    if found is None:
        raise ValidationError({"team": ["There is no such team, or it is not yours to manage."]})
    return found


def known(model_rows: QuerySet[Any], number: int | None, place: str) -> Any:
    """The row of that number, None for None. Raises ValidationError at `place`."""
    if number is None:
        return None
    found = model_rows.filter(pk=number).first()
    if found is None:
        raise ValidationError({place: [f"There is nothing of the number {number}."]})
    return found


def asked_schedules(asked: Mapping[str, Any]) -> QuerySet[Schedule]:
    """The schedules of `team`, or `schedule`, or all; 404 when what is named does not exist, so that a typing error
    does not look like a gap."""
    found = Schedule.objects.select_related("team").order_by("team__name", "name", "id")
    if "team" in asked:
        if not Team.objects.filter(slug=asked["team"]).exists():
            raise Http404
        found = found.filter(team__slug=asked["team"])
    if "schedule" in asked:
        found = found.filter(pk=asked["schedule"])
        if not found.exists():
            raise Http404
    return found


def span_of(since: datetime, until: datetime, longest: timedelta) -> Interval:
    """From one moment until just before the other. Raises ValidationError when it is no time, or too much."""
    if until <= since:
        raise ValidationError({"until": ["The end must be after the start."]})
    if until - since > longest:
        raise ValidationError({"until": [f"At most {longest.days} days can be asked for at once."]})
    return Interval(since, until)
