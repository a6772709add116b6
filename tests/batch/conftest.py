"""A ledger in PostgreSQL that workers share, and a platform that accepts every request."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from helpers.command import Cxcall
from helpers.platform_server import Platform


@pytest.fixture
def shared(cxcall: Cxcall, postgres_url: str) -> Cxcall:
    """Return the command with a ledger in PostgreSQL."""
    cxcall.environment["CXCALL_LEDGER"] = postgres_url
    return cxcall


@pytest.fixture
def platform(cxcall: Cxcall) -> Iterator[Platform]:
    """Return a platform that the command uses."""
    with Platform() as running:
        cxcall.environment |= running.environment
        yield running
