"""Rows outside enforced calling hours are held back, and sent by `--resume` or `--wait-for-hours`."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.batch.input.rows import RowFile
from cxcall.batch.job import Job
from cxcall.batch.row_selection import RowSelection
from cxcall.batch.skip_reasons import SkipReason
from cxcall.contracts import contract
from cxcall.ledger.ledger import Ledger
from cxcall.phone.calling_hours import Hours, next_opening
from cxcall.sending.call_guards import GuardError, stop_before_sending
from cxcall.settings.settings import load_settings
from cxcall.settings.sources import Setting
from helpers.batch_files import begin
from helpers.command import CAMPAIGN
from helpers.platform_server import Platform
from helpers.reason_rows import skipped_results

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

EXECUTE = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}")
FAST = ("--rate", "500/s")
BERLIN, NEW_YORK = "+493012345678", "+12125550123"
ALL_DAY = ("--hours", "00:00-23:59:59")
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Guam"]


def hours_around(zone: str, begin: timedelta, end: timedelta) -> str:
    """Return hours in the local time of a zone, relative to now."""
    now = datetime.now(ZoneInfo(zone))
    return f"{now + begin:%H:%M:%S}-{now + end:%H:%M:%S}"


def inside(zone: str) -> str:
    return hours_around(zone, timedelta(hours=-1), timedelta(hours=1))


def write_table(cxcall: Cxcall, *numbers: str) -> str:
    rows = [f"12345678-1234-4234-8234-{index:012},{each}" for index, each in enumerate(numbers)]
    return cxcall.file("calls.csv", "\n".join(["contact-id,phone-number", *rows]) + "\n")


def enforce(cxcall: Cxcall) -> None:
    cxcall.file("config/config.toml", '[profiles.default]\nhours_policy = "enforce"\n')


def numbers_dialed(platform: Platform) -> list[str]:
    return [sent["contactSpec"]["contactData"]["phoneNumber"] for sent in platform.order]


@pytest.mark.slow
def test_hours_are_not_counted_for_a_row_that_is_skipped_for_its_number(cxcall: Cxcall) -> None:
    words = ("batch", write_table(cxcall, "1.2025550123E+10", BERLIN), *EXECUTE, "--sandbox", "-n")
    outside = hours_around("Europe/Berlin", timedelta(hours=2), timedelta(hours=3))
    said = cxcall(*words, "--hours", outside, code=0).err
    assert said.count("warning[outside-hours]") == said.count("warning[outside-hours]: row 2") == 1
    assert "warning[phone-format]: row 1" in said


@pytest.mark.slow
def test_row_outside_its_calling_hours_keeps_the_batch_open(cxcall: Cxcall) -> None:
    enforce(cxcall)
    words = ("batch", write_table(cxcall, NEW_YORK, BERLIN), *EXECUTE, *FAST, "-o", "jsonl")
    berlin = ("--hours", inside("Europe/Berlin"))
    with Platform() as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*words, *berlin, "--confirm", "1", code=9)
        assert skipped_results(ran)[0] == [("skipped", "outside-hours"), ("accepted", None)]
        assert "outside their calling hours: 1 row" in ran.err
        assert "to continue, run the same command with `--resume`" in ran.err
        assert cxcall(*words, *ALL_DAY, "--confirm", "2", code=7).out  # it is not finished
        rows, summary = skipped_results(
            cxcall(*words, *ALL_DAY, "--confirm", "1", "--resume", code=0)
        )
    assert (rows, summary["resumed"]) == ([("accepted", None)] * 2, 1)
    assert numbers_dialed(platform) == [BERLIN, NEW_YORK]


@pytest.mark.slow
def test_batch_whose_rows_are_all_outside_their_hours_is_stopped_without_a_call(
    cxcall: Cxcall,
) -> None:
    enforce(cxcall)
    file = write_table(cxcall, NEW_YORK)
    words = (*EXECUTE, *FAST, "--sandbox", "--hours", inside("Europe/Berlin"), "-o", "jsonl")
    ran = cxcall("batch", file, *words, code=9)
    summary = json.loads(ran.out.splitlines()[-1])
    assert (summary["outcome"], summary["exitCode"]) == ("stopped", 9)
    copy = cxcall.file("copy.csv", (cxcall.folder / file).read_text("utf-8"))
    (stopped,) = json.loads(cxcall("batch", copy, *words, code=7).out.splitlines()[-1])["findings"]
    assert f"{file}`, with the same rows as `{copy}`, begun at" in stopped["message"]
    assert "no call of it was placed so far, but it may still be running" in stopped["why"]


@pytest.mark.slow
def test_row_over_the_limit_of_calls_does_not_wait_for_its_hours(cxcall: Cxcall) -> None:
    words = ("batch", write_table(cxcall, BERLIN, BERLIN), *EXECUTE, *FAST, *ALL_DAY, "-o", "jsonl")
    more = ("--wait-for-hours", "--max-attempts", "1/day", "--concurrency", "1", "--confirm", "2")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        rows, _ = skipped_results(cxcall(*words, *more, code=0))
    assert rows == [("accepted", None), ("skipped", "max-attempts")]


@pytest.mark.parametrize(
    ("flags", "message"),
    [((), "needs calling hours"), ((*ALL_DAY, "--strict"), "cannot be combined with `--strict`")],
)
def test_wait_for_hours_needs_hours_and_excludes_strict(
    cxcall: Cxcall, flags: tuple[str, ...], message: str
) -> None:
    words = ("batch", write_table(cxcall, BERLIN), *EXECUTE, "--sandbox", "--wait-for-hours")
    assert message in cxcall(*words, *flags, code=2).err


@pytest.mark.slow
@pytest.mark.parametrize("by", ["interrupted", "the batch was closed"])
def test_signal_or_end_of_the_batch_ends_the_wait_for_calling_hours(
    cxcall: Cxcall, by: str
) -> None:
    file = write_table(cxcall, NEW_YORK, BERLIN)
    words = ("batch", file, *EXECUTE, *FAST, "-o", "jsonl")
    waiting = ("--hours", inside("Europe/Berlin"), "--wait-for-hours", "--confirm", "2")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        with begin(cxcall, *words[1:], *waiting) as process:
            assert process.stderr is not None
            line = ""
            while "the next one can be called at" not in line:
                line = process.stderr.readline()
                assert line, "it ended without waiting"
            assert platform.rung == 1
            if by == "interrupted":
                process.send_signal(signal.SIGINT)
            else:
                (batch,) = cxcall("batch", "list", "-o", "json", code=0).envelope["data"]["batches"]
                cxcall("batch", "cancel", batch["id"], code=0)
            out, _ = process.communicate(timeout=30)
        assert process.returncode == 9
        summary = json.loads(out.splitlines()[-1])["data"]
        assert summary["stopped"].startswith(by)
        assert summary["notSent"] == 1
        more = (*ALL_DAY, "--wait-for-hours", "--confirm", "1", "--resume")
        cxcall(*words, *more, code=0)
    assert numbers_dialed(platform) == [BERLIN, NEW_YORK]


@pytest.mark.slow
def test_waiting_row_is_sent_when_its_calling_hours_begin(cxcall: Cxcall) -> None:
    file = write_table(cxcall, NEW_YORK, BERLIN, BERLIN)
    soon = hours_around("Europe/Berlin", timedelta(seconds=2), timedelta(hours=1))
    words = ("batch", file, *EXECUTE, *FAST, "--hours", soon, "--wait-for-hours", "--confirm", "3")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        with cxcall.begin(*words) as process:
            assert platform.wait_for_rings(2)
            process.send_signal(signal.SIGTERM)  # New York would be next, hours later
            process.communicate(timeout=30)
    assert numbers_dialed(platform) == [BERLIN, BERLIN]


def test_row_whose_hours_begin_after_the_count_is_not_sent(tmp_path: Path) -> None:
    operation = contract.load_operation("execute")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    values = dict(settings.values)
    settings.values = values
    values["hours_policy"] = Setting("enforce", "test")
    path = tmp_path / "calls.csv"
    path.write_text(
        f"contact-id,phone-number\n12345678-1234-4234-8234-123456789012,{BERLIN}\n", "utf-8"
    )
    job_values = {"campaignId": CAMPAIGN}
    for waits in (False, True):
        with RowFile(str(path)) as file:
            job = Job(operation, file, settings, job_values)
            values["hours"] = Setting(inside("America/New_York"), "test")
            with RowSelection(job, None, None, waits_for_hours=waits) as selection:
                (checked,) = selection.check()
                assert checked.skip is (None if waits else SkipReason.OUTSIDE_HOURS)
                assert list(selection.rows()) == [] if waits else True
                assert (selection.opening is not None) == waits
                values["hours"] = Setting(inside("Europe/Berlin"), "test")
                (chosen,) = selection.rows()
                assert chosen.skip is (None if waits else SkipReason.OUTSIDE_HOURS)
                assert list(selection.rows()) == [] if waits else True
                assert chosen.request is not None
                stop_before_sending(chosen.request, datetime.now(UTC))
                values["hours"] = Setting(inside("America/New_York"), "test")
                with pytest.raises(GuardError) as stopped:
                    stop_before_sending(chosen.request, datetime.now(UTC))
                assert stopped.value.findings[0].code == "outside-hours"


@pytest.mark.parametrize(
    ("now", "zones", "opening"),
    [
        ("2026-11-26T06:59:59", ["Europe/Berlin"], "2026-11-26T07:00:00"),
        ("2026-11-26T07:00:00", ["Europe/Berlin"], "2026-11-26T07:00:00"),
        ("2026-11-26T20:30:00", ["Europe/Berlin"], "2026-11-27T07:00:00"),
        ("2026-11-26T07:00:00", ["Europe/Berlin", "America/New_York"], "2026-11-26T13:00:00"),
        ("2026-11-26T20:00:01", ["Europe/Berlin", "America/New_York"], "2026-11-27T13:00:00"),
        ("2026-11-26T12:00:00", ["America/New_York", "Asia/Kolkata"], "2026-11-26T13:00:00"),
        # The clocks go forward at 02:00 on 2026-03-29, so 08:00 comes an hour earlier.
        ("2026-03-28T20:30:00", ["Europe/Berlin"], "2026-03-29T06:00:00"),
    ],
)
def test_next_opening_is_within_the_hours_of_all_time_zones(
    now: str, zones: list[str], opening: str
) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    found = next_opening(Hours(time(8), time(21)), [ZoneInfo(zone) for zone in zones], moment)
    assert found == datetime.fromisoformat(opening).replace(tzinfo=UTC)


def test_zones_without_a_common_hour_have_no_opening() -> None:
    zones = [ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")]
    for end in (12, 14):  # until 14:00, they share one instant
        assert (
            next_opening(Hours(time(8), time(end)), zones, datetime(2026, 1, 1, tzinfo=UTC)) is None
        )


@pytest.mark.slow
@given(
    st.times(),
    st.times(),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    st.integers(0, 366 * 24 * 3600),
)
def test_no_earlier_minute_is_within_the_hours(
    begin: time, end: time, names: list[str], seconds: int
) -> None:
    hours, zones = Hours(begin, end), [ZoneInfo(name) for name in names]
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    opening = next_opening(hours, zones, now)
    for minute in range(0, 48 * 60, 7):
        moment = now + timedelta(minutes=minute)
        second = (moment, moment + timedelta(seconds=1))
        is_open = all(each.astimezone(zone).time() in hours for zone in zones for each in second)
        assert not is_open or (opening is not None and opening <= moment)


def test_dry_run_shows_the_requests_that_wait_for_their_calling_hours(cxcall: Cxcall) -> None:
    file = write_table(cxcall, NEW_YORK, BERLIN)
    later = ("--hours", hours_around("America/New_York", timedelta(hours=2), timedelta(hours=3)))
    words = ("batch", file, *EXECUTE, *later, "--wait-for-hours", "--dry-run")
    ran = cxcall(*words, code=0)
    assert [line.partition(":")[0] for line in ran.out.splitlines()] == ["row 1", "row 2"]
    assert "2 rows, 2 valid" in ran.err
    assert "error[" not in ran.err
    assert "note[outside-hours]: row 1: " in ran.err
    assert "the row waits until " in ran.err


@pytest.mark.parametrize("seconds", [-300, 300])
def test_wait_for_hours_lasts_until_both_clocks_have_reached_them(
    tmp_path: Path, seconds: int
) -> None:
    """Rows are checked by the clock of this machine, and stopped by that of the ledger."""
    operation = contract.load_operation("execute")
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    path = tmp_path / "calls.jsonl"
    path.write_text("{}\n", "utf-8")

    def now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=seconds)

    with (
        Ledger.open(tmp_path, now=now) as ledger,
        RowFile(str(path)) as file,
        RowSelection(Job(operation, file, settings, {}), None, ledger) as selection,
    ):
        assert selection.both_clocks() <= min(now(), datetime.now(UTC))
