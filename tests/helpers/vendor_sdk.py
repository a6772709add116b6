"""Run the vendor's Python SDK: print its models, its operations, and bodies of its own models; place and follow a call.

`tools/genesys_sdk.py` reads models and operations from the source text. They share no code, so that an error in one
is visible. Run as a program of its own, it reads from stdin what `helpers/vendor_results.py` asks: the addresses and
the credentials of two servers, the names of models, the required properties by model, the models to make a body of,
the paths whose operations are asked for, and the operations (method and path) to send with a body. It prints all
results, and the body and the status of the response of each sent request.
"""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import json
import linecache
import re
import sys
from datetime import UTC, date, datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

_ALLOWED = re.compile(r"allowed_values = (\[.*?\])", re.DOTALL)
_PARAMETER = re.compile(r":param (dict\(\w+, \w+\)|\S+) (\w+):")

_PHONE = re.compile(r"number|phone|caller_id$|caller_address|^address|^ani|^dnis", re.IGNORECASE)
USER = "00000007-1234-1234-1234-123456789012"
CAMPAIGN = "00000001-1234-1234-1234-123456789012"
LIST = "00000002-1234-1234-1234-123456789012"
QUEUE = "00000005-1234-1234-1234-123456789012"
DEPTH = 3
DEPTH_ALONE = 5
"""How deep a body is that is made to be checked, but not sent."""
NUMBER = "+12025550111"
SIMPLE = {
    "int": 1,
    "float": 1.0,
    "bool": True,
    "object": {},
    "str": "00000007-1234-4234-8234-123456789012",
    "datetime": datetime(2026, 12, 1, 9, tzinfo=UTC),
    "date": date(2026, 12, 1),
}
Required = dict[str, list[str]]
SDK = "PureCloudPlatformClientV2"
MODEL = re.compile(r"^from \.(\w+) import (\w+)$", re.MULTILINE)


class _Sdk(ModuleType):
    """The SDK without its first import, which loads all of its 6,650 models: each is loaded when it is first used."""

    def __init__(self, paths: list[str]) -> None:
        super().__init__(SDK)
        spec = find_spec(SDK)
        assert spec is not None
        assert spec.origin is not None
        folder = Path(spec.origin).parent
        self.__path__ = [str(folder)]
        sys.modules[SDK] = self
        found = MODEL.findall((folder / "models" / "__init__.py").read_text("utf-8"))
        self._paths = tuple(paths)
        self._modules = {name: f"{SDK}.models.{module}" for module, name in found}
        self._load_apis(folder)

    def _load_apis(self, folder: Path) -> None:
        """Load the classes that have an operation of the paths: they only import the models, for annotations."""
        models = sys.modules[f"{SDK}.models"] = ModuleType(f"{SDK}.models")
        models.__path__ = [str(folder / "models")]
        apis = sys.modules[f"{SDK}.apis"] = ModuleType(f"{SDK}.apis")
        apis.__path__ = [str(folder / "apis")]
        vars(models)["__getattr__"] = lambda _name: None
        for path in sorted((folder / "apis").glob("*_api.py")):
            text = path.read_text("utf-8")
            if any(each in text for each in self._paths):
                module = importlib.import_module(f"{SDK}.apis.{path.stem}")
                vars(self).update(
                    (name, each) for name, each in vars(module).items() if name.endswith("Api")
                )
        vars(models)["__getattr__"] = self.__getattr__

    def has_path(self, method: Any) -> bool:
        """Return whether a method sends to one of the paths, which stands in its code."""
        return any(
            isinstance(each, str) and each.startswith(self._paths)
            for each in inspect.unwrap(method).__code__.co_consts
        )

    def __getattr__(self, name: str) -> Any:
        module = vars(self).get("_modules", {}).get(name)
        if module is None:
            raise AttributeError(name)
        model = getattr(importlib.import_module(module), name)
        setattr(self, name, model)
        return model


class _Recorder:
    """A client that records each request and does not send it."""

    def __init__(self) -> None:
        self.calls: list[tuple[tuple[Any, ...], dict[str, Any]]] = []

    def select_header_accept(self, _types: list[str]) -> str:
        return ""

    def select_header_content_type(self, _types: list[str]) -> str:
        return ""

    def call_api(self, *given: Any, **named: Any) -> None:
        self.calls.append((given, named))


