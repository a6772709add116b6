"""Why a request failed: what it and its answer show, the root cause first, each finding with its source."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall import phone
from cxcall.answer import correlation_id, hidden_failure
from cxcall.attempt import without_secrets
from cxcall.checks import check_body, check_parameters
from cxcall.document import DocumentError, join_pointer, parse, value_at
from cxcall.doubt import find_unlikely, is_placeholder
from cxcall.errors import Finding, Severity, UsageError
from cxcall.heading import check_headers, needs_person
from cxcall.hosts import NAMES
from cxcall.payload import Payload
from cxcall.published import CXONE
from cxcall.refusal import refusal
from cxcall.route import Route, path_values, trace
from cxcall.transport import Headers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.attempt import Attempt
    from cxcall.contract import Operation

_ID_NAME = re.compile(r"(?:[a-z]Id|_id|^id|ID)$")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_PERSONAL = re.compile(r"personal[-_ ]?connection", re.IGNORECASE)
# What decides comes first: another place, then another token, then the body, then what the API said of it.
_ORDER = (
    "scheme-insecure", "host-unknown", "platform-mismatch", "path-unpublished", "method-unpublished",
    "token-missing", "token-grant", "token-user-context", "token-scope", "token-expired", "credential",
    "permission-missing", "rate-limited", "header-missing", "body-malformed",
)  # fmt: skip


class Explanation(NamedTuple):
    """What was found on one attempt, and the operations that it is, or is nearest to."""

    attempt: Attempt
    route: Route
    findings: tuple[Finding, ...]

    @property
    def root(self) -> Finding | None:
        """The finding that explains most: the first error, else the first warning."""
        for severity in (Severity.ERROR, Severity.WARNING):
            for finding in self.findings:
                if finding.severity is severity:
                    return finding
        return None

    @property
    def operation(self) -> Operation | None:
        """The contract's operation that the request is, or else the nearest one."""
        return self.route.operation or self.route.advised

    @property
    def ticket(self) -> dict[str, str]:
        """What the platform's support asks for; what is not known says how to find it."""
        attempt, response = self.attempt, self.attempt.response
        headers = response.headers if response else Headers()
        known = correlation_id(response) if response else None
        return {
            "request": f"{attempt.method or '?'} {attempt.host or '<host>'}{attempt.path or ''}",
            "answer": f"HTTP {response.status} {response.reason}".rstrip()
            if response
            else "none shown",
            "correlation ID": known or "the answer's header `ININ-Correlation-Id`",
            "time": headers.get("Date", "") or "in UTC, to the second",
            "region": attempt.host or "the organisation's, as in the host",
        }

    def as_dict(self) -> dict[str, Any]:
        """Return it for a program, without its findings."""
        root, nearest, response = self.root, self.route.nearest, self.attempt.response
        return {
            "origin": self.attempt.origin,
            "method": self.attempt.method,
            "host": self.attempt.host,
            "path": self.attempt.path,
            "status": response.status if response and response.status else None,
            "platform": self.route.platform or None,
            "operation": self.route.operation.name if self.route.operation else None,
            "nearest": str(nearest) if nearest else None,
            "root": root.code if root else None,
            "correlationId": correlation_id(response) if response else None,
        }


def explain(source: str | os.PathLike[str] | Mapping[str, Any]) -> tuple[Explanation, ...]:
    """Say why requests failed, as `cxcall explain` does; offline, and nothing in the source is run.

    `source` is the text of a curl command, a HAR file, a JSON exchange, an HTTP message or a Python
    `requests` call; the `pathlib.Path` of a file that holds one; or an exchange as a mapping of
    method, host, path (or url), headers, body, status and response. One explanation a request.

    Raises UsageError (a CxcallError) where it is none of these.
    """
    from cxcall.reading import read, read_path
    from cxcall.reading.exchange import read_exchange

    if isinstance(source, str):
        attempts = list(read(source, "text"))
    elif isinstance(source, os.PathLike):
        attempts = list(read_path(os.fspath(source)))
    else:
        attempts = [read_exchange(source, "exchange")]
    return tuple(map(explain_attempt, attempts))


