"""What a start needs from Django before anything serves: tables, static files, the first admin.

One process for all three, since each would spend a second on imports. Its last line is the JSON object that
`bootstrap` printed; what comes before is for a person. Run as `python -m ops.prepare [--empty]`.
"""

import hashlib
import io
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from ops.venv import STAMP


def main(arguments: list[str]) -> None:
    """Prepare; every step may run again at any time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", interactive=False, verbosity=0)
    collect_static()
    said = io.StringIO()
    call_command("bootstrap", *arguments, stdout=said)
    print(said.getvalue().strip().splitlines()[-1], flush=True)


def collect_static() -> None:
    """Collect the static files unless they are those of the last time: compressing takes seconds."""
    root = Path(settings.STATIC_ROOT)
    stamp = root.with_name("static.stamp")
    wanted = fingerprint()
    if root.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print("Collecting static files …", flush=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(wanted)


def fingerprint() -> str:
    """Return a value that changes with any static file of ours and with the installed packages."""
    digest = hashlib.sha256()
    for line in sorted(_static_files()):
        digest.update(line.encode())
    if os.path.exists(STAMP):
        digest.update(Path(STAMP).read_bytes())
    return digest.hexdigest()


def _static_files() -> Iterator[str]:
    for folder in settings.STATICFILES_DIRS:
        for path in Path(folder).rglob("*"):
            facts = path.stat()
            yield f"{path} {facts.st_size} {facts.st_mtime_ns}"


if __name__ == "__main__":
    main(sys.argv[1:])
