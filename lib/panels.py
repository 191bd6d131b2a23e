"""What apps add to pages of the layers below them.

A page about an incident lives in `incidents`; alerts, status page and postmortems live above and may not be imported
there. They register a panel in their `AppConfig.ready()`; the page asks for all panels that have something to say and
includes their templates. Pages that take panels: "incident", "service", "team", "me", "person",
"operations" (its subject is the pulse).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Place = Literal["main", "side"]


@dataclass(frozen=True, slots=True)
class Panel:
    """`context(subject, user)` returns what `template` needs, or None when there is nothing to say.

    The template is included with that context under the name `panel`, beside the page's own context.
    """

    name: str
    title: str
    template: str
    context: Callable[[Any, Any], dict[str, Any] | None]
    place: Place = "main"
    order: int = 50


@dataclass(frozen=True, slots=True)
class Filled:
    panel: Panel
    context: dict[str, Any]


_panels: defaultdict[str, dict[str, Panel]] = defaultdict(dict)


def register(page: str, panel: Panel) -> None:
    """Add a panel to a page, or replace the one of the same name."""
    _panels[page][panel.name] = panel


def filled(page: str, subject: object, user: object) -> list[Filled]:
    """Every panel of the page that has something to say about `subject` to `user`, in order."""
    ordered = sorted(_panels[page].values(), key=lambda panel: (panel.order, panel.name))
    return [
        Filled(panel, context) for panel in ordered if (context := panel.context(subject, user)) is not None
    ]
