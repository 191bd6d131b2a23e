"""The words of a text message, within two segments.

A segment is 160 characters of the GSM 7 bit alphabet or 70 of UCS-2; of several each loses room for its number: 153 or
67 (3GPP TS 23.038 and 23.040). A character of the extension table counts twice. The headline is cut, never the way to
answer: the code where a reply comes back to us, else the link. Beside a code the link comes only where it fits whole.
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lib.text import one_line
from notifications.transports.base import Envelope, Message
from notifications.transports.chats.words import may_answer

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = frozenset("^{}\\[~]|€\f")
SEGMENTS = 2
# Typographic marks that would double the price and say nothing more.
PLAIN = str.maketrans(
    {
        "…": "...",
        "–": "-",
        "—": "-",
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "·": "-",
        "\u00a0": " ",
        "→": "->",
    }
)


def segments(text: str) -> int:
    """How many segments a text takes; a character that takes two places is never split over two of them."""
    if all(letter in BASIC or letter in EXTENSION for letter in text):
        return _packed([2 if letter in EXTENSION else 1 for letter in text], 160, 153)
    return _packed([2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67)


def _packed(sizes: list[int], alone: int, each: int) -> int:
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > each:
            count, used = count + 1, 0
        used += size
    return count


def fits(text: str) -> bool:
    return segments(text) <= SEGMENTS


def short(text: str, rest: str = "") -> str:
    """`text` with `rest` behind it, `text` cut as far as two segments ask for."""
    whole = one_line(text, 400).translate(PLAIN)
    if fits(whole + rest):
        return whole + rest
    low, high = 0, len(whole)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(_cut(whole, middle) + rest) else (low, middle - 1)
    return _cut(whole, low) + rest


def _cut(text: str, kept: int) -> str:
    return text[:kept].rstrip() + "..."


def sms(envelope: Envelope, *, can_reply: bool = True) -> str:
    """The whole text: headline, how many more, how to answer, code, link. `can_reply`: an answer would reach us."""
    message = envelope.message
    is_asked = bool(message.ack_url) and may_answer(message)
    link = message.ack_url if is_asked else message.url
    answer = _answer(envelope) if can_reply else ""
    lines = [_more(message), answer, _code(message)]
    if is_asked and not answer:
        lines.append(_("Acknowledge: %(url)s") % {"url": link})
        link = ""
    rest = "".join(f"\n{line}" for line in lines if line).translate(PLAIN)
    text = short(_headline(message), rest)
    linked = f"{text}\n{link}"
    return linked if link and fits(linked) else text


def _headline(message: Message) -> str:
    said, first = one_line(message.headline, 400), _("Drill")
    is_plain = message.kind != "drill" or said.lower().startswith(first.lower())
    return said if is_plain else f"{first}: {said}"


def _more(message: Message) -> str:
    count = len(message.more)
    return ngettext("and %(n)s more page", "and %(n)s more pages", count) % {"n": count} if count else ""


def _code(message: Message) -> str:
    return _("Your code: %(code)s") % {"code": message.code} if message.code else ""


def _answer(envelope: Envelope) -> str:
    if not envelope.reply_code or not may_answer(envelope.message):
        return ""
    return _("Reply A %(code)s to acknowledge, E %(code)s to escalate, R %(code)s to resolve") % {
        "code": envelope.reply_code
    }
