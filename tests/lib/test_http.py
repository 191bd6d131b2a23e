"""Real sockets on loopback, with a name server that the test controls."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lib import http
from lib.http import OutboundFailed, OutboundRefused, request

LOOPBACK = ["127.0.0.0/8"]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Id: 7\r\n\r\nok"

Talk = Callable[[socket.socket], None]


def answer(raw: bytes) -> Talk:
    """Read one request's head, then send `raw`."""

    def talk(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(raw)

    return talk


@contextmanager
def serving(talk: Talk, tls: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[bytes]]]:
    """Serve one connection after another on loopback; yields the port and the requests' heads."""
    heads: list[bytes] = []
    stop = threading.Event()

    def serve(listener: socket.socket) -> None:
        while not stop.is_set():
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            with closing(peer):
                try:
                    conversation(peer)
                except OSError:  # the client went away, as it should in some tests
                    continue

    def conversation(peer: socket.socket) -> None:
        spoken = tls.wrap_socket(peer, server_side=True) if tls else peer
        with closing(spoken):
            heads.append(spoken.recv(65536, socket.MSG_PEEK) if not tls else b"")
            talk(spoken)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=[listener], daemon=True)
        thread.start()
        yield listener.getsockname()[1], heads
        stop.set()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """The name server: for each name its answers, one list of addresses a query, the last one repeated."""
    answers: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def lookup(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host not in answers:
            return real(host, port, *args, **kwargs)
        found = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    return answers


def test_a_request_goes_out_and_its_answer_comes_back() -> None:
    with serving(answer(OK)) as (port, heads):
        url = f"http://127.0.0.1:{port}/hook?a=1"
        found = request("POST", url, headers={"X-A": "b"}, body=b"{}", allow=LOOPBACK)
    assert (found.status, found.body, found.truncated) == (200, b"ok", False)
    assert found.headers["x-id"] == "7"
    head = heads[0].decode()
    assert head.startswith("POST /hook?a=1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{port}\r\n" in head
    assert "X-A: b\r\n" in head
    assert "Content-Length: 2\r\n" in head


def test_the_setting_allows_a_network(settings: Any) -> None:
    with serving(answer(OK)) as (port, _):
        settings.OUTBOUND_ALLOW = []
        with pytest.raises(OutboundRefused, match="Port"):
            request("GET", f"http://127.0.0.1:{port}/")
        settings.OUTBOUND_PORTS = [port]
        with pytest.raises(OutboundRefused, match="loopback"):
            request("GET", f"http://127.0.0.1:{port}/")
        settings.OUTBOUND_ALLOW = LOOPBACK
        assert request("GET", f"http://127.0.0.1:{port}/").status == 200


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "localhost", "[::ffff:7f00:1]", "0"]
)
def test_every_way_to_write_loopback_is_refused(host: str) -> None:
    with pytest.raises(OutboundRefused):
        request("GET", f"http://{host}/", allow=[])


def test_a_name_is_resolved_once_so_rebinding_changes_nothing(names: dict[str, list[list[str]]]) -> None:
    with serving(answer(OK)) as (port, heads):
        names["hooks.example"] = [["127.0.0.1"], ["10.9.9.9"]]
        assert request("GET", f"http://hooks.example:{port}/", allow=LOOPBACK).status == 200
        assert f"Host: hooks.example:{port}\r\n".encode() in heads[0]
        with pytest.raises(OutboundRefused, match="Port"):
            request("GET", f"http://hooks.example:{port}/", allow=LOOPBACK)
        assert len(heads) == 1


def test_every_address_of_a_name_is_checked(names: dict[str, list[list[str]]]) -> None:
    names["hooks.example"] = [["93.184.215.14", "169.254.169.254"]]
    with pytest.raises(OutboundRefused, match="link-local"):
        request("GET", "http://hooks.example/", allow=[])


def test_the_next_checked_address_is_tried_when_one_is_dead(names: dict[str, list[list[str]]]) -> None:
    with serving(answer(OK)) as (port, _):
        names["hooks.example"] = [["::1", "127.0.0.1"]]  # nothing listens at ::1 on that port
        found = request("GET", f"http://hooks.example:{port}/", allow=[*LOOPBACK, "::1/128"])
        assert found.status == 200


def test_a_redirect_is_returned_and_not_followed() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    with serving(answer(moved)) as (port, heads):
        found = request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK)
        assert (found.status, found.headers["location"]) == (302, "http://169.254.169.254/")
        assert len(heads) == 1


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    with serving(answer(OK)) as (port, _):
        assert request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK).status == 200


@pytest.mark.parametrize(
    "head", [b"Content-Length: 100000\r\n", b"Transfer-Encoding: chunked\r\n", b"Connection: close\r\n"]
)
def test_a_long_body_is_cut(head: bytes) -> None:
    body = b"x" * 100_000
    if b"chunked" in head:
        body = b"186a0\r\n" + body + b"\r\n0\r\n\r\n"
    with serving(answer(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)) as (port, _):
        found = request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK, max_bytes=1000)
    assert found.body == b"x" * 1000
    assert found.truncated


def test_a_body_of_exactly_the_limit_is_whole() -> None:
    with serving(answer(OK)) as (port, _):
        found = request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK, max_bytes=2)
    assert (found.body, found.truncated) == (b"ok", False)


def dripping(start: bytes, each: bytes) -> Talk:
    def talk(peer: socket.socket) -> None:
        peer.recv(65536)
        peer.sendall(start)
        for _ in range(200):
            peer.sendall(each)
            time.sleep(0.05)

    return talk


