"""The fixture with a client of a sandbox."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.sandbox.server import Sandbox
from helpers.sandbox_client import (
    Client,
)

if TYPE_CHECKING:
    pass


@pytest.fixture
def client(sandbox: Sandbox) -> Client:
    return Client(sandbox)
