"""What the `.env` file of the working directory may decide, for each setting and source of a secret."""

from __future__ import annotations

import json
from importlib import resources
from itertools import cycle
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxcall.credentials import login_and_logout, token_provider
from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Severity
from helpers.command import CAMPAIGN, CONTACT, Cxcall
from helpers.trust import SECRET, Folder, Recorder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.sandbox.server import Sandbox

NUMBER = "+12025550123"
BODY = json.dumps(
    {
        "contactId": CONTACT,
        "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": NUMBER}},
    }
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    return Folder(tmp_path, monkeypatch)


CHOICES = {
    "base_url": "https://api.evil.example",
    "region": "evil1.pure.cloud",
    "token_url": "https://evil.example/oauth/token",
    "issuer": "https://evil.example",
    "contract": "evil.json",
    "profile": "other",
    "platform": "nice-cxone",
}
SECRETS = ("access_token", "client_secret")
SOURCES = ("environment", "vendor", "profile", ".env")


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize(("choice", "secret"), [*zip(CHOICES, cycle(SECRETS), strict=False)])
def test_dotenv_choice_is_used_only_with_secrets_from_dotenv(
    folder: Folder, choice: str, secret: str, source: str
) -> None:
    folder.set(source, secret, SECRET)
    if secret == "client_secret":
        folder.set(source, "client_id", "me")
    folder.set(".env", choice, CHOICES[choice])
    # A profile of another name does not have the secret of the default profile.
    # The vendor's variables contain secrets of Genesys Cloud only, so they are not used for CXone.
    is_harmless = (choice, source) in (("profile", "profile"), ("platform", "vendor"))
    is_refused = source != ".env" and not is_harmless
    settings = folder.load()
    errors = [entry for entry in settings.conflicts if entry.severity is Severity.ERROR]
    assert bool(errors) == is_refused
    if is_refused:
        assert errors[0].where.startswith(".env:")
        with pytest.raises(CredentialsError, match="would"):
            token_provider.get_token(settings)
    assert SECRET not in repr(errors)


@pytest.mark.parametrize("source", ["environment", "profile"])
def test_access_key_belongs_to_its_platform(folder: Folder, source: str) -> None:
    for name in ("access_key_id", "access_key_secret"):
        folder.set(source, name, SECRET)
    folder.set(".env", "platform", "nice-cxone")
    assert not [e for e in folder.load().conflicts if e.severity is Severity.ERROR]


@pytest.mark.parametrize(
    ("choice", "trusted", "value", "is_refused"),
    [
        ("base_url", "https://api.own.example", "https://api.own.example/", False),
        ("base_url", "https://api.own.example", "https://api.own.example/x", True),
        ("base_url", "https://api.own.example/a", "https://api.own.example/a", False),
        ("base_url", "https://api.own.example/a", "https://api.own.example", True),
        ("base_url", "https://api.own.example", "https://api.own.example/x/..;", True),
        ("base_url", "", "https://api.mypurecloud.com", True),
        ("base_url", "", "https://api.mypurecloud.com/x", True),
        ("token_url", "", "https://login.mypurecloud.com/oauth/token", True),
        ("token_url", "", "https://login.mypurecloud.com/x/oauth/token", True),
        ("token_url", "https://login.own.example/t", "https://login.own.example/t", False),
        ("token_url", "https://login.own.example/t", "https://login.own.example/oauth/token", True),
    ],
)
def test_address_in_dotenv_has_the_path_of_the_trusted_one(
    folder: Folder, choice: str, trusted: str, value: str, *, is_refused: bool
) -> None:
    folder.set("profile", "access_token", SECRET)
    if trusted:
        folder.set("profile", choice, trusted)
    folder.set(".env", choice, value)
    errors = [each for each in folder.load().conflicts if each.severity is Severity.ERROR]
    assert [each.where for each in errors] == [".env:1"] * is_refused


