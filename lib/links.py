"""Links that tools and browsers send along, made fit to be followed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.http import url_has_allowed_host_and_scheme


def web_links(links: Iterable[Mapping[str, object]]) -> list[dict[str, str]]:
    """Those that lead to the web, never javascript: or data:, each with a text; what is no link is left out."""
    shown = []
    for link in links:
        href = str(link.get("href", "")) if isinstance(link, Mapping) else ""
        if href.lower().startswith(("https://", "http://")):
            shown.append({"href": href, "text": str(link.get("text") or href)})
    return shown


def own_path(target: str) -> str:
    """`target` if it is a path of ours to go on to; empty for other sites and for what is no path."""
    is_ours = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return target if is_ours else ""
