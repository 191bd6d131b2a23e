from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.sources.base import Parsed, Rejected, Signal
from alerts.sources.generic import parser
from tests.alerts.payloads import payload

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def parsed(obj: object) -> Parsed:
    assert parser.check(obj) == ""
    return parser.parse(obj, received_at=NOW)


def signal_of(obj: object) -> Signal:
    (signal,) = parsed(obj).signals
    return signal


def test_the_documented_fields_are_read() -> None:
    body = {
        "summary": "Backup failed",
        "status": "firing",
        "dedup_key": "backup",
        "severity": "critical",
        "source": "backup1",
        "service": "payments",
        "timestamp": "2026-11-21T00:07:06Z",
        "url": "https://example.org/log",
        "links": [{"href": "https://example.org/rb", "text": "Runbook"}],
        "details": {"exit_code": 2},
        "attempt": 3,
    }
    assert signal_of(body) == Signal(
        action="trigger",
        dedup_key="backup",
        happened_at=datetime(2026, 11, 21, 0, 7, 6, tzinfo=UTC),
        summary="Backup failed",
        source="backup1",
        severity="critical",
        component="payments",
        details={"attempt": 3, "exit_code": 2},
        links=[
            {"href": "https://example.org/log", "text": "Source"},
            {"href": "https://example.org/rb", "text": "Runbook"},
        ],
    )


@pytest.mark.parametrize(
    ("names", "read"),
    [
        (("summary", "title", "message", "msg", "Text", "SUBJECT", "description"), "summary"),
        (("dedup_key", "id", "key", "alias", "fingerprint"), "dedup_key"),
        (("source", "host", "hostname", "instance"), "source"),
        (("service", "component"), "component"),
    ],
)
def test_other_names_of_a_field_are_read(names: tuple[str, ...], read: str) -> None:
    for name in names:
        signal = signal_of({name: "value"})
        assert getattr(signal, read) == "value", name
        assert signal.details == {}, name


@pytest.mark.parametrize(
    ("field", "value", "action"),
    [
        ("status", "resolved", "resolve"),
        ("status", "OK", "resolve"),
        ("state", " Recovered ", "resolve"),
        ("action", "close", "resolve"),
        ("event_action", "resolve", "resolve"),
        ("action", "acknowledge", "acknowledge"),
        ("status", "acked", "acknowledge"),
        ("status", "firing", "trigger"),
        ("state", "alerting", "trigger"),
        ("status", "", "trigger"),
        ("status", None, "trigger"),
        ("status", 0, "trigger"),
        ("status", ["resolved"], "trigger"),
    ],
)
def test_a_status_in_any_tools_words_is_an_action(field: str, value: object, action: str) -> None:
    assert signal_of({"id": "k", field: value}).action == action


def test_an_unknown_status_triggers_and_is_noted() -> None:
    found = parsed({"id": "k", "summary": "x", "status": "wobbly"})
    assert found.signals[0].action == "trigger"
    assert found.notes == ("The status “wobbly” is not known and was taken as a trigger.",)
    assert parsed({"id": "k", "status": "firing"}).notes == ()


@pytest.mark.parametrize(
    ("body", "severity"),
    [
        ({"severity": "WARN"}, "warning"),
        ({"priority": "P1"}, "critical"),
        ({"level": "notice"}, "info"),
        ({"status": "down"}, "critical"),
        ({"status": "warning"}, "warning"),
        ({"status": "firing"}, "error"),
        ({"type": "info"}, "info"),
        ({"type": "deployment"}, "error"),
        ({"severity": 1}, "error"),
        ({}, "error"),
    ],
)
def test_a_severity_in_any_tools_words_is_one_of_four(body: dict[str, Any], severity: str) -> None:
    assert signal_of({"summary": "x"} | body).severity == severity


def test_without_a_key_summary_and_source_are_the_identity() -> None:
    first = parsed({"summary": "x", "source": "a", "severity": "info"})
    again = parsed({"summary": "x", "source": "a", "status": "resolved"})
    other = parsed({"summary": "x", "source": "b"})
    assert first.signals[0].dedup_key == again.signals[0].dedup_key != other.signals[0].dedup_key
    assert "no “dedup_key”" in first.notes[0]


def test_apprises_message_is_read() -> None:
    signal = signal_of(payload("generic_apprise"))
    assert (signal.action, signal.summary, signal.severity) == ("trigger", "t", "error")
    assert signal.details == {
        "version": "1.0",
        "message": "b",
        "attachments": [],
        "severity_given": "failure",
    }


def test_an_object_without_a_known_field_is_shown_as_it_is() -> None:
    signal = signal_of({"foo": 1, "bar": {"baz": [2]}})
    assert signal.summary == '{"foo": 1, "bar": {"baz": [2]}}'
    assert signal.details == {"foo": 1, "bar": {"baz": [2]}}


def test_each_object_of_a_list_is_a_signal_in_its_order() -> None:
    found = parsed([{"id": "a", "summary": "x"}, {"id": "b", "status": "ok"}, 7, {}])
    assert [(signal.dedup_key, signal.action) for signal in found.signals] == [
        ("a", "trigger"),
        ("b", "resolve"),
    ]
    assert found.notes == ("2 entries of the list were not objects and are left out.",)


def test_a_list_of_a_thousand_passes_and_one_more_does_not() -> None:
    assert len(parsed([{"id": n} for n in range(1000)]).signals) == 1000
    with pytest.raises(Rejected, match="1001 entries"):
        parser.check([{"id": n} for n in range(1001)])


@pytest.mark.parametrize("obj", [None, "text", 1, True, {}, [], [1, "x"], [{}]])
def test_what_holds_no_object_is_refused_with_the_reason(obj: object) -> None:
    with pytest.raises(Rejected) as caught:
        parser.check(obj)
    assert caught.value.reason
    assert parser.refusal(caught.value)["errors"] == [caught.value.reason]


def test_details_that_are_not_an_object_are_kept() -> None:
    assert signal_of({"summary": "x", "details": ["a"], "b": 1}).details == {"b": 1, "details": ["a"]}


def test_a_link_that_is_none_stays_in_the_details() -> None:
    signal = signal_of({"summary": "x", "url": "javascript:alert(1)", "links": "none"})
    assert signal.links == []
    assert signal.details == {"url": "javascript:alert(1)", "links": "none"}


def test_a_long_summary_is_cut_and_kept_whole() -> None:
    signal = signal_of({"summary": "x" * 10_000})
    assert len(signal.summary) == 1024
    assert signal.details["summary_full"] == "x" * 10_000
