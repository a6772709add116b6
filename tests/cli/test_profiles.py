"""Profiles that commands write: `auth login` and `switch`, `config get`, `set`, `unset`, `profiles`."""

from __future__ import annotations

import json
import os
import stat
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.settings.config_file import ConfigFile
from cxcall.settings.profile_changes import new_profile
from cxcall.settings.sources import Setting
from helpers.command import CAMPAIGN, CONTACT, screen, terminal

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

EXECUTE = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550100")


def content(cxcall: Cxcall) -> dict[str, Any]:
    """Return the content of config.toml; empty if there is none."""
    path = cxcall.folder / "config" / "config.toml"
    return tomllib.loads(path.read_text("utf-8")) if path.exists() else {}


def log_in(cxcall: Cxcall, sandbox: Sandbox, *flags: str, code: int = 0, secret: str = "") -> Any:
    url = ("--base-url", sandbox.base_url, "--client-id", sandbox.client_id)
    return cxcall(
        "auth", "login", *url, *flags, stdin=f"{secret or sandbox.client_secret}\n", code=code
    )


@pytest.mark.slow
def test_login_status_and_dry_run_name_the_same_host(cxcall: Cxcall, sandbox: Sandbox) -> None:
    log_in(cxcall, sandbox)
    assert sandbox.base_url in cxcall("auth", "status", code=0).out
    assert cxcall(*EXECUTE, "--dry-run", code=0).out.startswith(f"POST {sandbox.base_url}/")
    assert cxcall("call", "--to", "+12025550100", "-n", code=0).out.startswith(
        f"POST {sandbox.base_url}/"
    )
    assert content(cxcall) == {
        "profiles": {"default": {"base_url": sandbox.base_url, "client_id": sandbox.client_id}}
    }
    file = cxcall.folder / "config" / "config.toml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert sandbox.client_secret not in file.read_text("utf-8")


@pytest.mark.slow
def test_first_profile_becomes_the_default(cxcall: Cxcall, sandbox: Sandbox) -> None:
    log_in(cxcall, sandbox, "-p", "first")
    log_in(cxcall, sandbox, "-p", "second")
    assert content(cxcall)["default_profile"] == "first"
    listed = cxcall("config", "profiles", "-o", "json", code=0).envelope["data"]
    assert [(name, entry["isDefault"]) for name, entry in listed.items()] == [
        ("first", True),
        ("second", False),
    ]
    assert listed["second"]["loggedInTo"] == [sandbox.base_url]
    cxcall("auth", "switch", "second", code=0)
    assert "second\tdefault_profile" in cxcall("auth", "status", code=0).out
    assert "unknown profile `third`" in cxcall("auth", "switch", "third", code=2).err
    err = cxcall("config", "get", "region", "-p", "gc:x", code=2).err
    assert "hint: `cxcall config show --profile gc:x`" in err


@pytest.mark.slow
def test_refused_login_leaves_no_profile(cxcall: Cxcall, sandbox: Sandbox) -> None:
    log_in(cxcall, sandbox, "-p", "new", code=4, secret="wrong")
    assert content(cxcall) == {}
    log_in(cxcall, sandbox, "-p", "kept")
    before = content(cxcall)
    log_in(cxcall, sandbox, "-p", "new", code=4, secret="wrong")
    assert content(cxcall) == before


def test_profile_is_created_only_at_the_end_of_a_login(tmp_path: Path) -> None:
    """A process that is killed leaves none."""
    path, new = tmp_path / "config.toml", Setting("new", "--profile")
    with new_profile(path, new):
        assert ConfigFile.read(path).profile_settings(new) == {}
        assert not path.exists()
    assert [*ConfigFile.read(path).profiles] == ["new"]


def test_dotenv_file_creates_no_profile(cxcall: Cxcall, sandbox: Sandbox) -> None:
    cxcall.file(".env", "CXCALL_PROFILE=planted\n")
    assert "unknown profile `planted`" in log_in(cxcall, sandbox, code=2).err
    assert content(cxcall) == {}


def test_environment_is_not_kept_in_the_profile(live: Cxcall, sandbox: Sandbox) -> None:
    live("auth", "login", stdin=f"{sandbox.client_secret}\n", code=0)
    assert content(live) == {}


@pytest.mark.slow
def test_login_on_a_terminal_asks_for_what_is_missing(cxcall: Cxcall, sandbox: Sandbox) -> None:
    with terminal(cxcall, "auth", "login", "-p", "cx") as child:
        for prompt, answer in (
            ("Platform", "nice-cxone"),
            ("Area", sandbox.base_url),
            ("Access key ID", sandbox.client_id),
            ("Access key secret", sandbox.client_secret),
        ):
            child.expect(prompt)
            child.sendline(answer)
        assert "logged in to" in screen(child)
    assert content(cxcall)["profiles"]["cx"] == {
        "platform": "nice-cxone",
        "base_url": sandbox.base_url,
        "access_key_id": sandbox.client_id,
    }
    cxcall("callback", "--to", "2025550100", "--skill", "4711", "--yes", code=0)
    assert len(sandbox.rings) == 1


