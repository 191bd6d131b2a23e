"""The bars of a drawn timeline. In Python, since a page has hundreds of them."""

from __future__ import annotations

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from lib.templatetags.tocsin import hue
from oncall.lanes import Bar, Lane
from oncall.timeline import TWO_WEEKS

register = template.Library()
_EDGE = 8
_ASIDE = SafeString(' tabindex="-1"')
_FILLS = {"gap": ("gap-bar", "hatch"), "thin": ("thin-bar", "thin-hatch")}


@register.simple_tag(takes_context=True)
def drawn(context: template.Context, bar: Bar, lane: Lane, link: str = "") -> SafeString:
    """The bar. With `link`, the address of the page for a new override, bars of who is on call lead there, those drawn
    together to a closer look, and overrides to where they are told."""
    height = lane.height
    body = format_html(
        '<svg class="{}" x="{}%" y="{}" width="{}%" height="{}"><title>{}</title>{}'
        '<text class="bar-words" x="6" y="{}">{}</text></svg>',
        _css(bar),
        bar.place.x,
        _EDGE // 2,
        bar.place.width,
        height - _EDGE,
        bar.words,
        _filled(bar),
        height / 2,
        bar.label,
    )
    href = _href(context, bar, lane, link) if link else ""
    if not href:
        return body
    # Turns of layers are for the pointer: the keyboard has the rows of who is on call, and the days below.
    aside = "" if lane.is_final or bar.anchor else _ASIDE
    return format_html('<a href="{}" aria-label="{}"{}>{}</a>', href, bar.words, aside, body)


def _css(bar: Bar) -> str:
    over = " bar-over" if bar.is_over else ""
    if bar.kind in _FILLS:
        return f"bar-{bar.kind}"
    tone = "bar-mixed" if bar.is_mixed else hue(bar.people[0]) if bar.people else ""
    parts = " bar-parts" if bar.count > 1 and not bar.is_mixed else ""
    return f"{tone}{parts}{' bar-away' if bar.kind == 'away' else ''}{over}"


def _filled(bar: Bar) -> SafeString:
    css, pattern = _FILLS.get(bar.kind, ("bar", ""))
    shape = format_html('<rect class="{}" width="100%" height="100%" rx="4"/>', css)
    if not pattern:
        return shape
    return format_html('{}<rect fill="url(#{})" width="100%" height="100%" rx="4"/>', shape, pattern)


def _href(context: template.Context, bar: Bar, lane: Lane, link: str) -> str:
    if bar.is_over or bar.kind == "thin":
        return ""
    if bar.anchor:
        return f"#{bar.anchor}"
    return f"{link}?{bar.query}" if bar.count == 1 else _closer(context, bar)


def _closer(context: template.Context, bar: Bar) -> str:
    query = context["request"].GET.copy()
    query["range"], query["from"] = TWO_WEEKS.key, bar.day
    return f"?{query.urlencode()}"
