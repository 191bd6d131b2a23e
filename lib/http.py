"""The one way out: HTTP requests to addresses that users have typed.

Whoever can make us fetch a URL could otherwise reach our own database, a cloud's metadata service or the
office printer. So the name is resolved once, every address it has is checked (lib.outbound), and the
connection goes to a checked address: a second answer of the name server changes nothing. Redirects are
returned, not followed. Proxies of the environment are not used, since they would resolve the name again.

Settings: OUTBOUND_ALLOW, CIDR blocks that may be reached although they are private; OUTBOUND_PORTS.
"""

import functools
import re
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from ipaddress import ip_address

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from lib.outbound import Address, OutboundRefused, Target, check_addresses, networks, read_url

__all__ = ["OutboundFailed", "OutboundRefused", "Response", "request"]

_USER_AGENT = "Tocsin"
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_METHOD = re.compile(r"[A-Z]{1,20}")
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection"})


class OutboundFailed(Exception):
    """The request was allowed but got no answer; `retryable` says whether a later try may, `sent` whether the other
    side may have it all the same."""

    def __init__(self, reason: str, *, retryable: bool, sent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retryable = retryable
        self.sent = sent


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, whatever its status. Header names are lower case; `truncated` if the body was longer."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    truncated: bool


def request(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    timeout: float = 10,
    max_bytes: int = 64 * 1024,
    allow: Sequence[str] | None = None,
) -> Response:
    """Send one request and return the answer, reading at most `max_bytes` of its body.

    `timeout` bounds the whole of it, in seconds: name, connection, TLS, sending and every byte of the answer.
    `allow` replaces settings.OUTBOUND_ALLOW. Raises OutboundRefused for what will never be sent (address,
    port, scheme, header) and OutboundFailed where the other side did not answer.
    """
    deadline = time.monotonic() + timeout
    target = read_url(url)
    sent = _checked_headers(method, headers or {}, target)
    allowed = networks(settings.OUTBOUND_ALLOW if allow is None else allow)
    addresses = _lookup(target, deadline)
    check_addresses(target, addresses, allowed, frozenset(settings.OUTBOUND_PORTS))
    connection = _connected(target, addresses, deadline)
    with _bounded(connection, deadline), _explained(target, deadline, sent=True):
        connection.request(method, target.path, body=body, headers=sent, preload_content=False)
        with closing(connection.getresponse()) as response:
            return _read(response, max_bytes)


def _checked_headers(method: str, headers: Mapping[str, str], target: Target) -> dict[str, str]:
    if not _METHOD.fullmatch(method):
        raise OutboundRefused("The request method is not valid.")
    for name, value in headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
            raise OutboundRefused(f"The header name {name[:60]!r} may not be set.")
        if not _HEADER_VALUE.fullmatch(value):
            raise OutboundRefused(f"The value of the header {name} holds characters that a header cannot.")
    given = {name.lower() for name in headers}
    defaults = {"User-Agent": _USER_AGENT, "Accept-Encoding": "identity"}
    kept = {name: value for name, value in defaults.items() if name.lower() not in given}
    return {"Host": target.host_header, **kept, **headers}


def _lookup(target: Target, deadline: float) -> list[Address]:
    """Resolve once. In a thread, since the C library's resolver knows no deadline of ours."""
    found: list[Address] = []
    failure: list[OSError] = []

    def resolve() -> None:
        try:
            answers = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            found.extend(ip_address(answer[4][0]) for answer in answers)
        except (OSError, UnicodeError) as error:
            failure.append(error if isinstance(error, OSError) else socket.gaierror(socket.EAI_NONAME))

    thread = threading.Thread(target=resolve, daemon=True, name="lookup")
    thread.start()
    thread.join(max(0.0, deadline - time.monotonic()))
    if failure:
        again = failure[0].errno == socket.EAI_AGAIN
        raise OutboundFailed(f"The name {target.host} was not found.", retryable=again) from failure[0]
    if not found:
        raise OutboundFailed(f"The name {target.host} was not resolved in time.", retryable=True)
    return list(dict.fromkeys(found))


def _connected(target: Target, addresses: Sequence[Address], deadline: float) -> HTTPConnection:
    """Return a connection to the first checked address that answers."""
    for last, address in ((address is addresses[-1], address) for address in addresses):
        connection = _connection(target, address, deadline)
        try:
            with _explained(target, deadline):
                connection.connect()
        except OutboundFailed as error:
            connection.close()
            if last or not error.retryable or deadline <= time.monotonic():
                raise
        else:
            return connection
    raise OutboundFailed(f"{target.host} has no address.", retryable=True)


def _connection(target: Target, address: Address, deadline: float) -> HTTPConnection:
    """Prepare a connection to the bare address, with the host's name kept for TLS."""
    left = max(0.001, deadline - time.monotonic())
    if target.scheme == "http":
        return HTTPConnection(str(address), target.port, timeout=left)
    return HTTPSConnection(
        str(address),
        target.port,
        timeout=left,
        ssl_context=_tls(),
        server_hostname=target.host,
    )


@functools.cache
def _tls() -> ssl.SSLContext:
    """The system's authorities, read once: that takes longer than a request."""
    return ssl.create_default_context()


@contextmanager
def _bounded(connection: HTTPConnection, deadline: float) -> Iterator[None]:
    """Cut the connection at the deadline: a socket's own timeout starts anew with every byte."""
    watchdog = threading.Timer(max(0.0, deadline - time.monotonic()), _cut, [connection.sock])
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()
        connection.close()


def _cut(sock: socket.socket | None) -> None:
    if sock is not None:
        with suppress(OSError):
            # The base class's method: a TLS socket's own would change it under the reading thread.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)


@contextmanager
def _explained(target: Target, deadline: float, *, sent: bool = False) -> Iterator[None]:
    """Turn what the network can do to us into OutboundFailed with a reason that names no inner address."""
    try:
        yield
        if deadline <= time.monotonic():  # a body without a length looks whole when it was cut
            raise TimeoutError
    except ssl.SSLCertVerificationError as error:
        raise OutboundFailed(f"The certificate of {target.host} is not valid.", retryable=False) from error
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        # ValueError: what http.client says to some malformed answers
        late = deadline <= time.monotonic()
        reason = "did not answer in time" if late else "could not be reached or broke off"
        raise OutboundFailed(f"{target.host} {reason}.", retryable=True, sent=sent) from error


def _read(response: BaseHTTPResponse, max_bytes: int) -> Response:
    """Read the body as it was sent (we ask for no compression, so a bomb stays small)."""
    body = bytearray()
    for chunk in response.stream(min(max_bytes + 1, 65536), decode_content=False):
        body += chunk
        if len(body) > max_bytes:
            break
    headers = {name.lower(): value for name, value in response.headers.items()}
    return Response(response.status, headers, bytes(body[:max_bytes]), len(body) > max_bytes)
