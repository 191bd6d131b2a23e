"""PyPI's `pagerduty` and `pdpyras` against a running door."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alerts.models import Alert, AlertState, Event
from alerts.processing import process_waiting
from alerts.sources.base import Answer
from alerts.sources.registry import GATES
from alerts.views import intake
from catalog.models import Change, Service
from incidents.models import Incident
from tests.alerts.serving import authority, serving
from tests.making import make_integration

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import pagerduty
    import pdpyras

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def https(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The client refuses plain http, so it gets TLS, and an authority to trust."""
    made = authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.certificate))
    with serving(made.context) as url:
        yield url


@pytest.fixture
def client(https: str, service: Service) -> Iterator[pagerduty.EventsApiV2Client]:
    _row, key = make_integration(service)
    with closing(pagerduty.EventsApiV2Client(key, base_url=https)) as made:
        yield made


def turn() -> None:
    process_waiting(now=datetime.now(UTC))


def test_pagerduty_triggers_acknowledges_and_resolves(client: pagerduty.EventsApiV2Client) -> None:
    made = client.trigger(
        "Disk on db1 is 99 % full",
        "db1",
        severity="critical",
        custom_details={"free": "1 %"},
        links=[{"href": "https://runbooks.example.org/disk", "text": "Runbook"}],
        images=[{"src": "https://graphs.example.org/disk.png"}],
    )
    assert client.trigger("Disk on db1 is full", "db1", dedup_key=made, severity="critical") == made
    turn()
    alert = Alert.objects.get()
    assert (alert.dedup_key, alert.count, alert.summary) == (made, 2, "Disk on db1 is full")
    client.acknowledge(made)
    turn()
    assert Incident.objects.get().state == "acknowledged"
    client.resolve(made)
    turn()
    assert Alert.objects.get().state == AlertState.RESOLVED


def test_pagerduty_tells_of_a_change(client: pagerduty.EventsApiV2Client) -> None:
    client.submit(
        "Deployed payments 4.2.0",
        source="ci",
        custom_details={"build": 220},
        links=[{"href": "https://ci.example.org/220", "text": "Build"}],
        timestamp="2026-01-01T00:00:00Z",  # without one this version of the client fails by itself
    )
    turn()
    change = Change.objects.get()
    assert (change.summary, change.source, change.happened_at.year) == ("Deployed payments 4.2.0", "ci", 2026)


def test_pagerduty_is_told_that_its_key_is_wrong(https: str, db: None) -> None:
    with closing(pagerduty.EventsApiV2Client("0" * 32, base_url=https)) as client:
        with pytest.raises(pagerduty.HttpError) as caught:
            client.trigger("Disk is full", "db1")
        assert "'routing_key' is not " in str(caught.value).replace("\\", "")
    assert not Event.objects.exists()


def test_pagerduty_waits_and_comes_back_when_it_is_too_much(
    client: pagerduty.EventsApiV2Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = next(gate for gate, _kind in GATES if gate.prefix == "/v2/enqueue")
    answers, through = [gate.busy, gate.away], intake._through

    def at_first_busy(*given: Any) -> Answer:
        return answers.pop(0) if answers else through(*given)

    monkeypatch.setattr(intake, "_through", at_first_busy)
    client.sleep_timer = 0.01
    assert client.trigger("Disk is full", "db1")
    assert answers == []
    assert Event.objects.count() == 1


@pytest.mark.filterwarnings("ignore:.*:DeprecationWarning", "ignore:.*:UserWarning")
def test_pdpyras_triggers_and_resolves_and_tells_of_a_change(service: Service) -> None:
    """The older client takes plain http."""
    _row, key = make_integration(service)
    with (
        serving() as url,
        closing(pdpyras.EventsAPISession(key)) as session,
        closing(pdpyras.ChangeEventsAPISession(key)) as changes,
    ):
        session.url = changes.url = url
        made = session.trigger("Disk on db1 is full", "db1")
        changes.submit("Switched the flag new-checkout on", source="flags")
        turn()
        alert = Alert.objects.get()
        assert (alert.dedup_key, alert.severity) == (made, "critical")
        assert Change.objects.get().summary == "Switched the flag new-checkout on"
        session.resolve(made)
    turn()
    assert Alert.objects.get().state == AlertState.RESOLVED
