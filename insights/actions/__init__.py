"""Every write about hand-offs and assertions, by noun."""

from insights.actions.assertions import (
    check_assertions,
    concerned_by,
    delete_assertion,
    save_assertion,
)
from insights.actions.handoffs import LONGEST_REMARK, write_remark

__all__ = [
    "LONGEST_REMARK",
    "check_assertions",
    "concerned_by",
    "delete_assertion",
    "save_assertion",
    "write_remark",
]
