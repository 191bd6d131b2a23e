"""Events that Tocsin tells of itself, through the way of an integration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from alerts.actions.intake import accept
from alerts.models import Alert, AlertState, Event, Integration
from alerts.processing import process_waiting
from alerts.sources.base import Stored
from alerts.sources.own import OWN, read
from alerts.sources.registry import GATES, KINDS, reader
from catalog.models import Service
from incidents.models import Incident
from tests.making import NOW, make_integration

BODY = {
    "action": "trigger",
    "dedup_key": "tocsin-heartbeat-7",
    "summary": "“Backup” is late",
    "severity": "warning",
    "rule": "Backup",
    "details": {"expected": "every 1 day"},
    "links": [{"href": "https://tocsin.example.org/heartbeats/7/", "text": "Backup"}],
}


def say(door: Integration, **changes: Any) -> None:
    accept(integration_id=door.pk, endpoint=OWN, body=json.dumps(BODY | changes), now=NOW)
    process_waiting(now=NOW)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_integration_reads_what_we_say(kind: str) -> None:
    [signal] = reader(kind, OWN)(Stored(text=json.dumps(BODY), received_at=NOW)).signals
    assert (signal.action, signal.dedup_key, signal.severity) == ("trigger", "tocsin-heartbeat-7", "warning")
    assert (signal.rule, signal.source, signal.happened_at) == ("Backup", "Tocsin", NOW)
    assert signal.details == {"expected": "every 1 day"}


def test_no_gate_stores_what_would_be_read_as_ours() -> None:
    """Anybody with a key could otherwise end our alerts."""
    assert all(OWN not in kind.readers for kind in KINDS.values())
    assert GATES


@pytest.mark.parametrize("changes", [{"dedup_key": "disk"}, {"action": "explode"}, {"dedup_key": None}])
def test_what_is_not_ours_is_noted_and_makes_nothing(changes: dict[str, Any]) -> None:
    parsed = read(Stored(text=json.dumps(BODY | changes), received_at=NOW))
    assert not parsed.signals
    assert parsed.notes


@pytest.mark.django_db
def test_what_we_say_opens_and_ends_an_alert_like_any_other(service: Service) -> None:
    door = make_integration(service)[0]
    say(door)
    assert Alert.objects.get().incident == Incident.objects.get()
    assert Incident.objects.get().title == "“Backup” is late"
    say(door, action="resolve", summary="“Backup” is back")
    assert Alert.objects.get().state == AlertState.RESOLVED
    assert not Event.objects.exclude(problem="").exists()
