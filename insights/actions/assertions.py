"""Assertions about paging: writing them, asking them again, telling when one fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import Team, User
from catalog.models import Service
from insights import assertions
from insights.asserting import Verdict, verdicts
from insights.assertion_mails import mail_failure
from insights.assertions import Expectation, InvalidExpectation, Person
from insights.models import Assertion
from notifications import transports
from oncall.drafts import Refused, checked_name
from oncall.models import Schedule

BATCH = 200
LONGEST_NAME = 120
MOST = 1000
"""Assertions of an installation: all of them are asked every ten minutes."""


@transaction.atomic
def save_assertion(
    *,
    actor: User,
    now: datetime,
    assertion: Assertion | None,
    team: Team,
    name: str,
    service: Service,
    severity: int | None,
    expect: object,
    at: datetime | None = None,
    weekday: int | None = None,
    local_time: time | None = None,
    time_zone: str = "UTC",
) -> Assertion:
    """A new assertion, or `assertion` as it shall be from now on; it is asked at once.

    The moment is the instant `at`, or the next `local_time` on `weekday` (0 is Monday, None: any day) in `time_zone`.
    `expect` is JSON as insights.assertions has it. Raises Refused: fields are the arguments, and "expect.paged.within".
    """
    if not Team.objects.changeable_by(actor).filter(pk=team.pk).exists():
        raise Refused("team", _("Only managers of the team and admins say what is expected."))
    row = Assertion.objects.select_for_update().get(pk=assertion.pk) if assertion else _new(actor, now)
    _check_moment(at, local_time, weekday)
    row.team, row.name, row.service, row.severity = team, checked_name(name, LONGEST_NAME), service, severity
    row.at, row.weekday, row.local_time, row.time_zone = at, weekday, local_time, time_zone
    row.expect = assertions.written(_checked(expect))
    (verdict,) = verdicts([row], now)
    _note(row, verdict, now)
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused("name", _("This team has an assertion of this name already.")) from error
    return row


@transaction.atomic
def delete_assertion(*, actor: User, now: datetime, assertion: Assertion) -> None:
    """It is asked no more. Raises Refused."""
    if not Assertion.objects.changeable_by(actor).filter(pk=assertion.pk).exists():
        raise Refused("", _("Only managers of the team and admins say what is expected."))
    assertion.delete()


def check_assertions(*, now: datetime, concerned: QuerySet[Assertion] | None = None) -> int:
    """Ask them again (all, or those that are concerned) and keep the answers; returns how many fail.

    Those that newly fail are mailed to the managers of their team, once. Any number of workers may do this at once.
    """
    found = Assertion.objects.all() if concerned is None else concerned
    ids = list(found.order_by("pk").values_list("pk", flat=True)[:MOST])
    return sum(_check(ids[start : start + BATCH], now) for start in range(0, len(ids), BATCH))


@transaction.atomic
def _check(ids: list[int], now: datetime) -> int:
    rows = list(
        Assertion.objects.filter(pk__in=ids)
        .select_related("service", "team")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    found = verdicts(rows, now)
    newly = [
        row for row, verdict in zip(rows, found, strict=True) if row.holds is not False and not verdict.holds
    ]
    for row, verdict in zip(rows, found, strict=True):
        _note(row, verdict, now)
    Assertion.objects.bulk_update(rows, ["holds", "answer", "checked_at"])
    for row in newly:
        mail_failure(row, now)
    return sum(not verdict.holds for verdict in found)


def concerned_by(kind: str, number: int) -> QuerySet[Assertion]:
    """The assertions whose answer a change of that schedule or policy may change. People, teams and calendars stand
    in many schedules: theirs are all of them."""
    found = Assertion.objects.all()
    if kind == "policy":
        return found.filter(service__policy=number)
    if kind == "schedule":
        using = Schedule.objects.filter(pk=number, step_targets__isnull=False)
        policies = using.values("step_targets__step__policy")
        return found.filter(service__policy__in=policies)
    return found


def _note(row: Assertion, verdict: Verdict, now: datetime) -> None:
    row.holds, row.answer, row.checked_at = verdict.holds, verdict.words, now


def _new(actor: User, now: datetime) -> Assertion:
    if Assertion.objects.count() >= MOST:
        raise Refused("", _("There are %(n)s assertions already: delete some first.") % {"n": MOST})
    return Assertion(created_by=actor, created_at=now)


def _check_moment(at: datetime | None, local_time: time | None, weekday: int | None) -> None:
    if (at is None) == (local_time is None):
        raise Refused("at", _("Give one moment: an instant, or a time of day."))
    if at is not None and weekday is not None:
        raise Refused("weekday", _("An instant has its weekday already."))


def _checked(expect: object) -> Expectation:
    """With numbers in place of addresses, so that a new address changes nothing. Raises Refused."""
    try:
        expected = assertions.read(expect)
    except InvalidExpectation as error:
        raise Refused(f"expect.{error.field}".rstrip("."), error.message) from error
    if expected.team and not Team.objects.filter(slug=expected.team).exists():
        raise Refused("expect.paged.team", _("There is no such team."))
    if expected.by and expected.by not in transports.NAMES:
        known = ", ".join(transports.NAMES)
        raise Refused(
            "expect.paged.by", _("There is no such transport; there are: %(known)s.") % {"known": known}
        )
    numbers = _numbers({*expected.anyone_of, *expected.not_paged})
    return Expectation(
        anyone_of=_known(expected.anyone_of, numbers, "expect.paged.anyone_of"),
        team=expected.team,
        within=expected.within,
        by=expected.by,
        never_empty=expected.never_empty,
        first_page_within=expected.first_page_within,
        not_paged=_known(expected.not_paged, numbers, "expect.not_paged"),
    )


def _numbers(named: set[Person]) -> dict[Person, int]:
    ids = {each for each in named if isinstance(each, int)}
    addresses = {each for each in named if isinstance(each, str)}
    found: dict[Person, int] = {each: each for each in User.objects.in_bulk(ids)}
    return found | dict(User.objects.filter(email__in=addresses).values_list("email", "pk"))


def _known(people: tuple[Person, ...], numbers: Mapping[Person, int], field: str) -> tuple[Person, ...]:
    for each in people:
        if each not in numbers:
            raise Refused(field, _("There is nobody of the number or address %(who)s.") % {"who": each})
    return tuple(dict.fromkeys(numbers[each] for each in people))
