"""Which step leads where, for a postmortem, an action item and a PDF."""

from __future__ import annotations

from collections.abc import Mapping

Table = Mapping[tuple[str, str], str]

POSTMORTEM: Table = {
    ("draft", "submit"): "in_review",
    ("in_review", "return"): "draft",
    ("in_review", "publish"): "published",
    ("published", "reopen"): "draft",
}

ACTION_ITEM: Table = {
    ("open", "complete"): "done",
    ("open", "drop"): "dropped",
    ("done", "reopen"): "open",
    ("dropped", "reopen"): "open",
}

PDF: Table = {
    ("requested", "begin"): "working",
    ("working", "begin"): "working",  # the worker that began it died; its lease ran out
    ("working", "finish"): "ready",
    ("working", "fail"): "failed",
}


class IllegalTransition(Exception):
    """The step does not lead anywhere from this state; the message is fit for the person who tried."""

    def __init__(self, state: str, verb: str) -> None:
        super().__init__(f"What is {state.replace('_', ' ')} cannot be moved by “{verb}”.")
        self.state = state
        self.verb = verb


def after(table: Table, state: str, verb: str) -> str:
    """The state that `verb` leads to. Raises IllegalTransition."""
    try:
        return table[(state, verb)]
    except KeyError:
        raise IllegalTransition(state, verb) from None


def verbs_from(table: Table, state: str) -> set[str]:
    """What can be done in `state`."""
    return {verb for (start, verb) in table if start == state}
