"""Credentials that a server echoes in any encoding are never printed or recorded."""

from __future__ import annotations

from typing import Any

import pytest

from helpers.command import CAMPAIGN, CONTACT, Cxcall, Ran
from helpers.echo_encodings import ENCODINGS, find_remains
from helpers.echo_server import TOKENS, EchoServer
from helpers.platform_server import Platform, Reply

PAYLOAD = {
    "contactId": CONTACT,
    "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+12025550100"}},
}
PLACES = ("body", "text", "header", "challenge", "id")
FLAGS = (("-v",), ("-o", "json"))
ECHOES_OF_CREDENTIALS = [
    (name, PLACES[number % len(PLACES)], FLAGS[number // len(PLACES) % len(FLAGS)])
    for number, name in enumerate([*ENCODINGS][::4])
]
"""Each place in both outputs with a different encoding; `test_no_encoding_of_a_secret_survives` tests all of them."""


def records_of(cxcall: Cxcall) -> str:
    """Return the bytes of the ledger and of its side files."""
    files = [*cxcall.folder.joinpath("state").glob("ledger*")]
    assert files
    return "".join(file.read_bytes().decode("latin-1") for file in files)


def execute(cxcall: Cxcall, server: EchoServer, *flags: str) -> Ran:
    name = cxcall.file("p.json", PAYLOAD)
    return cxcall(
        "execute", CAMPAIGN, "--file", name, "--yes", "--again", *flags, env=server.environment
    )


@pytest.mark.slow
@pytest.mark.parametrize(("name", "place", "flags"), ECHOES_OF_CREDENTIALS)
def test_echoed_credentials_are_masked_before_and_after_a_renewal(
    cxcall: Cxcall, name: str, place: str, flags: tuple[str, ...]
) -> None:
    encode = ENCODINGS[name]
    with EchoServer(encode, place) as server:
        ran = execute(cxcall, server, *flags)
        assert {*TOKENS} < {*server.seen}
        assert "****" in ran.out + ran.err
        for secret in server.secrets:
            for text in (ran.out, ran.err, records_of(cxcall)):
                assert not find_remains(text, secret, encode)


def test_token_that_was_asked_for_is_printed(cxcall: Cxcall) -> None:
    with EchoServer(str.encode, "body") as server:
        assert cxcall("auth", "token", env=server.environment).out == f"{TOKENS[0]}\n"
        shown = cxcall("auth", "token", "-o", "json", env=server.environment)
        assert shown.envelope["data"]["accessToken"] == TOKENS[0]


NUMBER = "+12025550172"
ECHOES_OF_A_NUMBER = (
    NUMBER,
    "12025550172",
    "2025550172",
    "202-555-0172",
    "(202) 555-0172",
    "1.202.555.0172",
)


@pytest.mark.slow
@pytest.mark.parametrize("echo", ECHOES_OF_A_NUMBER)
def test_number_of_the_request_is_masked_in_the_response(cxcall: Cxcall, echo: str) -> None:
    body: dict[str, Any] = {
        "to": echo,
        "text": f"dialing {echo} now",
        "ids": [f"x {echo}"],
        "other": "2025550199",
    }
    body |= {"number": int(echo)} if echo.isdecimal() else {}
    reply = Reply(200, body, {"X-Engagement-Id": echo, "X-Note": echo, "CorrelationId": echo})
    words = (
        "send",
        "place-call",
        "--set",
        f'/phoneNumber="{NUMBER}"',
        "--yes",
        "--force",
        "--engagement-header",
        "X-Engagement-Id",
    )
    with Platform(lambda _body, _count: reply) as platform:
        cxcall.environment |= platform.environment
        shown = [cxcall(*words, "-o", "json", code=0).out, cxcall(*words, "--again", code=0).out]
    shown += [cxcall("history", "export", code=0).out]
    for text in shown:
        assert echo not in text
        assert "0172" in text
    assert "2025550199" in shown[0]


@pytest.mark.slow
def test_numbers_in_a_response_reach_no_pipe_and_no_record(cxcall: Cxcall) -> None:
    number = "+1/202/5550172"
    body = {"message": f"bad {number}, call (317) 555-9999", "contextId": f"ctx-{number}"}
    reply = Reply(400, body, {"X-Other": "317-555-9999", "ININ-Correlation-Id": f"ctx-{number}"})
    words = ("send", "place-call", "--set", f'/phoneNumber="{NUMBER}"', "--yes", "--force")
    with Platform(lambda _body, _count: reply) as platform:
        cxcall.environment |= platform.environment
        shown = [cxcall(*words, "-v", "--log-file", "log", "--log-format", "json", code=5)]
        shown += [cxcall(*words, "-o", "json", code=5), cxcall("history", "export", code=0)]
    texts = [each.out + each.err for each in shown]
    texts += [(cxcall.folder / "log").read_text("utf-8"), records_of(cxcall)]
    assert [text for text in texts if "ctx-+*/***/***0172" not in text] == []
    assert [text for text in texts if "202/555" in text or "555-9999" in text] == []
    assert "bad +*/***/***0172, call (***) ***-9999" in shown[0].err


def test_id_that_is_no_number_of_the_request_stays(cxcall: Cxcall) -> None:
    reply = Reply(200, {"id": "00000172-2025-5501-8555-017220255501", "n": 8555017}, {})
    words = ("send", "place-call", "--set", f'/phoneNumber="{NUMBER}"', "--yes", "--force")
    with Platform(lambda _body, _count: reply) as platform:
        cxcall.environment |= platform.environment
        envelope = cxcall(*words, "-o", "json", code=0).envelope
    assert envelope["response"]["body"] == reply.body
    assert envelope["engagementId"] == "00000172-2025-5501-8555-017220255501"


@pytest.mark.slow
@pytest.mark.parametrize("sent", [NUMBER, "+1 202 - 555 - 0172", "+1*202*5550172"])
def test_number_in_an_unusual_spelling_reaches_no_pipe_and_no_record(
    cxcall: Cxcall, sent: str
) -> None:
    spellings = ("+1\xa0202\xa0555\xa00172", "202\u2011555\u20110172", "+1 202 - 555 - 0172", sent)
    body = {"message": f"bad {', '.join(spellings)}; call 202 - 555 - 0199", "to": sent}
    reply = Reply(400, body, {"X-Other": spellings[0]})
    words = ("send", "place-call", "--set", f'/phoneNumber="{sent}"', "--yes", "--force")
    with Platform(lambda _body, _count: reply) as platform:
        cxcall.environment |= platform.environment
        shown = [cxcall(*words, "-v", code=5), cxcall(*words, "-o", "json", code=5)]
        shown += [cxcall("history", "export", code=0)]
    texts = [*(each.out + each.err for each in shown), records_of(cxcall)]
    for text in texts:
        assert "0172" in text
        assert [
            each for each in ("202", "555") if f"{each}-" in text or f"{each}\u2011" in text
        ] == []
        assert [each for each in (*spellings, "555 - 01", "*5550172") if each in text] == []
