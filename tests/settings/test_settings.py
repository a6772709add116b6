"""Settings: precedence of sources, valid values, and messages on invalid ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import urllib3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxcall.contracts.contract import Contract, find_platform_contract, load_shipped_contracts
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Severity
from cxcall.settings import settings as config
from cxcall.settings import sources, tenants
from cxcall.settings.config_file import ConfigFile
from cxcall.settings.dotenv_file import read_dotenv
from cxcall.settings.sandbox_settings import sandbox_settings
from helpers.cases import each_case
from helpers.work import examples

SECRET = "m4rker-s3cret"
ROOT = Path(__file__).parents[2]
HOSTILE_ENV = ("CXCALL_", "GENESYSCLOUD_")


class World:
    """An empty working directory, config folder, and environment."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.config = folder / "config"
        self.config.mkdir()
        self.work = folder / "work"
        self.work.mkdir()
        self._monkeypatch = monkeypatch

    def env(self, **variables: str) -> World:
        """Set variables of the environment."""
        for name, value in variables.items():
            self._monkeypatch.setenv(name, value)
        return self

    def dotenv(self, text: str | bytes) -> World:
        """Write the working directory's `.env`."""
        data = text if isinstance(text, bytes) else text.encode()
        (self.work / ".env").write_bytes(data)
        return self

    def toml(self, text: str | bytes, mode: int = 0o600) -> World:
        """Write config.toml."""
        path = self.config / "config.toml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return self

    def load(self, **flags: str | None) -> config.Settings:
        """Load the settings as a command does."""
        return config.load_settings(flags, load_shipped_contracts()[0])

    def refusal(self, **flags: str | None) -> UsageError:
        """Return the error that loading the settings raises."""
        with pytest.raises(UsageError) as caught:
            self.load(**flags)
        assert caught.value.exit_code == 2
        assert caught.value.findings[0].fix
        return caught.value


