"""An incident in a Slack room, from its opening to its end, by the outbox and a server true to Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from accounts.models import User
from catalog.models import Service
from incidents.actions.opening import Opening, open_for_alerts
from incidents.actions.transitions import acknowledge, change_state
from incidents.models import Channel
from lib.sealing import seal
from notifications import acks, outbox, providers
from notifications.models import Delivery, Provider
from tests.notifications.chats.server import Chat, running
from tests.smtp import Mailbox

pytestmark = pytest.mark.django_db
POSTED = b'{"ok": true, "channel": "C0ROOM", "ts": "1730000000.000100"}'


@pytest.fixture
def chat(room: Channel, settings: Any) -> Iterator[Chat]:
    settings.OUTBOUND_ALLOW = ["127.0.0.0/8"]
    with running() as found:
        found.usual = POSTED
        values = {"bot_token": "xoxb-1", "signing_secret": "0" * 32, "api_url": f"{found.root}/api/"}
        Provider.objects.filter(name="slack").update(values=seal(json.dumps(values)))
        providers.forget()
        yield found
    providers.forget()


def test_a_room_follows_an_incident_from_its_opening_to_its_end(
    chat: Chat, service: Service, member: User, mailbox: Mailbox, now: datetime
) -> None:
    opening = Opening(service, "Checkout is down", "", "high", "test", now, "Alert")
    [incident] = open_for_alerts(openings=[opening], now=now)
    outbox.send_due(worker="test", now=now)
    acknowledge(incident_id=incident.pk, actor=member, now=now)
    outbox.send_due(worker="test", now=now)
    change_state(incident_id=incident.pk, verb="resolve", actor=member, now=now)
    outbox.send_due(worker="test", now=now)

    first, second, third = [each.json for each in chat.requests]
    assert [each.path.rpartition("/")[2] for each in chat.requests] == [
        "chat.postMessage",
        *["chat.update"] * 2,
    ]
    assert second["ts"] == third["ts"] == "1730000000.000100"
    assert [each["text"].rpartition(", ")[2] for each in (first, second, third)] == [
        "nobody has it yet",
        "Milan Member has it",
        "resolved by Milan Member",
    ]
    notice = Delivery.objects.get(kind="notice", transport="slack")
    for body, buttons in ((first, 3), (second, 3), (third, 0)):
        found = [
            each for block in body["blocks"] for each in block.get("elements", []) if each["type"] == "button"
        ]
        assert len(found) == buttons
        assert {acks.read(each["value"]) for each in found} <= {notice.pk}
