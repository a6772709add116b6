"""A platform for `cxcall.Client`, which runs in the process of the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.platform_server import Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from helpers.command import Cxcall

TOKEN = "t0ken-for-the-client"


@pytest.fixture
def platform(
    request: pytest.FixtureRequest, cxcall: Cxcall, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Platform]:
    """Run a platform that responds with the module's `respond`, and set its address in this process."""
    with Platform(request.module.respond) as platform:
        cxcall.environment |= {"CXCALL_BASE_URL": platform.base_url, "CXCALL_ACCESS_TOKEN": TOKEN}
        for name, value in cxcall.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(cxcall.folder)
        yield platform
