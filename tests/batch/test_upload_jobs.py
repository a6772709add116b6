"""Upload jobs are followed to their end, and their failures are reported."""

from __future__ import annotations

import signal
from subprocess import STDOUT
from threading import Event
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from cxcall.batch.load.load_run import LoadRun
from cxcall.contracts.contract import load_operation
from cxcall.findings.exit_codes import Outcome
from cxcall.platform_reads.campaigns import CampaignReader
from cxcall.settings.settings import load_settings
from cxcall.settings.sources import Setting
from helpers.campaign_loads import LIST_ID, lines, load, rows
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.command import Cxcall, Ran


def test_uploads_with_the_same_job_are_both_followed() -> None:
    run = LoadRun(*(Mock() for _ in range(4)), columns_at="", returns_contacts=False, resumed=())
    for label, job in (("1-2", "17"), ("3", "18"), ("4", "17")):
        # The smallest load of two uploads has 10,001 rows.
        accepted = Mock(label=label, outcome=Outcome.ACCEPTED, delivery=Mock(engagement_id=job))
        accepted.configure_mock(is_resumed=True, rows=())
        run.note_start(accepted)
    assert run.started == {"17": "1-2,4", "18": "3"}


def load_to_cxone(
    cxcall: Cxcall, job: Mapping[str, Any], *words: str, code: int, status: int = 200
) -> Ran:
    """Load two rows to a platform that accepts the upload, and returns this state for each read of its job."""
    upload = Reply(202, {"jobId": "17"} if job else {})
    with Platform(
        lambda _body, _count: upload,
        reads=lambda path, _: Reply(status if "/jobs/" in path else 200, job),
    ) as platform:
        cxcall.environment |= {
            "CXCALL_BASE_URL": platform.base_url,
            "CXCALL_PLATFORM": "nice-cxone",
            "CXCALL_ACCESS_TOKEN": "t-1",
        }
        sets = ("--set", '/expirationDate="2027-01-31"', "--at-most", "0", "--yes", *words)
        ran = load(cxcall, cxcall.file("leads.csv", rows(2)), "1001", *sets, code=code)
        assert platform.rung == 1
    return ran


DONE = {"isComplete": True}
STATES: list[tuple[dict[str, Any], str]] = [
    ({"uploadJobs": [{"jobId": 0, **DONE}]}, "complete"),
    ({"uploadJobs": [{"jobId": 99, **DONE}]}, "not complete yet"),
    ({"uploadJobs": [{"jobId": "2", "isComplete": "false"}]}, "not complete yet"),
    ({"uploadJobs": [{"jobId": "3", "isCancelled": True, **DONE}]}, "canceled"),
    ({"uploadJobs": 5}, "not complete yet"),
    ({"uploadJobs": ["ab"]}, "not complete yet"),
    ({"uploadJobs": [{"jobId": "6", **DONE, "failedRecords": 2}]}, "complete, with failures"),
    ({"uploadJobs": [{"jobId": "7", **DONE, "errors": ["x"]}]}, "complete, with failures"),
    ({"uploadJobs": [{"jobId": "8", **DONE, "status": "Failed"}]}, "complete, with failures"),
    ({"error": "failure", "uploadJobs": [{"jobId": "9", **DONE}]}, "complete, with failures"),
    ({"uploadJobs": [{"jobId": "10", **DONE, "errors": [], "failedRecords": 0}]}, "complete"),
]
"""What a platform returns for each of several jobs, and the state of the job."""


def test_upload_job_is_complete_only_if_the_platform_says_so_of_it() -> None:
    contract = load_operation("cxone-get-upload").contract
    with Platform(
        reads=lambda path, _: Reply(200, STATES[int(path[-2:].strip("/"))][0])
    ) as platform:
        settings = load_settings({"base_url": platform.base_url}, contract)
        reader = CampaignReader(contract, settings.with_values(access_token=Setting("t-1", "test")))
        jobs = [str(number) for number in range(len(STATES))]
        found = [state.text for _, state in reader.follow_jobs(jobs, 0.0)]
    assert found == [state for _, state in STATES]


@pytest.mark.slow
def test_load_whose_job_has_failures_is_not_called_complete(cxcall: Cxcall) -> None:
    job = {"uploadJobs": [{"jobId": 17, **DONE, "failedRecords": 2}]}
    ran = load_to_cxone(cxcall, job, "-o", "jsonl", code=9)
    assert lines(ran)[1]["data"]["jobs"] == {"17": "complete, with failures"}


@pytest.mark.slow
def test_upload_that_names_no_job_is_not_called_complete(cxcall: Cxcall) -> None:
    ran = load_to_cxone(cxcall, {}, code=9)
    assert "the response to the upload of rows 1-2 does not name an upload job" in ran.err


@pytest.mark.slow
def test_quiet_load_prints_nothing_on_stderr_unless_something_failed(cxcall: Cxcall) -> None:
    job = {"uploadJobs": [{"jobId": "17", "isComplete": True}]}
    assert load_to_cxone(cxcall, job, "-q", code=0).err == ""
    job["uploadJobs"][0]["isComplete"] = False
    assert (
        "upload job 17 is not complete yet"
        in load_to_cxone(cxcall, job, "-q", "--again", code=9).err
    )
    refused = Platform(lambda _body, _count: Reply(400, {}), reads=lambda *_: Reply(200, {}))
    with refused as platform:
        cxcall.environment |= platform.environment
        failed = load(
            cxcall, "leads.csv", LIST_ID, "-q", "--yes", "--platform", "genesys-cloud", code=9
        )
    assert "2 rows: 2 refused" in failed.err


