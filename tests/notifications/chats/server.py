"""A chat service on loopback: it keeps what it is sent, and answers what a test says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HANG = 0


@dataclass
class Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Chat:
    """`answers` are (status, headers, body), used up in turn, then `usual` is answered; HANG never answers."""

    root: str = ""
    usual: bytes = b"{}"
    usual_status: int = 200
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def last(self) -> Request:
        return self.requests[-1]

    def next(self) -> tuple[int, dict[str, str], bytes]:
        return self.answers.pop(0) if self.answers else (self.usual_status, {}, self.usual)


@contextmanager
def running() -> Iterator[Chat]:
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            chat.requests.append(Request(self.command, self.path, headers, body))
            status, more, answer = chat.next()
            if status == HANG:
                chat.over.wait(10)
                return
            self.send_response(status)
            for name, value in {"Content-Type": "application/json", **more}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            try:
                self.wfile.write(answer)
            except OSError:
                self.close_connection = True

        do_POST = do_PATCH = do_GET = do_PUT = _take

        def log_message(self, *_: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up early is no error here."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        chat.root = f"http://127.0.0.1:{server.server_port}"
        yield chat
        chat.over.set()
        server.shutdown()
