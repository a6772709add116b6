"""The working directory does not decide which ledger and which do-not-call list guard a call."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from helpers.cases import each_case
from helpers.command import CONTACT, CXCALL

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall

SEND = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
FOLDERS = ("CXCALL_STATE_DIR", "CXCALL_CONFIG_DIR")
RELATIVE = ("state", "./state", "../state", "$HOME/state", "${HOME}/state", "%USERPROFILE%/state")
READS = (("history", "list"), ("config", "path"), ("auth", "status"))
DRY_CALL = ("call", "--to", "+12025550123", "-n")


def test_file_in_place_of_a_folder_is_refused(live: Cxcall) -> None:
    for variable, words in ((FOLDERS[0], ("history", "list")), (FOLDERS[1], ("auth", "status"))):
        ran = live(*words, env={variable: __file__}, code=2)
        assert "is a file" in ran.err


@pytest.mark.slow
@pytest.mark.parametrize("variable", FOLDERS)
@each_case("path", RELATIVE, quick=2)
def test_relative_folder_of_the_ledger_is_refused(
    live: Cxcall, sandbox: Sandbox, variable: str, path: str
) -> None:
    for words in (SEND, READS[RELATIVE.index(path) % len(READS)]):
        ran = live(*words, "-o", "json", env={variable: path}, code=2)
        (found,) = ran.envelope["findings"]
        assert f"`{variable}` must be an absolute path; got `{path}`" in found["message"]
        assert found["where"] == variable
        instead = found["fix"].partition("=")[2].strip("`")
        assert os.path.isabs(os.path.expanduser(instead))  # noqa: PTH111, PTH117 - text of a message
    assert not sandbox.rings


@pytest.mark.slow
@pytest.mark.parametrize("variable", FOLDERS)
def test_folder_with_a_tilde_guards_from_each_working_directory(
    live: Cxcall, sandbox: Sandbox, variable: str
) -> None:
    home = live.folder / "home"
    home.mkdir(exist_ok=True)
    live.environment |= {"HOME": str(home), variable: "~/kept"}
    live(*SEND, code=0)
    live.folder = home
    live(*SEND, code=7)
    assert len(sandbox.rings) == 1
    assert (home / "kept").is_dir()


@pytest.mark.parametrize("variable", [*FOLDERS, "CXCALL_DO_NOT_CALL"])
def test_home_of_an_unknown_user_is_a_usage_error(live: Cxcall, variable: str) -> None:
    ran = live(*SEND, "-o", "json", env={variable: "~no-such-user/x"}, code=2)
    (found,) = ran.envelope["findings"]
    assert "the home folder of `~no-such-user` is unknown" in found["message"]
    assert found["where"] == variable


@pytest.mark.parametrize(
    "words",
    [
        (*DRY_CALL, "--do-not-call", "~no-such-user/x"),
        ("config", "set", "do_not_call", "~no-such-user/x"),
        ("config", "set", "contract", "~no-such-user/x"),
    ],
)
def test_option_with_the_home_of_an_unknown_user_is_a_usage_error(
    cxcall: Cxcall, words: tuple[str, ...]
) -> None:
    assert "the home folder of `~no-such-user` is unknown" in cxcall(*words, code=2).err


@pytest.mark.parametrize("path", ["cache", "~no-such-user/cache"])
def test_cache_folder_is_absolute(cxcall: Cxcall, path: str) -> None:
    document = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": {}}
    file = cxcall.file("own.json", document)
    ran = cxcall("operations", "--contract", file, env={"CXCALL_CACHE_DIR": path}, code=2)
    assert "CXCALL_CACHE_DIR" in ran.err


@pytest.mark.slow
def test_settings_that_may_not_be_looked_up_are_not_taken_as_missing(cxcall: Cxcall) -> None:
    # As in a folder that may not be searched, the state of the file is unknown: also for root.
    for place in (".env", "config/config.toml"):
        link = cxcall.folder / place
        link.parent.mkdir(exist_ok=True)
        link.symlink_to("x" * 256)
        for words in (DRY_CALL, ("history", "list")):
            if link.name == ".env" or words is DRY_CALL:
                assert f"`{link.name}` cannot be read: " in cxcall(*words, code=2).err
        link.unlink()


@pytest.mark.parametrize("source", ["environment", "profile"])
def test_do_not_call_list_is_the_same_in_each_working_directory(
    cxcall: Cxcall, source: str
) -> None:
    cxcall.file("dnc.txt", "+12025550123\n")
    path = cxcall.folder / cxcall.file(
        "config/config.toml",
        '[profiles.default]\ndo_not_call = "dnc.txt"\n' if source == "profile" else "",
    )
    path.chmod(0o600)
    if source == "environment":
        cxcall.environment["CXCALL_DO_NOT_CALL"] = "dnc.txt"
    for words in (DRY_CALL, (*DRY_CALL[:-1], "--sandbox"), (*DRY_CALL, "--do-not-call", "dnc.txt")):
        ran = cxcall(*words, code=2)
        assert "`do_not_call` must be an absolute path; got `dnc.txt`" in ran.err


def test_do_not_call_list_of_a_flag_or_of_dotenv_is_in_the_working_directory(
    cxcall: Cxcall,
) -> None:
    cxcall.file("dnc.txt", "+12025550123\n")
    cxcall(*DRY_CALL, "--do-not-call", "dnc.txt", code=7)
    cxcall.file(".env", "CXCALL_DO_NOT_CALL=dnc.txt\n")
    cxcall(*DRY_CALL, code=7)


OWN = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://dialer.example"}],
    "paths": {
        "/ring": {"post": {"operationId": "ring", "responses": {"200": {"description": ""}}}}
    },
}


@pytest.mark.slow
def test_own_document_in_the_home_folder_is_found_from_every_source(cxcall: Cxcall) -> None:
    home, path = cxcall.folder / "home", "~/own.json"
    for folder in (home, cxcall.folder / "config"):
        folder.mkdir(exist_ok=True)
    (home / "own.json").write_text(json.dumps(OWN), "utf-8")
    variable = {"CXCALL_CONTRACT": path}
    assert "ring" in cxcall("operations", "ring", env=variable, code=0).out
    assert "ring" in cxcall("operations", "ring", "--contract", path, code=0).out
    dotenv = cxcall.folder / ".env"
    dotenv.write_text(f"CXCALL_CONTRACT={path}\n", "utf-8")
    assert "ring" in cxcall("operations", "ring", code=0).out
    dotenv.unlink()
    cxcall.file("config/config.toml", f'[profiles.default]\ncontract = "{path}"\n')
    assert "ring" in cxcall("operations", "ring", code=0).out
    ran = cxcall("operations", env={"CXCALL_CONTRACT": "~no-such-user/own.json"}, code=2)
    assert "the home folder of `~no-such-user` is unknown" in ran.err


@pytest.mark.slow
def test_own_document_of_a_profile_is_the_same_file_from_each_folder(cxcall: Cxcall) -> None:
    """A variable names a file of the working directory, as `--contract` does."""
    (cxcall.folder / "config").mkdir(exist_ok=True)
    cxcall.file("config/own.json", OWN)
    other = cxcall.folder / "other"
    other.mkdir()
    cxcall.folder = other
    assert "does not exist" in cxcall("operations", env={"CXCALL_CONTRACT": "own.json"}, code=2).err
    cxcall.file("../config/config.toml", '[profiles.default]\ncontract = "own.json"\n')
    assert "ring" in cxcall("operations", "ring", code=0).out


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="Windows deletes no folder that a process is in")
@each_case(
    "words, code",
    [
        (("validate", "{0}/p.json"), 0),
        (("validate", "-"), 0),
        (("validate", "p.json"), 2),
        (("validate", "."), 2),
        ((*DRY_CALL, "--do-not-call", "{0}/d.txt"), 0),
        ((*DRY_CALL, "--do-not-call", "d.txt"), 2),
        (("call", "--to", "+12025550123", "--sandbox", "--log-file", "x.log"), 2),
        (("config", "set", "do_not_call", "d.txt"), 2),
    ],
)
def test_current_folder_that_was_deleted_matters_only_to_relative_paths(
    cxcall: Cxcall, words: tuple[str, ...], code: int
) -> None:
    payload = json.dumps({"contactId": CONTACT, "reasonCode": "x"})
    cxcall.file("p.json", payload)
    cxcall.file("d.txt", "+12025550199\n")
    arguments = [each.format(cxcall.folder) for each in words]
    ran = subprocess.run(
        [
            "sh",
            "-c",
            'mkdir gone && cd gone && rmdir ../gone && exec "$@"',
            "-",
            CXCALL,
            *arguments,
        ],
        cwd=cxcall.folder,
        env=cxcall.environment,
        input=payload,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == code, ran
    is_told = "the current folder was deleted" in ran.stdout + ran.stderr
    assert is_told == (code != 0 and words[-1] != ".")
