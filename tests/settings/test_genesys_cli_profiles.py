"""Profiles of the vendor's own tool, `gc`."""

from __future__ import annotations

from pathlib import Path

import pytest

from helpers.settings_world import SECRET, World

GC = """
[DEFAULT]
environment = "me_central_1"
client_credentials = "gc-client"
client_secret = "m4rker-s3cret"
grant_type = "1"

[eu]
environment = "mypurecloud.ie"
grant_type = "3"
client_credentials = "gc-person"
redirect_uri = "http://localhost:0"
proxy_protocol = "http"
proxy_host = "proxy.example"
made_up = true

[token]
environment = "mypurecloud.jp"
access_token = "m4rker-t0ken"

[bad]
environment = 3
"""


def gc(world: World, text: str = GC, mode: int = 0o600) -> Path:
    path = world.folder / "home" / ".gc" / "config.toml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    path.chmod(mode)
    return path


@pytest.mark.parametrize("name", ["DEFAULT", "default"])  # the tool ignores case in names
def test_gc_profile_provides_settings(world: World, name: str) -> None:
    path = gc(world)
    loaded = world.load(profile=f"gc:{name}")
    assert loaded.base_url == "https://api.mec1.pure.cloud"
    assert loaded.token_url == "https://login.mec1.pure.cloud/oauth/token"
    assert (loaded.client_id, loaded.client_secret) == ("gc-client", "m4rker-s3cret")
    assert loaded.platform == "genesys-cloud"
    assert loaded.values["client_secret"].source == f"profile gc:{name} ({path})"
    assert loaded.conflicts == ()
    assert world.load(profile="gc:token").access_token == "m4rker-t0ken"


def test_environment_takes_precedence_over_gc_profile(world: World) -> None:
    gc(world)
    world.env(GENESYSCLOUD_REGION="eu-west-1", CXCALL_PROFILE="gc:DEFAULT")
    loaded = world.load()
    assert loaded.base_url == "https://api.mypurecloud.ie"
    assert [found.code for found in loaded.conflicts] == ["region-mismatch"]


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        ("gc:euu", "no profile `euu`"),
        ("gc:", "no profile ``"),
        ("gc:bad", "`environment` must be a string, not a number"),
    ],
)
def test_unknown_gc_profile_is_reported(world: World, profile: str, words: str) -> None:
    gc(world)
    assert words in str(world.refusal(profile=profile))


def test_missing_gc_config_file_is_reported(world: World) -> None:
    assert "`gc` has no profiles on this machine" in str(world.refusal(profile="gc:DEFAULT"))
    gc(world, "[DEFAULT")
    error = world.refusal(profile="gc:DEFAULT")
    assert "not valid TOML" in str(error)


def test_gc_profile_that_other_users_can_read_is_refused(world: World) -> None:
    path = gc(world, mode=0o644)
    error = world.refusal(profile="gc:DEFAULT")
    assert f"chmod 600 {path}" in error.findings[0].fix
    assert SECRET not in str(error)
    assert world.load(profile="gc:eu").client_id == "gc-person"


def test_dotenv_cannot_redirect_a_gc_profile_secret(world: World) -> None:
    gc(world)
    world.dotenv("CXCALL_TOKEN_URL=https://login.attacker.example/oauth/token\n")
    conflicts = world.load(profile="gc:DEFAULT").conflicts
    assert [found.code for found in conflicts if found.severity == "error"] == ["credential"]