@pytest.mark.slow
def test_invalid_answer_ends_the_login(cxcall: Cxcall) -> None:
    for prompts, shown in (
        ((("Platform", "nicecxone"),), "`nice-cxone`"),
        ((("Platform", "nice-cxone"), ("Area", "x/y")), "not a valid area"),
        (
            (("Platform", "genesys-cloud"), ("Region", "eu-central")),
            "the most similar names are `eu-central-1`, `eu-central-2`",
        ),
        ((("Platform", ""), ("Region", ""), ("Client ID", "")), "the client ID is empty"),
        ((("Platform", ""), ("Region", ""), ("Client ID", "a:b")), "contains a `:`"),
    ):
        with terminal(cxcall, "auth", "login") as child:
            for prompt, answer in prompts:
                child.expect(prompt)
                child.sendline(answer)
            text = screen(child)
            assert shown in text
            assert "secret" not in text
    assert not (cxcall.folder / "config" / "config.toml").exists()


@pytest.mark.slow
def test_set_get_and_unset_keep_comments(cxcall: Cxcall) -> None:
    text = '# mine\n[profiles.eu]\nregion = "eu-west-1" # Dublin\nhours = "08:00-20:00"\n'
    path = cxcall.folder / "config" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")
    cxcall("config", "set", "timeout", "5", "-p", "eu", code=0)
    assert path.read_text("utf-8") == f"{text}timeout = 5\n"
    assert cxcall("config", "get", "timeout", "-p", "eu", code=0).out == "5\n"
    cxcall("config", "unset", "timeout", "-p", "eu", code=0)
    assert path.read_text("utf-8") == text
    assert "does not set `timeout`" in cxcall("config", "get", "timeout", "-p", "eu", code=2).err


@pytest.mark.slow
def test_new_region_replaces_the_url_of_a_profile(cxcall: Cxcall) -> None:
    cxcall("config", "set", "base_url", "http://127.0.0.1:9/", code=0)
    assert content(cxcall)["profiles"]["default"] == {"base_url": "http://127.0.0.1:9"}
    cxcall("config", "set", "region", "eu-west-1", code=0)
    assert content(cxcall)["profiles"]["default"] == {"region": "eu-west-1"}
    assert "api.mypurecloud.ie" in cxcall("config", "show", code=0).out


def test_paths_become_absolute(cxcall: Cxcall) -> None:
    cxcall("config", "set", "do_not_call", "list.txt", code=0)
    assert cxcall("config", "get", "do_not_call", code=0).out.strip() == str(
        cxcall.folder.resolve() / "list.txt"
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("client_secret", "x"), "is a secret"),
        (("regoin", "x"), "`region`"),
        (
            ("region", "na1"),
            "hint: set `platform` to `nice-cxone`, and use its operations: `cxcall operations --p",
        ),
        (("region", "eu west"), "neither a known region"),
        (("base_url", "http://api.mypurecloud.com"), "would send requests unencrypted"),
        (("hours", "8-20"), "hours"),
        (("timeout", "soon"), "seconds"),
        (("platform", "nicecxone"), "`nice-cxone`"),
        (("default_profile", "eu"), "auth switch"),
        (("region", "eu-west-1", "-p", "gc:DEFAULT"), "only reads"),
    ],
)
def test_invalid_setting_is_not_written(
    cxcall: Cxcall, arguments: tuple[str, ...], message: str
) -> None:
    assert message in cxcall("config", "set", *arguments, code=2).err
    assert content(cxcall) == {}


@pytest.mark.slow
def test_region_flag_replaces_the_url_of_the_profile(cxcall: Cxcall) -> None:
    cxcall("config", "set", "base_url", "http://127.0.0.1:9", code=0)
    out = cxcall(*EXECUTE, "--region", "eu-west-1", "--dry-run", code=0).out
    assert out.startswith("POST https://api.mypurecloud.ie/")
    out = cxcall(
        "send",
        "get-conversation",
        "--conversation-id",
        CONTACT,
        "--region",
        "eu-west-1",
        "-n",
        code=0,
    ).out
    assert out.startswith("GET https://api.mypurecloud.ie/")


@pytest.mark.slow
@pytest.mark.parametrize("command", ["call", "callback"])
def test_examples_of_the_help_run_on_each_platform(cxcall: Cxcall, command: str) -> None:
    lines = cxcall(command, "--help", code=0, env={"COLUMNS": "200"}).out.splitlines()
    examples = [line.split() for line in lines if line.rstrip().endswith("--sandbox")]
    assert len(examples) == 2
    for platform in ("genesys-cloud", "nice-cxone"):
        cxcall.environment["CXCALL_PLATFORM"] = platform
        for words in examples:
            cxcall(*words[1:], code=0)


