"""One program in the foreground, for containers and service managers: `python -m ops.serve web`.

The programs are those that `bin/up` runs; only the addresses differ, since a container listens to its network.
"""

import os
import sys
from pathlib import Path

from ops import programs

HOST = os.environ.get("TOCSIN_BIND", "0.0.0.0")  # noqa: S104 - inside a container; compose publishes what it wants


def command(name: str) -> list[str]:
    """Return the command line of one of Tocsin's programs; raises KeyError for another name."""
    data = Path(os.environ.get("TOCSIN_DATA_DIR", "var"))
    return {
        "web": programs.web(8000, HOST),
        "live": programs.live(8001, HOST),
        "worker": programs.worker(),
        "mail-in": programs.mail_in(8025, HOST),
        "beat": programs.beat(data / "beat-schedule"),
    }[name]


if __name__ == "__main__":
    line = command(sys.argv[1])
    os.execv(line[0], line)  # noqa: S606 - no shell is wanted; signals go to the program itself
