"""An error about a date names its wrong part, because the whole date would be masked like a phone number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.payloads.errors.format_advice import describe_wrong_date
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall


@each_case(
    "text, wrong",
    [
        ("2026-13-01", "there is no month 13"),
        ("2026-00-01T00:00:00Z", "there is no month 00"),
        ("2026-02-30", "2026-02 has no day 30"),
        ("0000-01-01", "there is no year 0000"),
        ("0001-01-01", "the year 0001 is out of range"),
        ("9999-12-31T23:59:59-14:00", "the year 9999 is out of range"),
        ("2026-12-01T25:00", ""),
        ("+1 2025-55-0123", ""),
        ("2025-55-01234", ""),
    ],
)
def test_wrong_part_of_a_date_is_named(text: str, wrong: str) -> None:
    assert describe_wrong_date(text) == wrong


@pytest.mark.slow
def test_flag_with_a_wrong_date_is_not_masked_and_a_number_is(cxcall: Cxcall) -> None:
    for flag in (("list", "--since"), ("export", "--since"), ("prune", "--older-than")):
        ran = cxcall("history", *flag, "2026-13-01", code=2)
        assert "invalid time: there is no month 13" in ran.err
        ran = cxcall("history", *flag, "+12025550123", code=2)
        assert "invalid time `+*******0123`" in ran.err
    at = ("--at", "2026-02-30T09:00:00Z", "--dry-run")
    ran = cxcall("callback", "--to", "+12025550123", "--queue", "x", *at, code=3)
    assert "must be a time; 2026-02 has no day 30" in ran.err
