"""SNS: who has signed, whose topic it is, what confirming does, and what CloudWatch says."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.http import HttpResponse

from alerts import keys
from alerts.models import Event, Integration
from alerts.sources.sns import certificates
from catalog.models import Service
from lib import http
from tests.alerts.records import Record, Wire, door, found, reading, records, send, wire
from tests.alerts.signing import Amazon, signed, sns_certificate, sns_signature

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"
CERTIFICATE = "https://sns.eu-central-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem"


@pytest.fixture
def amazon(monkeypatch: pytest.MonkeyPatch) -> Amazon:
    return Amazon().stand(monkeypatch)


class Topic:
    """An integration, and a topic that posts to it."""

    def __init__(self, service: Service, **options: Any) -> None:
        self.service = service
        self.record: Record = found("sns", "alarm")
        self.row, self.key = door(service, self.record)
        Integration.objects.filter(pk=self.row.pk).update(options=options)

    def post(self, name: str = "alarm", *, sign: bool = True, **fields: Any) -> HttpResponse:
        """Send that record with other fields, signed anew."""
        record = found("sns", name)
        body = {key: value for key, value in {**record.body, **fields}.items() if value is not None}
        request = wire(record.with_body(body), self.key)
        return send(signed(request, record) if sign else request)

    def pinned(self) -> str:
        return str(Integration.objects.get(pk=self.row.pk).options.get("topic_arn", ""))


@pytest.fixture
def topic(service: Service) -> Topic:
    return Topic(service)


# --- Who has signed


@pytest.mark.django_db
@pytest.mark.parametrize("version", ["1", "2"])
def test_both_versions_of_the_signature_are_checked(topic: Topic, amazon: Amazon, version: str) -> None:
    assert topic.post(SignatureVersion=version).status_code == 200
    assert topic.post(SignatureVersion=version, Signature="AAAA", sign=False).status_code == 403
    assert Event.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["Message", "MessageId", "Subject", "Timestamp", "TopicArn"])
def test_what_was_changed_on_the_way_is_refused(topic: Topic, amazon: Amazon, field: str) -> None:
    body = {**found("sns", "alarm").body}
    body["Signature"] = sns_signature(body)
    assert topic.post(sign=False, **{**body, field: body[field] + "x"}).status_code == 403
    assert topic.post(sign=False, **{**body, field: None}).status_code in (400, 403)
    assert not Event.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("signature", [None, "", "?", "é", 7, base64.b64encode(b"x" * 256).decode()])
def test_what_is_no_signature_is_refused(topic: Topic, amazon: Amazon, signature: object) -> None:
    assert topic.post(sign=False, Signature=signature).status_code == 403


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "",
        CERTIFICATE.replace("https", "http"),
        CERTIFICATE.replace("amazonaws.com", "amazonaws.com.evil.example.org"),
        CERTIFICATE.replace("sns.", "sns.x@evil.example.org/?"),
        CERTIFICATE.replace("amazonaws.com/", "amazonaws.com:8443/"),
        CERTIFICATE.replace("amazonaws.com/", "amazonaws.com:x/"),
        CERTIFICATE.replace("https://", "https://user@"),
        CERTIFICATE.replace("sns.eu-central-1", "s3.eu-central-1"),
        CERTIFICATE.replace("sns.", "evil-sns."),
        CERTIFICATE.replace(".pem", ".txt"),
        CERTIFICATE.replace(".pem", ".txt?x=.pem"),
        "https://[::1/x.pem",
        "https://evil.example.org/x.pem#sns.eu-central-1.amazonaws.com",
        "https://sns.eu-central-1.amazonaws.com/\n/x.pem",
    ],
)
def test_a_certificate_from_elsewhere_is_not_even_fetched(topic: Topic, amazon: Amazon, url: str) -> None:
    assert topic.post(SigningCertURL=url).status_code == 403
    assert not amazon.asked


@pytest.mark.django_db
def test_a_certificate_of_china_is_good(topic: Topic, amazon: Amazon) -> None:
    url = "https://sns.cn-north-1.amazonaws.com.cn/SimpleNotificationService-1.pem"
    arn = "arn:aws-cn:sns:cn-north-1:123456789012:alarms"
    assert topic.post(SigningCertURL=url, TopicArn=arn).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    "certificate",
    [
        pytest.param(lambda: sns_certificate("Evil"), id="another issuer"),
        pytest.param(lambda: sns_certificate(days=30, since=40), id="over"),
        pytest.param(lambda: sns_certificate(days=30, since=-2), id="not yet"),
    ],
)
def test_a_certificate_that_is_not_amazons_or_not_in_force_proves_nothing(
    topic: Topic, amazon: Amazon, certificate: Any
) -> None:
    amazon.certificate = certificate()
    assert topic.post().status_code == 403
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_the_certificate_is_fetched_once(topic: Topic, amazon: Amazon) -> None:
    for number in range(3):
        assert topic.post(MessageId=str(number)).status_code == 200
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.django_db
def test_while_there_is_no_certificate_sns_is_asked_to_come_again(
    topic: Topic, amazon: Amazon, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any, **options: Any) -> http.Response:
        amazon.asked.append("failed")
        raise http.OutboundFailed("no answer", retryable=True)

    monkeypatch.setattr(http, "request", away)
    assert topic.post().status_code == 503
    assert topic.post().status_code == 503
    assert amazon.asked == ["failed"], "a failure holds one thread, not one for each try"
    certificates.forget()
    monkeypatch.setattr(http, "request", amazon.request)
    assert topic.post().status_code == 200


@pytest.mark.django_db
def test_what_is_no_certificate_is_as_if_there_were_none(topic: Topic, amazon: Amazon) -> None:
    amazon.certificate = b"<html>"
    assert topic.post().status_code == 503


# --- Subscriptions and topics


@pytest.mark.django_db
def test_a_subscription_is_confirmed_after_its_signature_and_pins_the_topic(
    topic: Topic, amazon: Amazon
) -> None:
    assert topic.post("confirmation").status_code == 200
    assert amazon.asked == [CERTIFICATE, found("sns", "confirmation").body["SubscribeURL"]]
    assert topic.pinned() == TOPIC
    assert topic.post(TopicArn=TOPIC + "-of-another").status_code == 403


@pytest.mark.django_db
def test_a_confirmation_with_a_wrong_signature_makes_us_visit_nothing(topic: Topic, amazon: Amazon) -> None:
    assert topic.post("confirmation", sign=False, Signature="AAAA").status_code == 403
    assert amazon.asked == [CERTIFICATE]
    assert topic.pinned() == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.org/?Action=ConfirmSubscription&TopicArn=" + TOPIC,
        "http://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=" + TOPIC,
        "https://sns.eu-central-1.amazonaws.com/?Action=DeleteTopic&TopicArn=" + TOPIC,
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn=another",
        "https://sns.eu-central-1.amazonaws.com/?Action=ConfirmSubscription&" + "a=b&" * 50,
        "",
    ],
)
def test_even_signed_an_address_elsewhere_is_not_visited(topic: Topic, amazon: Amazon, url: str) -> None:
    assert topic.post("confirmation", SubscribeURL=url).status_code == 403
    assert amazon.asked == [CERTIFICATE]


@pytest.mark.django_db
def test_where_the_confirmation_fails_sns_asks_again_and_the_topic_is_free(
    topic: Topic, amazon: Amazon
) -> None:
    amazon.status = 500
    assert topic.post("confirmation").status_code == 503
    assert (topic.pinned(), Event.objects.count()) == ("", 0)
    amazon.status = 200
    assert topic.post("confirmation").status_code == 200
    assert topic.pinned() == TOPIC


@pytest.mark.django_db
def test_the_first_topic_that_speaks_is_pinned(topic: Topic, amazon: Amazon) -> None:
    assert topic.post().status_code == 200
    assert topic.pinned() == TOPIC
    keys.forget()
    assert topic.post("confirmation", TopicArn=TOPIC + "2").status_code == 403


@pytest.mark.django_db
def test_two_processes_agree_on_the_topic_that_came_first(topic: Topic, amazon: Amazon) -> None:
    assert keys.door(topic.key) is not None  # remembered without a topic
    Integration.objects.filter(pk=topic.row.pk).update(options={"topic_arn": TOPIC + "-first"})
    assert topic.post().status_code == 403
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_what_gives_power_over_the_subscription_is_not_kept(topic: Topic, amazon: Amazon) -> None:
    topic.post()
    topic.post("confirmation")
    kept = str(list(Event.objects.values_list("body", "context")))
    for word in ("Unsubscribe&", "ConfirmSubscription&", "2336412f37fb687f", '"Signature"'):
        assert word not in kept


# --- Again


@pytest.mark.django_db
def test_a_message_that_comes_again_is_stored_once(topic: Topic, amazon: Amazon) -> None:
    assert [topic.post().status_code for _ in range(3)] == [200] * 3
    assert topic.post(MessageId="another").status_code == 200
    assert Event.objects.count() == 2


# --- Raw delivery


@pytest.mark.django_db
def test_a_raw_message_needs_no_signature_unless_only_signed_ones_are_wanted(service: Service) -> None:
    record = found("sns", "raw_alarm")
    for options, status in ({}, 200), ({"signed_only": True}, 403), ({"topic_arn": TOPIC + "x"}, 403):
        topic = Topic(service, **options)
        assert send(wire(record, topic.key)).status_code == status


@pytest.mark.django_db
def test_an_envelope_is_never_taken_for_a_raw_message(topic: Topic, amazon: Amazon) -> None:
    record = found("sns", "raw_alarm").with_body(found("sns", "confirmation").body)
    assert send(wire(record, topic.key)).status_code == 403


@pytest.mark.django_db
def test_a_raw_message_that_comes_again_is_stored_once(topic: Topic) -> None:
    request = wire(found("sns", "raw_text"), topic.key)
    assert [send(request).status_code for _ in range(2)] == [200, 200]
    assert Event.objects.count() == 1


@pytest.mark.django_db
def test_what_is_neither_json_nor_raw_is_refused(topic: Topic) -> None:
    answer = send(Wire("POST", f"/in/sns/{topic.key}", {}, b"hello"))
    assert answer.status_code == 400
    assert json.loads(answer.content)["errors"]


# --- CloudWatch


def test_an_alarm_and_its_end_have_the_key_of_the_alarm() -> None:
    [fired], [over] = (reading("sns", name, now=NOW).signals for name in ("alarm", "ok_version_2"))
    assert (fired.action, over.action) == ("trigger", "resolve")
    assert fired.dedup_key == over.dedup_key == "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:disk-db1"
    assert fired.severity == "critical"
    assert fired.source == "i-0abc1234def567890"
    assert fired.happened_at == datetime(2026, 11, 20, 22, 14, 10, 123000, tzinfo=UTC)
    assert fired.labels["metric"] == "disk_used_percent"
    assert fired.links[0]["href"].endswith("#alarmsV2:alarm/disk-db1")


def test_insufficient_data_neither_fires_nor_resolves() -> None:
    parsed = reading("sns", "insufficient_data", now=NOW)
    assert not parsed.signals
    assert "INSUFFICIENT_DATA" in parsed.notes[0]


def test_the_same_alarm_reads_alike_wrapped_and_raw() -> None:
    wrapped = reading("sns", "alarm", now=NOW).signals
    assert reading("sns", "raw_alarm", now=NOW, context={"raw": True, "topic": TOPIC}).signals == wrapped


def test_other_messages_fire_under_their_subject() -> None:
    [text], [other] = (reading("sns", name, now=NOW).signals for name in ("plain_text", "other_json"))
    assert (text.summary, other.summary) == ("Export is late", "Batch job failed")
    assert text.labels["topic"] == other.labels["topic"] == "alarms"


def test_the_end_of_a_subscription_is_told_to_people() -> None:
    [signal] = reading("sns", "unsubscribed", now=NOW).signals
    assert (signal.action, signal.severity) == ("trigger", "warning")
    assert "no longer" in signal.summary


def test_every_envelope_is_posted_as_plain_text() -> None:
    assert all(record.headers["Content-Type"].startswith("text/plain") for record in records("sns"))
