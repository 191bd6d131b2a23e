"""A whole Tocsin with real processes, shared by all fault tests; workers are started by each test.

`WAITING` escalations wait all the time and are due in hours; each test adds those that are due while it breaks
something, and looks at what reached whom, and when.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from ops.bench.client import event
from ops.layout import ROOT
from ops.stack import Stack
from tests.faults.providers import Arrival, Providers

WAITING = 800
DUE = 200
# No page later than this beyond the fault's end: what the product promises.
BOUND = 10.0
MAILED, HOOKED = 5, 2
PEOPLE = [f"service{number}" for number in range(MAILED)]
HOOKS = [f"service{number}" for number in range(MAILED, MAILED + HOOKED)]
PATIENCE = 60.0
_numbers = count(1)


@dataclass(frozen=True)
class Page:
    """What must come: to whom, and when it is due (seconds since 1970)."""

    incident: int
    to: str
    due: float


@dataclass
class Running:
    """The stack, the providers that it pages by, and the hand in its database."""

    stack: Stack
    providers: Providers
    hand: subprocess.Popen[str]
    to: dict[str, str] = field(default_factory=dict)
    key: str = ""

    def ask_hand(self, do: str, **values: Any) -> dict[str, Any]:
        """One act in the database; see tests.faults.hand."""
        assert self.hand.stdin
        assert self.hand.stdout
        self.hand.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self.hand.stdin.flush()
        line = self.hand.stdout.readline()
        assert line, "the hand died; see what it wrote to stderr"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def due(
        self, total: int = DUE, *, after: float = 1.0, spread: float = 6.0, by: list[str] = PEOPLE
    ) -> Batch:
        """Incidents whose pages are due evenly over `spread` seconds, beginning `after` seconds from now."""
        prefix = f"f{next(_numbers)}"
        opened = self.ask_hand(
            "open", prefix=prefix, slugs=by, total=total, first=time.time() + after, spread=spread
        )
        pages = {mark: Page(row[0], self.to[row[1]], row[2]) for mark, row in opened.items()}
        return Batch(self, prefix, pages)

    def fire(self) -> str:
        """Post an alert that opens an incident of its own; returns the mark that its page will carry."""
        mark = f"fire-{next(_numbers)}"
        body = event(self.key, mark).partition(b"\r\n\r\n")[2]
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.stack.url}/v2/enqueue", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            assert answer.status == 202
        return mark

    def arrived(self, *marks: str) -> int:
        """How many messages with these marks the providers have."""
        return sum(each.mark in marks for each in list(self.providers.arrivals))

    def until(self, holds: Callable[[], bool], tell: Callable[[], object] = str) -> None:
        """Wait for something that must come; fails, with what `tell` knows, when it does not."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < deadline, f"not within {PATIENCE} s: {tell()}"
            time.sleep(0.05)

    def paged(self, *marks: str) -> None:
        """Wait until the pages with these marks arrived."""
        self.until(lambda: set(marks) <= {each.mark for each in list(self.providers.arrivals)})

    def ask(self, sql: str) -> str:
        """A statement in the stack's database."""
        return self.stack.postgres.ask(sql)

    def start_worker(self, name: str = "worker-a") -> None:
        """A worker that runs: whatever it does at its start is over, and a page went through."""
        self.begin_worker(name)()
        self.paged(self.fire())

    def begin_worker(self, name: str) -> Callable[[], None]:
        """Start a worker; what is returned waits until it is ready."""
        log = self.stack.folder / f"{name}.log"
        known = len(log.read_bytes()) if log.exists() else 0
        self.stack.start_worker(name)
        return lambda: self.until(lambda: b"ready." in log.read_bytes()[known:])

    def kill(self, name: str) -> None:
        """kill -9, as the kernel does when memory is short."""
        process = self.stack.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()


