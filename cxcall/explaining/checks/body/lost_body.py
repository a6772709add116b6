"""Report a body that does not arrive as it was meant: a missing or an ignored one, or one without its quotes or brackets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from http import HTTPStatus

from cxcall.contracts.operation import Operation
from cxcall.documents.json_text import find_json
from cxcall.explaining.checks.url.query_check import query_parameters
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import load_published_operations
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.payload import Payload
from cxcall.runtime.patterns import compile_on_use

_STRING = compile_on_use(r'"(?:[^"\\]|\\.)*+("?)')  # without an end, or with one
_PIPE = "the pipe of PowerShell passes on the items of a list, so that a list of one is printed without brackets"
_NO_PIPE = "use `ConvertTo-Json -InputObject @(...)` in place of `@(...) | ConvertTo-Json`"
_BARE_NAME = compile_on_use(r"[{,]\s*[A-Za-z_][\w-]*\s*:")


def check_missing_body(request: ObservedRequest, operation: Operation | None) -> Iterator[Finding]:
    """Yield a finding if it is certain that a request has no body, and its operation requires one."""
    is_file = any(each.where == "body" for each in request.findings)
    is_shown = request.kind is SourceKind.COMMAND and request.origin.startswith("curl")
    is_empty = request.body == "" or (is_shown and not is_file and "" not in request.unknown)
    if operation is None or not operation.needs_body or request.is_successful or not is_empty:
        return
    yield Finding(
        Severity.ERROR if request.status == HTTPStatus.BAD_REQUEST else Severity.WARNING,
        "property-missing",
        "body",
        f"the request has no body, which `{operation.name}` requires",
        fix=f"send one: `cxcall operations {operation.name} --skeleton` prints its properties",
        source=operation.source,
    )


def check_ignored_body(operation: Operation, payload: Payload) -> Iterator[Finding]:
    """Yield a warning if a body names something, and an operation that changes something takes none.

    It is a note where not all of the vendor's specification is known.
    """
    has_place = operation.takes_body or operation.unsupported_media or operation.is_read
    is_list = isinstance(payload.value, list)
    if has_place or not payload.value or (query_parameters(operation) and not is_list):
        return
    is_certain = not operation.platform or load_published_operations(operation.platform).is_complete
    yield payload.make_finding(
        Severity.WARNING if is_certain else Severity.NOTE,
        "property-unknown",
        "",
        f"`{operation.name}` takes no body: the API may ignore what the body names",
        fix=f"leave the body out only if you mean all that the path names; see {operation.listing}",
        why=f"the summary of the operation: {operation.summary}" if operation.summary else "",
        source=operation.source,
    )._replace(where="body")


def check_piped_list(
    request: ObservedRequest, operation: Operation | None, found: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield the findings on a body; if a pipe of PowerShell sends a list of one item without brackets, with the correction.

    A warning says so if the code does not show how many items a list has.
    """
    is_list = operation is not None and operation.schema_at("").get("type") == "array"
    if not (request.is_piped and is_list):
        yield from found
        return
    for each in found:
        is_object = each.code == "type-mismatch" and each.where in ("", "body")
        yield each._replace(fix=_NO_PIPE, why=_PIPE) if is_object else each
    body = find_json(request.body or "", None)
    if body is None or (isinstance(body, list) and len(body) == 1):
        yield Finding.warning(
            "type-mismatch",
            "body",
            "if the list has only one item, `| ConvertTo-Json` sends it as an object, not as an array",
            fix=_NO_PIPE,
            why=_PIPE,
        )


def check_removed_quotes(request: ObservedRequest, in_body: Iterable[Finding]) -> Iterator[Finding]:
    """Yield a warning if a shell has probably removed the quotes of a JSON body; `in_body` are the findings on it."""
    body = (request.body or "").lstrip()
    if request.kind is not SourceKind.COMMAND or body[:1] not in ("{", "["):
        return
    is_malformed = any(each.code == "body-malformed" for each in in_body)
    # A string that does not end is skipped as a whole, in linear time.
    outside = _STRING.sub(lambda string: "" if string[1] else string[0], body)
    has_lost_quotes = is_malformed and _BARE_NAME.search(outside) is not None
    text = request.response_text
    has_problem = any(each.severity is not Severity.NOTE for each in in_body)
    is_refused = '"' in body and "malformed syntax" in text and not has_problem
    if has_lost_quotes or is_refused:
        yield Finding.warning(
            "body-malformed",
            "body",
            "the shell may have removed the quotes of the body before the command sent it",
            fix='put the body in single quotes; in cmd and Windows PowerShell 5.1 write each of its quotes as `\\"`; or send a file: `-d @body.json`',
            why="shells remove unescaped double quotes in double quotes; cmd and PowerShell 5.1 also elsewhere",
        )
