"""The bars of a drawn timeline. In Python, since a page has hundreds of them."""

from __future__ import annotations

from django import template
from django.utils.html import escape
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from lib.templatetags.tocsin import hue
from oncall.lanes import Bar, Lane
from oncall.timeline import TWO_WEEKS

register = template.Library()
_EDGE = 8
_PLAIN = '<rect class="bar" width="100%" height="100%" rx="4"/>'
_SHAPES = {
    kind: f'<rect class="{kind}-bar" width="100%" height="100%" rx="4"/>'
    f'<rect fill="url(#{pattern})" width="100%" height="100%" rx="4"/>'
    for kind, pattern in (("gap", "hatch"), ("thin", "thin-hatch"))
}


@register.simple_tag(takes_context=True)
def drawn(context: template.Context, bar: Bar, lane: Lane, link: str = "") -> SafeString:
    """The bar. With `link`, the address of the page for a new override, bars of who is on call lead there, those drawn
    together to a closer look, and overrides to where they are told."""
    words, inside = escape(bar.words), lane.height - _EDGE
    label = escape(bar.label)
    # What fits on the bar is an abbreviation; all of it is in the title, which is the name of the image and its link.
    text = f'<text class="bar-words" x="6" y="{inside / 2}">{label}</text>' if label else ""
    place = f'x="{bar.place.x}%" y="{_EDGE // 2}" width="{bar.place.width}%" height="{inside}"'
    shape = f"<title>{words}</title>{_SHAPES.get(bar.kind, _PLAIN)}{text}"
    body = f'<svg role="img" class="{_css(bar)}" {place}>{shape}</svg>'
    href = _href(context, bar, link) if link else ""
    if not href:
        return SafeString(body)
    # Turns of layers are for the pointer: the keyboard has the rows of who is on call, and the days below.
    aside = "" if lane.is_final or bar.anchor else ' tabindex="-1"'
    return SafeString(f'<a href="{escape(href)}"{aside}>{body}</a>')


def _css(bar: Bar) -> str:
    over = " bar-over" if bar.is_over else ""
    if bar.kind in _SHAPES:
        return f"bar-{bar.kind}"
    tone = "bar-mixed" if bar.is_mixed else hue(bar.people[0]) if bar.people else ""
    parts = " bar-parts" if bar.count > 1 and not bar.is_mixed else ""
    return f"{tone}{parts}{' bar-away' if bar.kind == 'away' else ''}{over}"


def _href(context: template.Context, bar: Bar, link: str) -> str:
    if bar.is_over or bar.kind == "thin":
        return ""
    if bar.anchor:
        return f"#{bar.anchor}"
    return f"{link}?{bar.query}" if bar.count == 1 else _closer(context, bar)


def _closer(context: template.Context, bar: Bar) -> str:
    zone = context["request"].GET.get("zone")
    clock = f"&{urlencode({'zone': zone})}" if zone else ""
    return f"?range={TWO_WEEKS.key}&from={bar.day}{clock}#weeks"
