"""Liveness and readiness, for whatever supervises the processes."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

_migrated = False


def healthz() -> HttpResponse:
    """200 while the process answers at all; asks nothing of the database."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when pages can be served: the database answers and its schema is this code's."""
    try:
        problem = _unready()
    except DatabaseError as error:
        problem = f"database: {type(error).__name__}"
    return HttpResponse(f"{problem or 'ok'}\n", status=503 if problem else 200, content_type="text/plain")


def _unready() -> str:
    with connection.cursor() as cursor:
        cursor.execute("select 1")
    return "" if _is_migrated() else "migrations are missing: run bin/manage migrate"


def _is_migrated() -> bool:
    """The plan is looked up until it is empty once; a running process cannot lose migrations."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
