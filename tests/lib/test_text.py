from hypothesis import given
from hypothesis import strategies as st

from lib.text import clean, one_line, truncate

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet=st.characters()) | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


def test_controls_and_lone_surrogates_go_and_newlines_and_tabs_stay() -> None:
    assert clean("a\x00b\x1b[31mc\x7f\x85\ud800d\te\nf", 100) == "ab[31mcd\te\nf"


def test_line_ends_of_other_systems_become_newlines() -> None:
    assert clean("a\r\nb\rc", 100) == "a\nb\nc"


def test_long_text_is_cut_to_the_limit_with_an_ellipsis() -> None:
    assert clean("x" * 11, 10) == "x" * 9 + "…"
    assert clean("x" * 10, 10) == "x" * 10
    assert truncate("xy", 1) == "…"
    assert truncate("xy", 0) == ""


def test_one_line_joins_lines_and_separators_of_every_kind() -> None:
    assert one_line(" a\r\n b\u2028c\x0bd\t e ", 100) == "a b cd e"


def test_values_that_are_not_text_are_written_as_json() -> None:
    assert clean(None, 9) == ""
    assert clean(True, 9) == "true"
    assert clean({"a": [1, None]}, 99) == '{"a": [1, null]}'
    assert clean(b"\xffabc", 9) == "\ufffdabc"


def test_values_that_cannot_be_written_are_empty() -> None:
    deep: list[object] = []
    deep.append(deep)
    assert clean(deep, 10) == ""
    assert clean(10**5000, 10) == ""


@given(anything, st.integers(min_value=0, max_value=30))
def test_any_value_becomes_storable_text_within_the_limit(value: object, limit: int) -> None:
    for text in (clean(value, limit), one_line(value, limit)):
        assert len(text) <= limit
        assert "\x00" not in text
        text.encode("utf-8")
