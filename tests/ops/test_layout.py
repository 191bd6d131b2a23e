"""The data folder: closed to others, never half-written, one launcher at a time."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ops import fingerprint, lock
from ops.layout import ROOT, Layout, read_json, write_json, write_private
from ops.shown import keep_shown


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_folders_and_secrets_are_closed_to_others(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path / "a b")
    layout.make()
    write_json(layout.secrets, {"key": "value"})
    assert {mode(folder) for folder in (layout.data, layout.log, layout.run, layout.mail)} == {0o700}
    assert mode(layout.secrets) == 0o600
    assert read_json(layout.secrets) == {"key": "value"}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "secrets.json"
    write_private(path, "old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_private(path, "new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["secrets.json"]


def test_no_file_reads_as_an_empty_object(tmp_path: Path) -> None:
    assert read_json(tmp_path / "none.json") == {}


def test_a_second_launcher_is_refused_with_the_address_of_the_first(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)
    layout.make()
    write_json(layout.up_json, {"url": "http://127.0.0.1:8123"})
    with lock.hold(layout, "up"), pytest.raises(lock.Busy) as refused, lock.hold(layout, "up"):
        pass
    assert refused.value.command == "up"
    assert "http://127.0.0.1:8123" in str(refused.value)
    assert str(os.getpid()) in str(refused.value)
    assert "--data" in str(refused.value)


def test_a_killed_launcher_locks_nobody_out(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)
    layout.make()
    holder = f"""
import os, signal
from ops import fingerprint, lock
from ops.layout import Layout
with lock.hold(Layout.at({str(tmp_path)!r}), "up"):
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", holder], cwd=ROOT, check=False)
    assert layout.lock.read_text()
    with lock.hold(layout, "manage"):
        assert '"manage"' in layout.lock.read_text()


def test_what_was_shown_once_is_kept_and_follows_the_address(tmp_path: Path) -> None:
    layout = Layout.at(tmp_path)
    layout.make()
    first = {
        "api_token": "t1",
        "integrations": {"pagerduty": {"key": "k", "url": "http://127.0.0.1:1/v2/enqueue"}},
    }
    later = {
        "api_token": None,
        "integrations": {"pagerduty": {"key": None, "url": None}, "json": {"key": "j"}},
    }
    keep_shown(layout, first, "http://127.0.0.1:1")
    assert keep_shown(layout, later, "http://127.0.0.1:2") == {
        "api_token": "t1",
        "integrations": {
            "pagerduty": {"key": "k", "url": "http://127.0.0.1:2/v2/enqueue"},
            "json": {"key": "j"},
        },
    }


def test_data_counts_as_prepared_until_the_code_or_a_command_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout.at(tmp_path)
    layout.make()
    for folder in (layout.postgres, layout.data / "static"):
        folder.mkdir()
    assert not fingerprint.is_prepared(layout)
    fingerprint.mark_prepared(layout)
    assert fingerprint.is_prepared(layout)

    code = tmp_path / "code"
    (code / "alerts" / "migrations").mkdir(parents=True)
    monkeypatch.setattr(fingerprint, "ROOT", code)
    fingerprint.mark_prepared(layout)
    (code / "alerts" / "migrations" / "0002_more.py").write_text("")
    assert not fingerprint.is_prepared(layout)

    fingerprint.mark_prepared(layout)
    fingerprint.forget(layout)
    assert not fingerprint.is_prepared(layout)
