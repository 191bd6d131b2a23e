"""What `bin/up` prints once Tocsin answers: where to look, how to sign in, how to fire an alert."""

import json
import shlex
from typing import Any

from ops.layout import Layout


def text(facts: dict[str, Any], layout: Layout) -> str:
    """Return the lines for the terminal; `facts` is the content of up.json."""
    admin = facts["admin"]
    rows = [
        ("Dashboard", facts["url"]),
        ("Sign in", f"{admin['email']}   password: {admin['password']} (made at the first start)"),
        ("Mail", f"{facts['url']}/dev/mail" if facts["mail_dir"] else None),
        ("Status page", facts.get("status_page_url")),
        ("API", f"{facts['url']}/api/docs"),
        ("For scripts", str(layout.up_json)),
    ]
    lines = [f"  {name:<12} {value}" for name, value in rows if value]
    return "\n".join(["", "Tocsin is ready.", "", *lines, "", *_alert(facts), "Ctrl-C stops it.", ""])


def _alert(facts: dict[str, Any]) -> list[str]:
    """Return a command that fires a real alert, if there is an integration to fire it at."""
    integration = facts.get("integrations", {}).get("pagerduty")
    if not integration or not integration.get("key"):
        return []
    event = {
        "routing_key": integration["key"],
        "event_action": "trigger",
        "payload": {"summary": "Checkout answers with 500", "source": "shop-1", "severity": "critical"},
    }
    body = shlex.quote(json.dumps(event))
    command = f"curl {shlex.quote(integration['url'])} -H 'Content-Type: application/json' -d {body}"
    return ["Fire an alert and watch it page:", "", f"  {command}", ""]
