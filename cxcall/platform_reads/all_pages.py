"""Follow the pages of a list, one request after the other.

The next page is always a request of the same operation on the same host: only the query of a link in a
response is used, and a link to another address ends the list with an error. Of what the first request sets, a link
changes only parameters whose names choose a page, or a single other one with a digit in its value, such as a time. It
selects no function that may act.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

from cxcall.contracts import paging as names
from cxcall.contracts.acting_words import selects_action
from cxcall.findings.exit_codes import Outcome
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.platform_reads.read_requests import ReadError
from cxcall.responses.message_in_body import shorten
from cxcall.transport import requested_waits
from cxcall.transport.origins import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.contracts.paging import Paging
    from cxcall.responses.delivery import Delivery
    from cxcall.transport.http_messages import HttpRequest

Query = list[tuple[str, str]]
_MOST_EMPTY = 100
"""The most pages in a row without an item: a filter may leave some of them empty."""


_BY_PARAMETERS = "read the pages after it by their parameters"


class Page(NamedTuple):
    """One response with its items; `next_query` is None on the last page. `received` counts the items until its end.

    `link` leads to the next page; it is empty at the end, and None if the response shows none. `is_linked` is whether the
    page before it had a link.
    """

    number: int
    items: list[Any]
    body: Any
    delivery: Delivery
    next_query: Query | None
    received: int = 0
    link: str | None = None
    is_linked: bool = False


def follow_pages(
    paging: Paging,
    request: HttpRequest,
    read: Callable[[HttpRequest], Delivery],
    wait: Callable[[float, str], None],
) -> Iterator[Page]:
    """Yield the page of a request and the pages after it, until the last one.

    Calls `wait` with the seconds to wait if the rate-limit headers of a response say that no request is
    left. Raises ReadError when a read fails, when a page repeats, and when a link leads to another host
    or path.
    """
    seen, first = {digest(request.url)}, request
    number, count, empty = 1, 0, 0
    is_promised = is_from_first = is_linked = False
    while True:
        page = _read_page(paging, request, read, number)
        if is_promised and page.body is None:
            raise _lack_of_items(page)
        if names.find_number(page.body, names.PAGE_NUMBERS) == 0:
            paging = paging._replace(first=0)
        _stop_on_earlier_items(page, seen)
        if number == 1:
            is_from_first = not later_start(paging, request, page)
        empty = 0 if page.items else empty + 1
        count += len(page.items)
        page = page._replace(received=count, is_linked=is_linked)
        is_linked = bool(page.link)
        is_promised = is_from_first and _promises_more(page)
        try:
            page = page._replace(next_query=_next_query(paging, request, page, first))
        except ReadError:
            yield page  # its items were received, although no page after it can be read
            raise
        yield page
        if page.next_query is None:
            if names.says_more(page.body):
                raise _lack_of_next_page(page)
            return
        if empty == _MOST_EMPTY:
            raise _repetition(page.delivery, f"{empty} pages in a row have no items")
        request = request._replace(url=_with_query(request.url, page.next_query))
        if (found := digest(request.url)) in seen:
            raise _repetition(page.delivery, "the next page would be an earlier one again")
        seen.add(found)
        wait_for_budget(page.delivery, wait)
        number += 1


def later_start(paging: Paging, request: HttpRequest, page: Page) -> str:
    """Return the parameter by which the first request asks for a later page than the first; empty if none does."""
    values = dict(parse_qsl(urlsplit(request.url).query))
    if paging.number in values and _position(paging, values, page.body)[1]:
        return paging.number
    if _whole_number(values.get(paging.offset)) > paging.first_offset:
        return paging.offset
    return paging.cursor if values.get(paging.cursor) else ""


def _promises_more(page: Page) -> bool:
    """Return whether a flag or a count in a page says that there are more; it is the first page, or follows it."""
    if names.says_more(page.body):
        return True
    pages = names.find_number(page.body, names.PAGE_COUNTS) or 0
    items = names.find_number(page.body, names.TOTALS) or 0
    return pages > page.number or items > page.received


def _stop_on_earlier_items(page: Page, seen: set[bytes]) -> None:
    """Raise ReadError for the items of an earlier page, and add those of this one to the digests `seen`."""
    if not page.items:
        return
    found = digest(page.items)
    if found in seen:
        raise _repetition(page.delivery, f"page {page.number} has the items of an earlier page")
    seen.add(found)


def _read_page(
    paging: Paging, request: HttpRequest, read: Callable[[HttpRequest], Delivery], number: int
) -> Page:
    delivery = read(request)
    response = delivery.response
    if response is not None and response.is_truncated:
        # The reader's own finding says that no response of the API is so long, but this one is a page.
        delivery = delivery._replace(findings=())
        fix = "narrow the list by its parameters"
        if paging.size:
            fix = f"request smaller pages: {command('--param', f'{paging.size}=10')}"
        raise paging_error(delivery, "the page is larger than 1 MiB", fix)
    if delivery.outcome is not Outcome.ACCEPTED or response is None:
        raise ReadError(delivery)
    body = response.json() if response.body else None
    items = paging.find_items(body)
    if items is None and response.body:
        fix = "leave out `--all` to see the response"
        raise paging_error(delivery, "the response has no list", fix)
    link = names.find_link(body, response.headers)
    return Page(number, items or [], body, delivery, None, link=link)


def _next_query(
    paging: Paging, request: HttpRequest, page: Page, first: HttpRequest
) -> Query | None:
    """Return the query of the page after this one; None after the last page. Numbers are preferred to links.

    After a page with a link, one without is the last, unless it says that there are more.
    """
    query, link = _query_of(request.url), page.link
    body, query_values = page.body, dict(query)
    is_end = page.is_linked and not link and not _promises_more(page)
    is_end |= names.says_more(body) is False
    if paging.number:
        count = names.find_number(body, names.PAGE_COUNTS)
        if count is not None or link is None:
            here, before = _position(paging, query_values, body)
            is_last = (
                is_end or _is_last(paging, query_values, page, before)
                if count is None
                else before + 1 >= count
            )
            return None if is_last else _change_query(query, paging.number, here + 1)
    cursor = names.find_cursor(body, paging.cursor) if paging.cursor else ""
    if cursor and not cursor.startswith("/") and "://" not in cursor:  # a link is read below
        return _change_query(query, paging.cursor, cursor)
    if paging.offset:
        start = _whole_number(query_values.get(paging.offset)) or paging.first_offset
        after, total = start + len(page.items), names.find_number(body, names.TOTALS)
        is_last = is_end or not page.items
        is_last |= total is not None and after - paging.first_offset >= total
        return None if is_last else _change_query(query, paging.offset, after)
    if link:
        _stop_on_foreign_link(page, link, request)
        return _query_of_link(page, _query_of(link), _query_of(first.url))
    return None


def _query_of(url: str) -> Query:
    return parse_qsl(urlsplit(url).query, keep_blank_values=True)


def _query_of_link(page: Page, linked: Query, asked: Query) -> Query:
    """Return the query of a link with the values of the first request, except those that choose the page.

    Raises ReadError if it changes others, which would read another list, or selects a function that may start something.
    """
    kept = [each for each in asked if not names.is_paging(each[0])]
    changed = dict(each for each in linked if each[0] in dict(kept) and each not in kept)
    if len(changed) == 1 and any(map(str.isdecimal, "".join(changed.values()))):
        kept = [each for each in kept if each[0] not in changed]
    added = [each for each in linked if each[0] not in dict(kept)]
    for name, value in added:
        if selects_action(name, value):
            text = f"the link to the next page sets `{shorten(name)}` to `{shorten(value)}`, which may start something"
            raise paging_error(page.delivery, text, _BY_PARAMETERS)
    if changed and not added:
        text = (
            f"the link to the next page changes only what you set: `{shorten(', '.join(changed))}`"
        )
        raise paging_error(page.delivery, text, _BY_PARAMETERS)
    return kept + added


def _position(paging: Paging, query_values: dict[str, str], body: Any) -> tuple[int, int]:
    """Return the number of a page, and how many pages are before it."""
    echoed = names.find_number(body, names.PAGE_NUMBERS)
    asked = query_values.get(paging.number, "")
    shown = paging.first if echoed is None else echoed
    here = int(asked) if asked.isascii() and asked.isdecimal() else shown
    return here, max(here - paging.first, 0)


def _is_last(paging: Paging, query_values: dict[str, str], page: Page, before: int) -> bool:
    """Return whether no page comes after a page without a count of pages: by the total of items, or if it is not full.

    A server may return fewer items in a page than were asked for, and need not say how many a page has.
    """
    echoed = names.find_number(page.body, names.PAGE_SIZES)
    sizes = echoed, _whole_number(query_values.get(paging.size, ""))
    size = min(filter(None, sizes), default=1)
    total = names.find_number(page.body, names.TOTALS)
    if total is None or not page.items:
        return len(page.items) < (size if echoed else 1)
    unread = before - (page.number - 1)
    return unread * size + page.received >= total


def _whole_number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() else 0


def _change_query(query: Query, name: str, value: int | str) -> Query:
    """Return a query with another value of one parameter, in its place."""
    changed = [(each, str(value) if each == name else text) for each, text in query]
    return changed if name in dict(query) else [*changed, (name, str(value))]


def _with_query(url: str, query: Query) -> str:
    path = url.partition("?")[0]
    encoded = urlencode(query, quote_via=quote, safe="", errors="replace")
    return f"{path}?{encoded}" if query else path


def _stop_on_foreign_link(page: Page, link: str, request: HttpRequest) -> None:
    """Raise ReadError for a link to another host, or to a path other than that of the request.

    A proxy in front of the API may have its own path before the path of the link.
    """
    try:
        url = urljoin(request.url, link)
        is_same_host = origin(url) == origin(request.url)
        path = unquote(urlsplit(url).path)
    except ValueError:
        is_same_host, path = False, ""
    if is_same_host and path and unquote(urlsplit(request.url).path).endswith(path):
        return
    where = "path" if is_same_host else "host"
    raise paging_error(
        page.delivery,
        f"the link to the next page leads to another {where}: `{shorten(link)}`",
        "check the base URL; the items of the pages until here were received",
        why="a token is sent only to the host that it was configured for"
        if where == "host"
        else "",
    )


def digest(value: Any) -> bytes:
    """Return a short text for a JSON value, which other values do not have."""
    return sha256(json.dumps(value).encode()).digest()[:16]


def _lack_of_items(page: Page) -> ReadError:
    return paging_error(
        page.delivery,
        f"page {page.number} is empty, although the page before it says that there are more items",
        "run it again; the items of the pages until here were received",
    )


def _lack_of_next_page(page: Page) -> ReadError:
    return paging_error(
        page.delivery,
        f"page {page.number} says that there are more items, but not how to read them",
        f"{_BY_PARAMETERS}; the items of the pages until here were received",
    )


def _repetition(delivery: Delivery, message: str) -> ReadError:
    return paging_error(delivery, message, _BY_PARAMETERS, "the list would never end")


def wait_for_budget(delivery: Delivery, wait: Callable[[float, str], None]) -> None:
    """Call `wait` with the seconds to the next rate-limit window if no request is left in this one."""
    response = delivery.response
    window = requested_waits.remaining_window(response.headers) if response else None
    if window and window[0] < 1:
        wait(window[1], "no request is left in this rate-limit window")


def paging_error(delivery: Delivery, message: str, fix: str, why: str = "") -> ReadError:
    """Return the error for a page that cannot be read."""
    finding = Finding.error("paging", "response", message, fix, why, source="response")
    return ReadError(delivery, *delivery.findings, finding)
