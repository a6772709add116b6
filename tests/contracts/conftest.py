"""Fixtures for contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.small_api import openapi, swagger

if TYPE_CHECKING:
    from helpers.command import Cxcall


@pytest.fixture(params=[swagger, openapi], ids=["swagger-2.0", "openapi-3.0"])
def contract(request: pytest.FixtureRequest, cxcall: Cxcall) -> str:
    """Write a user's document in each old dialect."""
    return cxcall.file("own.json", request.param())
