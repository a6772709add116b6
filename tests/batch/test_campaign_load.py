"""`cxcall campaign load` loads a file into a list, each contact once."""

from __future__ import annotations

import csv
import json
import re
from base64 import b64decode
from typing import TYPE_CHECKING

import phonenumbers
import pytest

from cxcall.batch.input.national_numbers import FEWEST_DIGITS
from cxcall.batch.input.rows import RowFile
from cxcall.batch.job import Job
from cxcall.batch.load.chunks import ChunkBuilder
from cxcall.batch.row_checks import check_rows
from cxcall.contracts.campaign_roles import contact_operation, require_role
from cxcall.settings.settings import load_settings
from helpers.campaign_loads import LIST_ID, halves, lines, load, rows
from helpers.platform_server import Platform, Reply
from helpers.tenant import Tenant

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall


def loads(sandbox: Sandbox) -> int:
    """Return the number of accepted requests that load contacts."""
    return sum(each.accepted and each.operation == "add-contacts" for each in sandbox.received)


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
    assert started["outcome"] == "accepted"
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
    assert re.search(rf"^  numbers  {re.escape(few)}$", shown, re.MULTILINE)
    assert "  rows  1-30\n" in shown
    for line in live("batch", "report", "--format", "jsonl").out.splitlines():
        row = json.loads(line)  # the request has the numbers and the ID of other rows, too
        assert (row["outcome"], row["numbers"], row["engagementId"]) == ("accepted", "", "")
    (record,) = live("history", "list", "-o", "json").envelope["data"]["deliveries"]
    assert len(record["numbers"]) == 30


@pytest.mark.slow
def test_the_rows_of_a_file_are_mapped_skipped_and_named(
    live: Cxcall, sandbox: Sandbox, tenant: Tenant
) -> None:
    list_id = tenant.new_list()
    live.file("no.txt", "+13035550103\n")
    text = "Work Phone;Name;Notes\n(303) 555-0101;Ana;x\n(303) 555-0102;Bo;y\n(303) 555-0101;Ana;z\n;Cy;\n(303) 555-0103;Di;\n555-0104;Ed;\n"
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
    mapped = load(live, file, list_id, "--map", "Tel=Work Phone", code=2)
    assert "the list has no column `Tel`" in mapped.err
    assert "its columns: `Phone`, `Name`" in mapped.err
    assert "--map 'Phone=Work Phone'" in unmapped.err
    shown = load(live, file, list_id, *words, "--dry-run", code=2)
    assert "Notes" not in shown.out
    assert "a dry run does not read it" in shown.err
    assert loads(sandbox) == 0
    results, totals = lines(load(live, file, list_id, *words, "-o", "jsonl"))
    assert totals["data"]["skipped"] == {"duplicate": 1, "invalid-number": 2, "do-not-call": 1}
    assert {
        each["data"]["row"]: each["outcome"] for each in results if each["outcome"] == "skipped"
    } == dict.fromkeys((3, 4, 5, 6), "skipped")
    data = [each["data"] for each in tenant.contacts(list_id)]
    assert data == [
        {"Phone": "+13035550101", "Name": "Ana"},
        {"Phone": "+13035550102", "Name": "Bo"},
    ]


@pytest.mark.slow
def test_contacts_without_a_number_that_may_be_valid_are_skipped(cxcall: Cxcall) -> None:
    numbers = (
        *("12", "0", "+1202555012", "1" * 19, "(202) 555-0123/(202) 555-0124"),
        *("555-1234", "(202) 055-0123", "202555012"),
        *("(202) 555-0125", "+49 30 123456", "202 555 0127 ext. 5"),
    )
    text = "".join(f"{each},\n" for each in numbers)
    file = cxcall.file("leads.csv", f"Phone,Mobile\n{text}12,+12025550126\n")
    for country, skipped in (((), 5), (("--default-country", "US"), 8)):
        ran = load(cxcall, file, LIST_ID, "--dry-run", "-o", "jsonl", *country)
        totals = lines(ran)[1]["data"]
        assert (totals["rows"], totals["skipped"]) == (12, {"invalid-number": skipped}), ran.err
    err = load(cxcall, file, LIST_ID, "--dry-run", "--strict", code=3).err
    assert "row 1: `12` is too short for a number of any country" in err
    assert "leads.csv:2:1  /data/Phone" in err


