"""The fixture with the command for paged lists."""

from __future__ import annotations

import pytest

from helpers.command import Cxcall
from helpers.paged_lists import (
    DOCUMENT,
)


@pytest.fixture
def lists(cxcall: Cxcall) -> Cxcall:
    """Return the command with the document of all these lists."""
    cxcall.environment["CXCALL_CONTRACT"] = cxcall.file("lists.json", DOCUMENT)
    return cxcall