@pytest.mark.parametrize(
    "start",
    [
        b"",  # the status line never ends
        b"HTTP/1.1 200 OK\r\nX-Slow: ",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
    ],
)
def test_an_answer_that_drips_is_cut_at_the_deadline(start: bytes) -> None:
    with serving(dripping(start, b"x")) as (port, _):
        started = time.monotonic()
        with pytest.raises(OutboundFailed, match="in time") as caught:
            request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK, timeout=0.4)
        assert caught.value.retryable
        assert time.monotonic() - started < 2


def test_silence_and_a_slow_name_server_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def silent(_peer: socket.socket) -> None:
        release.wait(5)

    with serving(silent) as (port, _):
        with pytest.raises(OutboundFailed, match="in time"):
            request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK, timeout=0.3)
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kwargs: release.wait(5) and [])
        with pytest.raises(OutboundFailed, match="not resolved in time") as caught:
            request("GET", "http://hooks.example/", allow=LOOPBACK, timeout=0.3)
        release.set()
    assert caught.value.retryable


def test_a_closed_port_is_retryable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(OutboundFailed, match="could not be reached") as caught:
        request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK)
    assert caught.value.retryable


@pytest.mark.parametrize(("code", "retryable"), [(socket.EAI_AGAIN, True), (socket.EAI_NONAME, False)])
def test_an_unknown_name_is_permanent_and_a_silent_name_server_is_not(
    monkeypatch: pytest.MonkeyPatch, code: int, retryable: bool
) -> None:
    def fail(*_args: Any, **_kwargs: Any) -> Any:
        raise socket.gaierror(code, "no")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(OutboundFailed, match="not found") as caught:
        request("GET", "https://hooks.example/")
    assert caught.value.retryable is retryable


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\nok",
    ],
)
def test_a_malformed_answer_is_a_failure(raw: bytes) -> None:
    with serving(answer(raw)) as (port, _), pytest.raises(OutboundFailed, match="broke off"):
        request("GET", f"http://127.0.0.1:{port}/", allow=LOOPBACK)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "b\r\nX-Evil: 1"),
        ("X-A", "b\n"),
        ("X-A", "\x00"),
        ("X-A", "✓"),
        ("X\r\nA", "b"),
        ("", "b"),
        ("X A", "b"),
    ],
)
def test_a_header_cannot_break_out(name: str, value: str) -> None:
    with pytest.raises(OutboundRefused):
        request("GET", "http://127.0.0.1/", headers={name: value}, allow=LOOPBACK)


@pytest.mark.parametrize("name", ["Host", "content-length", "Transfer-Encoding"])
def test_a_header_that_is_ours_may_not_be_set(name: str) -> None:
    with pytest.raises(OutboundRefused, match="may not be set"):
        request("GET", "http://127.0.0.1/", headers={name: "1"}, allow=LOOPBACK)


def test_a_method_cannot_break_out() -> None:
    with pytest.raises(OutboundRefused):
        request("GET / HTTP/1.1\r\n", "http://127.0.0.1/", allow=LOOPBACK)


# --- TLS


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _certificate(
    folder: Path, name: str, issuer: str, signer: ec.EllipticCurvePrivateKey | None
) -> tuple[ec.EllipticCurvePrivateKey, Path]:
    """Write a certificate and key for `name`, signed by `signer` or, for an authority, by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    today = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder(_named(issuer), _named(name), key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
    )
    if signer:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    made = builder.sign(signer or key, hashes.SHA256())
    path = folder / f"{name}.pem"
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + pem)
    return key, path


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ssl.SSLContext, list[str | None]]]:
    """A server's context for hooks.example, trusted by the client, and the names asked of it."""
    authority, authority_file = _certificate(tmp_path, "authority", "authority", None)
    _, server_file = _certificate(tmp_path, "hooks.example", "authority", authority)
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority_file))
    http._tls.cache_clear()
    with ExitStack() as stack:
        stack.callback(http._tls.cache_clear)
        yield context, asked


def test_tls_is_verified_for_the_name_while_connected_to_the_address(
    tls: tuple[ssl.SSLContext, list[str | None]], names: dict[str, list[list[str]]]
) -> None:
    context, asked = tls
    names["hooks.example"] = names["other.example"] = [["127.0.0.1"]]
    with serving(answer(OK), context) as (port, _):
        assert request("GET", f"https://hooks.example:{port}/", allow=LOOPBACK).status == 200
        assert asked == ["hooks.example"]
        for host in ("other.example", "127.0.0.1"):
            with pytest.raises(OutboundFailed, match="certificate") as caught:
                request("GET", f"https://{host}:{port}/", allow=LOOPBACK)
            assert not caught.value.retryable


def test_an_unknown_authority_is_refused(
    tls: tuple[ssl.SSLContext, list[str | None]],
    names: dict[str, list[list[str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    http._tls.cache_clear()
    names["hooks.example"] = [["127.0.0.1"]]
    with serving(answer(OK), tls[0]) as (port, _), pytest.raises(OutboundFailed, match="certificate"):
        request("GET", f"https://hooks.example:{port}/", allow=LOOPBACK)


def test_a_tls_answer_that_drips_is_cut_and_a_port_without_tls_fails(
    tls: tuple[ssl.SSLContext, list[str | None]], names: dict[str, list[list[str]]]
) -> None:
    names["hooks.example"] = [["127.0.0.1"]]
    slow = dripping(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n", b"x")
    with serving(slow, tls[0]) as (port, _), pytest.raises(OutboundFailed, match="in time"):
        request("GET", f"https://hooks.example:{port}/", allow=LOOPBACK, timeout=0.5)
    with serving(answer(OK)) as (port, _), pytest.raises(OutboundFailed, match="broke off"):
        request("GET", f"https://hooks.example:{port}/", allow=LOOPBACK)
