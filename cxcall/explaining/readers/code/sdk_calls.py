"""Read calls of the vendor's SDKs: the name of a method is derived from that of an operation."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from http import HTTPStatus
from typing import Any

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import (
    GENESYS,
    find_place,
    load_published_operations,
    sources_of,
)
from cxcall.explaining.readers.code.evaluator import Evaluator
from cxcall.explaining.readers.code.sent_body import as_json_value, encode_query
from cxcall.explaining.readers.code.values import CodeCall, interpolated_text
from cxcall.explaining.readers.json_values.request_objects import find_response, status_of
from cxcall.explaining.readers.request_builder import build_observed_request
from cxcall.explaining.readers.unresolved_variables import UNKNOWN, is_unresolved, mark_unresolved
from cxcall.payloads.operation_matching import declared_names
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import HttpResponse

Argument = tuple[str | None, Any]
_METHOD_NAME = compile_on_use(r"(?:get|post|put|patch|delete|head)(?=[A-Z_])\w+", re.IGNORECASE)
_CALL = compile_on_use(
    r"\b(?:get|post|put|patch|delete|head)(?:_[a-z0-9_]+|[A-Z]\w+)\b"
    r"|\b(?:Get|Post|Put|Patch|Delete|Head)[A-Z]\w+\b"
)
VENDOR_MODELS = r"\bplatformclientv2\.|\bPureCloudPlatform\.Client"
"""The SDKs of Go and .NET, whose models have the API's names in Pascal case."""
_SUFFIXES = ("withhttpinfo", "async", "request")
_PARAMETER = compile_on_use(r"\{[^{}]*\}")
_FREE = ("data", "Data", "attributes", "Attributes", "customerData", "CustomerData")
"""Properties whose members have names of the customer's own."""
_ADDED_ITEM = compile_on_use(r"add([A-Z]\w*)Item")
_CAMEL = compile_on_use(r"_([a-z0-9])")
_OF_CLIENT = ("body", "callback", "async_req")
"""Names of arguments that are not sent in the query."""


class _ModelEvaluator(Evaluator):
    """Evaluates code, with what the methods of a model set in Java as its arguments: `new Campaign().name("Spring")`."""

    def __init__(self, report: Callable[[str, str, Any], None]) -> None:
        super().__init__(report)
        self.methods: set[str] = set()
        """The names of these methods, of which some are no properties: `also` of Kotlin."""

    def _report_method(self, target: Any, name: str, arguments: list[Argument]) -> CodeCall:
        is_model = isinstance(target, CodeCall) and _is_made(target)
        if is_model and len(arguments) == 1 and name[:1].islower():
            value = arguments[0][1]
            if added := _ADDED_ITEM.fullmatch(name):
                name = _api_name(added[1])
                earlier = dict(target.arguments).get(name)
                value = [*(earlier if isinstance(earlier, list) else []), value]
            target.arguments.append((name, value))
            self.methods.add(name)
        return super()._report_method(target, name, arguments)


def read_sdk_calls(text: str, response: HttpResponse | None) -> Iterator[ObservedRequest]:
    """Yield the requests that calls of an SDK send; the headers are not shown."""
    names = dict.fromkeys(_CALL.findall(text))
    if not any(_find_operation(name) for name in names):
        return
    calls: list[tuple[str, CodeCall]] = []
    models: dict[str, dict[str, Any]] = {}

    def report(kind: str, name: str, value: Any) -> None:
        owner, _, member = name.rpartition(".")
        if isinstance(value, list) and len(value) == 1 and not owner:
            value = value[0]  # the index is not known: `body[0].data = ...`
        if kind == "call" and _find_operation(member):
            calls.append((member, value))
        elif kind == "named" and not owner and isinstance(value, CodeCall):
            models.setdefault(name, {})[""] = value
        elif kind in ("named", "item") and owner:
            models.setdefault(owner, {})[member] = value
        elif kind == "call" and owner and member[:3].lower() == "set" and len(value.arguments) == 1:
            name = member[3:4].lower() + member[4:].lstrip("_")
            models.setdefault(owner, {})[name] = value.values()[0]

    evaluator = _ModelEvaluator(report)
    evaluator.run(text)
    if not calls:  # a name in an error text: `Error calling PostConversationsCallbacks: ...`
        calls = [(name, CodeCall(name, [])) for name in names if _find_operation(name)][:1]
    for number, (name, call) in enumerate(calls):
        is_last = number == len(calls) - 1
        shown = response if is_last else None
        yield _build_request(name, call, models, evaluator.methods, shown)


