"""`bin/manage`: manage.py with the servers and settings of a data folder, whether `bin/up` runs or not."""

import os
import signal
import subprocess
import sys
import time

from ops import fingerprint, lock
from ops.checks import full_disk_explained
from ops.errors import CannotStart
from ops.layout import ROOT, Layout, read_json
from ops.servers import Servers, environment, manage_command, settings_of

WAIT_SECONDS = 60.0


def main(arguments: list[str]) -> int:
    """Run a management command; `--data DIR` before it chooses the data folder. Returns its exit code."""
    data, rest = split_data(arguments)
    layout = Layout.at(data)
    try:
        with full_disk_explained(layout.data):
            layout.make()
            fingerprint.forget(layout)
            return run(layout, rest)
    except (CannotStart, PermissionError) as error:
        print(f"bin/manage: {error}", file=sys.stderr)
        return 1


def split_data(arguments: list[str]) -> tuple[str, list[str]]:
    """Take our own option off the front; everything else is manage.py's."""
    default = os.environ.get("TOCSIN_DATA_DIR") or str(ROOT / "var")
    if len(arguments) >= 2 and arguments[0] == "--data":
        return arguments[1], arguments[2:]
    return default, arguments


def run(layout: Layout, arguments: list[str]) -> int:
    """Use the running servers, or start them for this command and stop them after it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with lock.hold(layout, "manage"):
                return run_alone(layout, arguments)
        except lock.Busy as busy:
            running = read_json(layout.environment) if busy.command == "up" else {}
            if running:
                return call(arguments, running)
            if time.monotonic() > deadline:
                raise
        time.sleep(0.2)


def run_alone(layout: Layout, arguments: list[str]) -> int:
    """Start the embedded servers, run the command, stop them."""
    servers = Servers(layout)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        servers.start()
        return call(arguments, settings_of(layout, servers, last_address(layout)))
    finally:
        servers.stop()


def last_address(layout: Layout) -> dict[str, str]:
    """Return the address that `bin/up` last served at, for links that a command writes."""
    url = read_json(layout.up_json).get("url")
    return {"TOCSIN_URL": url} if url else {}


def call(arguments: list[str], settings: dict[str, str]) -> int:
    """Run manage.py in the person's own folder; ctrl-C is for it alone, and we stop after it."""
    command, variables = manage_command(*arguments), environment(settings)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with subprocess.Popen(command, env=variables, preexec_fn=_take_interrupts) as child:
            return child.wait()
    finally:
        signal.signal(signal.SIGINT, before)


def _take_interrupts() -> None:
    """A child inherits what its parent ignores, so give it ctrl-C back."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
