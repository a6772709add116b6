"""Derive from a schema how a read returns a list in pages, and find the members that name the next page.

Names are compared without case, hyphens, and other punctuation: `page[number]` is `pageNumber`. The names are
those of Genesys Cloud (`pageNumber`, `pageCount`, `cursor`, `after`, `nextUri`), CXone (`skip`, `top`,
`totalRecords`), and of other documents (`next_page_uri`, `_links.next.href`, `meta.total_pages`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import merged_schema, schema_types
from cxcall.contracts.media_types import declared_responses, json_media
from cxcall.documents.json_pointer import has_value, join_pointer, value_at
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

# Members of a response.
PAGE_COUNTS = ("pagecount", "totalpages")
PAGE_NUMBERS = ("pagenumber", "page", "currentpage", "number")
PAGE_SIZES = ("pagesize", "perpage", "size")
TOTALS = ("total", "totalrecords", "totalresults", "totalcount", "totalelements")
_MORE = ("hasmore", "hasnext", "hasnextpage", "hasmorepages", "hasmoreresults", "hasmoreitems")
LINKS = ("nexturi", "nextpageuri", "nextpageurl", "nexturl", "nextlink", "next", "nextpage")

# Query parameters.
_PARAMETER_NUMBERS = ("pagenumber", "page", "pagenum")
_PARAMETER_SIZES = ("pagesize", "perpage", "top", "limit", "maximumrows", "count")
_OFFSETS = ("skip", "offset", "startrowindex", "startindex")
_CURSORS = (
    "cursor",
    "nextcursor",
    "pagetoken",
    "nextpagetoken",
    "continuationtoken",
    "after",
    "nextpage",
)
# Places in a list that a link may name in a parameter that the schema does not declare as one of its pages.
_PLACES = tuple(
    """
    before marker position start startat startafter startingafter endingbefore sinceid maxid scrollid
    """.split()
)
# Members of a response that hold the list, or the links to other pages.
_LIST_NAMES = ("entities", "results", "resources", "items", "records", "data")
_LISTS = tuple(f"/{name}" for name in (*_LIST_NAMES, "Resources"))
_PAGE_OBJECTS = ("links", "meta", "page", "paging", "pagination", "navigation")
_LINK_MEMBERS = ("href", "uri", "url")
_LINK_HEADER = r'<([^>]*)>((?:\s*;\s*[^\s;,="]+(?:\s*=\s*(?:"[^"]*"|[^\s;,"]+))?)*)'
_DEEPEST = 3
_OF_ANY_OBJECT = ("number", "size")
"""Names that only say something about a page at the top of a response, or in `page`."""


class Paging(NamedTuple):
    """How an operation pages: the query parameters that choose a page, each empty if there is none.

    `items` is the JSON pointer of the list in a response, None if the schema does not show it. `first` is the number
    of the first page.
    """

    number: str = ""
    size: str = ""
    offset: str = ""
    cursor: str = ""
    items: str | None = None
    first: int = 1

    def find_items(self, body: Any) -> list[Any] | None:
        """Return the list in a response body; None if there is none."""
        if isinstance(body, list):
            return body
        place = self.items
        if place is None or not has_value(body, place):
            place = _choose_list(_arrays_in(body))
        found = None if place is None else value_at(body, place)
        return found if isinstance(found, list) else None

    @property
    def first_offset(self) -> int:
        """The offset of the first item: SCIM counts from 1."""
        return int(alphanumeric_name(self.offset) == "startindex")


def find_paging(operation: Operation) -> Paging | None:
    """Return how a read pages; None if its schema declares neither a page nor a list as its response."""
    if operation.method != "GET" or not operation.is_read:
        return None
    schema = success_schema(operation)
    query = {
        alphanumeric_name(entry.name): entry.name
        for entry in operation.parameters
        if entry.location == "query"
    }
    number, size, offset, cursor = (
        next((query[name] for name in names if name in query), "")
        for names in (_PARAMETER_NUMBERS, _PARAMETER_SIZES, _OFFSETS, _CURSORS)
    )
    is_list = "array" in _types(schema)
    items = "" if is_list else _choose_list(_declared_arrays(operation, schema))
    names = set(_page_members(operation, schema))
    if "id" in names and not is_list:
        return None  # one object with lists
    has_page = bool(number or offset) or (cursor != "" and items is not None)
    is_listing = bool(names & {*PAGE_COUNTS, *TOTALS, *LINKS}) and items in _LISTS
    if not (is_list or has_page or is_listing):
        return None
    return Paging(number, size, offset, cursor, items, _first_page(operation, number))


def _first_page(operation: Operation, name: str) -> int:
    """Return the number of the first page: 0 if that is the default or the minimum of the parameter."""
    schemas = (each.schema for each in operation.parameters if each.name == name)
    values = (schema.get(key) for schema in schemas for key in ("default", "minimum"))
    return int(next((value for value in values if isinstance(value, int)), 1) != 0)


def success_schema(operation: Operation) -> JsonSchema:
    """Return the merged schema of the JSON body of the first success; `{}` if none is declared."""
    responses = declared_responses(operation)
    for status in sorted(each for each in responses if each[:1] == "2") or ["default"]:
        if schema := (json_media(responses.get(status, {})) or {}).get("schema"):
            return merged_schema(operation.contract.resolve, schema)
    return {}


def alphanumeric_name(name: str) -> str:
    """Return a name in lower case, letters and digits only."""
    return re.sub(r"[\W_]", "", name).lower()


def is_paging(name: str) -> bool:
    """Return whether a query parameter has a name of those that choose a page, or its size."""
    known = (*_PARAMETER_NUMBERS, *_PARAMETER_SIZES, *_OFFSETS, *_CURSORS, *_PLACES)
    return alphanumeric_name(name) in known


def find_number(body: Any, names: Iterable[str]) -> int | None:
    """Return the whole number of the first of these names in a response; None if it has none."""
    for _, value in _members_called(body, names):
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        # CXone may return numbers as text.
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            return int(value)
    return None


def says_more(body: Any) -> bool | None:
    """Return what a response says of more items after it; None if it says nothing."""
    said = (value for _, value in _members_called(body, _MORE) if isinstance(value, bool))
    return next(said, None)


def find_cursor(body: Any, parameter: str) -> str:
    """Return the cursor of the next page in a response; empty at the end."""
    name = alphanumeric_name(parameter)
    for _, value in _members_called(body, (f"next{name}", name)):
        if value and isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)
    return ""


def find_link(body: Any, headers: Mapping[str, str]) -> str | None:
    """Return the link to the next page, empty at the end; None if the response shows no such link.

    The header `Link` counts like the body (RFC 8288).
    """
    header = headers.get("Link", "")
    for target, parameters in re.findall(_LINK_HEADER, header):
        if re.search(r'(?i)[;\s]rel\s*=\s*"?(?:[^";]*\s)?next\b', parameters):
            return str(target)
    found = None
    for _, value in _members_called(body, LINKS):
        if isinstance(value, dict):
            value = next((value[name] for name in _LINK_MEMBERS if value.get(name)), "")  # noqa: PLW2901
        if isinstance(value, str | None):
            found = found or value or ""
    return "" if found is None and header else found


def _members_called(body: Any, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
    """Yield the members with these folded names, in order, of a body and of the objects in it."""
    named: dict[str, list[Any]] = {}
    waiting = [(body, 1, "")]
    for here, depth, owner in waiting:
        if isinstance(here, dict):
            for name, value in here.items():
                folded = alphanumeric_name(name)
                if folded not in _OF_ANY_OBJECT or owner in ("", "page"):
                    named.setdefault(folded, []).append(value)
                if isinstance(value, dict) and depth < _DEEPEST:
                    waiting.append((value, depth + 1, folded))
    yield from ((name, value) for name in names for value in named.get(name, ()))


def _types(schema: JsonSchema) -> list[str]:
    return schema_types(schema) or ["array"] * ("items" in schema)


def _page_members(operation: Operation, schema: JsonSchema) -> Iterator[str]:
    """Yield the folded names of a response's properties, and of those that describe the page."""
    for name, member in schema.get("properties", {}).items():
        yield alphanumeric_name(name)
        if alphanumeric_name(name) in _PAGE_OBJECTS:
            declared = merged_schema(operation.contract.resolve, member)
            yield from map(alphanumeric_name, declared.get("properties", {}))


