"""Files of rows for batches, and the results of their rows."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall, Ran, Running


PERSONAL = ("--operation", "personal-connection")
FAST = ("--rate", "500/s")


def contact(number: int) -> str:
    return f"12345678-1234-4234-8234-{number:012}"


def body(number: int) -> dict[str, str]:
    return {"contactId": contact(number), "reasonCode": f"row {number}"}


def write_lines(cxcall: Cxcall, count: int, name: str = "calls.jsonl") -> str:
    return cxcall.file(
        name, "".join(json.dumps(body(number)) + "\n" for number in range(1, count + 1))
    )


def lines(ran: Ran) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.out.splitlines()]


def outcomes(ran: Ran) -> list[str]:
    """Return the outcome of every row; the last line is the summary."""
    return [line["outcome"] for line in lines(ran)[:-1]]


def recorded(cxcall: Cxcall, *arguments: str) -> list[dict[str, Any]]:
    return lines(cxcall("history", "list", "-o", "jsonl", "--limit", "100000", *arguments, code=0))


def at(cxcall: Cxcall, platform: Platform) -> Cxcall:
    cxcall.environment |= platform.environment
    return cxcall


@contextmanager
def begin(cxcall: Cxcall, *arguments: str) -> Iterator[Running]:
    with cxcall.begin("batch", *arguments) as process:
        try:
            yield process
        finally:
            process.kill()
