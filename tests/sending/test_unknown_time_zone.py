"""Calling hours on a machine that has no time zone data."""

from __future__ import annotations

import zoneinfo
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxcall.phone.calling_hours import time_zones

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytestmark = pytest.mark.slow


def test_time_zone_that_the_system_does_not_know_is_reported(cxcall: Cxcall) -> None:
    cxcall.file("tzdata/__init__.py", "")  # hides the package of the zones, if it is installed
    env = {"PYTHONTZPATH": "", "PYTHONPATH": str(cxcall.folder)}
    words = ("call", "--to", "+4930123456", "--as", "00000004-1234-1234-1234-123456789012")
    ran = cxcall(*words, "-n", "-o", "json", "--hours", "00:00-23:59:59", env=env, code=0)
    assert ran.codes == ["outside-hours"]
    assert "time zone" in ran.envelope["findings"][0]["message"]


@pytest.mark.parametrize("policy", ["warn", "enforce"])
def test_one_zone_of_several_that_the_system_does_not_know_is_reported(
    cxcall: Cxcall, policy: str
) -> None:
    number = "+61412345678"
    first, *others = time_zones(number)
    assert others
    (cxcall.folder / "zones" / first).parent.mkdir(parents=True)
    files = (Path(folder, first) for folder in zoneinfo.TZPATH)
    found = next((file for file in files if file.exists()), None) or resources.files(
        "tzdata.zoneinfo"
    ).joinpath(first)
    (cxcall.folder / "zones" / first).write_bytes(found.read_bytes())
    cxcall.file("tzdata/__init__.py", "")
    env = {
        "PYTHONTZPATH": str(cxcall.folder / "zones"),
        "PYTHONPATH": str(cxcall.folder),
        "CXCALL_HOURS_POLICY": policy,
    }
    words = (
        "call",
        "--to",
        number,
        "--as",
        "00000004-1234-1234-1234-123456789012",
        "-n",
        "-o",
        "json",
    )
    ran = cxcall(*words, "--hours", "00:00-23:59:59", "--force", env=env)
    found_codes = [each for each in ran.envelope["findings"] if each["code"] == "outside-hours"]
    assert [f"time zone data for `{others[0]}`" in each["message"] for each in found_codes] == [
        True
    ]
    assert ran.code == (7 if policy == "enforce" else 0)
