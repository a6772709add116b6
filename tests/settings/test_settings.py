"""Settings: precedence of sources, defaults, folders, and what loading them imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.sandbox.sandbox_settings import sandbox_settings
from cxcall.settings import settings as config
from cxcall.settings import sources
from cxcall.settings.config_file import ConfigFile
from cxcall.settings.dotenv_file import read_dotenv
from helpers.cases import each_case
from helpers.settings_world import SECRET, World, clear
from helpers.work import examples

ROOT = Path(__file__).parents[2]
PLACES = ("flag", "own environment", "vendor environment", "own .env", "vendor .env", "profile")
VALUES = {
    "client_id": [f"client-{place}" for place in range(6)],
    "engagement_header": [f"X-Header-{place}" for place in range(6)],
    "access_token": [f"token-{place}" for place in range(6)],
    "timeout": [str(place + 1) for place in range(6)],
    "region": [f"domain-{place}.pure.cloud" for place in range(6)],
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


@pytest.mark.slow
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
    server: Any = SimpleNamespace(base_url="http://127.0.0.1:1", client_id="a", client_secret="b")
    assert sandbox_settings(server, {"timeout": str(seconds)}).timeout == seconds


def test_zero_is_valid_for_max_wait_only(world: World) -> None:
    world.env(CXCALL_MAX_WAIT="0")
    assert world.load().max_wait == 0
    assert "`timeout` is `0`" in str(world.refusal(timeout="0"))


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
    layers = (*sources.read_environment(), *(read_dotenv() if place == ".env" else ()))
    file = ConfigFile.read(world.config / "config.toml")
    written = sources.Setting("default", "")
    assert SECRET not in repr(layers) + repr(file) + repr(file.profile_settings(written))


def test_sandbox_settings_ignore_other_sources(world: World) -> None:
    server: Any = SimpleNamespace(
        base_url="http://127.0.0.1:7", client_id="sandbox", client_secret=SECRET
    )
    world.env(CXCALL_ACCESS_TOKEN="real", CXCALL_BASE_URL="https://api.mypurecloud.com")
    loaded = sandbox_settings(server, {"timeout": "3", "engagement_header": "X-Id"})
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


@pytest.mark.slow
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
