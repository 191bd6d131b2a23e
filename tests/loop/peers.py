"""Debian's Alertmanager as a peer: unpacked or installed, on loopback, posting to our webhook."""

from __future__ import annotations

import json
import shlex
import shutil
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ops.ports import free_port
from ops.stack import Stack
from ops.testing import PEERS, alertmanager

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
      - url: {url}
        send_resolved: true
"""
# Debian's build reads its default templates from a fixed place; an unpacked one gets it in a mount space of its own.
IN_ITS_OWN_SPACE = (
    "mount -t tmpfs none /usr/share && mkdir -p /usr/share/prometheus && "
    "cp -r {peers}/usr/share/prometheus/. /usr/share/prometheus/ && exec {command}"
)


class Alertmanager:
    """Runs within a stack and ends with it."""

    def __init__(self, stack: Stack, webhook: str) -> None:
        program = alertmanager()
        assert program, "bin/test brings Debian's Alertmanager; see what it said at its start"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = stack.folder / "alertmanager.yml"
        config.write_text(CONFIG.format(url=webhook), encoding="utf-8")
        command = [
            program,
            f"--config.file={config}",
            f"--storage.path={stack.folder / 'alertmanager'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]
        stack.start("alertmanager", with_templates(command))
        stack.wait_for(f"{self.url}/-/ready")

    def set(self, *, firing: bool, **labels: str) -> None:
        """An alert begins, or ends now, as Prometheus would tell."""
        now = datetime.now(UTC)
        alert = {
            "labels": {"alertname": "CheckoutErrors", "severity": "critical", **labels},
            "annotations": {"summary": "Checkout answers 502", "description": "One request in three fails."},
            "startsAt": (now - timedelta(minutes=1)).isoformat(),
            "endsAt": (now + timedelta(hours=1) if firing else now).isoformat(),
        }
        request = urllib.request.Request(  # noqa: S310 - our own loopback address
            f"{self.url}/api/v2/alerts", json.dumps([alert]).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            assert answer.status == 200


def with_templates(command: list[str]) -> list[str]:
    """The command, where need be in a mount space of its own with the default templates in their place."""
    if Path("/usr/share/prometheus/alertmanager/default.tmpl").exists():
        return command
    script = IN_ITS_OWN_SPACE.format(peers=shlex.quote(str(PEERS)), command=shlex.join(command))
    unshare = shutil.which("unshare")
    assert unshare, "util-linux's unshare is missing"
    return [unshare, "--user", "--map-root-user", "--mount", "sh", "-c", script]
