"""What stands between an incident and somebody who hears of it, the worst first, each with the one next step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.models import User
from insights.readiness.facts import DRILLED_WITHIN, Facts, Used, read
from lib.intervals import load_zone
from lib.moments import day_and_minute, span
from notifications import transports
from notifications.models import ContactMethod
from notifications.queries import title_of
from notifications.transports.base import Transport

SHOWN_SERVICES = 3


class Kind(StrEnum):
    """In order, the worst first."""

    NOBODY = "policy_reaches_nobody"
    NO_METHOD = "no_method"
    NO_FALLBACK = "fallback_reaches_nobody"
    PROVIDER = "provider"
    FAILED = "failed_last_time"
    GAP = "gap_ahead"
    EMPTY_STEP = "step_reaches_nobody"
    SLEEPS = "nothing_wakes"
    ONE_METHOD = "one_method"
    NOT_DRILLED = "no_drill_answered"


TITLES: dict[Kind, tuple[str | Promise, str | Promise]] = {
    Kind.NOBODY: (
        gettext_lazy("Nobody would be reached"),
        gettext_lazy(
            "By these policies a page reaches nobody whom they name, now. The admins are paged instead."
        ),
    ),
    Kind.NO_METHOD: (
        gettext_lazy("No verified way to be reached"),
        gettext_lazy("A page passes these people over, as if they were not there."),
    ),
    Kind.NO_FALLBACK: (
        gettext_lazy("Policies that end in nobody"),
        gettext_lazy(
            "If nobody answers, there is no fallback who can be reached: at last the admins are paged."
        ),
    ),
    Kind.PROVIDER: (
        gettext_lazy("Channels that carry nothing"),
        gettext_lazy("People count on them; their other methods are used meanwhile."),
    ),
    Kind.FAILED: (
        gettext_lazy("A phone that failed last time"),
        gettext_lazy("The last page, test or drill to it was not taken."),
    ),
    Kind.GAP: (
        gettext_lazy("Gaps in the next four weeks"),
        gettext_lazy("Nobody is on call then, in schedules by which services page."),
    ),
    Kind.EMPTY_STEP: (
        gettext_lazy("Steps that reach nobody now"),
        gettext_lazy("The policy goes on as it says for empty steps."),
    ),
    Kind.SLEEPS: (
        gettext_lazy("Nothing that wakes"),
        gettext_lazy("Reached only by what a sleeping person does not hear."),
    ),
    Kind.ONE_METHOD: (
        gettext_lazy("One way only"),
        gettext_lazy("When it fails, there is no other."),
    ),
    Kind.NOT_DRILLED: (
        gettext_lazy("No drill answered in 90 days"),
        gettext_lazy("Nobody knows whether a page would reach them. A drill finds out."),
    ),
}
TONES = {Kind.NOBODY: "alarm", Kind.NO_METHOD: "alarm", Kind.NO_FALLBACK: "alarm"}
WARNS = {Kind.PROVIDER, Kind.FAILED, Kind.GAP, Kind.EMPTY_STEP}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not ready. `next_step` is what to do about it, at the path `url` (empty: there is no page)."""

    kind: Kind
    subject: str
    subject_id: int | None
    name: str
    text: str
    next_step: str
    url: str
    person: User | None = None


@dataclass(frozen=True, slots=True)
class Section:
    """All findings of a kind."""

    kind: Kind
    rows: tuple[Finding, ...]

    @property
    def title(self) -> str | Promise:
        return TITLES[self.kind][0]

    @property
    def why(self) -> str | Promise:
        return TITLES[self.kind][1]

    @property
    def tone(self) -> str:
        return "warn" if self.kind in WARNS else TONES.get(self.kind, "calm")


