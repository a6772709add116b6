"""Scheduled times that are over or far ahead have a finding; plausible times have none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

TO = ("--to", "+12025550123")
GENESYS = ("--platform", "genesys-cloud", "--queue", "12345678-1234-1234-1234-123456789012")
CXONE = ("--platform", "nice-cxone", "--skill", "4711")


def at(days: float, form: str = "%Y-%m-%dT%H:%M:%SZ") -> str:
    """Return a time some days from now."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime(form)


def findings(cxcall: Cxcall, *words: str, code: int = 0) -> list[tuple[str, str, str]]:
    """Return severity, code, and message of the findings of a dry run."""
    found = cxcall(*words, "-n", "-o", "json", code=code).envelope["findings"]
    return [(each["severity"], each["code"], each["message"]) for each in found]


@each_case("platform", [GENESYS, CXONE])
def test_time_in_the_past_is_a_warning(cxcall: Cxcall, platform: tuple[str, ...]) -> None:
    words = ("callback", *platform, *TO, "--at", "2020-01-01T00:00:00Z")
    [(severity, code, message)] = findings(cxcall, *words)
    assert (severity, code) == ("warning", "time-unlikely")
    assert "by the clock of this machine" in message


@each_case("platform", [GENESYS, CXONE])
def test_time_far_ahead_is_a_warning(cxcall: Cxcall, platform: tuple[str, ...]) -> None:
    words = ("callback", *platform, *TO, "--at", "9999-12-31T00:00:00Z")
    [(severity, code, message)] = findings(cxcall, *words)
    assert (severity, code) == ("warning", "time-unlikely")
    assert "days in the future" in message


@pytest.mark.slow
def test_limit_of_the_platform_is_the_limit(cxcall: Cxcall) -> None:
    for days, number in ((29, 0), (32, 1)):
        assert len(findings(cxcall, "callback", *GENESYS, *TO, "--at", at(days))) == number
    assert findings(cxcall, "callback", *CXONE, *TO, "--at", at(32)) == []


@pytest.mark.slow
@each_case("when", [(0,), (-0.001,), (1,), (-0.4, "%Y-%m-%dT%H:%M:%S")])
def test_time_that_can_be_meant_has_no_finding(cxcall: Cxcall, when: tuple[Any, ...]) -> None:
    """The last time has no offset, so it is not over in every time zone."""
    assert findings(cxcall, "callback", *CXONE, *TO, "--at", at(*when)) == []


def test_time_that_the_platform_refuses_is_an_error(cxcall: Cxcall) -> None:
    day = "2020-01-01T09:00:00"
    names = {"firstName": "A", "lastName": "B", "phoneNumber": TO[1], "skill": "4711"}
    given = {**names, "promiseDate": day, "promiseTime": day}
    words = [word for name, value in given.items() for word in ("--param", f"{name}={value}")]
    [(severity, code, message)] = findings(
        cxcall, "send", "cxone-create-promise", "--platform", "nice-cxone", *words, code=3
    )
    assert (severity, code) == ("error", "time-unlikely")
    assert "in every time zone" in message


def test_batch_with_a_time_in_the_past_says_so(cxcall: Cxcall) -> None:
    row = f"{TO[1]},{GENESYS[3]},2020-01-01T00:00:00Z"
    rows = cxcall.file("rows.csv", f"to,queue,at\n{row}\n")
    ran = cxcall("batch", rows, "--operation", "create-callback", "-n", code=0)
    assert "time-unlikely" in ran.out + ran.err
