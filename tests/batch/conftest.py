"""A ledger in PostgreSQL that workers share, and a sandbox that dials quickly."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.sandbox.campaign_dialer import DialPlan
from cxcall.sandbox.server import Sandbox, start_sandbox
from helpers.command import Cxcall
from helpers.tenant import Tenant


@pytest.fixture
def shared(cxcall: Cxcall, postgres_url: str) -> Cxcall:
    """Return the command with a ledger in PostgreSQL."""
    cxcall.environment["CXCALL_LEDGER"] = postgres_url
    return cxcall


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run a sandbox that dials a thousand contacts in a second."""
    with start_sandbox(load_shipped_contracts(), dial_plan=DialPlan(1000.0)) as running:
        yield running


@pytest.fixture
def tenant(sandbox: Sandbox) -> Tenant:
    """Return a client of the sandbox."""
    return Tenant(sandbox)
