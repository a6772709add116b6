"""A pytest plugin: a sandbox for the smoke tests of any program that triggers calls.

pytest loads it by itself where cxcall is installed; what it needs is imported when a test asks.

    def test_one_phone_rings(cxcall_sandbox, cxcall_environment, tmp_path):
        subprocess.run(["trigger.sh"], env=cxcall_environment, cwd=tmp_path, check=True)
        assert [ring.operation for ring in cxcall_sandbox.rings] == ["execute"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.sandbox.server import Sandbox


@pytest.fixture
def cxcall_contract() -> str | None:
    """Return the file of your own OpenAPI 3.1 contract for the sandbox: none, unless defined anew."""
    return None


@pytest.fixture
def cxcall_sandbox(cxcall_contract: str | None) -> Iterator[Sandbox]:
    """Run a server on a free port of loopback that answers as the platform would, and rings nobody.

    Any client can use it: `base_url`, `token_url`, `client_id`, `client_secret`. What came stands in
    `received`, the requests for which a phone would have rung in `rings`; each test has its own.
    """
    from cxcall.contracts.contract import load_all
    from cxcall.sandbox.server import start_sandbox

    with start_sandbox(load_all(cxcall_contract)) as sandbox:
        yield sandbox


@pytest.fixture
def cxcall_environment(
    cxcall_sandbox: Sandbox,
    cxcall_contract: str | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """Return the environment for a subprocess in which `cxcall` knows the sandbox alone.

    It is that of pytest without the settings and credentials of cxcall and the vendor; ledger, tokens
    and profiles are in a folder of the test's own. A `.env` in the working directory is still read.
    """
    import os

    folder = tmp_path_factory.mktemp("cxcall")
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CXCALL_", "GENESYSCLOUD_"))
    }
    return {
        **others,
        "CXCALL_BASE_URL": cxcall_sandbox.base_url,
        "CXCALL_TOKEN_URL": cxcall_sandbox.token_url,
        "CXCALL_CLIENT_ID": cxcall_sandbox.client_id,
        "CXCALL_CLIENT_SECRET": cxcall_sandbox.client_secret,
        "CXCALL_STATE_DIR": str(folder / "state"),
        "CXCALL_CONFIG_DIR": str(folder / "config"),
        **({"CXCALL_CONTRACT": os.path.abspath(cxcall_contract)} if cxcall_contract else {}),  # noqa: PTH100
    }
