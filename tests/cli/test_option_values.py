"""Unusable values of options: not UTF-8, empty, a text in place of a file, a phone number."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from cxcall.sandbox.server import Sandbox
    from helpers.command import Cxcall


LATIN = os.fsdecode(b"caf\xe9")
CALL = ("--contact-id", CONTACT, "--phone-number", "+12025550100")


@each_case(
    "arguments, where",
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
    quick=1,
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


@each_case(
    "arguments",
    [
        ("track", "12345678-1234-1234-1234-123456789012", "--wait", "--at-most"),
        ("campaign", "load", "leads.csv", "--contact-list", CONTACT, "--at-most"),
        ("campaign", "status", CAMPAIGN, "--watch", "--interval"),
        ("worker", "--lease"),
        ("sandbox", "--dial-rate"),
    ],
    quick=1,
)
@pytest.mark.slow
def test_a_number_that_is_not_possible_is_refused(
    cxcall: Cxcall, arguments: tuple[str, ...]
) -> None:
    for number in ("nan", "inf", "-1", "1e400") if arguments[0] == "track" else ("nan", "-1"):
        (finding,) = cxcall(*arguments, number, "-o", "json", code=2).envelope["findings"]
        assert (finding["code"], finding["where"]) == ("usage", arguments[-1]), number


@pytest.mark.slow
@each_case(
    "arguments, where",
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
    if not sandbox.rings:
        live("personal-connection", "-f", name, code=0)
    (finding,) = live(*arguments, "-o", "json", code=2).envelope["findings"]
    assert (finding["message"], finding["where"]) == (f"`{where}` is empty", where)
    assert len(sandbox.rings) == 1


@pytest.mark.slow
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
        (("doctor", "--contract", "Zk81mXq09" * 1000), "--contract"),
    ],
)
def test_text_in_place_of_a_file_name_is_refused_and_not_shown(
    cxcall: Cxcall, arguments: tuple[str, ...], where: str
) -> None:
    result = cxcall(*arguments, code=2)
    assert f"the value of `{where}` is text, not the name of a file" in result.err
    assert not any(secret in result.out + result.err for secret in ("Zk81mXq09", "12025550123"))


@pytest.mark.slow
def test_unknown_platform_is_refused_before_an_operation_is_chosen(cxcall: Cxcall) -> None:
    for words in (("doctor",), ("callback",), ("call", "--to", CALL[3]), ("track", "x")):
        ran = cxcall(*words, env={"CXCALL_PLATFORM": "zoom"}, code=2)
        assert "`platform` `zoom` is unknown" in ran.err


def test_file_may_have_the_name_of_a_text(cxcall: Cxcall) -> None:
    name = cxcall.file('{"a": 1}\n.json', {"message": "bad request", "code": "bad.request"})
    cxcall("explain", name, code=3)


@each_case(
    "flag",
    "--do-not-call --hours --max-attempts --profile --platform --region --base-url".split(),
    quick=2,
)
@pytest.mark.slow
def test_empty_destination_or_guard_is_not_the_default_one(
    live: Cxcall, sandbox: Sandbox, flag: str
) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    for command in ((*words, flag, " "), (flag, "", *words)):
        assert f"`{flag}` is empty" in live(*command, code=2).err
    assert not sandbox.received


def test_empty_variable_of_a_guard_stops_calls(live: Cxcall, sandbox: Sandbox) -> None:
    """Such as a variable of a CI job that does not exist: without the guard, somebody could be called."""
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    rows = live.file("rows.csv", "to\n+12025550123\n")
    batch = ("batch", rows, "--operation", "place-call", "--confirm", "1")
    cases = {"DO_NOT_CALL": (*words, "--sandbox"), "MAX_ATTEMPTS": batch, "HOURS": (*words, "-n")}
    for name, command in cases.items():
        ran = live(*command, env={f"CXCALL_{name}": " "}, code=2)
        assert f"error[usage]: `CXCALL_{name}` is set, but empty" in ran.err
    assert not sandbox.received


@pytest.mark.slow
def test_empty_variable_of_a_guard_stops_nothing_else(live: Cxcall) -> None:
    """What stops a dialer, only reads, or shows the mistake must work."""
    live.environment["CXCALL_HOURS"] = ""
    campaign = ("campaign", "stop", CONTACT, "--platform", "genesys-cloud")
    for command in (("auth", "status"), ("config", "show"), ("auth", "token"), campaign):
        ran = live(*command)
        assert "`CXCALL_HOURS` is set, but empty" in ran.err + ran.out
        assert ran.code == 0, ran
    assert "failed\tsettings" in live("doctor", code=5).out


NUMBER = "+12025550123"
WITH_NUMBER = [
    (NUMBER,), ("history", "show", NUMBER), ("history", "show", "(202) 555-0123"), ("history", "resolve", "2025550123", "--placed"),
    ("history", "list", "--since", NUMBER), ("explain", NUMBER), ("operations", NUMBER), ("help", NUMBER), ("config", "set", "region", NUMBER),
    ("config", "get", NUMBER), ("--profile", NUMBER, "auth", "status"), (f"--region={NUMBER}", "auth", "status"), ("validate", NUMBER),
    ("send", NUMBER), ("batch", "report", NUMBER), ("sandbox", f"--{NUMBER}"), ("--output", NUMBER), ("explain", NUMBER, "-o", "json"),
    ("validate", NUMBER, "-o", "json"),
]  # fmt: skip


@pytest.mark.slow
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


@pytest.mark.slow
def test_other_words_of_a_usage_error_stay(cxcall: Cxcall) -> None:
    for word in ("2026-11-27", "1764250000", "calls-2025550123.json", "10.20.30.140"):
        assert f"`{word}`" in cxcall("history", "show", word, code=2).err
