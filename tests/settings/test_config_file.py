"""Profiles of config.toml: selection, errors with their line, and permissions."""

from __future__ import annotations

import pytest

from helpers.cases import each_case
from helpers.settings_world import SECRET, World

TWO = """
default_profile = "eu"

[profiles.eu]
region = "eu-west-1"
timeout = 5

[profiles."odd name"]
base_url = "https://api.example.com/"
max_wait = 0.5
"""


def test_config_file_names_the_default_profile(world: World) -> None:
    loaded = world.toml(TWO).load()
    assert loaded.base_url == "https://api.mypurecloud.ie"
    assert loaded.values["profile"][:2] == ("eu", "default_profile (config.toml)")
    assert loaded.values["base_url"].source == "profile eu (config.toml)"
    assert loaded.values["token_url"].source == "from base_url"
    assert loaded.timeout == 5


@pytest.mark.parametrize("place", ["flag", "environment", ".env"])
def test_any_source_can_select_the_profile(world: World, place: str) -> None:
    world.toml(TWO)
    if place == "environment":
        world.env(CXCALL_PROFILE="odd name")
    if place == ".env":
        world.dotenv("CXCALL_PROFILE=odd name\n")
    loaded = world.load(profile="odd name" if place == "flag" else None)
    assert loaded.base_url == "https://api.example.com"
    assert loaded.max_wait == 0.5
    assert loaded.profile == "odd name"


def test_unknown_profile_suggests_the_closest_name(world: World) -> None:
    found = world.toml(TWO).refusal(profile="eeu").findings[0]
    assert found.message == "unknown profile `eeu`"
    assert found.where == "--profile"
    assert found.fix.startswith("the most similar name is `eu`; ")
    assert found.fix.endswith("`cxcall auth login --profile eeu`")
    assert "[profiles.eeu]" in found.why


def test_missing_default_profile_is_reported(world: World) -> None:
    found = world.toml('\ndefault_profile = "us"\n').refusal().findings[0]
    assert found.where == f"{world.config / 'config.toml'}:2"


def test_contract_path_is_relative_to_the_config_file(world: World) -> None:
    loaded = world.toml('[profiles.default]\ncontract = "own.json"\n').load()
    assert loaded.contract == str(world.config / "own.json")


@each_case(
    "text, line, words",
    [
        ("[profiles.eu\n", "1:13", "not valid TOML"),
        ('a = "1\n', "1:7", "not valid TOML"),
        ("\n\nbase_url = 1 2\n", "3:14", "not valid TOML"),
        ("default_profile = \n", "1:19", "not valid TOML"),
        ('profile = "eu"\n', "1", "unknown setting `profile`"),
        ('[profiles.a]\nx = 1\n[profiles.eu]\nbase-url = "x"\n', "2", "unknown setting `x`"),
        ('\n[profiles.eu]\nbase-url = "x"\n', "3", "unknown setting `base-url`"),
        ('profiles = { eu = { "tiemout" = 3 } }\n', "1", "unknown setting `tiemout`"),
        ("[profiles.eu]\nregion = 3\n", "2", "`region` must be a string, not a number"),
        ("[profiles.eu]\ntimeout = true\n", "2", "`timeout` must be a number, not a boolean"),
        ('[profiles.eu]\nbase_url = ["x"]\n', "2", "`base_url` must be a string, not a list"),
        ("[profiles.eu.region]\nx = 1\n", "1", "`region` must be a string, not a table"),
        ("[profiles.eu]\nregion = 2026-11-23\n", "2", "must be a string, not a date"),
        ("profiles = 3\n", "1", "`profiles` must be tables"),
        ('[profiles]\neu = "x"\n', "2", "`eu` must be a table, `[profiles.eu]`"),
        ("default_profile = 3\n", "1", "`default_profile` must be a string"),
        ("[profiles.default]\n\ntimeout = -1\n", "3", "`timeout` is `-1`"),
        ("[profiles.default]\nmax_wait = inf\n", "2", "`max_wait` is `inf`"),
        ('[profiles.default]\nregion = "nowhere-9"\n', "2", "`nowhere-9` is neither"),
        (
            '[profiles.default]\ntoken_url = "http://x.com"\n',
            "2",
            "would send requests unencrypted",
        ),
        ('[profiles.default]\nplatform = "genesis-cloud"\n', "2", "`genesis-cloud` is unknown"),
        (
            '[profiles.default]\nengagement_header = "a b"\n',
            "2",
            "`a b` is not a valid header name",
        ),
        ('[profiles.default]\nengagement_id = "{x"\n', "2", "`{x` is not a valid place"),
    ],
)
def test_invalid_config_file_is_reported_with_its_line(
    world: World, text: str, line: str, words: str
) -> None:
    found = world.toml(text).refusal().findings[0]
    assert found.where == f"{world.config / 'config.toml'}:{line}"
    assert words in found.message


def test_invalid_value_is_reported_with_allowed_values(world: World) -> None:
    for name, known in (
        ("platform", "genesys-cloud, nice-cxone"),
        ("hours_policy", "warn, enforce"),
    ):
        found = world.toml(f'[profiles.default]\n{name} = "zoom"\n').refusal().findings[0]
        assert found.fix == f"use one of: {known}"


@pytest.mark.parametrize("text", ["\ufeff[profiles.default]\ntimeout = 3", "[profiles]\n"])
def test_valid_config_files_are_accepted(world: World, text: str) -> None:
    assert world.toml(text).load().timeout in {3, 30}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
@pytest.mark.parametrize("name", ["client_secret", "access_token"])
def test_secret_that_other_users_can_read_is_refused(world: World, mode: int, name: str) -> None:
    text = f'[profiles.default]\nregion = "eu-west-1"\n{name} = "{SECRET}"\n'
    error = world.toml(text, mode).refusal()
    assert f"chmod 600 {world.config / 'config.toml'}" in error.findings[0].fix
    assert error.findings[0].where.endswith("config.toml:3")
    assert SECRET not in repr(error.findings)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_secret_that_only_the_owner_can_read_is_accepted(world: World, mode: int) -> None:
    loaded = world.toml(f'[profiles.default]\nclient_secret = "{SECRET}"\n', mode).load()
    assert loaded.client_secret == SECRET


def test_config_file_without_secrets_may_be_readable_by_others(world: World) -> None:
    assert world.toml('[profiles.default]\nclient_id = "me"\n', 0o644).load().client_id == "me"


def test_unreadable_files_are_reported(world: World) -> None:
    (world.config / "config.toml").mkdir()
    assert "cannot be read: Is a directory" in str(world.refusal())
    (world.config / "config.toml").rmdir()
    assert "`config.toml` is not UTF-8" in str(world.toml(b"\xff\xfe").refusal())
    (world.config / "config.toml").unlink()
    assert "`.env` is not UTF-8" in str(world.dotenv(b"A=\xe9\n").refusal())
