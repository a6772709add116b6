"""A server that echoes credentials, encoded in any way, gets none of them printed or recorded."""

from __future__ import annotations

import pytest

from helpers.command import CAMPAIGN, CONTACT, Cxcall, Ran
from helpers.echo_encodings import ENCODINGS, find_remains
from helpers.echo_server import TOKENS, EchoServer

PAYLOAD = {
    "contactId": CONTACT,
    "contactSpec": {"contactId": CONTACT, "contactData": {"phoneNumber": "+12025550100"}},
}
PLACES = ("body", "text", "header", "challenge", "id")


def records_of(cxcall: Cxcall) -> str:
    """Return the bytes of the ledger, of its side files too."""
    files = [*cxcall.folder.joinpath("state").glob("ledger*")]
    assert files
    return "".join(file.read_bytes().decode("latin-1") for file in files)


def execute(cxcall: Cxcall, server: EchoServer, *flags: str) -> Ran:
    name = cxcall.file("p.json", PAYLOAD)
    return cxcall(
        "execute", CAMPAIGN, "--file", name, "--yes", "--again", *flags, env=server.environment
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", ENCODINGS)
def test_echoed_credentials_are_masked_before_and_after_a_renewal(
    cxcall: Cxcall, name: str, place: str
) -> None:
    encode = ENCODINGS[name]
    with EchoServer(encode, place) as server:
        for flags in (("-v",), ("-o", "json")):
            server.restart()
            cxcall.folder.joinpath("state", "tokens.json").unlink(missing_ok=True)
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
