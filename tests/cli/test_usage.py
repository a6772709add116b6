"""Invalid commands and flags: the error, the suggestion, and exit code 2."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from cxcall.cli import help_topics
from cxcall.findings.exit_codes import ExitCode
from cxcall.output.output_options import CI_FORMATS, FORMATS
from cxcall.settings import sources
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall


@pytest.mark.parametrize(
    ("arguments", "message", "fix"),
    [
        (("exekute",), "unknown command `exekute`", "the most similar command is `execute`; see `cxcall --help`"),
        (("auth",), "missing argument `COMMAND`", "use one of `login`, `status`, `token`, `logout`, `switch`; see `cxcall auth --help`"),
        (("login",), "unknown command `login`", "the most similar command is `auth login`; see `cxcall --help`"),
        (("auth", "lgoin"), "unknown command `lgoin`", "the most similar command is `login`; see `cxcall auth --help`"),
        (("execute",), "missing argument `CAMPAIGN_ID`", "see `cxcall execute --help`"),
        (("execute", "a", "b"), "unexpected argument `b`", "see `cxcall execute --help`"),
        (("validate", "--operaton", "x"), "unknown option `--operaton`", "the most similar option is `--operation`; see `cxcall validate --help`"),
        (("personal-connection", "--route", "x"), "invalid value for `--route`: `x` is not one of `engagement`, `contact`", "see `cxcall personal-connection --help`"),
        (("--yes", "validate", "x"), "`--yes` does not apply to `validate`", "see `cxcall validate --help`"),
        (("--dry-run", "auth", "status"), "`--dry-run` does not apply to `auth status`", "see `cxcall auth status --help`"),
        (("operations", "exekute"), "unknown operation `exekute`", "the most similar name is `execute`"),
        (("history", "lst"), "unknown command `lst`", "the most similar command is `list`; see `cxcall history --help`"),
        (("history", "list", "--limt", "3"), "unknown option `--limt`", "the most similar option is `--limit`; see `cxcall history list --help`"),
        (("execute", "1", "--regoin", "x"), "unknown option `--regoin`", "the most similar option is `--region`; see `cxcall execute --help`"),
        (("execute", "1", "--phone", "x"), "unknown option `--phone`", "the most similar option is `--phone-number`; see `cxcall execute --help`"),
        (("send", "plce-call"), "unknown operation `plce-call`", "the most similar name is `place-call`"),
        (("help", "exit-code"), "unknown topic or command `exit-code`", "the most similar name is `exit-codes`; commands: `cxcall --help`"),
        (("completion", "basch"), "invalid value for `SHELL`: `basch` is not one of `bash`, `zsh`, `fish`, `powershell`", "see `cxcall completion --help`"),
        (("completion",), "missing argument `SHELL`: one of `bash`, `zsh`, `fish`, `powershell`", "see `cxcall completion --help`"),
        (("help", "nope"), "unknown topic or command `nope`", "use one of: exit-codes, environment, output, files; commands: `cxcall --help`"),
        (("sandbox", "--port", "x"), "invalid value for `--port`: `x` is not a whole number from 0 to 65535", "see `cxcall sandbox --help`"),
        (("sandbox", "--port", "99999"), "invalid value for `--port`: `99999` is not a whole number from 0 to 65535", "see `cxcall sandbox --help`"),
        (("history", "list", "--limit", "0"), "invalid value for `--limit`: `0` is not a whole number from 1 up", "see `cxcall history list --help`"),
        (("track", "x", "--at-most", "y"), "invalid value for `--at-most`: `y` is not a number", "see `cxcall track --help`"),
        (("validate", "--operation"), "option `--operation` requires a value", "see `cxcall validate --help`"),
        (("validate", "--strict=no"), "option `--strict` does not take a value", "see `cxcall validate --help`"),
        (("sandbox", "--port=it's"), "invalid value for `--port`: `it's` is not a whole number from 0 to 65535", "see `cxcall sandbox --help`"),
        (("operations", "zzz"), "unknown operation `zzz`", "see `cxcall operations`"),
        (("doctor", "-f", "x"), "`--file` requires `--for`", "add `--for`, or leave out `--file`"),
        (("explain", "x", "--as", "curl"), "`--as` requires `--fix`", "add `--fix`, or leave out `--as`"),
        (("batch", "report", "--sheet", "x"), "`--sheet` requires one of `--join`, `--input`, `--rejects`", "add `--join`, or leave out `--sheet`"),
    ],
)  # fmt: skip
def test_usage(cxcall: Cxcall, arguments: tuple[str, ...], message: str, fix: str) -> None:
    (finding,) = cxcall("-o", "json", *arguments, code=2).envelope["findings"]
    assert (finding["message"], finding["fix"]) == (message, fix)
    lines = cxcall(*arguments, code=2).err.splitlines()
    assert lines[0] == f"error[usage]: {message}"
    assert lines[-2] == f"hint: {fix}"


CONTRADICTIONS = [
    ("history", "resolve", "01ABC", "--placed", "--not-placed"),
    ("history", "resolve", "01ABC", "--placed", "--did-not-ring"),
    ("auth", "login", "--with-token", "--web"),
    ("explain", "body.json", "--last"),
    ("explain", "--last", "--codes"),
    ("explain", "--last", "--fix"),
    ("batch", "report", "--format", "html"),
]


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
        (("history", "resolve", "01X"), "--placed"),
        (("batch", "lst"), "FILE"),
    ):
        (found,) = cxcall("-o", "json", *words, code=2).envelope["findings"]
        assert found["where"] == place, words
        assert found["message"][0] in "`abcdefghijklmnopqrstuvwxyz", words
    assert "Usage: cxcall execute [OPTIONS] CAMPAIGN_ID\n" in cxcall("execute", "--help").out
    for wrong, hint in (("lst", "`cxcall batch list`"), ("rows.csv", "see `cxcall batch --help`")):
        assert hint in cxcall("batch", wrong, code=2).err


def test_login_without_a_terminal_says_what_is_missing(cxcall: Cxcall) -> None:
    missing = cxcall("auth", "login", code=4).err
    assert missing.startswith("error[credential]: `--client-id` is required without a terminal\n")
    for words in (("--client-id", "x"), ("--with-token",), ("--api-key",)):
        assert "is required on stdin" in cxcall("auth", "login", *words, code=4).err, words


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
            "`--session` and `--skill` are required on `nice-cxone`",
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


def test_hint_does_not_propose_to_lower_a_guard(cxcall: Cxcall) -> None:
    for word in ("--agian", "--aagin", "--frce", "--forse", "--yess", "--no-inptu", "--again-"):
        ran = cxcall("execute", "1", word, code=2)
        assert ran.err.splitlines()[-2] == "hint: see `cxcall execute --help`", word
    for word in ("--confrim", "--show-number", "--skip-invalids"):
        assert "most similar" not in cxcall("batch", "rows.csv", word, code=2).err, word


ASKED = ["auth", "execute", "personal-connection", "validate"]


def test_alone_it_shows_a_short_help(cxcall: Cxcall) -> None:
    ran = cxcall(code=0)
    lines = ran.out.splitlines()
    assert len(lines) <= 16
    listed = [line.split()[1] for line in lines if line.startswith("  cxcall ")]
    assert listed[:4] == ASKED
    assert all(name.split()[0] in ran.out for name in commands_of(cxcall))
    assert max(map(len, cxcall(code=0, env={"COLUMNS": "60"}).out.splitlines())) <= 60


def test_what_the_short_help_proposes_works(cxcall: Cxcall) -> None:
    text = cxcall(code=0).out.partition("To try it without real calls:\n")[2].partition("\n\n")[0]
    proposed = [line.split() for line in text.splitlines()]
    assert len(proposed) == 3
    for _, *words in proposed:
        file = words[words.index(">") + 1] if ">" in words else ""
        ran = cxcall(*(words[: words.index(">")] if file else words), code=0)
        if file:
            cxcall.file(file, ran.out)


def commands_of(cxcall: Cxcall) -> list[str]:
    listed = cxcall("--help", code=0).out.partition("Commands:\n")[2].partition("\n\n")[0]
    return [line.strip().partition("  ")[0] for line in listed.splitlines() if line[2] != " "]


@pytest.mark.slow
def test_the_whole_help_has_the_asked_for_commands_first(cxcall: Cxcall) -> None:
    assert commands_of(cxcall)[:4] == ASKED
    whole = cxcall("--help", code=0).out
    assert cxcall("help", code=0).out == cxcall("help", "--no-input", code=0).out == whole
    envelope = cxcall("help", "-o", "json", code=0).envelope["data"]
    assert list(envelope["commands"]) == commands_of(cxcall)
    assert list(envelope["topics"]) == list(help_topics.TOPICS)
    assert "required" not in cxcall("help", "--help", code=0).out


def test_help_on_a_command_is_its_own_help(cxcall: Cxcall) -> None:
    for command in ("auth", "history list", "send place-call-for-user"):
        words = command.split()
        assert cxcall("help", *words, code=0).out == cxcall(*words, "--help", code=0).out


@pytest.mark.parametrize("topic", list(help_topics.TOPICS))
def test_help_on_a_topic_fits_a_terminal(cxcall: Cxcall, topic: str) -> None:
    assert topic in cxcall("help", "--help", code=0).out
    assert topic in cxcall("--help", code=0).out
    for width in (60, 80):
        shown = cxcall("help", topic, code=0, env={"COLUMNS": str(width)}).out
        assert max(map(len, shown.splitlines())) <= width
    assert cxcall("help", topic, "-o", "json", code=0).envelope["data"][topic]


def test_the_topics_are_complete() -> None:
    terms = {name: dict(help_topics.find(name).terms) for name in help_topics.TOPICS}
    assert list(terms["exit-codes"]) == [str(int(code)) for code in ExitCode]
    assert all(code.meaning and code.call_placed for code in ExitCode)
    variables = [sources.PREFIX + name.upper() for name in sources.SETTING_NAMES]
    assert {*variables, *sources.VENDOR_VARIABLES.values(), *sources.MACHINE_VARIABLES} <= set(
        terms["environment"]
    )
    assert [term[3:] for term in terms["output"] if term.startswith("-o ")] == [
        *FORMATS,
        *CI_FORMATS,
    ]


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
        "help",
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
    assert len(shown.splitlines()) in (2, 3, 4)


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
    # A document whose parts have the wrong types is accepted as OpenAPI until it is used.
    contract = cxcall.file(
        "own.json",
        {"openapi": "3.1.0", "paths": {"/x": {"get": {"operationId": 7, "parameters": "secret"}}}},
    )
    ran = cxcall("operations", "7", "--contract", contract, "-o", "json")
    assert ran.code in (1, 2)
    assert "secret" not in ran.out + ran.err
    assert ran.envelope["findings"][0]["fix"]


LATIN = os.fsdecode(b"caf\xe9")
CALL = ("--contact-id", CONTACT, "--phone-number", "+12025550100")


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("execute", CAMPAIGN, *CALL, "--data", f"n={LATIN}"), "--data"),
        (("execute", CAMPAIGN, *CALL, "--set", f'/x="{LATIN}"'), "--set"),
        (("execute", CAMPAIGN, *CALL[:3], LATIN), "--phone-number"),
        (("execute", CAMPAIGN, "--contact-id", LATIN, *CALL[2:]), "--contact-id"),
        (("execute", LATIN, *CALL), "CAMPAIGN_ID"),
        (("personal-connection", *CALL[:2], "--reason-code", LATIN), "--reason-code"),
        (("call", "--to", CALL[3], "--as", CONTACT, "--queue", LATIN), "--queue"),
        (("send", "get-campaign", "--campaign-id", LATIN), "--campaign-id"),
        (
            ("batch", "calls.csv", "--operation", "execute", "--param", f"campaignId={LATIN}"),
            "--param",
        ),
        (("track", LATIN), "ENGAGEMENT_ID"),
        (("history", "show", LATIN), "ID"),
        (("history", "resolve", LATIN, "--placed"), "ID"),
        (("history", "list", "--batch", LATIN), "--batch"),
        (("--base-url", f"http://{LATIN}", "config", "show"), "--base-url"),
    ],
)
def test_a_value_that_is_not_utf8_is_refused_by_its_name(
    live: Cxcall, sandbox: Sandbox, arguments: tuple[str, ...], where: str
) -> None:
    ran = live(*arguments, "-o", "json", code=2)
    (finding,) = ran.envelope["findings"]
    assert (finding["code"], finding["where"]) == ("usage", where)
    assert finding["message"] == f"the value of `{where}` is not UTF-8"
    assert not sandbox.received


@pytest.mark.slow
def test_the_name_of_a_file_may_hold_any_byte(live: Cxcall, sandbox: Sandbox) -> None:
    name = live.file(f"{LATIN}.json", {"contactId": CONTACT, "reasonCode": "x"})
    rows = live.file(f"{LATIN}.csv", f"contact-id,reason-code\n{CONTACT},y\n")
    curl = live.file(f"{LATIN}.txt", "curl https://api.mypurecloud.com/api/v2/users/me")
    list_ = live.file(f"{LATIN}.list", "+12025550199\n")
    live("validate", name, code=0)
    live("explain", curl, code=0)
    live("personal-connection", "--file", name, "--do-not-call", list_, code=0)
    live("batch", rows, "--operation", "personal-connection", code=0)
    assert len(sandbox.rings) == 2


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("validate", ""), "FILE"),
        (("validate", "p.json", ""), "FILE"),
        (("validate", "p.json", "--contract", ""), "--contract"),
        (("explain", ""), "FILE|CODE"),
        (("batch", "", "--operation", "execute"), "FILE"),
        (("personal-connection", "-f", ""), "--file"),
        (("-f", "", "personal-connection"), "--file"),
        (("personal-connection", "-f", "p.json", "--do-not-call", ""), "--do-not-call"),
        (("execute", "", "-f", "p.json"), "CAMPAIGN_ID"),
        (("track", ""), "ENGAGEMENT_ID"),
        (("history", "show", ""), "ID"),
        (("history", "resolve", "", "--placed"), "ID"),
        (("operations", ""), "NAME"),
        (("help", ""), "TOPIC|COMMAND"),
    ],
)
def test_an_empty_word_is_no_file_and_no_argument(
    live: Cxcall, sandbox: Sandbox, arguments: tuple[str, ...], where: str
) -> None:
    name = live.file("p.json", {"contactId": CONTACT, "reasonCode": "x"})
    live("personal-connection", "-f", name, code=0)
    (finding,) = live(*arguments, "-o", "json", code=2).envelope["findings"]
    assert (finding["message"], finding["where"]) == (f"`{where}` is empty", where)
    assert len(sandbox.rings) == 1


@each_case(
    "arguments, where",
    [
        (
            ("explain", "curl https://api.mypurecloud.com/ -H 'Authorization: Bearer Zk81mXq09'"),
            "FILE|CODE",
        ),
        (("explain", '{"message": "+12025550123"}'), "FILE|CODE"),
        (("explain", "POST /api/v2/conversations/callbacks?access_token=Zk81mXq09"), "FILE|CODE"),
        (("explain", "HTTP/1.1 400 Bad Request\r\nSet-Cookie: Zk81mXq09"), "FILE|CODE"),
        (("explain", "Zk81mXq09" * 1000), "FILE|CODE"),
        (("validate", '[{"callbackNumbers": ["+12025550123"]}]'), "FILE"),
        (("personal-connection", "--file", '{"contactId": "+12025550123"}'), "--file"),
        (("personal-connection", "--contract", "Zk81mXq09" * 1000), "--contract"),
    ],
)
def test_text_in_place_of_a_file_name_is_refused_and_not_shown(
    cxcall: Cxcall, arguments: tuple[str, ...], where: str
) -> None:
    result = cxcall(*arguments, code=2)
    assert f"the value of `{where}` is text, not the name of a file" in result.err
    assert not any(secret in result.out + result.err for secret in ("Zk81mXq09", "12025550123"))


def test_file_may_have_the_name_of_a_text(cxcall: Cxcall) -> None:
    name = cxcall.file('{"a": 1}\n.json', {"message": "bad request", "code": "bad.request"})
    cxcall("explain", name, code=3)


@pytest.mark.parametrize("flag", ["--profile", "--platform", "--region", "--base-url"])
def test_empty_destination_is_not_the_default_one(
    live: Cxcall, sandbox: Sandbox, flag: str
) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    for command in ((*words, flag, ""), (flag, "", *words)):
        assert f"`{flag}` is empty" in live(*command, code=2).err
    assert not sandbox.received


NUMBER = "+12025550123"
WITH_NUMBER = [
    (NUMBER,), ("history", "show", NUMBER), ("history", "show", "(202) 555-0123"), ("history", "resolve", "2025550123", "--placed"),
    ("history", "list", "--since", NUMBER), ("explain", NUMBER), ("operations", NUMBER), ("help", NUMBER), ("config", "set", "region", NUMBER),
    ("config", "get", NUMBER), ("--profile", NUMBER, "auth", "status"), (f"--region={NUMBER}", "auth", "status"), ("validate", NUMBER),
    ("send", NUMBER), ("batch", "report", NUMBER), ("sandbox", f"--{NUMBER}"), ("--output", NUMBER), ("explain", NUMBER, "-o", "json"),
    ("validate", NUMBER, "-o", "json"), ("campaign", "load", NUMBER, "x.csv"),
]  # fmt: skip


@each_case("arguments", WITH_NUMBER, quick=6)
def test_number_in_a_wrong_place_is_masked(cxcall: Cxcall, arguments: tuple[str, ...]) -> None:
    ran = cxcall(*arguments)
    assert ran.code in (2, 3, 4), ran
    shown = ran.out + ran.err
    assert "0123" in shown
    assert "2025550123" not in shown
    assert "555-0123" not in shown


def test_number_in_a_variable_is_masked(cxcall: Cxcall) -> None:
    for name in ("CXCALL_REGION", "CXCALL_PLATFORM"):
        shown = cxcall("config", "show", env={name: NUMBER}, code=2).err
        assert "0123" in shown
        assert "2025550123" not in shown


def test_other_words_of_a_usage_error_stay(cxcall: Cxcall) -> None:
    for word in ("2026-11-27", "1764250000", "calls-2025550123.json", "10.20.30.140"):
        assert f"`{word}`" in cxcall("history", "show", word, code=2).err
