"""How a delivery's state may move."""

from notifications.models import DeliveryState as S

TRANSITIONS: dict[tuple[str, str], S] = {
    (S.PENDING, "claim"): S.SENDING,
    (S.SENDING, "claim"): S.SENDING,  # the worker that had it died, its lease ran out
    (S.SENDING, "hand_over"): S.SENT,
    (
        S.CANCELLED,
        "hand_over",
    ): S.SENT,  # the provider had it already when it was cancelled: the ledger says so
    (S.SENDING, "retry"): S.PENDING,
    (S.SENDING, "fail"): S.FAILED,
    (S.PENDING, "cancel"): S.CANCELLED,
    (S.SENDING, "cancel"): S.CANCELLED,  # never claimed again; see hand_over
    (S.SENT, "confirm"): S.DELIVERED,
    (
        S.PENDING,
        "confirm_early",
    ): S.DELIVERED,  # its answer was lost, and then the provider says that it has arrived
    (S.SENT, "bounce"): S.FAILED,
    (S.SENDING, "bounce_early"): S.FAILED,  # the provider's report overtook its answer
}


class IllegalTransition(Exception):
    """The verb does not apply to a delivery in that state."""


def sources(verb: str) -> list[str]:
    """The states in which `verb` applies, for a compare-and-set."""
    return [str(state) for (state, known) in TRANSITIONS if known == verb]


def target(state: str, verb: str) -> S:
    """The state that `verb` leads to; raises IllegalTransition."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition(f"a delivery that is {state} cannot {verb}") from None
