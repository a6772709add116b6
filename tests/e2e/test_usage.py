"""Words that are no command or flag: what is wrong, what was meant, exit 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from running import CONTACT

if TYPE_CHECKING:
    from running import Cxcall


@pytest.mark.parametrize(
    ("arguments", "message", "fix"),
    [
        (("exekute",), "No such command `exekute`", "did you mean `execute`? Or see `cxcall --help`"),
        (("auth",), "Missing command", "one of `login`, `status`, `token`, `logout`; see `cxcall auth --help`"),
        (("auth", "lgoin"), "No such command `lgoin`", "did you mean `login`? Or see `cxcall auth --help`"),
        (("execute",), "Missing argument `CAMPAIGN_ID`", "see `cxcall execute --help`"),
        (("execute", "a", "b"), "Got unexpected extra argument(s) (b)", "see `cxcall execute --help`"),
        (("validate", "--operaton", "x"), "No such option: --operaton", "did you mean `--operation`? Or see `cxcall validate --help`"),
        (("personal-connection", "--route", "x"), "Invalid value for `--route`: `x` is not one of `engagement`, `contact`", "see `cxcall personal-connection --help`"),
        (("--yes", "validate", "x"), "`--yes` does not apply to `validate`", "see `cxcall validate --help`"),
        (("--dry-run", "auth", "status"), "`--dry-run` does not apply to `status`", "see `cxcall auth status --help`"),
        (("operations", "exekute"), "no operation is called `exekute`", "did you mean `execute`?"),
        (("operations", "zzz"), "no operation is called `zzz`", "see `cxcall operations`"),
    ],
)  # fmt: skip
def test_usage(cxcall: Cxcall, arguments: tuple[str, ...], message: str, fix: str) -> None:
    (finding,) = cxcall("-o", "json", *arguments, code=2).envelope["findings"]
    assert (finding["message"], finding["fix"]) == (message, fix)
    lines = cxcall(*arguments, code=2).err.splitlines()
    assert lines[0] == f"error[usage]: {message}"
    assert lines[-2] == f"hint: {fix}"


def test_alone_it_shows_the_help(cxcall: Cxcall) -> None:
    ran = cxcall(code=0)
    assert ran.out == cxcall("--help", code=0).out
    commands = [
        line.split()[0]
        for line in ran.out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    ]
    assert commands[:4] == ["auth", "execute", "personal-connection", "validate"]


@pytest.mark.parametrize(
    "command",
    [
        "auth login",
        "auth status",
        "auth token",
        "auth logout",
        "execute",
        "personal-connection",
        "validate",
        "explain",
        "batch",
        "history prune",
        "operations",
        "history list",
        "history show",
        "history resolve",
        "history export",
        "sandbox",
        "config show",
        "config path",
    ],
)
def test_every_help_has_examples(cxcall: Cxcall, command: str) -> None:
    shown = (
        cxcall(*command.split(), "--help", code=0)
        .out.partition("Examples:\n")[2]
        .partition("\n\n")[0]
    )
    assert len(shown.splitlines()) in (2, 3)


def test_the_version(cxcall: Cxcall) -> None:
    assert cxcall("--version", code=0).out == cxcall("--version", "validate", code=0).out
    assert cxcall("--version").out.startswith("cxcall 0.")


def test_a_flag_after_the_command_wins(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": CONTACT, "reasonCode": "x"})
    assert cxcall("-o", "json", "validate", name, "-o", "text", code=0).out.startswith(
        "p.json: valid"
    )


@pytest.mark.parametrize(
    "line",
    [
        "-o json config path",
        "config -o json path",
        "config path -o json",
        "-o text config -o json path",
    ],
)
def test_a_common_flag_may_stand_anywhere(cxcall: Cxcall, line: str) -> None:
    assert cxcall(*line.split(), code=0).envelope["data"]["state"]


def test_a_fault_of_ours_says_so_without_a_value(cxcall: Cxcall) -> None:
    # A document whose parts have the wrong types passes for OpenAPI until it is used.
    contract = cxcall.file(
        "own.json",
        {"openapi": "3.1.0", "paths": {"/x": {"get": {"operationId": 7, "parameters": "secret"}}}},
    )
    ran = cxcall("operations", "7", "--contract", contract, "-o", "json")
    assert ran.code in (1, 2)
    assert "secret" not in ran.out + ran.err
    assert ran.envelope["findings"][0]["fix"]
