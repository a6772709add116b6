"""Secrets of a payload and of the platform's refusals are masked in output and records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cxcall import check
from helpers.command import CONTACT, screen, terminal
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

SECRETS = ("sekret-9", "hunter2", "kk-12345", "836047")
BODY = {
    "contactId": "x",
    "token": "sekret-9",
    "password": "hunter2",
    "api_key": "kk-12345",
    "pin": 836047,
}
ONE = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
FORMATS = ("json", "jsonl", "sarif", "junit", "github", "text")


@pytest.mark.slow
@pytest.mark.parametrize("indent", [None, 1])
def test_secrets_of_a_payload_are_in_no_finding(cxcall: Cxcall, indent: int | None) -> None:
    text = json.dumps(BODY, indent=indent).replace('"password": ', '"password":\n')
    name = cxcall.file("p.json", text)
    runs = [
        cxcall("validate", name, "--operation", "personal-connection", "-o", form, code=3)
        for form in FORMATS
    ]
    runs.append(cxcall("personal-connection", "-f", name, "--dry-run", code=3))
    assert "property-unknown" in runs[-1].err
    assert '"token": "********"' in runs[-1].err
    shown = "".join([*(ran.out + ran.err for ran in runs[:-1]), runs[-1].err])
    assert [each for each in SECRETS if each in shown] == []


def test_carets_stay_under_what_they_mark(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", '{"token": "sekret-9", "contactId": "x", "reasonCode": "y"}')
    ran = cxcall("validate", name, "--operation", "personal-connection", code=3)
    assert (
        ' 1 | {"token": "********", "contactId": "x", "reasonCode": "y"}\n'
        "   |                                    ^^^\n"
    ) in ran.out


@pytest.mark.slow
def test_secrets_are_hidden_on_a_terminal_too(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", BODY)
    words = ("validate", name, "--operation", "personal-connection")
    with terminal(cxcall, *words, columns=120) as shown:
        text = screen(shown)
    assert "********" in text
    assert [each for each in SECRETS if each in text] == []


@pytest.mark.slow
def test_number_that_is_a_name_is_masked_in_the_place_too(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", {"contactId": CONTACT, "+12025550123": "x", "2025550124": 1})
    words = ("validate", name, "--operation", "personal-connection")
    for form in FORMATS:
        ran = cxcall(*words, "-o", form, code=3)
        assert "/+*******0123" in ran.out, form
        assert "2025550" not in ran.out + ran.err, form


DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "t", "version": "1"},
    "servers": [{"url": "https://api.example.com"}],
    "paths": {
        "/calls": {
            "post": {
                "operationId": "own-call",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "properties": {
                                    "password": {"type": "string", "pattern": "^[A-Z]+$"},
                                    "pin": {"type": "string"},
                                    "name": {"type": "integer"},
                                },
                            }
                        }
                    }
                },
                "responses": {"200": {"description": "ok"}},
            }
        }
    },
}


@pytest.mark.slow
def test_message_on_a_secret_does_not_quote_it(cxcall: Cxcall) -> None:
    cxcall.file("own.json", DOCUMENT)
    words = ("--contract", "own.json", "--operation", "own-call", "-o", "json")
    name = cxcall.file("p.json", {"password": "hunter2", "pin": 836047, "name": "a"})
    ran = cxcall("validate", name, *words, code=3)
    assert "`/name` must be an integer" in ran.out
    assert [each for each in SECRETS if each in ran.out] == []
    table = cxcall.file("p.csv", "/password,/name\nhunter2,b\n")
    ran = cxcall("validate", table, *words[:-2], code=3)
    assert "| *******,b" in ran.out
    assert "hunter2" not in ran.out + ran.err
    found = check({"password": "hunter2"}, "own-call", contract=str(cxcall.folder / "own.json"))
    assert "hunter2" not in repr(found)


def test_secret_in_text_that_is_not_json_is_hidden(cxcall: Cxcall) -> None:
    name = cxcall.file("p.json", "{\"token\": \"sekret-9\", 'password': 'hunter2'}")
    ran = cxcall("validate", name, "--operation", "personal-connection", code=3)
    assert "error[body-malformed]" in ran.out
    assert [each for each in SECRETS if each in ran.out] == []


REFUSAL = {
    "message": "not accepted: client_secret=kk-12345&x=1",
    "details": {"client_secret": "sekret-9", "otp": 836047, "tokens": ["tk-1a2b"]},
    "authorization": "Basic dXNlcjpodW50ZXIyIQ==",
    "url": "https://x/?access_token=hunter2",
}
SHOWN = (*SECRETS, "tk-1a2b", "dXNlcjpodW50ZXIyIQ")


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 401, 429, 500])
def test_secrets_of_an_error_response_are_masked(cxcall: Cxcall, status: int) -> None:
    headers = {"Retry-After": "999"}
    with Platform(lambda _body, _count: Reply(status, REFUSAL, headers, rings=False)) as platform:
        cxcall.environment |= platform.environment
        log = ("--log-file", "log.jsonl", "--log-format", "json")
        runs = [cxcall(*ONE, "--again", *flags) for flags in (["-v", *log], ["-o", "json"])]
        runs += [cxcall("history", "list", "-o", "jsonl")]
        runs += [cxcall("explain", "--last", "-v")]
    shown = "".join(ran.out + ran.err for ran in runs)
    shown += (cxcall.folder / "log.jsonl").read_text("utf-8")
    for file in (cxcall.folder / "state").glob("ledger*"):
        shown += file.read_bytes().decode("latin-1")
    assert "not accepted" in shown
    assert [each for each in SHOWN if each in shown] == []
    assert runs[1].envelope["response"]["body"]["details"]["otp"] == "****"


@pytest.mark.slow
def test_body_of_an_accepted_response_is_data(cxcall: Cxcall) -> None:
    body = {"id": "e-1", "nextPageToken": "kk-12345"}
    with Platform(lambda _body, _count: Reply(201, body)) as platform:
        cxcall.environment |= platform.environment
        assert "kk-12345" in cxcall(*ONE).out
        shown = cxcall(*ONE, "--again", "-o", "json").envelope
    assert shown["response"]["body"] == body


@pytest.mark.slow
def test_national_number_of_a_response_is_masked_by_its_name(cxcall: Cxcall) -> None:
    body = {
        "id": "e-1",
        "phoneNumber": "2025550123",
        "dialed": {"number": 12025550123},
        "customerId": "2025550123",
        "number": "1764250000",
        "to": 1764250000123,
    }
    with Platform(lambda _body, _count: Reply(201, body)) as platform:
        cxcall.environment |= platform.environment
        text = cxcall(*ONE).out
        shown = cxcall(*ONE, "--again", "-o", "json").envelope["response"]["body"]
    masked = {"phoneNumber": "******0123", "dialed": {"number": "*******0123"}}
    assert shown == {**body, **masked}
    assert json.loads(text[text.index("{") :]) == {**body, **masked}


SECRET = "Zq7Xv2LmPw9RkT4b"


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [
        ("send", "create-callback", "--set", f"/password={SECRET}"),
        ("send", "create-callback", "--set", f"password={SECRET}"),
        ("send", "create-callback", "--set", f'/x={{"password":"{SECRET}"'),
        ("callback", "--at", f"Bearer {SECRET}", "--to", f"Bearer {SECRET}", "--queue", CONTACT),
        ("explain", f"client_secret={SECRET}"),
        ("explain", f"Cookie: sid={SECRET}"),
        ("send", f"curl -H 'Authorization: Bearer {SECRET}'"),
    ],
)
def test_secret_that_was_typed_in_a_wrong_place_is_masked(
    cxcall: Cxcall, words: tuple[str, ...]
) -> None:
    shown = [cxcall(*words, "-o", form) for form in ("text", "json")]
    assert [ran.code for ran in shown] in ([2, 2], [3, 3])
    assert [ran for ran in shown if SECRET[:12] in ran.out + ran.err] == []
    assert "****" in shown[0].err + shown[0].out


def test_secret_in_a_row_is_in_no_finding(cxcall: Cxcall) -> None:
    row = {"queueId": CONTACT, "callbackScheduledTime": f"Bearer {SECRET}"}
    lines = cxcall.file("rows.jsonl", json.dumps(row) + "\n")
    table = cxcall.file("rows.csv", f"/queueId,/callbackScheduledTime\n{CONTACT},Bearer {SECRET}\n")
    for name in (lines, table):
        ran = cxcall("validate", name, "--operation", "create-callback", code=3)
        assert "Bearer ****" in ran.out + ran.err
        assert SECRET not in ran.out + ran.err


@pytest.mark.slow
def test_secret_in_place_of_a_number_is_not_recorded(cxcall: Cxcall) -> None:
    words = ("callback", "--to", f"Bearer 1234567{SECRET}", "--queue", CONTACT, "--yes")
    with Platform() as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, "--force")
        history = cxcall("history", "export", code=0).out
    assert SECRET[1:4] not in history
    assert "Bearer ****" in history


def test_secret_of_a_variable_is_masked_without_settings(cxcall: Cxcall) -> None:
    secret = "Sq8Rt/x+Zz=41Kp0WmYvB"
    name = cxcall.file("p.json", {"queueId": "x", "callbackNumbers": [secret]})
    words = ("validate", name, "--operation", "create-callback")
    ran = cxcall(*words, env={"CXCALL_CLIENT_SECRET": secret})
    assert "****" in ran.out + ran.err
    assert secret not in ran.out + ran.err