def clear(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    for name in list(os.environ):
        if name.startswith(HOSTILE_ENV):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(folder / "home"))
    monkeypatch.setenv("CXCALL_CONFIG_DIR", str(folder / "config"))
    monkeypatch.setenv("CXCALL_STATE_DIR", str(folder / "state"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    clear(monkeypatch, tmp_path)
    made = World(tmp_path, monkeypatch)
    monkeypatch.chdir(made.work)
    return made


# --- precedence -----------------------------------------------------------------------------

PLACES = ("flag", "own environment", "vendor environment", "own .env", "vendor .env", "profile")
VALUES = {
    "client_id": [f"client-{place}" for place in range(6)],
    "engagement_header": [f"X-Header-{place}" for place in range(6)],
    "access_token": [f"token-{place}" for place in range(6)],
    "timeout": [str(place + 1) for place in range(6)],
    "region": [f"domain-{place}.example" for place in range(6)],
    "contract": [f"/contracts/{place}.json" for place in range(6)],
}
SOURCES = {
    "flag": "--{flag}",
    "own environment": "environment {own}",
    "vendor environment": "environment {vendor}",
    "own .env": ".env:{line} {own}",
    "vendor .env": ".env:{line} {vendor}",
    "profile": "profile eu (config.toml)",
}


@settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    name=st.sampled_from(sorted(VALUES)),
    chosen=st.sets(st.sampled_from(PLACES)),
    blank=st.sets(st.sampled_from(PLACES)),
    blanks=st.sampled_from(["", " ", "\t "]),
    lead=st.integers(0, 3),
)
def test_source_with_higher_precedence_wins(
    name: str,
    chosen: set[str],
    blank: set[str],
    blanks: str,
    lead: int,
    tmp_path: Path,
) -> None:
    """The first source that sets a value wins; a blank value does not count."""
    own, vendor = f"CXCALL_{name.upper()}", sources.VENDOR_VARIABLES.get(name, "")
    places = [place for place in PLACES if vendor or not place.startswith("vendor")]
    text = {
        place: blanks if place in blank else f" {VALUES[name][PLACES.index(place)]} "
        for place in places
        if place in chosen
    }
    if name == "region" and "flag" in text:
        del text["flag"]
    with pytest.MonkeyPatch.context() as patch:
        clear(patch, tmp_path)
        (tmp_path / "config").mkdir(exist_ok=True)
        patch.chdir(tmp_path)
        for place, key in (("own environment", own), ("vendor environment", vendor)):
            if place in text:
                patch.setenv(key, text[place])
        lines = ["# a comment"] * lead
        line_of = {}
        for place, key in (("vendor .env", vendor), ("own .env", own)):
            if place in text:
                lines.append(f"{key}='{text[place]}'")
                line_of[place] = len(lines)
        Path(".env").write_text("\n".join(lines), "utf-8")
        toml = Path("config/config.toml")
        body = f"{name} = {json.dumps(text['profile'])}" if "profile" in text else ""
        toml.write_text(f'default_profile = "eu"\n[profiles.eu]\n{body}\n', "utf-8")
        toml.chmod(0o600)
        loaded = config.load_settings({name: text.get("flag")}, load_shipped_contracts()[0]).values[
            name
        ]
    winners = [place for place in places if text.get(place, "").strip()]
    if not winners:
        assert loaded.source in {"default", "not set"}
        return
    first = winners[0]
    assert loaded.value == VALUES[name][PLACES.index(first)]
    assert loaded.source == SOURCES[first].format(
        flag=name.replace("_", "-"), own=own, vendor=vendor, line=line_of.get(first)
    )


def test_defaults_apply_when_nothing_is_set(world: World) -> None:
    loaded = world.load()
    assert loaded.base_url == "https://api.mypurecloud.com"
    assert loaded.token_url == "https://login.mypurecloud.com/oauth/token"
    assert (loaded.timeout, loaded.max_wait, loaded.duplicate_window) == (30, 60, 900)
    assert (loaded.profile, loaded.platform) == ("default", "genesys-cloud")
    unset = ("client_id", "client_secret", "access_token", "region", "engagement_header")
    assert [getattr(loaded, name) for name in (*unset, "contract")] == [""] * 6
    assert loaded.conflicts == ()
    assert set(loaded.values) == set(sources.SETTING_NAMES)
    assert not list(world.config.iterdir())
    assert not (world.folder / "state").exists()


def test_every_setting_has_an_attribute(world: World) -> None:
    loaded = world.load()
    for name, setting in loaded.values.items():
        assert str(getattr(loaded, name)).removesuffix(".0") == setting.value


# --- profiles -------------------------------------------------------------------------------

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


# --- .env -----------------------------------------------------------------------------------


def test_dotenv_values_are_not_expanded(world: World) -> None:
    text = f"\n\nexport CXCALL_CLIENT_SECRET='{SECRET}${{HOME}}'\r\nOTHER\nCXCALL_CLIENT_ID=a # b\n"
    loaded = world.dotenv(text).load()
    assert loaded.client_secret == f"{SECRET}${{HOME}}"
    assert loaded.values["client_secret"].source == ".env:3 CXCALL_CLIENT_SECRET"
    assert loaded.values["client_id"][:2] == ("a", ".env:5 CXCALL_CLIENT_ID")
    assert "CXCALL_CLIENT_SECRET" not in os.environ


def test_multiline_dotenv_value_keeps_line_numbers_correct(world: World) -> None:
    loaded = world.dotenv('A="1\n2\n3"\n\n# c\n\nCXCALL_TIMEOUT=7\n').load()
    assert loaded.values["timeout"][:2] == ("7", ".env:7 CXCALL_TIMEOUT")


def test_dotenv_of_a_parent_directory_is_ignored(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.dotenv("CXCALL_TIMEOUT=7\n")
    below = world.work / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    assert world.load().timeout == 30


def test_folder_named_dotenv_is_ignored(world: World) -> None:
    (world.work / ".env").mkdir()
    assert world.load().timeout == 30


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        (f"\nA=1\nCXCALL_CLIENT_SECRET='{SECRET}\n", "3", "a line of `.env` cannot be read"),
        (f"CXCALL_CLIENT_SECRET={SECRET}\n\n=x\n", "3", "cannot be read"),
        ("A=1\n\nCXCALL_BASEURL=http://127.0.0.1:1\n", "3", "unknown setting `CXCALL_BASEURL`"),
        ("CXCALL_STATE_DIR=/x\n", "1", "`CXCALL_STATE_DIR` has no effect here"),
        ("\nCXCALL_TIMEOUT\n", "2", "`CXCALL_TIMEOUT` has no value"),
        ("CXCALL_TIMEOUT=soon\n", "1", "`timeout` is `soon`"),
        ("# c\nGENESYSCLOUD_REGION=moon\n", "2", "`moon` is neither"),
        (f"\nCXCALL_BASE_URL=https://u:{SECRET}@host\n", "2", "without a user name or password"),
    ],
)
def test_invalid_dotenv_line_is_located_and_not_quoted(
    world: World, text: str, line: str, words: str
) -> None:
    error = world.dotenv(text).refusal()
    assert error.findings[0].where == f".env:{line}"
    assert words in error.findings[0].message
    assert SECRET not in repr(error.findings)


