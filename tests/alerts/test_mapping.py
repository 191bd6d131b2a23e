"""Expressions: what they find, what they may cost, and how a mapping reads a body."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import User
from alerts import keys
from alerts.actions.mapping import BadMapping, NotMapped, save_mapping
from alerts.models import Alert, AlertState, Event, Integration
from alerts.processing import process_waiting
from alerts.sources.base import Signal
from alerts.sources.generic import mapping
from alerts.sources.generic.expressions import HEAVIEST, BadExpression, compiled, evaluated
from catalog.models import Service
from tests.alerts.test_sources_contract import NOW as THEN
from tests.alerts.test_sources_contract import anything, check_storable
from tests.making import NOW, make_integration

BODY = {
    "env": "prod",
    "checks": [
        {"name": "disk", "ok": False, "host": {"name": "db1"}, "msg": "97 %", "since": 1795219588, "lvl": 2},
        {"name": "cpu", "ok": True, "host": {"name": "db1"}, "msg": "", "since": 1795219588, "lvl": 0},
    ],
}
MAPPING = {
    "items": "checks",
    "resolved": "ok",
    "dedup_key": "join('/', [host.name, name])",
    "summary": "join(' ', [name, 'on', host.name, msg])",
    "severity": "lvl == `2` && 'critical' || 'info'",
    "source": "host.name",
    "rule": "name",
    "service": "root().env",
    "labels": "{env: root().env, check: name}",
    "happened_at": "since",
    "links": "['https://example.org/', name]",
}


def read(body: object, **expressions: str) -> list[Signal]:
    return list(mapping.parse(body, expressions, THEN).signals)


def test_each_item_is_read_by_the_expressions() -> None:
    disk, cpu = read(BODY, **MAPPING)
    assert (disk.action, cpu.action) == ("trigger", "resolve")
    assert disk.dedup_key == "db1/disk"
    assert disk.summary == "disk on db1 97 %"
    assert (disk.severity, disk.source, disk.rule, disk.component) == ("critical", "db1", "disk", "prod")
    assert dict(disk.labels) == {"env": "prod", "check": "disk"}
    assert disk.happened_at.year == 2026
    assert [link["href"] for link in disk.links] == ["https://example.org/"]


def test_what_has_no_expression_or_finds_nothing_is_read_by_the_usual_names() -> None:
    (found,) = read(
        {"summary": "Backup failed", "id": "b", "x": "warn"}, severity="x", summary="nothing.here"
    )
    assert (found.summary, found.dedup_key, found.severity) == ("Backup failed", "b", "warning")


def test_zero_and_false_are_told_from_nothing() -> None:
    assert [each.action for each in read([{"n": 0}, {"n": 1}], resolved="n == `0`")] == ["resolve", "trigger"]
    assert read({"a": "x", "down": False}, resolved="!down")[0].action == "resolve"


@pytest.mark.parametrize(
    ("expressions", "action"),
    [
        ({"action": "st"}, "resolve"),
        ({"acknowledged": "who"}, "acknowledge"),
        ({"resolved": "who", "acknowledged": "who"}, "resolve"),
        ({"resolved": "nobody"}, "trigger"),
    ],
)
def test_what_happened_is_read_from_a_word_or_a_condition(expressions: dict[str, str], action: str) -> None:
    assert read({"st": "Recovered", "who": "Olga", "summary": "x"}, **expressions)[0].action == action


def test_a_key_that_is_not_named_is_made_of_the_mapped_words() -> None:
    first, second = read([{"t": "a"}, {"t": "b"}], summary="t")
    assert first.dedup_key != second.dedup_key
    assert read([{"t": "a", "n": 9}], summary="t")[0].dedup_key == first.dedup_key


def test_an_expression_that_fails_is_noted_and_costs_nothing_else() -> None:
    found = mapping.parse({"summary": "x", "n": 5}, {"source": "length(n)", "rule": "'r'"}, THEN)
    assert (found.signals[0].summary, found.signals[0].rule) == ("x", "r")
    assert "source" in found.notes[0]


def test_items_are_bounded_and_items_that_find_nothing_say_so() -> None:
    found = mapping.parse({"a": [1] * 1500}, {"items": "a"}, THEN)
    assert len(found.signals) == 1000
    assert "500 items" in found.notes[-1]
    assert mapping.parse({}, {"items": "a"}, THEN).notes


@pytest.mark.parametrize(
    ("expression", "position"),
    [
        ("a.", 3),
        ("a..b", 3),
        ("a[", 3),
        ("a ? b", 3),
        ("foo(", 5),
        ("a #", 3),
        ("'open", 1),
        ("x" * 1001, 0),
    ],
)
def test_what_cannot_be_read_says_where(expression: str, position: int) -> None:
    with pytest.raises(BadExpression) as wrong:
        compiled(expression)
    assert wrong.value.position == position
    assert wrong.value.reason


@pytest.mark.parametrize(
    "expression", ["(" * 500 + "a" + ")" * 400, "!" * 990 + "a", "[" * 400 + "a" + "]" * 400]
)
def test_what_is_nested_without_end_is_refused_and_never_fails(expression: str) -> None:
    try:
        evaluated(expression, {"a": 1}, {})
    except BadExpression as error:
        assert error.reason  # noqa: PT017 - either is right


@pytest.mark.parametrize(
    "expression",
    [
        "|".join(["[@,@][]"] * 120),
        "|".join(["[@,@]"] * 120) + "|to_string(@)",
        "|".join(["{a:@,b:@}"] * 90),
        "|".join(["join(@,[@,@,@,@])"] * 50),
        "join(to_string(@), @.many[].to_string(@))",
        "|".join(["map(&[@,@],@)[]"] * 60),
        "many[].[" + ",".join(["@"] * 400) + "]",
        "many[?contains(to_string(root()), to_string(@))]",
    ],
)
def test_an_expression_that_doubles_is_stopped(expression: str) -> None:
    body = {"many": list(range(3000)), "text": "x" * 100_000}
    try:
        found = evaluated(expression, body, body)
    except BadExpression:
        return
    assert len(json.dumps(found)) <= 10 * HEAVIEST


@settings(max_examples=150, deadline=None)
@given(
    anything,
    st.fixed_dictionaries(
        {}, optional={slot: st.text("a.[]*@&|(){}'`,?=!<>:0 ", max_size=12) for slot in mapping.SLOTS}
    ),
)
def test_any_body_under_any_mapping_can_be_stored(body: Any, expressions: dict[str, str]) -> None:
    found = mapping.parse(body, expressions, THEN)
    check_storable(found)


@pytest.fixture
def door(service: Service) -> tuple[Integration, str]:
    return make_integration(service, "generic")


def post(key: str, body: object) -> Any:
    return Client().post(f"/in/json/{key}", json.dumps(body), content_type="application/json")


@pytest.mark.django_db
def test_a_saved_mapping_reads_what_arrives(door: tuple[Integration, str], owner: User) -> None:
    row, key = door
    save_mapping(actor=owner, integration=row, mapping={**MAPPING, "acknowledged": "  "})
    row.refresh_from_db()
    assert row.options == {"mapping": MAPPING}
    assert post(key, BODY).status_code == 202
    process_waiting(now=NOW)
    assert Alert.objects.get().dedup_key == "db1/disk"
    ended = json.loads(json.dumps(BODY))
    ended["checks"][0]["ok"] = True
    post(key, ended)
    process_waiting(now=NOW)
    assert Alert.objects.get().state == AlertState.RESOLVED


@pytest.mark.django_db
def test_with_a_mapping_a_list_of_anything_is_let_in(door: tuple[Integration, str], owner: User) -> None:
    row, key = door
    assert post(key, ["a", "b"]).status_code == 400
    save_mapping(actor=owner, integration=row, mapping={"summary": "@"})

    keys.forget()
    assert post(key, ["a", "b"]).status_code == 202
    assert post(key, "text").status_code == 400
    process_waiting(now=NOW)
    assert set(Alert.objects.values_list("summary", flat=True)) == {"a", "b"}
    assert Event.objects.get().problem == ""


@pytest.mark.django_db
def test_a_mapping_that_cannot_be_read_is_not_saved(door: tuple[Integration, str], owner: User) -> None:
    row, _key = door
    with pytest.raises(BadMapping) as wrong:
        save_mapping(actor=owner, integration=row, mapping={"summary": "a.", "no_slot": "a", "rule": "b"})
    assert set(wrong.value.problems) == {"summary", "no_slot"}
    row.refresh_from_db()
    assert row.options == {}


@pytest.mark.django_db
def test_no_expression_at_all_reads_by_the_usual_names_again(
    door: tuple[Integration, str], owner: User
) -> None:
    row, _key = door
    save_mapping(actor=owner, integration=row, mapping=MAPPING)
    assert save_mapping(actor=owner, integration=row, mapping={}) == {}
    row.refresh_from_db()
    assert row.options == {}


@pytest.mark.django_db
def test_a_kind_with_its_own_format_has_no_mapping(integration: tuple[Integration, str], owner: User) -> None:
    with pytest.raises(NotMapped):
        save_mapping(actor=owner, integration=integration[0], mapping={})
