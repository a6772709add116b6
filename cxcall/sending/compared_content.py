"""The URL and the body of a request as they enter the digest that makes two requests identical."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import convert_text
from cxcall.contracts.operation import MULTIPART, URLENCODED
from cxcall.payloads.payload import encode_body, is_form

if TYPE_CHECKING:
    from cxcall.sending.checked_request import CheckedRequest


def compared_url(checked: CheckedRequest) -> str:
    """Return the URL with whole numbers in the query as integers: `n=1.0` and `n=1` are one number in a schema."""
    values = checked.values
    changed = {}
    for each in checked.operation.parameters:
        text = values.get(each.name, "")
        if each.location == "query" and not {".", "e", "E"}.isdisjoint(text):
            number = convert_text(text, each.schema)
            is_number = isinstance(number, int | float) and not isinstance(number, bool)
            if is_number and float(number).is_integer():
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
    value = _with_integers(checked.body)
    if not is_form(checked.operation.media_type):
        return value
    content, content_type = encode_body(checked.operation, value)
    separator = content_type.partition("boundary=")[2] or "&"
    return sorted(content.decode("latin-1").split(separator))


def older_body(checked: CheckedRequest) -> Any:
    """Return the body in older digests: numbers as they are written, and a multipart form in its order."""
    media_type = checked.request.headers.get("Content-Type", "")
    kind = media_type.partition(";")[0].strip().lower()
    text = (checked.request.body or b"").decode("latin-1")
    if kind == URLENCODED:
        return sorted(text.split("&"))
    return text if kind == MULTIPART else checked.body


def _with_integers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _with_integers(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_integers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
