"""`cxcall campaign`: load a file into a list, each contact once; dial, follow, and export the list."""

from __future__ import annotations

import csv
import json
import re
import signal
import subprocess
from base64 import b64decode
from functools import partial
from subprocess import STDOUT
from threading import Event
from typing import TYPE_CHECKING, Any
from unittest.mock import Mock

import pytest

from cxcall.batch.input.rows import RowFile
from cxcall.batch.job import Job
from cxcall.batch.load.chunks import ChunkBuilder
from cxcall.batch.load.load_run import LoadRun
from cxcall.batch.row_checks import check_rows
from cxcall.contracts.campaign_roles import contact_operation, require_role
from cxcall.contracts.contract import load_shipped_contracts
from cxcall.findings.exit_codes import Outcome
from cxcall.ledger.records import Intent
from cxcall.sandbox.campaign_dialer import DialPlan
from cxcall.sandbox.server import start_sandbox
from cxcall.sending.configured_ledger import open_ledger
from cxcall.settings.settings import load_settings
from helpers.command import CAMPAIGN, CXCALL
from helpers.platform_server import Platform, Reply
from helpers.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall, Ran

FAST = ("--rate", "500/s")
LIST_ID = "12345678-1234-1234-1234-000000000200"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox that dials a thousand contacts in a second."""
    with start_sandbox(load_shipped_contracts(), dial_plan=DialPlan(1000.0)) as running:
        yield running


@pytest.fixture
def tenant(sandbox: Sandbox) -> Tenant:
    """Return a client of the sandbox."""
    return Tenant(sandbox)


def rows(count: int, first: int = 0) -> str:
    """Return a CSV file with this number of contacts, each with its own name."""
    lines = (f"+1303555{first + place:04},P{first + place}\n" for place in range(count))
    return "Phone,Name\n" + "".join(lines)


def load(live: Cxcall, file: str, list_id: str, *more: str, code: int | None = 0) -> Ran:
    return live("campaign", "load", file, "--contact-list", list_id, *FAST, *more, code=code)


def lines(ran: Ran) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the results that were printed as JSON Lines, and the totals."""
    *results, totals = map(json.loads, ran.out.splitlines())
    return results, totals


def loads(sandbox: Sandbox) -> int:
    """Return the number of accepted requests that load contacts."""
    return sum(each.accepted and each.operation == "add-contacts" for each in sandbox.received)


def halves(count: int, first_of_second: str = "") -> str:
    """Return a file of two requests, because `priority` differs; `first_of_second` may start the second one."""
    head, *records = rows(2 * count).splitlines()
    first, second = records[:count], records[count:]
    second = [*filter(None, [first_of_second]), *second]
    lines = [
        f"{head},priority",
        *(f"{each},true" for each in first),
        *(f"{each},false" for each in second),
    ]
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.slow
def test_a_list_is_loaded_in_few_requests_dialed_and_exported(
    live: Cxcall, sandbox: Sandbox, tenant: Tenant
) -> None:
    list_id = tenant.new_list()
    file = live.file("leads.csv", halves(30))
    results, totals = lines(load(live, file, list_id, "-o", "jsonl"))
    assert [each["data"]["rows"] for each in results] == ["1-30", "31-60"]
    assert all(each["command"] == "campaign load" and each["deliveryId"] for each in results)
    assert totals["data"]["outcomes"] == {"accepted": 60}
    assert sorted(tenant.names(list_id)) == sorted(f"P{place}" for place in range(60))
    assert loads(sandbox) == 2

    campaign = tenant.new_campaign(list_id)
    started = live("campaign", "start", campaign, "-o", "json", code=0).envelope
    assert (started["outcome"], started["data"]["contactList"]["id"]) == ("accepted", list_id)
    followed = live(
        "campaign", "status", campaign, "--watch", "--interval", "0.1", "-o", "jsonl", code=0
    )
    states = [json.loads(line) for line in followed.out.splitlines()]
    assert states[-1]["campaign"] == {
        "id": campaign,
        "name": "Autumn",
        "status": "complete",
        "running": False,
    }
    assert states[-1]["called"] == states[-1]["total"] == states[-1]["attempts"] == 60
    assert "60 of 60 contacts called" in live("campaign", "status", campaign, code=0).out

    live("campaign", "export", campaign, "--to", "results.csv", code=0)
    with (live.folder / "results.csv").open(encoding="utf-8", newline="") as exported:
        records = list(csv.DictReader(exported))
    assert [each["Name"] for each in records] == tenant.names(list_id)
    assert {each["Phone lastResult"] for each in records} == {"CONNECTED", "NO_ANSWER", "BUSY"}

    listed = live("batch", "list", "-o", "json").envelope["data"]["batches"]
    assert listed[0]["outcomes"] == {"accepted": 60}
    report = live("batch", "report", "--format", "jsonl", code=0).out.splitlines()
    assert [json.loads(line)["row"] for line in report] == [*range(1, 61)]