def _build_request(
    name: str,
    call: CodeCall,
    models: dict[str, dict[str, Any]],
    methods: set[str],
    response: HttpResponse | None,
) -> ObservedRequest:
    method, path = _find_operation(name) or ("", "")
    no_members = _not_declared(methods, method, path)
    parameters = _PARAMETER.findall(path)
    named = {_folded(key): each for key, each in call.arguments if key}
    texts = iter(each for key, each in call.arguments if key is None and isinstance(each, str))

    def fill(match: re.Match[str]) -> str:
        value = named.get(_folded(match[0])) or next(texts, "")
        text = interpolated_text(value)
        return mark_unresolved(match[0]) if is_unresolved(text) or not text else text

    path = _PARAMETER.sub(fill, path)
    names = set(map(_folded, parameters))
    others = [each for each in call.arguments if _folded(each[0] or "") not in names]
    # The parameters of the path come first, unless they have names.
    skipped = len(parameters) - (len(call.arguments) - len(others))
    skipped = min(skipped, sum(not key for key, _ in others))
    body, start = None, skipped if len(others) > skipped else 0
    if method in ("POST", "PUT", "PATCH"):
        body, others = _split_body(others[start:], models, no_members)
        skipped -= start
    query = _query(others[skipped:])
    printed = next((each for _, each in call.arguments if _is_response(each)), None)
    return build_observed_request(
        "SDK call",
        SourceKind.CODE,
        method=method,
        path=path + query,
        body=body,
        headers_are_shown=False,
        response=find_response(printed) or response,
    )


def _is_response(value: Any) -> bool:
    """Return whether the object after the name of a method is not an argument, but the response that was printed."""
    return status_of(value) >= HTTPStatus.BAD_REQUEST


def _not_declared(methods: set[str], method: str, path: str) -> set[str]:
    """Return the names of methods that are no properties of the body of an operation; none if it declares none."""
    place = find_place(method, path, sources_of(GENESYS, None)) if methods else None
    found = place.operation(method) if place else None
    operation = found.load() if found else None
    declared = declared_names(operation) if operation else set()
    return methods - declared if declared else set()


def _split_body(
    arguments: list[Argument], models: dict[str, dict[str, Any]], no_members: set[str]
) -> tuple[str | None, list[Argument]]:
    """Return the body, the argument that is a map or a model, with the API's names, and the arguments without it.

    A model without its `no_members` may have others.
    """
    for index, (key, value) in enumerate(arguments):
        content = _model(value, models)
        if isinstance(content, dict) and not no_members.isdisjoint(content):
            known = {name: each for name, each in content.items() if name not in no_members}
            content = {UNKNOWN: None} | known
        is_body = isinstance(content, dict | list) and content and not _is_response(content)
        if is_body and key != "opts":
            return _as_json(content), arguments[:index] + arguments[index + 1 :]
        if key is None:
            break  # the parameters of the path come before the body, the others after it
    return None, arguments


def _query(arguments: list[Argument]) -> str:
    """Return the query that arguments give: each one with a name, and each member of a map of options.

    It is unknown if another argument may be in it.
    """
    members: dict[str, Any] = {}
    is_hidden = False
    for key, value in arguments:
        options = {key: value} if key and key != "opts" else value
        if isinstance(options, dict) and not any(map(is_unresolved, options)):
            members |= options
        else:
            is_hidden = is_hidden or not _is_response(value)
    if is_hidden:
        return f"?{mark_unresolved('{query}')}"
    pairs = (
        (_api_name(key.strip("_")), each) for key, each in members.items() if key not in _OF_CLIENT
    )
    items = (
        encode_query({key: item})
        for key, each in pairs
        for item in (each if isinstance(each, list) else [each])
        if item is not None
    )
    return "?".join(["", "&".join(items)]).rstrip("?")


