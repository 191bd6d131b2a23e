"""What a start needs from Django before anything serves: tables, static files, the first admin.

One process for all three, since each would spend a second on imports. Its last line is the JSON object that
`bootstrap` printed; what comes before is for a person. Run as `python -m ops.prepare [--empty]`.
"""

import io
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

from ops import fingerprint


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
    wanted = fingerprint.of_static()
    if root.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print("Collecting static files …", flush=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    stamp.write_text(wanted)


if __name__ == "__main__":
    main(sys.argv[1:])
