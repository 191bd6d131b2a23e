"""A message in pieces that were cut to size, so that each channel renders them in its own markup.

Whatever somebody wrote into an alert may be of any length. The headline, the code and the links are always kept; what
explains is given up first, and last of all the number of pages that one message stands for is still true.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.text import clean, one_line
from notifications.transports.base import Message

HEADLINE, INTRO, LABEL, VALUE, OTHER = 250, 1000, 60, 300, 150
FACTS, OTHERS = 10, 10
SHORTEST_HEADLINE = 150
SHARES = (1.0, 0.5, 0.25, 0.1, 0.0)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Words:
    """The pieces in the order in which they are read. `others` counts all pages that `more` names some of."""

    title: str
    intro: str
    facts: tuple[tuple[str, str], ...]
    more: tuple[str, ...]
    others: int
    code: str
    ack_url: str
    url: str
    link_text: str

    @property
    def others_line(self) -> str:
        """ "and 4 more pages", empty when the message stands for one alone."""
        if not self.others:
            return ""
        return ngettext("and %(n)s more page", "and %(n)s more pages", self.others) % {"n": self.others}

    @property
    def code_line(self) -> str:
        return _("Your code: %(code)s") % {"code": self.code} if self.code else ""


def words(message: Message, share: float = 1.0) -> Words:
    """The message with every piece cut; `share` from 1 to 0 says how much of what explains is kept."""
    return Words(
        title=_title(message, max(int(HEADLINE * share), SHORTEST_HEADLINE)),
        intro=clean(message.intro, int(INTRO * share)).strip(),
        facts=tuple(
            (one_line(label, LABEL), one_line(value, int(VALUE * share)))
            for label, value in message.facts[: int(FACTS * share)]
        ),
        more=tuple(one_line(each, OTHER) for each in message.more[: int(OTHERS * share)]),
        others=len(message.more),
        code=message.code,
        ack_url=message.ack_url if may_answer(message) else "",
        url=message.url,
        link_text=one_line(message.link_text, 120).rstrip(":") or _("Open"),
    )


def may_answer(message: Message) -> bool:
    """Whether there is something to answer: a message that is kept up to date says so itself."""
    return (message.data or {}).get("answers") is not False


def _title(message: Message, limit: int) -> str:
    said = one_line(message.headline, limit)
    first = _("Drill")
    if message.kind != "drill" or said.lower().startswith(first.lower()):
        return said
    return one_line(f"{first}: {said}", limit)


def fitted(message: Message, limit: int, render: Callable[[Words], T], size: Callable[[T], int]) -> T:
    """The fullest rendering whose size is at most `limit`."""
    shares = iter(SHARES)
    rendered = render(words(message, next(shares)))
    while size(rendered) > limit:
        share = next(shares, None)
        if share is None:
            break
        rendered = render(words(message, share))
    return rendered


def joined(parts: Iterable[str], between: str = "\n\n") -> str:
    """The parts that say something."""
    return between.join(part for part in parts if part)


def plain(said: Words, *, links: bool = True) -> str:
    """All but the title, for a channel without markup."""
    facts = "\n".join(f"{label}: {value}" for label, value in said.facts)
    more = joined([said.others_line, *(f"· {each}" for each in said.more)], "\n")
    ways = [
        _("Acknowledge: %(url)s") % {"url": said.ack_url} if said.ack_url else "",
        f"{said.link_text}: {said.url}" if said.url else "",
    ]
    return joined([said.intro, said.code_line, joined(ways, "\n") if links else "", more, facts])
