"""Ports: what is free, what is held, what answers."""

import socket
import threading

import pytest

from ops.ports import LOOPBACK, free_port, is_free, reserve, status_of


def test_a_free_port_is_free_until_somebody_listens() -> None:
    port = free_port()
    assert is_free(port)
    with socket.create_server((LOOPBACK, port)):
        assert not is_free(port)


def test_a_reserved_port_is_taken_for_others_and_open_for_a_server_that_shares_it() -> None:
    port = free_port()
    with reserve(port):
        assert not is_free(port)
        with socket.socket() as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            server.bind((LOOPBACK, port))
            server.listen()
            # A connection reaches the listener, never the socket that only holds the port.
            socket.create_connection((LOOPBACK, port), timeout=2).close()
    assert is_free(port)


def test_reserving_a_taken_port_fails() -> None:
    with socket.create_server((LOOPBACK, 0)) as server, pytest.raises(OSError, match="in use"):
        reserve(server.getsockname()[1])


@pytest.mark.parametrize(
    ("answer", "status"),
    [(b"HTTP/1.1 200 OK\r\n\r\n", 200), (b"HTTP/1.1 503 x\r\n\r\n", 503), (b"", 0), (b"hm\r\n", 0)],
)
def test_the_status_of_a_path_is_read_from_the_first_line(answer: bytes, status: int) -> None:
    with socket.create_server((LOOPBACK, 0)) as server:

        def reply() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(4096)
                connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        assert status_of(server.getsockname()[1], "/readyz") == status
        thread.join()


def test_a_silent_port_has_no_status() -> None:
    assert status_of(free_port(), "/readyz") == 0
