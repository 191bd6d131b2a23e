"""An answer in sentences: for the page, the command and what is stored of an assertion."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from insights.simulator.values import Answer, Paged, Passed, Reason, Rung, Told
from lib.moments import span as span_words
from notifications import transports
from oncall.plan import TargetKind


def reason_in_words(reason: Reason) -> str:
    """Why somebody is paged: "Payments primary", "by name"."""
    name = {"name": reason.name}
    words = {
        TargetKind.USER: _("by name"),
        TargetKind.SCHEDULE: reason.name,
        TargetKind.SECONDARY: _("secondary of %(name)s") % name,
        TargetKind.EVERYBODY: _("primary and secondary of %(name)s") % name,
        TargetKind.ROUND_ROBIN: _("next in turn of %(name)s") % name,
        TargetKind.TEAM: _("everybody of %(name)s") % name,
        TargetKind.OWNER: _("%(name)s, the owner") % name,
    }
    return words[TargetKind(reason.kind)]


def reasons_in_words(paged: Paged) -> str:
    """All of them; an admin's is that there is nobody else."""
    return ", ".join(reason_in_words(each) for each in paged.because) or _("an admin, as nobody else is left")


def way_in_words(way: Told) -> str:
    """ "E-mail at once", "Webhook after 2 min", "E-mail to the address of the account", "SMS after 4 h (quiet hours
    until Tue 07:00)". The moment is on the current zone's clock."""
    title = transport_in_words(way.transport)
    if way.is_fallback:
        title = _("%(title)s to the fallback of the installation") % {"title": title}
    elif way.method is None:
        title = _("%(title)s to the address of the account") % {"title": title}
    when = _("after %(span)s") % {"span": span_words(way.after)} if way.after else _("at once")
    return f"{title} {when}{_held(way)}{_spaced(way)}"


def _held(way: Told) -> str:
    if way.held_until is None:
        return ""
    clock = f"{localtime(way.held_until):%a %H:%M}"
    return " " + _("(quiet hours until %(clock)s)") % {"clock": clock}


def _spaced(way: Told) -> str:
    """Only what somebody chose: what every channel does by itself would stand behind each name."""
    if not (way.is_own and way.together):
        return ""
    return " " + _("(further ones within %(span)s together)") % {"span": span_words(way.together)}


def unreachable_in_words(answer: Answer) -> str:
    """What becomes of the pages of people who cannot be reached."""
    if not answer.last_resort:
        return _("No fallback is set up for them.")
    return _("Their pages go to the fallback of the installation (%(title)s), and nobody is waited for.") % {
        "title": transport_in_words(answer.last_resort)
    }


def ways_in_words(ways: Iterable[Told]) -> str:
    """In order of time."""
    return ", ".join(way_in_words(each) for each in ways)


def transport_in_words(transport: str) -> str:
    """What people call it."""
    try:
        return str(transports.get(transport).title)
    except transports.UnknownTransport:
        return transport


def step_in_words(rung: Rung) -> str:
    """ "step 2", "step 1, round 2", "the fallback"."""
    if rung.kind == "fallback":
        return _("the fallback")
    return _step(rung.step, rung.round)


def _step(step: int, number: int) -> str:
    if number == 1:
        return _("step %(n)s") % {"n": step}
    return _("step %(n)s, round %(round)s") % {"n": step, "round": number}


def passed_in_words(passed: Passed) -> str:
    """Why a step pages nobody, and what is done about it."""
    step = _step(passed.step, passed.round)
    step = step[:1].upper() + step[1:]
    why = {
        "nobody": _("%(step)s has nobody"),
        "no_targets": _("%(step)s names nobody"),
        "condition": _("%(step)s is %(detail)s"),
        "hours": _("%(step)s is outside its hours (%(detail)s)"),
    }[passed.reason] % {"step": step, "detail": passed.detail}
    then = {
        "passed": _("passed over at once"),
        "held": _("held until somebody is on call, an hour at most"),
        "waits": _("it waits for them"),
        "fallback": _("the fallback is paged in its place"),
        "in_vain": _("held for an hour in vain, then the fallback is paged in its place"),
    }[passed.outcome]
    return f"{why}: {then}"


def summary(answer: Answer, longest: int = 500) -> str:
    """The whole answer in a line: "Ada Ito at once, Grace Hu after 5 min, then the fallback: Ada Ito after 10 min"."""
    parts = [_who(answer, rung) for rung in answer.rungs if rung.people]
    words = "; ".join(parts) or _("nobody is paged")
    return words if len(words) <= longest else words[: longest - 1] + "…"


def _who(answer: Answer, rung: Rung) -> str:
    names = ", ".join(str(each.person) for each in rung.people)
    after = rung.at - answer.question.at
    when = _("after %(span)s") % {"span": span_words(after)} if after else _("at once")
    return f"{names} {when} ({step_in_words(rung)})"


def headline(answer: Answer) -> str:
    """The answer in a sentence: "Ada Ito is paged at once.", "Ada Ito, Grace Hu are paged after 2 min."."""
    people, after = answer.first_paged, answer.first_page_after
    if after is None:
        return _("Nobody is ever paged.")
    names = {"names": ", ".join(map(str, people)), "when": after_in_words(after)}
    if after:
        names["when"] = _("after %(span)s") % {"span": names["when"]}
    return ngettext("%(names)s is paged %(when)s.", "%(names)s are paged %(when)s.", len(people)) % names


def after_in_words(after: timedelta) -> str:
    """ "at once", "5 min"."""
    return span_words(after) if after else _("at once")