@pytest.mark.slow
def test_columns_of_the_profile_apply_where_a_file_has_them(
    cxcall: Cxcall, sandbox: Sandbox
) -> None:
    cxcall.at(sandbox).file(
        "config/config.toml",
        '[profiles.default.columns]\ncontact-id = "Customer ID"\nreason-code = "Why"\n',
    )
    cxcall.file("crm.csv", f"Customer ID,Reason\n{CONTACT},x\n")
    batch = ("batch", "crm.csv", "--operation", "personal-connection", "--confirm", "1")
    cxcall(*batch, "--map", "reason-code=Reason", code=0)
    (sent,) = sandbox.rings
    assert json.loads(sent.body) == {"contactId": CONTACT, "reasonCode": "x"}
    assert "no column" not in cxcall(*batch, code=2).err  # `Why` is in another file
    cxcall.file("config/config.toml", "[profiles.default]\ncolumns = 3\n")
    assert "`columns` must be a table" in cxcall(*batch, code=2).err


@pytest.mark.slow
def test_processes_that_write_at_once_lose_nothing(cxcall: Cxcall) -> None:
    names = [f"p{number}" for number in range(8)]
    with ThreadPoolExecutor(len(names)) as pool:
        list(
            pool.map(
                lambda name: cxcall("config", "set", "timeout", "5", "-p", name, code=0), names
            )
        )
    assert content(cxcall)["profiles"] == {name: {"timeout": 5} for name in names}


@pytest.mark.slow
def test_folder_does_not_decide_which_profile_is_changed(cxcall: Cxcall) -> None:
    cxcall("config", "set", "hours_policy", "enforce", "-p", "prod", code=0)
    before = content(cxcall)
    cxcall.file(".env", "CXCALL_PROFILE=prod\n")
    for command in (
        ("config", "set", "base_url", "http://127.0.0.1:9"),
        ("config", "unset", "hours_policy"),
        ("auth", "logout"),
    ):
        ran = cxcall(*command, code=2)
        assert "`.env` selects the profile `prod`" in ran.err
        assert "--profile prod" in ran.err
    assert content(cxcall) == before
    cxcall("config", "unset", "hours_policy", "-p", "prod", code=0)


@pytest.mark.slow
def test_empty_name_or_one_of_several_lines_changes_no_profile(cxcall: Cxcall) -> None:
    cxcall("config", "set", "timeout", "22", code=0)
    before = content(cxcall)
    for name in ("", " ", "a\nb", "a\tb", "\x1b[1m"):
        for words in (("config", "set", "timeout", "5"), ("config", "unset", "timeout")):
            if name.strip() and "unset" in words:
                continue  # an unknown profile
            (finding,) = cxcall(*words, "-p", name, "-o", "json", code=2).envelope["findings"]
            assert finding["where"] == "--profile", (name, words)
        assert cxcall("auth", "switch", name, code=2).out == ""
    assert cxcall("auth", "logout", "-p", "", code=2).out == ""
    login = ("auth", "login", "--client-id", "c", "--base-url", "http://127.0.0.1:9")
    assert "is empty" in cxcall(*login, "-p", "", stdin="secret-of-a-client\n", code=2).err
    assert content(cxcall) == before


@pytest.mark.slow
def test_only_a_regular_file_that_its_owner_may_write_is_replaced(cxcall: Cxcall) -> None:
    path = cxcall.folder / "config" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    pipe = cxcall.folder / "pipe"
    os.mkfifo(pipe)
    for target, fix in (
        (pipe, "regular file"),
        (cxcall.folder / "none" / "config.toml", "remove the link"),
    ):
        path.symlink_to(target)
        assert fix in cxcall("config", "set", "timeout", "5", code=2).err
        path.unlink()
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert not (cxcall.folder / "none").exists()
    path.write_text("[profiles.default]\ntimeout = 7\n", "utf-8")
    path.chmod(0o400)
    ran = cxcall("config", "set", "timeout", "5", code=2)
    assert "it is read-only" in ran.err
    assert "make it writable" in ran.err
    path.chmod(0o600)
    link, real = path, cxcall.folder / "real.toml"
    path.rename(real)
    link.symlink_to(real)
    cxcall("config", "set", "timeout", "5", code=0)
    assert link.is_symlink()
    assert "timeout = 5" in real.read_text("utf-8")


def test_value_with_a_line_break_is_refused_and_never_printed_as_a_line(cxcall: Cxcall) -> None:
    value = "a\nbase_url\thttps://other.example.com"
    ran = cxcall("config", "set", "client_id", value, code=2)
    assert "`client_id` has a control character: `a\\nbase_url" in ran.err
    path = cxcall.folder / "config" / "config.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"[profiles.default]\nclient_id = {json.dumps(value)}\n", "utf-8")
    lines = cxcall("config", "show", code=0).out.splitlines()
    assert [line for line in lines if line.startswith("client_id\ta\\nbase_url\\thttps://")]
    assert not [line for line in lines if line.startswith("base_url\thttps://other")]


def test_list_of_profiles_names_the_default_platform_or_that_there_are_none(
    cxcall: Cxcall,
) -> None:
    ran = cxcall("config", "profiles", code=0)
    assert (ran.out, ran.err) == ("", "no profiles: `cxcall auth login` creates one\n")
    cxcall.file("config/config.toml", "[profiles.eu]\nregion = 'eu-west-1'\n")
    shown = cxcall("config", "profiles", code=0).out
    assert "eu\t\tgenesys-cloud (default)\teu-west-1" in shown
