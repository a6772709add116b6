"""Report the wrong arguments of a tool by name, never with their values, which may be secrets or phone numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import ValidationError

from cxcall.cli.mcp_server.tool_results import result_of
from cxcall.findings.errors import UsageError
from cxcall.output.report import error_report

if TYPE_CHECKING:
    from mcp.server.mcpserver import Context
    from mcp_types import CallToolResult, InputRequiredResult


class Server(MCPServer[Any]):
    """A server that reports unknown and wrong arguments as a usage error."""

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
            if not isinstance(error.__cause__, ValidationError):
                raise
            return _refuse_invalid(name, error.__cause__)


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
