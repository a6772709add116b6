"""Turn a failed request into one that is valid, or whose open places are placeholders."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from cxcall.contracts.catalog import load_catalog
from cxcall.contracts.parameters import unique_flags
from cxcall.documents.json_pointer import has_value, value_at
from cxcall.explaining.body_check import find_better_operation, read_body
from cxcall.explaining.body_correction import correct_body
from cxcall.explaining.body_repair import read_leniently
from cxcall.explaining.host_check import platform_of_host
from cxcall.explaining.published_operations import GENESYS
from cxcall.explaining.shell_forms import (
    for_bash,
    for_cmd,
    for_powershell,
    json_text,
    with_confirmation,
)
from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.checks import check_body, check_parameters, has_errors, is_valid_text
from cxcall.payloads.corrections import placeholder
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_placeholder
from cxcall.payloads.suggestions import fold_name
from cxcall.runtime.redaction import MASKED
from cxcall.transport.curl import curl
from cxcall.transport.messages import HttpRequest
from cxcall.transport.urls import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter
    from cxcall.explaining.explanation import Explanation
    from cxcall.findings.finding import Finding

_WRONG_HOST = ("host-unknown", "platform-mismatch", "scheme-insecure")
_UNKNOWN_PATH = (404, 405)
_WRONG_VALUE = ("id-format", "placeholder")
_ROUTE_CHANGE = re.compile(r"(?:^|[/\\])\.{1,2}(?:[/\\]|$)")


class CorrectedRequest(NamedTuple):
    """A request for an operation. `missing` are the places that are open: a placeholder, or still wrong.

    `left_out` are the places of the failed request that the operation has no use for. `findings` are
    those of the check of this request. `values` are the parameters of path and query; `contract_file`
    is the user's own document, if it declares the operation. `is_host_shown`: the host is that of the failed
    request, and not the usual one.
    """

    operation: Operation
    base_url: str
    values: Mapping[str, str]
    body: Any
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    findings: tuple[Finding, ...]
    contract_file: str = ""
    is_host_shown: bool = False

    @property
    def url(self) -> str:
        """The URL; a placeholder stands in it as it is."""
        filled = {name: value for name, value in self.values.items() if not is_placeholder(value)}
        url = self.operation.url(self.base_url, filled).replace("%7B", "{").replace("%7D", "}")
        for name, value in self.values.items():
            if name not in filled and f"{{{name}}}" in url:
                url = url.replace(f"{{{name}}}", value)
            elif name not in filled:
                url += f"{'&' if '?' in url else '?'}{quote(name)}={value}"
        return url

    def as_text(self, form: str) -> str:
        """Return the request as `send`, `cmd`, `powershell` (a dry run by cxcall), `curl`, or `json` (the body)."""
        if form == "json":
            return json_text(self.body)
        if form == "curl":
            return self._as_curl()
        write = {"send": for_bash, "cmd": for_cmd, "powershell": for_powershell}[form]
        return write(self._words(), self.body, has_body=self.operation.takes_body)

    def _words(self) -> list[str]:
        """Return the command `cxcall send --dry-run`, with the body on stdin."""
        flags = {flag.parameter: flag.name for flag in unique_flags(self.operation.parameters)}
        words = ["cxcall", "send", self.operation.name]
        words += ["--contract", self.contract_file] if self.contract_file else []
        for name, value in self.values.items():
            is_safe = name in flags and not value.startswith("-")
            words += [f"--{flags[name]}", value] if is_safe else ["--param", f"{name}={value}"]
        if self.is_host_shown or self.base_url != self.operation.contract.base_url():
            words += ["--base-url", self.base_url]
        return [*words, *(["--file", "-"] * self.operation.takes_body), "--dry-run"]

    def _as_curl(self) -> str:
        """Return a curl command that takes the token from the environment.

        It asks before it sends what can place a call: a pasted command runs at once.
        """
        headers = {"Accept": "application/json"}
        content = None
        if self.operation.takes_body:
            headers["Content-Type"] = "application/json"
            content = json_text(self.body, indent=None).encode()
        command = curl(HttpRequest(self.operation.method, self.url, headers, content))
        return with_confirmation(command) if self.operation.can_place_call else command

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "operation": self.operation.name,
            "method": self.operation.method,
            "url": self.url,
            "body": self.body if self.operation.takes_body else None,
            "missing": list(self.missing),
            "leftOut": list(self.left_out),
        }


def correct_request(
    explanation: Explanation, tried: Collection[Operation] = ()
) -> CorrectedRequest:
    """Return a request for the operation that was meant, with the values of the failed one.

    `tried` are the operations of other attempts, which are no alternatives.

    Raises UsageError for a token request, and if no operation is near.
    """
    operation = _find_operation(explanation, tried)
    if operation is None:
        raise _refusal(explanation)
    payload, _ = read_body(explanation.request)
    given = payload.value if payload else read_leniently(explanation.request.body or "")
    values, left_out = _correct_parameters(explanation, operation, given)
    body: Any = None
    dropped: tuple[str, ...] = ()
    if operation.takes_body:
        body, dropped = correct_body(explanation, operation, given, values)
    sent = Payload(body) if operation.takes_body and (body or operation.needs_body) else None
    filled = {name: value for name, value in values.items() if not is_placeholder(value)}
    findings = [*check_parameters(operation, filled, sent)]
    findings += check_body(operation, sent) if sent else []
    is_wrong_host = any(
        each.code in _WRONG_HOST and each.where == "host" for each in explanation.findings
    )
    missing = [name for name in values if name not in filled]
    open_findings = (each for each in findings if has_errors([each]) or each.code == "placeholder")
    missing += [each.where for each in open_findings if each.where[:1] in ("", "/")]
    missing += ["host"] * is_wrong_host
    findings = [each for each in findings if not _is_about_placeholder(each, body)]
    base_url = _base_url(explanation, operation, is_wrong=is_wrong_host)
    return CorrectedRequest(
        operation,
        base_url,
        values,
        body,
        tuple(dict.fromkeys(missing)),
        (*left_out, *dropped),
        tuple(findings),
        is_host_shown=bool(explanation.request.host)
        and base_url.endswith(f"//{explanation.request.host}"),
    )


def _is_about_placeholder(finding: Finding, body: Any) -> bool:
    """Tell whether a finding is about a placeholder in the body of the corrected request."""
    where = finding.where
    return where[:1] == "/" and has_value(body, where) and is_placeholder(value_at(body, where))


def can_correct(explanation: Explanation) -> bool:
    """Return whether `correct_request` returns a request for this explanation."""
    return _find_operation(explanation) is not None


def _find_operation(
    explanation: Explanation, tried: Collection[Operation] = ()
) -> Operation | None:
    """Return the operation that was meant: the one that the body belongs to, or else the nearest one."""
    operation = explanation.operation
    if operation is None or explanation.route.is_token:
        return None
    if operation.provenance != "published" and explanation.request.status in _UNKNOWN_PATH:
        operation = _published_alternative(operation, tried) or operation
    payload, _ = read_body(explanation.request)
    if (
        payload is None
        or not operation.takes_body
        or not has_errors(check_body(operation, payload))
    ):
        return operation
    other = find_better_operation(operation, payload.value)
    is_harmless = other is not None and other.method != "DELETE"
    if other is None or not is_harmless or (other.can_place_call and not operation.can_place_call):
        return operation
    return other


def _published_alternative(operation: Operation, tried: Collection[Operation]) -> Operation | None:
    """Return the first published operation for the same purpose that a contract declares and nobody tried."""
    known = {(each.method, each.path): each for each in load_catalog() if each not in tried}
    found = (known.get((each.method, each.path)) for each in operation.nearest)
    return next(filter(None, found), None)


def repeats_request(corrected: CorrectedRequest, explanation: Explanation) -> bool:
    """Tell whether a corrected request is the one that was sent."""
    request = explanation.request
    sent = read_leniently(request.body) if request.body else None
    is_same_body = not corrected.operation.takes_body or (sent or {}) == (corrected.body or {})
    is_same_place = corrected.operation is explanation.route.operation
    names = {name for name, _ in request.query}
    return (
        is_same_place and is_same_body and not corrected.missing and names <= set(corrected.values)
    )


def _refusal(explanation: Explanation) -> UsageError:
    if explanation.route.is_token:
        return UsageError(
            "a token request contains secrets and cannot be printed",
            where="--fix",
            fix="log in with `cxcall auth login`, which sends the request in the right form",
        )
    return UsageError(
        "no operation whose schema is known is similar to this request",
        where="--fix",
        fix="look for the operation that you need: `cxcall operations`",
    )


def _base_url(explanation: Explanation, operation: Operation, *, is_wrong: bool) -> str:
    """Return the scheme and host of the failed request, if they are right for the operation."""
    request, own = explanation.request, operation.contract.base_url()
    platform = platform_of_host(request.host)
    if not request.host or is_wrong or (platform and platform != operation.platform):
        return own
    url = f"{request.scheme or 'https'}://{request.host}"
    return url if is_loopback_url(url) else f"https://{request.host}"


def _correct_parameters(
    explanation: Explanation, operation: Operation, body: Any
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the parameters of path and query, and the places of values that the operation has no use for."""
    request = explanation.request
    parameters = {
        each.name: each for each in operation.parameters if each.location in ("path", "query")
    }
    given: dict[str, str] = {}
    left_out = []
    for name, value in request.query:
        known = next((each for each in parameters if fold_name(each) == fold_name(name)), "")
        if known and parameters[known].location == "query":
            given[known] = f"{given[known]},{value}" if known in given else value
        else:
            left_out.append(f"query:{name}")
    if isinstance(body, dict):
        declared = operation.schema_at("").get("properties", {})
        misplaced = {
            name: body[name] for name in body if name in parameters and name not in declared
        }
        given |= {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in misplaced.items()
        }
    sent = explanation.route.operation or operation
    values = _path_values(sent.path, request.path)
    given |= {name: value for name, value in values.items() if name in parameters}
    values = {
        name: _usable_value(explanation, operation, parameter, given.get(name, ""))
        for name, parameter in parameters.items()
        if name in given or parameter.required
    }
    return values, tuple(left_out)


