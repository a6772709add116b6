"""A Python `requests` call as people post it: read by `ast`, never run."""

from __future__ import annotations

import ast
import json
import re
import textwrap
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.explaining.readers.http_message import read_response
from cxcall.explaining.readers.json_exchange import observed_request_of
from cxcall.explaining.readers.unresolved_variables import (
    is_unresolved,
    mark_unresolved,
    named,
    plain,
)
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

_METHODS = ("get", "post", "put", "patch", "delete", "head", "options")
_PROMPT = re.compile(r"^(>>> |\.\.\. |In \[\d+\]: )", re.MULTILINE)
_DEEPEST = 60
_LONGEST = 1 << 18


def read_snippet(text: str) -> Iterator[ObservedRequest]:
    """Yield the calls of `requests` (or what is called like it) in a snippet, in their order.

    Names assigned in it are followed; what is not known is shown as `{name}`. Raises UsageError where
    it holds no call that can be read.
    """
    reader = _Reader()
    for statement in _statements(text[:_LONGEST]):
        reader.run(statement)
    if not reader.calls:
        raise UsageError(
            "no call of `requests` can be read in the snippet",
            where="snippet",
            fix="give the lines from where the URL is set to the call, unchanged",
        )
    answer = read_response(_PROMPT.sub("", text).replace("# ", ""))
    for method, url, given in reader.calls:
        yield _attempt(method, url, given, answer)


def _statements(text: str) -> list[ast.stmt]:
    """Return the statements of a snippet; where it does not parse as a whole, those of its parts."""
    plain = textwrap.dedent(_PROMPT.sub("", text))
    found = _parsed(plain)
    if found is not None:
        return found
    parts = re.split(r"\n(?=\S)", plain)
    return [statement for part in parts for statement in _parsed(part) or []]


