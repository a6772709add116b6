"""Lists in every kind of paging, and a server that returns their pages."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.contracts.paging import find_paging
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.platform_reads.all_pages import follow_pages
from cxcall.responses.delivery import Delivery
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse
from helpers.command import Cxcall
from helpers.platform_server import Platform, Reply

ITEMS = [{"id": str(number), "deep": {"label": f"l{number}"}} for number in range(1, 8)]


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


OPERATIONS = {each.name: each for each in Contract("own", DOCUMENT).operations}


def read_pages(operation: Operation, reads: Reads, query: str = "") -> tuple[list[Any], list[str]]:
    """Return the items of a list, and the paths that were read, without a server."""
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
    pages = follow_pages(paging, HttpRequest("GET", url, {}, None), read, print)
    return [item for page in pages for item in page.items], paths