@pytest.mark.slow
def test_only_the_phone_columns_of_a_list_have_its_numbers(live: Cxcall, tenant: Tenant) -> None:
    file = live.file(
        "leads.csv", "Phone,customerNumber\n12,2025550101\n2025550102,12\n,2025550103\n"
    )
    list_id = tenant.new_list("customerNumber")
    assert "1 valid, 2 skipped (2 invalid-number)" in load(live, file, list_id).err
    assert [each["data"]["Phone"] for each in tenant.contacts(list_id)] == ["2025550102"]


@pytest.mark.slow
def test_no_country_has_shorter_numbers() -> None:
    metadata = map(phonenumbers.PhoneMetadata.metadata_for_region, phonenumbers.SUPPORTED_REGIONS)
    known = [each.general_desc for each in metadata if each and each.general_desc]
    lengths = {length for each in known for length in each.possible_length if length > 0}
    assert min(lengths) == FEWEST_DIGITS


@pytest.mark.slow
def test_json_lines_are_contacts_or_only_their_columns(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list("id")
    whole = {"contactListId": list_id, "data": {"Phone": "+13035550101", "Name": "Ana"}}
    flat = {"Phone": "+13035550102", "Name": "Bo", "id": "CRM-2"}
    file = live.file("leads.jsonl", f"{json.dumps(whole)}\n{json.dumps(flat)}\n")
    load(live, file, list_id, "--set", "/callable=false")
    contacts = tenant.contacts(list_id)
    assert [each["data"]["Name"] for each in contacts] == ["Ana", "Bo"]
    assert contacts[1]["data"]["id"] == "CRM-2" != contacts[1]["id"]
    assert [each["callable"] for each in contacts] == [False, False]


def test_json_line_that_is_not_a_contact_is_refused_for_what_it_is(cxcall: Cxcall) -> None:
    phone = '"Phone":"+13035550101"'
    rows = (
        (f'{{"Name":null,{phone}}}', "`/data/Name` must be a string, not null"),
        (f'{{"Name":[1],{phone}}}', "`/data/Name` must be a string, not an array"),
        ("[1]", "must be an object, not an array"),
        ("{}", "this row has no phone number"),
        ('{"Phone": "1.2025550123E+10"}', "is a rounded number, as Excel shows a long one"),
    )
    file = cxcall.file("leads.jsonl", "".join(f"{row}\n" for row, _ in rows))
    err = load(cxcall, file, LIST_ID, "--dry-run", "--skip-invalid", code=3).err
    for row, (_, message) in enumerate(rows, 1):
        assert re.search(rf"row {row}: .*{re.escape(message)}", err), err
    assert "warning[phone-format]: row 4:" in err
    assert "--set" not in err
    assert "`data` is missing" not in err


@pytest.mark.slow
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
    load = require_role("genesys-cloud", "load")
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


@pytest.mark.slow
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


@pytest.mark.slow
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
    body = json.loads(next(each.body for each in sandbox.received if each.method == "POST"))
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


def test_missing_file_is_reported_before_the_list_is_read(cxcall: Cxcall) -> None:
    reads: list[str] = []

    def read(path: str, _count: int) -> Reply:
        reads.append(path)
        return Reply(404)

    with Platform(reads=read) as platform:
        cxcall.environment |= platform.environment
        assert "`none.csv` does not exist" in load(cxcall, "none.csv", LIST_ID, "--yes", code=2).err
    assert reads == []


@pytest.mark.slow
def test_list_that_is_not_a_uuid_is_refused_before_anything_is_read(cxcall: Cxcall) -> None:
    file = cxcall.file("leads.csv", rows(1))
    for words in (
        ("load", file, "--contact-list", "nope", "--yes"),
        ("export", "--contact-list", "nope", "--to", "x.jsonl"),
    ):
        with Platform(reads=lambda *_: Reply(404)) as platform:
            ran = cxcall("campaign", *words, code=3, env=platform.environment)
            assert "`contactListId` in the path must be a UUID; got `nope`" in ran.err + ran.out
