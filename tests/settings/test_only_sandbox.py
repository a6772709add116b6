"""`CXCALL_ONLY_SANDBOX` keeps all requests on one sandbox, with its credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.settings.sources import SECRET_SETTINGS
from helpers.settings_world import SECRET

if TYPE_CHECKING:
    from helpers.settings_world import World

SANDBOX = "http://127.0.0.1:8080"
OTHER = "http://127.0.0.1:8081"


@pytest.fixture
def only_sandbox(world: World) -> World:
    return world.env(
        CXCALL_ONLY_SANDBOX=f"{SANDBOX}/", CXCALL_BASE_URL=SANDBOX, CXCALL_CLIENT_ID="sandbox"
    )


@pytest.mark.parametrize(
    "flags", [{"region": "eu-west-1"}, {"base_url": OTHER}, {"base_url": "http://localhost:8080"}]
)
def test_flag_for_another_server_is_refused(only_sandbox: World, flags: dict[str, str]) -> None:
    [found] = only_sandbox.refusal(**flags).findings
    assert found.where.startswith("--")
    assert f"only the sandbox at {SANDBOX} may be used" in found.message
    assert "unset `CXCALL_ONLY_SANDBOX`" in found.fix


def test_every_other_source_of_another_server_is_refused(
    only_sandbox: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (
        only_sandbox.env(CXCALL_TOKEN_URL=OTHER).refusal().findings[0].where == "CXCALL_TOKEN_URL"
    )
    monkeypatch.delenv("CXCALL_TOKEN_URL")
    monkeypatch.delenv("CXCALL_BASE_URL")
    assert "api.mypurecloud.com" in str(only_sandbox.refusal())  # the default
    only_sandbox.toml(f'[profiles.eu]\nbase_url = "{OTHER}"\n')
    assert OTHER in str(only_sandbox.refusal(profile="eu"))
    assert only_sandbox.dotenv("CXCALL_REGION=eu-west-1\n").refusal().findings[0].where == ".env:1"


def test_credentials_come_only_from_own_variables(only_sandbox: World) -> None:
    only_sandbox.dotenv("".join(f"CXCALL_{name.upper()}={SECRET}\n" for name in SECRET_SETTINGS))
    only_sandbox.env(GENESYSCLOUD_ACCESS_TOKEN=SECRET)
    only_sandbox.toml(f'[profiles.eu]\naccess_token = "{SECRET}"\nclient_id = "owner"\n')
    settings = only_sandbox.env(CXCALL_CLIENT_SECRET="x").load(profile="eu")
    secrets = {name: settings.values[name].value for name in SECRET_SETTINGS}
    assert {name: value for name, value in secrets.items() if value} == {"client_secret": "x"}
    assert settings.client_id == "sandbox"
    assert settings.conflicts == ()


def test_value_that_is_not_a_url_is_refused(only_sandbox: World) -> None:
    for value in ("1", "", " "):
        found = only_sandbox.env(CXCALL_ONLY_SANDBOX=value).refusal().findings[0]
        assert found.where == "CXCALL_ONLY_SANDBOX"
