"""Environment variables that resemble a setting; those that resemble a guard stop a send."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall, Stranger

CALL = ("call", "--platform", "genesys-cloud", "--to", "+12025550123")
GUARDS = {
    "CXCALL_DO_NOT_CAL": "CXCALL_DO_NOT_CALL",
    "CXCALL_DO_NOTCALL": "CXCALL_DO_NOT_CALL",
    "CXCALL_DNC": "CXCALL_DO_NOT_CALL",
    "CXCALL_DNC_LIST": "CXCALL_DO_NOT_CALL",
    "CXCALL_HOUR": "CXCALL_HOURS",
    "CXCALL_CALLING_HOURS": "CXCALL_HOURS",
    "CXCALL_MAX_ATTEMPT": "CXCALL_MAX_ATTEMPTS",
    "CXCALL_DUPLICATE_WINDW": "CXCALL_DUPLICATE_WINDOW",
    "CXCALL_ONLY_SANDBX": "CXCALL_ONLY_SANDBOX",
}


@each_case("name, meant", GUARDS.items(), quick=3)
def test_variable_like_a_guard_is_refused(cxcall: Cxcall, name: str, meant: str) -> None:
    ran = cxcall(*CALL, "-n", "-o", "json", env={name: "x"}, code=2)
    [found] = ran.envelope["findings"]
    assert (found["code"], found["where"]) == ("usage", name)
    assert f"`{meant}`" in found["fix"]


def test_nothing_is_sent_with_a_misspelled_guard(cxcall: Cxcall, stranger: Stranger) -> None:
    at = {"CXCALL_BASE_URL": stranger.base_url, "CXCALL_ACCESS_TOKEN": "t"}
    rows = cxcall.file("rows.csv", "to\n+12025550123\n")
    batch = ("batch", rows, "--operation", "place-call", "--confirm", "1")
    cxcall(*CALL, "--yes", env={**at, "CXCALL_DNC": "list.txt"}, code=2)
    cxcall(*batch, env={**at, "CXCALL_DNC": "list.txt"}, code=2)
    cxcall("send", "get-conversation", "--help", env={"CXCALL_DNC": "list.txt"}, code=0)
    assert stranger.taken == []


def test_rehearsal_in_the_sandbox_stops_as_the_real_run_would(cxcall: Cxcall) -> None:
    rows = cxcall.file("rows.csv", "to\n+12025550123\n")
    for env in ({"CXCALL_DNC": "list.txt"}, {"CXCALL_HOURS": ""}):
        cxcall(*CALL, "--sandbox", env=env, code=2)
        cxcall("batch", rows, "--operation", "place-call", "--sandbox", env=env, code=2)


@pytest.mark.slow
def test_variable_like_another_setting_is_a_warning_of_a_send(cxcall: Cxcall) -> None:
    for target in ((), ("--sandbox",)):
        ran = cxcall(*CALL, *target, "-n", "-o", "json", env={"CXCALL_BASEURL": "x"}, code=0)
        [found] = ran.envelope["findings"]
        assert found["severity"] == "warning"
        assert found["message"] == "unknown setting `CXCALL_BASEURL`, which is ignored"


def test_variable_like_no_setting_is_ignored(cxcall: Cxcall) -> None:
    ran = cxcall(*CALL, "-n", "-o", "json", env={"CXCALL_E2E_RUN": "1"}, code=0)
    assert ran.codes == []


@pytest.mark.slow
@each_case(
    "words", [("history", "list"), ("history", "export"), ("config", "path"), ("batch", "list")]
)
def test_state_folder_in_dotenv_is_refused_by_every_command(
    cxcall: Cxcall, words: tuple[str, ...]
) -> None:
    cxcall.file(".env", "# a comment\nCXCALL_STATE_DIR=/elsewhere\n")
    ran = cxcall(*words, "-o", "json", code=2)
    [found] = ran.envelope["findings"]
    assert found["where"] == ".env:2"
    assert "only the environment" in found["why"]


def test_other_lines_of_dotenv_do_not_stop_the_history(cxcall: Cxcall) -> None:
    cxcall.file(".env", "# CXCALL_STATE_DIR is set in the environment\nCXCALL_NONE=1\n")
    cxcall("history", "list", code=0)
