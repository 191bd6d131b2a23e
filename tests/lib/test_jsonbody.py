import json
import time
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.jsonbody import BadBody, as_text, parse


def refused(raw: bytes) -> BadBody:
    with pytest.raises(BadBody) as caught:
        parse(raw)
    return caught.value


def test_utf_8_with_and_without_a_mark_and_the_wider_encodings_are_read() -> None:
    body = {"summary": "Größe ✓ 😀"}
    text = json.dumps(body, ensure_ascii=False)
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le"):
        assert parse(text.encode(encoding)) == body, encoding


def test_latin_1_is_refused_with_the_place() -> None:
    error = refused('{"summary": "Größe"}'.encode("latin-1"))
    assert error.status == 400
    assert error.reason == "The body is not valid UTF-8 (byte 15)."


def test_too_large_a_body_is_413() -> None:
    assert parse(b'"' + b"x" * 511_998 + b'"') == "x" * 511_998
    error = refused(b'"' + b"x" * 511_999 + b'"')
    assert error.status == 413
    assert "512001 bytes" in error.reason


def test_an_empty_body_says_so() -> None:
    assert refused(b"").reason == refused(b" \n").reason == "The body is empty."


def test_invalid_json_is_refused_with_line_and_column() -> None:
    error = refused(b'{"a": 1,\n "b": }')
    assert error.status == 400
    assert error.reason == "The body is not valid JSON: Expecting value at line 2, column 7."


def test_forty_levels_pass_and_forty_one_do_not() -> None:
    assert parse(b"[" * 40 + b"]" * 40) is not None
    assert refused(b"[" * 41 + b"]" * 41).reason == "The JSON is nested more than 40 levels deep."


def test_brackets_inside_strings_and_side_by_side_are_not_depth() -> None:
    assert parse(json.dumps(["[{" * 500, '\\"[' * 500]).encode())
    assert parse(b"[" + b"[]," * 5000 + b"{}]")


@pytest.mark.parametrize(
    "raw", [b"[" * 500_000, b'{"a":' * 100_000, b'["' + b'\\"' * 200_000, b'"[' * 200_000]
)
def test_hostile_nesting_is_refused_quickly(raw: bytes) -> None:
    started = time.perf_counter()
    assert refused(raw).status == 400
    assert time.perf_counter() - started < 2


def test_numbers_that_json_does_not_have_become_null() -> None:
    assert parse(b"[NaN, Infinity, -Infinity, 1e999, 1.5, -0.0]") == [None, None, None, None, 1.5, 0.0]


def test_an_endless_integer_is_refused() -> None:
    assert parse(b"9" * 300) == int("9" * 300)
    assert refused(b"9" * 5000).reason == "A number with 5000 digits is too long."


def test_nul_and_lone_surrogates_go_and_pairs_stay() -> None:
    raw = rb'{"a\u0000b": ["x\u0000y", "\ud800z", "\ud83d\ude00", "\\u0000"]}'
    assert parse(raw) == {"ab": ["xy", "z", "😀", "\\u0000"]}


def test_a_raw_nul_or_newline_inside_a_string_is_survived() -> None:
    assert parse(b'{"a": "x\x00y\nz"}') == {"a": "xy\nz"}


def test_the_text_of_a_body_can_be_stored_and_read_again() -> None:
    for raw in (b'{"a": "x\x00y"}', '{"a": "xy"}'.encode("utf-16"), b'\xef\xbb\xbf{"a": "xy"}'):
        text = as_text(raw)
        assert "\x00" not in text
        assert parse(text.encode()) == parse(raw) == {"a": "xy"}
    with pytest.raises(BadBody):
        as_text(b"\xff\xff\xff")


def test_of_two_equal_keys_the_last_wins() -> None:
    assert parse(b'{"a": 1, "a": 2}') == {"a": 2}


@given(
    st.binary(max_size=200)
    | st.text(alphabet='[]{}",:\\u0d8e19 .\x00-truenlfasNI', max_size=200).map(str.encode)
)
def test_any_bytes_are_refused_or_become_what_postgres_can_store(raw: bytes) -> None:
    with suppress(BadBody):
        value = parse(raw)
        stored = json.dumps(value, allow_nan=False, ensure_ascii=False)
        assert "\\u0000" not in stored.replace("\\\\", "")
        stored.encode()


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_what_a_client_wrote_is_what_we_read(value: object) -> None:
    written = json.dumps(value)
    if "\\u0000" not in written:
        assert parse(written.encode()) == value
