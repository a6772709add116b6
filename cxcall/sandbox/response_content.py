"""Build the response of an operation: a success from its contract, or a fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cxcall.contracts.media_types import declared_responses, json_media
from cxcall.contracts.sample_values import sample_response
from cxcall.documents.json_pointer import find_value, join_pointer, map_values
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_pattern
from cxcall.sandbox.faults_by_number import BodyShape, Fault
from cxcall.sandbox.http_messages import ErrorResponse, SandboxResponse
from cxcall.sandbox.list_pages import cut_page
from cxcall.sandbox.oauth.token_endpoint import expired_token

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation

FAILURE_BODY: dict[str, Any] = {
    "success": False,
    "errorCount": 1,
    "errors": [{"code": "contact.not.callable", "message": "The contact is not callable."}],
}
HTML_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)
REDIRECTS = range(300, 400)
_ID_HEADER = r"(?i)(?!.*(?:correlation|request|trace))(?:[a-z0-9-]+-)?id"
_OF_ANY_ID = {"type", "format", "description", "example", "examples"}
"""Keywords of a schema that may allow any ID."""


def success_status(operation: Operation) -> int:
    """Return the first 2xx status that the operation declares; 200 if it declares none."""
    declared = sorted(declared_responses(operation))
    return next((int(status) for status in declared if status.isdigit() and status[0] == "2"), 200)


def new_engagement_id(operation: Operation) -> str:
    """Return a new engagement ID: a UUID, or digits if the declared example has a number."""
    response = _response(operation, success_status(operation))
    example = (json_media(response) or {}).get("example")
    pointers = _engagement_places(operation, "body")
    is_number = any(isinstance(find_value(example, pointer), int) for pointer in pointers)
    return str(uuid4().int % 10**10) if is_number else str(uuid4())


class ResponseContext(NamedTuple):
    """The engagement ID, the path and its parameters, the query, and the number of earlier reads of it."""

    engagement_id: str
    path_values: Mapping[str, str] = {}
    read_count: int = 0
    path: str = ""
    query: str = ""


def success_response(
    operation: Operation, context: ResponseContext, status: int, shape: BodyShape = BodyShape.NORMAL
) -> SandboxResponse:
    """Return the declared success, with the IDs at the places in the contract and the path.

    If the contract declares several examples, each read returns the next one.
    """
    response = _response(operation, status)
    engagement_id = "" if shape is BodyShape.NO_ID else context.engagement_id
    headers = {
        name: engagement_id
        for name in (*_engagement_headers(operation, response), *_id_headers(operation, response))
        if engagement_id and shape is not BodyShape.ID_IN_BODY
    }
    if engagement_id and _names_location(operation, response):
        headers["Location"] = f"{context.path}/{engagement_id}"
    media_type = json_media(response)
    if media_type is None:
        return SandboxResponse(status, None, headers)
    pointers = dict.fromkeys(_engagement_places(operation, "body"), engagement_id)
    examples = [entry["value"] for entry in media_type.get("examples", {}).values()]
    if not examples and "example" in media_type:
        examples = [media_type["example"]]
    if examples:
        example = examples[min(context.read_count, len(examples) - 1)]
        body = _fill_pointers(
            example, {**_path_pointers(operation, context.path_values), **pointers}
        )
    else:
        body = sample_response(operation.contract, media_type.get("schema", {}), pointers)
    if operation.is_read:
        body, more = cut_page(operation, body, context.path, context.query)
        headers |= more
    return SandboxResponse(status, _without(body, pointers) if not engagement_id else body, headers)


def _path_pointers(operation: Operation, values: Mapping[str, str]) -> dict[str, str]:
    """Return the pointers that the path parameters set: `conversationId` also sets `/conversation/id`."""
    pointers: dict[str, str] = {}
    for name, value in values.items():
        pointers |= {f"/{name}": value, f"/{name.removesuffix('Id')}/id": value}
        if operation.path.endswith(f"{{{name}}}"):
            pointers["/id"] = value
    return pointers


def fault_response(
    fault: Fault, operation: Operation, context: ResponseContext, correlation_id: str
) -> SandboxResponse:
    """Return the complete response of a fault."""
    if fault.status is None:
        return success_response(operation, context, success_status(operation), fault.shape)
    if fault.shape is BodyShape.HIDDEN_FAILURE:
        return SandboxResponse(fault.status, FAILURE_BODY)
    if fault.shape is BodyShape.HTML_PAGE:
        return SandboxResponse(fault.status, HTML_PAGE)
    if fault.status in REDIRECTS:
        return SandboxResponse(fault.status, None, {"Location": context.path})
    error = (
        expired_token()
        if fault.status == HTTPStatus.UNAUTHORIZED
        else ErrorResponse(fault.status, retry_after=fault.retry_after)
    )
    return error.response(correlation_id, operation.platform)


def _response(operation: Operation, status: int) -> dict[str, Any]:
    """Return the declaration for a status: its own, that of its range such as `2XX`, or the default."""
    declared = {name.upper(): each for name, each in declared_responses(operation).items()}
    names = (str(status), f"{status // 100}XX", "DEFAULT")
    return next((declared[name] for name in names if name in declared), {})


def _engagement_places(operation: Operation, kind: str) -> list[str]:
    """Return the places of the engagement ID of one `kind`, `header` or `body`, in order."""
    found = (place.partition(":") for place in operation.engagement_id)
    return [where for start, _, where in found if start == kind]


def _engagement_headers(operation: Operation, response: Mapping[str, Any]) -> list[str]:
    """Return the headers for the engagement ID: the declared headers, or else the first place."""
    declared = {name.lower() for name in response.get("headers", {})}
    named = _engagement_places(operation, "header")
    return [name for name in named if name.lower() in declared] or named[:1]


def _id_headers(operation: Operation, response: Mapping[str, Any]) -> list[str]:
    """Return the headers that may have the ID of what an operation does, if a user's document names none for it."""
    contract = operation.contract
    if contract.is_shipped or operation.is_read or _engagement_places(operation, "header"):
        return []
    declared = response.get("headers", {})
    return [
        name
        for name, header in declared.items()
        if compile_pattern(_ID_HEADER).fullmatch(name) and _is_text(contract, header)
    ]


def _is_text(contract: Contract, header: Mapping[str, Any]) -> bool:
    """Return whether a declared header is a text without a rule."""
    schema = contract.resolve(header).get("schema")
    if not isinstance(schema, dict):
        return False
    schema = contract.resolve(schema)
    return schema.get("type") == "string" and {*schema} <= _OF_ANY_ID


def _names_location(operation: Operation, response: Mapping[str, Any]) -> bool:
    """Return whether only a declared header `Location` can have the ID of what the operation creates."""
    declared = {name.lower() for name in response.get("headers", {})}
    is_own_creation = operation.method in ("POST", "PUT") and not operation.contract.is_shipped
    return is_own_creation and "location" in declared and not operation.engagement_id


def _fill_pointers(example: Any, texts: Mapping[str, str]) -> Any:
    """Return a copy of an example with `texts` at the pointers that exist in it."""

    def fill(at: str, value: Any) -> Any:
        text = texts.get(at)
        if text and isinstance(value, int):
            return int(text) if text.isdecimal() else value
        return value if text is None else text

    return map_values(example, fill)


def _without(body: Any, pointers: Container[str]) -> Any:
    """Return a copy of a JSON value without the members at `pointers`."""

    def cut(at: str, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {name: value[name] for name in value if join_pointer(at, name) not in pointers}

    return map_values(body, cut)