@pytest.mark.parametrize("choice", ["base_url", "token_url", "contract", "profile"])
def test_secret_from_the_user_does_not_follow_a_dotenv_choice(folder: Folder, choice: str) -> None:
    folder.set(".env", choice, CHOICES[choice])
    settings = folder.load()
    with pytest.raises(CredentialsError, match="would"):
        login_and_logout.log_in_with_token(settings, SECRET)
    with pytest.raises(CredentialsError, match="would"):
        login_and_logout.store_login(settings, "me", SECRET)


@pytest.mark.parametrize(
    ("name", "profile", "dotenv", "expected"),
    [
        ("duplicate_window", "900", "0.001", "900"),
        ("duplicate_window", "", "0.001", "900"),
        ("duplicate_window", "900", "3600", "3600"),
        ("hours_policy", "enforce", "warn", "enforce"),
        ("hours_policy", "", "enforce", "enforce"),
        ("do_not_call", "", "dnc.txt", "dnc.txt"),
        ("hours", "08:00-20:00", "00:00-23:59", "08:00-20:00"),
        ("hours", "", "08:00-20:00", "08:00-20:00"),
        ("hours", "08:00-20:00", "09:00-17:00", "09:00-17:00"),
        ("hours", "20:00-08:00", "22:00-07:00", "22:00-07:00"),
        ("hours", "20:00-08:00", "07:00-22:00", "20:00-08:00"),
        ("hours", "08:00-20:00", "09:00-08:30", "08:00-20:00"),
    ],
)
def test_dotenv_raises_a_guard_and_never_lowers_it(
    folder: Folder, name: str, profile: str, dotenv: str, expected: str
) -> None:
    if profile:
        folder.set("profile", name, profile)
    folder.set(".env", name, dotenv)
    settings = folder.load()
    assert settings.values[name].value == expected
    warnings = [entry for entry in settings.conflicts if f"`{name}` in `.env`" in entry.message]
    assert [entry.where for entry in warnings] == [".env:1"] * (expected != dotenv)


def test_do_not_call_lists_of_all_sources_apply(folder: Folder) -> None:
    places = {"profile": "/lists/profile.txt", "environment": "/lists/env.txt", ".env": "more.txt"}
    for source, path in places.items():
        folder.set(source, "do_not_call", path)
    folder.set("flag", "do_not_call", "campaign.txt")
    settings = folder.load()
    expected = ("campaign.txt", "/lists/env.txt", "/lists/profile.txt", "more.txt")
    assert settings.do_not_call_files == expected


@pytest.mark.parametrize("source", ["environment", "profile"])
def test_do_not_call_list_of_dotenv_applies_in_addition(folder: Folder, source: str) -> None:
    folder.set(source, "do_not_call", "/lists/dnc.txt")
    folder.set(".env", "do_not_call", "more.txt")
    settings = folder.load()
    assert settings.do_not_call_files == ("/lists/dnc.txt", "more.txt")
    assert "also `more.txt` from .env:1" in settings.values["do_not_call"].source
    assert not settings.conflicts


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    running = Recorder()
    yield running
    running.stop()


COMMANDS = {
    "execute": ("execute", CAMPAIGN, "-f", "body.json", "--yes"),
    "doctor": ("doctor",),
    "token": ("auth", "token"),
}
CREDENTIALS = {
    "token": {"CXCALL_REGION": "us-east-1", "CXCALL_ACCESS_TOKEN": SECRET},
    "vendor token": {"GENESYSCLOUD_ACCESS_TOKEN": SECRET},
    "client": {"CXCALL_CLIENT_ID": "me", "CXCALL_CLIENT_SECRET": SECRET},
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["CXCALL_BASE_URL", "CXCALL_TOKEN_URL"])
@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_host_in_dotenv_receives_no_secret(
    cxcall: Cxcall, recorder: Recorder, name: str, credentials: str, command: str
) -> None:
    (cxcall.folder / ".env").write_text(f"{name}={recorder.url}\n", "utf-8")
    (cxcall.folder / "body.json").write_text(BODY, "utf-8")
    ran = cxcall(*COMMANDS[command], env=CREDENTIALS[credentials])
    assert ran.code in (4, 5), ran
    assert "`.env` would" in ran.out + ran.err
    assert recorder.received == []


