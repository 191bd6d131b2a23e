"""Turn what people write into safe HTML, once, at render: CommonMark, tables, strikethrough, bare links.

Two walls: markdown-it passes no HTML through, and nh3 lets only the listed tags out. Time is bounded: nesting
stops at 20 levels, a table that would blow up stays text, and a very long text is shown as it is.
"""

import re
from collections.abc import Iterator

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

LONGEST = 40_000  # characters; longer ones are shown as plain text
_MOST_CELLS = 20_000

_TAGS = {
    *("p", "br", "hr", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"),
    *("em", "strong", "s", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto"}
_REL = "nofollow noopener noreferrer"

# Ends before punctuation that belongs to the sentence; `)` only counts where the address has opened one.
_BARE_LINK = re.compile(r"\bhttps?://[^\s<>\"'`]{1,2000}")
_SENTENCE_END = ".,;:!?*_~"


def render(text: str) -> SafeString:
    """Return `text` as HTML safe for our pages: no images or styles, only http, https and mailto links."""
    if len(text) > LONGEST:
        return format_html("<pre>{}</pre>", text)
    html = _parser_for(text).render(text)
    cleaned = nh3.clean(
        html, tags=_TAGS, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=_REL, strip_comments=True
    )
    return mark_safe(cleaned)  # noqa: S308  # nh3 let only the listed tags and schemes through


def plain(text: str) -> str:
    """Return `text` without its markup, for mails, feeds and previews; links keep their address."""
    if len(text) > LONGEST:
        return text
    return "\n".join(_plain_lines(_parser_for(text).parse(text))).strip()


def _parser_for(text: str) -> MarkdownIt:
    """A table's rows are filled up to its header's width: a few kilobytes can ask for a million cells."""
    lines = text.splitlines() or [""]
    widest = max(line.count("|") for line in lines) + 1
    return _WITH_TABLES if widest * len(lines) <= _MOST_CELLS else _WITHOUT_TABLES


def _parser(*rules: str) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["strikethrough", *rules])
    # An image of elsewhere tells its host who reads; as a link it asks first.
    parser.disable("image")
    parser.core.ruler.push("bare_links", _link_bare_addresses)
    parser.core.ruler.push("headings", _lower_headings)
    return parser


def _lower_headings(state: StateCore) -> None:
    """The page has its own h1 and h2."""
    for token in state.tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(int(token.tag[1]) + 2, 6)}"


def _link_bare_addresses(state: StateCore) -> None:
    for block in state.tokens:
        if block.type == "inline" and block.children and "://" in block.content:
            block.children = list(_linked(block.children))


def _linked(tokens: list[Token]) -> Iterator[Token]:
    inside = 0
    for token in tokens:
        inside += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        if inside or token.type != "text":
            yield token
        else:
            yield from _split(token.content)


def _split(text: str) -> Iterator[Token]:
    at = 0
    for found in _BARE_LINK.finditer(text):
        address = _without_sentence(found[0])
        yield _text(text[at : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": address})
        yield _text(address)
        yield Token("link_close", "a", -1)
        at = found.start() + len(address)
    yield _text(text[at:])


def _without_sentence(address: str) -> str:
    address = address.rstrip(_SENTENCE_END)
    while address.endswith(")") and address.count("(") < address.count(")"):
        address = address[:-1].rstrip(_SENTENCE_END)
    return address


def _text(content: str) -> Token:
    return Token("text", "", 0, content=content)


def _plain_lines(blocks: list[Token]) -> Iterator[str]:
    bullet = ""
    for block in blocks:
        if block.type == "list_item_open":
            bullet = "- "
        elif block.type == "inline":
            yield bullet + _plain_inline(block.children or [])
            bullet = ""
        elif block.type in ("fence", "code_block"):
            yield block.content.rstrip("\n")
        elif block.type == "paragraph_close" and not block.hidden:
            yield ""


def _plain_inline(tokens: list[Token]) -> str:
    parts: list[str] = []
    address, start = "", 0
    for token in tokens:
        if token.type == "link_open":
            address, start = str(token.attrs.get("href", "")), len(parts)
        elif token.type == "link_close":
            parts.append("" if "".join(parts[start:]) == address else f" ({address})")
        else:
            parts.append("\n" if token.type in ("softbreak", "hardbreak") else token.content)
    return "".join(parts)


_WITH_TABLES = _parser("table")
_WITHOUT_TABLES = _parser()
