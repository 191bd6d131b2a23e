"""Lengths of time as people type them: "90 s", "5 min", "1 h 30 min", "2 days"."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_PART = re.compile(r"([0-9]{1,7})\s*([a-z]+)")
_WORDS = re.compile(r"(s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|d|days?|w|weeks?)")


class BadSpan(ValueError):
    """The text says no length of time."""


def parsed(text: str) -> timedelta:
    """The length that the text says; raises BadSpan where it says none."""
    rest = _PART.sub("", text.lower()).strip(" ,")
    parts = _PART.findall(text.lower())
    if rest or not parts or not all(_WORDS.fullmatch(unit) for _number, unit in parts):
        raise BadSpan(text)
    return sum((timedelta(seconds=int(number) * SECONDS[unit[0]]) for number, unit in parts), timedelta())


def written(length: timedelta) -> str:
    """The length exactly, in the largest units that fit; `parsed` reads it back."""
    seconds, said = int(length.total_seconds()), []
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        count, seconds = divmod(seconds, size)
        said += [f"{count} {unit}"] if count else []
    return " ".join(said) or "0 s"


class SpanField(forms.CharField):
    """A length of time; empty is None. `least` and `most` bound it."""

    def __init__(self, *, least: timedelta, most: timedelta, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 40, **kwargs})
        self.least, self.most = least, most

    def prepare_value(self, value: Any) -> Any:
        return written(value) if isinstance(value, timedelta) else value

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            length = parsed(text)
        except (BadSpan, OverflowError) as error:
            raise ValidationError(_("Write a length of time: 90 s, 5 min, 2 h, 1 day.")) from error
        if not self.least <= length <= self.most:
            bounds = {"least": written(self.least), "most": written(self.most)}
            raise ValidationError(_("From %(least)s to %(most)s.") % bounds)
        return length
