"""Calling hours apply to the scheduled time of a call."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cxcall.batch.skip_reasons import SkipReason, find_skip_reason
from cxcall.contracts.contract import load_operation
from cxcall.findings.finding import Severity
from cxcall.ledger.ledger import Ledger
from cxcall.payloads.payload import Payload
from cxcall.phone.calling_hours import local_times
from cxcall.platform_reads.check_results import PreflightInput
from cxcall.platform_reads.preflight import run_checks
from cxcall.sending import call_times
from cxcall.sending.call_guards import GuardError, stop_before_sending
from cxcall.sending.call_times import find_next_calling_time
from cxcall.sending.checked_request import CheckedRequest, build_request
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import Plan
from cxcall.settings.settings import load_settings
from helpers.calling_api import wrap
from helpers.deliveries import Tokens

LONDON = "+442079460123"
QUEUE = "00000004-1234-1234-1234-123456789012"


def from_now(**change: float) -> str:
    return f"{datetime.now(UTC) + timedelta(**change):%Y-%m-%dT%H:%M:%SZ}"


LATER, PAST = from_now(days=28, hours=8), from_now(days=-28, hours=8)
SAME_HOUR = from_now(days=28)


def around(hours: float) -> str:
    """Return calling hours around the time of day that is some hours from now, wide enough for daylight saving time."""
    middle = datetime.now(UTC) + timedelta(hours=hours)
    return "-".join(f"{middle + timedelta(hours=each):%H:%M}" for each in (-3, 3))


NOW_ALLOWED, LATER_ALLOWED = around(0), around(8)


def check(
    name: str, values: dict[str, str], body: Any, hours: str, document: str | None = None
) -> CheckedRequest:
    operation = load_operation(name, document)
    flags = {"hours": hours, "base_url": "http://127.0.0.1:9"}
    return build_request(operation, values, Payload(body), load_settings(flags, operation.contract))


def codes(checked: CheckedRequest) -> list[str]:
    return [each.code for each in checked.findings if each.severity is Severity.ERROR]


@pytest.fixture(autouse=True)
def _enforce(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("STATE", "CONFIG", "CACHE"):
        monkeypatch.setenv(f"CXCALL_{name}_DIR", str(tmp_path / name.lower()))
    monkeypatch.setenv("CXCALL_HOURS_POLICY", "enforce")
    monkeypatch.chdir(tmp_path)


def callback(at: str | None, hours: str) -> CheckedRequest:
    body = {"callbackNumbers": [LONDON], "queueId": QUEUE}
    return check(
        "create-callback", {}, body if at is None else {**body, "callbackScheduledTime": at}, hours
    )


def cxone_callback(at: str, hours: str) -> CheckedRequest:
    values = {"phoneNumber": LONDON, "skillId": "4711", "scheduleDate": at}
    return check("cxone-schedule-callback", values, None, hours)


@pytest.mark.parametrize("schedule", [callback, cxone_callback])
def test_hours_apply_at_the_scheduled_time(schedule: Any) -> None:
    stopped = schedule(LATER, NOW_ALLOWED)
    (finding,) = (each for each in stopped.findings if each.severity is Severity.ERROR)
    assert finding.code == "outside-hours"
    assert LATER in finding.message
    assert "schedule the call" in finding.fix
    assert codes(schedule(LATER, LATER_ALLOWED)) == []
    assert codes(schedule(SAME_HOUR, NOW_ALLOWED)) == []
    # If the time is over, the call is placed at once, and the platform may use its time of day.
    assert codes(schedule(PAST, LATER_ALLOWED)) == ["outside-hours"]
    assert codes(schedule(PAST, NOW_ALLOWED)) == ["outside-hours"]


def test_hours_apply_now_without_a_scheduled_time() -> None:
    assert codes(callback(None, NOW_ALLOWED)) == []
    assert codes(callback(None, LATER_ALLOWED)) == ["outside-hours"]


@pytest.mark.parametrize(
    "at", ["2036-12-01T09:00:00", "2036-12-01", "tomorrow", "9999-12-31T23:59:59-14:00"]
)
def test_time_without_offset_is_not_surely_within_the_hours(at: str) -> None:
    assert codes(cxone_callback(at, "00:00-23:59:59")) == ["outside-hours"]


@pytest.mark.parametrize(
    "at",
    [
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-14:00",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_time_near_the_limits_of_the_calendar_is_a_finding_that_names_the_year(at: str) -> None:
    checked = cxone_callback(at, "08:00-21:00")
    (finding,) = (each for each in checked.findings if each.code == "outside-hours")
    assert f"`{at}` is too far from now" in finding.message
    assert finding.fix == "check the year"
    row = callback(at, "08:00-21:00")
    reason = find_skip_reason(row, {}, row.findings, force=False)
    assert reason is SkipReason.NO_CALLING_HOURS


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("when", {"type": "string", "x-cxcall-scheduled": True}),
        ("scheduled_at", {"type": "string", "format": "date-time"}),
    ],
)
def test_time_in_a_users_document_is_checked_besides_now(name: str, schema: dict[str, Any]) -> None:
    body = {"type": "object", "properties": {"phone": {"type": "string"}, name: schema}}
    declared = {
        "operationId": "ring",
        "responses": {"200": {"description": "-"}},
        "requestBody": {"content": {"application/json": {"schema": body}}},
    }
    Path("own.json").write_text(json.dumps(wrap("3.1.0", {"/rings": {"post": declared}})), "utf-8")

    def ring(at: str, hours: str) -> CheckedRequest:
        return check("ring", {}, {"phone": LONDON, name: at}, hours, "own.json")

    assert codes(ring(LATER, NOW_ALLOWED)) == ["outside-hours"]
    assert codes(ring(LATER, LATER_ALLOWED)) == ["outside-hours"]
    assert codes(ring(SAME_HOUR, NOW_ALLOWED)) == []


def test_row_scheduled_outside_the_hours_does_not_wait_for_them() -> None:
    checked = callback(LATER, NOW_ALLOWED)
    assert (
        find_skip_reason(checked, {}, checked.findings, force=False) is SkipReason.NO_CALLING_HOURS
    )
    assert find_next_calling_time(checked, {}) is None
    with pytest.raises(GuardError):
        stop_before_sending(checked, datetime.now(UTC))
    stop_before_sending(callback(LATER, LATER_ALLOWED), datetime.now(UTC))
    assert find_next_calling_time(callback(None, LATER_ALLOWED), {}) is not None


def test_time_beyond_the_calendar_of_a_zone_is_unknown_there() -> None:
    end_of_time = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)
    assert local_times("+493012345678", end_of_time) == {"Europe/Berlin": None}


def test_number_in_a_zone_that_this_machine_does_not_know_has_no_opening(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(call_times, "time_zones", lambda _number: {"Mars/Olympus_Mons": None})
    assert find_next_calling_time(callback(None, LATER_ALLOWED), {}) is None


def test_preflight_checks_the_scheduled_time() -> None:
    checked = callback(LATER, NOW_ALLOWED)
    preflight = PreflightInput(checked.settings, (), checked.operation, {}, checked.payload)
    (result,) = (each for each in run_checks(preflight) if each.check == "hours")
    assert "outside" in result.says
    assert LATER in result.says


def test_hours_apply_by_the_clock_of_the_ledger(tmp_path: Path) -> None:
    """Many machines share a ledger in PostgreSQL, whose clock they use."""
    plan = Plan(callback(None, NOW_ALLOWED))
    later = datetime.now(UTC) + timedelta(hours=8)
    with Ledger.open(tmp_path, now=lambda: later) as ledger:
        with pytest.raises(GuardError):
            deliver(plan, ledger, Tokens())
        assert ledger.last() is None
