"""How the state of a drill may move."""

from django.utils.translation import gettext as _

from oncall.models import DrillState as S

TRANSITIONS: dict[tuple[str, str], S] = {
    (S.WAITING, "begin"): S.RUNNING,
    (S.WAITING, "stop"): S.CANCELLED,
    (S.RUNNING, "finish"): S.DONE,
    (S.RUNNING, "stop"): S.CANCELLED,
}


class IllegalTransition(Exception):
    """The verb does not apply in that state; the message is fit for the person who tried."""

    def __init__(self, state: str, verb: str) -> None:
        super().__init__(_("This drill is over.") if state in OVER else _("This drill has begun already."))
        self.state = state
        self.verb = verb


OVER = frozenset({S.DONE, S.CANCELLED})


def next_state(state: str, verb: str) -> S:
    """The state that `verb` leads to; raises IllegalTransition."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition(state, verb) from None
