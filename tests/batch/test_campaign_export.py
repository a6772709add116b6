"""`cxcall campaign export` writes complete results to a new file."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.campaign_loads import LIST_ID, Dialer
from helpers.platform_server import Platform, Reply
from helpers.tenant import Tenant

if TYPE_CHECKING:
    from collections.abc import Mapping

    from helpers.command import Cxcall


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ({}, "the response has no list at `/entities`"),
        (None, "page 2 has the items of page 1"),
        pytest.param(
            {"entities": ["x" * (1 << 20)]}, "the page is larger than 1 MiB", marks=pytest.mark.slow
        ),
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
        ran = cxcall("campaign", "export", "--contact-list", LIST_ID, "--to", "x.jsonl")
    assert (ran.code in (5, 6), problem in ran.err) == (True, True), ran
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
def test_export_reads_all_pages_of_a_platform_whose_pages_are_smaller(cxcall: Cxcall) -> None:
    def answer(body: Any, _count: int) -> Reply:
        start = (body["pageNumber"] - 1) * 25
        items = [{"id": str(place), "data": {}} for place in range(start, min(start + 25, 60))]
        return Reply(200, {"entities": items, "pageSize": 25, "total": 60})

    with Platform(answer, reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        cxcall("campaign", "export", "--contact-list", LIST_ID, "--to", "x.jsonl", code=0)
    assert len((cxcall.folder / "x.jsonl").read_text("utf-8").splitlines()) == 60


@pytest.mark.slow
def test_failed_search_of_contacts_may_be_repeated(cxcall: Cxcall) -> None:
    """It is a POST, but it changes nothing, so its outcome is never unknown."""
    with Platform(lambda *_: Reply(500), reads=Dialer().read) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall("campaign", "export", "--contact-list", LIST_ID, "--to", "x.csv", code=6)
    assert "it only reads: nothing was changed\nhint: run it again" in ran.err


def test_export_without_declared_columns_has_every_member(cxcall: Cxcall) -> None:
    attempts = [{"contactId": 1}, None, {"contactId": 2, "callNotes": "half \ud83d"}]
    paths = []

    def read(path: str, _count: int) -> Reply:
        paths.append(path)
        return Reply(200, {"resultSet": {"contactAttempts": attempts, "totalRecords": 3}})

    words = ("campaign", "export", "--contact-list", "1001", "--platform", "nice-cxone", "--to")
    with Platform(reads=read) as platform:
        cxcall.environment |= {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": "t-1"}
        cxcall(*words, "x.csv", code=0)
    text = (cxcall.folder / "x.csv").read_bytes()
    assert text == b"contactId,callNotes\r\n1,\r\n,\r\n2,half ?\r\n"
    assert "top=500" in paths[-1]


@pytest.mark.slow
def test_an_export_overwrites_no_file_and_no_state(live: Cxcall, tenant: Tenant) -> None:
    list_id = tenant.new_list()
    tenant.load(list_id, "+13035550101")
    words = ("campaign", "export", "--contact-list", list_id, "--to")
    target = live.folder / live.file("results.csv", "mine\n")
    assert "exists" in live(*words, target.name, code=2).err
    assert target.read_text("utf-8") == "mine\n"
    live(*words, "new.csv", code=0)
    exported = (live.folder / "new.csv").read_text("utf-8")
    assert exported.splitlines()[1].endswith("+13035550101,,,")
    own = live.folder / "state" / "results.csv"
    assert "reads or writes this file itself" in live(*words, str(own), code=2).err
    assert not own.exists()


@pytest.mark.slow
def test_export_has_no_formula_and_replaces_no_link(cxcall: Cxcall) -> None:
    cells = {"Phone": "+13035550101", "Name": "=1+1", "@x": "\n\uff1d1", "id": "CRM-1"}
    found = {"entities": [{"id": "1", "data": cells}], "total": 1}
    listed = {"name": "L", "columnNames": [*cells], "phoneColumns": []}
    words = ("campaign", "export", "--contact-list", LIST_ID, "--to")
    with Platform(lambda *_: Reply(200, found), reads=lambda *_: Reply(200, listed)) as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, "x.csv", code=0)
        (cxcall.folder / "link.csv").symlink_to("nowhere.csv")
        assert "`link.csv` exists" in cxcall(*words, "link.csv", code=2).err
        cxcall(*words, "x.jsonl", code=0)
    text = (cxcall.folder / "x.csv").read_text("utf-8")
    (row,) = csv.DictReader(io.StringIO(text, newline=""))
    expected = {"Phone": "+13035550101", "Name": "'=1+1", "'@x": "'\n\uff1d1"}
    assert {name: row[name] for name in expected} == expected
    exported = json.loads((cxcall.folder / "x.jsonl").read_text("utf-8"))
    assert exported["Name"] == "=1+1"
    for found in (row, exported):
        assert (found["contactId"], found["id"]) == ("1", "CRM-1")
