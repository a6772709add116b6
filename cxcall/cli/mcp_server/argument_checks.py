"""Report a call of a tool that is refused before the tool runs, as the envelope of a result.

Wrong arguments are reported by name, never with their values, which may be secrets or phone numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from cxcall.cli.mcp_server.tool_results import result_of
from cxcall.findings.errors import CxcallError, UsageError
from cxcall.output.report import error_report

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context
    from mcp_types import CallToolResult, InputRequiredResult


class RefusedToolError(ToolError):
    """A call that is refused before its tool runs; `error` is the reason."""

    def __init__(self, error: CxcallError) -> None:
        super().__init__("the call is refused")
        self.error = error


class Server(MCPServer[Any]):
    """A server whose refusals are envelopes, as the results of its tools are."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[Any, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        """Call a tool; replaces the SDK's message for a wrong argument, which repeats its value."""
        for tool in await self.list_tools():
            known = tool.input_schema.get("properties", {})
            if tool.name == name and not arguments.keys() <= known.keys():
                return _refuse(name, "arguments", "an argument is unknown", known)
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            cause: BaseException | None = error
            while cause is not None:
                if isinstance(cause, RefusedToolError):
                    return result_of(error_report(cause.error, name), is_error=True)
                if isinstance(cause, ValidationError):
                    return _refuse_invalid(name, cause)
                cause = cause.__cause__
            raise


def _refuse_invalid(tool: str, error: ValidationError) -> CallToolResult:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    where, text = str(first["loc"][0]), first["msg"]
    is_missing = first["type"] == "missing"
    reason = "is required" if is_missing else f"is invalid: {text[:1].lower()}{text[1:]}"
    return _refuse(tool, where, f"`{where}` {reason}", {})


def _refuse(tool: str, where: str, message: str, known: dict[str, Any]) -> CallToolResult:
    names = ", ".join(f"`{each}`" for each in known)
    error = UsageError(message, where=where, fix=f"`{tool}` accepts {names}" if names else "")
    return result_of(error_report(error, tool), is_error=True)