def explain_attempt(attempt: Attempt) -> Explanation:
    """Find out why a request failed, from the request and its answer, as far as they show it."""
    attempt = without_secrets(attempt)
    route = trace(attempt)
    is_elsewhere = route.operation is None or any(
        finding.severity is Severity.ERROR for finding in route.findings
    )
    found = [
        *attempt.findings,
        *route.findings,
        *_other_platform(attempt, route),
        *check_headers(attempt, route),
        *_ids(attempt, route),
        *_body(attempt, route, is_advice=is_elsewhere),
        *_response(attempt, route),
    ]
    if not any(finding.code == "token-user-context" for finding in found):
        found += needs_person(attempt, route)
    if not any(each.severity is Severity.ERROR or each.code == "not-provable" for each in found):
        found += _not_provable(attempt)
    return Explanation(attempt, route, _ordered(found))


def _ordered(found: list[Finding]) -> tuple[Finding, ...]:
    ranks = {code: rank for rank, code in enumerate(_ORDER)}
    severities = list(Severity)
    unique = dict.fromkeys(found)
    return tuple(
        sorted(
            unique,
            key=lambda each: (severities.index(each.severity), ranks.get(each.code, len(ranks))),
        )
    )


def _other_platform(attempt: Attempt, route: Route) -> Iterator[Finding]:
    """Yield a warning where a request for NICE's Personal Connection is in Genesys Cloud's form."""
    text = f"{attempt.path or ''} {attempt.body or ''}"
    is_ours = route.operation is not None
    if not is_ours and "/api/v" in (attempt.path or "") and _PERSONAL.search(text):
        yield Finding(
            Severity.WARNING,
            "platform-mismatch",
            "path",
            "Personal Connection is a product of NICE CXone, and `/api/v2` a form of path of Genesys Cloud",
            fix="ask which platform the organisation is on; their tokens and paths are not shared",
            source=f"the published operations of {NAMES[CXONE]}",
        )


def _ids(attempt: Attempt, route: Route) -> Iterator[Finding]:
    """Yield what is wrong with the IDs in the path, and where the body names others."""
    operation = route.operation
    if operation is None or not attempt.path:
        return
    payload = None
    if attempt.body:
        with suppress(DocumentError):
            document = parse(attempt.body, "body")
            payload = Payload(document.value, document)
    values = path_values(attempt.path, operation.path)
    yield from check_parameters(operation, values, payload)


def _body(attempt: Attempt, route: Route, *, is_advice: bool) -> Iterator[Finding]:
    if not attempt.body or route.is_token:
        return
    try:
        document = parse(attempt.body, "body")
    except DocumentError as error:
        if not _is_called_form(attempt):  # then its `Content-Type` was found wrong already
            yield from error.findings
        return
    payload = Payload(document.value, document)
    yield from document.findings
    if isinstance(document.value, str):
        yield _encoded_twice(payload)
        return
    operation = route.operation or route.advised
    found = [] if operation is None else _against(operation, payload)
    if attempt.null_is_silence:
        found = [each for each in found if not _is_null(payload, each.where)]
    known = {(each.code, each.where) for each in found}
    general = _general(payload, ids=operation is None)
    found += [each for each in general if (each.code, each.where) not in known]
    for finding in found:
        is_error = not is_advice or route.operation is not None
        yield finding if is_error else _as_advice(finding, operation)


def _against(operation: Operation, payload: Payload) -> list[Finding]:
    """Check a body as an operation takes it; what belongs into its query is named as such."""
    found = list(check_body(operation, payload)) if operation.takes_body else []
    declared = operation.schema_at("").get("properties", {})
    names = payload.value if isinstance(payload.value, dict) else {}
    for parameter in operation.parameters:
        if parameter.location == "query" and parameter.name in names.keys() - declared.keys():
            place = join_pointer("", parameter.name)
            found = [each for each in found if each.where != place]
            found.append(
                Finding(
                    Severity.ERROR,
                    "property-unknown",
                    place,
                    f"`{parameter.name}` belongs into the query, not into the body",
                    fix=f"send it as `?{parameter.name}=...`",
                    source=f"contract {operation.contract.name}",
                    excerpt=payload.excerpt(place, key=True),
                )
            )
    return found


