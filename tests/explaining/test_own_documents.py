"""Requests to the host of a user's document are checked with its own security and encoding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.explaining.correction.corrected_request import correct_request
from cxcall.explaining.explanation import explain
from helpers.cases import each_case
from helpers.explained_errors import problems
from helpers.vendor_documents import ACCOUNT, FORM_API, HOST, secured_api

if TYPE_CHECKING:
    from helpers.command import Cxcall

FORM = f"curl {HOST}/2010/Accounts/{ACCOUNT}/Calls.json -d To=%2B12025550123"


@pytest.fixture
def form_api(tmp_path: Path) -> Path:
    file = tmp_path / "calls.yaml"
    file.write_text(FORM_API)
    return file


@pytest.mark.slow
@each_case(
    "more, found",
    [
        ("-d From=1 -u a:b", []),
        ("-d From=1 -d Record=true -u a:b", []),
        ('-d "From=$FROM" -u "$SID:$TOKEN"', []),
        ("-u a:b", [("property-missing", "/From")]),
        ("-d From=1 -d Record=maybe -u a:b", [("type-mismatch", "/Record")]),
        ("-d From=1 -d Recrod=true -u a:b", [("property-unknown", "/Recrod")]),
        (
            "-d From=1 -H 'Authorization: Bearer abc123def456'",
            [("token-grant", "header:Authorization")],
        ),
    ],
)
def test_form_is_judged_by_its_schema(form_api: Path, more: str, found: list[Any]) -> None:
    assert problems(f"{FORM} {more}", form_api) == found


def test_json_of_another_type_is_sent_with_its_type(tmp_path: Path) -> None:
    document = secured_api({})
    [path] = document["paths"]
    content = {"application/merge-patch+json": {"schema": {"type": "object"}}}
    document["paths"][path] = {
        "patch": {"operationId": "change", "requestBody": {"content": content}, "responses": {}}
    }
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document))
    text = f"curl -X PATCH {HOST}{path} -H 'Content-Type: application/json' -d '{{}}'"
    (found,) = explain(text, contract=file)
    fixes = [each.fix for each in found.findings if each.where == "header:Content-Type"]
    assert fixes == ["send `Content-Type: application/merge-patch+json`"]


def test_json_in_place_of_a_form_is_reported(form_api: Path) -> None:
    body = json.dumps({"To": "+12025550123", "From": "+12025550100"})
    url = FORM.partition(" -d")[0]
    found = problems(f"{url} -u a:b -H 'Content-Type: application/json' -d '{body}'", form_api)
    assert found == [("header-missing", "header:Content-Type")]


@each_case(
    "place, sent",
    [
        ("query", "?key=abc"),
        ("header", " -H 'key: abc'"),
        ("cookie", " -b key=abc"),
    ],
)
def test_api_key_is_where_the_document_has_it(tmp_path: Path, place: str, sent: str) -> None:
    file = tmp_path / f"{place}.json"
    document = secured_api({"key": {"type": "apiKey", "in": place, "name": "key"}})
    file.write_text(json.dumps(document))
    body = """ -H 'Content-Type: application/json' -d '{"to": "+12025550123"}'"""
    assert problems(f"curl {HOST}/calls{sent}{body}", file) == []
    refused = f"> POST /calls HTTP/1.1\n> Host: {HOST[8:]}\n>\n< HTTP/1.1 401 Unauthorized\n<\n"
    (explanation,) = explain(refused, contract=file)
    assert f"an API key in the {place} `key`" in " ".join(
        each.message for each in explanation.findings
    )
    (explanation,) = explain(f"curl {HOST}/calls{sent}{body}\nHTTP/1.1 401 Go\n", contract=file)
    fix = f"send valid credentials: an API key in the {place} `key`"
    assert fix in [each.fix for each in explanation.findings]


DIALER = """
openapi: 3.0.3
info: {title: Dialer, version: "1"}
servers: [{url: "https://dial.example.com/v3"}]
components:
  securitySchemes: {key: {type: apiKey, in: header, name: X-Api-Key}}
  schemas:
    ById: {type: object, required: [id], properties: {id: {type: integer}}, additionalProperties: false}
    ByMail: {type: object, required: [mail], properties: {mail: {type: string, format: email}}, additionalProperties: false}
security: [{key: []}]
paths:
  /teams/{teamId}/calls:
    post:
      operationId: startCall
      parameters:
        - {name: teamId, in: path, required: true, schema: {type: integer}}
        - {name: X-Request-Id, in: header, required: true, schema: {type: string, format: uuid}}
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              properties:
                note: {type: string, nullable: true}
                tag: {type: string}
                agent: {oneOf: [{$ref: '#/components/schemas/ById'}, {$ref: '#/components/schemas/ByMail'}]}
      responses: {"201": {description: ok}}
