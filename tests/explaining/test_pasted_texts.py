"""Texts are read as people paste them into forums, tickets, and chats."""

from __future__ import annotations

import json

import pytest

from cxcall.explaining.explanation import explain, explain_request
from cxcall.explaining.observed_request import SourceKind
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.pasted_texts import ERROR, PATH, TEXTS, URL

HEADERS = '{"Content-Type": "application/json"}'


@each_case(
    "text, says",
    [
        (f"requests.post('{URL}', headers={HEADERS}, data={{'queueId': 'x'}})", "form"),
        (f"requests.post('{URL}', headers={HEADERS}, data=json.dumps({{'queueId': 'x'}}))", ""),
        (f"requests.post('{URL}', headers={HEADERS}, json={{'queueId': 'x'}})", ""),
        (f"body = {{'queueId': 'x'}}\nrequests.post('{URL}', headers={HEADERS}, data=encoded)", ""),
        (f"fetch('{URL}', {{method: 'POST', headers: {HEADERS}, body: {{queueId: 'x'}}}})", "[object Object]"),
        (f"fetch('{URL}', {{method: 'POST', headers: {HEADERS}, body: JSON.stringify({{queueId: 'x'}})}})", ""),
        (f"$.ajax({{url: '{URL}', method: 'POST', contentType: 'application/json', data: {{queueId: 'x'}}}})", "form"),
        (f"HTTParty.post('{URL}', headers: {{'Content-Type' => 'application/json'}}, body: {{queueId: 'x'}})", "form"),
        (f"HTTParty.post('{URL}', headers: {{'Content-Type' => 'application/json'}}, body: {{queueId: 'x'}}.to_json)", ""),
        (f"Invoke-RestMethod '{URL}' -Method Post -ContentType 'application/json' -Body @{{queueId = 'x'}}", "form"),
        (f"$b = @{{queueId = 'x'}} | ConvertTo-Json\nInvoke-RestMethod '{URL}' -Method Post -ContentType 'application/json' -Body $b", ""),
    ],
quick=2)  # fmt: skip
def test_encoding_follows_from_the_call(text: str, says: str) -> None:
    (request,) = read_exchanges(text, "text")
    assert '"queueId": "x"' in (request.body or "") or "encoded" in text
    assert [says in each.message for each in request.findings] == ([True] if says else [])
    known = {
        "fetch": "`JSON.stringify(...)`",
        "$.ajax": "`JSON.stringify(...)`",
        "requests": "`json=`",
        "HTTParty": "`.to_json`",
        "Invoke": "`ConvertTo-Json`",
    }
    [encoder] = [each for name, each in known.items() if name in text]
    assert all(
        each.fix.startswith(f"encode the body as JSON: {encoder[:-1]}") for each in request.findings
    )


def test_object_that_is_sent_as_text_is_not_sent_as_json() -> None:
    call = f"fetch('{URL}', {{method: 'POST', headers: {{Accept: 'x'}}, body: {{queueId: 'x'}}}})"
    [request] = read_exchanges(f"{call}; // HTTP/1.1 415 Unsupported Media Type", "text")
    found = explain_request(request)
    assert (found.request.status, found.request.content_type) == (415, "")
    assert {"header:Content-Type", "body"} <= {each.where for each in found.findings}
    assert not [each for each in found.findings if "the request has" in each.fix]
    assert not [each for each in found.findings if "curl" in each.why]


def test_curl_form_is_read_as_multipart() -> None:
    (request,) = read_exchanges(f"curl {URL} -F file=@contacts.csv", "text")
    assert request.headers is not None
    assert (request.method, request.headers["Content-Type"]) == ("POST", "multipart/form-data")
    assert request.body == "file=%40contacts.csv"


def test_options_after_the_body_of_a_call_are_no_body() -> None:
    text = f"axios.post('{URL}', {{queueId: 'x'}}, {{auth: {{username: 'a', password: 'b'}}}})"
    (request,) = read_exchanges(text, "text")
    assert json.loads(request.body or "") == {"queueId": "x"}
    assert request.headers is not None
    assert request.headers["Authorization"] == "Basic YTpi"