@pytest.mark.slow
def test_history_shows_the_first_numbers_of_a_load_and_json_has_all(
    live: Cxcall, tenant: Tenant
) -> None:
    load(live, live.file("leads.csv", rows(30)), tenant.new_list())
    few = ", ".join(f"+*******{place:04}" for place in range(3)) + " and 27 more"
    listed = live("history", "list").out
    assert f"\t{few}\t" in listed
    shown = live("history", "show", listed.partition("\t")[0]).out
    assert re.search(rf"^numbers: +{re.escape(few)}$", shown, re.MULTILINE)
    assert all(
        few in json.loads(line)["numbers"]
        for line in live("batch", "report", "--format", "jsonl").out.splitlines()
    )
    (record,) = live("history", "list", "-o", "json").envelope["data"]["deliveries"]
    assert len(record["numbers"]) == 30


def test_the_rows_of_a_file_are_mapped_skipped_and_named(
    live: Cxcall, sandbox: Sandbox, tenant: Tenant
) -> None:
    list_id = tenant.new_list()
    live.file("no.txt", "+13035550103\n")
    text = "Work Phone;Name;Notes\n(303) 555-0101;Ana;x\n(303) 555-0102;Bo;y\n(303) 555-0101;Ana;z\n;Cy;\n(303) 555-0103;Di;\n"
    file = live.file("crm.csv", text.encode("utf-16").decode("utf-16"))
    words = (
        "--map",
        "Phone=Work Phone",
        "--ignore-extra-columns",
        "--default-country",
        "US",
        "--do-not-call",
        "no.txt",
    )
    unmapped = load(live, file, list_id, code=2)
    assert "that the list does not have: `Work Phone`, `Notes`" in unmapped.err
    assert "--map 'Phone=Work Phone'" in unmapped.err
    shown = load(live, file, list_id, *words, "--dry-run", code=2)
    assert "Notes" not in shown.out
    assert "a dry run does not read it" in shown.err
    assert loads(sandbox) == 0
    results, totals = lines(load(live, file, list_id, *words, "-o", "jsonl"))
    assert totals["data"]["skipped"] == {"duplicate": 1, "invalid-number": 1, "do-not-call": 1}
    assert {
        each["data"]["row"]: each["outcome"] for each in results if each["outcome"] == "skipped"
    } == dict.fromkeys((3, 4, 5), "skipped")
    data = [each["data"] for each in tenant.contacts(list_id)]
    assert data == [
        {"Phone": "+13035550101", "Name": "Ana"},
        {"Phone": "+13035550102", "Name": "Bo"},
    ]


