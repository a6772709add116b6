"""The guards of a batch and of its worker: the stricter guard applies."""

from __future__ import annotations

import pytest

from cxcall.findings.errors import UsageError
from cxcall.settings.settings import Settings
from cxcall.settings.sources import Setting, check_values
from cxcall.settings.stricter_guards import guards_of, with_stricter_guards
from helpers.cases import each_case


def settings(**values: str) -> Settings:
    return Settings(
        check_values([{name: Setting(value, "test") for name, value in values.items()}])
    )


DAY = {"hours": "08:00-21:00", "hours_policy": "enforce"}


@each_case(
    "own, other, expected",
    [
        ({}, {}, {}),
        ({}, DAY, DAY),
        (DAY, {}, DAY),
        (DAY, {**DAY, "hours": "09:00-20:00"}, {**DAY, "hours": "09:00-20:00"}),
        ({"hours": "09:00-20:00"}, DAY, DAY),
        ({"hours": "09:00-20:00"}, {"hours": "10:00-11:00"}, {"hours": "10:00-11:00"}),
        (
            {"hours": "09:00-17:00"},
            {"hours": "09:30-17:00"},
            {"hours": "09:30-17:00"},
        ),
        (
            {"hours": "08:00-20:15"},
            {"hours": "08:00-20:00"},
            {"hours": "08:00-20:00"},
        ),
        (
            {"hours": "22:00-06:00"},
            {"hours": "22:00-05:30"},
            {"hours": "22:00-05:30"},
        ),
        ({"max_attempts": "3/day"}, {}, {"max_attempts": "3/day"}),
        ({"max_attempts": "3/day"}, {"max_attempts": "5/week"}, {"max_attempts": "3/week"}),
        ({"duplicate_window": "60"}, {}, {"duplicate_window": "900"}),
    ],
)
def test_stricter_guard_applies(
    own: dict[str, str], other: dict[str, str], expected: dict[str, str]
) -> None:
    combined = with_stricter_guards(settings(**own), guards_of(settings(**other)), "batch B")
    reverse = with_stricter_guards(settings(**other), guards_of(settings(**own)), "batch B")
    assert guards_of(combined) == guards_of(settings(**expected)) == guards_of(reverse)


def test_hours_of_which_neither_includes_the_other_are_refused() -> None:
    late = guards_of(settings(**{**DAY, "hours": "10:00-23:00"}))
    with pytest.raises(UsageError, match="neither of the calling hours"):
        with_stricter_guards(settings(**DAY), late, "batch B")