def test_unknown_dotenv_variable_suggests_the_closest_name(world: World) -> None:
    found = world.dotenv("CXCALL_BASEURL=x\n").refusal().findings[0]
    assert found.fix == "the most similar name is `CXCALL_BASE_URL`"


def test_misspelled_environment_variable_is_a_warning(world: World) -> None:
    conflicts = world.env(CXCALL_BASEURL="x", CXCALL_E2E_RUN="1").load().conflicts
    assert [found.message for found in conflicts] == [
        "unknown setting `CXCALL_BASEURL`, which is ignored"
    ]


# --- addresses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "api.mypurecloud.ie"),
        ("EU_WEST_1", "api.mypurecloud.ie"),
        ("mypurecloud.de", "api.mypurecloud.de"),
        ("api.mypurecloud.jp", "api.mypurecloud.jp"),
        ("https://login.mypurecloud.com.au/", "api.mypurecloud.com.au"),
        ("use2.us-gov-pure.cloud", "api.use2.us-gov-pure.cloud"),
    ],
)
def test_region_is_a_name_or_a_domain(world: World, region: str, host: str) -> None:
    loaded = world.env(GENESYSCLOUD_REGION=region).load()
    assert loaded.base_url == f"https://{host}"
    assert loaded.token_url == f"https://login{host[3:]}/oauth/token"
    assert loaded.values["base_url"].source == "environment GENESYSCLOUD_REGION"
    assert loaded.conflicts == ()


def test_unlisted_region_domain_is_used_with_a_warning(world: World) -> None:
    loaded = world.env(CXCALL_REGION="xyz1.pure.cloud").load()
    assert loaded.base_url == "https://api.xyz1.pure.cloud"
    found = loaded.conflicts[0]
    assert (found.severity, found.code) == (Severity.WARNING, "host-unknown")
    assert found.where == "CXCALL_REGION"


@pytest.mark.parametrize(
    "region",
    [
        "us-east-9",
        "mypurecloud",
        "evil.com/x",
        "evil.com?x",
        "a@evil.com",
        "evil.com:1",
        "é.com",
        "a..b",
        "-a.com",
        "a\x7fb.com",
        "api.",
        "https://",
    ],
)
def test_invalid_region_is_refused(world: World, region: str) -> None:
    error = world.env(CXCALL_REGION=region).refusal()
    assert error.findings[0].code == "host-unknown"
    assert error.findings[0].where == "CXCALL_REGION"


