"""The wait before a retry: in every form that an API uses, and with invalid values ignored."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from hypothesis import given
from hypothesis import strategies as st

from cxcall.transport.http_messages import Headers
from cxcall.transport.requested_waits import MAX_WAIT, backoff, requested_wait, retry_after
from helpers.cases import each_case
from helpers.work import time_limit

NOW = datetime(2026, 11, 23, 10, 0, 0, tzinfo=UTC)
PLATFORM = b'{"message":"Rate limit exceeded the maximum. Retry the request in [42] seconds"}'


@each_case(
    "headers, body, expected",
    [
        ({}, b"", None),
        ({"Retry-After": "42"}, b"", 42),
        ({"retry-after": " 42 "}, b"", 42),
        ({"Retry-After": "0"}, b"", 0),
        ({"Retry-After": "1.5"}, b"", 1.5),
        ({"Retry-After": "Mon, 23 Nov 2026 10:01:00 GMT"}, b"", 60),
        ({"Retry-After": "Monday, 23-Nov-26 10:01:00 GMT"}, b"", 60),
        ({"Retry-After": "Mon Nov 23 10:01:00 2026"}, b"", 60),
        ({"Retry-After": "Mon, 23 Nov 2026 11:01:00 +0100"}, b"", 60),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT"}, b"", 0),
        (
            {
                "Retry-After": "Mon, 23 Nov 2020 10:00:05 GMT",
                "Date": "Mon, 23 Nov 2020 10:00:00 GMT",
            },
            b"",
            5,
        ),
        ({"Retry-After": "3, 2"}, b"", 3),
        ({"Retry-After": "2,10, 3"}, b"", 10),
        ({"Retry-After": "3, soon"}, b"", None),
        ({"Retry-After": "9" * 400}, b"", MAX_WAIT),
        ({"Retry-After": "Mon, 23 Nov 9999 10:01:00 GMT"}, b"", MAX_WAIT),
        ({"Retry-After": "-5"}, b"", None),
        ({"Retry-After": "+5"}, b"", None),
        ({"Retry-After": "5 s"}, b"", None),
        ({"Retry-After": "nan"}, b"", None),
        ({"Retry-After": "inf"}, b"", None),
        ({"Retry-After": "\u0661"}, b"", None),
        ({"Retry-After": "Mon, 99 Nov 2026 10:01:00 GMT"}, b"", None),
        ({"Retry-After": "Mon, 23 Nov 2026 10:01:00 +9999999999"}, b"", None),
        ({}, PLATFORM, 42),
        ({"Retry-After": "7"}, PLATFORM, 7),
        ({"Retry-After": "soon"}, PLATFORM, 42),
        ({"inin-ratelimit-reset": "61"}, PLATFORM, 42),
        ({}, b"Please wait 30 seconds.", 30),
        ({}, b"Try again in 5s", 5),
        ({}, b"retry after 2.5 sec", 2.5),
        ({}, b"retry in [-3] seconds", None),
        ({}, b"it took 30 seconds", None),
        ({}, b"\xff\xfe retry in 3 seconds", 3),
        ({"ININ-RateLimit-Reset": "61"}, b"", 61),
        ({"inin-ratelimit-reset": "-1"}, b"", None),
        ({"Retry-After": "", "inin-ratelimit-reset": "9"}, b"{}", 9),
    ],
)
def test_the_wait_that_is_asked_for(
    headers: dict[str, str], body: bytes, expected: float | None
) -> None:
    assert requested_wait(Headers(headers.items()), body, NOW) == expected


@given(
    st.dictionaries(st.sampled_from(["Retry-After", "Date", "inin-ratelimit-reset"]), st.text()),
    st.binary() | st.text().map(lambda text: f"retry in {text} seconds".encode("utf-8", "replace")),
)
def test_nothing_breaks_it(headers: dict[str, str], body: bytes) -> None:
    asked = requested_wait(headers, body, NOW)
    assert asked is None or 0 <= asked <= MAX_WAIT


@given(st.integers(0, 10**9))
def test_a_date_is_as_good_as_seconds(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    expected = min(float(seconds), MAX_WAIT)
    assert retry_after({"Retry-After": date}, NOW) == expected
    assert retry_after({"Retry-After": str(seconds)}, NOW) == expected


def test_only_the_header_counts_for_retry_after() -> None:
    assert retry_after({"inin-ratelimit-reset": "5"}, NOW) is None


def test_a_long_body_is_searched_to_its_end() -> None:
    with time_limit():
        assert requested_wait({}, b"retry " * 10**6 + b"retry in 5 seconds", NOW) is None


@given(st.integers(1, 10**6))
def test_the_backoff_grows_up_to_a_cap_with_jitter(attempt: int) -> None:
    wait = backoff(attempt)
    assert 0.25 <= wait <= 30
    assert wait <= 0.5 * 2 ** min(attempt - 1, 10)
    assert math.isfinite(wait)


def test_the_backoff_is_not_the_same_twice() -> None:
    assert len({backoff(5) for _ in range(20)}) > 1