@dataclass
class Batch:
    """Pages that fall due while something breaks."""

    running: Running
    prefix: str
    pages: dict[str, Page]
    acked: dict[str, float] = field(default_factory=dict)

    def arrivals(self) -> list[Arrival]:
        """Those of this batch, in their order."""
        return [each for each in list(self.running.providers.arrivals) if each.mark in self.pages]

    def until(self, share: float) -> None:
        """Wait until this share of them has arrived."""
        self.running.until(lambda: len({each.mark for each in self.arrivals()}) >= share * len(self.pages))

    def ack(self, most: int) -> None:
        """Acknowledge some of those that have not gone out and are in nobody's hands."""
        there = {each.mark for each in self.arrivals()}
        waiting = [page.incident for mark, page in self.pages.items() if mark not in there]
        self.acked |= self.running.ask_hand("ack", ids=waiting[-most:])

    def check(self, ended: float, *, repeats: bool = False) -> float:
        """None lost, none late, none after its ack, none twice unless the ledger says why; the worst lateness.

        Lateness counts from when a page was due or the fault ended, whichever was later.
        """
        wanted = {mark: page for mark, page in self.pages.items() if mark not in self.acked}
        self.running.until(lambda: not self._missing(wanted), lambda: self._told(self._missing(wanted)))
        first: dict[str, float] = {}
        for each in self.arrivals():
            first.setdefault(each.mark, each.moment)
            assert each.to == self.pages[each.mark].to
        worst = max(first[mark] - max(page.due, ended) for mark, page in wanted.items())
        self._check_twice(repeats=repeats)
        late = [each for each in self.arrivals() if each.moment > self.acked.get(each.mark, each.moment)]
        assert not late, "sent after the acknowledgement"
        sys.stdout.write(f"worst {worst:.2f} s beyond, {len(wanted)} paged, {len(self.acked)} acknowledged, ")
        sys.stdout.write(f"{len(self.arrivals()) - len(first)} twice\n")
        assert worst <= BOUND
        return worst

    def _missing(self, wanted: Collection[str]) -> set[str]:
        return set(wanted) - {each.mark for each in self.arrivals()}

    def _told(self, marks: Collection[str]) -> dict[str, Any]:
        """What the ledger says of them."""
        found = self.running.ask_hand("ledger", prefix=self.prefix)
        return {mark: found.get(mark) for mark in sorted(marks)[:10]}

    def _check_twice(self, *, repeats: bool) -> None:
        counted = Counter(each.mark for each in self.arrivals())
        twice = {mark for mark, times in counted.items() if times > 1}
        assert repeats or not twice
        if twice:
            self.running.until(lambda: self._settled(twice))
            tries = self.running.ask_hand("ledger", prefix=self.prefix)
            unmarked = [
                mark for mark in twice if sum(row[3] for row in tries[mark]["tries"]) < counted[mark] - 1
            ]
            assert not unmarked, {mark: tries[mark] for mark in unmarked}

    def _settled(self, marks: set[str]) -> bool:
        found = self.running.ask_hand("ledger", prefix=self.prefix)
        return all(found[mark]["state"] != "sending" for mark in marks)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("faults")
    providers = Providers()
    with providers.running(), Stack(folder, durable=False, mail_port=providers.mail_port) as started:
        started.extra["TOCSIN_OUTBOUND_ALLOW"] = "127.0.0.0/8"
        hand = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.hand"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=started.env,
            cwd=ROOT,
        )
        with hand:
            running = Running(started, providers, hand)
            made = running.ask_hand("prepare", mailed=MAILED, hooked=HOOKED, hook=providers.hook_url)
            running.to, running.key = made["to"], made["key"]
            running.due(WAITING, after=20_000)
            started.start_web(workers=1)
            yield running


@pytest.fixture
def running(stack: Running) -> Iterator[Running]:
    """Without workers at the beginning and at the end."""
    stack.ask("delete from notifications_circuit")
    yield stack
    for name in [name for name in stack.stack.processes if name.startswith("worker")]:
        stack.stack.end(name)
    early = [each for each in stack.providers.arrivals if each.mark.startswith("f1-")]
    assert not early, "paged hours before it was due"
