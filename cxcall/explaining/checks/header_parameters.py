"""Check the headers that an operation declares as parameters: their values, and which are missing."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from cxcall.contracts.operation import Operation
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.findings.finding import Finding
from cxcall.payloads.errors.broken_rules import with_description
from cxcall.payloads.placeholders import is_withheld
from cxcall.payloads.schema_check import check_parameters
from cxcall.runtime.secrets.likely_secrets import is_secret_header
from cxcall.transport.http_messages import Headers

_NOT_PARAMETERS = ("accept", "authorization", "content-type")
_SET_BY_CLIENTS = tuple(
    """
    user-agent host content-length accept-encoding accept-language connection origin referer cookie
    """.split()
)
"""Headers that clients add themselves: the source need not show them."""


def check_header_parameters(
    request: ObservedRequest, headers: Headers, operation: Operation | None
) -> Iterator[Finding]:
    """Yield what is wrong with the header parameters that an operation declares.

    Of the headers that have a meaning of their own, OpenAPI ignores such declarations.
    """
    if operation is None:
        return
    declared = {
        each.as_sent.name: each
        for each in operation.parameters
        if each.location == "header" and each.name.lower() not in _NOT_PARAMETERS
    }
    sent = {name: headers[name] for name in declared if name in headers}
    shown = {declared[name].name: value for name, value in sent.items() if not is_withheld(value)}
    for finding in check_parameters(operation, shown):
        name = finding.origin.removeprefix("header:")
        yield finding._replace(where=f"header:{name}", origin="", why="")
    for name, each in declared.items():
        if each.required and name not in sent and _is_unsent(request, name):
            yield Finding.error(
                "header-missing",
                f"header:{name}",
                f"the header `{name}` is missing",
                fix=f"send `{name}: ...`",
                why=with_description("the operation requires it", each.description),
                source=f"contract {operation.contract.name}",
            )


def _is_unsent(request: ObservedRequest, name: str) -> bool:
    """Return whether a header that the source does not show was not sent.

    People leave secrets out of commands that they paste: only a 401 says that one was not sent.
    """
    is_removed = request.kind is SourceKind.COMMAND and is_secret_header(name, "")
    is_open = name.lower() in _SET_BY_CLIENTS or (
        is_removed and request.status != HTTPStatus.UNAUTHORIZED
    )
    return request.shows_all_headers and not is_open


def note_sent_header(finding: Finding, request: ObservedRequest) -> Finding:
    """Return a refusal because of a missing header with other advice if the request has this header."""
    _, is_header, name = finding.where.partition("header:")
    if finding.code != "header-missing" or not is_header or not request.header(name):
        return finding
    return finding._replace(
        fix=f"the request has `{name}`: check its value, and that no proxy in between removes it"
    )
