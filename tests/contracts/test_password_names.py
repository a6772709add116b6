"""What a user's document declares as `format: password` is masked like the values of names such as `pin`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import load_user_contract
from cxcall.explaining.explanation import explain

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

PASSWORD = {"type": "string", "format": "password"}
SHORT = {**PASSWORD, "maxLength": 8}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Doors", "version": "1"},
    "servers": [{"url": "https://doors.example/v1"}],
    "paths": {
        "/doors/{doorWord}/calls/{date}..{until}": {
            "post": {
                "operationId": "callDoor",
                "parameters": [
                    {"name": "doorWord", "in": "path", "required": True, "schema": SHORT},
                    {"name": "word4", "in": "query", "schema": SHORT},
                    {"name": "X-Gate-Word", "in": "header", "schema": PASSWORD},
                ],
                "requestBody": {"content": {"application/json": {"schema": {
                    "type": "object",
                    "properties": {
                        "phrase1": {"allOf": [{"$ref": "#/components/schemas/Word"}], "maxLength": 5},
                        "phrases2": {"type": "array", "items": PASSWORD},
                        "inner": {"type": "object", "properties": {"digits3": PASSWORD}},
                        "note": {"type": "string", "writeOnly": True, "maxLength": 3},
                    },
                }}}},
                "responses": {"200": {"description": ""}},
            }
        }
    },
    "components": {"schemas": {"Word": {"type": "string", "format": "password"}}},
}  # fmt: skip
BODY = {"phrase1": "PHRopenAAAA", "phrases2": ["Xyz-openBBBB"], "inner": {"digits3": 4711}}
SECRETS = ("PHRopenAAAA", "Xyz-openBBBB", "4711", "SLUGopenCCCC", "GATEopenDDDD", "QUERYopenEEEE")
PASTE = f"""curl -X POST https://doors.example/v1/doors/SLUGopenCCCC/calls/2026-01-01..2026-02-01?word4=QUERYopenEEEE \
 -H 'X-Gate-Word: GATEopenDDDD' -H 'Content-Type: application/json' \
 -d '{json.dumps({**BODY, "note": "long", "other": 1})}'
HTTP/1.1 400 Bad Request

{{"error": "PHRopenAAAA, Xyz-openBBBB, and GATEopenDDDD do not open SLUGopenCCCC"}}
"""


def write(folder: Path, path: str = "") -> str:
    file = folder / "doors.json"
    paths = DOCUMENT["paths"]
    more = {path: {"post": {"operationId": "other", "responses": {}}}} if path else {}
    file.write_text(json.dumps({**DOCUMENT, "paths": {**paths, **more}}))
    return str(file)


def test_names_of_secrets_are_found_in_a_document(tmp_path: Path) -> None:
    declared = load_user_contract(write(tmp_path)).declared["x-cxcall-masked-names"]
    assert declared == ["X-Gate-Word", "digits3", "doorWord", "phrase1", "phrases2", "word4"]


@pytest.mark.slow
def test_explanation_masks_declared_secrets(cxcall: Cxcall, tmp_path: Path) -> None:
    contract, file = write(tmp_path), cxcall.file("failed.txt", PASTE)
    for options in ((), ("-o", "json"), ("--fix",)):
        ran = cxcall("explain", file, "--contract", contract, "--all", *options)
        assert not [each for each in SECRETS if each in ran.out + ran.err]
    ran = cxcall("explain", file, "--contract", contract, code=3)
    assert "doors.example/v1/doors/****/calls/2026-01-01..2026-02-01 ->" in ran.out
    assert "`/note` must have at most 3 characters; it has 4" in ran.out


@pytest.mark.slow
def test_hidden_values_are_checked(cxcall: Cxcall, tmp_path: Path) -> None:
    contract, file = write(tmp_path), cxcall.file("failed.txt", PASTE)
    found = cxcall("explain", file, "--contract", contract, "-o", "json", code=3).envelope
    places = {each["where"]: each["message"] for each in found["findings"]}
    assert places["/phrase1"] == "`/phrase1` must have at most 5 characters; it has 11"
    assert places["/inner/digits3"] == "`/inner/digits3` must be a string, not an integer"
    assert "at most 8 characters; it has 13" in places["query:word4"]
    assert "at most 8 characters; it has 12" in places["path"]


@pytest.mark.slow
def test_words_of_an_error_are_shown(cxcall: Cxcall) -> None:
    text = json.dumps(DOCUMENT).replace("phrase1", "message").replace("digits3", "code")
    contract = cxcall.file("words.json", text)
    answer = {"message": "The queue is not active", "code": "bad.request", "sent": {"code": "X-99"}}
    sent = json.dumps({"message": "PHRopenAAAA", "inner": {"code": "Xyz-openBBBB"}})
    paste = PASTE.partition(" -d ")[0] + f" -d '{sent}'\nHTTP/1.1 400 Bad Request\n\n"
    ran = cxcall("explain", "-", "--contract", contract, stdin=paste + json.dumps(answer), code=3)
    assert "error[state]: the API says: The queue is not active (bad.request)" in ran.out
    assert not [each for each in (*SECRETS, "X-99") if each in ran.out]


@pytest.mark.slow
def test_secret_in_a_misspelled_path_is_masked(cxcall: Cxcall, tmp_path: Path) -> None:
    text = PASTE.replace("/doors/", "/door/").replace("/calls/", "/call/")
    ran = cxcall("explain", "-", "--contract", write(tmp_path), stdin=text, code=3)
    assert "`POST /v1/door/****/call/2026-01-01..2026-02-01` is not among" in ran.out
    assert "SLUGopenCCCC" not in ran.out


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("doors/openword/call", "doors/****/call"),
        ("door/openword/calls", "door/****/calls"),
        ("openword1/calls/x", "****/calls/****"),
        ("doors//openword1/calls", "doors//****/calls"),
        ("doors/x/openword1/calls", "doors/****/****/calls"),
        ("mixx/1:openword1", "mixx/****:****"),
        ("other/7/unknown", "other/7/unknown"),
    ],
)
def test_secret_of_an_unknown_path_is_masked(tmp_path: Path, path: str, shown: str) -> None:
    document = write(tmp_path, "/mixes/{id}:{doorWord}")
    url = f"https://doors.example/v1/{path}"
    (found,) = explain({"method": "POST", "url": url}, contract=document)
    assert found.request.path == f"/v1/{shown}"
    assert f"`POST /v1/{shown}` is not among" in str(found.findings)
    assert "openword" not in str(found.findings)


@pytest.mark.slow
def test_check_and_report_mask_declared_secrets(cxcall: Cxcall, tmp_path: Path) -> None:
    contract, file = write(tmp_path), cxcall.file("body.json", json.dumps(BODY))
    checked = cxcall("validate", file, "--contract", contract, code=3)
    assert "`/phrase1` must have at most 5 characters; it has 11" in checked.out
    places = ["--param=doorWord=SLUGopenCCCC", "--param=date=1", "--param=until=2"]
    command = ["send", "callDoor", *places, "--file", file, "--contract", contract]
    sent = cxcall(*command, "--sandbox", "--force", "-o", "json", code=5)
    assert sent.envelope["request"]["url"].endswith("/doors/****/calls/1..2")
    shown = checked.out + checked.err + sent.out + sent.err
    assert not [each for each in SECRETS if each in shown]
