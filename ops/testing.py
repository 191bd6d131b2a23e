"""`bin/test`: what the tests need from the system, then pytest with the arguments given."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from ops.checks import PANGO_PACKAGES, apt_install, can_apt, pango_loads
from ops.layout import ROOT

PEERS = ROOT / "var" / "cache" / "peers"
"""Real programs that talk to Tocsin in tests, and a clock to set; unpacked, since an installed one would run as a
daemon."""


def main(arguments: list[str]) -> int:
    """Provide the system packages where possible, run pytest, return its exit code."""
    missing = [*system_packages(), *(PANGO_PACKAGES if not pango_loads() else ())]
    if missing and not (can_apt() and apt_install(*missing)):
        tell_how(missing)
    peers = {"prometheus-alertmanager": alertmanager, "prometheus": prometheus, "libfaketime": faketime}
    for package, found in peers.items():
        if not found() and not unpack(package):
            tell_how([package])
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), str(PEERS / "usr" / "bin")])
    variables = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "pytest",
        f"--rootdir={ROOT}",
        "--config-file",
        str(ROOT / "pyproject.toml"),
        # A process per core, each with servers of its own; files stay whole, so that what a module starts is shared.
        *("--numprocesses", str(min(os.cpu_count() or 1, 4)), "--dist", "loadfile"),
    ]
    # In this process's place: ctrl-C and the exit code are pytest's own.
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(sys.executable, [*command, *arguments], variables)  # noqa: S606 - no shell is wanted


def system_packages() -> list[str]:
    """Return the Debian packages whose programs are not there."""
    wanted = {"chromium": ("chromium", "chromium-browser"), "poppler-utils": ("pdftotext",)}
    return [package for package, names in wanted.items() if not any(map(shutil.which, names))]


def tell_how(packages: list[str]) -> None:
    """Say what is missing; the tests that need it fail, all others run."""
    print(
        f"Missing for some tests: {', '.join(packages)}. "
        f"Install: sudo apt-get install --no-install-recommends {' '.join(packages)}",
        file=sys.stderr,
        flush=True,
    )


def alertmanager() -> str | None:
    """Return the path of a Prometheus Alertmanager, installed or unpacked by us."""
    return _program("prometheus-alertmanager")


def amtool() -> str | None:
    """Return the path of Alertmanager's command line, which comes in the same package."""
    return _program("amtool")


def prometheus() -> str | None:
    """Return the path of a Prometheus server, installed or unpacked by us."""
    return _program("prometheus")


def _program(name: str) -> str | None:
    return shutil.which(name) or shutil.which(str(PEERS / "usr/bin" / name))


def faketime() -> str | None:
    """Return the path of the library that shows a process another wall clock, installed or unpacked by us."""
    names = "usr/lib/*/faketime/libfaketimeMT.so.1"
    return next((str(found) for root in (Path("/"), PEERS) for found in root.glob(names)), None)


def unpack(package: str) -> bool:
    """Fetch Debian's package and unpack it into the cache; needs no root. Say whether it worked."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb")):
        return False
    PEERS.mkdir(mode=0o700, parents=True, exist_ok=True)
    download = ["apt-get", "download", "-qq", package]
    steps = [download] if _runs(download) else [["apt-get", "update", "-qq"], download]
    if len(steps) > 1 and not all(map(_runs, steps)):
        return False
    return all(_unpack(archive) for archive in PEERS.glob(f"{package}_*.deb"))


def _unpack(archive: Path) -> bool:
    done = _runs(["dpkg-deb", "-x", archive.name, "."])
    archive.unlink()
    return done


def _runs(command: list[str]) -> bool:
    return subprocess.run(command, cwd=PEERS, capture_output=True, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
