"""Turn a failed request into one for the nearest published operation, with placeholders for what is missing."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from cxcall.contracts.json_schema import compile_schema
from cxcall.contracts.parameters import unique_flags
from cxcall.documents.json_document import DocumentError, parse
from cxcall.documents.json_pointer import has_value, join_pointer, leaves, value_at
from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.checks import check_body
from cxcall.payloads.payload import Payload, set_value
from cxcall.payloads.suggestions import fold_name
from cxcall.transport.curl import curl
from cxcall.transport.messages import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.explaining.explanation import Explanation
    from cxcall.findings.finding import Finding

_MAX_MISSING = 50


class CorrectedRequest(NamedTuple):
    """A request for an operation; `missing` are the places that hold a placeholder (`<name>`)."""

    operation: Operation
    base_url: str
    path_values: Mapping[str, str]
    url: str
    body: Any
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]

    def as_send(self) -> str:
        """Return the shell command `cxcall send --dry-run`, with the body on stdin."""
        flags = {flag.parameter: flag.name for flag in unique_flags(self.operation.parameters)}
        words = ["cxcall", "send", self.operation.name]
        for name, value in self.path_values.items():
            words += (
                [f"--{flags[name]}", value] if name in flags else ["--param", f"{name}={value}"]
            )
        if self.base_url != self.operation.contract.base_url():
            words += ["--base-url", self.base_url]
        if not self.operation.takes_body:
            return shlex.join([*words, "--dry-run"])
        command = shlex.join([*words, "--file", "-", "--dry-run"])
        return f"{command} <<'JSON'\n{self.as_json()}\nJSON"

    def as_json(self) -> str:
        """Return only the body."""
        return json.dumps(self.body, ensure_ascii=False, indent=2)

    def as_curl(self) -> str:
        """Return a curl command that takes the token from the environment."""
        headers = {"Accept": "application/json"}
        content = None
        if self.operation.takes_body:
            headers["Content-Type"] = "application/json"
            content = json.dumps(self.body, ensure_ascii=False).encode()
        return curl(HttpRequest(self.operation.method, self.url, headers, content))

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "operation": self.operation.name,
            "method": self.operation.method,
            "url": self.url,
            "body": self.body if self.operation.takes_body else None,
            "missing": list(self.missing),
        }


def correct_request(explanation: Explanation) -> CorrectedRequest:
    """Return a request for the matching or nearest operation, with the values of the failed one.

    Raises UsageError for a token request, and where no operation is near.
    """
    operation, request = explanation.operation, explanation.request
    if explanation.route.is_token:
        raise UsageError(
            "a token request contains secrets and cannot be printed",
            where="--fix",
            fix="log in with `cxcall auth login`, which sends the request in the right form",
        )
    if operation is None:
        raise UsageError(
            "no published operation is similar to this request",
            where="--fix",
            fix="look for the operation that you need: `cxcall operations`",
        )
    parameters = [each.name for each in operation.parameters if each.location == "path"]
    values = {name: _path_value(operation, request.path, name) for name in parameters}
    base_url = operation.contract.base_url()
    if request.host:
        base_url = f"{request.scheme or 'https'}://{request.host}"
    url = operation.url(base_url, {}).replace("%7B", "{").replace("%7D", "}")
    for name, value in values.items():
        url = url.replace(f"{{{name}}}", value if value.startswith("<") else quote(value, safe=""))
    body = _move_values(operation, request.body)
    missing = [name for name, value in values.items() if value.startswith("<")]
    missing += _add_placeholders(operation, body) if operation.takes_body else ()
    findings = tuple(check_body(operation, Payload(body))) if operation.takes_body else ()
    return CorrectedRequest(operation, base_url, values, url, body, tuple(missing), findings)


def _path_value(operation: Operation, path: str, name: str) -> str:
    """Return the value of a path parameter where the paths have the same start, or else `<name>`."""
    template = operation.path.split("/")
    segments = path.rstrip("/").split("/")[-len(template) :]
    index = template.index(f"{{{name}}}")
    is_alike = len(segments) == len(template) and segments[:index] == template[:index]
    return (unquote(segments[index]) if is_alike else "") or f"<{name}>"


def _move_values(operation: Operation, text: str | None) -> Any:
    """Return a body with each value of the failed request that has a place in the operation."""
    try:
        original = parse(text, "body").value if text else {}
    except DocumentError:
        original = {}
    body: Any = [] if operation.schema_at("").get("type") == "array" else {}
    by_name = {fold_name(each.rpartition("/")[2]): each for each in operation.pointers}
    for pointer, value in leaves(original):
        target = _target(operation, pointer, by_name) if pointer else ""
        if target and value is not None:
            try:
                set_value(body, target, value, "--fix")
            except UsageError:
                continue
    return body


def _target(operation: Operation, pointer: str, by_name: Mapping[str, str]) -> str:
    """Return where a value belongs: where it is, where a known mistake says, or where its name is declared."""
    parent, _, name = pointer.rpartition("/")
    schema = operation.schema_at(parent)
    if operation.schema_at(pointer) and (name in schema.get("properties", {}) or name.isdecimal()):
        return pointer
    if isinstance(schema.get("additionalProperties"), dict):
        return pointer
    mistake = schema.get("x-cxcall-mistakes", {}).get(name, {})
    target = mistake.get("instead") or mistake.get("use") if isinstance(mistake, dict) else ""
    return str(target or by_name.get(fold_name(name), ""))


def _add_placeholders(operation: Operation, body: Any) -> list[str]:
    """Fill every required place that is empty; return the pointers of the placeholders."""
    filled: list[str] = []
    while len(filled) < _MAX_MISSING:
        pointer = _missing_pointer(operation, body)
        if not pointer or pointer in filled:
            break
        has_example = operation.example is not None and has_value(operation.example, pointer)
        example = value_at(operation.example, pointer) if has_example else None
        value: Any = f"<{pointer.rpartition('/')[2]}>"
        if isinstance(example, dict | list):
            value = type(example)()
        elif isinstance(example, bool | int):
            value = example
        set_value(body, pointer, value, "--fix")
        filled.append(pointer)
    return [pointer for pointer in filled if not isinstance(value_at(body, pointer), dict)]


def _missing_pointer(operation: Operation, body: Any) -> str:
    """Return the pointer of the first required property that is missing; empty where none is."""
    for error in compile_schema(operation.body_schema).iter_errors(body):
        if error.kind.name == "required":
            parent = "".join(join_pointer("", token) for token in error.instance_path)
            return join_pointer(parent, error.kind.property)  # type: ignore[attr-defined]  # of this kind
    return ""
