"""Decisions of a file in the working directory: every setting x every source x every source of a secret.

The settings come from the program's own data, so that new ones are tested without a change here.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from cxcall.findings.finding import Severity
from cxcall.settings.sources import SECRET_SETTINGS, SETTING_NAMES, VENDOR_VARIABLES
from cxcall.settings.untrusted_sources import CHOICES
from helpers.cases import each_case
from helpers.trust import SECRET, Folder
from helpers.trust_table import STRICT, set_secret

HARMLESS = {"client_id", "access_key_id", "username", "timeout", "max_wait"}
GUARDS = {
    "duplicate_window": "1",
    "hours": "00:00-23:59",
    "hours_policy": "warn",
    "do_not_call": "none.txt",
    "max_attempts": "9/day",
}
HOSTILE = {
    "profile": "other",
    "platform": "nice-cxone",
    "region": "evil1.pure.cloud",
    "base_url": "https://api.mypurecloud.de",
    "token_url": "https://login.mypurecloud.de/oauth/token",
    "contract": "evil.json",
    "client_id": "me",
    "access_key_id": "me",
    "timeout": "5",
    "max_wait": "5",
    "engagement_header": "X-Id",
    "engagement_id": "header:X-Id",
    **GUARDS,
}
"""The values that an attacker would set; any other setting is the address of a foreign host."""
SETTINGS = [name for name in SETTING_NAMES if name not in SECRET_SETTINGS]
SOURCES = (".env", "environment", "profile", "flag")
SECRET_SOURCES = ("environment", "vendor", "profile", ".env", "login")


def test_every_setting_is_known_to_be_harmless_or_limited() -> None:
    assert {*SETTINGS} == {*CHOICES} | HARMLESS | {*GUARDS}
    assert not {*CHOICES} & (HARMLESS | {*GUARDS})


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in SETTINGS if name not in GUARDS])
@each_case("secret_source", SECRET_SOURCES)
@each_case("secret", SECRET_SETTINGS)
@each_case("source", SOURCES)
def test_choice_of_a_folder_is_refused_with_a_foreign_secret(
    tmp_path: Path, name: str, source: str, secret: str, secret_source: str
) -> None:
    if secret_source == "vendor" and secret not in VENDOR_VARIABLES:
        return  # the vendor has no variable for it
    if source == "profile" and (
        name == "profile" or (name.endswith("_id") and secret_source == source)
    ):
        return  # a profile cannot have the setting, or already has it
    path = tmp_path / f"{source} {secret} {secret_source}"
    path.mkdir()
    with pytest.MonkeyPatch.context() as monkeypatch:
        check_choice(Folder(path, monkeypatch), name, source, secret, secret_source)


def check_choice(folder: Folder, name: str, source: str, secret: str, secret_source: str) -> None:
    """Check one combination of a choice and a secret in a folder."""
    set_secret(folder, secret, secret_source)
    folder.set(source, name, HOSTILE.get(name, "https://evil.example"))
    settings = folder.load()
    # Genesys Cloud does not accept an access key: this other rule fails for every source here.
    refused = [
        found
        for found in settings.conflicts
        if found.severity is Severity.ERROR and "of one platform" not in found.why
    ]
    if secret_source == "login":
        refused = list(settings.untrusted)
    is_foreign = source == ".env" and name in CHOICES and secret_source != ".env"
    # A profile of another name does not have the secret of the default one, the vendor's variables
    # are not read for another platform, and an access key has one platform only.
    has_no_effect = (name, secret_source) in (("profile", "profile"), ("platform", "vendor")) or (
        (name, secret) == ("platform", "access_key_secret") and secret_source != "login"
    )
    if has_no_effect:
        return
    assert bool(refused) == is_foreign
    assert all(found.where.startswith(".env:") for found in refused)
    assert SECRET not in repr(settings.conflicts)


@pytest.mark.parametrize("strict_source", ["environment", "profile", "flag"])
@pytest.mark.parametrize("name", GUARDS)
def test_folder_lowers_no_guard_of_any_source(
    folder: Folder, name: str, strict_source: str
) -> None:
    folder.set(strict_source, name, STRICT[name])
    folder.set(".env", name, GUARDS[name])
    settings = folder.load()
    assert settings.values[name].value == STRICT[name]
    assert settings.do_not_call_files[:1] == (("/lists/dnc.txt",) if name == "do_not_call" else ())


@pytest.mark.slow
@each_case("name", SETTING_NAMES)
@each_case("file", [".cxcall.toml", "pyproject.toml"])
def test_project_file_decides_no_setting(folder: Folder, file: str, name: str) -> None:
    before = {each: setting.value for each, setting in folder.load().values.items()}
    text = "".join(
        f'{each} = "{HOSTILE.get(name, "https://evil.example")}"\n'
        for each in (name, f"CXCALL_{name}")
    )
    tables = ("", "[tool.cxcall]\n", "[profiles.default]\n", "[tool.cxcall.profiles.default]\n")
    Path(file).write_text("".join(head + text for head in tables), "utf-8")
    assert {each: setting.value for each, setting in folder.load().values.items()} == before


def test_port_of_the_same_host_is_another_destination(folder: Folder) -> None:
    folder.set("environment", "base_url", "http://127.0.0.1:1001")
    folder.set("environment", "client_secret", SECRET)
    folder.set(".env", "token_url", "http://127.0.0.1:1002/oauth/token")
    (refused,) = (e for e in folder.load().conflicts if e.severity is Severity.ERROR)
    assert "`127.0.0.1:1002`" in refused.message
