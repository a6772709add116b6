"""Find the operation of a request, and refuse a request with the platform's short messages if it does not fit."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, quote, unquote

from cxcall.contracts.json_schema import compile_schema, is_acceptable
from cxcall.contracts.operation import URLENCODED, is_json
from cxcall.contracts.parameter_styles import read_path, read_query
from cxcall.contracts.parameters import JSON_STYLE
from cxcall.contracts.path_templates import SLOT, slot_names
from cxcall.documents.json_text import load_json, refuse_constant
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.form_bodies import decode_body
from cxcall.payloads.payload import is_form
from cxcall.payloads.schema_check import is_valid_text
from cxcall.sandbox.http_messages import ErrorResponse

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from jsonschema_rs import ValidationError

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
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
    if len(request.body) > LARGEST_BODY:
        raise ErrorResponse(
            413, message=f"The request is over the size limit. Maximum bytes: {LARGEST_BODY}"
        )
    try:
        schema, value = _decode(operation, request, media_type, content)
        if is_acceptable(schema, value):
            return value
        error = next(compile_schema(schema, is_lenient=True).iter_errors(value))
    except (ValueError, RecursionError):
        # Also a lone surrogate, or a value that is nested too deeply for the validator.
        raise ErrorResponse(400) from None
    raise _error_response(error)


def _decode(
    operation: Operation, request: SandboxRequest, media_type: str, content: Mapping[str, Any]
) -> tuple[JsonSchema, Any]:
    """Return the schema of a body and its value, None for a media type that is not decoded; raises ValueError."""
    if media_type == operation.media_type and is_form(media_type):
        written = request.headers.get("content-type", "")
        return operation.body_schema, decode_body(operation, request.body, written)
    if media_type == URLENCODED:
        schema = operation.contract.bundle_schema(content[media_type]["schema"])
        return schema, dict(parse_qsl(request.body.decode("latin-1")))
    if not is_json(media_type):
        return {}, None
    return operation.body_schema, load_json(request.body.decode(), refuse_constant)


def require_valid_parameters(
    operation: Operation, values: Mapping[str, str], request: SandboxRequest
) -> None:
    """Raise a 400 ErrorResponse for the first parameter that is not valid; `values` are those of the path."""
    query = parse_qs(request.query, keep_blank_values=True)
    for parameter in (each.as_sent for each in operation.parameters):
        code = "invalid.query.param.value" if parameter.location == "query" else "invalid.value"
        if parameter.location == "path":
            texts = read_path(parameter, values[parameter.name])
        elif parameter.location == "query":
            texts = read_query(parameter, query)
        elif "_" in parameter.name:
            continue  # the server drops such headers, as many servers do
        else:
            header = request.headers.get(parameter.name.lower())
            texts = [] if header is None else read_path(parameter, header)
        is_object = parameter.is_object and parameter.style != JSON_STYLE
        if (texts and is_object) or not (texts or parameter.required):
            continue
        if not texts or not is_valid_text(parameter.schema, texts):
            kind = parameter.schema.get("format") or parameter.schema.get("type") or "value"
            message = _invalid_value(texts[0] if texts else None, str(kind))
            raise ErrorResponse(400, code, message, name=parameter.name)


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
