"""`cxcall auth`: log in, show the credentials, print the token, log out."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from helpers.command import CONTACT

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

PERSONAL = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "follow_up")


@pytest.mark.slow
def test_log_in_by_stdin_then_send_then_log_out(cxcall: Cxcall, sandbox: Sandbox) -> None:
    url = ("--base-url", sandbox.base_url)
    ran = cxcall(
        "auth",
        "login",
        "--client-id",
        sandbox.client_id,
        *url,
        stdin=f"{sandbox.client_secret}\n",
        code=0,
    )
    assert f"logged in to {sandbox.base_url}" in ran.out
    state = cxcall.folder / "state"
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in state.iterdir()} == {0o600}
    assert cxcall(*PERSONAL, *url, code=0).out.startswith("HTTP 201")
    invalid = {"CXCALL_TIMEOUT": "soon", "CXCALL_REGION": "nope"}
    assert "removed" in cxcall("auth", "logout", *url, code=0, env=invalid).out
    assert cxcall(*PERSONAL, *url, "--again", "-o", "json", code=4).codes == ["token-missing"]


@pytest.mark.slow
def test_a_token_by_stdin(live: Cxcall) -> None:
    token = live("auth", "token", code=0).out.strip()
    for name in ("CXCALL_CLIENT_ID", "CXCALL_CLIENT_SECRET"):
        del live.environment[name]
    live("auth", "logout", code=0)
    live("auth", "login", "--with-token", stdin=token, code=0)
    assert live("auth", "token", code=0).out.strip() == token
    assert live(*PERSONAL, code=0).out.startswith("HTTP 201")


def test_status_says_where_each_value_came_from(live: Cxcall, sandbox: Sandbox) -> None:
    live.file(".env", "CXCALL_CLIENT_ID=other\nCXCALL_TIMEOUT=7\n")
    out = live("auth", "status", code=0).out
    assert sandbox.base_url in out
    assert "environment CXCALL_CLIENT_ID" in out
    assert sandbox.client_secret not in out
    assert ".env:2" in live("config", "show", code=0).out


@pytest.mark.slow
def test_token_of_a_folder_in_place_of_a_login_is_a_warning_of_each_command(
    cxcall: Cxcall,
) -> None:
    cxcall("auth", "login", "--with-token", "--region", "eu-west-1", stdin="own", code=0)
    cxcall.file(".env", "CXCALL_ACCESS_TOKEN=another\n")
    ran = cxcall("auth", "token", code=0)
    assert ran.out == "another\n"
    assert "access token from .env:1 CXCALL_ACCESS_TOKEN is used; the one from" in ran.err


def test_status_without_credentials_is_exit_4(cxcall: Cxcall) -> None:
    cxcall.file("config/config.toml", "[profiles.eu]\n[profiles.us]\n")
    assert "`--profile` selects `eu` or `us`" in cxcall("auth", "token", code=4).err
    ran = cxcall(
        "auth", "status", "--profile", "eu", code=4, env={"CXCALL_CLIENT_SECRET": "s3cret"}
    )
    assert "client_secret\t****\tenvironment" in ran.out
    cxcall.file("config/config.toml", "[profiles.eu]\nclient_id = 'me'\n")
    ran = cxcall("auth", "status", "--profile", "eu", "-o", "json", code=4)
    assert (ran.envelope["data"]["clientId"], ran.codes) == ("me", ["token-missing"])
    assert ran.envelope["data"]["sources"]["client_id"] == "profile eu (config.toml)"


@pytest.mark.slow
def test_a_token_is_fetched_once_and_reused(live: Cxcall, sandbox: Sandbox) -> None:
    for reason in ("a", "b", "c"):
        live("personal-connection", "--contact-id", CONTACT, "--reason-code", reason, code=0)
    assert [entry.path for entry in sandbox.received].count("/oauth/token") == 1


@pytest.mark.parametrize(
    ("client", "secret", "code", "message"),
    [
        ("nobody", "a-secret-of-mine", 4, "client not found"),
        ("sandbox", "a-secret-of-mine", 4, "region"),
        ("sandbox-throttled", "sandbox-secret", 6, "rate"),
    ],
)
def test_a_refused_login_says_why(
    live: Cxcall, client: str, secret: str, code: int, message: str
) -> None:
    environment = {"CXCALL_CLIENT_ID": client, "CXCALL_CLIENT_SECRET": secret}
    ran = live("auth", "token", "-o", "json", code=code, env=environment)
    (finding,) = ran.envelope["findings"]
    assert message in f"{finding['message']} {finding['fix']} {finding['why']}"
    assert secret not in ran.out


def test_logout_of_an_unknown_profile_is_an_error(cxcall: Cxcall) -> None:
    cxcall("config", "set", "timeout", "22", "-p", "prod", code=0)
    err = cxcall("auth", "logout", "-p", "prd", code=2).err
    assert "unknown profile `prd`" in err
    assert "hint: the most similar name is `prod`\n" in err
    assert "has no login" in cxcall("auth", "logout", "-p", "prod", code=0).out
    cxcall.file("home/.gc/config.toml", '[EU]\nenvironment = "mypurecloud.ie"\n')
    assert "has no login" in cxcall("auth", "logout", "-p", "gc:eu", code=0).out


def test_hint_of_a_failed_login_names_only_a_profile_that_exists(cxcall: Cxcall) -> None:
    url = ("--base-url", "https://api.example.invalid")
    missing = {"CXCALL_TOKEN_URL": "https://login.example.invalid/token"}
    words = ("auth", "login", "-p", "new", "--client-id", "x", *url)
    err = cxcall(*words, stdin="s", env=missing, code=6).err
    assert f"`cxcall config show {' '.join(url)}`" in err
