"""What a machine must have before Tocsin starts, each with a line that says what to do."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.errors import CannotStart
from ops.ports import is_free

DATA_BYTES = 500_000_000
"""Free space asked for at a start: an empty cluster takes 50 MB, its write-ahead log up to 512 MB."""
FULL_BYTES = 20_000_000
PANGO_PACKAGES = ("libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core")
PANGO_LIBRARIES = (
    ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    ("libharfbuzz-subset.so.0", "libharfbuzz-subset.dylib"),
)


def require_space(folder: Path, needed: int = DATA_BYTES) -> None:
    """Refuse to start on a disk that is about to be full."""
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    free = shutil.disk_usage(existing).free
    if free < needed:
        raise CannotStart(
            f"The disk of {folder} has {free // 1_000_000} MB free; Tocsin needs {needed // 1_000_000} MB. "
            "Make room, or choose another folder with --data."
        )


def require_port(port: int) -> None:
    """Refuse a port that another program has; silently taking another would break bookmarks and webhooks."""
    if not is_free(port):
        raise CannotStart(
            f"Port {port} on 127.0.0.1 is taken. Choose another: bin/up --port {_suggest(port)}"
        )


def _suggest(port: int) -> int:
    return next((other for other in range(port + 10, 65_000, 10) if is_free(other)), port + 10)


def require_pango() -> None:
    """Make sure that WeasyPrint can load Pango; as root with apt, install it."""
    if pango_loads():
        return
    if can_apt() and apt_install(*PANGO_PACKAGES) and pango_loads():
        return
    if sys.platform == "darwin":
        how = "brew install pango"
    else:
        how = f"sudo apt-get install --no-install-recommends {' '.join(PANGO_PACKAGES)}"
    raise CannotStart(f"Pango is missing, and without it no PDF can be made. Install it: {how}")


def pango_loads() -> bool:
    """Say whether the libraries load; tried in another process so that this one does not carry them."""
    tries = "\n".join(
        f"try: ctypes.CDLL({a!r})\nexcept OSError: ctypes.CDLL({b!r})" for a, b in PANGO_LIBRARIES
    )
    done = subprocess.run([sys.executable, "-c", f"import ctypes\n{tries}"], capture_output=True, check=False)
    return done.returncode == 0


def can_apt() -> bool:
    """Say whether system packages can be installed without asking anyone."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(*packages: str) -> bool:
    """Install Debian packages, fetching the package lists if need be; say whether it worked."""
    print(f"Installing {', '.join(packages)} …", flush=True)
    command = ["apt-get", "install", "--yes", "--no-install-recommends", "-qq", *packages]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for attempt in (command, ["apt-get", "update", "-qq"], command):
        done = subprocess.run(attempt, env=quiet, capture_output=True, text=True, check=False)
        if attempt is command and done.returncode == 0:
            return True
    print(done.stderr.strip()[-500:], file=sys.stderr)
    return False


def explain(error: CannotStart, folder: Path) -> str:
    """Return the line for the terminal: a server that failed on a full disk seldom says so in its last line."""
    free = shutil.disk_usage(folder).free if folder.exists() else FULL_BYTES
    if free < FULL_BYTES:
        return f"The disk of {folder} is full ({free // 1_000_000} MB free). Make room and start again. ({error})"
    return str(error)


@contextmanager
def full_disk_explained(folder: Path) -> Iterator[None]:
    """Turn "no space left" from any write inside into a plain line."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        where = error.filename or folder
        raise CannotStart(
            f"The disk is full: {where} could not be written. Make room and start again."
        ) from error
