"""An HTTP client that costs little: raw keep-alive connections on asyncio, one request at a time on each."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any


@dataclass
class Answers:
    """Seconds of each answer, and how many were not 2xx."""

    seconds: list[float] = field(default_factory=list)
    refused: int = 0


class Connection:
    """One keep-alive connection to loopback."""

    def __init__(self, port: int) -> None:
        self.port = port

    async def __aenter__(self) -> Connection:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def send(self, raw: bytes) -> int:
        """Send a whole request; returns the status."""
        self.writer.write(raw)
        head = await self.reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        await self.reader.readexactly(length)
        return int(head[9:12])


def post(path: str, body: dict[str, Any]) -> bytes:
    """A POST of JSON as bytes."""
    raw = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
    head += f"Content-Length: {len(raw)}\r\n\r\n"
    return head.encode() + raw


def get(path: str) -> bytes:
    """A GET as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def event(key: str, mark: str, dedup: str | None = None, component: str = "postgres") -> bytes:
    """A PagerDuty trigger whose summary carries the mark that the mail catcher looks for."""
    payload = {
        "summary": f"bench-{mark} disk is nearly full",
        "source": "db1.example.test",
        "severity": "critical",
        "component": component,
        "custom_details": {"free": "3%", "mount": "/var/lib/postgresql", "runbook": "clear old WAL"},
    }
    return post(
        "/v2/enqueue",
        {
            "routing_key": key,
            "event_action": "trigger",
            "dedup_key": dedup or f"bench-{mark}",
            "payload": payload,
        },
    )


async def as_fast_as_possible(
    port: int, requests: Callable[[int], bytes], seconds: float, connections: int
) -> Answers:
    """Each connection sends its next request as soon as the last was answered."""
    answers, numbers = Answers(), count()
    until = time.perf_counter() + seconds

    async def one() -> None:
        async with Connection(port) as connection:
            while time.perf_counter() < until:
                raw = requests(next(numbers))
                began = time.perf_counter()
                status = await connection.send(raw)
                answers.seconds.append(time.perf_counter() - began)
                answers.refused += not 200 <= status < 300

    await asyncio.gather(*(one() for _ in range(connections)))
    return answers


async def exactly(port: int, requests: Callable[[int], bytes], total: int, connections: int) -> Answers:
    """So many requests, each connection sending its next as soon as the last was answered."""
    answers, numbers = Answers(), iter(range(total))

    async def one() -> None:
        async with Connection(port) as connection:
            for number in numbers:
                began = time.perf_counter()
                status = await connection.send(requests(number))
                answers.seconds.append(time.perf_counter() - began)
                answers.refused += not 200 <= status < 300

    await asyncio.gather(*(one() for _ in range(connections)))
    return answers


async def at_rate(
    port: int, requests: Iterator[tuple[str, bytes]], rate: float, seconds: float, connections: int = 16
) -> tuple[dict[str, float], Answers]:
    """Send `rate` requests a second, each at its planned moment; returns when each was sent, by its mark."""
    sent, answers, began = dict[str, float](), Answers(), time.perf_counter()
    numbers = iter(range(int(rate * seconds)))

    async def one() -> None:
        async with Connection(port) as connection:
            for number in numbers:
                mark, raw = next(requests)
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
                sent[mark], moment = time.time(), time.perf_counter()
                status = await connection.send(raw)
                answers.seconds.append(time.perf_counter() - moment)
                answers.refused += not 200 <= status < 300

    await asyncio.gather(*(one() for _ in range(connections)))
    return sent, answers