def _methods() -> dict[str, tuple[Any, Any]]:
    """Return the API class and the method of each operation whose path is asked for, by method and path."""
    found: dict[str, tuple[Any, Any]] = {}
    for name, api in vars(vendor).items():
        if name.endswith("Api") and inspect.isclass(api):
            for method in vars(api).values():
                if inspect.isfunction(method) and vendor.has_path(method):
                    verb, path = _call(api, method)[0][1::-1]
                    found.setdefault(f"{verb} {path}", (api, method))
    return found


def _types_of(method: Any) -> list[tuple[str, str]]:
    found = _PARAMETER.findall(method.__doc__)
    return [(name, kind) for kind, name in found if name != "function"]


class _Marker(str):
    """The value of one parameter: a UUID, and a number that is within every limit."""

    __slots__ = ()

    def __lt__(self, _other: object) -> bool:
        return False

    def __gt__(self, _other: object) -> bool:
        return False


def _markers(method: Any) -> dict[str, _Marker]:
    """Return a value for each parameter that is different from all others."""
    return {
        name: _Marker(f"{number:08x}-1234-4234-8234-123456789012")
        for number, (name, _) in enumerate(_types_of(method), 1)
    }


def _call(api: Any, method: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Call a method with a marker for each parameter; return the arguments that the client gets."""
    recorder = _Recorder()
    method(api(recorder), **_markers(method))
    return recorder.calls[0]


def operations() -> dict[str, Any]:
    """Return the parameters and the result of each operation, by method and path."""
    return {route: _operation(*found) for route, found in _methods().items()}


def _operation(api: Any, method: Any) -> dict[str, Any]:
    kinds = dict(_types_of(method))
    required = [name for name in inspect.signature(method).parameters if name in kinds]
    names = {marker: name for name, marker in _markers(method).items()}
    (_, _, *places), named = _call(api, method)
    body = names.get(named["body"])
    return {
        "function": method.__name__,
        "parameters": [
            [place, wire, kinds[names[marker]], names[marker] in required]
            for place, values in zip(("path", "query", "header"), places, strict=True)
            for wire, marker in values.items()
            if marker in names
        ],
        "body": kinds[body] if body else None,
        "isBodyRequired": body in required,
        "response": named["response_type"],
    }


def models(names: list[str]) -> dict[str, Any]:
    """Return, for each model, the type and the allowed values of each property by its name in JSON."""
    found = {}
    for name in names:
        model = getattr(vendor, name, None)
        if model is not None:
            made = model()
            found[name] = {
                made.attribute_map[attribute]: [kind, _allowed(model, attribute)]
                for attribute, kind in made.swagger_types.items()
            }
    return found


def send_bodies(client: Any, routes: list[str], required: Required) -> dict[str, Any]:
    """Send a body with every property to each operation; return the bodies, and the status of each response."""
    sent = {}
    for route, (api, method) in _methods().items():
        if route in routes:
            kinds = dict(_types_of(method))
            names = [name for name in inspect.signature(method).parameters if name in kinds]
            values = {name: _value(name, kinds[name], None, DEPTH, required) for name in names}
            body = values.get("body") or _value("", kinds["body"], None, DEPTH, required)
            status, output = 200, ""
            try:
                method(api(client), **{**values, "body": body})
            except vendor.rest.ApiException as error:
                status, output = error.status, error.body
            sent[route] = [client.sanitize_for_serialization(body), status, output]
    return sent


@cache
def _allowed(model: type, attribute: str) -> list[Any]:
    setter = getattr(model, attribute).fset
    allowed = _ALLOWED.search(_source(setter)) if setter else None
    values: list[Any] = ast.literal_eval(allowed[1]) if allowed else []
    return values


def _source(function: Any) -> str:
    """Return the text of a function, which `inspect` would split into tokens: a second for all models."""
    code = function.__code__
    last = max(line for *_, line in code.co_lines() if line)
    return "".join(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 : last])


def _value(name: str, kind: str, model: type | None, depth: int, required: Required) -> Any:
    """Return a value of a type as the SDK writes it; None below the depth, unless it is required."""
    if kind.startswith("list["):
        inner = _value(name, kind[5:-1], model, depth, required)
        return None if inner is None else [inner]
    if kind.startswith("dict("):
        inner = _value("", kind.partition(",")[2][:-1].strip(), None, depth, required)
        return None if inner is None else {"key": inner}
    if model is not None and (allowed := _allowed(model, name)):
        return allowed[0]
    if kind in SIMPLE:
        return NUMBER if kind == "str" and _PHONE.search(name) else SIMPLE[kind]
    return _made(getattr(vendor, kind), depth - 1, required)


def _made(model: type, depth: int, required: Required) -> Any:
    """Return a model with every property set; below the depth, only with the required ones."""
    made = model()
    needed = required.get(model.__name__, ())
    for name, kind in made.swagger_types.items():
        is_needed = made.attribute_map[name] in needed
        if getattr(model, name).fset is not None and (depth > 0 or is_needed):
            value = _value(name, kind, model, depth, required)
            try:
                setattr(made, name, value)
            except ValueError as error:  # the number is too small
                setattr(made, name, int(re.findall("[0-9]+", str(error))[-1]))
    return made


def connect(server: list[str]) -> Any:
    """Return a client with a token of a server."""
    base_url, client_id, client_secret = server
    client = vendor.api_client.ApiClient(host=base_url)
    client.get_client_credentials_token(client_id, client_secret)
    return client


def calls(client: Any) -> dict[str, Any]:
    """Place a call and a callback, load and start a campaign, and read all of them."""
    conversations = vendor.ConversationsApi(client)
    outbound = vendor.OutboundApi(client)

    call = vendor.CreateCallRequest()
    call.phone_number = NUMBER
    placed = conversations.post_conversations_calls_user_user_id(USER, call)

    callback = vendor.CreateCallbackCommand()
    callback.callback_numbers = [NUMBER]
    callback.queue_id = QUEUE
    called_back = conversations.post_conversations_callbacks(callback)

    contact = vendor.WritableDialerContact()
    contact.contact_list_id = LIST
    contact.data = {"phoneNumber": NUMBER}
    contacts = outbound.post_outbound_contactlist_contacts(LIST, [contact], priority=True)

    campaign = outbound.get_outbound_campaign(CAMPAIGN)
    outbound.post_outbound_campaign_start(CAMPAIGN)
    seen = conversations.get_conversation(placed.id)
    token = vendor.TokensApi(client).get_tokens_me()
    return {
        "call": placed.id,
        "callback": called_back.conversation.id,
        "contacts": [entry.id for entry in contacts],
        "campaign": [campaign.id, campaign.dialing_mode, campaign.campaign_status],
        "conversation": [seen.id, seen.participants[0].calls[0].state],
        "grant": token.o_auth_client.authorized_grant_type,
    }


def refused(client: Any) -> dict[str, Any]:
    """Send a request that the platform refuses, and return the SDK's result."""
    call = vendor.CreateCallRequest()
    call.phone_number = ""
    try:
        vendor.ConversationsApi(client).post_conversations_calls_user_user_id(USER, call)
    except vendor.rest.ApiException as error:
        body = json.loads(error.body)
        return {"body": [error.status, body["code"], bool(body["contextId"])]}
    return {}


def bodies(names: list[str], required: Required) -> dict[str, Any]:
    """Return a serialised body of each model."""
    client = vendor.api_client.ApiClient()
    return {
        name: client.sanitize_for_serialization(_made(getattr(vendor, name), DEPTH_ALONE, required))
        for name in names
        if hasattr(vendor, name)
    }


if __name__ == "__main__":
    gc.disable()
    asked = json.load(sys.stdin)
    vendor: Any = _Sdk(asked["paths"])
    caller, sender = map(connect, asked["servers"])
    found = {
        "calls": calls(caller),
        "refused": refused(caller),
        "bodies": bodies(asked["bodies"], asked["required"]),
        "operations": operations(),
        "models": models(asked["models"]),
        "sent": send_bodies(sender, asked["routes"], asked["required"]),
    }
    print(json.dumps(found))