@pytest.mark.parametrize(
    ("base_url", "token_url"),
    [
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/oauth/token"),
        ("http://127.9.9.9", "http://127.9.9.9/oauth/token"),
        ("http://[::1]:99", "http://[::1]:99/oauth/token"),
        ("http://LOCALHOST:01/x/", "http://localhost:1/x/oauth/token"),
        ("https://localhost:1", "https://localhost:1/oauth/token"),
        ("HTTPS://API.mypurecloud.ie:443", "https://login.mypurecloud.ie/oauth/token"),
        ("https://api.mypurecloud.ie:8443", ""),
        ("https://api.example.com:8443/v1", ""),
        ("https://api.example.com", ""),
        ("https://gateway.example.com", ""),
    ],
)
def test_valid_base_urls_are_accepted(world: World, base_url: str, token_url: str) -> None:
    loaded = world.load(base_url=base_url)
    plain = {
        "http://LOCALHOST:01/x/": "http://localhost:1/x",
        "HTTPS://API.mypurecloud.ie:443": "https://api.mypurecloud.ie",
    }
    assert loaded.base_url == plain.get(base_url, base_url.rstrip("/"))
    assert loaded.token_url == token_url
    assert loaded.values["base_url"].source == "--base-url"


BAD_URLS = {
    "http://api.mypurecloud.com": ("scheme-insecure", "would send requests unencrypted"),
    "http://127.0.0.1.evil.com": ("scheme-insecure", "would send requests unencrypted"),
    "http://localhost.evil.com": ("scheme-insecure", "would send requests unencrypted"),
    "http://0177.0.0.1": ("scheme-insecure", "would send requests unencrypted"),
    "http://10.0.0.1": ("scheme-insecure", "would send requests unencrypted"),
    "ftp://127.0.0.1": ("scheme-insecure", "must begin with `https://`"),
    "api.mypurecloud.com": ("usage", "must begin with `https://`"),
    "localhost:8080": ("usage", "must begin with `https://`"),
    "https://": ("usage", "has no host"),
    "https://h:99999": ("usage", "is not a valid URL"),
    f"https://u:{SECRET}/x@h": ("usage", "is not a valid URL"),
    "https://[::1": ("usage", "is not a valid URL"),
    "https://{region}.example.com": ("usage", "contains a character"),
    "https://a b": ("usage", "contains a character"),
    "https://h\u200b": ("usage", "contains a character"),
    "https://h\\@evil.com": ("usage", "contains a character"),
    "https://u@h": ("usage", "without a user name or password"),
    f"https://u:{SECRET}@h": ("usage", "without a user name or password"),
    f"http://u:{SECRET}@127.0.0.1": ("usage", "without a user name or password"),
    "https://h?": ("usage", "without a query"),
    "https://h/?a=1": ("usage", "without a query"),
    "https://h#": ("usage", "without a fragment"),
    "https://h/#a": ("usage", "without a fragment"),
}


@pytest.mark.parametrize("name", ["base_url", "token_url"])
@each_case("url", BAD_URLS, quick=4)
def test_invalid_urls_are_refused(world: World, url: str, name: str) -> None:
    error = world.env(**{f"CXCALL_{name.upper()}": url}).refusal()
    found = error.findings[0]
    code, words = BAD_URLS[url]
    assert found.code == code
    assert found.message.startswith(f"`{name}`")
    assert words in found.message
    assert found.where == f"CXCALL_{name.upper()}"
    assert str(found.fix).startswith("write ")
    assert SECRET not in repr(error.findings)


def test_contract_without_server_requires_base_url(world: World) -> None:
    own = Contract("own.json", {"servers": [{"url": "/v1"}]})
    with pytest.raises(UsageError) as caught:
        config.load_settings({}, own)
    assert caught.value.findings[0].code == "host-unknown"
    assert "--base-url" in caught.value.findings[0].fix
    world.env(CXCALL_BASE_URL="https://h", GENESYSCLOUD_REGION="us-east-1")
    assert config.load_settings({}, own).base_url == "https://h"


