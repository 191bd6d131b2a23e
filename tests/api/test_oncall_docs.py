"""The examples of docs/api.md are such as the API takes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from oncall.api.asking import checked
from oncall.serializers import absences, calendars, definitions, overrides, rules

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
SENT = re.compile(r"\$TOCSIN/([a-z-]+)(/\d+)?(/[a-z]+)?[^\n]*?(?:\\\n\s*)?-d '(.*?)'", re.DOTALL)
SHAPES: dict[tuple[str, bool, str], Any] = {
    ("schedules", False, ""): definitions.NewSchedule,
    ("schedules", True, ""): definitions.SchedulePart,
    ("schedules", True, "/preview"): definitions.SchedulePart,
    ("schedules", True, "/overrides"): overrides.NewOverride,
    ("policies", False, ""): rules.NewPolicy,
    ("absences", False, ""): absences.NewAbsence,
    ("cover-requests", False, ""): absences.NewCover,
    ("calendar-feeds", False, ""): calendars.NewFeed,
    ("calendar-links", False, ""): calendars.NewLink,
}
EXAMPLES = [
    ((path, bool(number), part), body)
    for path, number, part, body in SENT.findall(PAGE)
    if path not in {"incidents"}
]


def test_every_kind_of_body_has_an_example() -> None:
    assert {key for key, _body in EXAMPLES} == set(SHAPES)


@pytest.mark.parametrize(("key", "body"), EXAMPLES)
def test_an_example_is_taken_as_it_stands(key: tuple[str, bool, str], body: str) -> None:
    assert checked(SHAPES[key](data=json.loads(body)))
