"""Return the page of a list that a request selects, as the schema of its operation declares."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode
from uuid import UUID

from cxcall.contracts import paging as names
from cxcall.contracts.json_schema import merged_schema
from cxcall.contracts.paging import Paging, alphanumeric_name, find_paging, success_schema
from cxcall.contracts.sample_values import sample_value
from cxcall.documents.json_pointer import split_pointer
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import is_uuid
from cxcall.sandbox.http_messages import ErrorResponse

if TYPE_CHECKING:
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

ITEMS = 5
"""The number of items in a list: `pageSize=2` returns three pages."""

_DEFAULT_SIZE = 25


class _Page(NamedTuple):
    """The requested page: its start in the list, and the query that selects it."""

    size: int
    start: int
    next_link: str
    next_cursor: str

    @property
    def number(self) -> int:
        """The number of this page; the first is 1."""
        return self.start // self.size + 1

    @property
    def page_count(self) -> int:
        """How many pages the list has."""
        return -(-ITEMS // self.size)


def cut_page(operation: Operation, body: Any, path: str, query: str) -> tuple[Any, dict[str, str]]:
    """Return the body of a list with the items of the page that the query selects, and its headers.

    A list without an object around it names the next page in the header `Link` (RFC 8288). Any other body
    is returned unchanged. Raises a 400 ErrorResponse for an unusable number.
    """
    paging = find_paging(operation)
    if paging is None or paging.items is None:
        return body, {}
    page = _requested_page(paging, path, dict(parse_qsl(query)))
    schema = success_schema(operation)
    # The whole list: the items of the example, repeated with other IDs.
    known = paging.find_items(body) or [_sample_item(operation, paging)]
    places = range(ITEMS)[page.start : page.start + page.size]
    items = [_rename_item(deepcopy(known[place % len(known)]), place) for place in places]
    if not paging.items:
        link = f'<{page.next_link}>; rel="next"'
        return items, {"Link": link} if page.next_link else {}
    found: dict[str, Any] = deepcopy(body) if isinstance(body, dict) else {}
    *above, last = split_pointer(paging.items)
    here = found
    for name in above:
        here = here.setdefault(name, {})
    here[last] = items
    _set_members(operation, schema, found, page, paging)
    return found, {}


def _requested_page(paging: Paging, path: str, query_values: dict[str, str]) -> _Page:
    size = _number(query_values, paging.size, _DEFAULT_SIZE, 1)
    if not (paging.number or paging.offset or paging.cursor):
        size = ITEMS  # no request could select the next page
    first = paging.first_offset
    if paging.number:
        start = (_number(query_values, paging.number, 1, 1) - 1) * size
    elif paging.offset:
        start = _number(query_values, paging.offset, first, first) - first
    else:
        start = _number(query_values, paging.cursor, 0, 0)
    after = start + size
    if after >= ITEMS:
        return _Page(size, start, "", "")
    chooser, value = (
        (paging.number, after // size + 1)
        if paging.number
        else (paging.offset or paging.cursor, after + (first if paging.offset else 0))
    )
    query = urlencode({**query_values, chooser: value}, quote_via=quote)
    return _Page(size, start, f"{path}?{query}", str(after))


def _number(query_values: dict[str, str], name: str, default: int, least: int) -> int:
    text = query_values.get(name, "") if name else ""
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or int(text) < least:
        raise ErrorResponse(400, "invalid.query.param.value", name=name)
    return int(text)


def _sample_item(operation: Operation, paging: Paging) -> Any:
    schema, resolve = success_schema(operation), operation.contract.resolve
    for name in split_pointer(paging.items or ""):
        schema = merged_schema(resolve, schema.get("properties", {}).get(name, {}))
    item = merged_schema(resolve, schema.get("items") or {})
    names = list(item.get("properties", {}))
    usual = [name for name in names if alphanumeric_name(name) in ("id", "name")] or names[:1]
    required = [*item.get("required", ()), *usual]
    return sample_value(operation.contract, {**item, "required": required})


def _rename_item(item: Any, place: int) -> Any:
    """Return an item that differs from the others by its ID and name; the first one stays unchanged."""
    if not isinstance(item, dict) or not place:
        return item
    changed = {name: _another(name, value, place) for name, value in item.items()}
    if changed == item:  # it has neither: any text makes it a different item
        first = next((name for name, value in item.items() if isinstance(value, str)), "")
        changed |= {first: f"{item[first]} {place + 1}".strip()} if first else {"id": str(place)}
    return changed


def _another(name: str, value: Any, place: int) -> Any:
    """Return the value of an item's ID or name in another item; any other value stays."""
    if alphanumeric_name(name) == "id" and isinstance(value, str):
        return str(UUID(int=place + 1)) if is_uuid(value) else f"{value}-{place + 1}"
    if name.endswith(("id", "Id")) and isinstance(value, int) and not isinstance(value, bool):
        return value + place
    return f"{value} {place + 1}" if name == "name" and isinstance(value, str) else value


def _set_members(
    operation: Operation, schema: JsonSchema, body: dict[str, Any], page: _Page, paging: Paging
) -> None:
    """Set the members that describe the page, if the schema declares them."""
    values: dict[str, Any] = {
        **dict.fromkeys(names.PAGE_COUNTS, page.page_count),
        **dict.fromkeys(names.PAGE_NUMBERS, page.number),
        **dict.fromkeys(names.PAGE_SIZES, page.size),
        **dict.fromkeys(names.TOTALS, ITEMS),
        **dict.fromkeys(names.LINKS, page.next_link),
    }
    cursor = alphanumeric_name(paging.cursor)
    if cursor:
        values |= {cursor: page.next_cursor, f"next{cursor}": page.next_cursor}
    for name, member in schema.get("properties", {}).items():
        declared = merged_schema(operation.contract.resolve, member)
        if alphanumeric_name(name) in values:
            _set_member(body, name, declared, values[alphanumeric_name(name)])
        elif any(alphanumeric_name(each) in values for each in declared.get("properties", {})):
            _set_members(operation, declared, body.setdefault(name, {}), page, paging)


def _set_member(body: dict[str, Any], name: str, declared: JsonSchema, value: Any) -> None:
    """Set a number, a link, or a cursor; a missing link or cursor is left out."""
    if value == "":
        body.pop(name, None)
    elif "properties" in declared:
        body[name] = {next(iter(declared["properties"])): value}
    else:
        body[name] = str(value) if declared.get("type") == "string" else value
