"""Find the operation of a request, and refuse a request with the platform's short messages if it does not fit."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote

from cxcall.contracts.json_schema import compile_schema, is_acceptable
from cxcall.contracts.media_types import with_media_type
from cxcall.contracts.parameter_styles import (
    read_path,
    read_query,
    text_in_query,
    text_of_parts,
)
from cxcall.contracts.path_templates import SLOT, slot_names
from cxcall.documents.json_document import DocumentError, parse_json
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.form_bodies import decode_body
from cxcall.payloads.payload import is_form
from cxcall.payloads.schema_check import is_valid_text
from cxcall.sandbox.http_messages import ErrorResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema_rs import ValidationError

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.sandbox.http_messages import SandboxRequest


_UNESCAPED = "/:@!$&'()*+,;=~"


class Routes:
    """The operations by path template. If two templates match, the one with fewer parameters wins."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        by_path: dict[str, dict[str, Operation]] = {}
        bases: dict[str, set[str]] = {}
        for operation in operations:
            by_path.setdefault(operation.path, {}).setdefault(operation.method, operation)
            bases.setdefault(operation.path, {""}).add(operation.base_path)
        self._routes = [
            _Route(path, tuple(sorted(bases[path])), by_path[path])
            for path in sorted(by_path, key=lambda each: len(slot_names(each)))
        ]

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]]:
        """Return the operation and its path parameters; raises a 404 ErrorResponse, or a 405 one with `Allow`."""
        for route in self._routes:
            match = _pattern(route.template, route.bases).fullmatch(path)
            if match and method in route.methods:
                names = slot_names(route.template)
                values = dict(zip(names, map(unquote, match.groups()), strict=True))
                return route.methods[method], values
            if match:
                raise ErrorResponse(405, headers={"Allow": ", ".join(sorted(route.methods))})
        raise ErrorResponse(404)


class _Route(NamedTuple):
    """The operations of a path template, by method."""

    template: str
    bases: tuple[str, ...]
    methods: dict[str, Operation]


@cache
def _pattern(template: str, bases: tuple[str, ...]) -> re.Pattern[str]:
    """Return the pattern of a template: exact case and slashes, no empty parameter.

    The base path of a server may come before it, in any case.
    """
    prefix = "|".join(_expression(base, "[^/]+") for base in bases)
    return re.compile(f"(?i:{prefix}){_expression(template, '([^/]+)')}")


def _expression(template: str, parameter: str) -> str:
    return "".join(
        parameter if index % 2 else re.escape(quote(part, safe=_UNESCAPED))
        for index, part in enumerate(SLOT.split(template))
    )


LARGEST_BODY = 512_000
"""Largest body that the platform accepts, in bytes (docs/platforms/genesys-cloud.md#contact-lists-and-contacts)."""

_LONGEST_QUOTED = 100


def read_valid_body(operation: Operation, request: SandboxRequest) -> Any:
    """Return the valid body of a request, or None if it has none; raises a 4xx ErrorResponse if not valid."""
    declared = operation.contract.resolve(operation.declared.get("requestBody", {}))
    content = declared.get("content", {})
    if not content:
        return None
    if not request.body:
        if declared.get("required"):
            raise ErrorResponse(400)
        return None
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in content:
        raise ErrorResponse(415)
    if operation.platform == "genesys-cloud" and len(request.body) > LARGEST_BODY:
        raise ErrorResponse(
            413, message=f"The request is over the size limit. Maximum bytes: {LARGEST_BODY}"
        )
    own = with_media_type(operation, media_type)
    if not own.takes_body:
        return None  # a media type that is not decoded, such as XML
    try:
        value = _decode(own, request)
        if is_acceptable(own.body_schema, value):
            return value
        error = next(compile_schema(own.body_schema, is_lenient=True).iter_errors(value))
    except (ValueError, RecursionError, DocumentError):
        # Also a value that is nested too deeply for the validator.
        raise ErrorResponse(400) from None
    raise _error_response(error)


def _decode(operation: Operation, request: SandboxRequest) -> Any:
    """Return the value of a body; raises ValueError or DocumentError if it is not valid."""
    if is_form(operation.media_type):
        return decode_body(operation, request.body, request.headers.get("content-type", ""))
    return parse_json(request.body.decode(), "body").value  # of repeated names, the last one counts


def require_valid_parameters(
    operation: Operation, values: Mapping[str, str], request: SandboxRequest
) -> None:
    """Raise a 400 ErrorResponse for the first parameter that is not valid; `values` are those of the path."""
    for parameter in (each.as_sent for each in operation.parameters):
        code = "invalid.query.param.value" if parameter.location == "query" else "invalid.value"
        if parameter.location == "header" and "_" in parameter.name:
            continue  # the server drops such headers, as many servers do
        texts = _texts_of(parameter, values, request)
        if not (texts or parameter.required):
            continue
        if not texts or not is_valid_text(parameter.schema, texts):
            kind = parameter.schema.get("format") or parameter.schema.get("type") or "value"
            message = _invalid_value(texts[0] if texts else None, str(kind))
            raise ErrorResponse(400, code, message, name=parameter.name)


def _texts_of(
    parameter: Parameter, values: Mapping[str, str], request: SandboxRequest
) -> list[str]:
    """Return the texts that a request has for a parameter: an object is one, in JSON."""
    if parameter.location == "query" and parameter.is_object:
        text, names = text_in_query(parameter, parse_qsl(request.query, keep_blank_values=True))
        return [text] if names else []
    if parameter.location == "query":
        return read_query(parameter, parse_qs(request.query, keep_blank_values=True))
    in_header = request.headers.get(parameter.name.lower())
    found = values[parameter.name] if parameter.location == "path" else in_header
    if found is None:
        return []
    return (
        [text_of_parts(parameter, [found])] if parameter.is_object else read_path(parameter, found)
    )


def _error_response(error: ValidationError) -> ErrorResponse:
    """Return the response to a schema error: its kind and the name of the field."""
    kind, detail = error.kind.name, error.kind.as_dict()
    within = str(error.instance_path[-1]) if error.instance_path else ""
    if kind == "required":
        name = detail["property"]
        return ErrorResponse(400, "constraint.validation", f"{name} is required", name=name)
    if kind == "additionalProperties":
        name = detail["unexpected"][0][:_LONGEST_QUOTED]
        message = f"Value [{name}] not a valid property for object [{within or 'body'}]"
        return ErrorResponse(400, "invalid.property", message, name=name)
    if kind in ("type", "format"):
        expected = detail.get("format") or "/".join(detail["types"])
        return ErrorResponse(
            400, "invalid.value", _invalid_value(error.instance, expected), name=within
        )
    return ErrorResponse(
        400, "constraint.validation", f"{within or 'body'} is not valid", name=within
    )


def _invalid_value(value: Any, kind: str) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return f"Value [{text[:_LONGEST_QUOTED]}] not valid for field type [{kind}]"