def test_vendor_variables_do_not_apply_to_another_platform(world: World) -> None:
    world.env(GENESYSCLOUD_OAUTHCLIENT_SECRET=SECRET, GENESYSCLOUD_REGION="us-east-1")
    world.dotenv(f"GENESYSCLOUD_ACCESS_TOKEN={SECRET}\n")
    declared = {
        "x-cxcall-platform": "nice-cxone",
        "servers": [{"url": "https://api-na1.example.com", "x-cxcall-regions": {"na1": "a.b"}}],
    }
    loaded = config.load_settings({}, Contract("nice", declared, is_shipped=True))
    assert (loaded.client_secret, loaded.access_token, loaded.region) == ("", "", "")
    assert loaded.base_url == "https://api-na1.example.com"


# --- numbers --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["timeout", "max_wait", "duplicate_window"])
@each_case(
    "text",
    ["-1", "nan", "inf", "-inf", "x", "1s", "1,5", "1e300", "604801", "0x1", "\uff11\n\uff12"],
)
def test_invalid_seconds_are_refused(world: World, name: str, text: str) -> None:
    error = world.env(**{f"CXCALL_{name.upper()}": text}).refusal()
    assert error.findings[0].where == f"CXCALL_{name.upper()}"
    assert error.findings[0].message.startswith(f"`{name}` is `")
    assert error.findings[0].message.isprintable()


@given(seconds=st.floats(0, 604800, exclude_min=True))
def test_valid_seconds_are_accepted_unchanged(seconds: float) -> None:
    class Server:
        base_url, client_id, client_secret = "http://127.0.0.1:1", "a", "b"

    assert sandbox_settings(Server(), {"timeout": str(seconds)}).timeout == seconds


def test_zero_is_valid_for_max_wait_only(world: World) -> None:
    world.env(CXCALL_MAX_WAIT="0")
    assert world.load().max_wait == 0
    assert "`timeout` is `0`" in str(world.refusal(timeout="0"))


# --- conflicts ------------------------------------------------------------------------------


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


def test_profile_for_another_platform_is_a_warning(world: World) -> None:
    world.toml('[profiles.default]\nplatform = "nice-cxone"\n')
    assert codes(world.load()) == ["platform-mismatch"]


PROFILE = '[profiles.default]\n{}\nclient_id = "a"\nclient_secret = "{}"\n'


