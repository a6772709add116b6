"""Invalid commands and flags: the error, the suggestion, and exit code 2."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

NO_SECRET = "no option or argument takes a secret: pipe it into stdin of `cxcall auth login`; "


ERRORS = [
    (("exekute",), "unknown command `exekute`", "the most similar command is `execute`; see `cxcall --help`"),
    (("auth",), "missing argument `COMMAND`", "use one of `login`, `status`, `token`, `logout`, `switch`; see `cxcall auth --help`"),
    (("status",), "unknown command `status`", "write `cxcall auth status`, `cxcall batch status`, or `cxcall campaign status`; see `cxcall --help`"),
    (("auth", "lgoin"), "unknown command `lgoin`", "the most similar command is `auth login`; see `cxcall auth --help`"),
    (("execute",), "missing argument `CAMPAIGN_ID`", "see `cxcall execute --help`"),
    (("execute", "a", "b"), "unexpected argument `b`", "see `cxcall execute --help`"),
    (("auth", "login", "--with-token", "h7Kq29sLm"), "unexpected argument", f"{NO_SECRET}see `cxcall auth login --help`"),
    (("auth", "refresh"), "unknown command `refresh`", "see `cxcall auth --help`"),
    (("history", "list", "--idempotency-key", "x"), "unknown option `--idempotency-key`", "see `cxcall history list --help`"),
    (("auth", "h7Kq29sLm"), "unknown command", f"{NO_SECRET}see `cxcall auth --help`"),
    (("auth", "token", "--client-secret", "x"), "unknown option `--client-secret`", f"{NO_SECRET}see `cxcall auth token --help`"),
    (("config", "set", "api_key", "x"), "`api_key` is a secret, and a command line is kept in the shell's history", "`cxcall auth login --api-key` asks for the secret and stores it"),
    (("validate", "--operaton", "x"), "unknown option `--operaton`", "the most similar option is `--operation`; see `cxcall validate --help`"),
    (("personal-connection", "--route", "x"), "invalid value for `--route`: `x` is not one of `engagement`, `contact`", "see `cxcall personal-connection --help`"),
    (("--yes", "validate", "x"), "unknown option `--yes`", "see `cxcall validate --help`"),
    (("operations", "exekute"), "unknown operation `exekute`", "the most similar name is `execute`"),
    (("execute", "1", "--phone", "x"), "unknown option `--phone`", "the most similar option is `--phone-number`; see `cxcall execute --help`"),
    (("call", "--mobile", "x"), "unknown option `--mobile`", "the most similar option is `--to`; see `cxcall call --help`"),
    (("call", "--mobil-id", "x"), "unknown option `--mobil-id`", "see `cxcall call --help`"),
    (("help", "exit-code"), "unknown topic or command `exit-code`", "the most similar name is `exit-codes`; commands: `cxcall --help`"),
    (("completion", "basch"), "invalid value for `SHELL`: `basch` is not one of `bash`, `zsh`, `fish`, `powershell`", "see `cxcall completion --help`"),
    (("completion",), "missing argument `SHELL`: one of `bash`, `zsh`, `fish`, `powershell`", "see `cxcall completion --help`"),
    (("help", "nope"), "unknown topic or command `nope`", "use one of: exit-codes, environment, output, files; commands: `cxcall --help`"),
    (("sandbox", "--port", "99999"), "invalid value for `--port`: `99999` is not a whole number from 0 to 65535", "see `cxcall sandbox --help`"),
    (("history", "list", "--limit", "0"), "invalid value for `--limit`: `0` is not a whole number from 1 up", "see `cxcall history list --help`"),
    (("track", "x", "--at-most", "y"), "invalid value for `--at-most`: `y` is not a number from 0 up", "see `cxcall track --help`"),
    (("validate", "--operation"), "option `--operation` requires a value", "see `cxcall validate --help`"),
    (("validate", "--strict=no"), "option `--strict` does not take a value", "see `cxcall validate --help`"),
    (("sandbox", "--port=it's"), "invalid value for `--port`: `it's` is not a whole number from 0 to 65535", "see `cxcall sandbox --help`"),
    (("operations", "pKvURIxJVi2CgRXROh_M6pJ_UrTVRZKX-LQ-QtqJI4vB"), "unknown operation `****`", "see `cxcall operations`"),
    (("operations", f"Bearer {'ab12cd34ef' * 4}"), "unknown operation `Bearer ****`", "see `cxcall operations`"),
    (("operations", "zzz"), "unknown operation `zzz`", "see `cxcall operations`"),
    (("doctor", "-f", "x"), "`--file` requires `--for`", "add `--for`, or leave out `--file`"),
    (("config", "show", "-o=json"), "invalid value for `--output`: `=json` is not one of `text`, `json`, `jsonl`", "write `--output json`; see `cxcall config show --help`"),
    (("config", "set", "region=eu-west-1"), "missing argument `VALUE`", "write a space in place of `=`; see `cxcall config set --help`"),
    (("auth", "status", "--show-token"), "unknown option `--show-token`", "`cxcall auth token` prints it; see `cxcall auth status --help`"),
    (("explain", "curl", "-X", "POST", "https://h/x"), "unknown option `-X`", "run `cxcall explain`, paste the text, and press Ctrl-D; see `cxcall explain --help`"),
    (("explain", "https://h/x"), "a URL shows no request and no response", "run `cxcall explain`, paste the text, and press Ctrl-D"),
    (("explain", "missing.permission"), "no such file or code: `missing.permission`", "the most similar code is `missing.permissions`"),
    (("call", "--to", "+12025550100", "--platform", "nice-cxone"), "`call` on `nice-cxone` also needs `--session` and `--skill`", "`--to NUMBER --session ID --skill ID`"),
    (("batch", "report", "--sheet", "x"), "`--sheet` requires one of `--join`, `--input`, `--rejects`", "add `--join`, or leave out `--sheet`"),
]  # fmt: skip
"""The words of a command line that cannot be used, the message, and the hint."""


@each_case("arguments, message, fix", ERRORS, quick=2)
def test_usage(cxcall: Cxcall, arguments: tuple[str, ...], message: str, fix: str) -> None:
    (finding,) = cxcall("-o", "json", *arguments, code=2).envelope["findings"]
    assert (finding["message"], finding["fix"]) == (message, fix)


OPTIONS_BEFORE_COMMANDS = [
    ("--data x=1 execute X", "execute"),
    ("--dry-run --data=x=1 execute X", "execute"),
    ("--limit 3 history list", "history list"),
    ("history --limit 3 list", "history list"),
    ("--rejects r.csv batch report", "batch report"),
    ("--operation send batch rows.csv", "batch"),
    ("--user-id 1 send place-call-for-user", "send place-call-for-user"),
]
"""Command lines, and the command that has their misplaced option."""


@each_case("line, command", OPTIONS_BEFORE_COMMANDS, quick=2)
def test_option_before_the_command_that_has_it_names_the_command(
    cxcall: Cxcall, line: str, command: str
) -> None:
    (finding,) = cxcall(*line.split(), "-o", "json", code=2).envelope["findings"]
    assert (
        finding["message"] == f"`{finding['where']}` is an option of `{command}` and must follow it"
    )
    assert f"after `{command}`; see `cxcall {command} --help`" in finding["fix"]


@pytest.mark.slow
def test_option_that_the_command_does_not_have_is_unknown_before_it(cxcall: Cxcall) -> None:
    for line in ("--limit 3 execute X", "--until x history lis", "--bogus execute", "--data"):
        assert f"unknown option `{line.split()[0]}`" in cxcall(*line.split(), code=2).err, line


@each_case("arguments, message, fix", ERRORS[::10], quick=1)
def test_usage_error_in_text(
    cxcall: Cxcall, arguments: tuple[str, ...], message: str, fix: str
) -> None:
    lines = cxcall(*arguments, code=2).err.splitlines()
    assert lines[0] == f"error[usage]: {message}"
    assert lines[-2] == f"hint: {fix}"


def test_validate_does_not_repeat_a_token_that_is_no_file(cxcall: Cxcall) -> None:
    shown = cxcall("validate", "pKvURIxJVi2CgRXROh_M6pJ_UrTVRZKX-LQ-QtqJI4vB", code=2).out
    assert shown.startswith("****: not read\n")
    assert "`****` does not exist" in shown
    assert "pKvURIx" not in shown


CONTRADICTIONS = [
    ("history", "resolve", "01ABC", "--placed", "--not-placed"),
    ("auth", "login", "--with-token", "--web"),
    ("explain", "body.json", "--last"),
    ("explain", "--last", "--codes"),
    ("explain", "--last", "--fix"),
    ("batch", "report", "--format", "html"),
]


@pytest.mark.slow
def test_contradicting_options_are_refused_in_any_order(cxcall: Cxcall) -> None:
    for words in CONTRADICTIONS:
        ran = cxcall(*words, "-o", "json", code=2)
        assert "cannot be combined with" in ran.envelope["findings"][0]["message"], words
    cxcall.file("body.json", {})
    resolve = ("history", "resolve", "01ABC")
    assert "cannot be combined" in cxcall(*resolve, "--not-placed", "--placed", code=2).err
    assert "cannot be combined" not in cxcall(*resolve, "--not-placed", code=2).err


@pytest.mark.slow
def test_place_is_the_option_or_argument_of_the_usage_line(cxcall: Cxcall) -> None:
    for words, place in (
        (("history", "list", "--limit", "0"), "--limit"),
        (("history", "list", "--limt", "3"), "--limt"),
        (("validate", "--operation"), "--operation"),
        (("execute",), "CAMPAIGN_ID"),
        (("exekute",), "COMMAND"),
        (("history",), "COMMAND"),
        (("send", "--dry-run"), "OPERATION"),
        (("send", "plce-call"), "OPERATION"),
        (("operations", "zzz"), "NAME"),
        (("batch", "rows.csv", "--operation", "zzz"), "--operation"),
        (("help", "nope"), "TOPIC|COMMAND"),
        (("explain", "999x"), "FILE|CODE"),
        (("history", "show", "01X"), "ID"),
        (("history", "resolve", "01X"), "ID"),
    ):
        (found,) = cxcall("-o", "json", *words, code=2).envelope["findings"]
        assert found["where"] == place, words
        assert found["message"][0] in "`abcdefghijklmnopqrstuvwxyz", words
    assert "Usage: cxcall execute [OPTIONS] CAMPAIGN_ID\n" in cxcall("execute", "--help").out


@pytest.mark.slow
def test_login_without_a_terminal_says_what_is_missing(cxcall: Cxcall) -> None:
    missing = cxcall("auth", "login", code=4).err
    assert missing.startswith("error[credential]: `--client-id` is required without a terminal\n")
    for words in (("--client-id", "x"), ("--with-token",), ("--api-key",)):
        assert "is required on stdin" in cxcall("auth", "login", *words, code=4).err, words


@pytest.mark.slow
def test_hint_names_flags_where_the_body_comes_from_flags(cxcall: Cxcall) -> None:
    for words, code, message in (
        (("callback", "--to", "+12025550100", "-n"), 3, "hint: add `--queue ID`\n"),
        (
            ("personal-connection", "--contact-id", CONTACT, "-n"),
            3,
            "hint: add `--reason-code TEXT`\n",
        ),
        (("send", "create-callback", "--set", "/scriptId=1", "-n"), 3, "add `--queue ID`"),
        (
            ("call", "--platform", "nice-cxone", "--to", "1"),
            2,
            "`--to NUMBER --session ID --skill ID`",
        ),
    ):
        ran = cxcall(*words, code=code)
        assert message in ran.err, words
        assert "-->" in ran.err
        assert "--> \n" not in ran.err
    both = cxcall(
        "execute", CAMPAIGN, "--contact-id", "abc", "--phone-number", "+12025550100", "-n"
    )
    assert both.err.count("must be a UUID") == 1  # the flag sets two places


def test_hint_of_a_deletion_is_safe_to_paste(cxcall: Cxcall) -> None:
    hint = cxcall("history", "prune", "--older-than", "5", code=2).err.partition("hint: ")[2]
    assert "`--older-than 90d`" in hint
    assert not any(char.isdigit() for char in hint.replace("90d", ""))


@pytest.mark.slow
def test_hint_does_not_propose_to_lower_a_guard(cxcall: Cxcall) -> None:
    for word in ("--agian", "--aagin", "--frce", "--forse", "--yess", "--no-inptu", "--again-"):
        ran = cxcall("execute", "1", word, code=2)
        assert ran.err.splitlines()[-2] == "hint: see `cxcall execute --help`", word
    for word in ("--confrim", "--show-number", "--skip-invalids"):
        assert "most similar" not in cxcall("batch", "rows.csv", word, code=2).err, word


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
    # A document whose parts have the wrong types is accepted as OpenAPI until it is used.
    contract = cxcall.file(
        "own.json",
        {"openapi": "3.1.0", "paths": {"/x": {"get": {"operationId": 7, "parameters": "secret"}}}},
    )
    ran = cxcall("operations", "7", "--contract", contract, "-o", "json")
    assert ran.code in (1, 2)
    assert "secret" not in ran.out + ran.err
    assert ran.envelope["findings"][0]["fix"]
