from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.times import EARLIEST, LATEST_AHEAD, parse_lenient

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
WHEN = datetime(2026, 11, 21, 0, 7, 6, tzinfo=UTC)


@pytest.mark.parametrize(
    "sent",
    [
        "2026-11-21T00:07:06Z",
        "2026-11-21T00:07:06",
        "2026-11-21 00:07:06",
        "2026-11-21t00:07:06z",
        "2026-11-21T00:07:06+0000",
        "2026-11-21T02:07:06+0200",
        "2026-11-20T19:07:06-05:00",
        "2026-11-21T00:07:06+00:00Z",
        "2026-11-21T00:07:06.000000000Z",
        "2026-11-21 00:07:06 +0000 UTC",
        "2026-11-21 00:07:06.0 +0000 UTC m=+0.001",
        "2026-11-21 00:07:06 UTC",
        "20261121T000706Z",
        "Sat, 21 Nov 2026 00:07:06 GMT",
        "Sat, 21 Nov 2026 01:07:06 +0100",
        " 2026-11-21T00:07:06Z ",
        1795219626,
        1795219626.0,
        "1795219626",
        "1795219626.0",
        1795219626000,
        "1795219626000",
        1795219626000000,
        1795219626000000000,
        datetime(2026, 11, 21, 1, 7, 6, tzinfo=timezone(timedelta(hours=1))),
    ],
)
def test_each_shape_that_clients_send_is_the_same_instant(sent: object) -> None:
    assert parse_lenient(sent, default=NOW) == WHEN


def test_fractions_are_kept_to_the_microsecond() -> None:
    assert parse_lenient("2015-07-17T08:42:58.315+0000", default=NOW).microsecond == 315000
    assert parse_lenient("2026-11-21T00:07:06.306653461Z", default=NOW).microsecond == 306653
    assert parse_lenient("2026-11-21T00:08:36.715977Z", default=NOW).microsecond == 715977
    assert parse_lenient(1795219626123, default=NOW).microsecond == 123000


@pytest.mark.parametrize(
    "sent",
    [
        None,
        "",
        "yesterday",
        "2026-13-45T99:99:99Z",
        "2026-11-21T00:00:00+99:99",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00.000Z",
        "0001-01-01T00:00:00+14:00",
        "1999-12-31T23:59:59Z",
        "2026-11-22T12:00:01Z",
        "9999-12-31T23:59:59-14:00",
        0,
        -1,
        10**40,
        10**400,
        "9" * 5000,
        float("nan"),
        float("inf"),
        True,
        [],
        {"seconds": 1795219626},
    ],
)
def test_what_makes_no_sense_becomes_the_default(sent: object) -> None:
    assert parse_lenient(sent, default=NOW) == NOW


def test_both_edges_of_the_sane_range_are_kept() -> None:
    assert parse_lenient("2000-01-01T00:00:00Z", default=NOW) == EARLIEST
    assert parse_lenient("2026-11-22T12:00:00Z", default=NOW) == NOW + LATEST_AHEAD


@given(st.text(max_size=40) | st.integers() | st.floats() | st.datetimes() | st.binary())
def test_any_value_becomes_an_aware_instant_in_range(value: object) -> None:
    instant = parse_lenient(value, default=NOW)
    assert instant.tzinfo is not None
    assert EARLIEST <= instant <= NOW + LATEST_AHEAD


@given(
    st.from_regex(r"[0-9]{1,4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]{0,20}([+-][0-9:]{0,6}|Z| UTC)?", fullmatch=True)
)
def test_anything_that_looks_like_a_time_is_survived(value: str) -> None:
    assert EARLIEST <= parse_lenient(value, default=NOW) <= NOW + LATEST_AHEAD
