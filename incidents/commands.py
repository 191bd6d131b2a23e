"""What `/tocsin` can do about incidents, by the same actions as the pages (registered with notifications.commands)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as say

from accounts.models import Team, User
from catalog.models import Service
from catalog.queries import on_call_for
from incidents.actions import calling, opening, transitions
from incidents.actions.paging import NotOpen
from incidents.actions.timeline import NoSuchIncident
from incidents.messages import incident_url
from incidents.models import Incident, Severity
from incidents.queries.timeline import answer_to
from lib.moments import day_and_minute, relative
from notifications.commands import Command, NotUnderstood, Said, register
from oncall.models import Schedule
from oncall.queries import Duty, on_call_now

MOST = 10
LONGEST_NAME = 8
T = TypeVar("T", Service, User)
NUMBER = re.compile(r"#?([0-9]{1,17})")
SEVERITY = re.compile(r"sev([1-4])", re.IGNORECASE)


def register_all() -> None:
    """The four words, in the order in which help names them."""
    for command in (
        Command("ack", "[42]", say("acknowledge what pages you, or that incident"), ack),
        Command("who", say("[team, schedule or service]"), say("who is on call now"), who, acts=False),
        Command("page", say("<person or service> <why>"), say("page them now about a new incident"), page),
        Command("declare", say("<service> [sev2] <title>"), say("declare an incident and lead it"), declare),
    ):
        register(command)


# --- ack


def ack(said: Said) -> str:
    """The incident that is named, else the one that pages the person; a choice when several do."""
    number = NUMBER.fullmatch(said.text)
    if said.text and not number:
        raise NotUnderstood(_("Which incident? Say its number: ack 42"))
    if number:
        return _acknowledged(said, int(number.group(1)))
    mine = list(Incident.objects.open().paging(said.person).select_related("service")[:MOST])
    if not mine:
        return _("Nothing is paging you. To acknowledge another incident, say its number: ack 42")
    if len(mine) > 1:
        lines = [_line(each) for each in mine]
        return "\n".join([_("Several are paging you. Say which: ack %(n)s") % {"n": mine[0].pk}, *lines])
    return _acknowledged(said, mine[0].pk)


def _acknowledged(said: Said, number: int) -> str:
    try:
        incident, first = transitions.acknowledge(
            incident_id=number, actor=said.person, now=said.now, via=said.via
        )
    except (NotOpen, NoSuchIncident) as error:
        raise NotUnderstood(str(error)) from error
    if first:
        return _("You have %(incident)s. Paging has stopped.") % {"incident": _line(incident)}
    return _had_before(incident, said)


def _had_before(incident: Incident, said: Said) -> str:
    answer = answer_to(incident)
    if answer is None:
        return _("%(incident)s was acknowledged before.") % {"incident": _line(incident)}
    who_had = _("You") if answer.person == said.person else (answer.person or answer.text)
    return _("%(who)s acknowledged it already, %(when)s: %(incident)s") % {
        "who": who_had,
        "when": relative(answer.at, said.now),
        "incident": _line(incident),
    }


def _line(incident: Incident) -> str:
    return f"#{incident.pk} {incident.title} ({incident.service}) {incident_url(incident)}"


# --- who


def who(said: Said) -> str:
    """Who is on call, for the person's own teams unless something is named."""
    if not said.text:
        mine = Schedule.objects.filter(team__in=said.person.teams.all())
        return _duties(mine if mine.exists() else Schedule.objects.all(), said)
    schedules = _schedules(said.text)
    if schedules is not None:
        return _duties(schedules, said)
    service, rest = _split(said.text, Service.objects.live().select_related("policy"), _names_of_service)
    if service is None or rest:
        raise NotUnderstood(
            _("No team, schedule or service is called “%(name)s”.") % {"name": said.text[:80]}
        )
    return f"{service}: {_names(on_call_for([service], said.now)[service.pk])}"


def _schedules(name: str) -> QuerySet[Schedule] | None:
    """Those of that name, or of the team of that name, or whose name has it within; None for none."""
    team = Team.objects.filter(name__iexact=name).first() or Team.objects.filter(slug=name.lower()).first()
    of_team = Schedule.objects.filter(team=team) if team else Schedule.objects.none()
    candidates = (
        Schedule.objects.filter(name__iexact=name),
        of_team,
        Schedule.objects.filter(name__icontains=name),
    )
    return next((found for found in candidates if found.exists()), None)


