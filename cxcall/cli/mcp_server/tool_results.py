"""Convert the report of a command to the result of a tool: its JSON envelope, with secrets masked."""

# No `from __future__ import annotations`: the SDK evaluates the annotations of a tool.
import json
from collections.abc import Callable
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec

from mcp_types import CallToolResult, TextContent

from cxcall.findings.errors import CxcallError
from cxcall.findings.internal_fault import fault_finding
from cxcall.findings.notices import with_notices
from cxcall.output.json_envelope import envelope_of
from cxcall.output.output_options import OutputOptions
from cxcall.output.report import Report, error_report
from cxcall.output.terminal_text import escape_in_json
from cxcall.runtime.known_secrets import redact_value

P = ParamSpec("P")
QUIET = OutputOptions(output="json", quiet=True, no_input=True)
"""The output options of a tool: the action prints nothing and asks nobody."""


def as_tool(action: Callable[P, Report]) -> Callable[P, CallToolResult]:
    """Return a tool that runs an action and returns its report; an error is a result, too."""

    @wraps(action)
    def run_tool(*values: P.args, **named: P.kwargs) -> CallToolResult:
        try:
            return result_of(action(*values, **named))
        except CxcallError as error:
            return result_of(error_report(error, action.__name__), is_error=True)
        except Exception as fault:  # noqa: BLE001 - the text of an exception may hold a value
            finding = fault_finding(fault)
            return result_of(error_report(CxcallError(finding), action.__name__), is_error=True)

    # The SDK derives the schema of the arguments from the signature, and one of the result from its type.
    declared = signature(action).replace(return_annotation=CallToolResult)
    run_tool.__signature__ = declared  # type: ignore[attr-defined]
    return run_tool


def result_of(report: Report, *, is_error: bool = False) -> CallToolResult:
    """Return the envelope of a report as the result of a tool."""
    report = report._replace(findings=with_notices(report.findings))
    envelope: dict[str, Any] = redact_value(envelope_of(report))
    text = escape_in_json(json.dumps(envelope, ensure_ascii=False))
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=envelope,
        is_error=is_error,
    )
