"""Calls as TwiML, by Twilio's library. Imported when a call is first made: it brings the library.

Only a digit that was pressed counts. A mailbox that picks up hears the text and presses nothing.
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from twilio.twiml.voice_response import Gather, VoiceResponse

from notifications.transports.base import Message
from notifications.transports.voice.speech import how_to_answer, said_first

ROUNDS = 3
WAIT = 8


def telling(message: Message) -> str:
    """A call that asks for nothing: a code, a notice, a test."""
    made = VoiceResponse()
    made.pause(length=1)
    made.say(said_first(message))
    made.hangup()
    return str(made)


def asking(message: Message, token: str, number: int, first: str = "") -> str:
    """Say it and wait for a digit; without one, once more, `ROUNDS` in all. `first` is said before all else."""
    made = VoiceResponse()
    gather = Gather(
        input="dtmf",
        num_digits=1,
        timeout=WAIT,
        action=f"{settings.SITE_URL}/hooks/voice/digit/{token}/{number}",
        method="POST",
    )
    for text in (first, said_first(message), how_to_answer()):
        if text:
            gather.say(text)
    made.append(gather)
    if number < ROUNDS:
        made.redirect(f"{settings.SITE_URL}/hooks/voice/call/{token}/{number + 1}", method="POST")
    else:
        made.say(_("Nothing was pressed. The page stays open."))
        made.hangup()
    return str(made)


def ending(text: str) -> str:
    """The last sentence."""
    made = VoiceResponse()
    made.say(text)
    made.hangup()
    return str(made)
