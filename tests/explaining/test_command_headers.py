"""A command shows all headers that it sends, unless a file, a session, or a variable may hold more."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cxcall.explaining.explanation import explain
from cxcall.findings.finding import Finding
from helpers.cases import each_case

HOST = "https://calls.example.com"
CURL = f"""curl -X POST {HOST}/calls -H 'Content-Type: application/json' -d '{{"to":"+12025550123"}}'"""
WGET = """wget --method POST --header 'Content-Type: application/json' --body-data '{"to":"+12025550123"}'"""
HTTPIE = f"http POST {HOST}/calls to=+12025550123"
MISSING = [("error", "header-missing", "header:X-Tenant")]


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = {"type": "string"}
    operation = {
        "operationId": "makeCall",
        "parameters": [
            {"name": "X-Tenant", "in": "header", "required": True, "schema": text},
            {"name": "User-Agent", "in": "header", "required": True, "schema": text},
            {"name": "X-Api-Key", "in": "header", "required": True, "schema": text},
        ],
        "requestBody": {
            "content": {
                "application/json": {"schema": {"type": "object", "properties": {"to": text}}}
            }
        },
        "responses": {"201": {"description": "created"}},
    }
    file = tmp_path_factory.mktemp("document") / "calls.json"
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Calls", "version": "1"},
        "servers": [{"url": HOST}],
        "paths": {"/calls": {"post": operation}},
    }
    file.write_text(json.dumps(document), "utf-8")
    return file


def headers_of(text: str, document: Path) -> list[Finding]:
    (found,) = explain(text, contract=document)
    return [each for each in found.findings if each.where.startswith("header:")]


def places(found: list[Finding]) -> list[tuple[str, str, str]]:
    return [(each.severity.value, each.code, each.where) for each in found]


@pytest.mark.slow
@each_case(
    "command, expected",
    [
        (CURL, MISSING),
        (f"{WGET} {HOST}/calls", MISSING),
        (HTTPIE, MISSING),
        (
            f"postman request POST {HOST}/calls -H 'Content-Type: application/json' --body '{{}}'",
            MISSING,
        ),
        (f"{CURL} -H 'X-Tenant:'", []),
        (f"{CURL} -H 'x-tenant: a'", []),
        (f'{CURL} -H "X-Tenant: $TENANT"', []),
        (f'{CURL} -H "$TENANT_HEADER"', []),
        (f"{CURL} -H @headers.txt", []),
        (f"{CURL} -K headers.cfg", []),
        (f"printf 'header = \"X-Tenant: a\"' | {CURL} -K -", []),
        (f"{CURL} $MORE", []),
        (f"{CURL} [your headers]", []),
        (f"{CURL.replace(HOST, f'--url {HOST}')} -s", MISSING),
        (f"{CURL} %MORE%", []),
        (f"{CURL} -H '{{{{ tenant_header }}}}'", []),
        (f"{CURL} -H '<tenant header>'", []),
        (f"{CURL} -H 'X-Other: {{{{ other }}}}...'", MISSING),
        (f"cat headers | xargs {CURL}", []),
        (f"cat ids | xargs -I{{}} {CURL} -H 'X-Other: {{}}'", MISSING),
        (f"{CURL} --expand-header 'X-Tenant: {{{{tenant}}}}'", []),
        (f"{WGET} --config=wget.cfg {HOST}/calls", []),
        (f"{WGET} -e header='X-Tenant:a' {HOST}/calls", []),
        (f"{HTTPIE} X-Tenant:a", []),
        (f"{HTTPIE} $MORE", []),
        (f"{HTTPIE} '{{{{ name }}}}:a'", []),
        (f"http POST {HOST}/calls '[0]=+12025550123'", MISSING),
        (f"cat headers | xargs {HTTPIE}", []),
        (f"http --session=a POST {HOST}/calls to=+12025550123", []),
    ],
)
def test_required_header_that_a_command_lacks_is_reported(
    document: Path, command: str, expected: list[tuple[str, str, str]]
) -> None:
    assert places(headers_of(command, document)) == expected


def test_secret_header_may_be_left_out_of_a_pasted_command(document: Path) -> None:
    refused = f"{CURL} -H 'X-Tenant: a'\n\nHTTP/1.1 %d Refused\n\n"
    assert places(headers_of(refused % 403, document)) == []
    found = places(headers_of(refused % 401, document))
    assert found == [("error", "header-missing", "header:X-Api-Key")]


def test_header_that_the_response_names_is_the_cause(document: Path) -> None:
    response = 'HTTP/1.1 400 Bad Request\nContent-Type: application/json\n\n{"error": "%s"}'
    for words in ("missing header X-Tenant", "X-Tenant header is required"):
        for command in (CURL, f"{CURL} -K headers.cfg"):
            first = headers_of(f"{command}\n\n{response % words}", document)[0]
            assert places([first]) == MISSING
            assert first.fix == "send `X-Tenant: ...`"
    sent = f"{CURL} -H 'X-Tenant: a'\n\n{response % 'missing header X-Tenant'}"
    (found,) = headers_of(sent, document)
    assert found.fix.startswith("the request has `X-Tenant`: check its value")
