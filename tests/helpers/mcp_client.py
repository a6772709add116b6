"""The SDK's own client of MCP, which starts the installed `cxcall mcp` and talks to it."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
from mcp.client.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import CallToolResult, ElicitRequestFormParams, ElicitResult

from helpers.command import CXCALL, Cxcall


class Person:
    """Who answers the questions of a server: `answers` are used in order; `asked` keeps the questions."""

    def __init__(self, *answers: ElicitResult) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    async def __call__(self, context: object, params: Any) -> ElicitResult:  # noqa: ARG002 - the SDK's names
        """Answer one question."""
        assert isinstance(params, ElicitRequestFormParams)
        self.asked.append(params.message)
        return self.answers.pop(0)


YES = ElicitResult(action="accept", content={"send": True})
NO = ElicitResult(action="accept", content={"send": False})
DECLINE = ElicitResult(action="decline")
CANCEL = ElicitResult(action="cancel")


def talk(
    cxcall: Cxcall,
    arguments: tuple[str, ...],
    conversation: Callable[[Client], Awaitable[None]],
    *,
    person: Person | None = None,
    mode: str = "auto",
) -> None:
    """Start a server, and let a client have a conversation with it; without a person, it has no elicitation."""
    server = StdioServerParameters(
        command=str(CXCALL), args=["mcp", *arguments], env=cxcall.environment, cwd=cxcall.folder
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
    assert isinstance(result, CallToolResult)
    envelope: dict[str, Any] = result.structured_content or {}
    texts = "".join(getattr(each, "text", "") for each in result.content)
    return {**envelope, "isError": result.is_error, "text": texts}
