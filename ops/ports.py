"""TCP ports on the loopback address."""

import socket

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a port that nothing listens on now; another process may still take it before it is used."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Say whether a server could bind `port` on `host`; ports in TIME_WAIT count as free."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def reserve(port: int, host: str = LOOPBACK) -> socket.socket:
    """Hold `port` until the returned socket is closed, for a server that sets SO_REUSEPORT (as granian does).

    Such servers of one user share a port without a word, so a free port is not yet ours alone. A socket that is
    bound and does not listen gets no connections and makes `is_free` say no. Raises OSError if it is taken.
    """
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        held.bind((host, port))
    except OSError:
        held.close()
        raise
    return held


def status_of(port: int, path: str, timeout: float = 2.0) -> int:
    """Return the status that our own server answers to `GET path`, or 0 when it does not answer in time.

    By hand, because http.client brings modules that the launcher would carry for as long as Tocsin runs.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: {LOOPBACK}:{port}\r\nConnection: close\r\n\r\n"
    try:
        with socket.create_connection((LOOPBACK, port), timeout=timeout) as connection:
            connection.sendall(request.encode())
            words = connection.makefile("rb").readline().split()
    except OSError:
        return 0
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
