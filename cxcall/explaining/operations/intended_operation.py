"""Find the intended operation of a request: at its path, the nearest operation, or by its body."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any

from cxcall.contracts.contract import Contract, load_catalog
from cxcall.contracts.json_schema import JsonSchema
from cxcall.contracts.operation import Operation
from cxcall.explaining.checks.url.host_check import platform_of_path
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.correction.json_repair import body_value, parse_repaired
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import (
    READ_METHODS,
    find_place,
    sources_of,
)
from cxcall.explaining.operations.operations_below import takes_body
from cxcall.findings.finding import Finding
from cxcall.payloads import operation_matching
from cxcall.payloads.operation_matching import (
    count_declared_properties,
    declared_names,
    find_valid_operations,
    property_names,
)
from cxcall.payloads.payload import Payload
from cxcall.runtime.name_similarity import nearest_name
from cxcall.runtime.patterns import compile_on_use

_MIN_KNOWN, _MIN_SHARE = 0.5, 1 / 3
"""The share of a body's names that an operation must know to have been meant."""
_MIN_KNOWN_ELSEWHERE = 2
"""The share that it must know if another operation has a similar path."""
_KEPT_CATALOGS = 16
_COMPOUND = compile_on_use(r"[a-z][A-Z]|\w_\w")
_RESPONSE_NAMES = tuple("id selfUri entities participants conversationId log info item".split())
"""Names at the top level of responses, HAR files, and collections, which no request body has."""
SHARED_NAMES = frozenset(
    """
    message description error errors code status detail details title type timestamp path reason
    fault instance
    """.split()
)
"""Names of which an object is a response if it has no others: gateways and frameworks send such errors."""
_MIN_NAMES = 2
"""How many properties must belong to another operation before a finding says so; one name may be there by chance."""


def find_intended_operation(request: ObservedRequest, route: RouteMatch) -> Operation | None:
    """Return the operation whose schema the body is compared with; None if the intended operation is not clear.

    The body decides only if no path is shown, or if the path resembles no known path.
    """
    value = body_value(request)
    names = _names(value)
    near = route.operation or route.nearest_operation
    if route.is_own:
        return near
    if near is not None and (route.operation or not names or _has_any_name(near, names)):
        return near  # also if the body is one item of the list that the operation takes
    is_unknown_path = any(each.code == "path-unpublished" for each in route.findings)
    is_elsewhere = bool(request.path) and not is_unknown_path
    is_near = route.nearest is not None and near is None
    if is_near or route.is_token or request.method in READ_METHODS or is_elsewhere or not names:
        return near
    found = _find_by_body(request, route.platform, value)
    if found and request.path and not _may_be_meant(found, request, value):
        found = None
    is_clear = found is not None and _count_known(found, value) >= _MIN_KNOWN_ELSEWHERE
    return found if near is None or is_clear else near


def _has_any_name(operation: Operation, names: list[str]) -> bool:
    """Return whether an operation has one of the names, in the body or as a parameter."""
    of_parameters = {each.name for each in operation.parameters}
    return bool(_count_known_names(operation, tuple(names))) or not of_parameters.isdisjoint(names)


def _may_be_meant(operation: Operation, request: ObservedRequest, value: Any) -> bool:
    """Return whether a request with an unknown path may mean an operation of its method, by more than a word such as `name`.

    One that places calls must also have a word of the path, or most of the names: it could be proposed for any request.
    """
    schema, names = _schema(operation), _names(value)
    is_own = _has_own_name(operation, names) or any(
        name in schema.get("x-cxcall-mistakes", {}) for name in names
    )
    if not is_own or request.method not in ("", operation.method):
        return False
    is_near = bool(_path_words(request.path) & _path_words(operation.path))
    is_most = _count_known(operation, value) > len(names) / 2
    return is_near or is_most or not operation.can_place_call


def _find_by_body(request: ObservedRequest, platform: str, value: Any) -> Operation | None:
    """Return the operation that a body is valid for, or whose schema has enough of its names."""
    candidates = [each for each in _likely(value) if platform in ("", each.platform)]
    if valid := find_valid_operations(candidates, value):
        return valid[0]
    nearest = max(candidates, key=lambda each: _score(each, value, request), default=None)
    enough = max(_MIN_KNOWN, len(_names(value)) * _MIN_SHARE)
    return nearest if nearest and _count_known(nearest, value) >= enough else None


def _likely(value: Any) -> Iterator[Operation]:
    """Yield the shipped operations, but those of login services, that may take a body."""
    for each in load_catalog().find_likely(value):
        if each.takes_body and not each.is_for_login:
            yield each


def _names(value: Any) -> list[str]:
    """Return the names of a body, or of the first item of a list."""
    first = value[0] if isinstance(value, list) and value else value
    return list(first) if isinstance(first, dict) else []


def _score(operation: Operation, value: Any, request: ObservedRequest) -> tuple[bool, float, int]:
    """Rank by JSON type, known names, method and words of the path, missing names, and names in nested objects."""
    is_list = _is_list(operation)
    missing = set(_schema(operation).get("required", ())) - set(_names(value))
    shared = len(_path_words(request.path) & _path_words(operation.path))
    shared += operation.method == request.method
    score = _count_known(operation, value) + shared / 2 - len(missing) / 5
    return is_list == isinstance(value, list), score, count_declared_properties(operation, value)


