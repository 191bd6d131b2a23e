from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.sources.base import Rejected, Signal
from alerts.sources.pagerduty import changes, parser, version1
from alerts.sources.pagerduty.kind import KIND
from tests.alerts.payloads import payload
from tests.alerts.test_sources_contract import anything, check_storable

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
KEY = "0" * 32


def event(**payload_changes: Any) -> dict[str, Any]:
    body = {"summary": "Disk full", "source": "db1", "severity": "critical"} | payload_changes
    return {"routing_key": KEY, "event_action": "trigger", "dedup_key": "k", "payload": body}


def signal_of(obj: object) -> Signal:
    found = parser.parse(obj, received_at=NOW, dedup_key=parser.check(obj))
    assert not found.changes
    (signal,) = found.signals
    return signal


def errors_of(obj: object) -> tuple[str, ...]:
    with pytest.raises(Rejected) as caught:
        parser.check(obj)
    return caught.value.errors


def test_alertmanagers_trigger_is_read_whole() -> None:
    signal = signal_of(payload("pagerduty_alertmanager_trigger"))
    assert signal.action == "trigger"
    assert signal.dedup_key == "17c4e445d234645c9e547ff6d32a864af0ebdadcd1902771c24c8d366637ff41"
    assert signal.summary == "[FIRING:2] DiskFull (critical)"
    assert (signal.source, signal.severity, signal.class_) == ("Alertmanager", "critical", "c")
    assert signal.details["num_firing"] == "2"
    assert signal.links == [{"href": "https://example.org/rb", "text": "Runbook"}]
    assert (signal.client, signal.client_url) == ("Alertmanager", "http://vm:19093/#/alerts?receiver=all")
    assert signal.happened_at == NOW


def test_alertmanagers_resolve_ends_the_same_alert() -> None:
    signal = signal_of(payload("pagerduty_alertmanager_resolve"))
    assert signal.action == "resolve"
    assert signal.dedup_key == signal_of(payload("pagerduty_alertmanager_trigger")).dedup_key
    assert signal.summary == "[RESOLVED] DiskFull (critical)"


def test_the_python_client_triggers_acknowledges_and_resolves_one_alert() -> None:
    names = ("pagerduty_python_trigger", "pagerduty_python_acknowledge", "pagerduty_python_resolve")
    signals = [signal_of(payload(name)) for name in names]
    assert [signal.action for signal in signals] == ["trigger", "acknowledge", "resolve"]
    assert {signal.dedup_key for signal in signals} == {"k1"}
    assert signals[0].details == {"a": 1}
    assert signals[0].images == [{"src": "https://i", "href": "", "alt": ""}]
    assert signals[1].summary == ""


def test_a_trigger_without_a_key_gets_one_that_is_answered_and_used() -> None:
    for name in ("pagerduty_python_trigger_without_key", "pagerduty_pdpyras_trigger"):
        made = parser.check(payload(name))
        assert made
        assert made != parser.check(payload(name))
        assert parser.answer(made) == {"status": "success", "message": "Event processed", "dedup_key": made}
        assert parser.parse(payload(name), received_at=NOW, dedup_key=made).signals[0].dedup_key == made


def test_a_short_routing_key_is_refused_in_pagerdutys_words() -> None:
    with pytest.raises(Rejected) as caught:
        parser.check(payload("pagerduty_python_short_key"))
    assert parser.refusal(caught.value) == {
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": ["Length of 'routing_key' is incorrect (should be 32 characters)"],
    }


def test_what_is_not_json_is_answered_in_pagerdutys_words() -> None:
    body = parser.unreadable("The body is empty.")
    assert body["status"] == "Unrecognized object"
    assert body["message"] == "Event object format is unrecognized"
    assert body["errors"] == ["JSON parse error"]
    assert body["detail"] == "The body is empty."


@pytest.mark.parametrize("obj", [None, [], "x", 1, True])
def test_what_is_not_an_object_is_refused(obj: object) -> None:
    assert errors_of(obj)
    with pytest.raises(Rejected):
        changes.check(obj)


@pytest.mark.parametrize(
    ("absent", "error"),
    [
        ("routing_key", "'routing_key' is missing or blank"),
        ("event_action", "'event_action' is missing or blank"),
        ("payload", "'payload' is missing or blank"),
    ],
)
def test_what_the_protocol_requires_is_named_when_it_is_absent(absent: str, error: str) -> None:
    body = event()
    del body[absent]
    assert errors_of(body) == (error,)
    assert errors_of(body | {absent: None}) == (error,)


