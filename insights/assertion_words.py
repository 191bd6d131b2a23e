"""What is expected, in sentences."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import Team, User
from insights import assertions
from insights.assertions import Expectation, InvalidExpectation
from insights.models import Assertion
from insights.simulator.words import after_in_words, transport_in_words
from oncall.forms.fields import WEEKDAYS


def when_in_words(row: Assertion) -> str:
    """ "each Saturday at 14:00 Europe/Berlin", "each day at 03:00 UTC", or the instant on the reader's clock."""
    if row.at is not None:
        return date_format(localtime(row.at), "D j M Y, H:i")
    at = {"time": f"{row.local_time:%H:%M}", "zone": row.time_zone}
    if row.weekday is None:
        return _("each day at %(time)s %(zone)s") % at
    return _("each %(day)s at %(time)s %(zone)s") % {"day": WEEKDAYS[row.weekday], **at}


def expected_in_words(row: Assertion) -> list[str]:
    """A line for each expectation."""
    try:
        expected = assertions.read(row.expect)
    except InvalidExpectation as error:
        return [str(error)]
    return [line for line in _lines(expected) if line]


def _lines(expected: Expectation) -> Iterable[str]:
    yield _paged(expected)
    if expected.first_page_within is not None:
        span = after_in_words(timedelta(seconds=expected.first_page_within))
        yield _("Somebody is paged: %(when)s at the latest.") % {"when": span}
    if expected.not_paged:
        yield _("Not paged: %(names)s.") % {"names": _names(expected.not_paged)}
    if expected.never_empty:
        yield _("No step has nobody.")


def _paged(expected: Expectation) -> str:
    if not (expected.anyone_of or expected.team):
        return ""
    whom = _names(expected.anyone_of)
    if expected.team:
        team = Team.objects.filter(slug=expected.team).first()
        whom = _("somebody of %(team)s") % {"team": team or expected.team}
    words = [_("Paged: %(whom)s") % {"whom": whom}]
    if expected.by:
        words.append(_("by %(transport)s") % {"transport": transport_in_words(expected.by)})
    if expected.within is not None:
        span = after_in_words(timedelta(seconds=expected.within))
        words.append(_("%(when)s at the latest") % {"when": span})
    return ", ".join(words) + "."


def _names(people: Iterable[assertions.Person]) -> str:
    ids = [each for each in people if isinstance(each, int)]
    return _(" or ").join(str(each) for each in User.objects.filter(pk__in=ids).order_by("name")) or _(
        "nobody"
    )
