"""Whatever a tool may send in place of what it should: the door never fails, and nothing is lost without a word.

Every recorded request of every kind is mutated (types swapped, keys dropped, deep, huge, odd Unicode, bytes cut) and
sent through the HTTP door. What is accepted is stored and processed; a refusal says why.
"""

from __future__ import annotations

import base64
import copy
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from alerts.models import Event
from alerts.processing import process_waiting
from catalog.models import Service
from tests.alerts.records import Record, Wire, door, records, send, wire
from tests.alerts.signing import signed, surround
from tests.making import NOW

pytestmark = pytest.mark.django_db

KINDS = sorted({record.kind for record in records()})
EXAMPLES = int(os.environ.get("MUTATIONS", "25"))  # of each kind; the whole file stays within a minute

ODD_TEXTS = (
    *(
        "",
        " ",
        "\x00",
        "\x00\x01\x1b[31m",
        "\ud800",
        "\U0010ffff",
        "\u202e\u2066abc",
        "e\u0301" * 50,
        "ﷺ" * 400,
    ),
    *(
        "null",
        "true",
        "-0",
        "1e999",
        "NaN",
        "9" * 400,
        "0001-01-01T00:00:00Z",
        "99999-01-01",
        "javascript:alert(1)",
    ),
    *(
        "http://[::1",
        "https://example.org:99999/",
        "{{7*7}}",
        "$DATE",
        "%00%ff",
        "';--",
        "../../",
        "\r\nX-Odd: 1",
    ),
)
ODD_VALUES: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**30,
        -(10**18),
        2**63,
        1e308,
        [],
        {},
        [[]],
        [None],
        {"": ""},
        {"a": {"b": []}},
    ),
    *(
        [{"k": 1}, 2, "x", None],
        {"name": ["x"], "id": {}},
        "x" * 20_000,
        ["y"] * 3000,
        {str(n): n for n in range(500)},
    ),
)


@dataclass(frozen=True)
class Place:
    """A place in a body: the container, and the name or number in it."""

    holder: Any
    at: Any


def places(body: Any) -> Iterator[Place]:
    """Every place, the outer ones first."""
    if isinstance(body, dict | list):
        entries = list(body.items() if isinstance(body, dict) else enumerate(body))
        yield from (Place(body, at) for at, _ in entries)
        for _, inner in entries:
            yield from places(inner)


def nested(depth: int) -> Any:
    found: Any = "x"
    for _ in range(depth):
        found = {"a": [found]}
    return found


# Copied, since a mutation may go on within it.
odd = (
    st.sampled_from(ODD_VALUES).map(copy.deepcopy)
    | st.sampled_from(ODD_TEXTS)
    | st.text(max_size=40)
    | st.integers(1, 60).map(nested)
)


@st.composite
def mutated(draw: st.DrawFn, kind: str) -> tuple[Record, Any]:
    """A record of that kind and another body for it."""
    record = draw(st.sampled_from(records(kind)))
    body = json.loads(json.dumps(record.body))
    inner = as_json(body)
    body = inner if inner is not None else body
    if not isinstance(body, dict | list) or draw(st.integers(0, 9)) == 0:
        return record, draw(odd if draw(st.booleans()) else st.just(body).map(lambda it: cut(draw, it)))
    for _ in range(draw(st.integers(1, 4))):
        found = list(places(body))
        if found:
            change(draw, draw(st.sampled_from(found)))
    # A text that held JSON stays one: forms and multipart bodies are mutated as text.
    return record, body if inner is None else json.dumps(body)


def as_json(body: Any) -> Any:
    """The JSON in a body that is recorded as text, else None."""
    try:
        found = json.loads(body) if isinstance(body, str) else None
    except ValueError:
        return None
    return found if isinstance(found, dict | list) else None


def change(draw: st.DrawFn, place: Place) -> None:
    """Drop it, swap its type, or put something odd there, or under an odd name."""
    holder, at = place.holder, place.at
    what = draw(st.sampled_from(("odd", "odd", "odd", "drop", "wrap", "text", "name", "inner")))
    if what == "drop":
        del holder[at]
    elif what == "wrap":
        holder[at] = [holder[at]]
    elif what == "text":
        holder[at] = json.dumps(holder[at])
    elif what == "name" and isinstance(holder, dict):
        holder[draw(st.sampled_from(ODD_TEXTS))] = holder.pop(at)
    elif what == "inner" and (inner := as_json(holder[at])) is not None:
        found = list(places(inner))
        if found:
            change(draw, draw(st.sampled_from(found)))
        holder[at] = json.dumps(inner)
    else:
        holder[at] = draw(odd)


def cut(draw: st.DrawFn, body: Any) -> Any:
    """Broken off, or with odd characters in it."""
    text = body if isinstance(body, str) else json.dumps(body)
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(st.sampled_from(("", *ODD_TEXTS)))


@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    # A failing one is kept small enough by hand; shrinking through a database takes minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(data=st.data())
def test_an_odd_request_is_kept_or_refused_with_a_reason(
    kind: str, data: st.DataObject, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, body = data.draw(mutated(kind))
    surround(kind, monkeypatch)
    with transaction.atomic():
        _row, key = door(service, record)
        check(signed(wire_of(record, body, key), record), record)
        transaction.set_rollback(True)


def wire_of(record: Record, body: Any, key: str) -> Wire:
    """The request; half a surrogate pair goes out as JSON escapes it."""
    found = wire(record.with_body(body), key)
    if isinstance(body, str) or body is None:
        return found
    return replace(found, body=json.dumps(body).replace("{key}", key).replace("{basic}", basic(key)).encode())


def basic(key: str) -> str:
    return base64.b64encode(f"tocsin:{key}".encode()).decode()


def check(request: Wire, record: Record) -> None:
    """Send it; look at the answer and at what became of it."""
    answer = send(request)
    assert answer.status_code < 500, (answer.status_code, answer.content[:500], request.body[:1000])
    event = Event.objects.order_by("-pk").first()
    if answer.status_code >= 400:
        assert event is None
        check_reason(answer)
    elif event is not None:
        check_kept(event)
    else:  # a question, a probe, or a null test: the kind has a recorded one that is not kept either
        assert not record.stored or answer.status_code == 200


def check_reason(answer: HttpResponse) -> None:
    """A sentence for whoever looks into the sender's log."""
    assert len(answer.content.strip()) >= 10, answer.content


def check_kept(event: Event) -> None:
    """Processed, with a reason where it could not be read, and the worker goes on."""
    process_waiting(now=NOW)
    event.refresh_from_db()
    assert event.processed_at is not None
    # Problems are sentences for people: what a body alone brings about is no accident of ours.
    assert not event.problem.startswith(ACCIDENTS), (event.problem, event.body[:1000])


ACCIDENTS = tuple(
    f"{name}:"
    for name in (
        *(
            "AttributeError",
            "TypeError",
            "KeyError",
            "IndexError",
            "ValueError",
            "RecursionError",
            "UnicodeEncodeError",
        ),
        *(
            "DataError",
            "IntegrityError",
            "ProgrammingError",
            "ValidationError",
            "OverflowError",
            "AssertionError",
        ),
        *("UnboundLocalError", "NameError", "ZeroDivisionError", "FieldError", "StatementTooComplexError"),
    )
)
