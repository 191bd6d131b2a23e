"""Answers about paging in words, for templates."""

from __future__ import annotations

from datetime import datetime, timedelta

from django import template

from insights.assertion_words import when_in_words
from insights.simulator import words

register = template.Library()

register.filter("unreachable_in_words", words.unreachable_in_words)
register.filter("ways_in_words", lambda paged: words.ways_in_words(paged.ways))
register.filter("reasons_in_words", words.reasons_in_words)
register.filter("step_in_words", words.step_in_words)
register.filter("passed_in_words", words.passed_in_words)
register.filter("after_in_words", words.after_in_words)
register.filter("headline", words.headline)
register.filter("when_in_words", when_in_words)


@register.filter
def since(moment: datetime, start: datetime) -> timedelta:
    """How long after `start` it is."""
    return moment - start
