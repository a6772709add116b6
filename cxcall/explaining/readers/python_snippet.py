"""Read Python `requests` calls as people post them: parsed with `ast`, never run."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.explaining.readers.http_message import read_response
from cxcall.explaining.readers.request_builder import build_observed_request
from cxcall.explaining.readers.unresolved_variables import (
    is_unresolved,
    mark_unresolved,
    remove_marks,
    variable_names,
)
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest
    from cxcall.transport.messages import HttpResponse

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_PROMPT = re.compile(r"^(>>> |\.\.\. |In \[\d+\]: )", re.MULTILINE)
_MAX_LENGTH = 1 << 18


def read_snippet(text: str) -> Iterator[ObservedRequest]:
    """Yield the calls of `requests`, or of a client with the same methods, in their order.

    Assigned names are followed; a value that is not known is shown as `{name}`. Raises UsageError
    where the snippet has no such call.
    """
    evaluator = _Evaluator()
    for statement in _statements(text[:_MAX_LENGTH]):
        evaluator.run(statement)
    if not evaluator.calls:
        raise UsageError(
            "the snippet has no call of `requests` that can be read",
            where="snippet",
            fix="give the lines from where the URL is set to the call, unchanged",
        )
    response = read_response(_PROMPT.sub("", text).replace("# ", ""))
    for method, url, arguments in evaluator.calls:
        yield _build_request(method, url, arguments, response)


def _statements(text: str) -> list[ast.stmt]:
    """Return the statements of a snippet, or those of its parts that parse."""
    source = textwrap.dedent(_PROMPT.sub("", text))
    statements = _parse(source)
    if statements is not None:
        return statements
    parts = re.split(r"\n(?=\S)", source)
    return [statement for part in parts for statement in _parse(part) or []]


def _parse(source: str) -> list[ast.stmt] | None:
    try:
        return ast.parse(source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Evaluator:
    """Evaluates literals and follows assignments, and collects calls as (method, URL, arguments)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any, dict[str, Any]]] = []
        self._values: dict[str, Any] = {}

    def run(self, statement: ast.stmt) -> None:
        for node in _in_source_order(statement):
            if isinstance(node, ast.Assign):
                value = self._evaluate(node.value)
                for target in node.targets:
                    self._assign(target, value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                self._assign(node.target, self._evaluate(node.value))
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                self._call_method(node, node.func)

    def _assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name | ast.Attribute):
            self._values[_dotted_name(target)] = value
        elif isinstance(target, ast.Subscript):
            container, key = self._evaluate(target.value), self._evaluate(target.slice)
            if isinstance(container, dict) and isinstance(key, str):
                container[key] = value

    def _call_method(self, node: ast.Call, function: ast.Attribute) -> None:
        """Record a call that sends a request; apply a call that updates a dictionary."""
        method, target = function.attr, self._evaluate(function.value)
        arguments, named_arguments = self._arguments(node)
        if method == "update" and isinstance(target, dict) and arguments:
            target.update(_as_members(arguments[0]))
        elif method == "request" and len(arguments) > 1:
            self.calls.append((str(arguments[0]), arguments[1], named_arguments))
        elif method in _METHODS and (arguments or "url" in named_arguments):
            url = arguments[0] if arguments else named_arguments["url"]
            if isinstance(url, str) and ("/" in url or "{" in remove_marks(url)):
                names = ("data", "json") if method in ("post", "put", "patch") else ("params",)
                positional = dict(zip(names, arguments[1:], strict=False))
                self.calls.append((method, url, positional | named_arguments))

    def _arguments(self, node: ast.Call) -> tuple[list[Any], dict[str, Any]]:
        positional = [self._evaluate(each) for each in node.args]
        return positional, {each.arg: self._evaluate(each.value) for each in node.keywords if each.arg}  # fmt: skip

    def _evaluate(self, node: ast.expr) -> Any:
        """Return the value of an expression as far as it is literal; variables stay unresolved."""
        try:
            return self._evaluate_node(node)
        except RecursionError:  # such as a sum of a thousand strings
            return _unknown("...")

    def _evaluate_node(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() | ast.Attribute():
                name = _dotted_name(node)
                return self._values.get(name, _unknown(name))
            case ast.Dict():
                members: dict[str, Any] = {}
                for key, item in zip(node.keys, node.values, strict=True):
                    value = self._evaluate(item)
                    members |= {str(self._evaluate(key)): value} if key else _as_members(value)
                return members
            case ast.List() | ast.Tuple():
                return [self._evaluate(item) for item in node.elts]
        return self._compute(node)

    def _compute(self, node: ast.expr) -> Any:
        match node:
            case ast.JoinedStr():
                return "".join(_text(self._evaluate(part)) for part in node.values)
            case ast.FormattedValue():
                return self._evaluate(node.value)
            case ast.BinOp(op=ast.Add()):
                return _text(self._evaluate(node.left)) + _text(self._evaluate(node.right))
            case ast.Call():
                return self._evaluate_call(node)
            case ast.Subscript():
                container, key = self._evaluate(node.value), self._evaluate(node.slice)
                unknown = _unknown(remove_marks(_text(key)).strip("{}"))
                is_known = isinstance(container, dict) and isinstance(key, str)
                return container.get(key, unknown) if is_known else unknown
        return _unknown("...")

    def _evaluate_call(self, node: ast.Call) -> Any:
        name = _dotted_name(node.func)
        arguments, named_arguments = self._arguments(node)
        if name == "dict":
            return {**(_as_members(arguments[0]) if arguments else {}), **named_arguments}
        if name.endswith("dumps") and arguments:
            return json.dumps(arguments[0], ensure_ascii=False, default=str)
        if name.endswith(("getenv", "environ.get")) and arguments:
            return _unknown(remove_marks(_text(arguments[0])))
        if name.endswith("HTTPBasicAuth"):
            return arguments
        return _unknown(name or "...")


def _in_source_order(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the nodes of a statement in source order, bodies of functions included."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop(0)
        yield node
        pending = [*ast.iter_child_nodes(node), *pending]


def _unknown(name: str) -> str:
    return mark_unresolved(f"{{{name}}}")


def _as_members(value: Any) -> dict[str, Any]:
    """Return a dictionary; in place of another value, one with that value as an unresolved name."""
    return value if isinstance(value, dict) else {_text(value): None}


def _dotted_name(node: ast.expr) -> str:
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.insert(0, node.attr)
        node = node.value
    return ".".join([node.id, *names] if isinstance(node, ast.Name) else names)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _build_request(
    method: str, url: Any, arguments: dict[str, Any], response: HttpResponse | None
) -> ObservedRequest:
    headers = dict(_as_members(arguments["headers"])) if arguments.get("headers") else {}
    body, content_type = _body(arguments)
    if content_type and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    auth = arguments.get("auth")
    if isinstance(auth, list) and len(auth) == 2:  # noqa: PLR2004 - user and password
        pair = remove_marks(":".join(map(_text, auth))).encode("utf-8", "replace")
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    elif isinstance(auth, str) and is_unresolved(auth):
        headers["Authorization"] = auth
    target = remove_marks(_text(url))
    if isinstance(arguments.get("params"), dict):
        target += ("&" if "?" in target else "?") + _urlencode(arguments["params"])
    is_base_unknown = target.startswith("{") and "://" not in target
    return build_observed_request(
        "Python snippet",
        method=method,
        url=None if is_base_unknown else target,
        path=target[target.find("/") :] if is_base_unknown and "/" in target else None,
        headers=headers,
        body=body,
        response=response,
    )


def _body(arguments: dict[str, Any]) -> tuple[str | None, str]:
    """Return the body and the content type that requests would send."""
    value, data = arguments.get("json"), arguments.get("data")
    if value is not None:
        return json.dumps(value, indent=2, ensure_ascii=False, default=str), "application/json"
    if isinstance(data, dict):
        # A variable as a name means that other names may be among the data.
        unknown = "".join(name for name in data if variable_names(name))
        return unknown or _urlencode(data), "application/x-www-form-urlencoded"
    return (None if data is None else _text(data)), ""


def _urlencode(members: dict[str, Any]) -> str:
    return urlencode(
        {remove_marks(name): remove_marks(_text(value)) for name, value in members.items()}
    )
