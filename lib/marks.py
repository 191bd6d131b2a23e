"""How a severity or a state looks: which words, which shape, which tone. Pure, without Django.

Tones mean the same everywhere. `alarm` and `warn` are for what is wrong now, `active` for work in hand,
`good` for what is well, `calm` for what waits, `over` for what is done with.
"""

from dataclasses import dataclass

ALARM, WARN, ACTIVE, GOOD, CALM, OVER = "alarm", "warn", "active", "good", "calm", "over"

_TONES = {
    ALARM: """
        triage triggered firing open failed unreachable major_outage overdue down exhausted missed breached
    """,
    WARN: """
        acknowledged partial_outage degraded_performance degraded retrying expired unverified paused gap
        suppressed in_review late muted returned
    """,
    ACTIVE: """
        declared active responding investigating identified sending in_progress running mitigating
        under_maintenance paging started verifying working
    """,
    GOOD: """
        operational delivered verified published healthy ok on_call done completed approved up ready
    """,
    CALM: """
        monitoring mitigated monitored pending queued draft scheduled waiting new todo requested snoozed
        sent asked
    """,
    OVER: """
        resolved closed dismissed cancelled canceled archived inactive revoked superseded reviewed ended
        merged off dropped waived stopped
    """,
}
_TONE_OF = {value: tone for tone, values in _TONES.items() for value in values.split()}

_LEVELS = {
    1: "sev1 1 critical fatal p1",
    2: "sev2 2 error high major p2",
    3: "sev3 3 warning warn moderate medium p3",
    4: "sev4 4 info low minor notice p4",
    5: "sev5 5 none trivial p5",
}
_LEVEL_OF = {value: level for level, values in _LEVELS.items() for value in values.split()}


@dataclass(frozen=True)
class Mark:
    """One badge: the CSS tone or level, and the words beside its shape."""

    kind: str
    words: str


def tone_of(value: str) -> str:
    """The tone of a state; one that nobody has named here is calm."""
    return _TONE_OF.get(_key(value), CALM)


def level_of(value: object) -> int | None:
    """The severity as 1 (worst) to 5, from `sev2`, 2 or a monitoring tool's word; None if it says nothing."""
    return _LEVEL_OF.get(_key(str(value)))


def severity_mark(value: object) -> Mark:
    """The badge of a severity; an unknown word is shown as it is, with the shape for "not set"."""
    level = level_of(value)
    if level is None:
        return Mark("none", str(value or ""))
    return Mark(str(level), f"SEV{level}")


def words_of(value: str) -> str:
    """`in_review` as a person writes it: "In review"."""
    return value.replace("_", " ").replace("-", " ").strip().capitalize()


def _key(value: str) -> str:
    return value.strip().lower().replace("-", "_").replace(" ", "_")
