"""Storing what arrives at many threads at once: those that wait are written together, by one of them.

The first to come writes at once; whoever comes meanwhile is written with the next statement, all in one commit. So an
idle system adds no wait, and in a storm a statement, a commit and a round trip are shared. The connection is this
module's own, outside Django's pool: no check before each use, and prepared statements. A lost one is replaced and the
write tried once more; a sender may be stored twice then, as when it repeats what got no answer, never not at all.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from django.db import connection as django_connection

from alerts.actions.intake import INTAKE
from lib import wake

# Rows of one statement; each number is a prepared statement of its own.
MOST = 8
HEAD = """
    INSERT INTO alerts_event
        (integration_id, endpoint, body, context, dedup_key, received_at, replay_of, problem, notes) VALUES
"""
ROW = "(%s, %s, %s, %s::jsonb, %s, %s, %s, '', '[]')"


@dataclass(slots=True)
class _Waiting:
    """A row on its way, and who waits for it: `turn` is released when it is stored, has failed, or must lead."""

    row: tuple[Any, ...]
    turn: threading.Lock = field(default_factory=threading.Lock)
    id: int = 0
    error: BaseException | None = None

    @property
    def is_over(self) -> bool:
        return bool(self.id or self.error)


class Store:
    """One per process. An instance is called as alerts.actions.intake.accept is; it joins no transaction."""

    def __init__(self) -> None:
        self._queue: deque[_Waiting] = deque()
        self._lock = threading.Lock()
        self._is_led = False
        self._connection: psycopg.Connection[Any] | None = None

    def __call__(
        self,
        *,
        integration_id: int,
        endpoint: str,
        body: str,
        now: datetime,
        dedup_key: str = "",
        context: str = "{}",
        replay_of: int | None = None,
    ) -> int:
        """The id of the event, once it is committed. Raises a database error of Django's."""
        mine = _Waiting((integration_id, endpoint, body, context, dedup_key, now, replay_of))
        if not self._queued(mine):
            mine.turn.acquire()
        if not mine.is_over:
            self._lead()
        if mine.error:
            with django_connection.wrap_database_errors:
                raise mine.error
        wake.ring(INTAKE)
        return mine.id

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _queued(self, mine: _Waiting) -> bool:
        """Whether nobody is writing, so that the caller leads."""
        mine.turn.acquire()
        with self._lock:
            self._queue.append(mine)
            leads, self._is_led = not self._is_led, True
        return leads

    def _lead(self) -> None:
        """Write those that wait, oneself among them, and hand the lead to the first who came meanwhile."""
        with self._lock:
            batch = [self._queue.popleft() for _ in range(min(MOST, len(self._queue)))]
        try:
            self._write(batch)
        finally:
            with self._lock:
                following = self._queue[0] if self._queue else None
                self._is_led = following is not None
            for each in batch:
                each.turn.release()
            if following:
                following.turn.release()

    def _write(self, batch: list[_Waiting]) -> None:
        """All at once; where that is refused, each alone, so that one at fault costs only itself."""
        try:
            self._insert(batch)
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._failed(batch, error)
        except BaseException as error:
            if len(batch) == 1 or not isinstance(error, psycopg.Error):
                self._failed(batch, error)
                return
            for each in batch:
                self._write([each])

    def _failed(self, batch: list[_Waiting], error: BaseException) -> None:
        for each in batch:
            each.error = each.error or error

    def _insert(self, batch: list[_Waiting]) -> None:
        try:
            self._execute(batch)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            self.close()
            self._execute(batch)

    def _execute(self, batch: list[_Waiting]) -> None:
        if self._connection is None:
            self._connection = _connect()
        sql = HEAD + ",".join([ROW] * len(batch)) + " RETURNING id"
        values = [value for each in batch for value in each.row]
        rows = self._connection.execute(sql, values, prepare=True).fetchall()
        for each, (number,) in zip(batch, rows, strict=True):
            each.id = number


def _connect() -> psycopg.Connection[Any]:
    """As Django's connections are made, but for its cursors, which put values into the text of a statement."""
    params = django_connection.get_connection_params()
    for ours in ("cursor_factory", "context", "pool"):
        params.pop(ours, None)
    return psycopg.connect(**params, autocommit=True)


store = Store()
"""The one of this process."""
