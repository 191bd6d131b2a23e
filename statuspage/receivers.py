"""What an incident's news means for the public pages."""

from __future__ import annotations

from django.utils import timezone

from statuspage import actions

RENDERED = frozenset({"update", "state", "closed"})


def render_on_change(sender: object, *, incident_ids: list[int], what: str, **kwargs: object) -> None:
    """Render in the process that wrote the news, right after its commit.

    Not by a task: customers see an update within a second also when broker and workers are down. It is
    cheap, one query for incidents that customers know nothing of, and what fails here the minutely chore
    repairs.
    """
    if what in RENDERED:
        actions.render_for(incident_ids=incident_ids, now=timezone.now())
