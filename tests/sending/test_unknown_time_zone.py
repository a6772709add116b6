"""Calling hours on a machine that has no time zone data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.command import Cxcall


def test_time_zone_that_the_system_does_not_know_is_reported(cxcall: Cxcall) -> None:
    cxcall.file("tzdata/__init__.py", "")  # hides the package of the zones, if it is installed
    env = {"PYTHONTZPATH": "", "PYTHONPATH": str(cxcall.folder)}
    words = ("call", "--to", "+4930123456", "--as", "00000004-1234-1234-1234-123456789012")
    ran = cxcall(*words, "-n", "-o", "json", "--hours", "00:00-23:59", env=env, code=0)
    assert ran.codes == ["outside-hours"]
    assert "time zone" in ran.envelope["findings"][0]["message"]
