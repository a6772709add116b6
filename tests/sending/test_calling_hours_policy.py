"""`--hours` warns and sends unless the hours are enforced; help and the warning say so."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall


@pytest.mark.slow
def test_warning_about_the_hours_says_how_to_stop_such_calls(
    live: Cxcall, sandbox: Sandbox
) -> None:
    now = datetime.now(ZoneInfo("America/New_York"))
    later = "-".join(f"{now + timedelta(hours=hour):%H:%M}" for hour in (4, 5))
    words = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550123")
    shown = live(*words, "--hours", later, code=0).err
    assert "warning[outside-hours]" in shown
    assert "`CXCALL_HOURS_POLICY=enforce` stops such calls" in shown
    assert len(sandbox.rings) == 1
    stopped = live(
        *words, "--hours", later, "--again", env={"CXCALL_HOURS_POLICY": "enforce"}, code=7
    )
    assert "stops such calls" not in stopped.err
    assert len(sandbox.rings) == 1


def test_help_says_that_hours_only_warn_and_how_to_enforce_them(cxcall: Cxcall) -> None:
    shown = " ".join(cxcall("execute", "--help", code=0).out.split())
    assert "--hours FROM-TO Warn outside these hours; enforce with hours_policy." in shown
    assert "`--hours` only warns" in cxcall("batch", "--help", code=0).out.replace("\n", " ")


def test_placeholder_has_no_finding_about_its_time_zone(cxcall: Cxcall) -> None:
    given = ("--contact-id", CONTACT, "--phone-number", "none", "--hours", "08:00-21:00")
    ran = cxcall("execute", CAMPAIGN, *given, "-n", "-o", "json", code=3)
    assert "placeholder" in ran.codes
    assert "outside-hours" not in ran.codes