def _usable_value(
    explanation: Explanation, operation: Operation, parameter: Parameter, value: str
) -> str:
    """Return the value of a parameter, or a placeholder if it is missing, wrong, or leads elsewhere."""
    wrong = [
        each.message for each in explanation.findings
        if each.where == parameter.location and each.code in _WRONG_VALUE and f"`{value}`" in each.message
    ]  # fmt: skip
    is_usable = value.isprintable() and value != MASKED and not _ROUTE_CHANGE.search(unquote(value))
    is_filled = bool(value) and not is_placeholder(value, id_wanted=True) and not wrong
    if is_usable and is_filled and is_valid_text(parameter.schema, [value]):
        return value
    is_uuid = operation.platform == GENESYS and parameter.name.endswith("Id")
    return placeholder(parameter.name, {"format": "uuid"} if is_uuid else parameter.schema)


def _path_values(template: str, path: str) -> dict[str, str]:
    """Return the values of a template's parameters in a path; empty texts for those that it lacks.

    A value stands after the same word as in the template or, where a word is misspelled, at the same
    place counted from the end.
    """
    expected, segments = template.strip("/").split("/"), path.strip("/").split("/")
    words = [each for each in expected if each[:1] != "{"]
    values = {}
    for index, name in enumerate(expected):
        if name[:1] != "{":
            continue
        before = next((at for at in range(index - 1, -1, -1) if expected[at] in words), None)
        at = index - len(expected) + len(segments)
        if before is not None and expected[before] in segments:
            at = segments.index(expected[before]) + index - before
        found = segments[at] if 0 <= at < len(segments) else ""
        values[name[1:-1]] = "" if found in words else unquote(found)
    return values