def _parsed(text: str) -> list[ast.stmt] | None:
    try:
        return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Reader:
    """Follows assignments as far as they are literal, and collects the calls."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.calls: list[tuple[str, Any, dict[str, Any]]] = []

    def run(self, statement: ast.stmt) -> None:
        for node in _in_order(statement):
            if isinstance(node, ast.Assign):
                value = self.value(node.value)
                for target in node.targets:
                    self.assign(target, value)
            elif isinstance(node, ast.AnnAssign) and node.value is not None:
                self.assign(node.target, self.value(node.value))
            elif isinstance(node, ast.Call):
                self.call(node)

    def assign(self, target: ast.expr, value: Any) -> None:
        if isinstance(target, ast.Name):
            self.names[target.id] = value
        elif isinstance(target, ast.Attribute):
            self.names[_dotted(target)] = value
        elif isinstance(target, ast.Subscript):
            held, key = self.value(target.value), self.value(target.slice)
            if isinstance(held, dict) and isinstance(key, str):
                held[key] = value

    def call(self, node: ast.Call) -> None:
        """Note a call that sends a request, or one that changes a dictionary."""
        if not isinstance(node.func, ast.Attribute):
            return
        name, holder = node.func.attr, self.value(node.func.value)
        given = {each.arg: self.value(each.value) for each in node.keywords if each.arg}
        arguments = [self.value(each) for each in node.args]
        if name == "update" and isinstance(holder, dict) and arguments:
            holder.update(_members(arguments[0]))
        elif name == "request" and len(arguments) > 1:
            self.calls.append((str(arguments[0]), arguments[1], given))
        elif name in _METHODS and (arguments or "url" in given):
            url = arguments[0] if arguments else given["url"]
            if isinstance(url, str) and ("/" in url or "{" in plain(url)):
                names = ("data", "json") if name in ("post", "put", "patch") else ("params",)
                self.calls.append(
                    (name, url, {**dict(zip(names, arguments[1:], strict=False)), **given})
                )

    def value(self, node: ast.expr, depth: int = 0) -> Any:
        """Return what an expression is, as far as it is literal; else what stands for the unknown."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name | ast.Attribute):
            return self.names.get(_dotted(node), _name(_dotted(node)))
        if isinstance(node, ast.Dict):
            found: dict[str, Any] = {}
            for key, held in zip(node.keys, node.values, strict=True):
                value = self.value(held, depth + 1)
                found |= (
                    _members(value) if key is None else {str(self.value(key, depth + 1)): value}
                )
            return found
        if isinstance(node, ast.List | ast.Tuple):
            return [self.value(each, depth + 1) for each in node.elts]
        return self.computed(node, depth) if depth < _DEEPEST else _name("...")

    def computed(self, node: ast.expr, depth: int) -> Any:
        if isinstance(node, ast.JoinedStr):
            return "".join(_text(self.value(part, depth + 1)) for part in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.value(node.value, depth + 1)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            left, right = self.value(node.left, depth + 1), self.value(node.right, depth + 1)
            return _text(left) + _text(right)
        if isinstance(node, ast.Call):
            return self.called(node, depth)
        if isinstance(node, ast.Subscript):
            held, key = self.value(node.value, depth + 1), self.value(node.slice, depth + 1)
            unknown = _name(plain(_text(key)).strip("{}"))
            is_known = isinstance(held, dict) and isinstance(key, str)
            return held.get(key, unknown) if is_known else unknown
        return _name("...")

    def called(self, node: ast.Call, depth: int) -> Any:
        name = _dotted(node.func)
        arguments = [self.value(each, depth + 1) for each in node.args]
        given = {each.arg: self.value(each.value, depth + 1) for each in node.keywords if each.arg}
        if name == "dict":
            return {**(_members(arguments[0]) if arguments else {}), **given}
        if name.endswith("dumps") and arguments:
            return json.dumps(arguments[0], ensure_ascii=False, default=str)
        if name.endswith(("getenv", "environ.get")) and arguments:
            return _name(plain(_text(arguments[0])))
        if name.endswith("HTTPBasicAuth"):
            return arguments
        return _name(name or "...")


def _in_order(statement: ast.stmt) -> Iterator[ast.AST]:
    """Yield the parts of a statement in the order they stand in, bodies of functions included."""
    pending: list[ast.AST] = [statement]
    while pending:
        node = pending.pop(0)
        yield node
        pending = [*ast.iter_child_nodes(node), *pending]


def _name(name: str) -> str:
    return mark_unresolved(f"{{{name}}}")


def _members(value: Any) -> dict[str, Any]:
    """Return what a dictionary adds to another; one that is not known adds a name that is not known."""
    return value if isinstance(value, dict) else {_text(value): None}


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (
        ".".join(reversed([*parts, node.id]))
        if isinstance(node, ast.Name)
        else ".".join(reversed(parts))
    )


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _attempt(method: str, url: Any, given: dict[str, Any], answer: Any) -> ObservedRequest:
    headers = dict(_members(given["headers"])) if given.get("headers") else {}
    body, kind = _body(given)
    if kind and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = kind
    auth = given.get("auth")
    if isinstance(auth, list) and len(auth) == 2:  # noqa: PLR2004 - user and password
        pair = plain(":".join(map(_text, auth))).encode("utf-8", "replace")
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    elif isinstance(auth, str) and is_unresolved(auth):
        headers["Authorization"] = auth
    target = plain(_text(url))
    if isinstance(given.get("params"), dict):
        target += ("&" if "?" in target else "?") + urlencode(
            {plain(key): plain(_text(value)) for key, value in given["params"].items()}
        )
    return observed_request_of(
        "Python snippet",
        method=method,
        url=None if target.startswith("{") and "://" not in target else target,
        path=target[target.find("/") :]
        if target.startswith("{") and "/" in target and "://" not in target
        else None,
        headers=headers,
        body=body,
        response=answer,
    )


def _body(given: dict[str, Any]) -> tuple[str | None, str]:
    """Return the body as requests would send it, and the type that requests would give it."""
    if given.get("json") is not None:
        return json.dumps(
            given["json"], indent=2, ensure_ascii=False, default=str
        ), "application/json"
    data = given.get("data")
    if isinstance(data, dict):
        form = urlencode({plain(key): plain(_text(value)) for key, value in data.items()})
        unknown = "".join(key for key in data if named(key))  # other names may be among them
        return unknown or form, "application/x-www-form-urlencoded"
    return (None if data is None else _text(data)), ""
