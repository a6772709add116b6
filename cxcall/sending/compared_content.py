"""The content of a request by which it is compared with others: its values, each in one spelling."""

from __future__ import annotations

import json
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import convert_text
from cxcall.contracts.operation import MULTIPART
from cxcall.contracts.parameters import JSON_STYLE, list_items
from cxcall.documents.json_pointer import map_values
from cxcall.documents.json_text import find_json
from cxcall.payloads.payload import encode_body, is_form
from cxcall.runtime.patterns import compile_pattern, name_words
from cxcall.sending.numbers_in_request import request_values
from cxcall.sending.people_in_request import MARK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.parameters import Parameter
    from cxcall.sending.checked_request import CheckedRequest

_MOST_EXACT = 2**53
"""The greatest integer up to which each one is another float."""
_IN_EXCHANGE = (
    r"(?:.*-)?(?:"
    r"(?:request|correlation|transaction|message|session|event|operation|flow|activity|interaction|opaque"
    r"|trace|span|idempotency|idempotent|unique|client|vcap|auth|access|api|subscription)-?(?:id|key|token|uuid)"
    r"|token|secret|signature|hmac|jwt|assertion|bearer|authorization|nonce|timestamp|time|ts|date|attempts?|count"
    r"|version|correlation|idempotency|trace|span|correlator)(?:-ms|-[0-9]+)?"
    r"|(?:x-)?(?:uuid|trace-?(?:parent|state)|baggage|b-3(?:-.*)?|cloud-trace-context|cookie|accept(?:-.*)?"
    r"|user-agent|origin|referer|forwarded(?:-.*)?|cache-control|pragma|prefer|if-(?:none-)?match)"
)
"""The words of headers that may be others each time the same request is sent: IDs, times, credentials, and the like."""


def compared_content(checked: CheckedRequest) -> dict[str, Any]:
    """Return URL, headers, and body of a request as `intent_digest` takes them, with its method.

    Two spellings of a value have one: `1.0` is `1`, as in JSON Schema. Of the headers, those that parameters set enter,
    unless the words of the name say that it is one of the exchange itself, and nobody to call is in it.
    """
    operation, values = checked.operation, checked.values
    given = [each for each in operation.parameters if each.name in values]
    usual = {each.name: _usual_text(each, values[each.name]) for each in given}
    url = checked.request.url
    if any(values[name] != text for name, text in usual.items()):
        url = operation.url(checked.settings.base_url, {**values, **usual})
    headers = {}
    if any(each.location == "header" for each in given):
        from cxcall.contracts.parameter_styles import header_values

        pattern, called = compile_pattern(_IN_EXCHANGE), _places_of_people(checked)
        headers = {
            name.lower(): text
            for name, text in header_values(given, usual).items()
            if f"header:{name}" in called or not pattern.fullmatch("-".join(name_words(name)))
        }
    body = _usual_body(checked)
    return {"method": checked.request.method, "url": url, "headers": headers, "body": body}


def _places_of_people(checked: CheckedRequest) -> set[str]:
    """Return the places of marked IDs and of the numbers to dial; digits alone may also be an ID or a time."""
    numbers = (each for each in checked.checked_numbers if each.is_dialed)
    entries = request_values(checked.operation, checked.values, checked.payload)
    return {each.where for each in numbers if not each.number.isdecimal()} | {
        each.where for each in entries if each.schema.get(MARK)
    }


def _usual_text(parameter: Parameter, text: str) -> str:
    """Return the text of a parameter with its numbers and the members of its objects in one spelling."""
    is_json = parameter.style == JSON_STYLE
    schema = parameter.schema
    if parameter.kind == "text":
        return _usual_number(text, schema)
    found = find_json(text, None) if text.lstrip()[:1] in ("{", "[") else None
    if isinstance(found, dict) or (is_json and isinstance(found, list)):
        return json.dumps(map_values(found, _usual), ensure_ascii=False)
    if not parameter.is_list:
        return text
    item = {"components": schema.get("components", {}), **schema.get("items", {})}
    items = [_usual_number(each, item) for each in list_items(text)]
    if parameter.location == "header":
        items = [each.strip() for each in items]  # as HTTP does (RFC 9110, 5.6.1)
    return ",".join(items) if is_json else json.dumps(items, ensure_ascii=False)


def _usual_number(text: str, schema: JsonSchema) -> str:
    """Return the text of a whole number as an integer, if the schema says that it is one."""
    if {".", "e", "E"}.isdisjoint(text):
        return text
    number = convert_text(text, schema)
    is_exact = isinstance(number, float) and abs(number) < _MOST_EXACT
    return str(int(number)) if is_exact and number.is_integer() else text


def _usual_body(checked: CheckedRequest) -> Any:
    """Return the JSON value of a body, or the fields of a form by name; None without a body."""
    if checked.request.body is None:
        return None
    value = map_values(checked.body, _usual)
    if not is_form(checked.operation.media_type):
        return value
    from cxcall.payloads.form_bodies import form_fields

    return sorted(form_fields(checked.operation, value), key=itemgetter(0))


def older_bodies(checked: CheckedRequest) -> Iterator[Any]:
    """Yield the body in older digests: numbers as they are written, as floats, or as integers; a multipart form in its order.

    An older record may have any spelling: a spreadsheet writes `1` or `1.0`.
    """
    given = checked.body if checked.given_body is None else checked.given_body
    for value in (given, map_values(given, _as_float), map_values(given, _as_integer)):
        media_type = checked.request.headers.get("Content-Type", "")
        if not is_form(media_type):
            yield value
            continue
        text = encode_body(checked.operation, value)[0].decode("latin-1")
        yield text if media_type.lower().startswith(MULTIPART) else sorted(text.split("&"))


def _usual(place: str, value: Any) -> Any:
    """Return an object with its members sorted by name, and a whole number as an integer."""
    return dict(sorted(value.items())) if isinstance(value, dict) else _as_integer(place, value)


def _as_integer(_place: str, value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _as_float(_place: str, value: Any) -> Any:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if is_integer and abs(value) <= _MOST_EXACT else value
