"""Twilio's error numbers (https://www.twilio.com/docs/api/errors): what each means for a number, and in words.

Twilio's own words repeat the telephone number and are never kept.
"""

from __future__ import annotations

STOPPED = "STOP was replied to our number"

# The number is none, cannot take this, or its owner wants nothing: it is switched off until it is proved again.
DEAD = {
    13223: "no such number",
    13224: "no such number",
    21211: "no such number",
    21217: "no such number",
    21610: STOPPED,
    21614: "this number takes no text messages",
    30005: "the number is not in use",
    30006: "a landline, or a network that takes no text messages",
    32205: "no such number",
}
# This message did not arrive; the next may.
MISSED = {
    30001: "Twilio’s queue is full",
    30002: "the Twilio account is suspended",
    30003: "the phone is off or out of reach",
    30004: "the message was blocked",
    30007: "the network took it for spam",
    30008: "the network does not say why",
}
# An admin can mend it: credentials, a sender that is not ours or cannot send this, a country that is not allowed.
OURS = frozenset(
    {
        *(10001, 20003, 20006, 20404, 21210, 21212, 21215, 21408, 21603, 21606, 21701, 21703, 21704),
        *(13227, 32203, 30002),
    }
)
THROTTLED = frozenset({20429, 14107, 21611, 63018, 30001})


def words(code: int) -> str:
    """The number, with what it means where that is known: "30003 (the phone is off or out of reach)"."""
    meaning = DEAD.get(code) or MISSED.get(code)
    return f"{code} ({meaning})" if meaning else str(code)
