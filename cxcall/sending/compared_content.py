"""The URL and the body of a request as they enter the digest that makes two requests identical."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import convert_text
from cxcall.contracts.operation import MULTIPART
from cxcall.payloads.payload import encode_body, is_form

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cxcall.sending.checked_request import CheckedRequest

_MOST_EXACT = 2**53
"""The greatest integer up to which each one is another float."""


def compared_url(checked: CheckedRequest) -> str:
    """Return the URL with whole numbers in the query as integers: `n=1.0` and `n=1` are one number in a schema."""
    values = checked.values
    changed = {}
    for each in checked.operation.parameters:
        text = values.get(each.name, "")
        if each.location == "query" and not {".", "e", "E"}.isdisjoint(text):
            number = convert_text(text, each.schema)
            if isinstance(number, float) and number.is_integer():
                changed[each.name] = str(int(number))
    if not changed:
        return checked.request.url
    return checked.operation.url(checked.settings.base_url, {**values, **changed})


def compared_body(checked: CheckedRequest) -> Any:
    """Return the body in the digest: its JSON value, or the fields of a form in any order; None without a body.

    Whole numbers are integers: JSON Schema does not distinguish `1.0` from `1`, and spreadsheets write either.
    """
    if checked.request.body is None:
        return None
    value = _with_numbers(checked.body, _as_integer)
    if not is_form(checked.operation.media_type):
        return value
    content, content_type = encode_body(checked.operation, value)
    separator = content_type.partition("boundary=")[2] or "&"
    return sorted(content.decode("latin-1").split(separator))


def older_bodies(checked: CheckedRequest) -> Iterator[Any]:
    """Yield the body in older digests: numbers as they are written, as floats, or as integers; a multipart form in its order.

    An older record may have any spelling: a spreadsheet writes `1` or `1.0`.
    """
    given = checked.body if checked.given_body is None else checked.given_body
    for value in (given, _with_numbers(given, _as_float), _with_numbers(given, _as_integer)):
        media_type = checked.request.headers.get("Content-Type", "")
        if not is_form(media_type):
            yield value
            continue
        text = encode_body(checked.operation, value)[0].decode("latin-1")
        yield text if media_type.lower().startswith(MULTIPART) else sorted(text.split("&"))


def _as_float(number: Any) -> Any:
    return float(number) if abs(number) <= _MOST_EXACT else number


def _as_integer(number: Any) -> Any:
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _with_numbers(value: Any, spell: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {name: _with_numbers(member, spell) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_numbers(item, spell) for item in value]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return spell(value) if is_number else value