def _is_null(payload: Payload, pointer: str) -> bool:
    try:
        return value_at(payload.value, pointer) is None
    except (KeyError, UsageError):
        return False


def _is_called_form(attempt: Attempt) -> bool:
    return "form" in (attempt.headers or Headers()).get("Content-Type", "").lower()


def _encoded_twice(payload: Payload) -> Finding:
    return Finding(
        Severity.ERROR,
        "body-malformed",
        "body",
        "the body is a JSON string, not an object: it was encoded twice",
        fix="encode it once: with `requests`, `json=payload`, or `data=json.dumps(payload)`",
        excerpt=payload.excerpt(""),
    )


def _as_advice(finding: Finding, operation: Operation | None) -> Finding:
    """Turn an error into advice: it would be one at the operation that was probably meant."""
    if finding.severity is not Severity.ERROR or operation is None:
        return finding
    why = f"as `{operation.name}` has it, the nearest published operation"
    return finding._replace(severity=Severity.WARNING, why=why)


def _general(payload: Payload, *, ids: bool) -> Iterator[Finding]:
    """Yield what can be said of a body without a schema: numbers, `ids`, what was never filled in."""
    for pointer, value in _leaves(payload.value, ""):
        name = pointer.rpartition("/")[2]
        if not isinstance(value, str):
            continue
        wants_id = bool(_ID_NAME.search(name))
        if wants_id and not value:
            yield _found("value-not-allowed", payload, pointer, "it is empty, and an ID is wanted", "put the ID there, or leave it out")  # fmt: skip
        elif is_placeholder(value, id_wanted=wants_id):
            yield _found("placeholder", payload, pointer, f"`{value}` looks like a placeholder that was never filled in", "put the real value there")  # fmt: skip
        elif re.fullmatch(r"\+[0-9]{5,15}", value):
            yield from find_unlikely(payload, pointer, value)
        elif (
            ids
            and wants_id
            and value
            and not (_UUID.fullmatch(value) or value.isdigit() or phone.doubt(value) is None)
        ):
            yield _found("id-format", payload, pointer, f"`{value}` is neither a UUID nor a number, as IDs of the platforms are", "copy the exact ID")  # fmt: skip


def _found(code: str, payload: Payload, pointer: str, message: str, fix: str) -> Finding:
    return Finding(
        Severity.WARNING, code, pointer, message, fix=fix, excerpt=payload.excerpt(pointer)
    )


def _leaves(value: Any, pointer: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        for name, member in members:
            yield from _leaves(member, join_pointer(pointer, name))
    else:
        yield pointer, value


def _response(attempt: Attempt, route: Route) -> Iterator[Finding]:
    response = attempt.response
    if response is None:
        return
    if 200 <= response.status < 300:  # noqa: PLR2004 - a 2xx
        hidden = hidden_failure(response)
        if hidden:
            yield hidden
        return
    if not response.status and not response.body:
        return
    for finding in refusal(route.operation or route.advised, response, attempt.host or ""):
        is_vague = finding.code == "not-provable"
        yield finding._replace(severity=Severity.NOTE) if is_vague else finding


def _not_provable(attempt: Attempt) -> Iterator[Finding]:
    """Yield the note that says so, with what to capture for the platform's support."""
    response = attempt.response
    if response is not None and 200 <= response.status < 300:  # noqa: PLR2004 - a 2xx
        return
    yield Finding(
        Severity.NOTE,
        "not-provable",
        "request",
        "nothing in what is shown explains a failure",
        fix="capture method, URL, body, status, answer, its `ININ-Correlation-Id`, the time and the region; "
        "then explain that, or paste it into a ticket",
        why="" if response else "there is no answer in it",
    )
