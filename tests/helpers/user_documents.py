"""Users' documents, and their operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.command import Cxcall


def names(cxcall: Cxcall, contract: str) -> set[str]:
    listed = cxcall("operations", "--contract", contract, code=0).out.splitlines()
    return set(listed)
