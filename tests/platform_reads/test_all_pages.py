"""`send LIST --all`: every kind of paging, from loopback servers."""

from __future__ import annotations

import itertools
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from cxcall.platform_reads.read_requests import ReadError
from helpers.cases import each_case
from helpers.command import Cxcall
from helpers.paged_lists import ITEMS, OPERATIONS, Reads, answer, read_pages, run
from helpers.platform_server import Platform, Reply

THINGS = "/base/things"
WAYS = (
    "numbered counted uncounted cursors tokens links hal header offsets untotalled unknown".split()
)


def pages_of(name: str, reads: Reads, query: str = "") -> tuple[list[Any], list[str]]:
    """Return the items of a list, and the paths that were read, without a server."""
    return read_pages(OPERATIONS[name], reads, query)


@each_case("name", WAYS, quick=2)
def test_all_pages_are_read_in_every_way(name: str) -> None:
    items, paths = pages_of(name, answer)
    assert items == ITEMS
    assert len(set(paths)) == len(paths) <= 4


@pytest.mark.parametrize("count", [{"total": 7}, {"meta": {"total_pages": 3}}])
@pytest.mark.parametrize("first", [0, 1])
def test_all_pages_are_read_whatever_the_first_number_and_the_size(
    first: int, count: dict[str, Any]
) -> None:
    def read(path: str, _count: int) -> Reply:
        given = dict(parse_qsl(urlsplit(path).query))
        number = int(given.get("page", first))
        items = ITEMS[(number - first) * 3 :][:3]
        return Reply(200, {"entities": items, "pageSize": 3, "number": number, **count})

    for query in ("", "?pageSize=100", f"?page={first}"):
        items, paths = pages_of("uncounted", read, query=query)
        assert items == ITEMS
        assert len(paths) == 3


@pytest.mark.parametrize("count", [{}, {"total": 7}])
def test_all_pages_are_read_of_a_server_whose_pages_are_smaller_than_asked_for(
    count: dict[str, Any],
) -> None:

    def read(path: str, _count: int) -> Reply:
        start = (int(dict(parse_qsl(urlsplit(path).query)).get("page", 1)) - 1) * 3
        items = ITEMS[start : start + 3]
        return Reply(200, {"entities": items, **count})

    assert pages_of("uncounted", read, query="?pageSize=5")[0] == ITEMS


def test_list_of_empty_pages_has_an_end() -> None:
    numbers = itertools.count()

    def read(_path: str, _count: int) -> Reply:
        return Reply(200, {"entities": [], "cursor": f"{next(numbers)}\ud83d"})  # half an emoji

    with pytest.raises(ReadError, match="100 pages in a row have no items"):
        pages_of("cursors", read)


@pytest.mark.parametrize("other", [{"contact": {"number": 0}}, {"file": {"size": 100}}])
def test_number_of_another_object_is_not_that_of_the_page(other: dict[str, Any]) -> None:
    def read(path: str, count: int) -> Reply:
        body = answer(path, count).body
        assert isinstance(body, dict)
        return Reply(200, {**body, **other})

    items, paths = pages_of("uncounted", read)
    assert items == ITEMS
    assert len(paths) == 4


@pytest.mark.slow
def test_items_are_printed_as_json_lines(lists: Cxcall) -> None:
    ran, paths = run(lists, answer, "header", "--all")
    assert [json.loads(line) for line in ran.out.splitlines()] == ITEMS
    assert ran.err == "7 items in 3 pages\n"
    assert len(paths) == 3
    ran, _ = run(lists, answer, "header", "--all", "--query", "nothing", "-o", "jsonl")
    assert (ran.out, "note[selection]: " in ran.err) == ("", True)


@pytest.mark.slow
def test_first_page_and_filters_are_kept(lists: Cxcall) -> None:
    ran, paths = run(
        lists, answer, "numbered", "--all", "--page-number", "2", "--name", "a b&", "--quiet"
    )
    assert [json.loads(line)["id"] for line in ran.out.splitlines()] == ["4", "5", "6", "7"]
    assert paths == [f"{THINGS}?pageNumber={page}&name=a%20b%26" for page in (2, 3)]
    assert ran.err == ""
    ran, _ = run(lists, answer, "numbered", "--all", "--page-number", "3")
    assert ran.err == "1 item in 1 page\n"
    _, paths = run(lists, answer, "links", "--all")
    assert paths[1] == "/base/links?after=3&name=a%20b%2B%26"


