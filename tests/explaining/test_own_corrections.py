"""Corrected requests for a user's document have its credentials, media type, headers, and server, as a dry run has."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import explain
from cxcall.explaining.correction.corrected_request import correct_request
from helpers.cases import each_case
from helpers.explained_errors import problems

if TYPE_CHECKING:
    from helpers.command import Cxcall

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}


def takes(media_type: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"content": {media_type: {"schema": schema}}, "required": True}


PORT = {"default": "443", "enum": ["443", "8443"]}
SERVER = {
    "url": "https://{site}.own.example:{port}/v1",
    "variables": {"site": {"default": "eu"}, "port": PORT},
}
JOB = {"type": "object", "properties": {"paused": {"type": "boolean"}}}
DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Own", "version": "1"},
    "servers": [SERVER],
    "security": [{"token": []}, {"key": []}, {"name": []}],
    "components": {
        "securitySchemes": {
            "token": {"type": "http", "scheme": "bearer"},
            "key": {"type": "apiKey", "in": "query", "name": "zkey"},
            "name": {"type": "http", "scheme": "basic"},
        }
    },
    "paths": {
        "/jobs/{job}": {
            "patch": {
                "operationId": "patchJob",
                "parameters": [
                    {"name": "job", "in": "path", "required": True, "schema": NUMBER},
                    {"name": "Api-Version", "in": "header", "required": True, "schema": TEXT},
                ],
                "requestBody": takes("application/merge-patch+json", JOB),
                "responses": {},
            }
        },
        "/lists": {
            "servers": [{"url": "https://lists.own.example"}],
            "post": {
                "operationId": "upload",
                "requestBody": takes(
                    "multipart/form-data",
                    {"type": "object", "properties": {"file": TEXT, "size": NUMBER}},
                ),
                "responses": {},
            },
        },
        "/texts": {
            "post": {
                "operationId": "sendText",
                "requestBody": takes("text/plain", {"type": "string", "maxLength": 2}),
                "responses": {},
            }
        },
        "/versions": {
            "post": {
                "operationId": "sendVersion",
                "requestBody": {
                    "content": {
                        "application/vnd.own.v1+json": {"schema": {"required": ["to"]}},
                        "application/vnd.own.v2+json": {"schema": {"required": ["dest"]}},
                    }
                },
                "responses": {},
            }
        },
        "/any": {
            "post": {
                "operationId": "sendAny",
                "requestBody": takes("*/*", {"type": "object", "required": ["to"]}),
                "responses": {},
            }
        },
    },
}
PATCH = "curl -X PATCH 'https://eu.own.example/v1/jobs/7{}' -H 'Content-Type: application/json'"
VERSION = "POST https://eu.own.example/v1/versions\nContent-Type: application/vnd.own.v"
BODY = """ -d '{"paused": "true"}'"""


@pytest.fixture(name="own", scope="module")
def write_document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("own") / "own.json"
    file.write_text(json.dumps(DOCUMENT))
    return file


def corrected(own: Path, text: str) -> tuple[str, tuple[str, ...]]:
    (explanation,) = explain(text, contract=own)
    request = correct_request(explanation)
    return request.as_text("curl"), request.missing + request.left_out


@each_case(
    "query, headers, shown",
    [
        ("", "-H 'Authorization: Bearer a1b2c3d4e5'", 'header = "Authorization: Bearer $CXCALL_'),
        ("?zkey=0123456789abcdef", "", "/v1/jobs/7?zkey=$("),
        ("", "-u me:secret", 'header = "Authorization: Basic $('),
        ("", "", 'header = "Authorization: Bearer $CXCALL_ACCESS_TOKEN"'),
    ],
)
def test_correction_has_credentials_and_media_type_of_the_document(
    own: Path, query: str, headers: str, shown: str
) -> None:
    sent = f"{PATCH.format(query)} {headers} -H 'api-version: 2' {BODY}"
    curl, open_places = corrected(own, sent)
    assert shown in curl
    assert "Content-Type: application/merge-patch+json'" in curl
    assert "Api-Version: 2'" in curl
    assert "0123456789abcdef" not in curl
    assert open_places == ()


@pytest.mark.slow
def test_required_header_that_the_request_lacks_is_an_open_place(own: Path, cxcall: Cxcall) -> None:
    ran = cxcall("explain", "-", "--fix", "--contract", str(own), stdin=PATCH.format("") + BODY)
    assert (ran.code, ran.err) == (3, "to be filled in: Api-Version\n")
    assert "--api-version '<Api-Version>'" in ran.out


def test_file_of_a_form_is_an_open_place_and_the_server_that_of_the_operation(own: Path) -> None:
    upload = "curl https://eu.own.example/v1/lists -u a:b -F file=@list.csv -F size=x"
    curl, open_places = corrected(own, upload)
    assert {*open_places} == {"/file", "/size"}
    assert "POST https://lists.own.example/lists " in curl
    assert re.search(r"Content-Type: multipart/form-data; boundary=\w+'", curl)
    assert 'name="file"\\r\n\\r\n<file>\\r\n' in curl


@pytest.mark.slow
@each_case(
    "request_text, found",
    [
        ("PATCH https://eu.own.example/v1/jobs/7?zkey=abc", []),
        ("PATCH https://us.own.example:443/v1/jobs/7", []),
        ("PATCH https://eu.own.example:8443/v1/job/7", [("path-unpublished", "path")]),
        ("PATCH https://us.own.example/v1/job/7", [("path-unpublished", "path")]),
        ("POST https://eu.own.example/v1/texts\nContent-Type: text/plain\n\nhi", []),
        ("POST https://eu.own.example/v1/any\nContent-Type: application/xml\n\n<to/>", []),
        (f"{VERSION}2+json\n\n{{}}", []),
        (f"{VERSION}1+json\n\n{{}}", [("property-missing", "/to")]),
        (
            "POST https://eu.own.example/v1/any\nContent-Type: application/json\n\n{}",
            [("property-missing", "/to")],
        ),
        (
            "POST https://eu.own.example/v1/texts\nContent-Type: application/json\n\n{}",
            [("header-missing", "header:Content-Type")],
        ),
    ],
)
def test_request_that_the_document_allows_has_no_problem(
    own: Path, request_text: str, found: list[tuple[str, str]]
) -> None:
    head, _, rest = request_text.partition("\n")
    text = f"{head}\nApi-Version: 1\nAuthorization: Bearer a1b2c3d4e5\n{rest}"
    assert problems(text, own) == found
    (explanation,) = explain(text, contract=own)
    assert "Genesys" not in str(explanation.findings)


@pytest.mark.slow
def test_body_of_another_version_is_not_checked_or_corrected(own: Path, cxcall: Cxcall) -> None:
    text = f'{VERSION}2+json\n\n{{"dest": "1"}}\n\nHTTP/1.1 400 Bad Request\n'
    shown = cxcall("explain", "-", "--contract", str(own), "--all", stdin=text, code=3).out
    assert "checks only bodies of `application/vnd.own.v1+json` by a schema" in shown
    ran = cxcall("explain", "-", "--fix", "--contract", str(own), stdin=text)
    assert "its body has the type `application/vnd.own.v2+json`, which cxcall does not" in ran.err


@each_case(
    "message, first",
    [
        ("Api-Version header missing", "header:Api-Version"),
        ("paused is invalid", "/paused"),
        ("bad request", "/paused"),
    ],
)
def test_header_that_the_response_names_comes_before_the_body(
    own: Path, message: str, first: str
) -> None:
    refused = f'HTTP/1.1 400 Bad Request\n\n{{"errors": [{{"message": "{message}"}}]}}\n'
    sent = PATCH.format("").replace("application/", "application/merge-patch+")
    assert problems(f"{sent} {BODY}\n{refused}", own)[0][1] == first


def test_missing_key_is_shown_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "own.json"
    file.write_text(json.dumps({**DOCUMENT, "security": [{"key": []}]}))
    refused = f"{PATCH.format('')} {BODY}\n\nHTTP/1.1 401 Unauthorized\n\n{{}}\n"
    assert ("token-missing", "query:zkey") in problems(refused, file)


def test_host_that_the_document_does_not_list_is_named_and_ids_may_have_any_form(own: Path) -> None:
    hosts = {
        "eu.own.example:8443": [],
        "eu.own.example:9443": ["host-unknown"],
        "own.gateway.example": [],
    }
    for host, expected in hosts.items():
        request = (
            f"POST https://{host}/v1/any\nAuthorization: Bearer x\nContent-Type: application/json"
        )
        (found,) = explain(f'{request}\n\n{{"to": "x", "teamId": "sales"}}', contract=own)
        codes = [each.code for each in found.findings]
        assert [each for each in codes if each != "not-provable"] == expected, host
        fix = "use one of: `{site}.own.example:443`, `{site}.own.example:8443`"
        assert not expected or fix in [each.fix for each in found.findings]
