from datetime import UTC, datetime
from typing import Any

import pytest

from alerts.sources.alertmanager import parser
from alerts.sources.base import Parsed, Rejected, Signal
from tests.alerts.payloads import payload
from tests.alerts.records import records

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)


def parsed(obj: object) -> Parsed:
    assert parser.check(obj) == ""
    return parser.parse(obj, received_at=NOW)


def group(*alerts: object, **more: Any) -> dict[str, Any]:
    return {"version": "4", "status": "firing", "groupKey": "{}:{}", "alerts": list(alerts)} | more


def test_each_alert_of_a_group_is_a_signal_of_its_own() -> None:
    first, second = parsed(payload("alertmanager_firing")).signals
    assert (first.action, second.action) == ("trigger", "trigger")
    assert (first.dedup_key, second.dedup_key) == ("e94c744ae3d44df8", "a4bfbbb5189da787")
    assert (first.summary, second.summary) == ("disk 99%", "DiskFull (instance=db2)")
    assert (first.source, second.source) == ("db1", "db2")
    assert (first.severity, first.class_) == ("critical", "DiskFull")
    assert first.happened_at == datetime(2026, 11, 21, 0, 7, 6, 306653, UTC)
    assert first.links == [{"href": "http://prom/x", "text": "Source"}]
    assert second.links == []
    assert first.client_url == "http://vm:19093"
    assert first.details["labels"] == {"alertname": "DiskFull", "instance": "db1", "severity": "critical"}
    assert first.details["groupKey"] == '{}:{alertname="DiskFull"}'
    assert first.details["externalURL"] == "http://vm:19093"
    assert first.details["annotations"] == {"summary": "disk 99%"}


def test_a_resolved_alert_resolves_at_its_end() -> None:
    (signal,) = parsed(payload("alertmanager_resolved")).signals
    assert (signal.action, signal.dedup_key) == ("resolve", "e94c744ae3d44df8")
    assert signal.happened_at == datetime(2026, 11, 21, 0, 7, 26, 306653, UTC)


def test_a_truncated_group_is_noted_and_resolves_nothing() -> None:
    found = parsed(payload("alertmanager_truncated"))
    assert [signal.action for signal in found.signals] == ["trigger"]
    assert len(found.notes) == 1
    assert "cut 1 more alerts" in found.notes[0]
    assert parsed(payload("alertmanager_firing")).notes == ()


def test_in_a_mixed_group_each_alert_has_its_own_state() -> None:
    found = parsed(
        group(
            {"status": "resolved", "labels": {"a": "1"}, "endsAt": "2026-11-21T00:10:00Z"},
            {"status": "firing", "labels": {"a": "2"}},
            {"labels": {"a": "3"}},
        )
    )
    assert [signal.action for signal in found.signals] == ["resolve", "trigger", "trigger"]


def test_an_alert_without_a_status_takes_the_groups() -> None:
    assert parsed(group({"labels": {"a": "1"}}, status="resolved")).signals[0].action == "resolve"


def test_the_zero_time_is_no_time() -> None:
    zero = "0001-01-01T00:00:00Z"
    resolved = {"status": "resolved", "startsAt": zero, "endsAt": zero, "labels": {"a": "1"}}
    assert parsed(group(resolved)).signals[0].happened_at == NOW


def test_without_a_fingerprint_the_label_set_is_the_identity() -> None:
    one, same, other = parsed(
        group({"labels": {"a": "1", "b": "2"}}, {"labels": {"b": "2", "a": "1"}}, {"labels": {"a": "1"}})
    ).signals
    assert one.dedup_key == same.dedup_key != other.dedup_key
    assert len(parsed(group({}, groupKey="x" * 5000)).signals[0].dedup_key) == 64


@pytest.mark.parametrize(
    ("annotations", "summary"),
    [
        ({"summary": "s", "description": "d"}, "s"),
        ({"summary": "", "description": "d"}, "d"),
        ({"description": "line one\nline two"}, "line one line two"),
        ({"message": "m"}, "m"),
        ({}, "Disk (job=node, zone=z)"),
        (None, "Disk (job=node, zone=z)"),
    ],
)
def test_the_summary_is_the_best_there_is(annotations: object, summary: str) -> None:
    labels = {"zone": "z", "alertname": "Disk", "job": "node", "severity": "warning"}
    signal = parsed(group({"labels": labels, "annotations": annotations})).signals[0]
    assert signal.summary == summary
    assert (signal.severity, signal.component) == ("warning", "node")


@pytest.mark.parametrize(
    ("given", "severity"), [("page", "critical"), ("none", "info"), ("", "error"), ("🔥", "error")]
)
def test_a_severity_label_is_mapped_and_kept(given: str, severity: str) -> None:
    signal = parsed(group({"labels": {"severity": given}})).signals[0]
    assert signal.severity == severity
    assert signal.details.get("severity_given", "") == given


