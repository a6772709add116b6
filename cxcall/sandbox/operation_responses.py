"""The answers of an operation: success as its contract declares it, or a fault's."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from cxcall.documents.json_pointer import has_value, join_pointer, value_at
from cxcall.sandbox.faults import BodyShape, Fault
from cxcall.sandbox.messages import HttpProblem, SandboxResponse
from cxcall.sandbox.sample_values import sample_value
from cxcall.sandbox.tokens import expired_token

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from cxcall.contracts.contract import Operation

FAILURE_BODY: dict[str, Any] = {
    "success": False,
    "errorCount": 1,
    "errors": [{"code": "contact.not.callable", "message": "The contact is not callable."}],
}
HTML_PAGE = (
    b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
)
SEE_OTHER = range(300, 400)


def success_status(operation: Operation) -> int:
    """Return the first 2xx status that the operation declares; 200 when it declares none."""
    declared = sorted(_responses(operation))
    return next((int(status) for status in declared if status.isdigit() and status[0] == "2"), 200)


def declares_status(operation: Operation, status: int) -> bool:
    """Tell whether the operation declares an answer of this very status."""
    return str(status) in _responses(operation)


def new_engagement_id(operation: Operation) -> str:
    """Return a new engagement ID: a UUID, or digits where the declared answer shows a number."""
    response = operation.contract.resolve(
        _responses(operation).get(str(success_status(operation)), {})
    )
    example = response.get("content", {}).get("application/json", {}).get("example")
    shown = [value_at(example, at) for at in _places(operation, "body") if has_value(example, at)]
    is_number = any(isinstance(value, int) for value in shown)
    return str(uuid4().int % 10**10) if is_number else str(uuid4())


class ResponseContext(NamedTuple):
    """What an answer goes by: the new engagement ID, the path's parameters, how often it was read before."""

    engagement_id: str
    values: Mapping[str, str] = {}
    visit: int = 0


def success_response(
    operation: Operation, asked: ResponseContext, status: int, shape: BodyShape = BodyShape.USUAL
) -> SandboxResponse:
    """Return the declared success; IDs stand wherever the contract and the path say.

    Where several examples are declared, they are what is seen at one read after the other.
    """
    response = operation.contract.resolve(_responses(operation).get(str(status), {}))
    shown = "" if shape is BodyShape.NO_ID else asked.engagement_id
    headers = {
        name: shown
        for name in _engagement_headers(operation, response)
        if shown and shape is not BodyShape.ID_IN_BODY
    }
    media = response.get("content", {}).get("application/json")
    if media is None:
        return SandboxResponse(status, None, headers)
    pointers = dict.fromkeys(_places(operation, "body"), shown)
    examples = _examples(media)
    if examples:
        example = examples[min(asked.visit, len(examples) - 1)]
        body = _filled(example, {**_named(operation, asked.values), **pointers})
        body = _renamed(body, _replaced(example, body))
    else:
        body = sample_value(operation.contract, media.get("schema", {}), pointers)
    return SandboxResponse(status, _without(body, pointers) if not shown else body, headers)


def _examples(media: Mapping[str, Any]) -> list[Any]:
    several = [entry["value"] for entry in media.get("examples", {}).values()]
    return several or ([media["example"]] if "example" in media else [])


def _named(operation: Operation, values: Mapping[str, str]) -> dict[str, str]:
    """Return the places that the path's parameters name: `conversationId` is `/conversation/id`, too."""
    found: dict[str, str] = {}
    for name, value in values.items():
        found |= {f"/{name}": value, f"/{name.removesuffix('Id')}/id": value}
        if operation.path.endswith(f"{{{name}}}"):
            found["/id"] = value
    return found


def fault_response(
    fault: Fault, operation: Operation, asked: ResponseContext, path: str, correlation_id: str
) -> SandboxResponse:
    """Return a fault's answer, before anything is cut off it."""
    if fault.status is None:
        return success_response(operation, asked, success_status(operation), fault.shape)
    if fault.shape is BodyShape.HIDDEN_FAILURE:
        return SandboxResponse(fault.status, FAILURE_BODY)
    if fault.shape is BodyShape.PAGE:
        return SandboxResponse(fault.status, HTML_PAGE)
    if fault.status in SEE_OTHER:
        return SandboxResponse(fault.status, None, {"Location": path})
    problem = (
        expired_token()
        if fault.status == HTTPStatus.UNAUTHORIZED
        else HttpProblem(fault.status, wait=fault.wait)
    )
    return problem.answer(correlation_id, operation.platform)


def _responses(operation: Operation) -> Mapping[str, Any]:
    responses: Mapping[str, Any] = operation.declared.get("responses", {})
    return responses


def _places(operation: Operation, kind: str) -> list[str]:
    """Return what follows `header:` or `body:` in the places of the engagement ID, in order."""
    found = (place.partition(":") for place in operation.engagement_id)
    return [where for start, _, where in found if start == kind]


def _engagement_headers(operation: Operation, response: Mapping[str, Any]) -> list[str]:
    """Return the headers that the answer carries the ID in: those it declares, else the first named."""
    declared = {name.lower() for name in response.get("headers", {})}
    named = _places(operation, "header")
    return [name for name in named if name.lower() in declared] or named[:1]


def _filled(value: Any, given: Mapping[str, str], at: str = "") -> Any:
    """Return a copy of an example with the `given` text at those pointers that it has."""
    if at in given:
        return int(given[at]) if isinstance(value, int) and given[at] else given[at]
    if isinstance(value, dict):
        return {name: _filled(value[name], given, join_pointer(at, name)) for name in value}
    if isinstance(value, list):
        return [_filled(item, given, join_pointer(at, index)) for index, item in enumerate(value)]
    return value


def _replaced(example: Any, body: Any) -> dict[str, str]:
    """Return the IDs of an example that were filled in, with what stands there now."""
    if not isinstance(example, dict) or not isinstance(body, dict):
        return {}
    pairs = [(example[name], body[name]) for name in example]
    found = {old: new for old, new in pairs if isinstance(old, str) and old != new}
    for old, new in pairs:
        found |= _replaced(old, new)
    return found


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a copy in which addresses such as `selfUri` name the new IDs, too."""
    if isinstance(value, dict):
        return {name: _renamed(member, names) for name, member in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    if isinstance(value, str) and value.startswith("/"):
        for old, new in names.items():
            value = value.replace(old, new)
    return value


def _without(value: Any, pointers: Container[str], at: str = "") -> Any:
    """Return a copy of a JSON value that lacks the members at `pointers`."""
    if isinstance(value, dict):
        places = {name: join_pointer(at, name) for name in value}
        return {
            name: _without(value[name], pointers, place)
            for name, place in places.items()
            if place not in pointers
        }
    if isinstance(value, list):
        return [
            _without(item, pointers, join_pointer(at, index)) for index, item in enumerate(value)
        ]
    return value
