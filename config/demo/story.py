"""What happened, as it stands in the files of `stories/`: texts and a script for each incident, without rows or clock.

A script has a line for each thing that somebody did:

    +MINUTES[@MINUTES] VERB WORDS… | TEXT

MINUTES count from the first alert; what stands behind `@` is when it happened, if it was written down later. Who
did it is a part in the cast (`lead`, `second`, `third`, `comms`); config.demo.telling knows the verbs. `\\n` in a
text is a line break, and `{name}` is filled from the story's values, the cast's first names and the clock
(`{at:+12}` is twelve minutes after the first alert).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

FOLDER = Path(__file__).with_name("stories")
_LINE = re.compile(
    r"\+(?P<minute>[\d.]+)(?:@(?P<happened>-?[\d.]+))? (?P<words>[^|]+?)(?: \| (?P<text>.+))?$"
)


class BadStory(ValueError):
    """A story that cannot be told; the message says which and why."""


@dataclass(frozen=True, slots=True)
class AlertText:
    """One condition that a tool reported: its rule's name, what it said of which host."""

    name: str
    summary: str
    source: str
    severity: str = "critical"
    description: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Somebody did something, `minute` after the beginning."""

    minute: float
    happened: float | None
    verb: str
    words: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ItemText:
    """An action item: due and done in days after it was written down; without `done` it is still open."""

    text: str
    kind: str
    owner: str
    due: int
    done: int | None = None
    dropped: bool = False


@dataclass(frozen=True, slots=True)
class ReviewText:
    """What the postmortem says, section by section in Markdown."""

    summary: str
    impact: str
    contributing_factors: str
    went_well: str
    went_wrong: str
    comment: str
    items: tuple[ItemText, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """One incident as it could happen; told `times` times with other values. `kind` is what reported it: a kind of
    integration, or "person" with a `title`, a `severity` and who declared it in `by`. `clock` is the time of day in
    UTC at which it begins, where its texts depend on that."""

    service: str
    script: tuple[Line, ...]
    kind: str = "alertmanager"
    alerts: tuple[AlertText, ...] = ()
    values: Mapping[str, list[Any]] = field(default_factory=dict)
    changes: tuple[tuple[int, str], ...] = ()
    times: int = 1
    title: str = ""
    summary: str = ""
    severity: int = 3
    by: str = "second"
    clock: time | None = None
    review: ReviewText | None = None


class _Clock:
    """The time of day in UTC so many minutes after the beginning: `{at:+12}`."""

    def __init__(self, start: datetime) -> None:
        self.start = start

    def __format__(self, spec: str) -> str:
        return (self.start + timedelta(minutes=float(spec or 0))).strftime("%H:%M")


def words_for(story: Story, telling: int, start: datetime, rng: Random) -> dict[str, object]:
    """What fills the texts: two numbers are a range, other lists are gone through from telling to telling."""
    return {"at": _Clock(start)} | {
        name: _value(choices, telling, rng) for name, choices in story.values.items()
    }


def _value(choices: list[Any], telling: int, rng: Random) -> Any:
    if len(choices) == 2 and all(isinstance(each, int) for each in choices):
        return rng.randint(*choices)
    return choices[telling % len(choices)]


@cache
def read(name: str) -> tuple[Story, ...]:
    """The stories of one file, "payments" of payments.toml. Raises BadStory."""
    with (FOLDER / f"{name}.toml").open("rb") as file:
        return tuple(_story(data) for data in tomllib.load(file)["story"])


def _story(data: dict[str, Any]) -> Story:
    fields = dict(data)
    try:
        alerts = tuple(AlertText(**each) for each in fields.pop("alerts", ()))
        changes = tuple((each["before"], each["summary"]) for each in fields.pop("changes", ()))
        review = _review(fields.pop("review")) if "review" in fields else None
        script = tuple(read_line(text) for text in fields.pop("script").strip().splitlines() if text.strip())
        return Story(alerts=alerts, changes=changes, review=review, script=script, **fields)
    except (TypeError, KeyError, BadStory) as error:
        raise BadStory(
            f"{data.get('service')}, {data.get('title') or data.get('alerts')}: {error}"
        ) from error


def _review(data: dict[str, Any]) -> ReviewText:
    items = tuple(ItemText(**each) for each in data.pop("items"))
    return ReviewText(items=items, **data)


def read_line(text: str) -> Line:
    """One line of a script. Raises BadStory."""
    found = _LINE.match(text.strip())
    if found is None:
        raise BadStory(f"not a line of a script: {text}")
    verb, *words = found["words"].split()
    happened = float(found["happened"]) if found["happened"] else None
    said = (found["text"] or "").replace("\\n", "\n")
    return Line(float(found["minute"]), happened, verb, tuple(words), said)
