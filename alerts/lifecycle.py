"""How a heartbeat's state may move."""

from alerts.models import HeartbeatState as S

TRANSITIONS: dict[tuple[str, str], S] = {
    **dict.fromkeys(((S.NEW, "ok"), (S.UP, "ok"), (S.LATE, "ok"), (S.DOWN, "ok")), S.UP),
    **dict.fromkeys(((S.NEW, "fail"), (S.UP, "fail"), (S.LATE, "fail"), (S.DOWN, "fail")), S.DOWN),
    (S.NEW, "late"): S.LATE,  # it said that it began, and never that it ended
    (S.UP, "late"): S.LATE,
    **dict.fromkeys(((S.NEW, "pause"), (S.UP, "pause"), (S.LATE, "pause"), (S.DOWN, "pause")), S.PAUSED),
    # A person paused it, so what it says meanwhile is noted and changes nothing.
    (S.PAUSED, "ok"): S.PAUSED,
    (S.PAUSED, "fail"): S.PAUSED,
    (S.PAUSED, "resume"): S.UP,
}

# In these an alert of ours is open.
WRONG = (S.LATE, S.DOWN)


class IllegalTransition(Exception):
    """The verb does not apply in that state; the message is fit for the person who tried."""

    def __init__(self, state: str, verb: str) -> None:
        super().__init__(f"A heartbeat that is {S(state).label.lower()} cannot be moved by “{verb}”.")
        self.state = state
        self.verb = verb


def next_state(state: str, verb: str) -> S:
    """The state that `verb` leads to; raises IllegalTransition."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition(state, verb) from None
