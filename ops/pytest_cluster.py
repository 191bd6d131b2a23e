"""A pytest plugin: a throw-away Postgres and Valkey for one session, ready before Django reads its settings.

Each session has its own servers in a temporary folder, so several may run at once on one machine, and none
touches `var/`. TOCSIN_TEST_DATABASE_URL and TOCSIN_TEST_REDIS_URL name servers of your own instead.
"""

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

import pytest

from ops.postgres import Postgres
from ops.valkey import Valkey

postgres: Postgres | None = None
"""The session's server, for tests that stop or kill it; None when TOCSIN_TEST_DATABASE_URL is set."""
valkey: Valkey | None = None
"""The session's server, for tests that stop or kill it; None when TOCSIN_TEST_REDIS_URL is set."""

_cleanup = ExitStack()


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Start the servers; a wrapper runs before pytest-django's own hook, which reads the settings."""
    if not (early_config.known_args_namespace.help or early_config.known_args_namespace.version):
        try:
            _start()
        except BaseException:
            _cleanup.close()
            raise
    return (yield)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Stop the servers and remove their folder; also reached on ctrl-C and on a usage error."""
    _cleanup.close()


def _start() -> None:
    global postgres, valkey
    folder = Path(tempfile.mkdtemp(prefix="tocsin-test-"))
    _cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    database_url = os.environ.get("TOCSIN_TEST_DATABASE_URL")
    if not database_url:
        postgres = Postgres(folder / "postgres", throwaway=True)
        _cleanup.callback(postgres.stop)
        postgres.start()
        database_url = postgres.url
    redis_url = os.environ.get("TOCSIN_TEST_REDIS_URL")
    if not redis_url:
        valkey = Valkey(folder / "valkey", throwaway=True)
        _cleanup.callback(valkey.stop)
        valkey.start()
        redis_url = valkey.url
    _set_environment(folder / "data", database_url, redis_url)


def _set_environment(data: Path, database_url: str, redis_url: str) -> None:
    """Replace every setting of ours: what a person has exported must not change a result."""
    for name in list(os.environ):
        ours = name.startswith("TOCSIN_") and not name.startswith("TOCSIN_TEST_")
        if ours or name in ("EMAIL_URL", "ALLOWED_HOSTS", "SECRET_KEY_FALLBACKS"):
            del os.environ[name]
    data.mkdir(mode=0o700)
    (data / "static").mkdir()  # whitenoise warns when it is missing
    os.environ.update(
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        SECRET_KEY="a-key-for-tests-alone-" + "x" * 32,
        TOCSIN_DATA_DIR=str(data),
        TOCSIN_SECURE_COOKIES="false",
        TOCSIN_STATIC_STORAGE="django.contrib.staticfiles.storage.StaticFilesStorage",
    )
