"""Who would be paged at a moment, when, by which step, because of what, and how: asked by the very path that pages."""

from insights.simulator.answering import answer, answers
from insights.simulator.values import Answer, Paged, Passed, Question, Reason, Rung, Told

__all__ = ["Answer", "Paged", "Passed", "Question", "Reason", "Rung", "Told", "answer", "answers"]
