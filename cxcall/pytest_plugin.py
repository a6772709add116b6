"""Provide pytest fixtures that start a sandbox for smoke tests of programs that trigger calls.

pytest loads this plugin wherever cxcall is installed. It imports nothing until a test uses it.

    def test_one_call_is_placed(cxcall_sandbox, cxcall_environment, tmp_path):
        subprocess.run(["trigger.sh"], env=cxcall_environment, cwd=tmp_path, check=True)
        assert [call.operation for call in cxcall_sandbox.rings] == ["execute"]
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.sandbox.server import Sandbox


@pytest.fixture
def cxcall_contract() -> str | None:
    """Return the file of your own OpenAPI document for the sandbox; redefine it to use one."""
    return None


@pytest.fixture
def cxcall_sandbox(cxcall_contract: str | None) -> Iterator[Sandbox]:
    """Run a server on a free loopback port that responds as the platform does; no real calls are placed.

    Any client can use its `base_url`, `token_url`, `client_id`, and `client_secret`. `received` lists
    all requests, `rings` those that would have placed a call. Each test has its own sandbox.
    """
    from cxcall.contracts.contract import load_contracts
    from cxcall.sandbox.server import start_sandbox

    with start_sandbox(load_contracts(cxcall_contract)) as sandbox:
        yield sandbox


@pytest.fixture
def cxcall_environment(
    cxcall_sandbox: Sandbox,
    cxcall_contract: str | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, str]:
    """Return the environment for a subprocess in which `cxcall` uses only the sandbox.

    It is the environment of pytest without the settings and credentials of cxcall and the vendor.
    Ledger, tokens, and profiles are in a folder of the test. A `.env` in the working directory is
    still read, but `CXCALL_ONLY_SANDBOX` refuses another server (exit code 2), such as that of `--region`,
    and credentials of `.env` or of a profile are not used.
    """
    import os

    from cxcall.contracts.contract import load_contracts

    folder = tmp_path_factory.mktemp("cxcall")
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CXCALL_", "GENESYSCLOUD_"))
    }
    return {
        **others,
        **cxcall_sandbox.environment(load_contracts(cxcall_contract)[0]),
        "CXCALL_TOKEN_URL": cxcall_sandbox.token_url,
        "CXCALL_STATE_DIR": str(folder / "state"),
        "CXCALL_CONFIG_DIR": str(folder / "config"),
        **({"CXCALL_CONTRACT": os.path.abspath(cxcall_contract)} if cxcall_contract else {}),  # noqa: PTH100
    }