@each_case(
    "text, unread, status",
    [
        (f"Hello all,\n\nGET {URL}\n200 OK\n\nwho can help with that?", "lines 1 and 6", 200),
        (f"I get 415 Unsupported Media Type here:\ncurl {URL}", "", 415),
        (f"curl {URL} \\\n  --compressed \\\n  -H 'Accept: application/json'\n=> 404", "", 404),
        (
            f"pod-1 [INFO] --> GET {URL}\npod-1 [INFO] <-- 200 nothing of this kind is known",
            "",
            200,
        ),
        (f"import requests\nrequests.get('{URL}')\n# 200", "", 200),
        (f"D/OkHttp: --> GET {URL}\nD/OkHttp: Authorization: Bearer x", "line 2", 0),
        (f'POST {URL} HTTP/1.1\nA: b\n\n{{"a": "x"}}\n\nwho can help with that?', "line 6", 0),
        (f'POST {URL} HTTP/1.1\nContent-Length: 99\n\n{{"a": "x"}}\nwho can help?', "", 0),
        (f'POST {URL} HTTP/1.1\nA: b\n\n{{"a": "x"}}\n"b": "who can help"}}', "", 0),
    ],
    quick=2,
)
def test_lines_that_are_not_understood_are_named(text: str, unread: str, status: int) -> None:
    (request,) = read_exchanges(text, "text")
    assert (request.unread, request.status) == (unread, status)


@each_case("name", TEXTS)
def test_pasted_text_is_read(name: str) -> None:
    pasted = TEXTS[name]
    found = list(read_exchanges(pasted.text, "text"))[-1]
    shown = {"method": found.method, "host": found.host, "path": found.path, "status": found.status}
    expected = {key: value for key in shown if (value := getattr(pasted, key)) is not None}
    assert {key: shown[key] for key in expected} == expected
    if pasted.body is not None:
        assert pasted.body in (found.body or "")
    if "curl: (" in pasted.text:
        codes = [each.code for each in explain_request(found).findings]
        assert "undelivered" in codes
    if pasted.response is not None:
        assert found.response is not None
        assert pasted.response in found.response.body.decode()


def test_reports_are_read_by_what_they_show() -> None:
    link = '{"selfUri": "/api/v2/authorization/divisions/x", "queueId": "x"}'
    exception = f"ApiException: (400)\nReason: Bad Request\nHTTP response headers: HTTPHeaderDict({HEADERS})\nHTTP response body: {{}}"
    queue = "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10"
    texts = {
        f"PUT {URL}\nAccept: */*\n\n{link}\n400 {{}}": ("PUT", 400, link),
        f"client.post('{URL}') {{ contentType(ContentType.Application.Json); setBody('{{}}') }}": (
            "POST",
            0,
            "{}",
        ),
        f'http.post(MediaType.APPLICATION_JSON, \'{URL}\', payload)\n# 404 {{"error": "x"}}': (
            "POST",
            404,
            None,
        ),
        f"fetch('{URL}', {{method: 'POST'}}).then(r => console.log(r))": ("POST", 0, None),
        f"Message : HTTP POST on resource '{URL}' failed: bad request (400).": ("POST", 400, None),
        f"Error calling post_conversations_calls: {exception}": ("POST", 400, None),
        f"gc outbound dnclists phonenumbers create {queue} -d '[]'": ("POST", 0, "[]"),
    }
    for text, expected in texts.items():
        found = list(read_exchanges(text, "text"))[-1]
        assert (found.method, found.status, found.body) == expected, text
    assert found.path == f"/api/v2/outbound/dnclists/{queue}/phonenumbers"
    (kotlin,) = read_exchanges(list(texts)[1], "text")
    assert kotlin.headers is not None
    assert kotlin.headers["Content-Type"] == "application/json"


def test_variables_in_a_query_are_not_judged() -> None:
    url = "https://api-na1.niceincontact.com/incontactapi/services/v27.0/scripts/start?skillId={skill}&scriptId={script}"
    [found] = explain(f'requests.post(f"{url}", headers={{"Accept": "application/json"}})')
    assert not [each for each in found.findings if each.where == "query"]
    [literal] = explain(f'requests.post("{url}", headers={{"Accept": "application/json"}})')
    assert [each.code for each in literal.findings if each.where == "query"]


def test_headers_of_an_unknown_client_are_not_missing() -> None:
    [found] = explain(
        'resource "restapi_object" "c" {\n  path = "/api/v2/outbound/campaigns"\n  data = jsonencode({ name = "x" })\n}'
    )
    assert "header-missing" not in {each.code for each in found.findings}
    [fetched] = explain(
        f'fetch("{URL}", {{method: "POST", body: JSON.stringify({{queueId: "x"}})}})'
    )
    assert "header-missing" in {each.code for each in fetched.findings}


