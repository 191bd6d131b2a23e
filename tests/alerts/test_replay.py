"""Every recorded request of every kind goes through the HTTP door, is stored, processed, and says what it should."""

from __future__ import annotations

import pytest

from alerts.models import Event
from alerts.processing import process_waiting
from alerts.sources.registry import KINDS
from catalog.models import Service
from tests.alerts.payloads import FOLDER
from tests.alerts.records import Record, door, parsed, records, said, send, wire
from tests.alerts.signing import signed, surround
from tests.alerts.test_sources_contract import NOW as THEN
from tests.alerts.test_sources_contract import check_storable
from tests.making import NOW

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("record", records(), ids=str)
def test_a_recorded_request_is_accepted_stored_and_read(
    record: Record, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    surround(record.kind, monkeypatch)
    _row, key = door(service, record)
    answer = send(signed(wire(record, key), record))
    assert 200 <= answer.status_code < 300, answer.content
    assert record.status in (None, answer.status_code)
    assert key not in answer.content.decode()
    process_waiting(now=NOW)
    assert said_by_the_event(key) == list(record.says) if record.stored else not Event.objects.exists()


def said_by_the_event(key: str) -> list[str]:
    """What the one stored event says, which holds the key nowhere and was processed without a problem."""
    event = Event.objects.select_related("integration").get()
    assert event.processed_at is not None
    assert event.problem == ""
    assert key not in str([event.body, event.context, event.dedup_key, event.notes])
    found = parsed(event, received_at=THEN)
    check_storable(found)
    return said(found)


@pytest.mark.parametrize("folder", sorted(path for path in FOLDER.iterdir() if path.is_dir()), ids=str)
def test_every_folder_of_records_is_a_kind_and_holds_some(folder: object) -> None:
    name = str(folder).rsplit("/", 1)[-1]
    assert name in KINDS or name == "__pycache__"
    assert records(name) or name == "__pycache__"
