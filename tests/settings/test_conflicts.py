"""Settings that contradict each other are reported, and secrets are not redirected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cxcall.findings.finding import Severity
from cxcall.settings import settings as config
from helpers.settings_world import SECRET, World

if TYPE_CHECKING:
    from helpers.command import Cxcall


def codes(found: config.Settings) -> list[str]:
    return [entry.code for entry in found.conflicts]


def test_ignored_host_of_another_source_is_a_warning(world: World) -> None:
    world.env(CXCALL_REGION="eu-west-1", GENESYSCLOUD_REGION="us-west-2")
    found = world.load().conflicts
    assert [entry.code for entry in found] == ["region-mismatch"]
    assert found[0].message == (
        "`api.mypurecloud.ie` (from environment CXCALL_REGION) is used, "
        "not `api.usw2.pure.cloud` (from environment GENESYSCLOUD_REGION)"
    )


@pytest.mark.parametrize(
    ("variables", "flags", "expected"),
    [
        ({"CXCALL_REGION": "eu-west-1", "GENESYSCLOUD_REGION": "mypurecloud.ie"}, {}, []),
        ({"CXCALL_REGION": "eu-west-1"}, {"base_url": "https://api.mypurecloud.de"}, []),
        ({"CXCALL_REGION": "eu-west-1"}, {"base_url": "http://127.0.0.1:1"}, []),
        ({"CXCALL_BASE_URL": "http://127.0.0.1:1", "GENESYSCLOUD_REGION": "us-east-1"}, {}, []),
        (
            {"CXCALL_BASE_URL": "https://api.mypurecloud.de", "CXCALL_REGION": "eu-west-1"},
            {},
            ["region-mismatch"],
        ),
        (
            {"CXCALL_BASE_URL": "https://api.mypurecloud.de", "GENESYSCLOUD_REGION": "moon"},
            {},
            [],
        ),
    ],
)
def test_region_mismatch_is_found_for_different_hosts(
    world: World, variables: dict[str, str], flags: dict[str, str], expected: list[str]
) -> None:
    assert codes(world.env(**variables).load(**flags)) == expected


@pytest.mark.parametrize(
    ("token_url", "expected"),
    [
        ("https://login.mypurecloud.de/oauth/token", ["region-mismatch"]),
        ("https://login.mypurecloud.com/oauth/token", []),
        ("https://idp.example.com/token", ["region-mismatch"]),
    ],
)
def test_token_host_of_another_region_is_a_warning(
    world: World, token_url: str, expected: list[str]
) -> None:
    assert codes(world.env(CXCALL_TOKEN_URL=token_url).load()) == expected


def test_custom_token_host_is_not_a_conflict(world: World) -> None:
    world.env(
        CXCALL_TOKEN_URL="https://idp.example.com/t", CXCALL_BASE_URL="https://gw.example.com"
    )
    assert codes(world.load()) == []


def test_access_token_takes_precedence_over_client(world: World) -> None:
    world.env(CXCALL_ACCESS_TOKEN=SECRET).dotenv("CXCALL_CLIENT_ID=a\nCXCALL_CLIENT_SECRET=b\n")
    found = world.load().conflicts
    assert [entry.code for entry in found] == ["credential"]
    assert "from environment CXCALL_ACCESS_TOKEN) is used" in found[0].message
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    ("variables", "dotenv", "expected"),
    [
        ({"CXCALL_CLIENT_SECRET": "s"}, "CXCALL_CLIENT_ID=a\n", []),
        (
            {"CXCALL_CLIENT_SECRET": "s"},
            "CXCALL_CLIENT_ID=a\nCXCALL_CLIENT_SECRET=t\n",
            ["credential"],
        ),
        ({"CXCALL_CLIENT_SECRET": "s"}, "CXCALL_CLIENT_ID=a\nCXCALL_CLIENT_SECRET=s\n", []),
        ({"CXCALL_CLIENT_ID": "b"}, "CXCALL_CLIENT_ID=a\nCXCALL_CLIENT_SECRET=s\n", ["credential"]),
    ],
)
def test_client_id_and_secret_of_different_sources_are_a_warning(
    world: World, variables: dict[str, str], dotenv: str, expected: list[str]
) -> None:
    assert codes(world.env(**variables).dotenv(dotenv).load()) == expected


def test_conflict_is_shown_by_a_send(cxcall: Cxcall) -> None:
    variables = {"CXCALL_REGION": "xyz1.pure.cloud", "CXCALL_CLIENT_ID": "other"}
    client = {"GENESYSCLOUD_OAUTHCLIENT_ID": "me", "GENESYSCLOUD_OAUTHCLIENT_SECRET": SECRET}
    call = ("call", "--platform", "genesys-cloud", "--to", "+12025550123", "-n")
    err = cxcall(*call, env={**variables, **client}, code=0).err
    assert "unknown region `xyz1.pure.cloud`" in err
    assert "may not belong together" in err


@pytest.mark.parametrize("host", ["https://api.mypurecloud.de", "http://127.0.0.1:8080"])
def test_region_of_the_environment_replaces_the_url_of_a_profile(world: World, host: str) -> None:
    world.toml(f'[profiles.default]\nbase_url = "{host}"\ntoken_url = "{host}/t"\n')
    loaded = world.env(CXCALL_REGION="us-west-2", GENESYSCLOUD_REGION="eu-west-1").load()
    assert loaded.base_url == "https://api.usw2.pure.cloud"
    assert loaded.token_url == "https://login.usw2.pure.cloud/oauth/token"
    [found] = loaded.conflicts
    assert "(from environment CXCALL_REGION) is used, not" in found.message
    # Calls for the profile of a sandbox are not placed for real.
    assert found.severity is (Severity.ERROR if "127" in host else Severity.WARNING)
    world.env(CXCALL_BASE_URL="https://api.mypurecloud.jp")
    assert world.load().base_url == "https://api.mypurecloud.jp"


@pytest.mark.slow
def test_profile_of_a_sandbox_is_for_no_other_host(cxcall: Cxcall) -> None:
    cxcall("config", "set", "base_url", "http://127.0.0.1:9", code=0)
    call, region = ("call", "--to", "+12025550123"), {"CXCALL_REGION": "eu-west-1"}
    for words in ((*call, "-n"), (*call, "--yes")):
        ran = cxcall(*words, env={**region, "CXCALL_ACCESS_TOKEN": SECRET}, code=3)
        assert ran.err.count("region-mismatch") == 1
        assert ran.out == ""
    cxcall(*call, "--sandbox", "-n", env=region, code=0)


@pytest.mark.parametrize(
    "own", ['region = "mypurecloud.de"', 'base_url = "https://api.mypurecloud.de"']
)
def test_region_of_the_environment_keeps_the_token_url_of_the_same_region(
    world: World, own: str
) -> None:
    url = "https://sso.example.com/t"
    world.toml(f'[profiles.default]\n{own}\ntoken_url = "{url}"\n')
    assert world.env(CXCALL_REGION="eu-central-1").load().token_url == url


def test_region_of_a_vendor_or_a_folder_does_not_replace_the_url_of_a_profile(world: World) -> None:
    world.toml('[profiles.default]\nbase_url = "https://api.mypurecloud.de"\n')
    assert world.env(CXCALL_REGION="na1").load().base_url == "https://api.mypurecloud.de"
    world.env(CXCALL_REGION="")
    world.env(GENESYSCLOUD_REGION="us-west-2").dotenv("CXCALL_REGION=us-west-2\n")
    assert world.load().base_url == "https://api.mypurecloud.de"


PROFILE = '[profiles.default]\n{}\nclient_id = "a"\nclient_secret = "{}"\n'


@pytest.mark.parametrize(
    ("own", "dotenv", "is_error"),
    [
        ("", "CXCALL_BASE_URL=https://api.evil.example", True),
        ("", "CXCALL_BASE_URL=http://127.0.0.1:1", True),
        ("", "CXCALL_TOKEN_URL=https://evil.example/t", True),
        ("", "CXCALL_BASE_URL=https://api.mypurecloud.com", True),
        ("", "CXCALL_BASE_URL=https://api.mypurecloud.de", True),
        ("", "CXCALL_REGION=us-east-1", False),
        ("", "CXCALL_REGION=eu-west-1", False),
        ('region = "us-east-1"', "CXCALL_REGION=eu-west-1", True),
        ('base_url = "https://api.x.example"', "CXCALL_BASE_URL=https://api.x.example/", False),
        ("", "CXCALL_BASE_URL=https://api.evil.example\nCXCALL_CLIENT_SECRET=mine", False),
        ("", "CXCALL_BASE_URL=https://api.evil.example\nCXCALL_ACCESS_TOKEN=mine", False),
        ("", "CXCALL_REGION=evil1.pure.cloud", True),
    ],
)
def test_dotenv_cannot_redirect_a_profile_secret(
    world: World, own: str, dotenv: str, *, is_error: bool
) -> None:
    found = world.toml(PROFILE.format(own, SECRET)).dotenv(dotenv).load().conflicts
    errors = [entry for entry in found if entry.severity is Severity.ERROR]
    assert [entry.code for entry in errors] == ["credential"] * is_error
    assert SECRET not in repr(found)


def test_environment_may_redirect_a_profile_secret(world: World) -> None:
    world.toml(PROFILE.format("", SECRET)).env(CXCALL_BASE_URL="https://api.x.example")
    assert not [e for e in world.load().conflicts if e.severity is Severity.ERROR]
