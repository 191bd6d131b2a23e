"""One launcher per data folder."""

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ops.errors import CannotStart
from ops.layout import Layout, read_json


class Busy(CannotStart):
    """Another process runs the servers of this data folder; `command` names it (`up` or `manage`)."""

    def __init__(self, layout: Layout, holder: dict[str, object]) -> None:
        self.command = str(holder.get("command", "up"))
        url = read_json(layout.up_json).get("url") if self.command == "up" else None
        where = f" at {url}" if url else ""
        pid = holder.get("pid", "unknown")
        who = "Tocsin already runs" if self.command == "up" else f"bin/{self.command} is at work"
        super().__init__(
            f"{who} on {layout.data}{where} (process {pid}). "
            "Stop it first, or choose another folder with --data."
        )


@contextmanager
def hold(layout: Layout, command: str) -> Iterator[None]:
    """Hold the lock of the data folder; raise `Busy` if another process has it.

    The kernel drops the lock with the process, so a killed launcher never locks anyone out. The file stays:
    taking it away would let two processes lock two files of one name.
    """
    with layout.lock.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(layout, _holder(layout)) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid(), "command": command}))
        file.flush()
        yield


def _holder(layout: Layout) -> dict[str, object]:
    """Read who holds the lock; its owner may be just about to write its name."""
    for _ in range(20):
        text = layout.lock.read_text()
        if text.endswith("}"):
            found: dict[str, object] = json.loads(text)
            return found
        time.sleep(0.05)
    return {}
