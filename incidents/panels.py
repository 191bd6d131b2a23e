"""What the apps above add to the incident's page.

The page lives here, alerts, status page and postmortems live in layers above and may not be imported. They register
a panel in their `AppConfig.ready()`; the page asks every panel for its context and includes its template.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from accounts.models import User
from incidents.models import Incident

Place = Literal["main", "side"]


@dataclass(frozen=True, slots=True)
class Panel:
    """`context` returns what `template` needs, or None when the panel has nothing to say for this incident."""

    name: str
    title: str
    place: Place
    order: int
    template: str
    context: Callable[[Incident, User], dict[str, Any] | None]


@dataclass(frozen=True, slots=True)
class Filled:
    panel: Panel
    context: dict[str, Any]


_panels: dict[str, Panel] = {}


def register(panel: Panel) -> None:
    """Add a panel, or replace the one of the same name."""
    _panels[panel.name] = panel


def filled(incident: Incident, user: User) -> list[Filled]:
    """Every panel that has something to say, in order."""
    ordered = sorted(_panels.values(), key=lambda panel: (panel.order, panel.name))
    return [Filled(panel, context) for panel in ordered if (context := panel.context(incident, user)) is not None]
