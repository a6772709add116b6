"""Report a request without a body where one is required, and a body of a request that only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.explaining.observed_request import SourceKind
from cxcall.findings.finding import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.explaining.observed_request import ObservedRequest

_BAD_REQUEST = 400


def check_missing_body(request: ObservedRequest, operation: Operation | None) -> Iterator[Finding]:
    """Yield a finding if it is certain that a request has no body, and its operation requires one."""
    is_file = any(each.where == "body" for each in request.findings)
    is_shown = request.kind is SourceKind.COMMAND and request.origin.startswith("curl")
    is_empty = request.body == "" or (is_shown and not is_file and "" not in request.unknown)
    if operation is None or not operation.needs_body or request.is_successful or not is_empty:
        return
    yield Finding(
        Severity.ERROR if request.status == _BAD_REQUEST else Severity.WARNING,
        "property-missing",
        "body",
        f"the request has no body, which `{operation.name}` requires",
        fix=f"send one: `cxcall operations {operation.name} --skeleton` prints its properties",
        source=f"contract {operation.contract.name}",
    )