def _declared_arrays(
    operation: Operation, schema: JsonSchema, at: str = ""
) -> Iterator[tuple[str, bool]]:
    """Yield the pointers of the arrays in a response, and whether their items are objects."""
    resolve = operation.contract.resolve
    for name, member in schema.get("properties", {}).items():
        merged, pointer = merged_schema(resolve, member), join_pointer(at, name)
        if "array" in _types(merged):
            items = merged_schema(resolve, merged.get("items") or {})
            yield pointer, "properties" in items or "object" in _types(items)
        elif not at:
            yield from _declared_arrays(operation, merged, pointer)


def _arrays_in(body: Any, at: str = "") -> Iterator[tuple[str, bool]]:
    """Yield the pointers of the arrays in a response body, and whether their items are objects."""
    for name, value in body.items() if isinstance(body, dict) else ():
        pointer = join_pointer(at, name)
        if isinstance(value, list):
            yield pointer, any(isinstance(item, dict) for item in value)
        elif not at:
            yield from _arrays_in(value, pointer)


def _choose_list(arrays: Iterable[tuple[str, bool]]) -> str | None:
    """Return the pointer of the list that is paged: of objects, with a usual name, outermost."""
    known = list(arrays)
    names = [alphanumeric_name(pointer.rpartition("/")[2]) for pointer, _ in known]
    ranks = [
        (not of_objects, name not in _LIST_NAMES, pointer.count("/"))
        for (pointer, of_objects), name in zip(known, names, strict=True)
    ]
    return known[ranks.index(min(ranks))][0] if known else None
