"""Find values of a query or a form whose `+` was not encoded: it means a space there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote_plus

from cxcall.contracts.operation import URLENCODED
from cxcall.documents.json_pointer import leaves
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.edit import Applicability, write
from cxcall.findings.finding import Finding
from cxcall.phone.number_property_names import is_any_number_name

_LOST_PLUS = re.compile(r"(?P<number> [0-9][0-9 ().-]{6,})|.+T[0-9:.]+ [0-9]{2}:?[0-9]{2}")
"""A phone number in E.164, or a time with the offset of its zone, after a `+` in it was decoded."""
FORM_STANDARD = "URL Standard, application/x-www-form-urlencoded parsing"
"""The source of these findings."""
_IN_QUERY = "write `+` as `%2B` in the URL (with curl: `--get --data-urlencode`, with `requests`: `params={...}`)"
_IN_FORM = "write `+` as `%2B` (with curl: `--data-urlencode`, with `requests`: `data={...}`)"
_INDEX = re.compile(r"/\d+$")


def check_query_plus(request: ObservedRequest) -> Iterator[Finding]:
    """Yield a warning for each phone number or time in the query that has a space in place of its `+`."""
    for name, value in request.query:
        if kind := _kind(name, value):
            yield _finding(kind, name, "query", _IN_QUERY)._replace(
                why="in a query, `+` means a space", origin=name
            )


def check_form_plus(request: ObservedRequest, form: Any) -> Iterator[Finding]:
    """Yield a warning for each such value of a form, as decoded, if its `+` is in the body that was sent."""
    if request.content_type != URLENCODED:
        return
    for pointer, value in leaves(form):
        name = _INDEX.sub("", pointer).rpartition("/")[2]
        kind = _kind(name, value) if isinstance(value, str) else ""
        if kind and quote_plus(value, safe=":()") in (request.body or ""):
            right = re.sub(" (?=[0-9]{2}:?[0-9]{2}$)", "+", value) if kind == "time" else ""
            right = right or f"+{value[1:]}"
            yield _finding(kind, pointer, pointer, _IN_FORM)._replace(
                why="in a form, `+` means a space",
                edits=(write("replace", pointer, right, Applicability.SAFE),),
            )


def _kind(name: str, value: str) -> str:
    """Return `number` or `time` for a value that has a space in place of its `+`; else an empty text."""
    found = _LOST_PLUS.fullmatch(value)
    if found is None or (found["number"] and not is_any_number_name(name)):
        return ""
    return "number" if found["number"] else "time"


def _finding(kind: str, name: str, where: str, fix: str) -> Finding:
    return Finding.warning(
        "phone-format" if kind == "number" else "value-not-allowed",
        where,
        f"`{name}` has a space where the {kind} should have a `+`",
        fix=fix,
        source=FORM_STANDARD,
    )