@dataclass(frozen=True, slots=True)
class Report:
    """`is_ready` when nothing is wrong that could cost a page now: what is only thin does not count."""

    now: datetime
    people: int
    policies: int
    sections: tuple[Section, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        return tuple(row for section in self.sections for row in section.rows)

    @property
    def grave(self) -> tuple[Finding, ...]:
        """What could cost a page."""
        return tuple(row for section in self.sections if section.tone != "calm" for row in section.rows)

    @property
    def is_ready(self) -> bool:
        return all(section.tone == "calm" for section in self.sections)

    @property
    def is_well(self) -> bool:
        """There is nothing at all to say."""
        return not self.sections


def report(now: datetime) -> Report:
    """The whole installation, at `now`."""
    return report_of(read(now))


def report_of(facts: Facts) -> Report:
    """The same from facts that were read."""
    found = [finding for look in _LOOKS for finding in look(facts)]
    sections = [
        Section(kind, rows) for kind in Kind if (rows := tuple(each for each in found if each.kind == kind))
    ]
    return Report(facts.now, len(facts.people), len(facts.policies), tuple(sections))


# --- Policies


def _policies(facts: Facts) -> Iterator[Finding]:
    for used in facts.policies:
        steps = [_reachable(facts, used.of_step(number)) for number in range(len(used.plans[0].steps))]
        fallback = _reachable(facts, used.fallback)
        if not any(steps) and not fallback:
            yield _of_policy(Kind.NOBODY, used, _services(used))
            continue
        if not fallback:
            yield _of_policy(Kind.NO_FALLBACK, used, _services(used), _("Name a fallback"))
        empty = [str(number) for number, found in enumerate(steps, start=1) if not found]
        if empty:
            words = ngettext("Step %(steps)s.", "Steps %(steps)s.", len(empty)) % {"steps": ", ".join(empty)}
            yield _of_policy(Kind.EMPTY_STEP, used, f"{words} {_services(used)}")


def _reachable(facts: Facts, ids: set[int]) -> list[User]:
    return [user for each in ids if (user := facts.people.get(each)) and _methods(user)]


def _of_policy(kind: Kind, used: Used, text: str, step: str = "") -> Finding:
    url = reverse("oncall:policy", args=[used.policy.pk])
    return Finding(
        kind, "policy", used.policy.pk, used.policy.name, text, step or _("Look at the policy"), url
    )


def _services(used: Used) -> str:
    names = ", ".join(str(each) for each in used.services[:SHOWN_SERVICES])
    more = len(used.services) - SHOWN_SERVICES
    if more > 0:
        return _("Used by %(names)s and %(n)s more.") % {"names": names, "n": more}
    return _("Used by %(names)s.") % {"names": names}


def _gaps(facts: Facts) -> Iterator[Finding]:
    for row in facts.cover:
        if row.cover.gaps:
            first, more = row.cover.gaps[0], len(row.cover.gaps) - 1
            zone = load_zone(row.schedule.time_zone)
            text = _("From %(since)s until %(until)s.") % {
                "since": day_and_minute(first.start, zone),
                "until": day_and_minute(first.end, zone),
            }
            if more:
                text += " " + ngettext("%(n)s more gap,", "%(n)s more gaps,", more) % {"n": more}
                text += " " + _("%(span)s in all.") % {"span": span(row.cover.uncovered)}
            url = reverse("oncall:schedule", args=[row.schedule.pk])
            yield Finding(Kind.GAP, "schedule", row.schedule.pk, str(row.schedule), text, _("Fill it"), url)


# --- People


def _methods(user: User) -> list[ContactMethod]:
    """As `recipients.people` has read them."""
    found: list[ContactMethod] = getattr(user, "usable_methods", [])
    return found


def _wakes(method: ContactMethod) -> bool:
    transport = _transport(method.transport)
    return transport is not None and transport.carries.wakes


def _people(facts: Facts) -> Iterator[Finding]:
    for user in sorted(facts.people.values(), key=lambda each: (each.name.lower(), each.pk)):
        methods = _methods(user)
        if not methods:
            yield _of_person(Kind.NO_METHOD, user, "", _("Ask them to add one"))
            continue
        yield from _failed(facts, user, methods)
        names = ", ".join(dict.fromkeys(str(title_of(each.transport)) for each in methods))
        if not any(_wakes(each) for each in methods):
            yield _of_person(Kind.SLEEPS, user, names, _("Ask for a phone"))
        elif len(methods) == 1:
            yield _of_person(Kind.ONE_METHOD, user, names, _("Ask for another"))
        yield from _undrilled(facts, user)


def _failed(facts: Facts, user: User, methods: list[ContactMethod]) -> Iterator[Finding]:
    lasts = {each.method: each for each in facts.lasts.get(user.pk, ())}
    for method in methods:
        last = lasts.get(method.pk)
        if last and last.state == "failed" and _wakes(method):
            text = f"{title_of(method.transport)}: {last.outcome or _('not taken')}"[:200]
            yield _of_person(Kind.FAILED, user, text, _("Drill them"), _drill_url(user))


def _undrilled(facts: Facts, user: User) -> Iterator[Finding]:
    answered = facts.answered.get(user.pk)
    if answered and answered >= facts.now - DRILLED_WITHIN:
        return
    if answered:
        text = _("Last answered %(when)s.") % {"when": day_and_minute(answered, user.zone)}
    elif user.pk in facts.missed:
        text = _("Was in a drill and never answered one.")
    else:
        text = _("Was never in a drill.")
    yield _of_person(Kind.NOT_DRILLED, user, text, _("Drill them"), _drill_url(user))


def _of_person(kind: Kind, user: User, text: str, step: str, url: str = "") -> Finding:
    url = url or reverse("accounts:person", args=[user.pk])
    return Finding(kind, "user", user.pk, str(user), text, step, url, user)


def _drill_url(user: User) -> str:
    return f"{reverse('oncall:drill-start')}?what=person:{user.pk}"


# --- Channels


def _channels(facts: Facts) -> Iterator[Finding]:
    for circuit in facts.circuits:
        text = _("Does not answer since %(when)s: %(reason)s") % {
            "when": day_and_minute(circuit.opened_at, UTC) if circuit.opened_at else "–",
            "reason": circuit.reason[:160] or "–",
        }
        url = _path("insights:operations")
        yield Finding(Kind.PROVIDER, "channel", None, circuit.name, text, _("Look at Operations"), url)
    users: dict[str, set[int]] = {}
    for user in facts.people.values():
        for method in _methods(user):
            users.setdefault(method.transport, set()).add(user.pk)
    for name, ids in sorted(users.items()):
        transport = _transport(name)
        if transport is None or not transport.is_available():
            words = ngettext("%(n)s person counts on it", "%(n)s people count on it", len(ids)) % {
                "n": len(ids)
            }
            text = _("%(people)s, and it is not set up.") % {"people": words}
            url = _path("notifications:providers") or _path("accounts:settings")
            yield Finding(Kind.PROVIDER, "channel", None, str(title_of(name)), text, _("Set it up"), url)


def _transport(name: str) -> Transport | None:
    try:
        return transports.get(name)
    except transports.UnknownTransport:
        return None


def _path(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


_LOOKS: tuple[Callable[[Facts], Iterator[Finding]], ...] = (_policies, _people, _channels, _gaps)
