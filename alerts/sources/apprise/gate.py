"""Apprise posts JSON for json:// and a form for form://; attachments are cut out before anything is stored."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from alerts.sources import values
from alerts.sources.apprise import parser
from alerts.sources.base import Accepted, Answer, Arrived, Door, Gate
from alerts.sources.multipart import form_of, is_form
from alerts.sources.plain import json_gate

# An attachment in the body, whose content nobody reads here.
_HAS_CONTENT = re.compile(rb'"base64"')


def take(arrived: Arrived, door: Door) -> Accepted | Answer:
    """Check and keep the notification; raises BadBody and Rejected."""
    found = _from_form(arrived) if is_form(arrived) else arrived.json
    parser.check(found)
    answer = Answer(202, parser.answer(""))
    return Accepted(answer=lambda _: answer, text=_text(arrived, found))


def _from_form(arrived: Arrived) -> dict[str, Any]:
    form = form_of(arrived)
    return {**form.fields, "files": list(form.files)} if form.files else dict(form.fields)


def _text(arrived: Arrived, found: object) -> str:
    """The body as it came, unless it was a form or brought files along."""
    if not is_form(arrived) and not _HAS_CONTENT.search(arrived.body):
        return arrived.text
    return json.dumps(_without_contents(values.mapping(found)), ensure_ascii=False)


def _without_contents(found: dict[str, Any]) -> dict[str, Any]:
    attached = values.items(found.get("attachments"))
    if not attached:
        return found
    named = [
        {name: each for name, each in values.mapping(one).items() if name != "base64"} for one in attached
    ]
    return {**found, "attachments": named}


GATE: Gate = replace(json_gate(parser, "/in/apprise/"), take=take, methods=frozenset({"POST", "PUT"}))