@each_case(
    "name, query, link",
    [
        ("uncounted", "page", "next"),
        ("uncounted", "page", "_links"),
        ("uncounted", "page", "Link"),
        ("offsets", "skip", "nextUri"),
        ("untotalled", "skip", "Link"),
    ],
)
def test_page_without_a_link_after_pages_with_links_is_the_last(
    name: str, query: str, link: str
) -> None:
    def read(path: str, _count: int) -> Reply:  # it returns its last page again
        start = int(dict(parse_qsl(urlsplit(path).query)).get(query, query == "page"))
        number = start // 3 if query == "skip" else start - 1
        body: dict[str, Any] = {"entities": ITEMS[min(number, 2) * 3 :][:3]}
        after = f"/{name}?{query}={start + (3 if query == 'skip' else 1)}"
        if number >= 2:
            return Reply(200, body)
        if link == "Link":
            return Reply(200, body, {"Link": f'<{after}>; rel="next"'})
        return Reply(200, {**body, link: {"next": {"href": after}} if link[0] == "_" else after})

    items, paths = pages_of(name, read)
    assert (items, len(paths)) == (ITEMS, 3)


def test_flag_says_whether_there_are_more_items() -> None:
    def read(path: str, _count: int) -> Reply:
        page = int(dict(parse_qsl(urlsplit(path).query)).get("page", 1))
        link = {"next": "/uncounted?page=2"} if page == 1 else {}  # the first page has a link
        items = ITEMS[min(page - 1, 2) * 3 :][:3]  # the last one is returned again
        return Reply(200, {"entities": items, "hasMore": page < 3, **link})

    items, paths = pages_of("uncounted", read)
    assert (items, len(paths)) == (ITEMS, 3)


def test_more_items_without_a_way_to_them_are_an_error() -> None:
    def read(_path: str, _count: int) -> Reply:
        return Reply(200, {"entities": ITEMS[:3], "paging": {"has_more": True}})

    with pytest.raises(ReadError, match="page 1 says that there are more items, but not how"):
        pages_of("cursors", read)


LINKS = [
    ("http://127.0.0.1:9/{}?after=3", "another host"),
    ("//evil.example/{}?after=3", "another host"),
    ("https://[broken", "another host"),
    ("http://127.0.0.1:port/{}?after=3", "another host"),
    ("/other?after=3", "another path"),
    ("/{}/../other?after=3", "another path"),
]


@pytest.mark.parametrize(("link", "says"), LINKS)
def test_link_that_leads_elsewhere_ends_the_list(link: str, says: str) -> None:
    page = {"entities": ITEMS[:3], "nextUri": link.format("links")}
    with pytest.raises(ReadError, match=says):
        pages_of("links", lambda *_: Reply(200, page))


def test_link_changes_no_value_of_the_request_but_its_page() -> None:
    first = {"entities": ITEMS[:3], "nextUri": "?to=9&x=5&after=3&x=6&y=4"}
    replies = iter((Reply(200, first), Reply(200, {"entities": ITEMS[3:]})))
    items, paths = pages_of("links", lambda *_: next(replies), query="?x=1&x=2&after=1&y=3&z=1")
    assert (items, paths[1:]) == (ITEMS, ["/links?x=1&x=2&y=3&z=1&to=9&after=3"])


