"""The servers below Tocsin, embedded or named by the environment, and the environment of its processes."""

import os
import secrets
import sys

from ops.layout import ROOT, Layout, read_json, write_json
from ops.postgres import Postgres, binaries
from ops.valkey import Valkey

DEFAULT_ADMIN = "admin@tocsin.example"
OURS = ("EMAIL_URL", "SECRET_KEY_FALLBACKS")
"""Settings that a person may export and that have no TOCSIN_ in their name."""


class Servers:
    """Postgres and Valkey of one data folder; None where DATABASE_URL or REDIS_URL names another server."""

    def __init__(self, layout: Layout) -> None:
        self.postgres = None if os.environ.get("DATABASE_URL") else Postgres(layout.postgres)
        self.valkey = None if os.environ.get("REDIS_URL") else Valkey(layout.valkey)

    @property
    def database_url(self) -> str:
        """The address of Postgres; known once it is started."""
        return self.postgres.url if self.postgres else os.environ["DATABASE_URL"]

    @property
    def redis_url(self) -> str:
        """The address of the Redis protocol server; known once it is started."""
        return self.valkey.url if self.valkey else os.environ["REDIS_URL"]

    def start(self) -> None:
        """Start what is embedded."""
        for server in (self.postgres, self.valkey):
            if server is not None:
                server.start()

    def stop(self) -> None:
        """Stop what is embedded."""
        for server in (self.valkey, self.postgres):
            if server is not None:
                server.stop()


def keep_secrets(layout: Layout) -> dict[str, str]:
    """Return the secret key and the first admin's login, made once per data folder."""
    known = read_json(layout.secrets)
    made = {
        "secret_key": os.environ.get("SECRET_KEY") or known.get("secret_key") or secrets.token_urlsafe(48),
        "admin_email": known.get("admin_email") or os.environ.get("TOCSIN_ADMIN_EMAIL") or DEFAULT_ADMIN,
        "admin_password": known.get("admin_password")
        or os.environ.get("TOCSIN_ADMIN_PASSWORD")
        or _password(),
    }
    if any(known.get(name) != value for name, value in made.items()):
        write_json(layout.secrets, known | made)
    return made


def _password() -> str:
    """Return 60 random bits that can be read out and typed."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def settings_of(layout: Layout, servers: Servers, own: dict[str, str]) -> dict[str, str]:
    """Return the settings of this installation as environment variables, secrets included.

    What a person has exported wins over `own`, but not over the addresses that the launcher decides.
    """
    kept = keep_secrets(layout)
    exported = {
        name: value for name, value in os.environ.items() if name.startswith("TOCSIN_") or name in OURS
    }
    hosts = [host for host in os.environ.get("ALLOWED_HOSTS", "").split(",") if host]
    return {
        **own,
        **exported,
        "SECRET_KEY": kept["secret_key"],
        "TOCSIN_ADMIN_EMAIL": kept["admin_email"],
        "TOCSIN_ADMIN_PASSWORD": kept["admin_password"],
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.redis_url,
        "TOCSIN_DATA_DIR": str(layout.data),
        "ALLOWED_HOSTS": ",".join(dict.fromkeys([*hosts, "127.0.0.1", "localhost", "[::1]"])),
    }


def environment(settings: dict[str, str]) -> dict[str, str]:
    """Return the whole environment of a process of ours, with these settings in it."""
    return {
        # Fewer arenas: with threads glibc would otherwise hold on to a few hundred megabytes.
        "MALLOC_ARENA_MAX": "2",
        **os.environ,
        **settings,
        # For `dbshell`; last, so that a person's own psql comes first.
        "PATH": os.pathsep.join([os.environ.get("PATH", os.defpath), str(binaries())]),
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
    }


def manage_command(*arguments: str) -> list[str]:
    """Return the command line of a management command."""
    return [sys.executable, str(ROOT / "manage.py"), *arguments]
