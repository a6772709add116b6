"""A failed request -> the nearest published one, with what could be carried over and what is missing."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote, unquote

from cxcall.contracts.json_schema import compile_schema
from cxcall.documents.json_document import DocumentError, parse
from cxcall.documents.json_pointer import has_value, join_pointer, leaves, value_at
from cxcall.findings.errors import UsageError
from cxcall.payloads.checks import check_body
from cxcall.payloads.payload import Payload, set_value
from cxcall.transport.curl import curl
from cxcall.transport.messages import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.contract import Operation
    from cxcall.explaining.explanation import Explanation
    from cxcall.findings.finding import Finding

_MOST_MISSING = 50


class CorrectedRequest(NamedTuple):
    """The request as it should be; `missing` are the places still to be filled in, `<...>` in it."""

    operation: Operation
    base_url: str
    values: Mapping[str, str]
    url: str
    body: Any
    missing: tuple[str, ...]
    findings: tuple[Finding, ...]

    def as_send(self) -> str:
        """Return it as a `cxcall send` command, its body on stdin; a dry run, until somebody looked."""
        flags = {entry.name: entry.flag.name for entry in self.operation.parameters}
        words = ["cxcall", "send", self.operation.name]
        for name, value in self.values.items():
            words += [f"--{flags[name]}", value]
        if self.base_url != self.operation.contract.base_url():
            words += ["--base-url", self.base_url]
        if not self.operation.takes_body:
            return shlex.join([*words, "--dry-run"])
        command = shlex.join([*words, "--file", "-", "--dry-run"])
        return f"{command} <<'JSON'\n{self.as_json()}\nJSON"

    def as_json(self) -> str:
        """Return its body alone."""
        return json.dumps(self.body, ensure_ascii=False, indent=2)

    def as_curl(self) -> str:
        """Return it as a curl command, the token left to the environment."""
        headers = {"Accept": "application/json"}
        content = None
        if self.operation.takes_body:
            headers["Content-Type"] = "application/json"
            content = json.dumps(self.body, ensure_ascii=False).encode()
        return curl(HttpRequest(self.operation.method, self.url, headers, content))

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program."""
        return {
            "operation": self.operation.name,
            "method": self.operation.method,
            "url": self.url,
            "body": self.body if self.operation.takes_body else None,
            "missing": list(self.missing),
        }


def correct_request(explanation: Explanation) -> CorrectedRequest:
    """Put the nearest published operation's request together from what a failed one holds.

    Raises UsageError where no operation is near.
    """
    operation = explanation.operation
    if explanation.route.is_token:
        raise UsageError(
            "a request for a token holds secrets, and is not printed",
            where="--fix",
            fix="log in by `cxcall auth login`, which sends it as the platform wants it",
        )
    if operation is None:
        raise UsageError(
            "no published operation is near to this request",
            where="--fix",
            fix="look for the one that does what you want: `cxcall operations`",
        )
    attempt = explanation.attempt
    missing: list[str] = []
    values = {}
    for parameter in operation.parameters:
        if parameter.location == "path":
            values[parameter.name] = _from_path(operation, attempt.path or "", parameter.name)
    missing += [name for name, value in values.items() if value.startswith("<")]
    base = (
        f"{attempt.scheme or 'https'}://{attempt.host}"
        if attempt.host
        else operation.contract.base_url()
    )
    url = operation.url(base, {}).replace("%7B", "{").replace("%7D", "}")
    for name, value in values.items():
        url = url.replace(f"{{{name}}}", value if value.startswith("<") else quote(value, safe=""))
    body = _carried(operation, attempt.body)
    missing += _fill(operation, body)
    findings = tuple(check_body(operation, Payload(body))) if operation.takes_body else ()
    return CorrectedRequest(operation, base, values, url, body, tuple(missing), findings)


def _from_path(operation: Operation, path: str, name: str) -> str:
    """Return the value of a path parameter, where the paths are alike; else its name, marked."""
    template, written = operation.path.split("/"), path.rstrip("/").split("/")
    place = template.index(f"{{{name}}}")
    if len(written) > place and template[:place] == written[-len(template) :][:place]:
        found = written[-len(template) :][place] if len(written) >= len(template) else ""
        return unquote(found) or f"<{name}>"
    return f"<{name}>"


def _carried(operation: Operation, text: str | None) -> Any:
    """Return the body with every value that has a place in the operation, at that place."""
    is_array = operation.schema_at("").get("type") == "array"
    body: Any = [] if is_array else {}
    try:
        given = parse(text, "body").value if text else {}
    except DocumentError:
        given = {}
    homes = {pointer: pointer for pointer in operation.pointers}
    folded = {_fold(pointer.rpartition("/")[2]): pointer for pointer in homes}
    for pointer, value in leaves(given):
        home = pointer and _home(operation, pointer, folded)
        if home and value is not None:
            try:
                set_value(body, home, value, "--fix")
            except UsageError:
                continue
    return body


def _home(operation: Operation, pointer: str, folded: dict[str, str]) -> str:
    """Return where a value belongs: where it stands, where a known mistake says, or under its name."""
    above, _, name = pointer.rpartition("/")
    schema = operation.schema_at(above)
    if operation.schema_at(pointer) and (name in schema.get("properties", {}) or name.isdecimal()):
        return pointer
    if isinstance(schema.get("additionalProperties"), dict):
        return pointer
    mistake = schema.get("x-cxcall-mistakes", {}).get(name, {})
    target = mistake.get("instead") or mistake.get("use") if isinstance(mistake, dict) else ""
    return str(target or folded.get(_fold(name), ""))


def _fold(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


def _fill(operation: Operation, body: Any) -> list[str]:
    """Put a mark at every required place that is empty; returns the places."""
    filled: list[str] = []
    while len(filled) < _MOST_MISSING:
        place = _missing(operation, body)
        if not place or place in filled:
            break
        sample = value_at(operation.example, place) if _has_sample(operation, place) else None
        empty: Any = (
            {}
            if isinstance(sample, dict)
            else sample
            if isinstance(sample, bool | int)
            else f"<{place.rpartition('/')[2]}>"
        )
        set_value(body, place, [] if isinstance(sample, list) else empty, "--fix")
        filled.append(place)
    return [place for place in filled if not isinstance(value_at(body, place), dict)]


def _has_sample(operation: Operation, place: str) -> bool:
    return operation.example is not None and has_value(operation.example, place)


def _missing(operation: Operation, body: Any) -> str:
    """Return the first required place that is empty; empty when there is none."""
    if not operation.takes_body:
        return ""
    for misfit in compile_schema(operation.body_schema).iter_errors(body):
        if misfit.kind.name == "required":
            above = "".join(join_pointer("", step) for step in misfit.instance_path)
            return join_pointer(above, misfit.kind.property)  # type: ignore[attr-defined]  # of this kind
    return ""