@pytest.mark.slow
def test_missing_credentials_and_a_login_name_the_setting_of_dotenv(cxcall: Cxcall) -> None:
    (cxcall.folder / ".env").write_text("CXCALL_BASE_URL=https://evil.example\n", "utf-8")
    call = ("call", "--to", "+12025550123", "--yes")
    for words, variables in ((call, {}), (call, {"CXCALL_CLIENT_ID": "me"})):
        err = cxcall(*words, env=variables, code=4).err
        assert "token-missing" in err
        assert "warning[credential]: `.env` would send a secret from elsewhere" in err
        assert "--> .env:1\n" in err
    for flags in (("--client-id", "me"), ("--with-token",)):
        err = cxcall("auth", "login", *flags, code=4).err  # before the secret is read
        assert err.startswith("error[credential]: `.env` would")


@pytest.mark.slow
def test_auth_status_shows_what_was_ignored_and_refused(cxcall: Cxcall) -> None:
    lines = ("# here", "CXCALL_DUPLICATE_WINDOW=1", "CXCALL_BASE_URL=https://evil.example")
    (cxcall.folder / ".env").write_text("\n".join(lines), "utf-8")
    for credentials in ({}, *CREDENTIALS.values()):
        ran = cxcall("auth", "status", env=credentials, code=4)
        assert "`duplicate_window` in `.env` is ignored" in ran.err
        assert "--> .env:2\n" in ran.err
        assert "`.env` would send" in ran.err
        assert "--> .env:3\n" in ran.err
        assert SECRET not in ran.out + ran.err


def test_doctor_sends_nothing_to_a_refused_host(cxcall: Cxcall, recorder: Recorder) -> None:
    (cxcall.folder / ".env").write_text(f"CXCALL_BASE_URL={recorder.url}\n", "utf-8")
    ran = cxcall("doctor", env=CREDENTIALS["token"], code=5)
    assert "not checked: correct the settings first" in ran.out
    assert recorder.count == 0


@pytest.mark.slow
@pytest.mark.parametrize("name", [".cxcall.toml", "pyproject.toml"])
def test_project_file_sets_no_setting(cxcall: Cxcall, name: str) -> None:
    table = "tool.cxcall" if name == "pyproject.toml" else ""
    for setting in ("base_url", "profile", "duplicate_window", "contract"):
        head = f"[{table}]\n" if table else ""
        (cxcall.folder / name).write_text(f'{head}{setting} = "https://evil.example"\n', "utf-8")
        shown = cxcall("config", "show", code=0).out
        assert "evil.example" not in shown
        ran = cxcall("validate", "-", stdin="{}", code=2)
        assert f"unknown setting `{setting}`" in ran.err


@pytest.mark.slow
def test_document_in_dotenv_cannot_redeclare_an_operation(cxcall: Cxcall, sandbox: Sandbox) -> None:
    community = resources.files("cxcall.contracts").joinpath("community.json")
    text = community.read_text("utf-8").replace('"x-cxcall-rings": true', '"x-cxcall-rings": false')
    assert '"x-cxcall-rings": false' in text
    (cxcall.folder / "c.json").write_text(text, "utf-8")
    (cxcall.folder / "body.json").write_text(BODY, "utf-8")
    (cxcall.folder / ".env").write_text("CXCALL_CONTRACT=c.json\n", "utf-8")
    ran = cxcall(
        *("send", "execute", "--campaign-id", CAMPAIGN, "-f", "body.json"),
        env=cxcall.at(sandbox).environment,
        code=4,
    )
    assert "`.env` would choose the contract" in ran.err
    assert sandbox.received == []
