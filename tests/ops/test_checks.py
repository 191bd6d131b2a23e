"""What bin/up refuses, each with a line that says what to do."""

import errno
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ops import checks
from ops.errors import CannotStart
from ops.layout import ROOT
from ops.ports import LOOPBACK


def test_a_taken_port_is_named_with_a_free_one() -> None:
    with socket.create_server((LOOPBACK, 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(CannotStart, match=rf"Port {port} on 127.0.0.1 is taken.*bin/up --port \d+"):
            checks.require_port(port)


def test_a_nearly_full_disk_is_refused_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=7_000_000))
    with pytest.raises(CannotStart, match=r"has 7 MB free; Tocsin needs 500 MB"):
        checks.require_space(tmp_path / "not" / "there" / "yet")
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_is_said_in_a_line(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match="The disk is full: /data/x"), checks.full_disk_explained(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device", "/data/x")


def test_other_errors_pass_unchanged(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), checks.full_disk_explained(tmp_path):
        (tmp_path / "none").read_text()


def test_a_missing_pango_is_refused_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checks, "PANGO_LIBRARIES", (("libno-such-thing.so.0", "libno-such-thing.dylib"),))
    monkeypatch.setattr(checks, "can_apt", lambda: False)
    with pytest.raises(CannotStart, match=r"Pango is missing.*install"):
        checks.require_pango()


def test_a_library_that_loads_is_seen_without_loading_it_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PANGO_LIBRARIES", (("libc.so.6", "libSystem.dylib"),))
    assert checks.pango_loads()


def test_an_old_python_gets_one_line_and_not_a_traceback(tmp_path: Path) -> None:
    pretend = "import sys; sys.version_info = (3, 8, 18); from ops import venv; venv.require_python()"
    done = subprocess.run(
        [sys.executable, "-c", pretend],
        cwd=ROOT,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Tocsin needs Python 3.11 or newer, and this is 3.8.")
    assert len(done.stderr.splitlines()) == 1


def test_an_old_python_hands_over_to_a_newer_one_on_the_path(tmp_path: Path) -> None:
    (tmp_path / "python3.11").symlink_to(sys.executable)
    script = tmp_path / "script"
    script.write_text(
        "import sys, os; sys.path.insert(0, os.environ['ROOT'])\n"
        "if 'AGAIN' not in os.environ: os.environ['AGAIN'] = '1'; sys.version_info = (3, 6, 15)\n"
        "from ops import venv; venv.require_python(); print('went on')"
    )
    environment = {"PATH": str(tmp_path), "ROOT": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script)], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "went on\n", done.stderr