@pytest.mark.parametrize(
    ("own", "dotenv", "is_error"),
    [
        ("", "CXCALL_BASE_URL=https://api.evil.example", True),
        ("", "CXCALL_BASE_URL=http://127.0.0.1:1", True),
        ("", "CXCALL_TOKEN_URL=https://evil.example/t", True),
        ("", "CXCALL_BASE_URL=https://api.mypurecloud.com", False),
        ("", "CXCALL_BASE_URL=https://api.mypurecloud.de", True),
        ("", "CXCALL_REGION=us-east-1", False),
        ("", "CXCALL_REGION=eu-west-1", True),
        ('base_url = "https://api.x.example"', "CXCALL_BASE_URL=https://api.x.example/", False),
        ("", "CXCALL_BASE_URL=https://api.evil.example\nCXCALL_CLIENT_SECRET=mine", False),
        ("", "CXCALL_BASE_URL=https://api.evil.example\nCXCALL_ACCESS_TOKEN=mine", False),
        ("", "CXCALL_REGION=evil.example", True),
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


# --- secrets, folders, speed ----------------------------------------------------------------


@pytest.mark.parametrize("name", ["client_secret", "access_token"])
@pytest.mark.parametrize("place", ["environment", ".env", "profile"])
def test_repr_of_settings_contains_no_secret(world: World, name: str, place: str) -> None:
    if place == "environment":
        world.env(**{f"CXCALL_{name.upper()}": SECRET})
    if place == ".env":
        world.dotenv(f"CXCALL_{name.upper()}={SECRET}\n")
    if place == "profile":
        world.toml(f'[profiles.default]\n{name} = "{SECRET}"\n')
    loaded = world.load()
    assert getattr(loaded, name) == SECRET
    assert SECRET not in repr(loaded) + str(loaded) + repr(loaded.values)
    layers = (*sources.read_environment(), *read_dotenv())
    file = ConfigFile.read(world.config / "config.toml")
    written = sources.Setting("default", "")
    assert SECRET not in repr(layers) + repr(file) + repr(file.profile_settings(written))


def test_sandbox_settings_ignore_other_sources(world: World) -> None:
    class Server:
        base_url, client_id, client_secret = "http://127.0.0.1:7", "sandbox", SECRET

    world.env(CXCALL_ACCESS_TOKEN="real", CXCALL_BASE_URL="https://api.mypurecloud.com")
    loaded = sandbox_settings(Server(), {"timeout": "3", "engagement_header": "X-Id"})
    assert loaded.base_url == "http://127.0.0.1:7"
    assert loaded.token_url == "http://127.0.0.1:7/oauth/token"
    assert (loaded.client_id, loaded.client_secret) == ("sandbox", SECRET)
    assert (loaded.access_token, loaded.timeout) == ("", 3)
    assert (loaded.engagement_header, loaded.profile) == ("X-Id", "sandbox")
    assert loaded.is_embedded
    assert set(loaded.values) == set(sources.SETTING_NAMES)


def test_state_and_config_folders_follow_variables_and_defaults(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert config.state_dir() == world.folder / "state"
    assert config.config_dir() == world.config
    monkeypatch.setenv("CXCALL_STATE_DIR", "~/kept")
    assert config.state_dir() == world.folder / "home" / "kept"
    monkeypatch.delenv("CXCALL_STATE_DIR")
    monkeypatch.delenv("CXCALL_CONFIG_DIR")
    for name in ("XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    for folder in (config.state_dir(), config.config_dir()):
        assert folder.is_relative_to(world.folder / "home")
        assert "cxcall" in folder.parts
        assert not folder.exists()


def imported_by_settling(**variables: str) -> Any:
    program = (
        "import sys, json\n"
        "from cxcall.contracts.contract import load_shipped_contracts\n"
        "from cxcall.settings.settings import load_settings\n"
        "load_settings({}, load_shipped_contracts()[0])\n"
        "print(json.dumps([n for n in ('dotenv','tomllib','platformdirs','requests','difflib',"
        "'ssl', 'http.client') if n in sys.modules]))"
    )
    result = subprocess.run(
        [sys.executable, "-c", program],
        env={
            # Coverage itself imports many modules.
            **{name: value for name, value in os.environ.items() if not name.startswith("COV")},
            "PYTHONPATH": str(ROOT),
            **variables,
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return json.loads(result.stdout)


@pytest.mark.usefixtures("world")
def test_loading_settings_imports_only_what_it_uses() -> None:
    assert imported_by_settling() == []


def test_loading_settings_imports_parsers_for_existing_files(world: World) -> None:
    world.dotenv("CXCALL_TIMEOUT=1\n").toml("[profiles.default]\n")
    assert imported_by_settling() == ["dotenv", "tomllib"]


def test_the_example_names_every_setting(world: World) -> None:
    text = (ROOT / ".env.example").read_text("utf-8")
    names = [line.removesuffix("=") for line in text.splitlines() if line.endswith("=")]
    assert sorted(names) == sorted(f"CXCALL_{name.upper()}" for name in sources.SETTING_NAMES)
    assert all(variable in text for variable in sources.VENDOR_VARIABLES.values())
    loaded = world.dotenv(text).load()
    expected = config.load_settings({}, load_shipped_contracts()[0]).values
    assert {name: entry[:2] for name, entry in loaded.values.items()} == {
        name: entry[:2] for name, entry in expected.items()
    }
    assert {entry.source for entry in loaded.values.values()} <= {
        "default",
        "not set",
        "from base_url",
        "contract community",
    }


# --- profiles of the vendor's own tool ------------------------------------------------------

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


def test_unsupported_gc_options_are_warnings(world: World) -> None:
    gc(world)
    message = [found.message for found in world.load(profile="gc:eu").conflicts]
    assert message == [
        "in this profile, `gc` uses a proxy; cxcall does not",
        "unknown setting `made_up` in the profile of `gc`",
    ]


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


# --- tenants of NICE CXone -------------------------------------------------------------------


def cxone(**flags: str | None) -> config.Settings:
    return config.load_settings(
        {"platform": "nice-cxone", **flags}, find_platform_contract("nice-cxone")
    )


@pytest.mark.parametrize(
    ("flags", "base_url", "token_url"),
    [
        ({}, "https://api-na1.niceincontact.com", ""),
        ({"region": "eu1"}, "https://api-eu1.niceincontact.com", "https://eu1.nice-incontact.com"),
        ({"region": "ca1"}, "https://api-ca1.niceincontact.com", "https://ca1.nice-incontact.com"),
        (
            {"base_url": "https://api-au1.nice-incontact.com"},
            "https://api-au1.nice-incontact.com",
            "https://au1.nice-incontact.com",
        ),
        (
            {"base_url": "https://api-b32.nice-incontact.com"},
            "https://api-b32.nice-incontact.com",
            "",
        ),
        (
            {"region": "eu1", "client_id": "app"},
            "https://api-eu1.niceincontact.com",
            "https://cxone.niceincontact.com",
        ),
        (
            {"client_id": "app", "issuer": "https://cxone-gov.niceincontact.com/"},
            "https://api-na1.niceincontact.com",
            "https://cxone-gov.niceincontact.com",
        ),
        (
            {"base_url": "http://127.0.0.1:9", "client_id": "app", "access_key_id": "key"},
            "http://127.0.0.1:9",
            "http://127.0.0.1:9",
        ),
    ],
)
@pytest.mark.usefixtures("world")
def test_tenant_addresses_are_resolved_from_settings(
    flags: dict[str, str], base_url: str, token_url: str
) -> None:
    loaded = cxone(**flags)
    assert loaded.base_url.removesuffix("/inContactAPI/services/v34.0") == base_url
    path = "/auth/token" if "client_id" in flags else "/authentication/v1/token/access-key"
    assert loaded.token_url == (token_url and token_url + path)


@pytest.mark.usefixtures("world")
def test_unlisted_cxone_area_is_a_warning() -> None:
    assert [found.code for found in cxone(region="ca1").conflicts] == ["host-unknown"]
    with pytest.raises(UsageError, match="is not a valid area"):
        cxone(region="mypurecloud.ie")


def test_dotenv_cannot_redirect_a_profile_access_key(world: World) -> None:
    world.toml(
        '[profiles.default]\nplatform = "nice-cxone"\nregion = "na1"\n'
        'access_key_id = "a"\naccess_key_secret = "m4rker"\n'
    )
    assert cxone().conflicts == ()
    for line in (
        "CXCALL_ISSUER=https://attacker.example",
        "CXCALL_TOKEN_URL=https://attacker.example/t",
        "CXCALL_BASE_URL=https://attacker.example",
    ):
        world.dotenv(line)
        found = cxone().conflicts
        assert [entry.code for entry in found if entry.severity == "error"] == ["credential"], line


ANY_HOST = st.from_regex(r"[a-z0-9.:@/\\-]{0,40}", fullmatch=True)


@given(before=ANY_HOST, after=ANY_HOST, domain=st.sampled_from(tenants.VENDOR_DOMAINS))
def test_only_vendor_domains_are_trusted_endpoints(before: str, after: str, domain: str) -> None:
    url = f"https://{before}{domain}{after}"
    if tenants.is_trusted_endpoint(url, tenants.DEFAULT_ISSUER):
        prepared = requests.Request("GET", url).prepare().url or ""
        host = urlsplit(prepared).hostname or ""
        assert host.endswith(tuple(f".{known}" for known in tenants.VENDOR_DOMAINS))
        assert host == urllib3.util.parse_url(prepared).host