def _as_json(value: Any) -> str:
    return json.dumps(as_json_value(with_api_names(value)), indent=2, ensure_ascii=False)


def with_api_names(value: Any) -> Any:
    """Return a value with the API's names in its objects: .NET and Go write names in Pascal case."""
    if isinstance(value, list):
        return [with_api_names(each) for each in value]
    if not isinstance(value, dict):
        return value
    is_pascal = all(name[:1].isupper() for name in value)
    return {
        _api_name(name) if is_pascal else name: each if name in _FREE else with_api_names(each)
        for name, each in value.items()
    }


def _model(value: Any, models: dict[str, dict[str, Any]]) -> Any:
    """Return a value with models as maps; a model is an object of its class whose attributes were set."""
    owner = ""
    if is_unresolved(value):
        owner = value.strip("\ufdd0\ufdd1{}")
    elif isinstance(value, CodeCall):
        owner = next((name for name, each in models.items() if each.get("") is value), "")
    if owner in models or isinstance(value, CodeCall):
        made = models.get(owner, {}).get("", value)
        given = made.arguments if isinstance(made, CodeCall) else []
        members = {key: each for key, each in given if key} | models.get(owner, {})
        others = {name: each for name, each in models.items() if name != owner}
        content = {_api_name(name): _model(each, others) for name, each in members.items() if name}
        return ({} if _is_made(made) else {UNKNOWN: None}) | content if content else value
    if isinstance(value, dict):
        return {name: _model(each, models) for name, each in value.items()}
    return [_model(each, models) for each in value] if isinstance(value, list) else value


def _is_made(value: Any) -> bool:
    """Return whether a value is a call of a constructor, so that the object has only what the code sets."""
    name = value.name.removesuffix(".new").rpartition(".")[2] if isinstance(value, CodeCall) else ""
    return name[:1].isupper() and not (_find_operation(name) or name.endswith("Builder"))


def _api_name(name: str) -> str:
    """Return the name of a property: Python's SDK writes `callback_numbers`, .NET's `CallbackNumbers`."""
    name = "type" if name == "VarType" else name  # of Go
    return _CAMEL.sub(lambda match: match[1].upper(), name[:1].lower() + name[1:])


def _folded(name: str) -> str:
    """Return the name of a parameter without signs and capitals: `{campaignId}`, `campaign_id`."""
    return re.sub("[^a-z0-9]", "", name.lower())


def _find_operation(name: str) -> tuple[str, str] | None:
    """Return (method, path) of the operation from which the name of an SDK's method is derived."""
    if not _METHOD_NAME.fullmatch(name):
        return None
    folded = name.replace("_", "").lower()
    found = (_operations_by_name().get(folded.removesuffix(each)) for each in ("", *_SUFFIXES))
    return next(filter(None, found), None)


@cache
def _operations_by_name() -> dict[str, tuple[str, str]]:
    """Return (method, path) by the folded name of the SDK: the method and the segments, singular before a parameter."""
    names: dict[str, tuple[str, str]] = {}
    for operation in load_published_operations(GENESYS).operations:
        segments = operation.path.removeprefix("/api/v2/").strip("/").split("/")
        words = [operation.method]
        for segment, following in zip(segments, [*segments[1:], ""], strict=True):
            if not segment.startswith("{"):
                words.append(_singular(segment) if following.startswith("{") else segment)
                if following.startswith("{") and words[-1] == segment:
                    words.append(following)  # such as `get_flow_history_history_id`
        names.setdefault(_folded("".join(words)), (operation.method, operation.path))
    return names


def _singular(word: str) -> str:
    if word.endswith("ies"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "shes", "ches")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith(("ss", "us", "is")) else word
