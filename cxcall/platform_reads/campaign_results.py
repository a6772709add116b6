"""Read the contacts of a list with the results of their calls, one page after the other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cxcall.contracts.paging import find_paging
from cxcall.documents.json_pointer import find_value, split_pointer
from cxcall.platform_reads.all_pages import digest, follow_pages, paging_error, wait_for_budget
from cxcall.platform_reads.read_requests import body_of, object_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.campaign_roles import RoleOperation
    from cxcall.platform_reads.campaigns import CampaignReader, ContactListState
    from cxcall.responses.delivery import Delivery

_ID_COLUMNS = ("id", "contactId", "platformId", "platformContactId")
"""The names for the ID of a contact: the first one that the list does not have as a column is used."""
_REPEATED = "contact the platform's support: the list would never end"
_TOO_LARGE = "the page is larger than 1 MiB"


def result_columns(found: RoleOperation, known: ContactListState | None) -> list[str]:
    """Return the columns of an export: contact ID, list columns, and last attempt and result of each phone column.

    Empty if the contract declares no places; the export then has the members that the platform returns.
    """
    if not found.place("id") or known is None:
        return []
    last = [split_pointer(place)[-1] for place in found.declared.get("last", ())]
    calls = [f"{phone} {name}" for phone in known.phone_columns for name in last]
    id_column = next(each for each in _ID_COLUMNS if each not in known.columns)
    return [id_column, *known.columns, *calls]


def read_results(
    reader: CampaignReader, list_id: str, columns: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield each contact as a flat object; raises ReadError."""
    found = reader.roles["results"]
    pages = _numbered_pages if "page" in found.declared else _linked_pages
    for item in pages(reader, found, list_id):
        whole = item if isinstance(item, dict) else {}
        yield _flat(found, whole, columns[0]) if columns else whole


def _numbered_pages(reader: CampaignReader, found: RoleOperation, list_id: str) -> Iterator[Any]:
    """Yield the items of pages that numbers in the body select, until all that the platform counts are read.

    A platform may return fewer items in a page than were asked for.
    """
    most, number = int(found.declared["most"]), 1
    page, size = (split_pointer(found.place(name))[0] for name in ("page", "size"))
    seen: dict[bytes, int] = {}
    count = 0
    while True:
        values, page_values = {found.id_parameter: list_id}, {page: number, size: most}
        delivery = reader.send(reader.check(found.operation, values, page_values))
        if delivery.response is not None and delivery.response.is_truncated:
            fix = (
                f"read smaller pages: `cxcall send {found.operation.name}` with a smaller `{size}`"
            )
            raise paging_error(delivery._replace(findings=()), _TOO_LARGE, fix)
        body, items = body_of(delivery), _items_of(found, delivery)
        first = seen.setdefault(digest(items), number) if items else number
        if first != number:
            raise paging_error(delivery, f"page {number} has the items of page {first}", _REPEATED)
        yield from items
        count += len(items)
        _stop_on_early_end(found, delivery, items, count)
        if _is_last(found, body, number, count, is_short=len(items) < most):
            return
        wait_for_budget(delivery, reader.wait)
        number += 1


def _is_last(found: RoleOperation, body: Any, pages: int, items: int, *, is_short: bool) -> bool:
    """Return whether all pages were read, by the platform's count of pages or items, or else by a short last page."""
    for read, place in ((pages, "pages"), (items, "total")):
        counted = find_value(body, found.place(place))
        if isinstance(counted, int):
            return read >= counted
    return is_short


def _items_of(found: RoleOperation, delivery: Delivery) -> list[Any]:
    """Return the contacts of a page; none if the response has no body; raises ReadError."""
    body = body_of(delivery)
    items = find_value(body, found.place("items"))
    if body is not None and not isinstance(items, list):
        place = found.place("items")
        raise paging_error(delivery, f"the response has no list at `{place}`", "try again later")
    return items or []


def _stop_on_early_end(
    found: RoleOperation, delivery: Delivery, items: list[Any], count: int
) -> None:
    """Raise ReadError for an empty page if the platform counts more items than it returned."""
    total = find_value(body_of(delivery), found.place("total"))
    if isinstance(total, int) and not items and count < total:
        message = (
            f"the response has no items, although the platform counts {total}; {count} were read"
        )
        raise paging_error(delivery, message, "try again later")


def _linked_pages(reader: CampaignReader, found: RoleOperation, list_id: str) -> Iterator[Any]:
    """Yield the items of pages that parameters of the query select."""
    values = {found.id_parameter: list_id}
    paging = find_paging(found.operation)
    if paging is None:
        delivery = reader.send(reader.check(found.operation, values))
        items = _items_of(found, delivery)
        yield from items
        _stop_on_early_end(found, delivery, items, len(items))
        return
    if paging.size and "most" in found.declared:
        values[paging.size] = str(found.declared["most"])
    checked = reader.check(found.operation, values)
    send = partial(reader.send, checked)
    count = 0
    for page in follow_pages(paging, checked.request, send, reader.wait):
        yield from page.items
        count += len(page.items)
        _stop_on_early_end(found, page.delivery, page.items, count)


def _flat(found: RoleOperation, item: Any, id_column: str) -> dict[str, Any]:
    """Return a contact with its ID, its cells, and the last attempt and result of each number, as one object."""
    flat = {id_column: find_value(item, found.place("id"))}
    flat |= object_at(item, found.place("columns"))
    for phone, record in object_at(item, found.place("calls")).items():
        for place in found.declared.get("last", ()):
            flat[f"{phone} {split_pointer(place)[-1]}"] = find_value(record, place)
    return flat
