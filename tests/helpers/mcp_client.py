"""The SDK's own client of MCP, which starts the installed `cxcall mcp` and sends requests to it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from helpers.command import CXCALL, Cxcall

# The SDK takes most of a second to load, so only tests that use it load it.
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mcp.client.client import Client
    from mcp_types import ElicitResult, ErrorData


class Person:
    """A person who answers the questions of a server, in order; `asked` has the questions.

    An answer is `yes`, `no`, `decline`, or `cancel`; or those of a client that does not work: `error`, `nothing`, `empty`.
    """

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, context: object, params: Any) -> ElicitResult | ErrorData:  # noqa: ARG002 - the SDK's names
        """Answer one question."""
        from mcp_types import INTERNAL_ERROR, ElicitRequestFormParams, ElicitResult, ErrorData

        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params.message)
        answer = self.answers.pop(0)
        if answer == "decline":
            return ElicitResult(action="decline")
        if answer == "cancel":
            return ElicitResult(action="cancel")
        if answer == "error":
            return ErrorData(code=INTERNAL_ERROR, message="no window")
        sent: dict[str, Any] = {"send": answer == "yes"}
        content = {"nothing": None, "empty": {}}.get(answer, sent)
        return ElicitResult(action="accept", content=content)


def talk(
    cxcall: Cxcall,
    arguments: tuple[str, ...],
    conversation: Callable[[Client], Awaitable[None]],
    *,
    person: Person | None = None,
    mode: str = "auto",
) -> None:
    """Start a server, and run a conversation of a client with it; without a person, it has no elicitation.

    The file `pid` has the ID of the server's process.
    """
    import anyio
    from mcp.client.client import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    shell = ["-c", 'echo $$ > pid; exec "$@"', "sh", str(CXCALL), "mcp", *arguments]
    server = StdioServerParameters(
        command="/bin/sh", args=shell, env=cxcall.environment, cwd=cxcall.folder
    )

    async def run() -> None:
        transport = stdio_client(server, log)
        async with Client(transport, elicitation_callback=person, mode=mode) as client:
            with anyio.fail_after(60):
                await conversation(client)

    with open(os.devnull, "w", encoding="utf-8") as log:
        anyio.run(run)


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool, and return the envelope that it returns; a refusal by the server has none."""
    result = await client.call_tool(tool, arguments)
    envelope: dict[str, Any] = result.structured_content or {}
    texts = "".join(getattr(each, "text", "") for each in result.content)
    return {**envelope, "isError": result.is_error, "text": texts}
