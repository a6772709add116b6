"""Whether a request is as its operation declares; refused in the platform's terse words if not."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs, parse_qsl

from cxcall.contracts.json_schema import compile_schema
from cxcall.payloads.checks import is_valid_text
from cxcall.sandbox.messages import HttpProblem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jsonschema_rs import ValidationError

    from cxcall.contracts.contract import Operation
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.sandbox.messages import SandboxRequest

FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 512_000
"""Largest body that the platform accepts, in bytes (docs/platforms/genesys-cloud.md#contact-lists-and-contacts)."""

_LONGEST_QUOTED = 100


def read_body(operation: Operation, request: SandboxRequest) -> Any:
    """Return the body, valid for the operation; None where it has none. Raise the refusal if not."""
    declared = operation.contract.resolve(operation.declared.get("requestBody", {}))
    content = declared.get("content", {})
    if not content:
        return None
    if not request.body:
        if declared.get("required"):
            raise HttpProblem(400)
        return None
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in content:
        raise HttpProblem(415)
    if len(request.body) > LARGEST_BODY:
        raise HttpProblem(
            413, message=f"The request is over the size limit. Maximum bytes: {LARGEST_BODY}"
        )
    if media == FORM:
        schema = operation.contract.closed(content[media]["schema"])
        return _judged(schema, dict(parse_qsl(request.body.decode("latin-1"))))
    return _judged(operation.body_schema, _parse(request.body))


def check_parameters(operation: Operation, values: Mapping[str, str], query: str) -> None:
    """Raise the refusal of the first path or query parameter that its schema does not take."""
    given = parse_qs(query, keep_blank_values=True)
    for parameter in operation.parameters:
        if parameter.location == "path":
            texts, code = [values[parameter.name]], "invalid.value"
        elif parameter.location == "query":
            texts, code = given.get(parameter.name, []), "invalid.query.param.value"
        else:
            continue
        if not texts and not parameter.required:
            continue
        if not texts or not is_valid_text(parameter.schema, texts):
            message = _not_valid(texts[0] if texts else None, _wanted(parameter.schema))
            raise HttpProblem(400, code, message, name=parameter.name)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise HttpProblem(400) from None


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _judged(schema: JsonSchema, value: Any) -> Any:
    try:
        error = next(compile_schema(schema).iter_errors(value), None)
    except ValueError:
        # A lone surrogate, or nesting beyond what the validator follows.
        raise HttpProblem(400) from None
    if error is not None:
        raise _problem(error)
    return value


def _problem(error: ValidationError) -> HttpProblem:
    """Return the refusal for one error: its kind, the field's bare name, and no more."""
    kind, detail = error.kind.name, error.kind.as_dict()
    within = str(error.instance_path[-1]) if error.instance_path else ""
    if kind == "required":
        name = detail["property"]
        return HttpProblem(400, "constraint.validation", f"{name} is required", name=name)
    if kind == "additionalProperties":
        name = detail["unexpected"][0][:_LONGEST_QUOTED]
        message = f"Value [{name}] not a valid property for object [{within or 'body'}]"
        return HttpProblem(400, "invalid.property", message, name=name)
    if kind in ("type", "format"):
        wanted = detail.get("format") or "/".join(detail["types"])
        return HttpProblem(400, "invalid.value", _not_valid(error.instance, wanted), name=within)
    return HttpProblem(
        400, "constraint.validation", f"{within or 'body'} is not valid", name=within
    )


def _not_valid(value: Any, wanted: str) -> str:
    shown = value if isinstance(value, str) else json.dumps(value)
    return f"Value [{shown[:_LONGEST_QUOTED]}] not valid for field type [{wanted}]"


def _wanted(schema: JsonSchema) -> str:
    return str(schema.get("format") or schema.get("type") or "value")
