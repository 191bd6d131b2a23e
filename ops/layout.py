"""Where things lie inside the data folder (`var/` unless `--data` says otherwise)."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
"""The folder of the code."""


@dataclass(frozen=True)
class Layout:
    """The names inside one data folder. Everything that holds a secret is written with mode 0600."""

    data: Path

    @classmethod
    def at(cls, data: Path | str) -> "Layout":
        """Return the layout of `data`, which need not exist yet."""
        return cls(Path(data).expanduser().resolve())

    @property
    def postgres(self) -> Path:
        """The cluster with its password and log."""
        return self.data / "postgres"

    @property
    def valkey(self) -> Path:
        """Valkey's data with its password and log."""
        return self.data / "valkey"

    @property
    def log(self) -> Path:
        """One log file per process."""
        return self.data / "log"

    @property
    def run(self) -> Path:
        """What describes the running processes: the lock, pids, their environment."""
        return self.data / "run"

    @property
    def cache(self) -> Path:
        """What may be deleted at any time."""
        return self.data / "cache"

    @property
    def mail(self) -> Path:
        """Mails caught by `bin/up`, one file each."""
        return self.data / "mail"

    @property
    def secrets(self) -> Path:
        """What was made at the first start and must stay: keys and what `bootstrap` showed once."""
        return self.data / "secrets.json"

    @property
    def up_json(self) -> Path:
        """The addresses and logins of the running Tocsin, for scripts."""
        return self.data / "up.json"

    @property
    def lock(self) -> Path:
        """Held by the one `bin/up` or `bin/manage` that runs the servers of this folder."""
        return self.run / "lock"

    @property
    def environment(self) -> Path:
        """The environment of the running processes, for `bin/manage`."""
        return self.run / "environment.json"

    def make(self) -> None:
        """Make the folders, closed to others."""
        for folder in (self.data, self.log, self.run, self.cache, self.mail):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in a JSON file, or an empty one when there is no file."""
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except FileNotFoundError:
        return {}
    return found


def write_private(path: Path, text: str) -> None:
    """Write a file of mode 0600 so that a reader sees the old one or the new one, never a part."""
    half_made = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half_made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        half_made.replace(path)
    finally:
        half_made.unlink(missing_ok=True)


def write_json(path: Path, value: dict[str, Any]) -> None:
    """Write an object as JSON, atomically, with mode 0600."""
    write_private(path, json.dumps(value, indent=2) + "\n")
