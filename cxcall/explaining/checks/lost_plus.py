"""Find values of a query or a form whose `+` was not encoded: it means a space there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding
from cxcall.phone.number_property_names import is_any_number_name

_LOST_PLUS = re.compile(r"(?P<number> [0-9][0-9 ().-]{6,})|.+T[0-9:.]+ [0-9]{2}:?[0-9]{2}")
"""A phone number in E.164, or a time with the offset of its zone, after a `+` in it was decoded."""
FORM_STANDARD = "URL Standard, application/x-www-form-urlencoded parsing"
"""The source of these findings."""
_IN_QUERY = "write `+` as `%2B` in the URL (with curl: `--get --data-urlencode`, with `requests`: `params={...}`)"


def check_query_plus(request: ObservedRequest) -> Iterator[Finding]:
    """Yield a warning for each phone number or time in the query that has a space in place of its `+`."""
    for name, value in request.query:
        if kind := _kind(name, value):
            yield _finding(kind, name, "query", _IN_QUERY)._replace(
                why="in a query, `+` means a space", origin=name
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