@each_case("starts", [("2026-01-01", "2026-01-02", "2026-02-01"), ("0", "9", "12")])
@each_case("name", ["since", "updated_after", "p"])
@each_case("is_set", [True, False])
def test_only_value_that_a_link_changes_is_the_page(
    name: str, starts: tuple[str, ...], *, is_set: bool
) -> None:
    def read(path: str, _count: int) -> Reply:
        number = starts.index(dict(parse_qsl(urlsplit(path).query)).get(name, starts[0]))
        later = [f"?x=1&{name}={each}&limit=3" for each in starts[number + 1 :]]
        return Reply(200, {"entities": ITEMS[number * 3 :][:3], "nextUri": "".join(later[:1])})

    query = "?x=1&y=2" + f"&{name}={starts[0]}" * is_set
    items, paths = pages_of("links", read, query=query)
    assert (items, len(paths)) == (ITEMS, 3)
    assert all("x=1" in path and "y=2" in path for path in paths)


@each_case(
    "link, reason",
    [
        ("x=2&since=5", "changes only what you set: `x, since`"),
        ("x=1&y=all", "changes only what you set: `y`"),
        ("x=1&action=start", "sets `action` to `start`, which may start something"),
        ("after=3&action=start", "sets `action` to `start`, which may start something"),
        ("x=1&since=0", "the next page would be an earlier one again"),
    ],
)
def test_link_that_chooses_no_page_ends_the_list(link: str, reason: str) -> None:
    page = {"entities": ITEMS[:3], "nextUri": f"?{link}"}
    with pytest.raises(ReadError, match=re.escape(reason)):
        pages_of("links", lambda *_: Reply(200, page), query="?x=1&since=0&y=2")


@pytest.mark.slow
def test_token_goes_to_no_other_host(lists: Cxcall) -> None:
    with Platform() as other:
        page = {"entities": ITEMS[:3], "nextUri": f"{other.base_url}/base/links?after=3"}
        ran, paths = run(lists, lambda *_: Reply(200, page), "links", "--all", code=5)
    assert (len(paths), other.seen) == (1, {})
    assert "another host" in ran.err
    assert [json.loads(line) for line in ran.out.splitlines()] == ITEMS[:3]
    assert "incomplete: 3 items in 1 page" in ran.err


@pytest.mark.slow
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


@each_case("name, members", SAME, quick=2)
def test_page_that_comes_again_ends_the_list(name: str, members: dict[str, Any]) -> None:
    with pytest.raises(ReadError, match="earlier"):
        pages_of(name, lambda *_: Reply(200, {"entities": ITEMS[:3], **members}))


@each_case(
    "name, members, missing, is_error",
    [
        ("numbered", {"pageCount": 3}, Reply(204), True),
        ("offsets", {"totalRecords": "7"}, Reply(204), True),
        ("cursors", {"cursor": "3", "total": 7}, Reply(204), True),
        ("offsets", {"totalRecords": "7"}, Reply(404), True),
        ("numbered", {"pageCount": 3}, Reply(404), True),
        ("offsets", {}, Reply(204), False),
        ("cursors", {"cursor": "3"}, Reply(204), False),
    ],
)
def test_page_without_a_body_is_an_error_if_the_page_before_counts_more_items(
    name: str, members: dict[str, Any], missing: Reply, *, is_error: bool
) -> None:
    replies = iter((Reply(200, {"entities": ITEMS[:3], **members}), missing))
    query = "?top=25" if name == "offsets" else "?pageSize=25"  # the first page is not full
    if is_error:
        with pytest.raises(ReadError):
            pages_of(name, lambda *_: next(replies), query=query)
    else:
        assert len(pages_of(name, lambda *_: next(replies), query=query)[0]) == 3


@each_case(
    "name, members, start",
    [
        ("numbered", {"total": 7}, "pageNumber=2&pageSize=25"),
        ("offsets", {"totalRecords": "7"}, "skip=4&top=25"),
        ("cursors", {"cursor": "3", "total": 7}, "cursor=2"),
    ],
)
def test_list_from_a_later_page_on_may_end_before_its_count(
    name: str, members: dict[str, Any], start: str
) -> None:
    replies = iter((Reply(200, {"entities": ITEMS[:3], **members}), Reply(204)))
    assert len(pages_of(name, lambda *_: next(replies), query=f"?{start}")[0]) == 3


@pytest.mark.slow
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
    assert "incomplete: 3 items in 1 page" in ran.err


@pytest.mark.slow
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
