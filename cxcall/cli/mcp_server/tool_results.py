"""Convert the report of a command, or the refusal of a call, to the result of a tool: its JSON envelope, with secrets masked.

Wrong arguments are reported by name, never with their values, which may be secrets or phone numbers.
"""

# No `from __future__ import annotations`: the SDK evaluates the annotations of a tool.
import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import wraps
from inspect import signature
from typing import Any, ParamSpec

from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, InputRequiredResult, TextContent
from pydantic import ValidationError

from cxcall.findings.errors import CxcallError, StoppedError, UsageError, fault_finding
from cxcall.findings.finding import Finding, begin_report, with_notices
from cxcall.output.json_envelope import envelope_of
from cxcall.output.output_options import OutputOptions
from cxcall.output.report import Report, error_report
from cxcall.output.terminal_text import escape_in_json
from cxcall.runtime.secrets.known_secrets import redact_value

P = ParamSpec("P")
_NAME = re.compile(r"[A-Za-z_]{1,40}")
"""The name of an argument that is repeated: a secret or a number in its place has other characters."""
QUIET = OutputOptions(output="json", quiet=True, no_input=True)
"""The output options of a tool: the action prints nothing and asks nobody."""


def as_tool(action: Callable[P, Report]) -> Callable[P, CallToolResult]:
    """Return a tool that runs an action and returns its report; an error is a result, too."""

    @wraps(action)
    def run_tool(*values: P.args, **named: P.kwargs) -> CallToolResult:
        try:
            return _result_of(action(*values, **named))
        except CxcallError as error:
            return _result_of(error_report(error, action.__name__), is_error=True)
        except Exception as fault:  # noqa: BLE001 - the text of an exception may hold a value
            refusal = CxcallError(fault_finding(fault))
            return _result_of(error_report(refusal, action.__name__), is_error=True)

    # The SDK derives the schema of the arguments from the signature, and one of the result from its type.
    declared = signature(action).replace(return_annotation=CallToolResult)
    run_tool.__signature__ = declared  # type: ignore[attr-defined]
    return run_tool


def _result_of(report: Report, *, is_error: bool = False) -> CallToolResult:
    """Return the envelope of a report as the result of a tool."""
    report = report._replace(findings=with_notices(report.findings))
    envelope: dict[str, Any] = redact_value(envelope_of(report))
    text = escape_in_json(json.dumps(envelope, ensure_ascii=False))
    return CallToolResult(
        content=[TextContent(type="text", text=text)],
        structured_content=envelope,
        is_error=is_error,
    )


class RefusedToolError(ToolError):
    """A call that is refused before its tool runs; `error` is the reason."""

    def __init__(self, error: CxcallError) -> None:
        super().__init__("the call is refused")
        self.error = error


class Server(MCPServer[Any]):
    """A server whose refusals are envelopes, as the results of its tools are, also if the client did not put a question."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; replaces the SDK's message for a wrong argument, which repeats its value."""
        begin_report()  # the cause of a warning may be gone at the next call
        tools = {
            each.name: each.input_schema.get("properties", {}) for each in await self.list_tools()
        }
        refusal = _check_names(name, arguments, tools)
        if refusal is None:
            try:
                return await super().call_tool(name, arguments, context)
            except UnexpectedToolError as crash:
                refusal = _find_refusal(crash, tools[name])
                if refusal is None:
                    raise
            except (ToolError, MCPError) as error:
                refusal = _find_refusal(error, tools[name]) or _no_answer()
        return _result_of(error_report(refusal, name if name in tools else "mcp"), is_error=True)


def _check_names(
    tool: str, arguments: Collection[str], tools: Mapping[str, Collection[str]]
) -> CxcallError | None:
    """Return the error for an unknown tool, or for arguments that it does not have; None if all names are known."""
    if tool not in tools:
        return UsageError("unknown tool", where="name", fix=f"use {_join(tools)}")
    unknown = sorted({*arguments} - {*tools[tool]})
    words = _join(each for each in unknown if _NAME.fullmatch(each))
    problem = f"unknown argument {words}" if words else "an argument is unknown"
    fix = f"`{tool}` accepts {_join(tools[tool])}"
    return UsageError(problem, where="arguments", fix=fix) if unknown else None


def _join(names: Iterable[str]) -> str:
    return ", ".join(f"`{each}`" for each in names)


def _find_refusal(error: BaseException, arguments: Collection[str]) -> CxcallError | None:
    """Return why a call was refused: by cxcall, or by the schema of its arguments; None if an error has no such cause."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, RefusedToolError):
            return cause.error
        if isinstance(cause, ValidationError):
            first = cause.errors(include_url=False, include_context=False, include_input=False)[0]
            where, text = str(next(iter(first["loc"]), "")), first["msg"]
            is_missing = first["type"] == "missing"
            reason = "is required" if is_missing else f"is invalid: {text[:1].lower()}{text[1:]}"
            if where in arguments:  # not a member of a person's answer
                return UsageError(f"`{where}` {reason}", where=where, fix="")
        cause = cause.__cause__
    return None


def _no_answer() -> StoppedError:
    return StoppedError(
        Finding.error(
            "declined",
            "client",
            "the client returned no valid answer of a person; nothing was sent",
            "let the person answer the question of the client; `send` with the same ID asks again",
        )
    )
