import re
import time
from html.parser import HTMLParser

import pytest
from django.utils.safestring import SafeString
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.markdown import LONGEST, plain, render

ALLOWED = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}


class Inspector(HTMLParser):
    """Fails on any tag, attribute or link scheme that our pages must not hold."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        for name, value in attrs:
            assert (tag, name) in {("a", "href"), ("a", "title"), ("a", "rel"), ("ol", "start")}
            if name == "href":
                assert not re.match(r"(?i)\s*(javascript|data|vbscript|file):", value or "")


def inspected(text: str) -> SafeString:
    html = render(text)
    Inspector().feed(html)
    return html


def test_the_usual_marks_are_rendered() -> None:
    html = inspected(
        "**down** *since* ~~noon~~ `df -h`\n\n- a\n- b\n\n1. x\n\n> said\n\n| a | b |\n|--|:-:|\n| 1 | 2 |"
    )
    for piece in (
        "<strong>down</strong>",
        "<em>since</em>",
        "<s>noon</s>",
        "<code>df -h</code>",
        "<li>a</li>",
    ):
        assert piece in html
    assert "<td>1</td>" in html
    assert isinstance(html, SafeString)


def test_headings_start_below_those_of_the_page() -> None:
    assert inspected("# One\n\n###### Six") == "<h3>One</h3>\n<h6>Six</h6>\n"


def test_links_open_without_telling_where_they_came_from() -> None:
    rel = 'rel="nofollow noopener noreferrer"'
    assert inspected("[a](https://example.org/x)") == f'<p><a href="https://example.org/x" {rel}>a</a></p>\n'
    assert rel in inspected("<mailto:a@example.org>")


def test_bare_addresses_become_links_without_the_sentence_around_them() -> None:
    html = inspected(
        "See https://example.org/a_(b)?x=1&y=2. (or http://example.org/c), `https://example.org/code`"
    )
    assert re.findall('href="([^"]*)"', html) == [
        "https://example.org/a_(b)?x=1&amp;y=2",
        "http://example.org/c",
    ]
    assert "</a>. (or" in html


def test_an_address_inside_a_link_is_not_linked_again() -> None:
    assert inspected("[https://example.org/a](https://example.org/b)").count("<a ") == 1


def test_images_become_links() -> None:
    html = inspected("![chart](https://example.org/c.png)")
    assert "<img" not in html
    assert 'href="https://example.org/c.png"' in html


@pytest.mark.parametrize(
    "payload",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "<iframe src='javascript:alert(1)'></iframe>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\tscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "![x](data:image/svg+xml;base64,PHN2Zz4=)",
        "[x](vbscript:msgbox)",
        "<javascript:alert(1)>",
        '[x](https://e.org "onmouseover=alert(1)")',
        '[x](https://e.org/"onmouseover="alert(1))',
        'https://e.org/"onmouseover="alert(1)',
        '`<script>`\n\n```html"><script>\n</script><script>alert(1)</script>\n```',
        "<style>*{display:none}</style><p style='x'>",
        "a\x00<script\x00>alert(1)</script>",
        "| <script> |\n|--|\n| [x](javascript:1) |",
        "<!--><script>alert(1)</script>-->",
        "<math><mtext></p><style><img src=x onerror=alert(1)>",
    ],
)
def test_nothing_is_executed(payload: str) -> None:
    html = inspected(payload)
    assert "<script" not in html.lower()
    inspected(f"> - {payload}")


@pytest.mark.parametrize(
    "hostile",
    [
        "> " * 5000,
        "[" * 10_000,
        "[](" * 10_000,
        "![" * 20_000,
        "- " * 5000,
        "*a _b " * 6000,
        "`" * 20_000,
        "".join("`" * n + " " for n in range(1, 280)),
        "<a " * 13_000,
        "&" * 40_000,
        ("|a" * 300 + "|\n" + "|-" * 300 + "|\n" + "|b|\n" * 1000) * 8,
        "|a|b|\n|-|-|\n" * 3000,
        "https://" * 5000,
        "https://e.org/" + "(" * 20_000 + ")" * 20_000,
        "https://e.org/" + ")." * 19_000,
        "x" * 1_000_000,
        "<" * 500_000,
    ],
)
def test_hostile_input_takes_bounded_time(hostile: str) -> None:
    started = time.perf_counter()
    inspected(hostile)
    plain(hostile)
    assert time.perf_counter() - started < 5


def test_a_very_long_text_is_shown_as_it_is() -> None:
    html = inspected("<b>" + "x" * LONGEST)
    assert html.startswith("<pre>&lt;b&gt;xxx")


def test_plain_text_loses_the_marks_and_keeps_the_words() -> None:
    text = (
        "# Disk full\n\n**db1** is at `99 %`:\nsee [the graph](https://example.org/g) and "
        "https://example.org/r.\n\n- one\n- two\n\n```\ndf -h\n```"
    )
    assert plain(text) == (
        "Disk full\ndb1 is at 99 %:\nsee the graph (https://example.org/g) and https://example.org/r.\n\n"
        "- one\n- two\ndf -h"
    )


@settings(max_examples=150)
@given(st.text(alphabet="<>[]()!*_~`|-#>\n \\&;:/\"'jscript.alert(1)htp", max_size=200))
def test_any_text_renders_to_allowed_html(text: str) -> None:
    inspected(text)
    plain(text)
