"""What people can say to Tocsin in a chat: `/tocsin ack 42`. The layers above register the words.

A channel proves who speaks and calls `reply`; the answer is plain text for that person alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from accounts.models import User
from lib.text import clean

log = structlog.get_logger(__name__)

LONGEST = 2000
NAME = "/tocsin"


@dataclass(frozen=True, slots=True)
class Said:
    """What a person typed behind the command's word. `via` is the transport by which it came."""

    person: User
    text: str
    via: str
    now: datetime


class NotUnderstood(Exception):
    """The person asked for something that cannot be done as it stands; the message says what to type instead."""


@dataclass(frozen=True, slots=True)
class Command:
    """One word. `usage` is what stands behind it, `help` one line; `acts` says that viewers may not use it.

    `run` returns what is answered; it raises NotUnderstood.
    """

    word: str
    usage: str | Promise
    help: str | Promise
    run: Callable[[Said], str]
    acts: bool = True


_commands: dict[str, Command] = {}


def register(command: Command) -> None:
    """Called in the `AppConfig.ready()` of the layer that knows what the word means."""
    _commands[command.word] = command


def reply(*, person: User, text: str, via: str, now: datetime) -> str:
    """Do what `text` (without the command's own name) asks for and say what came of it."""
    word, _space, rest = clean(text, LONGEST).strip().partition(" ")
    command = _commands.get(word.lower())
    if command is None:
        return _help(unknown=word if word.lower() not in ("", "help") else "")
    if command.acts and not person.can_respond:
        return _("Viewers follow incidents but do not act on them. An admin can make you a responder.")
    try:
        said = command.run(Said(person, " ".join(rest.split()), via, now))
    except NotUnderstood as error:
        return str(error)
    log.info("command", word=command.word, person=person.pk, via=via)
    return said


def _help(unknown: str) -> str:
    first = [_("“%(word)s” is not known here.") % {"word": unknown[:40]}] if unknown else []
    lines = [f"{NAME} {each.word} {each.usage}".rstrip() + f" – {each.help}" for each in _commands.values()]
    return "\n".join([*first, _("What you can say:"), *lines])