"""
REQUEST_ID = "X-Request-Id: 5b0e1f2a-7c3d-4d9e-8f6a-1b2c3d4e5f60"


@pytest.fixture
def dialer(tmp_path: Path) -> Path:
    file = tmp_path / "dialer.yaml"
    file.write_text(DIALER)
    return file


def sent(
    body: str, *, line: str = "POST /v3/teams/7/calls", header: str = REQUEST_ID, status: int = 422
) -> str:
    """Return a request to the dialer with its response."""
    headers = f"Host: dial.example.com\nContent-Type: application/json\n{header}"
    return f"{line} HTTP/1.1\n{headers}\n\n{body}\n\nHTTP/1.1 {status} X\n\n{{}}\n"


@pytest.mark.slow
@each_case(
    "line, code",
    [
        ("POST /v3/teams/7/call", "path-unpublished"),
        ("POST /v2/teams/7/calls", "path-unpublished"),
        ("GET /v3/nothing/like/it", "path-unpublished"),
        ("PUT /v3/teams/7/calls", "method-unpublished"),
        ("POST https://staging.example.org/v3/teams/7/call", "path-unpublished"),
    ],
)
def test_wrong_path_on_the_server_of_a_document_is_compared_with_it(
    dialer: Path, line: str, code: str
) -> None:
    (found,) = explain(sent('{"tag": "a"}', line=line, status=401), contract=dialer)
    first, *others = (each for each in found.findings if each.severity != "note")
    assert first.code == code
    assert first.source == "" or "dialer" in first.source
    texts = " ".join(f"{each.message} {each.fix}" for each in found.findings)
    assert not any(word in texts for word in ("Genesys", "CXone", "Bearer", "region"))
    assert [each.code for each in others if each.where != "response"] in ([], ["token-missing"])


@each_case(
    "header, found",
    [
        (REQUEST_ID, []),
        (REQUEST_ID.lower(), []),
        ("X-Request-Id: 77", [("id-format", "header:X-Request-Id")]),
        ("X-Other: 1", [("header-missing", "header:X-Request-Id")]),
    ],
)
def test_header_parameters_of_a_document_are_checked(
    dialer: Path, header: str, found: list[Any]
) -> None:
    told = problems(sent('{"tag": "a"}', header=header), dialer)
    assert [each for each in told if each[1].startswith("header:")] == found


def test_null_is_reported_only_where_the_schema_refuses_it(dialer: Path) -> None:
    (found,) = explain(sent('{"note": null, "tag": null}'), contract=dialer)
    (note,) = (each for each in found.findings if each.code == "type-mismatch")
    assert note.where == "/tag"
    assert "/note" not in note.message


@each_case(
    "agent, code, where, fix",
    [
        ('{"id": "12"}', "type-mismatch", "/agent/id", "remove the quotes"),
        ('{"mail": 7}', "type-mismatch", "/agent/mail", "write it like `ada@example.com`"),
        ('{"mail": "x"}', "value-not-allowed", "/agent/mail", "write it like `ada@example.com`"),
        (
            '{"id": 1, "mail": "ada@example.com"}',
            "property-unknown",
            "/agent/mail",
            "send the properties of only one alternative of the schema",
        ),
    ],
)
def test_alternative_with_the_names_of_the_value_is_the_intended_one(
    dialer: Path, agent: str, code: str, where: str, fix: str
) -> None:
    (found,) = explain(sent(f'{{"agent": {agent}}}'), contract=dialer)
    in_body = [each for each in found.findings if each.where.startswith("/")]
    assert [(each.code, each.where, each.fix) for each in in_body] == [(code, where, fix)]


OWN_SERVER = {
    "openapi": "3.0.3",
    "info": {"title": "Own", "version": "1"},
    "servers": [{"url": "https://dial.example.org/v1"}],
    "paths": {
        "/calls": {
            "post": {
                "operationId": "createCall",
                "parameters": [
                    {"name": "User-Agent", "in": "header", "required": True, "schema": {}}
                ],
                "requestBody": {
                    "content": {"application/x-www-form-urlencoded": {"schema": {"type": "object"}}}
                },
                "responses": {},
            }
        }
    },
}


@pytest.mark.parametrize(
    ("request_text", "found"),
    [
        # No schema of a platform: `to` is a property of `place-call`.
        ('POST {}/opened\n\n{{"to": "x"}}', [("path-unpublished", "path")]),
        # Clients send `User-Agent` themselves.
        (
            "POST {}/calls\nContent-Type: application/x-www-form-urlencoded\n\nto=%2B12025550100&from=%2B12025550101",
            [],
        ),
    ],
)
def test_request_to_an_own_server_is_judged_by_its_document_alone(
    tmp_path: Path, request_text: str, found: list[Any]
) -> None:
    contract = tmp_path / "own.json"
    contract.write_text(json.dumps(OWN_SERVER))
    assert problems(request_text.format("https://dial.example.org/v1"), contract) == found


@pytest.mark.slow
def test_form_for_the_nearest_own_operation_is_not_called_wrong(cxcall: Cxcall) -> None:
    contract = cxcall.file("own.json", OWN_SERVER)
    curl = "curl https://dial.example.org/v1/call -d to=%2B12025550100 -d from=1"
    words = ("explain", "-", "--all", "-o", "json", "--contract", contract)
    assert cxcall(*words, stdin=curl, code=3).codes == ["path-unpublished"]


def test_refused_number_of_a_form_without_its_plus_is_the_cause(form_api: Path) -> None:
    message = "The 'To' number  12025550123 is not a valid phone number"
    text = f"{FORM.replace('%2B', '+')} -d From=1 -u a:b\n\nHTTP/1.1 400 Bad Request\n\n"
    (explanation,) = explain(text + json.dumps({"message": message}), contract=form_api)
    first = explanation.findings[0]
    assert (first.severity.value, first.code, first.where) == ("error", "phone-format", "/To")
    assert "`%2B`" in first.fix


@pytest.mark.slow
@each_case(
    "line, message",
    [
        ("POST /teams/7/calls", "`/teams/7/calls` lacks the base path `/v3`"),
        ("POST /v3/teams/7/calls/", "`/v3/teams/7/calls/` ends with a slash"),
        (
            "POST /v3/Teams/7/calls",
            "`/v3/Teams/7/calls` has letters in another case than the known path",
        ),
        ("POST /teams/7/calls/", "`/teams/7/calls/` lacks the base path `/v3`"),
        ("POST /v3/teams/7/calls", ""),
    ],
)
def test_path_that_differs_in_its_base_path_or_slash_is_why_it_is_not_found(
    dialer: Path, line: str, message: str
) -> None:
    (explanation,) = explain(sent('{"tag": "a"}', line=line, status=404), contract=dialer)
    found = [each for each in explanation.findings if each.code == "path-unpublished"]
    assert [each.message for each in found] == ([message] if message else [])
    assert all("`/v3/teams/7/calls`" in each.fix for each in found)
    (explanation,) = explain(sent('{"tag": "a"}', line=line, status=200), contract=dialer)
    assert not explanation.findings or explanation.findings[0].code != "path-unpublished"


@each_case(
    "segment, found",
    [
        ("2026-01-01..2026-12-31", []),
        ("2026-01-01..2026-13-01", [("value-not-allowed", "path")]),
        ("2026-01-01", [("path-unpublished", "path")]),
        ("2026-01-01%2E%2e2026-12-31", []),
        ("****..%2A%2A", []),
    ],
)
def test_parameters_that_share_a_segment_of_the_path_are_checked(
    tmp_path: Path, segment: str, found: list[Any]
) -> None:
    names, schema = ("from", "to"), {"type": "string", "format": "date"}
    parameters = [{"name": each, "in": "path", "schema": schema} for each in names]
    document = secured_api({})
    document["paths"] = {
        "/reports/{from}..{to}": {
            "get": {"operationId": "report", "parameters": parameters, "responses": {}}
        }
    }
    document.pop("security", None)
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document))
    assert problems(f"curl {HOST}/reports/{segment}", file) == found
    if not found and "*" not in segment:
        (explanation,) = explain(f"curl {HOST}/reports/{segment}", contract=file)
        dates = ["2026-01-01", "2026-12-31"]
        assert [*correct_request(explanation).values.values()] == dates


@each_case(
    "url, codes",
    [
        ("https://b.example/v2/calls", set()),
        ("https://a.example/v1/calls/17", set()),
        ("https://b.example/v2/cals", {"path-unpublished"}),
        ("https://b.example/v1/calls", {"path-unpublished"}),
    ],
)
def test_operation_may_have_a_server_of_its_own(tmp_path: Path, url: str, codes: set[str]) -> None:
    responses = {"200": {"description": "OK"}}
    document = secured_api({})
    document["servers"] = [{"url": "https://a.example/v1"}]
    document["paths"] = {
        "/calls": {
            "get": {"operationId": "listCalls", "responses": responses},
            "servers": [{"url": "https://b.example/v2"}],
        },
        "/calls/{id}": {"get": {"operationId": "getCall", "responses": responses}},
    }
    document.pop("security", None)
    file = tmp_path / "own.json"
    file.write_text(json.dumps(document))
    (explanation,) = explain(f"curl {url}", contract=file)
    found = {each.code for each in explanation.findings}
    assert found - {"not-provable"} == codes
