"""Machines that share a ledger in PostgreSQL."""

from __future__ import annotations

from subprocess import DEVNULL
from typing import TYPE_CHECKING

from helpers.command import CONTACT, Cxcall, Running
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from pathlib import Path


SEND = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")


def machine(folder: Path, name: str, url: str, platform: Platform) -> Cxcall:
    """Return the command on a separate machine, which uses the ledger in a database."""
    (folder / name).mkdir()
    command = Cxcall(folder / name)
    command.environment |= {**platform.environment, "CXCALL_LEDGER": url}
    return command


def begin(command: Cxcall, *words: str) -> Running:
    """Start the command without reading its output."""
    return command.begin(*words, out=DEVNULL, err=DEVNULL)
