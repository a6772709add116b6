"""The places in a request of the errors that a refusal lists, in the forms of common frameworks."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.contracts.operation import Operation
from cxcall.findings.finding import Finding
from cxcall.responses.refusals.refusal_findings import explain_refusal
from cxcall.responses.refusals.refused_request import RefusedRequest
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case

TEXT = {"type": "string"}
BODY = {"to": "+12025550123", "note": "x", "phone": {"number": "1"}, "items": [{"name": "x"}, {}]}
ONE_OF = "must be one of a, b"


def document() -> dict[str, Any]:
    places = {"id": "path", "limit": "query", "X-Tenant": "header"}
    items = {"type": "array", "items": {"type": "object", "properties": {"name": TEXT}}}
    phone = {"type": "object", "properties": {"number": TEXT}}
    schema = {
        "type": "object",
        "properties": {"to": TEXT, "note": TEXT, "phone": phone, "items": items, "script": TEXT},
    }
    operation = {
        "operationId": "makeCall",
        "parameters": [
            {"name": name, "in": place, "required": place != "query", "schema": TEXT}
            for name, place in places.items()
        ],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {"201": {"description": "created"}},
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Calls", "version": "1"},
        "servers": [{"url": "https://calls.example.com"}],
        "paths": {"/calls/{id}": {"post": operation}},
    }


@pytest.fixture(scope="module")
def make_call(tmp_path_factory: pytest.TempPathFactory) -> Operation:
    path: Path = tmp_path_factory.mktemp("document") / "calls.json"
    path.write_text(json.dumps(document()), "utf-8")
    return load_operation("makeCall", str(path))


def explain(
    operation: Operation | None, refusal: dict[str, Any], status: int = 422
) -> tuple[Finding, ...]:
    headers = Headers([("Content-Type", "application/json")])
    response = HttpResponse(status, "", headers, json.dumps(refusal).encode())
    return explain_refusal(response, "", RefusedRequest(operation, body=BODY))


@each_case(
    "refusal, place",
    [
        ({"title": "x", "errors": [{"pointer": "/note", "detail": ONE_OF}]}, "value-not-allowed /note"),
        ({"title": "x", "errors": [{"pointer": "#/phone/number", "detail": ONE_OF}]}, "value-not-allowed /phone/number"),
        ({"title": "x", "detail": "Your request is not valid", "invalid-params": [{"name": "note", "reason": ONE_OF}]}, "value-not-allowed /note"),
        ({"detail": [{"loc": ["body", "phone", "number"], "msg": "Input should be 'on'"}]}, "value-not-allowed /phone/number"),
        ({"detail": [{"loc": ["body", "items", 1, "name"], "msg": "Field required"}]}, "property-missing /items/1/name"),
        ({"detail": [{"loc": ["query", "limit"], "msg": "value is not a valid integer"}]}, "value-not-allowed querylimit"),
        ({"detail": [{"loc": ["header", "x-tenant"], "msg": "Field required"}]}, "header-missing header:X-Tenant"),
        ({"detail": [{"loc": ["body", 23], "msg": "JSON decode error"}]}, "body-malformed response"),
        ({"error": "Bad Request", "path": "/calls/1", "errors": [{"field": "phone.number", "defaultMessage": "must match x"}]}, "value-not-allowed /phone/number"),
        ({"violations": [{"propertyPath": "makeCall.call.note", "message": ONE_OF}]}, "value-not-allowed /note"),
        ({"errors": [{"msg": "Invalid value", "path": "items[0].name", "location": "body"}]}, "value-not-allowed /items/0/name"),
        ({"errors": [{"msg": "Invalid value", "param": "id", "location": "params"}]}, "value-not-allowed pathid"),
        ({"errors": [{"msg": "Invalid value", "path": "x-tenant", "location": "headers"}]}, "value-not-allowed header:X-Tenant"),
        ({"error": {"issues": [{"path": ["script"], "message": "Required"}]}}, "property-missing /script"),
        ({"message": '"note" must be one of [a, b]', "details": [{"message": '"note" must be one of [a, b]', "path": ["note"]}]}, "value-not-allowed /note"),
        ({"errors": [{"instancePath": "", "params": {"missingProperty": "script"}, "message": "must have required property 'script'"}]}, "property-missing /script"),
        ({"title": "x", "errors": {"$.Phone.Number": ["The JSON value could not be converted to System.Int32."]}}, "type-mismatch /phone/number"),
        ({"message": "The given data was invalid.", "errors": {"note": ["The selected note is invalid."]}}, "value-not-allowed /note"),
        ({"error": {"message": "Invalid", "details": [{"fieldViolations": [{"field": "phone.number", "description": "must be E.164"}]}]}}, "value-not-allowed /phone/number"),
        ({"error": {"param": "note", "message": "Invalid note"}}, "value-not-allowed /note"),
        ({"field": "note", "message": ONE_OF}, "value-not-allowed /note"),
        ({"field": "limit", "message": ONE_OF}, "value-not-allowed querylimit"),
        ({"errors": [{"field": "note", "message": "is already in use"}]}, "state /note"),
        ({"errors": [{"field": "elsewhere", "message": ONE_OF}]}, "value-not-allowed response"),
        ({"message": ONE_OF, "path": "/calls/1"}, "value-not-allowed response"),
    ],
)  # fmt: skip
def test_place_of_a_listed_error_is_found(
    make_call: Operation, refusal: dict[str, Any], place: str
) -> None:
    (found,) = explain(make_call, refusal)
    assert f"{found.code} {found.where}{found.origin}" == place


def test_each_listed_error_is_an_error_at_its_place(make_call: Operation) -> None:
    errors = [{"pointer": "/note", "detail": ONE_OF}, {"pointer": "/script", "detail": "is required"}]  # fmt: skip
    note, script = explain(make_call, {"title": "x", "errors": errors})
    assert (note.code, note.where, note.message) == ("value-not-allowed", "/note", f"the API says: {ONE_OF}")  # fmt: skip
    assert (script.code, script.where) == ("property-missing", "/script")
    assert script.message == "the API says: is required"


def test_error_of_a_server_or_about_a_token_is_not_about_a_listed_value(
    make_call: Operation,
) -> None:
    refusal = {"message": "It failed", "errors": [{"field": "note", "message": "must be x"}]}
    for status, code in ((500, "not-provable"), (401, "token-expired")):
        found = explain(make_call, refusal, status)[0]
        assert (found.code, found.where) == (code, "response")


@each_case(
    "message, code, where",
    [
        ("missing header X-Tenant", "header-missing", "header:X-Tenant"),
        ("X-Tenant header is required", "header-missing", "header:X-Tenant"),
        ("x-tenant is required", "header-missing", "header:X-Tenant"),
        ("Required request header 'X-Tenant' for method parameter type String is not present", "header-missing", "header:X-Tenant"),
        ("Missing required header: X-Other", "header-missing", "header:X-Other"),
        ("Invalid X-Tenant header", "value-not-allowed", "header:X-Tenant"),
        ("Missing authorization header", "token-missing", "header:Authorization"),
        ("a header is missing", "header-missing", "response"),
    ],
)  # fmt: skip
def test_header_that_a_message_names_is_found(
    make_call: Operation, message: str, code: str, where: str
) -> None:
    (found,) = explain(make_call, {"error": message}, 400)
    assert (found.code, found.where) == (code, where)
    assert "check the body" not in found.fix
    if where.startswith("header:X-") and code == "header-missing":
        assert found.fix == f"send `{where.removeprefix('header:')}: ...`"
