"""How the state of a request for cover may move."""

from django.utils.translation import gettext as _

from oncall.models import CoverState as S

TRANSITIONS: dict[tuple[str, str], S] = {
    (S.OPEN, "accept"): S.ACCEPTED,
    (S.OPEN, "decline"): S.DECLINED,
    (S.OPEN, "withdraw"): S.WITHDRAWN,
    (S.OPEN, "expire"): S.EXPIRED,
}


class IllegalTransition(Exception):
    """The verb does not apply in that state; the message is fit for the person who tried."""

    def __init__(self, state: str, verb: str) -> None:
        super().__init__(_WHY[S(state)]())
        self.state = state
        self.verb = verb


def next_state(state: str, verb: str) -> S:
    """The state that `verb` leads to; raises IllegalTransition."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition(state, verb) from None


_WHY = {
    S.OPEN: lambda: _("This request is still open."),
    S.ACCEPTED: lambda: _("Somebody has taken this already."),
    S.DECLINED: lambda: _("This request was declined."),
    S.WITHDRAWN: lambda: _("This request was withdrawn."),
    S.EXPIRED: lambda: _("This request is over."),
}
