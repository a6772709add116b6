"""A ledger in PostgreSQL that workers share."""

from __future__ import annotations

import pytest

from helpers.command import Cxcall


@pytest.fixture
def shared(cxcall: Cxcall, postgres_url: str) -> Cxcall:
    """Return the command with a ledger in PostgreSQL."""
    cxcall.environment["CXCALL_LEDGER"] = postgres_url
    return cxcall
