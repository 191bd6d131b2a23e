"""Whose turn it is where a policy pages a schedule's people in turn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from django.db import connection

_DEAL: Final = """
    INSERT INTO oncall_roundrobin AS known (policy_id, schedule_id, dealt) VALUES (%s, %s, %s)
    ON CONFLICT (policy_id, schedule_id) DO UPDATE SET dealt = known.dealt + excluded.dealt
    RETURNING dealt
"""


def deal(*, wanted: Mapping[tuple[int, int], int]) -> dict[tuple[int, int], int]:
    """Take that many turns for each (policy id, schedule id); returns the number of the first taken, from 0.

    The rows are locked until the transaction ends, in the order of their ids: escalations that begin at once get
    different turns.
    """
    first: dict[tuple[int, int], int] = {}
    with connection.cursor() as cursor:
        for policy_id, schedule_id in sorted(wanted):
            count = wanted[policy_id, schedule_id]
            cursor.execute(_DEAL, [policy_id, schedule_id, count])
            first[policy_id, schedule_id] = cursor.fetchone()[0] - count
    return first