@pytest.mark.parametrize("absent", ["summary", "source", "severity"])
def test_a_trigger_without_a_required_part_is_refused(absent: str) -> None:
    body = event()
    del body["payload"][absent]
    assert errors_of(body) == (f"'payload.{absent}' is missing or blank",)


def test_all_errors_are_told_at_once() -> None:
    assert len(errors_of({"event_action": "trigger", "payload": {}})) == 4


@pytest.mark.parametrize("action", ["fire", "", "TRIGGER", 1, ["trigger"], {}])
def test_an_unknown_action_is_refused(action: object) -> None:
    assert "'event_action' is invalid" in errors_of(event() | {"event_action": action})[0]


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
@pytest.mark.parametrize("key", [None, "", "  "])
def test_an_acknowledge_or_resolve_needs_a_key_and_no_payload(action: str, key: object) -> None:
    body = {"routing_key": KEY, "event_action": action, "dedup_key": key}
    assert errors_of(body) == ("'dedup_key' is missing or blank",)
    assert parser.check(body | {"dedup_key": "k", "payload": None}) == "k"


def test_empty_strings_nulls_and_unknown_keys_are_kept_and_mapped() -> None:
    body = event(
        summary="", source="", severity="", timestamp="", component=None, custom_details=None, extra=1
    )
    signal = signal_of(body | {"links": None, "images": None, "client": None, "client_url": "", "more": {}})
    assert signal.summary == "Alert from PagerDuty Events"
    assert (signal.severity, signal.details, signal.links, signal.images) == ("error", {}, [], [])


@pytest.mark.parametrize(
    ("given", "severity", "kept"),
    [
        ("page", "critical", "page"),
        ("P1", "critical", "P1"),
        ("SEV-1", "critical", "SEV-1"),
        ("high", "error", "high"),
        ("warn", "warning", "warn"),
        ("none", "info", "none"),
        ("Quux", "error", "Quux"),
        (3, "error", "3"),
        (["x"], "error", '["x"]'),
        (None, "error", None),
        ("Critical", "critical", None),
        ("critical", "critical", None),
    ],
)
def test_an_unknown_severity_is_mapped_and_kept(given: object, severity: str, kept: str | None) -> None:
    signal = signal_of(event(severity=given))
    assert signal.severity == severity
    assert signal.details.get("severity_given") == kept


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("2015-07-17T08:42:58.315+0000", datetime(2015, 7, 17, 8, 42, 58, 315000, UTC)),
        ("2026-11-21T00:08:36.715977Z", datetime(2026, 11, 21, 0, 8, 36, 715977, UTC)),
        ("2026-11-21T00:08:36+00:00Z", datetime(2026, 11, 21, 0, 8, 36, tzinfo=UTC)),
        ("not a time", NOW),
        ({"x": 1}, NOW),
        ("3026-01-01T00:00:00Z", NOW),
    ],
)
def test_timestamps_are_read_leniently(sent: object, read: datetime) -> None:
    assert signal_of(event(timestamp=sent)).happened_at == read


@pytest.mark.parametrize("given", ["text", ["a", 1], 7, False])
def test_custom_details_may_be_anything(given: object) -> None:
    assert signal_of(event(custom_details=given)).details == {"custom_details": given}


def test_a_long_summary_is_cut_and_kept_whole() -> None:
    signal = signal_of(event(summary="é" * 10_000))
    assert len(signal.summary) == 1024
    assert signal.details["summary_full"] == "é" * 10_000
    assert "summary_full" not in signal_of(event(summary="é" * 1024)).details


def test_a_long_key_is_fitted_and_both_forms_name_the_same_alert() -> None:
    long = "alert/" + "x" * 300
    fitted = parser.check(event() | {"dedup_key": long})
    assert len(fitted) == 255
    assert fitted != parser.check(event() | {"dedup_key": long + "y"})
    assert parser.check(event() | {"dedup_key": fitted}) == fitted
    assert parser.check(event() | {"dedup_key": "x" * 255}) == "x" * 255


@pytest.mark.parametrize("key", ["Uptime Kuma/1", "ä  ö", '{}:{alertname="x"}'])
def test_a_key_is_kept_as_it_is(key: str) -> None:
    assert signal_of(event() | {"dedup_key": key}).dedup_key == key


