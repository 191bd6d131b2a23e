"""Sources that may send a form in place of JSON: its fields become an object, and the rest is as with JSON."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qsl

from alerts.sources.base import Accepted, Answer, Arrived, Door, Gate, Parsed, Reader, Source, Stored
from alerts.sources.plain import json_gate, json_reader
from lib.jsonbody import BadBody

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 1000


def form_or_json_gate(source: Source, prefix: str, *, status: int = 202) -> Gate:
    """A gate below `prefix` that takes POSTs of JSON, or of a form with the same fields, for `source`."""
    return Gate(
        prefix,
        partial(_take, source, status),
        refused=json_gate(source, prefix).refused,
        stranger=json_gate(source, prefix).stranger,
        away=json_gate(source, prefix).away,
        busy=json_gate(source, prefix).busy,
    )


def form_or_json_reader(source: Source) -> Reader:
    """The reader of what `form_or_json_gate` has let in."""
    return partial(_read, source)


def is_form(arrived: Arrived) -> bool:
    """Whether the sender says that the body is a form. One that begins like a JSON object is none."""
    said = arrived.headers.get("content-type", "").partition(";")[0].strip().lower()
    return said == FORM and not arrived.body.lstrip().startswith(b"{")


def pairs(text: str) -> list[tuple[str, str]]:
    """The fields of a form in their order, without what Postgres does not store; raises BadBody for too many."""
    try:
        found = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise BadBody(f"The form has more than {MOST_FIELDS} fields.") from error
    return [(name.replace("\x00", ""), value.replace("\x00", "")) for name, value in found]


def form_text(arrived: Arrived) -> str:
    """A form's body as text that Postgres stores."""
    return arrived.body.decode("utf-8", "replace").replace("\x00", "")


def _take(source: Source, status: int, arrived: Arrived, door: Door) -> Accepted | Answer:
    form = is_form(arrived)
    text = form_text(arrived) if form else arrived.text
    dedup_key = source.check(dict(pairs(text)) if form else arrived.json)
    answer = Answer(status, source.answer(dedup_key))
    context = {"form": True} if form else {}
    return Accepted(answer=lambda _: answer, text=text, context=context, dedup_key=dedup_key)


def _read(source: Source, stored: Stored) -> Parsed:
    if not stored.context.get("form"):
        return json_reader(source)(stored)
    fields = dict(pairs(stored.text))
    return source.parse(fields, received_at=stored.received_at, dedup_key=stored.dedup_key)