def _count_known(operation: Operation, value: Any) -> float:
    """Return how many names of a body a schema has, known mistakes included; similar names count half."""
    is_same_type = _is_list(operation) == isinstance(value, list)
    return _count_known_names(operation, tuple(_names(value))) if is_same_type else 0


@lru_cache(maxsize=4096)
def _count_known_names(operation: Operation, names: tuple[str, ...]) -> float:
    schema = _schema(operation)
    known = {**schema.get("properties", {}), **schema.get("x-cxcall-mistakes", {})}
    others = [name for name in names if name not in known]
    near = sum(bool(nearest_name(each, known)) or _is_first_word(each, known) for each in others)
    return sum(name in known for name in names) + near / 2


def _is_first_word(name: str, known: Iterable[str]) -> bool:
    """Return whether a name is the first word of a known one, such as `queue` of `queueId`."""
    return any(each.startswith(name) and each[len(name)].isupper() for each in known)


def _is_list(operation: Operation) -> bool:
    return operation.schema_at("").get("type") == "array"


def _schema(operation: Operation) -> JsonSchema:
    return operation.schema_at("/0" if _is_list(operation) else "")


def is_body_of(operation: Operation, value: Any) -> bool:
    """Return whether a JSON value without a request is a body of an operation, and not the settings of a program.

    The operation must know half of its names, and a name of several words: `name` and `version` are in any file.
    """
    names = _names(value)
    is_most = _count_known(operation, value) >= max(1, len(names) / 2)
    return is_most and _has_own_name(operation, names)


def _has_own_name(operation: Operation, names: list[str]) -> bool:
    """Return whether an operation has a property with one of these names that consists of several words."""
    known = _schema(operation).get("properties", {})
    return any(name in known and _COMPOUND.search(name) for name in names)


def with_method_of_body(request: ObservedRequest, own: Contract | None) -> ObservedRequest:
    """Return a request; if only its method is not shown, with that of the operation at its path which takes the body.

    If several take one, it is that of the operation that knows most of the names in the body, and POST among equals.
    """
    if request.method or not request.body or not request.path.strip("/"):
        return request
    value = body_value(request)
    known = {
        operation.method: _count_known(operation, value)
        for operation in _operations_at(request.path, own)
    }
    best = [method for method in known if known[method] == max(known.values())]
    is_clear = len(best) == 1 or best[:1] == ["POST"]
    return replace(request, method=best[0]) if is_clear else request


def _operations_at(path: str, own: Contract | None) -> Iterator[Operation]:
    """Yield the operations at a path that take a body, for POST, PUT, and PATCH in this order."""
    sources = sources_of(platform_of_path(path), own)
    for method in ("POST", "PUT", "PATCH"):
        place = find_place(method, path, sources)
        found = place.operation(method) if place else None
        operation = found.load() if found else None
        if operation is not None and operation.takes_body:
            yield operation


def share_of_names(path: str, value: Any) -> float:
    """Return which share of the names of a body, or of its text, the shipped operations at a path know, except shared ones.

    A single name that is only similar is less than half.
    """
    document = parse_repaired(value)[0] if isinstance(value, str) else None
    all_names = _names(document.value if document else value)
    names = tuple(each for each in all_names if each not in SHARED_NAMES)
    known = (_count_known_names(each, names) for each in _operations_at(path, None))
    return max(known, default=0) / max(len(names), 2)


def _path_words(path: str) -> set[str]:
    """Return the words of a path in the singular, without parameters and IDs."""
    words = re.findall(r"(?<=/)[a-z-]+(?=/|$)", path.lower())
    return {word.rstrip("s") for word in words if word != "api"}


def is_request_body(value: Any) -> bool:
    """Return whether a JSON value is a body that a shipped operation takes."""
    names = _names(value)
    if not names or any(each in _RESPONSE_NAMES for each in names):
        return False
    return any(is_body_of(each, value) for each in _likely(value) if not each.is_generated)


def intended_operation_note(request: ObservedRequest, operation: Operation) -> Finding:
    """Return the note on how the operation was found, if the source does not show its path."""
    shown = "the path is not published" if request.path else "no path is shown"
    return Finding.note(
        "operation-mismatch",
        "body",
        f"{shown}; by its properties, the body is for `{operation.name}` (`{operation.method} {operation.path}`)",
        fix="compare your path with that of the operation"
        if request.path
        else "explain the request with its method and URL for a certain result",
        source=operation.source,
    )


def find_owner_of_body(operation: Operation, value: Any) -> Operation | None:
    """Return the other operation of the same platform that a body clearly belongs to; None if there is none.

    A property that the operation does not have may be the last segment of a path below: `attributes`, `.../attributes`.
    """
    unknown = property_names(value) - declared_names(operation)
    places = [(operation.method, f"{operation.path}/{name}") for name in sorted(unknown)]
    for method, path, name in operation.contract.routes if places else ():
        if (method, path) in places:
            below = operation.contract.find_by_name(name)[0]
            if takes_body(below, Payload(value)):
                return below
    likely = _of_platform(load_catalog().find_likely(value), operation.platform)
    other = operation_matching.find_better_operation(likely, operation, value)
    is_clear = other and count_declared_properties(other, value) >= _MIN_NAMES
    return other if is_clear else None


@lru_cache(maxsize=_KEPT_CATALOGS)
def _of_platform(operations: tuple[Operation, ...], platform: str) -> tuple[Operation, ...]:
    """Return the operations of a platform; cached, because the bodies of a file mostly have the same few names."""
    return tuple(each for each in operations if each.platform == platform)
