"""How an incident's state may move."""

from incidents.models import State as S

TRANSITIONS: dict[tuple[str, str], S] = {
    (S.TRIAGE, "acknowledge"): S.ACKNOWLEDGED,
    (S.ACKNOWLEDGED, "acknowledge"): S.ACKNOWLEDGED,
    (S.ACTIVE, "acknowledge"): S.ACTIVE,
    (S.MITIGATED, "acknowledge"): S.MITIGATED,
    (S.MONITORING, "acknowledge"): S.MONITORING,
    (S.TRIAGE, "declare"): S.ACTIVE,
    (S.ACKNOWLEDGED, "declare"): S.ACTIVE,
    (S.ACTIVE, "mitigate"): S.MITIGATED,
    (S.ACTIVE, "monitor"): S.MONITORING,
    (S.MITIGATED, "monitor"): S.MONITORING,
    (S.MITIGATED, "relapse"): S.ACTIVE,
    (S.MONITORING, "relapse"): S.ACTIVE,
    (S.TRIAGE, "resolve"): S.RESOLVED,
    (S.ACKNOWLEDGED, "resolve"): S.RESOLVED,
    (S.ACTIVE, "resolve"): S.RESOLVED,
    (S.MITIGATED, "resolve"): S.RESOLVED,
    (S.MONITORING, "resolve"): S.RESOLVED,
    (S.TRIAGE, "dismiss"): S.DISMISSED,
    (S.ACKNOWLEDGED, "dismiss"): S.DISMISSED,
    # Its alerts went over into another incident, to which it points (Incident.merged_into).
    (S.TRIAGE, "merge"): S.DISMISSED,
    (S.ACKNOWLEDGED, "merge"): S.DISMISSED,
    (S.ACTIVE, "merge"): S.DISMISSED,
    (S.MITIGATED, "merge"): S.DISMISSED,
    (S.MONITORING, "merge"): S.DISMISSED,
    (S.RESOLVED, "reopen"): S.ACTIVE,
    (S.DISMISSED, "reopen"): S.ACKNOWLEDGED,
}

# Verbs that need more than the incident itself: no button of its own.
WITH_ANOTHER = frozenset({"merge"})

# What all alerts resolving may do by itself: only close what no human has declared.
SELF_RESOLVING = (S.TRIAGE, S.ACKNOWLEDGED)


class IllegalTransition(Exception):
    """The verb does not apply in that state; the message is fit for the person who tried."""

    def __init__(self, state: str, verb: str) -> None:
        super().__init__(f"An incident that is {S(state).label.lower()} cannot be moved by “{verb}”.")
        self.state = state
        self.verb = verb


def next_state(state: str, verb: str) -> S:
    """The state that `verb` leads to; raises IllegalTransition."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition(state, verb) from None


def verbs(state: str) -> list[str]:
    """What can be done in `state` to the incident alone, in the order of the table."""
    return [verb for (source, verb) in TRANSITIONS if source == state and verb not in WITH_ANOTHER]