def test_json_lines_are_contacts_or_only_their_columns(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    whole = {"contactListId": list_id, "data": {"Phone": "+13035550101", "Name": "Ana"}}
    flat = {"Phone": "+13035550102", "Name": "Bo"}
    file = live.file("leads.jsonl", f"{json.dumps(whole)}\n{json.dumps(flat)}\n")
    load(live, file, list_id, "--set", "/callable=false")
    contacts = tenant.contacts(list_id)
    assert [each["data"]["Name"] for each in contacts] == ["Ana", "Bo"]
    assert [each["callable"] for each in contacts] == [False, False]


def test_json_line_that_is_not_a_contact_is_refused_for_what_it_is(cxcall: Cxcall) -> None:
    phone = '"Phone":"+13035550101"'
    rows = (
        (f'{{"Name":null,{phone}}}', "`/data/Name` must be a string, not null"),
        (f'{{"Name":[1],{phone}}}', "`/data/Name` must be a string, not an array"),
        ("[1]", "must be an object, not an array"),
        ("{}", "this row has no phone number"),
    )
    file = cxcall.file("leads.jsonl", "".join(f"{row}\n" for row, _ in rows))
    err = load(cxcall, file, LIST_ID, "--dry-run", "--skip-invalid", code=3).err
    for row, (_, message) in enumerate(rows, 1):
        assert re.search(rf"row {row}: .*{re.escape(message)}", err), err
    assert "--set" not in err
    assert "`data` is missing" not in err


def test_a_dry_run_shows_the_requests_and_sends_nothing(live: Cxcall, sandbox: Sandbox) -> None:
    file = live.file("leads.csv", halves(2))
    ran = load(live, file, LIST_ID, "--dry-run", "-o", "jsonl")
    results, totals = lines(ran)
    assert [len(each["request"]["body"]) for each in results] == [2, 2]
    assert results[1]["request"]["url"].endswith(f"/contactlists/{LIST_ID}/contacts?priority=false")
    assert results[0]["request"]["body"][0] == {
        "contactListId": LIST_ID,
        "data": {"Phone": "+13035550000", "Name": "P0"},
    }
    assert (totals["command"], totals["outcome"]) == ("campaign load", "dry-run")
    assert load(live, live.file("one.csv", rows(1)), LIST_ID, "--dry-run").out.startswith(
        "row 1: POST"
    )
    assert not sandbox.received


def test_a_request_has_no_more_bytes_than_the_contract_allows(tmp_path: Path) -> None:
    load = require_role(load_shipped_contracts(), "genesys-cloud", "load")
    load = load._replace(declared={**load.declared, "bytes": 355})
    operation = contact_operation(load)
    settings = load_settings({"base_url": "http://127.0.0.1:1"}, operation.contract)
    file = tmp_path / "leads.csv"
    file.write_text(rows(5), "utf-8")
    with RowFile(str(file)) as opened:
        job = Job(
            operation,
            opened,
            settings,
            {"contactListId": LIST_ID},
            [f'/contactListId="{LIST_ID}"'],
            is_load=True,
        )
        chunks = list(ChunkBuilder(load).combine(check_rows(job)))
    assert [[row.number for row in each.rows] for each in chunks] == [[1, 2, 3], [4, 5]]
    assert all(each.request and len(each.request.request.body or b"") <= 355 for each in chunks)


def test_a_load_that_is_begun_again_adds_no_contact_twice(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    file = live.file("leads.csv", rows(3))
    load(live, file, list_id)
    again = load(live, file, list_id, code=7)
    assert "was loaded into this list" in again.err
    resumed = lines(load(live, file, list_id, "--resume", "-o", "jsonl"))
    assert resumed[1]["data"]["resumed"] == 3
    assert len(tenant.contacts(list_id)) == 3
    load(live, file, list_id, "--again")
    assert len(tenant.contacts(list_id)) == 6


def test_an_unknown_request_names_its_rows_and_is_not_repeated(
    live: Cxcall, sandbox: Sandbox, tenant: Tenant
) -> None:
    list_id = tenant.new_list()
    file = live.file("leads.csv", halves(5, "+12025550151,Lost"))
    ran = load(live, file, list_id, "-o", "jsonl", code=9)
    results, totals = lines(ran)
    outcomes = {each["data"]["rows"]: each["outcome"] for each in results}
    assert outcomes == {"1-5": "accepted", "6-11": "unknown"}
    assert totals["data"]["unknown"][0]["row"] == "6-11"
    assert "rows 6-11: delivery" in ran.err
    resumed, _ = lines(load(live, file, list_id, "--resume", "-o", "jsonl", code=9))
    assert {each["data"]["rows"]: each["outcome"] for each in resumed} == outcomes
    assert loads(sandbox) == 2
    delivery = totals["data"]["unknown"][0]["deliveryId"]
    live("history", "resolve", delivery, "--not-placed", code=0)
    load(live, file, list_id, "--resume", code=9)
    assert loads(sandbox) == 3


def test_refused_rows_are_named_and_written_to_a_file(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    file = live.file("leads.csv", halves(5, "+12025550140,Bad"))
    ran = load(live, file, list_id, "--rejects", "rejects.csv", "-o", "jsonl", code=9)
    results, _ = lines(ran)
    refused = next(each for each in results if each["outcome"] == "refused")
    assert refused["data"]["rows"] == "6-11"
    rejected = (live.folder / "rejects.csv").read_text("utf-8").splitlines()
    assert rejected[:2] == ["Phone,Name,priority", "+12025550140,Bad,false"]
    assert len(rejected) == 7
    assert len(tenant.contacts(list_id)) == 5


@pytest.mark.slow
def test_a_request_that_is_too_frequent_is_sent_again_once(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    file = live.file("leads.csv", rows(2) + "+12025550128,Late\n")
    live.environment["CXCALL_MAX_WAIT"] = "5"
    results, _ = lines(load(live, file, list_id, "-o", "jsonl"))
    assert results[0]["attempts"] == 2
    assert tenant.names(list_id) == ["P0", "P1", "Late"]


class Dialer:
    """A platform that is not a sandbox: its list has two columns, and it never returns the contact `Lost`."""

    def __init__(self) -> None:
        self.loaded: list[str] = []

    def answer(self, body: Any, _count: int) -> Reply:
        """Respond to a request that loads contacts."""
        if not isinstance(body, list):
            return Reply(204)
        self.loaded += [each["data"]["Name"] for each in body]
        kept = [each for each in body if each["data"]["Name"] != "Lost"]
        return Reply(200, [{**each, "id": str(place)} for place, each in enumerate(kept)])

    def read(self, path: str, _count: int) -> Reply:
        """Respond to a read of a list, a campaign, or its progress."""
        if "contactlists" in path:
            phones = [{"columnName": "Phone", "type": "cell"}]
            return Reply(
                200, {"name": "Leads", "columnNames": ["Phone", "Name"], "phoneColumns": phones}
            )
        if path.endswith(f"/campaigns/{CAMPAIGN}"):
            status = {"name": "Autumn", "campaignStatus": "off", "errors": []}
            return Reply(200, {**status, "contactList": {"id": LIST_ID, "name": "Leads"}})
        return Reply(404)


def test_contacts_that_the_response_does_not_have_are_named_and_unknown(cxcall: Cxcall) -> None:
    dialer = Dialer()
    file = cxcall.file(
        "leads.csv", rows(4) + "+13035559999,Lost\n" + rows(2, 100).partition("\n")[2]
    )
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        ran = load(cxcall, file, LIST_ID, "--yes", "-o", "jsonl", code=9)
        results, totals = lines(ran)
        assert [(each["data"].get("rows"), each["outcome"]) for each in results] == [
            ("1-4,6-7", "accepted"),
            ("5", "unknown"),
        ]
        assert (
            "the response does not list the contacts of row 5"
            in results[1]["findings"][0]["message"]
        )
        assert totals["data"]["outcomes"] == {"accepted": 6, "unknown": 1}
        resumed = load(cxcall, file, LIST_ID, "--yes", "--resume", "-o", "jsonl", code=9)
        assert sorted(dialer.loaded) == sorted(set(dialer.loaded))
    results, totals = lines(resumed)
    assert [(each["data"].get("rows"), each["outcome"]) for each in results] == [
        ("1-4,6-7", "accepted"),
        ("5", "unknown"),
    ]
    assert totals["data"]["outcomes"] == {"accepted": 6, "unknown": 1}
    assert totals["data"]["unknown"] == [{"row": 5, "deliveryId": None}]
    report = cxcall("batch", "report", "--format", "jsonl", code=0)
    outcomes = {each["row"]: each["outcome"] for each in map(json.loads, report.out.splitlines())}
    assert outcomes == {row: "unknown" if row == 5 else "accepted" for row in range(1, 8)}


@pytest.mark.parametrize("body", [{}, None, [], {"contacts": []}, ["x"]])
def test_response_without_the_contacts_leaves_all_rows_unknown(cxcall: Cxcall, body: Any) -> None:
    with Platform(lambda _body, _count: Reply(200, body), reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        ran = load(
            cxcall, cxcall.file("leads.csv", rows(2)), LIST_ID, "--yes", "-o", "jsonl", code=9
        )
    assert lines(ran)[1]["data"]["outcomes"] == {"unknown": 2}


def test_response_that_repeats_a_contact_confirms_it_once(cxcall: Cxcall) -> None:
    def repeat(body: Any, _count: int) -> Reply:
        return Reply(200, [{**body[0], "id": "1"}] * len(body))

    with Platform(repeat, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        ran = load(
            cxcall, cxcall.file("leads.csv", rows(3)), LIST_ID, "--yes", "-o", "jsonl", code=9
        )
    assert lines(ran)[1]["data"]["outcomes"] == {"accepted": 1, "unknown": 2}


def test_contacts_that_the_platform_writes_in_another_way_are_confirmed(cxcall: Cxcall) -> None:
    def write(body: Any, _count: int) -> Reply:
        data = [{**each["data"], "Name": each["data"]["Name"].upper() + "!"} for each in body]
        return Reply(200, [{"id": str(place), "data": each} for place, each in enumerate(data)])

    with Platform(write, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, cxcall.file("leads.csv", rows(3)), LIST_ID, "--yes", code=0)


@pytest.mark.parametrize(
    "data", [{}, None, {"Name": "", "Phone": ""}, "x", {"Name": "Zed", "Phone": "+12025550198"}]
)
def test_other_contact_confirms_no_row(cxcall: Cxcall, data: Any) -> None:
    def write(body: Any, _count: int) -> Reply:
        return Reply(200, [{**body[0], "id": "1"}, {"id": "2", "data": data}, *body[2:]])

    with Platform(write, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        ran = load(
            cxcall, cxcall.file("leads.csv", rows(3)), LIST_ID, "--yes", "-o", "jsonl", code=9
        )
    results, _ = lines(ran)
    assert [(each["data"].get("rows"), each["outcome"]) for each in results] == [
        ("1,3", "accepted"),
        ("2", "unknown"),
    ]


def test_number_in_another_spelling_confirms_its_row(cxcall: Cxcall) -> None:
    def write(body: Any, _count: int) -> Reply:
        numbers = [each["data"]["Phone"] for each in body]
        return Reply(
            200, [{"id": each, "data": {"Phone": f"({each[2:5]}) {each[5:]}"}} for each in numbers]
        )

    with Platform(write, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        load(cxcall, cxcall.file("leads.csv", rows(3)), LIST_ID, "--yes", code=0)


def test_uploads_with_the_same_job_are_both_followed_and_doubtful() -> None:
    run = LoadRun(*(Mock() for _ in range(8)))
    for label, job in (("1-2", "17"), ("3", "18"), ("4", "17")):
        # The smallest load of two uploads has 10,001 rows.
        accepted = Mock(label=label, outcome=Outcome.ACCEPTED, delivery=Mock(engagement_id=job))
        accepted.configure_mock(is_resumed=True, rows=())
        run.split(accepted)
    assert run.started == {"17": "1-2,4", "18": "3"}
    assert run.repeated == {"17"}


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


@pytest.mark.parametrize(
    ("job", "state"),
    [
        ({"uploadJobs": [{"jobId": 17, "isComplete": True}]}, "complete"),
        ({"uploadJobs": [{"jobId": 99, "isComplete": True}]}, "not complete yet"),
        ({"uploadJobs": [{"jobId": "17", "isComplete": "false"}]}, "not complete yet"),
        ({"uploadJobs": [{"jobId": "17", "isCancelled": True, "isComplete": True}]}, "canceled"),
        ({"uploadJobs": 5}, "not complete yet"),
        ({"uploadJobs": ["ab"]}, "not complete yet"),
        (
            {"uploadJobs": [{"jobId": "17", "isComplete": True, "failedRecords": 2}]},
            "complete, with failures",
        ),
        (
            {"uploadJobs": [{"jobId": "17", "isComplete": True, "errors": ["x"]}]},
            "complete, with failures",
        ),
        (
            {"uploadJobs": [{"jobId": "17", "isComplete": True, "status": "Failed"}]},
            "complete, with failures",
        ),
        (
            {"error": "failure", "uploadJobs": [{"jobId": "17", "isComplete": True}]},
            "complete, with failures",
        ),
        (
            {"uploadJobs": [{"jobId": "17", "isComplete": True, "errors": [], "failedRecords": 0}]},
            "complete",
        ),
    ],
)
def test_upload_job_is_complete_only_if_the_platform_says_so_of_it(
    cxcall: Cxcall, job: Mapping[str, Any], state: str
) -> None:
    code = 0 if state == "complete" else 9
    ran = load_to_cxone(cxcall, job, "-o", "jsonl", code=code)
    assert lines(ran)[1]["data"]["jobs"] == {"17": state}


def test_upload_that_names_no_job_is_not_called_complete(cxcall: Cxcall) -> None:
    ran = load_to_cxone(cxcall, {}, code=9)
    assert "the response to the upload of rows 1-2 does not name an upload job" in ran.err


@pytest.mark.slow
def test_load_whose_results_cannot_be_written_is_not_called_stopped_if_all_was_loaded(
    live: Cxcall, tenant: Tenant
) -> None:
    words = (
        "campaign",
        "load",
        live.file("leads.csv", rows(2)),
        "--contact-list",
        tenant.new_list(),
    )
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = subprocess.run(
            [str(CXCALL), *words],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            cwd=live.folder,
            env=live.environment,
        )
    assert "2 rows: 2 accepted" in result.stderr
    assert "the results cannot be written" in result.stderr
    assert "stopped" not in result.stderr


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


@pytest.mark.parametrize(
    ("status", "message"), [(500, "HTTP 500"), (404, "job `17` does not exist")]
)
def test_job_that_cannot_be_read_is_to_be_read_and_not_to_be_uploaded_again(
    cxcall: Cxcall, status: int, message: str
) -> None:
    ran = load_to_cxone(cxcall, {"uploadJobs": []}, status=status, code=9)
    assert message in ran.err
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


def test_job_that_is_canceled_names_its_rows_and_how_to_read_it(cxcall: Cxcall) -> None:
    job = {"uploadJobs": [{"jobId": "17", "isCancelled": True}]}
    text = " ".join(load_to_cxone(cxcall, job, code=9).err.split())
    assert "check which contacts of rows 1-2 are in the list; load the others" in text
    assert "`cxcall send cxone-get-upload --param jobId=17`" in text


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

    def read(path: str, _count: int) -> Reply:
        if path.endswith("/jobs/17"):
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
    assert "upload job 17 is unknown" in printed


@pytest.mark.slow
def test_a_row_that_another_process_sends_meanwhile_is_not_sent(
    cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During the first request, another run of the same load records the sixth row."""
    for name in ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR"):
        monkeypatch.setenv(name, cxcall.environment[name])
    dialer = Dialer()

    def answer(body: Any, count: int) -> Reply:
        if not dialer.loaded:
            with open_ledger() as ledger:
                batch = ledger.batches.all()[0].id
                ledger.begin(
                    Intent(
                        "default",
                        "add-contacts",
                        "published",
                        "POST",
                        "t",
                        "d",
                        batch=batch,
                        row=6,
                        key="rows 6",
                    ),
                    900,
                )
        return dialer.answer(body, count)

    file = cxcall.file("leads.csv", halves(4))
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        words = ("--yes", "--concurrency", "1", "--rate", "1/s", "-o", "jsonl")
        results, _ = lines(load(cxcall, file, LIST_ID, *words, code=9))
        assert [(each["data"]["rows"], each["outcome"]) for each in results] == [
            ("1-4", "accepted"),
            ("5-8", "stopped"),
        ]
        assert "row 6 is already in delivery" in results[1]["findings"][0]["message"]
        assert sorted(dialer.loaded) == ["P0", "P1", "P2", "P3"]
        resumed, _ = lines(load(cxcall, file, LIST_ID, *words, "--resume", code=9))
        assert {
            each["data"].get("rows") or each["data"]["row"]: each["outcome"] for each in resumed
        } == {
            "1-4": "accepted",
            "6": "unknown",
            "5": "accepted",
            "7-8": "accepted",
        }


@pytest.mark.slow
def test_a_contact_that_a_load_of_another_file_sends_meanwhile_is_not_sent(
    cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch
) -> None:
    """During the first request, a load of another file records the number of the sixth row."""
    for name in ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR"):
        monkeypatch.setenv(name, cxcall.environment[name])
    dialer = Dialer()

    def answer(body: Any, count: int) -> Reply:
        if not dialer.loaded:
            with open_ledger() as ledger:
                own = ledger.batches.all()[0]
                other = ledger.batches.begin(
                    own.profile, own.operation, own.target, own.values_digest, "", "d"
                )
                intent = Intent(
                    "default",
                    "add-contacts",
                    "published",
                    "POST",
                    "t",
                    "d",
                    batch=other,
                    row=1,
                    key="rows 1",
                )
                ledger.begin(intent._replace(people=("loopback number 13035550005",)), 900)
        return dialer.answer(body, count)

    file = cxcall.file("leads.csv", halves(4))
    with Platform(answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        words = ("--yes", "--concurrency", "1", "--rate", "1/s", "-o", "jsonl")
        results, _ = lines(load(cxcall, file, LIST_ID, *words, code=9))
        assert "a contact is already in delivery" in results[1]["findings"][0]["message"]
        load(cxcall, file, LIST_ID, *words, "--resume", code=9)
        assert sorted(dialer.loaded) == ["P0", "P1", "P2", "P3", "P4", "P6", "P7"]


def refuse(status: int, _path: str, _count: int) -> Reply:
    """Refuse a read."""
    return Reply(status)


def test_a_list_that_may_not_be_read_is_loaded_and_one_that_is_not_there_is_not(
    cxcall: Cxcall,
) -> None:
    dialer = Dialer()
    file = cxcall.file("leads.csv", rows(2))
    for status, code in ((403, 0), (404, 5)):
        dialer.loaded.clear()
        with Platform(dialer.answer, reads=partial(refuse, status)) as platform:
            cxcall.environment |= platform.environment
            ran = load(
                cxcall, file, f"12345678-1234-1234-1234-000000000{status}", "--yes", code=code
            )
            assert ("its columns are not checked" in ran.err) is (code == 0)
            assert (
                "contact list `12345678-1234-1234-1234-000000000404` does not exist" in ran.err
            ) is (code != 0)
            assert bool(dialer.loaded) is (code == 0)


@pytest.mark.slow
def test_loading_and_starting_ask_and_stopping_does_not(cxcall: Cxcall) -> None:
    dialer = Dialer()
    file = cxcall.file("leads.csv", rows(2))
    with Platform(dialer.answer, reads=dialer.read) as platform:
        cxcall.environment |= platform.environment
        asked = load(cxcall, file, LIST_ID, code=2)
        assert f"2 contacts into the list `Leads` ({LIST_ID})" in asked.err
        asked = load(cxcall, file, LIST_ID, "--confirm", "3", code=2)
        assert "`--confirm 3` does not match: 2 contacts would be loaded" in asked.err
        assert not dialer.loaded
        load(cxcall, file, LIST_ID, "--confirm", "2", code=0)
        asked = cxcall("campaign", "start", CAMPAIGN, code=2)
        assert "`--yes` is required" in asked.err
        assert "campaign `Autumn`" in asked.err
        assert f"the list `Leads` ({LIST_ID})" in asked.err
        assert platform.rung == 1
        cxcall("campaign", "stop", CAMPAIGN, code=0)
        cxcall("campaign", "start", CAMPAIGN, "--yes", code=0)


@pytest.mark.slow
def test_campaign_is_started_again_only_after_an_accepted_stop(cxcall: Cxcall) -> None:
    stops = [500, 204]
    is_stop = False

    def answer(_body: Any, _count: int) -> Reply:
        return Reply(stops.pop(0) if is_stop else 204)

    start = ("campaign", "start", CAMPAIGN, "--yes")
    with Platform(answer, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        cxcall(*start, code=0)
        stopped = cxcall(*start, code=7)
        assert "no accepted `campaign stop` since then" in " ".join(stopped.err.split())
        assert "same person" not in stopped.err
        is_stop = True
        cxcall("campaign", "stop", CAMPAIGN)
        is_stop = False
        cxcall(*start, code=7)
        is_stop = True
        cxcall("campaign", "stop", CAMPAIGN, code=0)
        is_stop = False
        cxcall(*start, code=0)
        cxcall(*start, code=7)


@pytest.mark.slow
def test_option_that_has_no_effect_on_a_campaign_is_not_offered(cxcall: Cxcall) -> None:
    names = (
        "--hours",
        "--do-not-call",
        "--max-attempts",
        "--wait",
        "--engagement-id",
        "--engagement-header",
    )
    for command, omitted in (
        ("campaign start", names),
        ("campaign stop", names),
        ("campaign load", names[3:]),
        ("batch", ("--wait", "--yes", "-y")),
    ):
        words = command.split()
        offered = cxcall(*words, "--help", code=0).out
        for name in omitted:
            assert f"{name} " not in offered, (command, name)
            (refused,) = cxcall(*words, "x", name, "-o", "json", code=2).envelope["findings"]
            assert refused["message"] == f"`{name}` does not apply to `{command}`"
            assert refused["fix"].startswith("leave it out; ")
    before = cxcall("--wait", "batch", "rows.csv", "--operation", "execute", code=2)
    assert "`cxcall batch report`" in before.err


def test_start_says_whether_the_campaign_is_on_before_and_after(cxcall: Cxcall) -> None:
    states = ["on", "off"]

    def read(path: str, count: int) -> Reply:
        if path.endswith(CAMPAIGN):
            return Reply(200, {"name": "Autumn", "campaignStatus": states[min(count, 1)]})
        return Dialer().read(path, count)

    with Platform(lambda *_: Reply(204), reads=read) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall("campaign", "start", CAMPAIGN, "--yes", code=0)
    assert "the campaign is already running" in ran.err
    assert "the start was accepted, but the campaign is `off`" in ran.err


def test_start_in_a_new_sandbox_does_not_contradict_itself(live: Cxcall, sandbox: Sandbox) -> None:
    live.environment |= {
        "CXCALL_PLATFORM": "nice-cxone",
        "CXCALL_ACCESS_TOKEN": sandbox.new_user_token(),
    }
    ran = live("campaign", "start", "4712", "--yes", code=0)
    assert "the campaign is already running" in ran.err
    assert "campaign `4712`, which is running" in ran.err
    assert "warning" not in ran.err
    live("campaign", "stop", "4712", "--yes", code=0)
    watched = live("campaign", "status", "4712", "--watch", code=0)
    assert "not running\n" in watched.err  # no counts, so no colon


def test_hint_after_a_start_says_what_may_have_ended_the_campaign(cxcall: Cxcall) -> None:
    def read(path: str, count: int) -> Reply:
        if path.endswith(CAMPAIGN):
            return Reply(200, {"name": "Autumn", "campaignStatus": "complete"})
        return Dialer().read(path, count)

    with Platform(lambda *_: Reply(204), reads=read) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall("campaign", "start", CAMPAIGN, "--yes", "-o", "json", code=0)
    assert "a campaign without contacts to call ends at once" in ran.envelope["findings"][0]["fix"]


@pytest.mark.parametrize("body", [["x"], {"name": "Autumn"}])
def test_status_of_a_response_without_one_is_no_end_of_the_campaign(
    cxcall: Cxcall, body: Any
) -> None:
    def read(path: str, count: int) -> Reply:
        return Reply(200, body) if path.endswith(CAMPAIGN) else Dialer().read(path, count)

    with Platform(reads=read) as platform:
        cxcall.environment |= platform.environment
        for more in ((), ("--watch",)):
            text = cxcall("campaign", "status", CAMPAIGN, *more, code=5).err
            assert "does not say whether the campaign runs" in text


@pytest.mark.slow
def test_signal_after_an_accepted_start_ends_its_reads(cxcall: Cxcall) -> None:
    asked, end = Event(), Event()

    def read(path: str, count: int) -> Reply:
        if path.endswith(CAMPAIGN) and count:
            asked.set()
            end.wait(30)
        return Dialer().read(path, count)

    with Platform(lambda *_: Reply(204), reads=read) as platform:
        cxcall.environment |= platform.environment
        with cxcall.begin("campaign", "start", CAMPAIGN, "--yes", err=STDOUT) as process:
            assert asked.wait(30)
            process.send_signal(signal.SIGINT)
            printed, _ = process.communicate(timeout=25)
        end.set()
    assert process.returncode == 0
    assert "the request was accepted, but the status of the campaign was not read" in printed


@pytest.mark.slow
def test_a_calling_list_of_cxone_is_uploaded_and_its_job_followed(
    live: Cxcall, sandbox: Sandbox
) -> None:
    live.environment |= {
        "CXCALL_PLATFORM": "nice-cxone",
        "CXCALL_ACCESS_TOKEN": sandbox.new_user_token(),
    }
    file = live.file("leads.csv", rows(3))
    assert "/expirationDate" in load(live, file, "1001", code=3).err
    sets = ("--set", '/expirationDate="2027-01-31"', "--set", "/skillId=4711")
    ran = load(live, file, "1001", *sets, "-o", "jsonl")
    totals = lines(ran)[1]
    assert totals["data"]["outcomes"] == {"accepted": 3}
    assert list(totals["data"]["jobs"].values()) == ["complete"]
    body = json.loads(next(each.body for each in sandbox.received if each.rings))
    assert b64decode(body["listFile"]).decode() == rows(3)
    assert (body["skillId"], body["startSkill"]) == (4711, False)
    live("campaign", "start", "4711", code=0)
    state = live(
        "campaign", "status", "4711", "--contact-list", "1001", "-o", "json", code=0
    ).envelope["data"]
    assert (state["total"], state["contactList"]["id"]) == (3, "1001")
    live("campaign", "export", "--contact-list", "1001", "--to", "attempts.jsonl", code=0)
    assert (
        "a campaign or a contact list is required"
        in live("campaign", "export", "--to", "x.csv", code=2).err
    )


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ({}, "the response has no list at `/entities`"),
        ({"entities": "none"}, "the response has no list at `/entities`"),
        (None, "page 2 has the items of page 1"),
    ],
)
def test_export_that_cannot_read_every_page_writes_no_file(
    cxcall: Cxcall, second: Mapping[str, Any] | None, problem: str
) -> None:
    first = {"entities": [{"id": str(place), "data": {}} for place in range(100)]}

    def answer(body: Any, _count: int) -> Reply:
        return Reply(200, first if body["pageNumber"] == 1 or second is None else second)

    with Platform(answer, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall("campaign", "export", "--contact-list", LIST_ID, "--to", "x.jsonl", code=5)
    assert problem in ran.err
    assert not (cxcall.folder / "x.jsonl").exists()


@pytest.mark.parametrize("platform", ["genesys-cloud", "nice-cxone"])
def test_export_of_no_items_writes_no_file_if_the_platform_counts_some(
    cxcall: Cxcall, platform: str
) -> None:
    counted = {"resultSet": {"contactAttempts": [], "totalRecords": 100}}

    def read(path: str, count: int) -> Reply:
        return Dialer().read(path, count) if platform == "genesys-cloud" else Reply(200, counted)

    with Platform(lambda *_: Reply(200, {"entities": [], "total": 100}), reads=read) as running:
        cxcall.environment |= {
            "CXCALL_PLATFORM": platform,
            "CXCALL_BASE_URL": running.base_url,
            "CXCALL_ACCESS_TOKEN": "t-1",
        }
        list_id = LIST_ID if platform == "genesys-cloud" else "1001"
        ran = cxcall("campaign", "export", "--contact-list", list_id, "--to", "x.jsonl", code=5)
    assert "although the platform counts 100" in ran.err
    assert not (cxcall.folder / "x.jsonl").exists()


@pytest.mark.slow
def test_status_shows_what_a_campaign_reports_in_any_form(cxcall: Cxcall) -> None:
    odd = {
        "name": "A\x1b[31m +12025550123\nerror[x]",
        "campaignStatus": "off",
        "errors": ["no line", {"details": "no agent"}, 7, {"code": "x"}, {}],
    }
    reads: dict[str, Any] = {
        f"/campaigns/{CAMPAIGN}": odd,
        f"/{LIST_ID}": {"phoneColumns": {"a": 1}, "columnNames": 5},
    }
    with Platform(
        reads=lambda path, _: Reply(
            200, next((reads[end] for end in reads if path.endswith(end)), {})
        )
    ) as platform:
        cxcall.environment |= platform.environment
        words = ("campaign", "status", CAMPAIGN, "--contact-list", LIST_ID)
        shown = cxcall(*words, code=0).out
        asked = cxcall("campaign", "start", CAMPAIGN, code=2).err
        started = cxcall("campaign", "start", CAMPAIGN, "--yes", code=0).err
        data = cxcall(*words, "-o", "json", code=0).out
    assert "\nerror[x]" not in shown + asked + started
    for text in (shown, asked, started, data):
        assert "+*******0123" in text
        assert "12025550123" not in text
    assert "A\\x1b[31m" in shown
    assert [line.split(None, 1)[1] for line in shown.splitlines() if line.startswith("error")] == [
        "no line",
        "no agent",
        "7",
        '{"code": "x"}',
    ]


@pytest.mark.parametrize("target", ["-", "/dev/null"])
def test_an_export_is_written_only_to_a_file(cxcall: Cxcall, target: str) -> None:
    words = ("--to", target, "--format", "csv", "--force")
    ran = cxcall("campaign", "export", CAMPAIGN, *words, "--base-url", "http://127.0.0.1:9", code=2)
    assert f"the export cannot be written to `{target}`" in ran.err
    assert not (cxcall.folder / "-").exists()


def test_an_export_overwrites_no_file_and_no_state(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    tenant.load(list_id, "+13035550101")
    words = ("campaign", "export", "--contact-list", list_id, "--to")
    target = live.folder / live.file("results.csv", "mine\n")
    assert "exists" in live(*words, target.name, code=2).err
    assert target.read_text("utf-8") == "mine\n"
    live(*words, target.name, "--force", code=0)
    assert target.read_text("utf-8").splitlines()[1].endswith("+13035550101,,,")
    own = live.folder / "state" / "results.csv"
    assert "reads or writes this file itself" in live(*words, str(own), code=2).err
    assert not own.exists()


def test_missing_file_is_reported_before_the_list_is_read(cxcall: Cxcall) -> None:
    reads: list[str] = []

    def read(path: str, _count: int) -> Reply:
        reads.append(path)
        return Reply(404)

    with Platform(reads=read) as platform:
        cxcall.environment |= platform.environment
        assert "`none.csv` does not exist" in load(cxcall, "none.csv", LIST_ID, "--yes", code=2).err
    assert reads == []


def test_list_that_is_not_a_uuid_is_refused_before_anything_is_read(cxcall: Cxcall) -> None:
    file = cxcall.file("leads.csv", rows(1))
    for words in (
        ("load", file, "--contact-list", "nope", "--yes"),
        ("load", file, "--contact-list", "nope", "--dry-run"),
        ("export", "--contact-list", "nope", "--to", "x.jsonl"),
    ):
        with Platform(reads=lambda *_: Reply(404)) as platform:
            ran = cxcall("campaign", *words, code=3, env=platform.environment)
            assert "`contactListId` in the path must be a UUID; got `nope`" in ran.err + ran.out
