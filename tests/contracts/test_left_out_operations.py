"""An operation that a document declares, but that cannot be used, is named with the reason, not denied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.explaining.explanation import explain
from helpers.cases import each_case

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.command import Cxcall

HOST = "https://dialer.example"
TEXT = {"type": "string"}
BODY = {"schema": {"type": "object", "required": ["to"], "properties": {"to": TEXT}}}
COOKIE = {"name": "session", "in": "cookie", "required": True, "schema": TEXT}
REASONS = [
    ({"parameters": [COOKIE]}, "is in a cookie"),
    (
        {"parameters": [{"name": "id", "in": "path", "required": True, "style": "label"}]},
        "the style `label` is not supported",
    ),
    ({"parameters": [{"$ref": "other.json#/id"}]}, "the document refers to `other.json#/id`"),
    ({"requestBody": {"$ref": "#/components/requestBodies/Circle"}}, "back to itself"),
    (
        {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/none"}}}}},
        "the document refers to `#/none`",
    ),
    (
        {
            "requestBody": {
                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Circle"}}}
            }
        },
        "back to itself",
    ),
]


def document(wrong: dict[str, Any]) -> dict[str, Any]:
    """Return a document with an operation that can be used, and `makeCall`, which cannot."""
    responses = {"201": {"description": "Created"}}
    call = {"operationId": "makeCall", "responses": responses}
    call["requestBody"] = {"content": {"application/json": BODY}}
    circles = {
        kind: {"Circle": {"$ref": f"#/components/{kind}/Circle"}}
        for kind in ("requestBodies", "schemas")
    }
    return {
        "openapi": "3.0.3",
        "info": {"title": "Dialer", "version": "1"},
        "servers": [{"url": f"{HOST}/v1"}],
        "paths": {
            "/calls": {"get": {"operationId": "listCalls", "responses": responses}},
            "/calls/{id}": {"post": {**call, **wrong}},
        },
        "components": circles,
    }


@each_case("wrong, reason", REASONS, quick=2)
def test_explain_names_an_operation_that_cannot_be_used(
    tmp_path: Path, wrong: dict[str, Any], reason: str
) -> None:
    own = tmp_path / "own.json"
    own.write_text(json.dumps(document(wrong)))
    url = f"{HOST}/v1/calls/17"
    sent = f"curl {url} -H 'Content-Type: application/json' -d '{{}}'\nHTTP/1.1 400 Bad Request"
    (explanation,) = explain(sent, contract=own)
    (found,) = [each for each in explanation.findings if each.code != "not-provable"]
    assert (found.severity, found.code) == ("warning", "contract-invalid")
    assert "is `makeCall` of your document, which cannot be checked: " in found.message
    assert reason in found.message
    (explanation,) = explain(f"curl -X POST {HOST}/v1/cals/17/x", contract=own)
    assert {each.code for each in explanation.findings} == {"path-unpublished"}


@each_case(
    "sent, expected",
    [
        ("-X POST {}/v1/calls/first", {"contract-invalid"}),
        ("-X POST {}/v1/calls/archive", {"method-unpublished"}),
        ("-X PUT {}/v1/calls/17", {"path-unpublished"}),
        ("{}/v1/calls", set()),
    ],
)
def test_only_the_path_and_method_of_the_operation_are_not_denied(
    tmp_path: Path, sent: str, expected: set[str]
) -> None:
    own, declared = tmp_path / "own.json", document({"parameters": [COOKIE]})
    archive = {"operationId": "listArchive", "responses": {"200": {"description": "OK"}}}
    declared["paths"]["/calls/archive"] = {"get": archive}
    own.write_text(json.dumps(declared))
    (explanation,) = explain(f"curl {sent.format(HOST)}", contract=own)
    assert {each.code for each in explanation.findings if each.severity != "note"} == expected


def test_payload_is_not_compared_with_an_operation_that_cannot_be_used(cxcall: Cxcall) -> None:
    own = cxcall.file("own.json", document({"parameters": [COOKIE]}))
    words = ("validate", "-", "--contract", own, "-o", "json")
    findings = cxcall(*words, stdin='{"to": "x"}', code=3).envelope["findings"]
    (found,) = [each for each in findings if each["code"] == "operation-mismatch"]
    assert "fits no usable operation" in found["message"]
    assert f"`makeCall`, see `cxcall operations --problems --contract {own}`" in found["fix"]
    refused = cxcall(*words, "--operation", "makeCall", stdin='{"to": "x"}', code=2)
    assert "`makeCall` cannot be used: " in refused.envelope["findings"][0]["message"]


def test_requests_to_an_operation_that_cannot_be_used_are_not_skipped(cxcall: Cxcall) -> None:
    own = cxcall.file("own.json", document({"parameters": [COOKIE]}))
    request = {"method": "POST", "url": f"{HOST}/v1/calls/17", "headers": []}
    entry = {"request": request, "response": {"status": 400, "headers": [], "content": {}}}
    har = cxcall.file("own.har", {"log": {"version": "1.2", "entries": [entry, entry]}})
    ran = cxcall("explain", har, "--contract", own, code=3)
    assert "is `makeCall` of your document" in ran.out
