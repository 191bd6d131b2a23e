"""What holds for every source: parse survives whatever check lets in, and what comes out can be stored."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.sources.alertmanager import parser as alertmanager_source
from alerts.sources.base import Action, Change, Parsed, Rejected, Severity, Signal, Source
from alerts.sources.generic import parser as generic_source
from alerts.sources.pagerduty import changes as pagerduty_changes
from alerts.sources.pagerduty import parser as pagerduty_source
from alerts.sources.registry import ALERT, CHANGE, KINDS, UnknownKind, reader, setup_html
from lib.jsonbody import parse as parse_body
from tests.alerts.payloads import FOLDER, payload

NOW = datetime(2026, 11, 21, 0, 30, tzinfo=UTC)
PLAIN: dict[tuple[str, str], Source] = {
    ("pagerduty", ALERT): pagerduty_source,
    ("pagerduty", CHANGE): pagerduty_changes,
    ("alertmanager", ALERT): alertmanager_source,
    ("generic", ALERT): generic_source,
}

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["x" * 2000, "https://e.org", "javascript:1", "resolved", "ok", "0001-01-01T00:00:00Z", "a\nb"]
    )
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def objects(*names: str, **fixed: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have some of these fields, with anything in them, and the fixed ones."""
    return st.fixed_dictionaries(
        dict(fixed), optional={name: anything for name in names if name not in fixed}
    )


pagerduty = objects(
    "links", "images", "client", "client_url", "dedup_key", "payload", "extra",
    routing_key=st.just("0" * 32),
    event_action=st.sampled_from(get_args(Action)) | anything,
    payload=objects("timestamp", "component", "group", "class", "custom_details",
                    summary=anything, source=anything, severity=anything) | anything,
)  # fmt: skip
alertmanager = objects(
    "status", "groupKey", "externalURL", "truncatedAlerts", "receiver",
    alerts=st.lists(
        objects("status", "fingerprint", "startsAt", "endsAt", "generatorURL", "values", "imageURL", "labels",
                "annotations",
                labels=objects("alertname", "severity", "instance", "job") | anything,
                annotations=objects("summary", "description", "runbook_url") | anything)
        | anything, max_size=3) | anything,
)  # fmt: skip
generic_object = objects(
    "summary", "title", "status", "state", "dedup_key", "id", "severity", "type", "source", "service",
    "details", "links", "url", "timestamp", "Summary", " id ",
)  # fmt: skip
bodies = anything | pagerduty | alertmanager | generic_object | st.lists(generic_object, max_size=3)


def check_storable(parsed: Parsed) -> None:
    for signal in parsed.signals:
        assert signal.action in get_args(Action)
        assert signal.severity in get_args(Severity)
        assert 0 < len(signal.dedup_key) <= 255
        assert signal.summary or signal.action != "trigger"
        assert max(len(signal.source), len(signal.component), len(signal.group), len(signal.class_)) <= 300
    said_things: list[Signal | Change] = [*parsed.signals, *parsed.changes]
    for said in said_things:
        assert len(said.summary) <= 1024
        assert not re.search("[\x00-\x1f]", said.summary + said.source)
        assert NOW - timedelta(days=365 * 30) < said.happened_at <= NOW + timedelta(hours=24)
        assert all(link["href"].startswith(("http://", "https://")) for link in said.links)
        json.dumps([dict(said.details), list(said.links)], allow_nan=False).encode()


def checked(source: Source, obj: object) -> str | None:
    """The key of an accepted body; None for a refused one, whose answer is then looked at."""
    try:
        return source.check(obj)
    except Rejected as rejected:
        errors = source.refusal(rejected)["errors"]
    if not isinstance(errors, list) or not errors or not all(isinstance(error, str) for error in errors):
        pytest.fail("Alertmanager drops errors that are not a list of strings.")
    return None


@pytest.mark.parametrize(("kind", "endpoint"), PLAIN)
@settings(max_examples=60, deadline=None)
@given(bodies)
def test_what_check_accepts_parse_reads(kind: str, endpoint: str, body: object) -> None:
    source = PLAIN[kind, endpoint]
    obj = parse_body(json.dumps(body).encode())
    dedup_key = checked(source, obj)
    if dedup_key is None:
        return
    assert json.dumps(source.answer(dedup_key))
    found = source.parse(obj, received_at=NOW, dedup_key=dedup_key)
    check_storable(found)
    assert source.parse(obj, received_at=NOW, dedup_key=dedup_key) == found


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.json")))
def test_every_recorded_payload_has_its_source(name: str) -> None:
    kind = name.split("_")[0]
    source = PLAIN[kind, CHANGE if name.endswith("_change") else ALERT]
    if name.endswith("_short_key"):
        with pytest.raises(Rejected):
            source.check(payload(name))
        return
    found = source.parse(payload(name), received_at=NOW, dedup_key=source.check(payload(name)))
    assert found.signals or found.changes
    check_storable(found)


def test_an_unknown_kind_or_endpoint_has_no_reader() -> None:
    for kind, endpoint in (("nagios", ALERT), ("generic", CHANGE)):
        with pytest.raises(UnknownKind):
            reader(kind, endpoint)
    with pytest.raises(UnknownKind):
        setup_html("nagios", base_url="", key="")


@pytest.mark.parametrize("kind", KINDS)
def test_the_setup_of_each_kind_has_its_address_and_key_in_it(kind: str) -> None:
    html = setup_html(kind, base_url="https://tocsin.example/", key="0123abc")
    assert KINDS[kind].address("https://tocsin.example", "0123abc") in html
    assert "0123abc" in html
    assert "{%" not in html
    assert ("{{" in html) == (kind in ("pagerduty", "newrelic"))  # these tools' own templates stay such
    assert not re.search(r"<script|style=|\son\w+=", html)


def test_the_setup_escapes_what_it_is_given() -> None:
    assert "<b>" not in setup_html("pagerduty", base_url="https://x/<b>", key="<b>")


@pytest.mark.parametrize("kind", sorted({kind for kind, _ in PLAIN}))
def test_the_curl_of_each_setup_is_accepted_by_its_source(kind: str) -> None:
    html = setup_html(kind, base_url="https://tocsin.example", key="0" * 32)
    bodies = re.findall(r"-d '(\{.*?\})'</code>", html, re.DOTALL)
    assert bodies
    for body in bodies:
        obj = parse_body(body.encode())
        is_change = kind == "pagerduty" and "event_action" not in body
        source = PLAIN[kind, CHANGE if is_change else ALERT]
        source.parse(obj, received_at=NOW, dedup_key=source.check(obj))
