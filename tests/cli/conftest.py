"""The fixture with a platform for agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.command import Cxcall
from helpers.mcp_requests import TOKEN
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def platform(cxcall: Cxcall) -> Iterator[Platform]:
    """Run a platform, and point the command at it."""
    with Platform(lambda _body, _count: Reply(201, {"id": "e-1"})) as platform:
        cxcall.environment |= {
            "CXCALL_BASE_URL": platform.base_url,
            "CXCALL_ACCESS_TOKEN": TOKEN,
        }
        yield platform
