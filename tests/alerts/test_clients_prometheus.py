"""Debian's Prometheus and amtool against a running door: to both we are an Alertmanager."""

from __future__ import annotations

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.models import Alert, AlertState, Integration, Mute
from alerts.processing import process_waiting
from catalog.models import Service
from ops.ports import free_port
from ops.testing import amtool, prometheus
from tests.alerts.serving import serving
from tests.making import make_integration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
PATIENCE = 60.0
CONFIG = """
global:
  evaluation_interval: 1s
  external_labels: {{cluster: demo}}
rule_files: [rules.yml]
alerting:
  alertmanagers:
    - path_prefix: /am/{key}
      api_version: v2
      static_configs: [{{targets: ["{host}"]}}]
"""
RULES = """
groups:
  - name: disks
    rules:
      - alert: DiskFull
        expr: {expression}
        labels: {{severity: critical, instance: db1}}
        annotations:
          summary: Disk on db1 is {{{{ $value }}}} % full
          runbook_url: https://runbooks.example.org/disk
"""


class Door:
    """An integration that takes the place of an Alertmanager, and amtool at it."""

    def __init__(self, url: str, row: Integration, key: str) -> None:
        self.url, self.row, self.key = url, row, key

    def amtool(self, *arguments: str, fails: bool = False) -> str:
        """What amtool says to these arguments."""
        program = amtool()
        assert program, "bin/test brings Debian's amtool; see what it said at its start"
        command = [program, f"--alertmanager.url={self.url}/am/{self.key}", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        turn()
        return done.stdout + done.stderr

    def json(self, *arguments: str) -> Any:
        """What amtool was answered."""
        return json.loads(self.amtool("--output=json", *arguments))


@pytest.fixture
def door(service: Service) -> Iterator[Door]:
    row, key = make_integration(service, "prometheus")
    with serving() as url:
        yield Door(url, row, key)


def turn() -> None:
    process_waiting(now=datetime.now(UTC))


def until(asked: Callable[[], Any]) -> Any:
    """Wait for something that must come."""
    deadline = time.monotonic() + PATIENCE
    while not (found := asked()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
        turn()
    return found


@contextmanager
def running_prometheus(folder: Path, door: Door) -> Iterator[Callable[[str], None]]:
    """A Prometheus with one rule; what is yielded gives the rule another expression."""
    program = prometheus()
    assert program, "bin/test brings Debian's Prometheus; see what it said at its start"
    config = CONFIG.format(key=door.key, host=door.url.removeprefix("http://"))
    (folder / "prometheus.yml").write_text(config, encoding="utf-8")
    (folder / "rules.yml").write_text(RULES.format(expression="vector(99)"), encoding="utf-8")
    command = [
        program,
        "--config.file=prometheus.yml",
        "--storage.tsdb.path=data",
        f"--web.listen-address=127.0.0.1:{free_port()}",
        "--rules.alert.resend-delay=1s",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)

        def set_rule(expression: str) -> None:
            (folder / "rules.yml").write_text(RULES.format(expression=expression), encoding="utf-8")
            process.send_signal(signal.SIGHUP)

        try:
            yield set_rule
        finally:
            process.terminate()
            process.wait(PATIENCE)


def test_prometheus_fires_repeats_and_resolves(door: Door, tmp_path: Path) -> None:
    with running_prometheus(tmp_path, door) as set_rule:
        alert = until(lambda: Alert.objects.filter(count__gte=3).select_related("incident").first())
        assert (alert.summary, alert.severity, alert.rule) == (
            "Disk on db1 is 99 % full",
            "critical",
            "DiskFull",
        )
        assert alert.labels["cluster"] == "demo"
        assert alert.links[0] == {"href": "https://runbooks.example.org/disk", "text": "Runbook"}
        assert alert.incident is not None
        # Four times the longer of evaluation interval and resend delay.
        assert alert.expires_at < datetime.now(UTC) + timedelta(minutes=1)
        set_rule("vector(99) > 100")
        over = until(lambda: Alert.objects.filter(state=AlertState.RESOLVED).first())
        assert over.pk == alert.pk
    assert Alert.objects.count() == 1


def test_amtool_adds_queries_and_ends_an_alert(door: Door) -> None:
    door.amtool(
        "alert", "add", "alertname=DiskFull", "instance=db1", "severity=critical", "--annotation=summary=Full"
    )
    door.amtool("alert", "add", "alertname=Slow", "instance=db2", "severity=warning")
    assert Alert.objects.count() == 2
    found = door.json("alert", "query", "alertname=DiskFull")
    assert [(each["labels"]["instance"], each["status"]["state"]) for each in found] == [("db1", "active")]
    assert found[0]["annotations"] == {"summary": "Full"}
    assert found[0]["fingerprint"] == Alert.objects.get(severity="critical").dedup_key
    assert len(door.json("alert", "query", "severity=~crit.*|warn.*", "instance!=db1")) == 1
    assert "DiskFull" in door.amtool("alert", "query")
    past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
    started = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    for _ in range(2):
        door.amtool("alert", "add", "alertname=DiskFull", "instance=db1", "severity=critical",
                    f"--start={started}", f"--end={past}")  # fmt: skip
    assert [each["labels"]["alertname"] for each in door.json("alert", "query")] == ["Slow"]


def test_amtool_silences_what_this_integration_sends_and_nothing_else(door: Door, service: Service) -> None:
    other, _key = make_integration(service, "prometheus")
    door.amtool("alert", "add", "alertname=DiskFull", "severity=critical")
    uid = door.amtool("silence", "add", "alertname=DiskFull", "env!~prod.*", "--duration=1h", "--author=Olga",
                      "--comment=Disk is being replaced").strip()  # fmt: skip
    mute = Mute.objects.get(uid=uid)
    assert (mute.name, mute.created_by_name, mute.team) == ("Disk is being replaced", "Olga", service.team)
    assert {"field": "integration_id", "op": "=", "value": str(door.row.pk)} in mute.matchers
    [shown] = door.json("silence", "query")
    assert (shown["id"], shown["status"]["state"]) == (uid, "active")
    assert [
        (each["name"], each["value"], each["isRegex"], each["isEqual"]) for each in shown["matchers"]
    ] == [
        ("alertname", "DiskFull", False, True),
        ("env", "prod.*", True, False),
    ]
    assert door.json("alert", "query") == []  # amtool asks for those that are not silenced
    assert len(door.json("alert", "query", "--silenced")) == 1
    assert Door(door.url, other, _key).json("silence", "query") == []
    door.amtool("silence", "update", uid, "--duration=2h", "--comment=Takes longer")
    mute.refresh_from_db()
    assert mute.name == "Takes longer"
    assert mute.ends_at - datetime.now(UTC) > timedelta(minutes=100)
    door.amtool("silence", "expire", uid)
    assert door.json("silence", "query") == []
    assert [each["status"]["state"] for each in door.json("silence", "query", "--expired")] == ["expired"]
    assert len(door.json("alert", "query")) == 1


def test_another_integrations_silence_cannot_be_ended(door: Door, service: Service) -> None:
    uid = door.amtool("silence", "add", "alertname=DiskFull", "--comment=x", "--author=y").strip()
    stranger = Door(door.url, *make_integration(service, "prometheus"))
    assert "404" in stranger.amtool("silence", "expire", uid, fails=True)
    assert Mute.objects.get(uid=uid).ended_at is None


def test_amtool_is_told_why_a_silence_is_none(door: Door) -> None:
    said = door.amtool("silence", "add", "alertname=~.*", "--comment=all", "--author=y", fails=True)
    assert "at least one matcher must not match the empty string" in said
    assert not Mute.objects.exists()


def test_amtool_imports_silences_and_shows_the_config(door: Door, tmp_path: Path) -> None:
    door.amtool("silence", "add", "alertname=A", "--comment=one", "--author=Olga")
    kept = tmp_path / "silences.json"
    kept.write_text(door.amtool("--output=json", "silence", "query"), encoding="utf-8")
    door.amtool("silence", "import", "--force", str(kept))
    assert Mute.objects.filter(name="one").exists()
    assert "Routes, mutes and receivers" in door.amtool("config", "show")
