"""The pytest plugin, in a separate pytest run like that of a user's project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from helpers.command import Cxcall

pytest_plugins = ["pytester"]
pytestmark = pytest.mark.slow

SMOKE = """
import shutil, subprocess

import pytest

CXCALL = shutil.which("cxcall")
CONTACT = "12345678-1234-1234-1234-123456789012"
CALL = [CXCALL, "personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--quiet"]


@pytest.mark.parametrize("turn", range(2))
def test_one_call_is_placed_in_each_test(turn, cxcall_sandbox, cxcall_environment, tmp_path):
    done = subprocess.run(
        CALL, env=cxcall_environment, cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert cxcall_sandbox.wait_for_rings(1)
    (ring,) = cxcall_sandbox.rings
    assert ring.operation == "personal-connection"
    assert ring.engagement_id == done.stdout.strip()
    assert CONTACT.encode() in ring.body
    assert "CXCALL_ACCESS_TOKEN" not in cxcall_environment
    assert "GENESYSCLOUD_REGION" not in cxcall_environment
    assert cxcall_environment["ELSE"] == "kept"


def test_any_client_can_use_it(cxcall_sandbox):
    import requests

    token = requests.post(
        cxcall_sandbox.token_url,
        data={"grant_type": "client_credentials"},
        auth=(cxcall_sandbox.client_id, cxcall_sandbox.client_secret),
        timeout=10,
    ).json()["access_token"]
    answer = requests.post(
        f"{cxcall_sandbox.base_url}/api/v2/engagements/outbound/personal-connections",
        json={"contactId": "12345"},
        headers={"Authorization": f"Bearer {token}"},
        timeout=10,
    )
    assert answer.status_code == 400
    assert cxcall_sandbox.rings == []
    assert cxcall_sandbox.received[-1].status == 400
    with pytest.raises(AssertionError, match="0 of 1 calls were placed in 0 s; .*-connections -> 400"):
        cxcall_sandbox.wait_for_rings(1, timeout=0)
"""

OWN = """
import shutil, subprocess

import pytest

CXCALL = shutil.which("cxcall")


@pytest.fixture
def cxcall_contract():
    return "own.json"


def test_sandbox_and_command_have_its_operations(cxcall_sandbox, cxcall_environment, tmp_path):
    subprocess.run([CXCALL, "send", "page"], env=cxcall_environment, cwd=tmp_path, check=True)
    (received,) = cxcall_sandbox.received
    assert received.operation == "page"
"""

KEPT = """
import shutil, subprocess

import pytest

from cxcall.contracts.contract import load_contracts
from cxcall.sandbox.server import start_sandbox

CXCALL = shutil.which("cxcall")
CONTACT = "12345678-1234-1234-1234-123456789012"
CALL = [CXCALL, "personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes"]


@pytest.fixture
def other():
    with start_sandbox(load_contracts()) as running:
        yield running


@pytest.mark.parametrize("flags, code", [
    ([], 0),
    (["--profile", "gc:live"], 0),
    (["--region", "eu-west-1"], 2),
    (["--profile", "gc:live", "--base-url", "OTHER"], 2),
])
def test_program_uses_only_the_sandbox(
    flags, code, other, cxcall_sandbox, cxcall_environment, tmp_path
):
    token = other.new_user_token()
    names = "CXCALL_ACCESS_TOKEN", "GENESYSCLOUD_ACCESS_TOKEN"
    dotenv = [f"{name}={token}" for name in names if "gc:live" not in flags]
    (tmp_path / ".env").write_text("\\n".join([*dotenv, "CXCALL_REGION=eu-west-1"]))
    (tmp_path / ".gc").mkdir()
    profiles = tmp_path / ".gc/config.toml"
    profiles.write_text(f'[live]\\nenvironment = "mypurecloud.ie"\\naccess_token = "{token}"\\n')
    profiles.chmod(0o600)
    own = {"HOME": str(tmp_path), "HTTPS_PROXY": other.base_url, "NO_PROXY": "", "no_proxy": ""}
    done = subprocess.run(
        [other.base_url if word == "OTHER" else word for word in [*CALL, *flags]],
        env=cxcall_environment | own, cwd=tmp_path, capture_output=True, text=True,
    )
    assert done.returncode == code, done.stderr
    assert other.received == []
    assert len(cxcall_sandbox.rings) == (code == 0)
    assert all(entry.status in (200, 201) for entry in cxcall_sandbox.received)
    assert ("unset `CXCALL_ONLY_SANDBOX`" in done.stderr) == (code == 2)
"""


@pytest.fixture
def only_ours(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load no other plugins, because they take longer than the tests; `pytester` removes the options that it finds."""
    del pytester
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p cxcall.pytest_plugin -p no:cacheprovider -W error")


@pytest.mark.usefixtures("only_ours")
def test_smoke_tests_of_a_user_pass_also_with_an_own_document(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, cxcall: Cxcall
) -> None:
    monkeypatch.setenv("PATH", cxcall.path_of_shells())
    for name in ("CXCALL_ACCESS_TOKEN", "CXCALL_BASE_URL", "GENESYSCLOUD_REGION"):
        monkeypatch.setenv(name, "of the developer's own")
    monkeypatch.setenv("ELSE", "kept")
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    page = {"operationId": "page", "security": [{"key": []}]}
    declared = {
        "openapi": "3.1.0",
        "paths": {"/page": {"post": page}},
        "components": {"securitySchemes": {"key": key}},
    }
    (pytester.path / "own.json").write_text(json.dumps(declared))
    pytester.makepyfile(test_smoke=SMOKE, test_own=OWN, test_kept=KEPT)
    pytester.runpytest_subprocess().assert_outcomes(passed=8)


@pytest.mark.usefixtures("only_ours")
def test_fixtures_are_listed_with_descriptions(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest_inprocess("--fixtures", "-q").stdout.str()
    for name in ("cxcall_sandbox", "cxcall_environment", "cxcall_contract"):
        assert name in shown
    assert "no real calls are placed" in shown


def test_unused_plugin_imports_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_what_was_imported():
            ours = sorted(name for name in sys.modules if name.split(".")[0] == "cxcall")
            assert ours == ["cxcall", "cxcall.pytest_plugin", "cxcall.version"]
        """
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:anyio"],
        cwd=pytester.path, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stdout
