"""Debian's Alertmanager with every way it has to reach us: its webhook, PagerDuty's API and Opsgenie's."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alerts.models import Alert, Event
from alerts.processing import process_waiting
from catalog.models import Service
from ops.ports import free_port
from ops.testing import alertmanager
from tests.alerts.serving import serving
from tests.loop.peers import with_templates
from tests.making import make_integration

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.processes]
PATIENCE = 60.0
CONFIG = """
route:
  receiver: tocsin
  group_by: [alertname]
  group_wait: 0s
  group_interval: 1s
  repeat_interval: 1h
receivers:
  - name: tocsin
    webhook_configs:
      - url: {url}/in/alertmanager/{webhook}
        send_resolved: true
    pagerduty_configs:
      - url: {url}/v2/enqueue
        routing_key: {pagerduty}
        severity: '{{{{ .CommonLabels.severity }}}}'
        send_resolved: true
    opsgenie_configs:
      - api_url: {url}/
        api_key: {opsgenie}
        priority: P2
        tags: storage,prod
        update_alerts: true
        send_resolved: true
"""


@contextmanager
def running(folder: Path, **keys: str) -> Iterator[str]:
    """The address of an Alertmanager that knows those keys."""
    program = alertmanager()
    assert program, "bin/test brings Debian's Alertmanager; see what it said at its start"
    config = folder / "alertmanager.yml"
    config.write_text(CONFIG.format(**keys), encoding="utf-8")
    port = free_port()
    command = [
        program,
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(with_templates(command), stdout=log, stderr=log)
        try:
            until(lambda: _is_ready(port))
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(PATIENCE)


def _is_ready(port: int) -> bool:
    with suppress(OSError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/-/ready", timeout=5).close()
        return True
    return False


def until(asked: Callable[[], Any]) -> Any:
    """Wait for something that must come."""
    deadline = time.monotonic() + PATIENCE
    while not (found := asked()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)
        process_waiting(now=datetime.now(UTC))
    return found


def tell(url: str, *, firing: bool) -> None:
    """An alert begins, or ends now, as Prometheus would tell."""
    now = datetime.now(UTC)
    alert = {
        "labels": {"alertname": "DiskFull", "instance": "db1", "severity": "critical"},
        "annotations": {"summary": "Disk on db1 is full"},
        "startsAt": (now - timedelta(minutes=1)).isoformat(),
        "endsAt": (now + timedelta(hours=1) if firing else now).isoformat(),
    }
    request = urllib.request.Request(  # noqa: S310 - our own loopback address
        f"{url}/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"}
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - as above


def test_alertmanager_reaches_us_as_a_webhook_as_pagerduty_and_as_opsgenie(
    service: Service, tmp_path: Path
) -> None:
    kinds = ("alertmanager", "pagerduty", "opsgenie")
    keys = {kind: make_integration(service, kind)[1] for kind in kinds}
    with serving() as ours:
        named = {
            "webhook": keys["alertmanager"],
            "pagerduty": keys["pagerduty"],
            "opsgenie": keys["opsgenie"],
        }
        with running(tmp_path, url=ours, **named) as theirs:
            tell(theirs, firing=True)
            until(lambda: Alert.objects.count() == 3)
            found = {alert.integration.kind: alert for alert in Alert.objects.select_related("integration")}
            assert {kind: alert.severity for kind, alert in found.items()} == {
                "alertmanager": "critical",
                "pagerduty": "critical",
                "opsgenie": "error",
            }
            assert found["opsgenie"].details["tags"] == ["storage", "prod"]
            tell(theirs, firing=False)
            until(lambda: Alert.objects.filter(state="resolved").count() == 3)
    assert not Event.objects.exclude(problem="").exists()
    assert not Event.objects.filter(processed_at=None).exists()
