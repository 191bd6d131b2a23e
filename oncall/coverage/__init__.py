"""Who is on call: layers laid over each other role by role, and overrides on top.

A higher layer covers a lower one of its role while it has somebody, and lets it through where it has nobody; shadow
layers do not cover each other, all of their people are told. Overrides are applied to that in the order in which they
were created, so the latest has the last word. At last everybody is named once, in their foremost role, and where no
primary is left the secondaries are the primaries. A shadow alone is a gap.
"""

from oncall.coverage.absences import without
from oncall.coverage.asking import final, gaps, merge, next_handoff, on_call_at, thin
from oncall.coverage.values import Away, Handoff, OnCall, Override, OverrideKind, Schedule

__all__ = [
    "Away",
    "Handoff",
    "OnCall",
    "Override",
    "OverrideKind",
    "Schedule",
    "final",
    "gaps",
    "merge",
    "next_handoff",
    "on_call_at",
    "thin",
    "without",
]
