"""Links that tools send along, made fit for a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def web_links(links: Iterable[Mapping[str, object]]) -> list[dict[str, str]]:
    """Those that lead to the web, never javascript: or data:, each with a text; what is no link is left out."""
    shown = []
    for link in links:
        href = str(link.get("href", "")) if isinstance(link, Mapping) else ""
        if href.lower().startswith(("https://", "http://")):
            shown.append({"href": href, "text": str(link.get("text") or href)})
    return shown