def test_the_runbook_comes_first_and_unsafe_links_do_not_come_at_all() -> None:
    alert = {
        "labels": {"a": "1"},
        "annotations": {"runbook_url": "https://example.org/rb", "dashboard_url": "javascript:alert(1)"},
        "generatorURL": "http://prom/graph?g0.expr=up%20%3D%3D%200",
    }
    links = parsed(group(alert)).signals[0].links
    assert [link["text"] for link in links] == ["Runbook", "Source"]


def test_grafanas_alerts_are_read_with_what_they_have_more() -> None:
    alert = {
        "status": "firing",
        "labels": {"alertname": "TestAlert", "instance": "Grafana"},
        "annotations": {"summary": "Notification test"},
        "fingerprint": "57c6d9296de2ad39",
        "silenceURL": "https://grafana.example/silence",
        "dashboardURL": "https://grafana.example/d/1",
        "values": {"A": 1.5},
        "valueString": "[ var='A' value=1.5 ]",
    }
    signal = parsed(group(alert, version="1", title="[FIRING:1]", state="alerting", orgId=1)).signals[0]
    assert signal.details["values"] == {"A": 1.5}
    assert [link["text"] for link in signal.links] == ["Dashboard", "Silence"]


@pytest.mark.parametrize("obj", [None, [], "x", 1, {}, {"summary": "x"}, {"alerts": {}}, {"alerts": "x"}])
def test_what_is_not_a_group_of_alerts_is_refused_with_the_reason(obj: object) -> None:
    with pytest.raises(Rejected) as caught:
        parser.check(obj)
    body = parser.refusal(caught.value)
    assert body["message"] == caught.value.reason
    assert body["errors"] == [caught.value.reason]


def test_an_empty_group_is_accepted_and_says_nothing() -> None:
    assert parsed({"alerts": None}) == parsed({"alerts": []}) == Parsed()


def test_entries_that_are_not_alerts_are_left_out_and_noted() -> None:
    found = parsed(group(None, "x", {"labels": {"a": "1"}}))
    assert len(found.signals) == 1
    assert found.notes == ("2 entries of “alerts” were not objects and are left out.",)


def test_odd_labels_are_survived() -> None:
    labels = {"alertname": ["x"], "instance": {"a": 1}, "severity": 5, "": None, "long": "x" * 10_000}
    signal = parsed(group({"labels": labels, "annotations": [], "fingerprint": 7})).signals[0]
    assert signal.dedup_key == "7"
    assert len(signal.source) <= 300
    assert len(signal.summary) <= 1024


def record_of(name: str) -> tuple[object, tuple[Signal, ...]]:
    body = next(record.body for record in records("alertmanager") if record.name == name)
    return body, parser.parse(body, received_at=NOW).signals


def test_a_recorded_mixed_group_fires_and_ends() -> None:
    _body, (firing, resolved) = record_of("mixed_group")
    assert (firing.action, resolved.action) == ("trigger", "resolve")
    assert resolved.happened_at == datetime(2026, 11, 21, 0, 17, 6, 306653, UTC)


def test_an_alert_without_a_fingerprint_is_the_one_that_alertmanager_would_call_so() -> None:
    _body, without = record_of("without_fingerprints")
    _body, with_them = record_of("mixed_group")
    assert [signal.dedup_key for signal in without] == [signal.dedup_key for signal in with_them]
    assert [signal.dedup_key for signal in without] == ["e94c744ae3d44df8", "a4bfbbb5189da787"]


def test_what_was_cut_off_is_said_and_never_taken_for_over() -> None:
    body, signals = record_of("truncated_many")
    assert [signal.action for signal in signals] == ["trigger"]
    assert "41 more alerts" in parser.parse(body, received_at=NOW).notes[0]


@pytest.mark.parametrize(
    ("alert", "group", "action"),
    [
        ({"status": "firing"}, "resolved", "trigger"),
        ({"status": "resolved"}, "firing", "resolve"),
        ({"endsAt": "2026-11-21T00:17:06Z"}, "firing", "resolve"),
        ({"endsAt": "0001-01-01T00:00:00Z"}, "firing", "trigger"),
        ({"endsAt": "2026-11-22T00:17:06Z"}, "firing", "trigger"),
        ({}, "resolved", "resolve"),
        ({}, None, "trigger"),
    ],
)
def test_an_entrys_own_words_count_before_the_groups(
    alert: dict[str, object], group: str | None, action: str
) -> None:
    body = {"status": group, "alerts": [{"labels": {"alertname": "A"}, **alert}]}
    (signal,) = parser.parse(body, received_at=NOW).signals
    assert signal.action == action
