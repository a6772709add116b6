"""Assemble the tools of the MCP server, and serve them on stdin and stdout."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from mcp_types import ToolAnnotations

from cxcall.cli.mcp_server.read_tools import ReadTools
from cxcall.cli.mcp_server.send_tools import PendingConfirmations, RequestTools, new_send_tool
from cxcall.cli.mcp_server.tool_results import Server, as_tool
from cxcall.cli.shared_options import flags_of
from cxcall.client.client import Client
from cxcall.runtime.garbage_collection import collect_garbage
from cxcall.version import __version__

if TYPE_CHECKING:
    from cxcall.cli.commands.mcp import ServerOptions

_OPTIONS = " Options in messages (`--name`) are for a person in a shell; give values in `parameters` and `body`."
_CHECKS = (
    "Check requests to contact-center APIs offline (`validate`, `dry_run`), and explain why one failed"
    " (`explain`). A call is a real phone ringing. This server cannot send requests: a person sends them in a shell."
    + _OPTIONS
)
_SENDS = (
    "Check requests to contact-center APIs offline (`validate`, `explain`), then `dry_run`, then `send` the same"
    " request with the confirmation ID; a person is asked. A call is a real phone ringing: never send again after"
    " the outcome `unknown`, and do not ask again after a person declined." + _OPTIONS
)
_OFFLINE = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_ONLINE = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=True
)
_SENDING = ToolAnnotations(
    read_only_hint=False, destructive_hint=True, idempotent_hint=False, open_world_hint=True
)


def serve(options: ServerOptions, operations: tuple[str, ...]) -> None:
    """Serve the tools until stdin ends or a signal comes; `operations` may be sent.

    A request in flight is finished first. A second signal ends the process, and leaves the outcome `unknown`.
    """
    collect_garbage()
    reading = ReadTools(options.target, options.guards)
    with Client(**flags_of(options)) as client:
        requests = RequestTools(client, operations, PendingConfirmations())
        with suppress(KeyboardInterrupt):
            try:
                _new_server(reading, requests, allow_send=options.allow_send).run("stdio")
            except* BrokenPipeError:  # the client has ended
                pass
        requests.wait()


def _new_server(reading: ReadTools, requests: RequestTools, *, allow_send: bool) -> Server:
    """Return the server with its tools; the tool that sends is only there if it is allowed."""
    server = Server(
        "cxcall",
        instructions=_SENDS if allow_send else _CHECKS,
        version=__version__,
        log_level="WARNING",
    )
    offline = (
        reading.validate,
        reading.explain,
        reading.list_operations,
        reading.show_operation,
        reading.list_history,
        reading.show_history,
        requests.dry_run,
    )
    for tool in offline:
        server.add_tool(as_tool(tool), annotations=_OFFLINE)
    server.add_tool(as_tool(reading.doctor), annotations=_ONLINE)
    if allow_send:
        server.add_tool(new_send_tool(requests), annotations=_SENDING)
    return server
