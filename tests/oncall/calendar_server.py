"""A web server on loopback that has a calendar, and can be told to misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ETAG = '"v1"'
CHANGED = "Tue, 10 Mar 2026 10:00:00 GMT"


@dataclass
class Server:
    """`body` is what is answered with `status` and `headers`; `wait` is set to let a slow answer go on."""

    url: str = ""
    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    knows_marks: bool = False
    is_slow: bool = False
    wait: threading.Event = field(default_factory=threading.Event)
    asked: list[dict[str, str]] = field(default_factory=list)
    before: Callable[[], None] = lambda: None

    def has_newest(self, asked: dict[str, str]) -> bool:
        return self.knows_marks and (
            asked.get("if-none-match") == ETAG or asked.get("if-modified-since") == CHANGED
        )


@contextmanager
def serving() -> Iterator[Server]:
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append({"path": self.path, **asked})
            server.before()
            if server.is_slow:
                server.wait.wait(10)
            if server.has_newest(asked):
                self._answer(304, b"")
            else:
                self._answer(server.status, server.body)

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            marks = {"ETag": ETAG, "Last-Modified": CHANGED} if server.knows_marks else {}
            for name, value in {**marks, **server.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                """It has heard enough."""

        def log_message(self, *_: object) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        server.url = f"http://127.0.0.1:{http.server_port}/rota.ics"
        try:
            yield server
        finally:
            server.wait.set()
            http.shutdown()
            thread.join()
