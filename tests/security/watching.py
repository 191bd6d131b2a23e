"""What a request wrote, whether it broke, and requests that leave nothing behind."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from django.apps import apps
from django.core.signals import got_request_exception
from django.db import connection, transaction

OURS = ("accounts", "notifications", "oncall", "catalog", "incidents", "alerts", "statuspage", "postmortems")
_WRITES = re.compile(r'\b(INSERT INTO|UPDATE|DELETE FROM)\s+"?(?!SET\b)([a-z_]+)', re.IGNORECASE)
# The session itself, and that a token was used.
_UNCOUNTED = {"django_session", "of"}


@dataclass
class Watch:
    """The statements that wrote something, and exceptions that became a 500."""

    writes: list[str] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)

    def note(self, execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
        text = sql if isinstance(sql, str) else str(sql)
        if not text.lstrip().upper().startswith("SELECT"):
            found = [f"{verb} {table}" for verb, table in _WRITES.findall(text) if table not in _UNCOUNTED]
            self.writes += found
        return execute(sql, params, many, context)

    def broke(self, **_details: Any) -> None:
        error = next(iter([e for e in [_current()] if e]), None)
        if error:
            self.errors.append(error)

    @property
    def why(self) -> str:
        """The last line of the traceback of ours, and the exception."""
        if not self.errors:
            return ""
        error = self.errors[-1]
        ours = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
        where = f"{ours[-1].filename}:{ours[-1].lineno}" if ours else "?"
        return f"{type(error).__name__}: {str(error)[:160]!r} at {where}"


def _current() -> BaseException | None:
    import sys  # noqa: PLC0415

    return sys.exc_info()[1]


@contextmanager
def watched() -> Iterator[Watch]:
    """Note writes and exceptions inside the block."""
    watch = Watch()
    got_request_exception.connect(watch.broke)
    try:
        with connection.execute_wrapper(watch.note):
            yield watch
    finally:
        got_request_exception.disconnect(watch.broke)


@contextmanager
def undone() -> Iterator[None]:
    """Whatever is written inside the block is taken back, also after a database error."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def fingerprint() -> str:
    """The same for the same rows in all tables of ours."""
    tables = sorted(
        model._meta.db_table for label in OURS for model in apps.get_app_config(label).get_models()
    )
    columns = ", ".join(
        f"(SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table} t)"  # noqa: S608 - tables of our models
        for table in tables
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}")
        return sha256(repr(cursor.fetchone()).encode()).hexdigest()
