"""A lean SMTP server: notes which numbered page arrived when, keeps nothing else.

Each line of the output file is "<mark> <time.time()>", where the mark is what stands between ⟦ and ⟧ in the body or
subject (written as [[mark]]). Stopped by SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path

from ops.smtp import Conversation


class Session(Conversation):
    def __init__(self, notes: list[str]) -> None:
        super().__init__()
        self.notes = notes

    def mail(self, mark: str, to: str) -> bool:
        self.notes.append(f"{mark or '-'} {time.time():.6f}\n")
        return True


async def serve(port: int, output: Path) -> None:
    """Listen until SIGTERM; the notes reach the file five times a second."""
    loop, notes, over = asyncio.get_running_loop(), list[str](), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    server = await loop.create_server(lambda: Session(notes), "127.0.0.1", port)
    with output.open("a", encoding="ascii") as file:
        while not over.is_set():
            await asyncio.sleep(0.2)
            taken, notes[:] = notes[:], []
            file.writelines(taken)
            file.flush()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
