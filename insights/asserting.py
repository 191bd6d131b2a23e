"""Assertions asked: from rows to answers, verdicts and their words."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from accounts.models import Membership
from insights import assertions
from insights.assertions import Expectation, InvalidExpectation, Missed, Outcome, Page
from insights.models import Assertion
from insights.simulator import Answer, Question, answers
from insights.simulator.words import after_in_words, passed_in_words, summary

LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True)
class Verdict:
    """An assertion as it is now: the moment that was asked, whether it holds, and if not why, then the answer."""

    assertion: Assertion
    at: datetime
    holds: bool
    missed: tuple[str, ...]
    answer: Answer

    @property
    def words(self) -> str:
        """What is stored: what is wrong first."""
        return _shortened(" ".join([*self.missed, summary(self.answer)]))


def verdicts(rows: Sequence[Assertion], now: datetime) -> list[Verdict]:
    """One for each, in order, by a fixed number of queries; their services are loaded."""
    found = answers([Question(row.service, moment_of(row, now), row.severity) for row in rows])
    teams = _teams_of(found) if any(row.expect.get("paged", {}).get("team") for row in rows) else {}
    return [_verdict(row, answer, teams) for row, answer in zip(rows, found, strict=True)]


def moment_of(row: Assertion, now: datetime) -> datetime:
    """The instant that the assertion is about, as seen from `now`."""
    if row.at is not None or row.local_time is None:
        return row.at or now
    return assertions.next_moment(now, row.time_zone, row.local_time, row.weekday)


def _verdict(row: Assertion, answer: Answer, teams: dict[int, frozenset[str]]) -> Verdict:
    at = answer.question.at
    try:
        expected = assertions.read(row.expect)
    except InvalidExpectation as error:
        return Verdict(row, at, False, (str(error),), answer)
    missed = assertions.judged(expected, outcome_of(answer, teams))
    return Verdict(row, at, not missed, tuple(_in_words(each, expected) for each in missed), answer)


def outcome_of(answer: Answer, teams: dict[int, frozenset[str]]) -> Outcome:
    """The answer as expectations see it."""
    return Outcome(
        pages=tuple(
            Page(
                frozenset({paged.person.pk, paged.person.email}),
                teams.get(paged.person.pk, frozenset()),
                way.transport,
                after,
            )
            for after, paged, way in answer.pages
        ),
        empty=tuple(passed_in_words(each) for each in answer.amiss),
    )


def _teams_of(found: Iterable[Answer]) -> dict[int, frozenset[str]]:
    people = {paged.person.pk for answer in found for _after, paged, _way in answer.pages}
    teams: defaultdict[int, set[str]] = defaultdict(set)
    for user_id, slug in Membership.objects.filter(user__in=people).values_list("user_id", "team__slug"):
        teams[user_id].add(slug)
    return {user_id: frozenset(slugs) for user_id, slugs in teams.items()}


def _in_words(missed: Missed, expected: Expectation) -> str:
    found = missed.found
    if missed.what == "never_empty":
        return _("%(steps)s.") % {"steps": found}
    if missed.what == "first_page_within":
        if isinstance(found, timedelta):
            return _("The first page goes out after %(span)s.") % {"span": after_in_words(found)}
        return _("Nobody is paged.")
    if missed.what == "not_paged":
        return _("Somebody is paged who should not be.")
    if isinstance(found, timedelta):
        return _("Who should be paged is paged only after %(span)s.") % {"span": after_in_words(found)}
    if expected.by:
        return _("None of those who should be paged is paged in that way.")
    return _("None of those who should be paged is paged.")


def _shortened(words: str) -> str:
    return words if len(words) <= LONGEST_WORDS else words[: LONGEST_WORDS - 1] + "…"