@pytest.mark.slow
def test_job_that_cannot_be_read_is_to_be_read_and_not_to_be_uploaded_again(cxcall: Cxcall) -> None:
    ran = load_to_cxone(cxcall, {"uploadJobs": []}, status=404, code=9)
    assert "job `17` does not exist" in ran.err
    assert "run it again" not in ran.err


@pytest.mark.parametrize("member", ['/listFile="QUJD"', '/fileName="x.csv"'])
def test_no_value_replaces_the_file_of_contacts_that_were_checked(
    cxcall: Cxcall, member: str
) -> None:
    with Platform(reads=lambda *_: Reply(200, {})) as platform:
        cxcall.environment |= {
            "CXCALL_BASE_URL": platform.base_url,
            "CXCALL_PLATFORM": "nice-cxone",
            "CXCALL_ACCESS_TOKEN": "t-1",
        }
        sets = ("--set", '/expirationDate="2027-01-31"', "--set", member, "--yes")
        ran = load(cxcall, cxcall.file("leads.csv", rows(2)), "1001", *sets, code=2)
    assert f"leave out `--set {member.partition('=')[0]}`" in ran.err
    assert platform.rung == 0


@pytest.mark.slow
def test_job_that_is_canceled_names_its_rows_and_how_to_read_it(cxcall: Cxcall) -> None:
    job = {"uploadJobs": [{"jobId": "17", "isCancelled": True}]}
    text = " ".join(load_to_cxone(cxcall, job, code=9).err.split())
    assert "check which contacts of rows 1-2 are in the list; load the others" in text
    assert "`cxcall send cxone-get-upload --param jobId=17`" in text


@pytest.mark.slow
def test_resumed_load_follows_the_job_of_the_earlier_one(cxcall: Cxcall) -> None:
    def read(_path: str, count: int) -> Reply:
        return Reply(200, {"uploadJobs": [{"jobId": "17", "isComplete": count > 0}]})

    cxcall.environment |= {"CXCALL_PLATFORM": "nice-cxone", "CXCALL_ACCESS_TOKEN": "t-1"}
    words = ("--set", '/expirationDate="2027-01-31"', "--at-most", "0", "--yes")
    file = cxcall.file("leads.csv", rows(2))
    with Platform(lambda *_: Reply(202, {"jobId": "17"}), reads=read) as platform:
        cxcall.environment["CXCALL_BASE_URL"] = platform.base_url
        load(cxcall, file, "1001", *words, code=9)
        assert "upload job 17: complete" in load(cxcall, file, "1001", *words, "--resume").err
        assert platform.rung == 1


@pytest.mark.slow
def test_signal_ends_the_wait_for_a_job_and_denies_no_upload(cxcall: Cxcall) -> None:
    asked = Event()

    def read(path: str, count: int) -> Reply:
        if path.endswith("/jobs/17") and count:
            asked.set()
        return Reply(200, {"uploadJobs": [{"jobId": 17}]})

    with Platform(lambda *_: Reply(202, {"jobId": "17"}), reads=read) as platform:
        words = (
            "campaign",
            "load",
            cxcall.file("leads.csv", rows(2)),
            "--contact-list",
            "1001",
            "--yes",
        )
        sets = ("--set", '/expirationDate="2027-01-31"', "--platform", "nice-cxone")
        address = ("--base-url", platform.base_url)
        token = {"CXCALL_ACCESS_TOKEN": "t-1"}
        with cxcall.begin(*words, *sets, *address, err=STDOUT, env=token) as process:
            assert asked.wait(30)
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate()
    assert process.returncode == 9
    assert "2 accepted" in printed
    assert "upload job 17 is not complete yet" in printed


def test_missing_values_of_an_upload_are_set_by_the_hint_that_names_them(cxcall: Cxcall) -> None:
    env = {"CXCALL_PLATFORM": "nice-cxone"}
    file = cxcall.file("leads.csv", "id,phone\n1,+12025550100\n")
    words = ("campaign", "load", file, "--contact-list", "1002", "--dry-run")
    ran = cxcall(*words, code=3, env=env)
    assert """hint: add `--set '/expirationDate="<expirationDate>"'`""" in ran.err
    assert "such as 2027-01-31" in ran.err
    for text in ("expirationDate=2027-01-31", '"expirationDate": "2027-01-31"'):
        ran = cxcall(*words, "--set", text, code=2, env=env)
        assert """hint: write `--set '/expirationDate="2027-01-""" in ran.err, text


@pytest.mark.slow
def test_wrong_date_of_an_upload_is_reported_before_it_is_sent(cxcall: Cxcall) -> None:
    env = {"CXCALL_PLATFORM": "nice-cxone"}
    file = cxcall.file("leads.csv", "id,phone\n1,+12025550100\n")
    words = ("campaign", "load", file, "--contact-list", "1002", "--dry-run", "--set")
    for date, is_right in (("2027-01-31", True), ("12/31/2027", True), ("2027-13-31", False)):
        ran = cxcall(*words, f'/expirationDate="{date}"', code=0, env=env)
        assert ("`expirationDate` cannot be" in ran.err) != is_right, date
        ran = cxcall(
            *words, f'/expirationDate="{date}"', "--strict", code=3 * (not is_right), env=env
        )