def test_a_link_that_runs_code_is_dropped() -> None:
    links = [
        {"href": "javascript:alert(1)", "text": "x"},
        {"href": "https://e.org/"},
        None,
        "https://e.org/b",
        {"text": "y"},
    ]
    signal = signal_of(
        event() | {"links": links, "images": [{"src": "data:text/html,x"}], "client_url": "javascript:1"}
    )
    assert signal.links == [
        {"href": "https://e.org/", "text": "https://e.org/"},
        {"href": "https://e.org/b", "text": "https://e.org/b"},
    ]
    assert (signal.images, signal.client_url) == ([], "")


def test_control_characters_do_not_reach_the_signal() -> None:
    signal = signal_of(event(summary="a\x00b\r\nc\x1b[0m", source="d\ud800b1"))
    assert (signal.summary, signal.source) == ("ab c[0m", "db1")


def test_a_change_event_is_a_change_and_pages_nobody() -> None:
    obj = payload("pagerduty_pdpyras_change")
    assert changes.check(obj) == ""
    found = changes.parse(obj, received_at=NOW)
    assert found.signals == ()
    assert found.changes[0].summary == "s"
    assert found.changes[0].happened_at == datetime(2026, 11, 21, 0, 8, 36, 715977, UTC)
    assert changes.answer("") == {"status": "success", "message": "Event processed"}


def test_a_change_event_needs_a_summary() -> None:
    with pytest.raises(Rejected) as caught:
        changes.check({"routing_key": KEY, "payload": {}})
    assert caught.value.errors == ("'payload.summary' is missing or blank",)


# --- Version 1


def old(**fields: Any) -> dict[str, Any]:
    body = {"service_key": KEY, "event_type": "trigger", "incident_key": "k", "description": "Disk full"}
    return body | fields


def test_the_first_version_is_read_as_the_second() -> None:
    contexts = [
        {"type": "link", "href": "https://e.org/1", "text": "Graph"},
        {"type": "image", "src": "https://e.org/1.png"},
    ]
    body = old(client="Nagios", client_url="https://e.org", details={"load": 0.75}, contexts=contexts)
    (signal,) = version1.parse(body, received_at=NOW, dedup_key=version1.check(body)).signals
    assert (signal.action, signal.dedup_key, signal.summary) == ("trigger", "k", "Disk full")
    assert (signal.severity, signal.source, signal.client_url) == ("error", "Nagios", "https://e.org")
    assert signal.details == {"load": 0.75}
    assert signal.links == [{"href": "https://e.org/1", "text": "Graph"}]
    assert [image["src"] for image in signal.images] == ["https://e.org/1.png"]


@given(
    st.dictionaries(st.sampled_from(["description", "client", "client_url", "details", "contexts"]), anything)
)
def test_whatever_the_first_version_lets_in_is_read(fields: dict[str, object]) -> None:
    body = old(**fields)
    with suppress(Rejected):
        check_storable(version1.parse(body, received_at=NOW, dedup_key=version1.check(body)))


def test_the_first_version_answers_with_the_incident_key() -> None:
    made = version1.check(old(incident_key=None))
    assert made
    assert version1.answer(made)["incident_key"] == made


@pytest.mark.parametrize("absent", ["service_key", "event_type", "description"])
def test_the_first_version_names_what_is_absent_in_its_own_words(absent: str) -> None:
    with pytest.raises(Rejected) as caught:
        version1.check(old(**{absent: None}))
    assert caught.value.errors == (f"'{absent}' is missing or blank",)


def test_each_version_says_that_it_is_too_much_as_its_clients_retry() -> None:
    found = {gate.prefix: (gate.busy.status, gate.away.status) for gate in KIND.gates}
    assert found == {
        "/v2/enqueue": (429, 503),
        "/v2/change/enqueue": (429, 503),
        version1.PATH: (403, 503),
    }


# --- Changes


@pytest.mark.parametrize(
    ("summary", "details", "kind"),
    [
        ("Deployed payments 4.2.0", {}, "deploy"),
        ("Build Success - Increase snapshot length", {}, "deploy"),
        ("Rolled back to 1417", {}, "deploy"),
        ("Feature flag new-checkout is on", {}, "flag"),
        ("Config of the proxy changed", {}, "config"),
        ("new-checkout is on", {"kind": "feature_flag"}, "flag"),
        ("Deployed new settings", {"change_type": "config"}, "config"),
        ("Somebody did something", {}, "other"),
        ("A toggler", {"kind": None}, "other"),
    ],
)
def test_a_change_has_a_kind(summary: str, details: dict[str, object], kind: str) -> None:
    body = {
        "routing_key": KEY,
        "payload": {"summary": summary, "custom_details": details | {"service": "pay"}},
    }
    (change,) = changes.parse(body, received_at=NOW).changes
    assert (change.kind, change.service) == (kind, "pay")