def _duties(schedules: QuerySet[Schedule], said: Said) -> str:
    listed = list(schedules.select_related("team").order_by("team__name", "name")[: MOST + 1])
    if not listed:
        raise NotUnderstood(_("There is no schedule yet."))
    lines = [_duty(each, said.person) for each in on_call_now(said.now, listed[:MOST])]
    return "\n".join([*lines, *([_("…and more. Name a team or a schedule.")] if len(listed) > MOST else [])])


def _duty(duty: Duty, reader: User) -> str:
    until = f", {_('until')} {day_and_minute(duty.until, reader.zone)}" if duty.until else ""
    then = f" ({_('then')} {_names(duty.following)})" if duty.following else ""
    return f"{duty.schedule}: {_names(duty.people)}{until}{then}"


def _names(people: Iterable[User]) -> str:
    return ", ".join(str(each) for each in people) or _("nobody")


# --- page


def page(said: Said) -> str:
    """A person or a service by name, then why."""
    service, why = _split(
        said.text, Service.objects.live().select_related("team", "policy"), _names_of_service
    )
    if service is not None:
        _needs(why, _("Say why, too: page %(name)s <why>") % {"name": service.slug})
        incident = calling.page_service(actor=said.person, service=service, why=why, now=said.now)
        return _paging(_names(on_call_for([service], said.now)[service.pk]), incident)
    person, why = _split(said.text, User.objects.responders(), _names_of_person)
    if person is None:
        raise NotUnderstood(_unknown(said.text))
    _needs(why, _("Say why, too: page %(name)s <why>") % {"name": person.email})
    return _paged_person(said, person, why)


def _paged_person(said: Said, person: User, why: str) -> str:
    try:
        incident = calling.page_person(actor=said.person, person=person, why=why, now=said.now)
    except calling.NoService as error:
        text = _("%(name)s is in no team that has a service. Page a service instead.")
        raise NotUnderstood(text % {"name": person}) from error
    return _paging(str(person), incident)


def _paging(whom: str, incident: Incident) -> str:
    return _("Paging %(whom)s: %(incident)s") % {"whom": whom, "incident": _line(incident)}


# --- declare


def declare(said: Said) -> str:
    """A service by name, a severity unless SEV3 is meant, then the title."""
    service, rest = _split(
        said.text, Service.objects.live().select_related("team", "policy"), _names_of_service
    )
    if service is None:
        raise NotUnderstood(_unknown(said.text))
    first, _space, behind = rest.partition(" ")
    rank = SEVERITY.fullmatch(first)
    severity, title = (int(rank.group(1)), behind) if rank else (int(Severity.SEV3), rest)
    _needs(title, _("Say what is wrong, too: declare %(name)s sev2 <title>") % {"name": service.slug})
    incident = opening.declare_new(
        actor=said.person, service=service, title=title, severity=severity, now=said.now
    )
    return _("Declared as %(severity)s; you lead. %(incident)s") % {
        "severity": incident.get_severity_display(),
        "incident": _line(incident),
    }


# --- Names


def _split(text: str, among: Iterable[T], names: Callable[[T], tuple[str, ...]]) -> tuple[T | None, str]:
    """The one that the text begins with, by the longest name that fits, and the rest; None where no name does or
    where two have it."""
    known: dict[str, list[T]] = {}
    for each in among:
        for name in {name.casefold() for name in names(each) if name}:
            known.setdefault(name, []).append(each)
    words = text.split()
    for count in range(min(len(words), LONGEST_NAME), 0, -1):
        found = known.get(" ".join(words[:count]).casefold().removeprefix("@"), [])
        if len(found) == 1:
            return found[0], " ".join(words[count:])
        if found:
            raise NotUnderstood(_("Several have that name. Use the e-mail address."))
    return None, text


def _names_of_service(service: Service) -> tuple[str, ...]:
    return service.name, service.slug


def _names_of_person(person: User) -> tuple[str, ...]:
    return person.name, person.email, person.name.split()[0] if person.name.split() else ""


def _needs(text: str, otherwise: str) -> None:
    if not text:
        raise NotUnderstood(otherwise)


def _unknown(text: str) -> str:
    if not text:
        return _("Say whom or what: a service by its name, a person by name or e-mail address.")
    return _(
        "Nothing here is called “%(name)s”. Services go by their name, people by name or e-mail address."
    ) % {"name": text.split()[0][:80]}
