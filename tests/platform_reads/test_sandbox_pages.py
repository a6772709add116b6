"""The sandbox returns the page of a list that a request selects."""

from __future__ import annotations

import json

import pytest

from cxcall.contracts.contract import load_catalog
from cxcall.contracts.operation import Operation
from cxcall.contracts.paging import find_paging
from cxcall.sandbox.response_content import ResponseContext, success_response
from helpers.command import Cxcall
from helpers.paged_lists import read_pages
from helpers.platform_server import Reply


def test_page_behind_the_last_one_is_empty(live: Cxcall) -> None:
    words = ("send", "list-campaigns", "--page-size", "2", "--page-number", "99", "-o", "json")
    page = live(*words, code=0).envelope["response"]["body"]
    assert page["entities"] == []
    assert (page["pageNumber"], page["pageCount"], page["total"]) == (99, 3, 5)


@pytest.mark.slow
def test_sandbox_pages_as_its_schema_says(live: Cxcall) -> None:
    ran = live("send", "list-campaigns", "--all", "--page-size", "2", "--fields", "id", code=0)
    ids = [json.loads(line)["id"] for line in ran.out.splitlines()]
    assert len(set(ids)) == len(ids) == 5
    assert "5 items in 3 pages" in ran.err
    ran = live(
        "send", "list-campaigns", "--page-size", "2", "--page-number", "3", "-o", "json", code=0
    )
    page = ran.envelope["response"]["body"]
    assert [entry["id"] for entry in page["entities"]] == ids[4:]
    assert (page["pageCount"], page["total"]) == (3, 5)


@pytest.mark.slow
def test_sandbox_pages_in_every_way_of_a_document(lists: Cxcall) -> None:
    for name in ("numbered", "counted", "cursors", "tokens", "links", "offsets"):
        size = ("--param", "pageSize=2") if name == "numbered" else ()
        ran = lists("send", name, "--all", "--sandbox", *size, code=0)
        assert len({json.loads(line)["id"] for line in ran.out.splitlines()}) == 5, name


@pytest.mark.slow
def test_every_shipped_list_is_read_to_its_end_from_the_sandbox() -> None:
    lists = 0
    for operation in load_catalog():
        paging = find_paging(operation)
        if paging is None or paging.items is None:
            continue

        def page(path: str, _count: int, operation: Operation = operation) -> Reply:
            target, _, query = path.partition("?")
            context = ResponseContext("", {}, 0, target, query)
            response = success_response(operation, context, 200)
            return Reply(200, response.body, response.headers)

        query = f"?{paging.size}=2" if paging.size else ""
        items, paths = read_pages(operation, page, query)
        assert len(items) == 5, operation.name
        can_choose = bool(paging.size and (paging.number or paging.offset or paging.cursor))
        assert len(paths) in ((3, 4) if can_choose else (1,)), operation.name
        lists += 1
    assert lists > 100
