"""`send LIST --all`, `--query`, and `--fields`: every kind of paging, from loopback servers and the sandbox."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jmespath
import pytest

from cxcall.cli.actions.response_reading import Reading
from cxcall.cli.shared_options import ReadOptions
from cxcall.contracts.contract import Contract, load_operations
from cxcall.contracts.operation import Operation
from cxcall.contracts.paging import Paging, find_paging
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.platform_reads.all_pages import follow_pages
from cxcall.platform_reads.read_requests import ReadError
from cxcall.responses.delivery import Delivery
from cxcall.sandbox.operation_responses import ResponseContext, success_response
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse
from helpers.command import CONTACT, CXCALL, Cxcall, screen, terminal
from helpers.platform_server import Platform, Reply

ITEMS = [{"id": str(number), "deep": {"label": f"l{number}"}} for number in range(1, 8)]
THINGS = "/base/things"


def _list(name: str, query: list[str], **members: Any) -> dict[str, Any]:
    """Return a path item: a list called `name` with query parameters and members of its response."""
    thing = {"type": "object", "properties": {"id": {"type": "string"}}}
    properties = {"entities": {"type": "array", "items": thing}, **members}
    schema = {"type": "object", "properties": properties}
    return _read(name, query, schema)


def _read(name: str, query: list[str], schema: dict[str, Any]) -> dict[str, Any]:
    parameters = [{"name": each, "in": "query", "schema": {"type": "string"}} for each in query]
    content = {"application/json": {"schema": schema}}
    responses = {"200": {"description": "", "content": content}}
    return {"get": {"operationId": name, "parameters": parameters, "responses": responses}}


NUMBER, TEXT = {"type": "integer"}, {"type": "string"}
NEXT = {"type": "object", "properties": {"next": {"type": "object", "properties": {"href": TEXT}}}}
META = {"type": "object", "properties": {"total_pages": NUMBER, "page_number": NUMBER}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "Lists", "version": "1"},
    "servers": [{"url": "https://lists.example.com/base"}],
    "security": [],
    "paths": {
        "/things": _list(
            "numbered", ["pageNumber", "pageSize", "name"], pageCount=NUMBER, nextUri=TEXT
        ),
        "/counted": _list("counted", ["page[number]", "page[size]"], meta=META),
        "/uncounted": _list("uncounted", ["page", "pageSize"]),
        "/cursors": _list("cursors", ["cursor"], cursor=TEXT),
        "/tokens": _list("tokens", ["pageToken"], nextPageToken=TEXT),
        "/links": _list("links", ["after", "name"], nextUri=TEXT),
        "/hal": _list("hal", ["page_index"], _links=NEXT),
        "/header": _read("header", [], {"type": "array", "items": {"type": "object"}}),
        "/offsets": _list("offsets", ["skip", "top"], totalRecords=TEXT),
        "/untotalled": _list("untotalled", ["skip", "top"]),
        "/unknown": _read("unknown", ["skip", "top"], {"type": "object"}),
        "/one": _list("one", [], id=TEXT),
        "/dials": {"post": {"operationId": "change", "responses": {"200": {"description": ""}}}},
    },
}


def answer(path: str, _count: int) -> Reply:
    """Return the page that a path selects, with the paging of its operation: 3, 3, and 1 items."""
    parts = urlsplit(path)
    given = dict(parse_qsl(parts.query))
    name = parts.path.rpartition("/")[2]
    start = int(
        given.get("skip")
        or given.get("after")
        or given.get("cursor")
        or given.get("pageToken")
        or 0
    )
    if page := given.get("pageNumber") or given.get("page[number]") or given.get("page"):
        start = (int(page) - 1) * 3
    items, after = ITEMS[start : start + 3], start + 3
    more = after < len(ITEMS)
    following = f"{parts.path}?after={after}&name=a%20b%2B%26" if more else None
    ways: dict[str, dict[str, Any]] = {
        "things": {"pageCount": 3, "pageNumber": start // 3 + 1},
        "counted": {"meta": {"total_pages": 3, "page_number": start // 3 + 1}},
        "cursors": {"cursor": str(after)} if more else {},
        "tokens": {"nextPageToken": str(after) if more else ""},
        "links": {"nextUri": following},
        "hal": {"_links": {"next": {"href": following}} if more else {}},
        "offsets": {"totalRecords": "7"},
    }
    members = ways.get(name, {})
    if name == "header":
        headers = {"Link": f'<{following}>; title="a, b"; rel="next"'} if more else {}
        return Reply(200, items, headers)
    if name == "unknown":
        return Reply(200, {"resultSet": {"rows": items, "codes": [1]}}) if items else Reply(204)
    return Reply(200, {"entities": items, "empty": [], **members})


@pytest.fixture
def lists(cxcall: Cxcall) -> Cxcall:
    """Return the command with the document of all these lists."""
    cxcall.environment["CXCALL_CONTRACT"] = cxcall.file("lists.json", DOCUMENT)
    return cxcall


Reads = Callable[[str, int], Reply]


def run(cxcall: Cxcall, reads: Reads, *words: str, code: int = 0) -> tuple[Any, list[str]]:
    """Run `send` at a server; return the result, and the paths that were read, in order."""
    paths = []

    def keep(path: str, count: int) -> Reply:
        paths.append(path)
        return reads(path, count)

    with Platform(reads=keep) as platform:
        env = platform.environment
        return cxcall("send", *words, code=code, env=env), paths


WAYS = [
    "numbered",
    "counted",
    "uncounted",
    "cursors",
    "tokens",
    "links",
    "hal",
    "header",
    "offsets",
    "untotalled",
    "unknown",
]


OPERATIONS = {each.name: each for each in Contract("own", DOCUMENT).operations}


def pages_of(
    name: str, reads: Reads, operation: Operation | None = None, query: str = ""
) -> tuple[list[Any], list[str]]:
    """Return the items of a list, and the paths that were read, without a server."""
    operation = operation or OPERATIONS[name]
    paths: list[str] = []

    def read(request: HttpRequest) -> Delivery:
        paths.append(request.url.removeprefix("http://127.0.0.1"))
        reply = reads(paths[-1], 0)
        body = b"" if reply.status == 204 else json.dumps(reply.body).encode()
        response = HttpResponse(reply.status, "", Headers(reply.headers.items()), body)
        exchange = Exchange(request, response, may_be_sent=True)
        return Delivery("", Outcome.ACCEPTED, ExitCode.OK, exchange)

    paging = find_paging(operation)
    assert paging is not None
    url = f"http://127.0.0.1{operation.path}{query}"
    pages = follow_pages(paging, HttpRequest("GET", url, {}, None), read)
    return [item for page in pages for item in page.items], paths


@pytest.mark.parametrize("name", WAYS)
def test_all_pages_are_read_in_every_way(name: str) -> None:
    items, paths = pages_of(name, answer)
    assert items == ITEMS
    assert len(set(paths)) == len(paths) <= 4


def test_items_are_printed_as_json_lines(lists: Cxcall) -> None:
    ran, paths = run(lists, answer, "header", "--all")
    assert [json.loads(line) for line in ran.out.splitlines()] == ITEMS
    assert ran.err == "7 items in 3 pages\n"
    assert len(paths) == 3


@pytest.mark.slow
def test_first_page_and_filters_are_kept(lists: Cxcall) -> None:
    ran, paths = run(
        lists, answer, "numbered", "--all", "--page-number", "2", "--name", "a b&", "--quiet"
    )
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["4", "5", "6", "7"]
    assert paths == [f"{THINGS}?pageNumber={page}&name=a%20b%26" for page in (2, 3)]
    assert ran.err == ""
    _, paths = run(lists, answer, "links", "--all")
    assert paths[1] == "/base/links?after=3&name=a%20b%2B%26"


LINKS = [
    ("http://127.0.0.1:9/{}?after=3", "another host"),
    ("//evil.example/{}?after=3", "another host"),
    ("https://[broken", "another host"),
    ("http://127.0.0.1:port/{}?after=3", "another host"),
    ("/other?after=3", "another path"),
    ("/{}/../other?after=3", "another path"),
]


@pytest.mark.parametrize("name", ["numbered", "links"])
@pytest.mark.parametrize(("link", "says"), LINKS)
def test_link_that_leads_elsewhere_ends_the_list(name: str, link: str, says: str) -> None:
    page = {"entities": ITEMS[:3], "nextUri": link.format("things" if name == "numbered" else name)}
    count = {"pageCount": 2} if name == "numbered" else {}
    with pytest.raises(ReadError, match=says):
        pages_of(name, lambda *_: Reply(200, {**page, **count}))


def test_token_goes_to_no_other_host(lists: Cxcall) -> None:
    with Platform() as other:
        page = {"entities": ITEMS[:3], "nextUri": f"{other.base_url}/base/links?after=3"}
        ran, paths = run(lists, lambda *_: Reply(200, page), "links", "--all", code=5)
    assert (len(paths), other.seen) == (1, {})
    assert "another host" in ran.err
    assert [json.loads(line) for line in ran.out.splitlines()] == ITEMS[:3]
    assert "incomplete: 3 items in 1 page" in ran.err


def test_too_large_page_is_read_once_and_reported_once(lists: Cxcall) -> None:
    large = {"entities": [{"id": "x" * (1 << 20)}], "pageCount": 2}
    ran, paths = run(lists, lambda *_: Reply(200, large), "numbered", "--all", code=6)
    assert len(paths) == 1
    assert ran.err.count("error[") == 1
    assert "the page is larger than 1 MiB" in ran.err


SAME = [
    ("numbered", {"pageCount": 9}),
    ("cursors", {"cursor": "x"}),
    ("links", {"nextUri": "?after=1"}),
    ("offsets", {}),
]


@pytest.mark.parametrize(("name", "members"), SAME)
def test_page_that_comes_again_ends_the_list(name: str, members: dict[str, Any]) -> None:
    with pytest.raises(ReadError, match="earlier"):
        pages_of(name, lambda *_: Reply(200, {"entities": ITEMS[:3], **members}))


def test_link_to_an_earlier_page_ends_the_list(lists: Cxcall) -> None:
    def circle(path: str, _count: int) -> Reply:
        here = dict(parse_qsl(urlsplit(path).query)).get("after", "0")
        following = {"0": "1", "1": "2", "2": "1"}[here]
        return Reply(200, {"entities": [{"id": here}], "nextUri": f"?after={following}"})

    ran, paths = run(lists, circle, "links", "--all", "-o", "jsonl", code=5)
    *items, envelope = map(json.loads, ran.out.splitlines())
    assert items == [{"id": "0"}, {"id": "1"}, {"id": "2"}]
    assert envelope["findings"][0]["code"] == "paging"
    assert len(paths) == 3


@pytest.mark.slow
def test_refused_page_keeps_its_exit_code_and_the_items_before(lists: Cxcall) -> None:
    def refuse(path: str, count: int) -> Reply:
        return answer(path, count) if "pageNumber" not in path else Reply(403, {"code": "x"})

    ran, _ = run(lists, refuse, "numbered", "--all", "-o", "json", code=5)
    assert ran.envelope["outcome"] == "refused"
    assert ran.envelope["data"] == {"pages": 1, "count": 3, "items": ITEMS[:3]}
    assert ran.envelope["response"]["status"] == 403
    ran, _ = run(lists, refuse, "numbered", "--all", code=5)
    assert [json.loads(line) for line in ran.out.splitlines()] == ITEMS[:3]
    assert "incomplete: 3 items in 1 page; to continue, add `--param pageNumber=2`" in ran.err


def test_busy_api_is_waited_for_and_empty_window_too(lists: Cxcall) -> None:
    def busy(path: str, count: int) -> Reply:
        if not count:
            return Reply(429, {}, {"Retry-After": "0"})
        left = {
            "inin-ratelimit-allowed": "3",
            "inin-ratelimit-count": "3",
            "inin-ratelimit-reset": "0",
        }
        return answer(path, count)._replace(headers=left)

    ran, paths = run(lists, busy, "cursors", "--all")
    assert len(ran.out.splitlines()) == 7
    assert len(paths) == 6
    assert "sending again" in ran.err
    assert "no request is left in this rate-limit window" in ran.err


@pytest.mark.slow
def test_expression_is_applied_to_each_page_as_jmespath_does(lists: Cxcall) -> None:
    expression = "entities[?id != '2'].{id: id, label: deep.label}"
    ran, _ = run(lists, answer, "numbered", "--query", expression, "--all")
    expected = jmespath.search(expression, {"entities": ITEMS})
    assert [json.loads(line) for line in ran.out.splitlines()] == expected
    ran, _ = run(lists, answer, "numbered", "--query", "entities[].id", "--all")
    assert ran.out.split() == [item["id"] for item in ITEMS]
    ran, _ = run(lists, answer, "numbered", "--query", "length(entities)")
    assert ran.out == "3\n"
    assert "this is one page" in ran.err
    ran, _ = run(lists, answer, "numbered", "--query", "entities[0]", "-o", "json")
    assert ran.envelope["data"] == {"result": ITEMS[0]}
    ran, _ = run(lists, answer, "numbered", "--query", "id", "--all")
    assert (ran.out, ran.err.count("write `entities[].NAME`")) == ("", 1)


@pytest.mark.slow
def test_fields_of_each_item_are_printed(lists: Cxcall) -> None:
    ran, _ = run(lists, answer, "offsets", "--fields", "id, deep.label", "--all")
    assert json.loads(ran.out.splitlines()[6]) == {"id": "7", "deep.label": "l7"}
    ran, _ = run(lists, answer, "header", "--fields", "deep.lable", "-o", "jsonl")
    assert json.loads(ran.out.splitlines()[0]) == {"deep.lable": None}
    ran, _ = run(lists, answer, "header", "--fields", "deep.lable")
    assert "the most similar field is `deep.label`" in ran.err


REFUSED = [
    ("numbered", ("--query", "entities["), "it is incomplete"),
    ("numbered", ("--query", "a b"), "unexpected `b` at character 3"),
    ("numbered", ("--query", "nope(id)"), "unknown function `nope`"),
    ("numbered", ("--query", "length(id, id)"), "Expected 1 argument"),
    ("numbered", ("--query", ""), "cannot be empty"),
    ("numbered", ("--query", "'x"), "Unclosed ' delimiter"),
    ("numbered", ("--query", "(" * 3000), "nested too deeply"),
    ("numbered", ("--query", "id", "--fields", "id"), "cannot be combined with `--query`"),
    ("numbered", ("--fields", "id,,name"), "not a list of names"),
    ("one", ("--all",), "does not return a list in pages"),
    ("change", ("--all",), "it is not a GET"),
]


@pytest.mark.parametrize(("name", "words", "says"), REFUSED)
def test_unusable_flag_is_refused(name: str, words: tuple[str, ...], says: str) -> None:
    given = dict(zip(words, (*words[1:], ""), strict=True))
    options = ReadOptions("--all" in given, given.get("--query"), given.get("--fields"))
    with pytest.raises(UsageError) as caught:
        Reading.of(OPERATIONS[name], options)
    finding = caught.value.findings[0]
    assert says in f"{finding.message} {finding.why}"


def test_invalid_expression_is_refused_before_anything_is_sent(lists: Cxcall) -> None:
    ran, paths = run(lists, answer, "numbered", "--query", "entities[", code=2)
    assert "--query" in ran.err
    assert paths == []


@pytest.mark.slow
def test_expression_that_fails_on_the_response_is_reported(lists: Cxcall) -> None:
    for more in ((), ("--all",)):
        ran, _ = run(lists, answer, "numbered", "--query", "sum(entities[].id)", *more, code=2)
        assert "cannot be applied to the response: In function sum()" in ran.err


def test_selection_never_changes_the_end_of_a_change(live: Cxcall) -> None:
    call = (
        "send",
        "place-call-for-user",
        "--user-id",
        CONTACT,
        "--set",
        '/phoneNumber="+12025550100"',
        "--yes",
    )
    assert live(*call, "--query", "sum(id)", code=0).err.count("error[selection]") == 1
    ran = live(*call, "--again", "--query", "id", code=0)
    assert len(ran.out.split()) == 1


@pytest.mark.slow
def test_numbers_are_masked_in_what_is_selected(lists: Cxcall) -> None:
    page = {"entities": [{"id": "1", "phone": "+12025550100"}]}
    for words in (
        ("--all",),
        ("--query", "entities[0].phone"),
        ("--fields", "phone", "-o", "json"),
        ("--all", "-o", "json"),
    ):
        ran, _ = run(lists, lambda *_: Reply(200, page), "links", *words)
        assert "+*******0100" in ran.out
        assert "2025550100" not in ran.out + ran.err


def test_control_characters_stay_json_and_harmless(lists: Cxcall) -> None:
    page = {"entities": [{"id": "a\x9b1m\u202e"}]}
    ran, _ = run(lists, lambda *_: Reply(200, page), "links", "--all")
    assert (json.loads(ran.out), ran.out) == (page["entities"][0], '{"id": "a\\u009b1m\\u202e"}\n')


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
    for operation in load_operations():
        paging = find_paging(operation)
        if paging is None or paging.items is None:
            continue

        def page(path: str, _count: int, operation: Operation = operation) -> Reply:
            target, _, query = path.partition("?")
            context = ResponseContext("", {}, 0, target, query)
            response = success_response(operation, context, 200)
            return Reply(200, response.body, response.headers)

        query = f"?{paging.size}=2" if paging.size else ""
        items, paths = pages_of("", page, operation, query)
        assert len(items) == 5, operation.name
        can_choose = bool(paging.size and (paging.number or paging.offset or paging.cursor))
        assert len(paths) in ((3, 4) if can_choose else (1,)), operation.name
        lists += 1
    assert lists > 100


@pytest.mark.slow
def test_table_of_fields_on_a_terminal(live: Cxcall) -> None:
    with terminal(live, "send", "list-campaigns", "--fields", "name,contactList.id") as child:
        shown = screen(child)
    assert "contactList.id" in shown
    assert "Follow-up 5" in shown


@pytest.mark.slow
def test_interrupt_ends_between_whole_lines(lists: Cxcall) -> None:
    def endless(path: str, _count: int) -> Reply:
        here = int(dict(parse_qsl(urlsplit(path).query)).get("cursor", "0"))
        if here == 20:
            os.kill(command.pid, signal.SIGINT)
        return Reply(
            200,
            {
                "entities": [{"id": f"{here}-{each}"} for each in range(100)],
                "cursor": str(here + 1),
            },
        )

    with Platform(reads=endless) as platform:
        env = {**lists.environment, **platform.environment}
        words = [str(CXCALL), "send", "cursors", "--all"]
        command = subprocess.Popen(words, env=env, cwd=lists.folder, stdout=-1, stderr=-1)
        out, err = command.communicate(timeout=60)
    assert command.returncode == 130, err
    lines = out.decode().splitlines()
    assert len(lines) >= 2000
    assert all(json.loads(line) for line in lines)
    assert b"incomplete: " in err


def test_lists_are_found_by_their_schema_alone() -> None:
    shipped = {each.name: each for each in load_operations()}
    assert find_paging(shipped["list-campaigns"]) == Paging(
        "pageNumber", "pageSize", "", "", "/entities"
    )
    assert find_paging(shipped["get-campaign"]) is None
    renamed = json.loads(json.dumps(DOCUMENT).replace('"numbered"', '"zzz"'))
    found = {each.name: find_paging(each) for each in Contract("own", renamed).operations}
    assert found["zzz"] == Paging("pageNumber", "pageSize", "", "", "/entities")
    assert (found["one"], found["change"]) == (None, None)
