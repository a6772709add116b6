"""The fixture with a client of a sandbox."""

from __future__ import annotations

import pytest

from cxcall.sandbox.server import Sandbox
from helpers.sandbox_client import (
    Client,
)


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)
