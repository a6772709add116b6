"""Fixtures for contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.small_api import openapi, swagger

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall


@pytest.fixture(params=[swagger, openapi], ids=["swagger-2.0", "openapi-3.0"])
def contract(request: pytest.FixtureRequest, cxcall: Cxcall) -> str:
    """Write a user's document in each old dialect."""
    return cxcall.file("own.json", request.param())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder for documents, whose conversions are not kept for other tests."""
    monkeypatch.setenv("CXCALL_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path
