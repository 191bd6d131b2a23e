"""Providers' webhooks: whose signature fits, what is kept, what is dropped."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.test import Client

from alerts.models import Alert, Event
from alerts.processing import process_waiting
from alerts.sources.esp.views import LABELS, MAKE
from alerts.sources.registry import setup_html
from catalog.models import Service
from notifications import measures
from tests.alerts.records import Record, records, send, wire
from tests.making import NOW, make_integration

pytestmark = pytest.mark.django_db
RECORDS: dict[str, Record] = {record.name: record for record in records("esp")}
FORM = "application/x-www-form-urlencoded"


def test_attachments_are_named_and_the_key_is_nowhere(service: Service) -> None:
    _row, key = make_integration(service, "esp")
    assert send(wire(RECORDS["postmark"], key)).status_code == 200
    process_waiting(now=NOW)
    assert Alert.objects.get().details["attachments"] == ["run.log"]
    assert "aGVsbG8" not in Event.objects.get().body
    assert key not in Event.objects.get().body


@pytest.mark.parametrize("name", ["postmark_basic", "mailgun_signed_mime"])
@pytest.mark.parametrize("secret", ["another", "tocsin:other", "ünicode"])
def test_a_wrong_secret_is_refused(service: Service, name: str, secret: str) -> None:
    _row, key = make_integration(service, "esp", secret=secret)
    answer = send(wire(RECORDS[name], key))
    assert answer.status_code == 401
    assert not Event.objects.exists()


@pytest.mark.parametrize("provider", MAKE)
def test_with_a_secret_nothing_unsigned_is_taken(service: Service, provider: str) -> None:
    _row, key = make_integration(service, "esp", secret="tocsin:secret")
    record = RECORDS[provider]
    assert send(wire(record, key)).status_code == 401
    assert not Event.objects.exists()


def test_mandrill_signs_the_public_address(service: Service, settings: Any) -> None:
    settings.SITE_URL = "https://tocsin.example.org"
    _row, key = make_integration(service, "esp", secret="webhook-key")
    body = RECORDS["mandrill"].body
    events = {"mandrill_events": _field(body)}
    text = f"https://tocsin.example.org/in/mail/mandrill/{key}mandrill_events{events['mandrill_events']}"
    made = base64.b64encode(hmac.new(b"webhook-key", text.encode(), hashlib.sha1).digest()).decode()
    for signature, status in ((made, 200), ("AAAA", 401)):
        answer = Client().post(
            f"/in/mail/mandrill/{key}",
            urlencode(events),
            content_type=FORM,
            headers={"X-Mandrill-Signature": signature},
        )
        assert answer.status_code == status
    assert Event.objects.count() == 1


def _field(body: str) -> str:
    return parse_qs(body)["mandrill_events"][0]


def test_postal_signs_with_its_private_key(service: Service) -> None:
    private = rsa.generate_private_key(65537, 2048)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    secret = "".join(pem.decode().splitlines()[1:-1])
    _row, key = make_integration(service, "esp", secret=secret)
    body = json.dumps(RECORDS["postal"].body).encode()
    made = base64.b64encode(private.sign(body, padding.PKCS1v15(), hashes.SHA1())).decode()  # noqa: S303 - Postal's
    for text, status in ((body, 200), (body + b" ", 401)):
        answer = Client().post(
            f"/in/mail/postal/{key}",
            text,
            content_type="application/json",
            headers={"X-Postal-Signature": made},
        )
        assert answer.status_code == status


@pytest.mark.parametrize("provider", MAKE)
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"[1]", b"\xff", b"null", b"a=b", b"--x\r\n"])
@pytest.mark.parametrize("kind", ["application/json", FORM, "multipart/form-data; boundary=x"])
def test_what_is_no_mail_is_refused_with_a_reason_and_never_fails(
    service: Service, provider: str, body: bytes, kind: str
) -> None:
    _row, key = make_integration(service, "esp")
    answer = Client().generic("POST", f"/in/mail/{provider}/{key}", body, content_type=kind)
    assert answer.status_code in (200, 400)
    assert not Event.objects.exists() or answer.status_code == 200


def test_a_loop_is_dropped_and_counted(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[tuple[str, str]] = []
    monkeypatch.setattr(measures, "count", lambda name, label="", by=1: counted.append((name, label)))
    _row, key = make_integration(service, "esp", options={"automatic": True})
    assert send(wire(RECORDS["loop"], key)).status_code == 200
    assert ("mail_refused", "answer") in counted


def test_a_mail_may_be_larger_than_an_event_up_to_its_own_limit(service: Service) -> None:
    _row, key = make_integration(service, "esp")
    body = {**RECORDS["postmark"].body, "TextBody": "x" * 3_000_000}
    answer = Client().post(f"/in/mail/postmark/{key}", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200
    assert len(Event.objects.get().body) < 200_000
    huge = Client().post(f"/in/mail/postmark/{key}", "x" * 10_000_001, content_type="application/json")
    assert huge.status_code == 413


def test_an_unknown_provider_or_key_is_nowhere(service: Service) -> None:
    _row, key = make_integration(service, "esp")
    assert Client().post(f"/in/mail/other/{key}").status_code == 404
    assert Client().post("/in/mail/postmark/unknown").status_code == 404
    assert Client().post(f"/in/mail/postmark/{key}/more").status_code == 404


def test_the_setup_shows_an_address_for_each_provider() -> None:
    html = setup_html("esp", base_url="https://tocsin.example", key="abc")
    assert set(LABELS) == set(MAKE)
    for provider, label in LABELS.items():
        assert f"https://tocsin.example/in/mail/{provider}/abc" in html
        assert label in html