@pytest.mark.parametrize("alias", ["curl", "wget"])
def test_alias_of_powershell_is_not_read_as_the_command(alias: str) -> None:
    body = """-ContentType 'application/json' -Body '{"queueId": "x"}'"""
    for text in (
        f"{alias} -Uri '{URL}' -Method Post {body}",
        f"{alias} '{URL}' `\n  -method POST `\n  {body}",
        f"PS C:\\> $r = {alias} '{URL}' -Headers @{{'A'='-H'}} -Method Post {body}",
    ):
        (request,) = read_exchanges(text, "text")
        assert (request.method, request.body) == ("POST", '{"queueId": "x"}'), text
    (request,) = read_exchanges(
        f"""curl -H 'A: x -Method Get' -d '{{"a": "b -Body c"}}' {URL}""", "text"
    )
    assert (request.method, request.header("A")) == ("POST", "x -Method Get")


CODES = (
    f'r = requests.post("{URL}", headers=headers, json={{"queueId": "x"}})\nprint(r.text)',
    f'await fetch("{URL}", {{\n  method: "POST",\n  headers,\n  body: JSON.stringify({{ queueId: "x" }})\n}});',
    f"<?php\n$ch = curl_init('{URL}');\ncurl_setopt($ch, CURLOPT_POSTFIELDS, '{{\"queueId\": \"x\"}}');\ncurl_exec($ch);",
    f"Invoke-RestMethod -Method Post -Uri {URL} -ContentType 'application/json' -Body '{{\"queueId\": \"x\"}}'",
    f'var m = new HttpRequestMessage(HttpMethod.Post, "{URL}");\nm.Content = new StringContent("{{\\"queueId\\": \\"x\\"}}", Encoding.UTF8, "application/json");',
    f'HttpRequest r = HttpRequest.newBuilder(URI.create("{URL}"))\n    .POST(HttpRequest.BodyPublishers.ofString("{{\\"queueId\\": \\"x\\"}}")).build();',
)
RAW = ("HTTP/1.1 400 Bad Request", f"HTTP/2 400\ncontent-type: application/json\n\n{ERROR}")


@pytest.mark.slow
@each_case(
    "response",
    [
        *RAW,
        f"HTTP/1.1 400 Bad Request\n{ERROR}",
        f"I get this:\n```\n{RAW[1]}\n```",
        f"Response (400):\n```json\n{ERROR}\n```",
        f"< HTTP/2 400\n< content-type: application/json\n<\n{ERROR}",
        'HTTP/1.1 400 Bad Request\nContent-Type: text/html\n\n<html><a href="https://x.example/a">x</a></html>',
    ],
    quick=3,
)
@each_case("code", CODES, quick=3)
def test_code_has_the_response_above_or_below_it(code: str, response: str) -> None:
    for text in (f"{code}\n\n{response}", f"{response}\n\n{code}", f"```\n{code}\n```\n{response}"):
        [request] = read_exchanges(text, "text")
        assert (request.method, request.status) == ("POST", 400), text
        assert json.loads(request.body or "null") == {"queueId": "x"}, text


def test_message_with_code_in_it_is_no_code() -> None:
    start = f"POST {PATH}\nReferer: https://x.example/a\n\nfetch('{URL}')\n\n"
    [request] = read_exchanges(start + RAW[1], "text")
    assert (request.method, request.status) == ("POST", 400)
    assert request.kind is SourceKind.MESSAGE


CONSOLE = "{\n  status: 400,\n  body: {\n    message: 'No user',\n    code: 'bad.request',\n    contextId: '39e2ef3a'\n  }\n}"


@each_case(
    "comment",
    [
        CONSOLE,
        "// " + " ".join(CONSOLE.split()),
        "// " + CONSOLE.replace("\n", "\n// "),
        "# " + CONSOLE.replace("\n", "\n# "),
        f"/*\n{CONSOLE}\n*/",
        "/**\n * " + CONSOLE.replace("\n", "\n * ") + "\n */",
    ],
    quick=2,
)
def test_response_in_a_comment_of_code_is_read_as_without_it(comment: str) -> None:
    for code in ("api.postConversationsCallbacks({a: 'x'})", f"axios.post('{URL}', {{a: 'x'}})"):
        (request,) = read_exchanges(f"{code}\n{comment}", "text")
        assert (request.status, json.loads(request.body or "")) == (400, {"a": "x"})
        assert request.response is not None
        assert "39e2ef3a" in request.response.text
