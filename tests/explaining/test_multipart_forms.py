"""`explain` reads the fields of a form from commands, recordings, messages, and code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.findings.finding import Finding

LIST = "5e8f2b1c-3a4d-4c6e-9f70-1b2c3d4e5f60"
URL = "https://voice.example.com/v1/calls/upload"
SCHEMA = {
    "type": "object",
    "required": ["listId", "file"],
    "additionalProperties": False,
    "properties": {
        "listId": {"type": "string", "format": "uuid"},
        "file": {"type": "string", "format": "binary"},
        "mode": {"type": "string", "enum": ["append", "replace"]},
    },
}
BODY = {"required": True, "content": {"multipart/form-data": {"schema": SCHEMA}}}
RESPONSES = {"200": {"description": "accepted"}}
DOCUMENT = {
    "openapi": "3.1.0",
    "info": {"title": "mine", "version": "1"},
    "servers": [{"url": "https://voice.example.com/v1"}],
    "paths": {
        "/calls/upload": {
            "post": {"operationId": "upload-calls", "requestBody": BODY, "responses": RESPONSES}
        }
    },
}
PARTS = (
    f'--abc\r\nContent-Disposition: form-data; name="list_id"\r\n\r\n{LIST}\r\n'
    '--abc\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv\r\n\r\nphone\r\n\r\n'
    "--abc--\r\n"
)
WITH_BOUNDARY = "multipart/form-data; boundary=abc"


def recorded(data: dict[str, Any]) -> str:
    """Return a HAR file with one entry that sends a form."""
    headers = [{"name": "Content-Type", "value": WITH_BOUNDARY}]
    request = {"method": "POST", "url": URL, "headers": headers, "postData": data}
    return json.dumps({"log": {"entries": [{"request": request, "response": {"status": 400}}]}})


SOURCES = {
    "curl": f"curl {URL} -F list_id={LIST} -F 'file=@a.csv;type=text/csv'",
    "HTTPie": f"http --multipart POST {URL} list_id={LIST} file@a.csv",
    "HTTP message": f"POST {URL} HTTP/1.1\r\nContent-Type: {WITH_BOUNDARY}\r\n\r\n{PARTS}\r\nHTTP/1.1 400 Bad Request\r\n",
    "HAR text": recorded({"mimeType": WITH_BOUNDARY, "text": PARTS}),
    "HAR parameters": recorded({"mimeType": WITH_BOUNDARY, "params": [
        {"name": "list_id", "value": LIST}, {"name": "file", "fileName": "a.csv", "contentType": "text/csv"},
    ]}),
    "Postman": json.dumps({"info": {"name": "a"}, "item": [{"name": "a", "request": {
        "method": "POST", "url": {"raw": URL}, "body": {"mode": "formdata", "formdata": [
            {"key": "list_id", "value": LIST, "type": "text"}, {"key": "file", "type": "file", "src": "a.csv"},
        ]},
    }}]}),
}  # fmt: skip
OF_CODE = {
    "Python": f'requests.post("{URL}", files={{"file": open("a.csv", "rb")}}, data={{"list_id": "{LIST}"}})',
    "Python tuples": f'requests.post("{URL}", files=[("list_id", (None, "{LIST}")), ("file", ("a.csv", data))])',
    "JavaScript": f'const form = new FormData();\nform.append("list_id", "{LIST}");\nform.append("file", input.files[0]);\n'
    f'await fetch("{URL}", {{ method: "POST", body: form }});',
    "C#": 'var content = new MultipartFormDataContent();\n'
    f'content.Add(new StringContent("{LIST}"), "list_id");\n'
    'content.Add(new StreamContent(File.OpenRead("a.csv")), "file", "a.csv");\n'
    f'await client.PostAsync("{URL}", content);',
    "Java": f'RequestBody body = new MultipartBody.Builder().addFormDataPart("list_id", "{LIST}")\n'
    '.addFormDataPart("file", "a.csv", RequestBody.create(MediaType.parse("text/csv"), new File("a.csv"))).build();\n'
    f'Request request = new Request.Builder().url("{URL}").post(body).build();',
    "PHP": f"<?php curl_setopt_array($curl, array(CURLOPT_URL => '{URL}', CURLOPT_CUSTOMREQUEST => 'POST',\n"
    f"CURLOPT_POSTFIELDS => array('list_id' => '{LIST}', 'file' => new CURLFILE('a.csv'))));",
}  # fmt: skip


@pytest.fixture
def contract(tmp_path: Path) -> Path:
    path = tmp_path / "own.json"
    path.write_text(json.dumps(DOCUMENT), "utf-8")
    return path


def errors(text: str, contract: Path) -> list[Finding]:
    (explanation,) = explain(text, contract=contract)
    return [each for each in explanation.findings if each.severity == "error"]


@pytest.mark.slow
@each_case("source", [*SOURCES])
def test_wrong_name_of_a_part_is_the_only_error(source: str, contract: Path) -> None:
    (error,) = errors(SOURCES[source], contract)
    assert (error.code, error.where) == ("property-unknown", "/list_id")
    assert error.fix == "rename `list_id` to `listId`"


@pytest.mark.slow
@each_case("source", [*SOURCES])
def test_correct_form_has_no_error(source: str, contract: Path) -> None:
    assert errors(SOURCES[source].replace("list_id", "listId"), contract) == []


@each_case("source", [*OF_CODE])
def test_parts_that_code_makes_are_not_judged(source: str, contract: Path) -> None:
    assert errors(OF_CODE[source], contract) == []


def test_missing_part_and_wrong_value_are_errors(contract: Path) -> None:
    found = errors(f"curl {URL} -F listId={LIST} -F mode=add", contract)
    assert {(each.code, each.where) for each in found} == {
        ("property-missing", "/file"),
        ("value-not-allowed", "/mode"),
    }


def test_form_is_not_called_malformed_json_where_json_is_expected() -> None:
    text = "curl https://api.mypurecloud.com/api/v2/conversations/calls -F phoneNumber=+12125550123"
    (explanation,) = explain(text)
    codes = [each.code for each in explanation.findings]
    assert "header-missing" in codes
    assert "body-malformed" not in codes


def test_header_without_a_boundary_is_an_error(contract: Path) -> None:
    text = SOURCES["HTTP message"].replace("; boundary=abc", "")
    assert "has no `boundary`" in errors(text, contract)[0].message


@pytest.mark.parametrize(
    "line",
    [
        "import okhttp3.MultipartBody",
        "using System.Net.Http.MultipartFormDataContent;",
        "const FormData = require('form-data');",
    ],
)
def test_import_alone_sends_no_form(line: str) -> None:
    code = f'{line}\nval request = Request.Builder().url("{URL}").get().build()'
    [request] = read_exchanges(code, "text")
    assert (request.method, request.body, request.content_type) == ("GET", None, "")


@pytest.mark.parametrize(
    ("value", "codes"), [('"12345"', ["id-format"]), ("contact_id", []), (f'"{CONTACT}"', [])]
)
def test_wrong_value_of_a_form_that_should_be_json_is_reported(
    value: str, codes: list[str]
) -> None:
    url = f"https://api.mypurecloud.com/api/v2/outbound/campaigns/{CAMPAIGN}/executions"
    (found,) = explain(f'requests.post("{url}", data={{"contactId": {value}}})')
    reported = [each.code for each in found.findings if each.severity is Severity.ERROR]
    assert reported == ["header-missing", "body-malformed", *codes]
