"""`explain` checks the body that a text names beside an error, in any form, and takes no other object for it."""

from __future__ import annotations

import json

import pytest

from cxcall.explaining.explanation import explain
from helpers.cases import each_case
from helpers.command import Cxcall, screen, terminal

URL = "https://api.mypurecloud.de/api/v2/conversations/callbacks"
ERROR = f"requests.exceptions.HTTPError: 400 Client Error: Bad Request for url: {URL}"
HTTPX = f"httpx.HTTPStatusError: Client error '400 Bad Request' for url '{URL}'\nFor more information check: https://developer.mozilla.org/en-US/docs/Web/HTTP/Status/400"
SPRING = f'HttpClientErrorException$BadRequest: 400 Bad Request on POST request for "{URL}": '
REFUSAL = '{"message":"Bad","code":"bad.request"}'
BODY = '{"callbackNumbers": "+12025550123"}'
PYTHON = "{'callbackNumbers': '+12025550123'}"
OTHER = '{"callbackNumbers": ["+12025550123"]}'
WRONG = ("type-mismatch", "/callbackNumbers")


def record(status: int, **members: object) -> str:
    """Return the record of a logger for a request."""
    return json.dumps({"level": "error", "url": URL, "method": "POST", "status": status, **members})


NAMED = {
    "label below": f"{ERROR}\nRequest body: {BODY}",
    "label above": f"Request body: {BODY}\n{ERROR}",
    "log line": f"INFO sending payload: {BODY}\n{ERROR}",
    "prefix of a log": f"2026-11-27 10:00:00,123 DEBUG dialer: request payload {PYTHON}\n{ERROR}",
    "assignment": f"payload = {PYTHON}\n{ERROR}",
    "assignment on several lines": f"{ERROR}\npayload = {{\n    'callbackNumbers': '+12025550123',\n}}",
    "keyword argument": f"{ERROR}\n    r = session.post(url, json={PYTHON})",
    "form of Ruby": f'{ERROR}\nbody: {{ "callbackNumbers" => "+12025550123" }}',
    "object alone": f"{ERROR}\n{BODY}",
    "label on its own line": f"{ERROR}\nbody:\n{BODY}",
    "prose without an error of a client": f"I post {BODY} to /api/v2/conversations/callbacks with a valid token and get 400 Bad Request",
    "prose": f"I send {BODY} and get: {ERROR}",
    "label in German": f"Anfrage: {BODY}\n{ERROR}",
    "text in a log": f'{ERROR}\nbody: "{{\\"callbackNumbers\\": \\"+12025550123\\"}}"',
    "bytes": f"{ERROR}\nrequest.body: b'{BODY}'",
    "last body before the error": f"payload: {OTHER}\npayload: {BODY}\n{ERROR}",
    "body beside the response": f"{ERROR}\nrequest body: {BODY}\nresponse body: {REFUSAL}",
    "httpx": f"{HTTPX}\npayload: {BODY}",
    "aiohttp": f"aiohttp.client_exceptions.ClientResponseError: 400, message='Bad Request', url=URL('{URL}')\npayload = {PYTHON}",
    "Spring": f'{SPRING}"{REFUSAL}"\nrequest body: {BODY}',
    "Spring without a response": f"INFO Request: {BODY}\nERROR {SPRING}[no body]",
    "Rust": f"Error: HTTP status client error (400 Bad Request) for url ({URL})\njson: {BODY}",
    "log of Java": f"2026-11-27 10:00:00 ERROR [main] c.a.Dialer - Call to {URL} failed with 400, payload was {BODY}",
    "variables of a test": f"E   {ERROR}\n\npayload    = {PYTHON}\nr          = <Response [400]>",
    "the member of a record that an operation takes": record(
        400, payload=json.loads(BODY), data={"retryAfter": 30}
    ),
    "SDK": f"ApiException: (400)\nReason: Bad Request\nHTTP response body: {REFUSAL}\nbody = {PYTHON}",
    "structlog": f"2026-11-27 10:00:00 [error    ] failed                payload={PYTHON} status=400 url={URL}",
    "RSpec": f"     RuntimeError:\n       400 from POST {URL} with {BODY}",
    "REST Assured": f"Expected status code <202> but was <400>.\nRequest method:\tPOST\nRequest URI:\t{URL}\nBody:\n{BODY}",
    "options of got": f"HTTPError: Response code 400 (Bad Request)\n    at Request.<anonymous> (/app/node_modules/got/dist/index.js:118:42) {{\n  code: 'ERR_NON_2XX_3XX_RESPONSE',\n  options: {{ url: URL {{ href: '{URL}' }}, method: 'POST', json: {PYTHON} }}\n}}",
    "variable of PowerShell": f'$body = $callback | ConvertTo-Json\nInvoke-RestMethod -Method Post -Uri "{URL}" -Body $body\n\n$body is then:\n{BODY}',
    "call of an SDK": f"api.post_conversations_callbacks(body)\nApiException: (400)\nReason: Bad Request\nHTTP response body: {REFUSAL}\nbody = {PYTHON}",
}
NOT_SENT = {
    "response": f"{ERROR}\n{REFUSAL}",
    "response of another form": f'{ERROR}\nresponse: {{"callbackNumbers": 1}}',
    "short error": f'{ERROR}\nbody: {{"message": "Bad Request"}}',
    "query": f"params = {{'callbackNumbers': 1}}\n{ERROR}",
    "settings": f"config = {{'callbackNumbers': 1}}\n{ERROR}",
    "headers": f"headers = {{'callbackNumbers': '1'}}\n{ERROR}",
    "two bodies below": f"{ERROR}\npayload: {OTHER}\npayload: {BODY}",
    "error of Spring": f'{SPRING}"{REFUSAL}"',
    "form": f"{ERROR.replace(URL, 'https://login.mypurecloud.de/oauth/token')}\ndata = {{'grant_type': 'client_credentials', 'client_secret': 'q8Zr5TnW2kLx7VbC3mYd'}}",
    "template": f"{ERROR}\nbody={{body}}",
    "payload of another program": f'INFO billing: payload={{"invoice": 1, "amount": 2}}\n{ERROR}',
    "settings of a function": f'json={{"indent": 2}}\n{ERROR}',
    "code with variables": f'payload = {{"callbackNumbers": [number], "queueId": QUEUE}}\n{ERROR}',
    "content of a token": record(401, payload={"sub": "me", "exp": 123456}),
    "advice of a server": record(429, data={"retryAfter": 30}),
    "response in a record": record(200, data={"id": "57950000-1111", "selfUri": "/api/v2/x"}),
    "payload of a job": '{"job": "dial", "payload": {"customerId": 42}, "error": {"message": "Request failed'
    f' with status code 400", "config": {{"url": "{URL}", "method": "post"}}}}',
    "record of the request": f'{{"payload": {{"method": "POST", "url": "{URL}", "status": 409}}}}',
}
CONTACT = '{"contactId": "12345", "reasonCode": "x"}'
ROUTE = "/api/v2/engagements/outbound/personal-connections"
LINE = f"POST https://api.mypurecloud.com{ROUTE}"
OF_A_CONTACT = {
    "label below": f"{LINE} -> 400\nRequest body: {CONTACT}",
    "label above": f"Body: {CONTACT}\n{LINE}\n400 Bad Request",
    "log line": f"ERROR request failed: {LINE} status=400 body={CONTACT}",
    "assignment": f"payload = {CONTACT}\n{ERROR.replace(URL, f'https://api.mypurecloud.com{ROUTE}')}",
    "no label": f"{LINE} -> 400\n{CONTACT}",
    "label of the endpoint": f"Endpoint: {ROUTE}\nPayload: {CONTACT}\nError: 400 Bad Request",
    "prose with a path": f"We call {ROUTE} via POST:\n\n{CONTACT}\n\nbut receive: 400 Bad Request.",
    "path in prose": f"I post {CONTACT} to /api/v2/outbound/campaigns/{{id}}/executions and get 400 Bad Request",
    "no path": f"{CONTACT}\n400 Bad Request",
    "below a status": f"400 Bad Request\n{CONTACT}",
}


@pytest.mark.slow
@each_case("name", NAMED, quick=6)
def test_body_beside_an_error_is_checked(name: str) -> None:
    found = [(each.code, each.where) for one in explain(NAMED[name]) for each in one.findings]
    assert WRONG in found or ("property-missing", "/queueId") in found, found


@pytest.mark.slow
@each_case("name", OF_A_CONTACT)
def test_body_with_names_that_responses_also_have_is_checked(name: str) -> None:
    [found] = explain(OF_A_CONTACT[name])
    assert ("id-format", "/contactId") in [(each.code, each.where) for each in found.findings]
    has_path = "/" in OF_A_CONTACT[name]
    shown = (found.request.method, found.request.status)
    assert shown == ("POST" if has_path else "", 400)
    assert (found.request.origin != "HTTP response") is has_path


@pytest.mark.parametrize(
    "text",
    [
        "Since I last posted, deleting {} still returns 403 Forbidden.",
        "Blog post about calls: {} returns 404 Not Found",
        "[post-deploy] check failed: HTTP 404 from {}",
    ],
)
def test_word_post_is_the_method_only_before_the_path(text: str) -> None:
    [found] = explain(text.format("/api/v2/outbound/contactlists/{id}/contacts/c1"))
    assert found.request.method == ""
    assert "method-unpublished" not in [each.code for each in found.findings]


@pytest.mark.parametrize("label", ["Expected:", "The contact was", "It answers"])
def test_object_that_nobody_sent_is_not_the_body(label: str) -> None:
    [found] = explain(f"POST {URL} -> 400 Bad Request\n{label} {CONTACT}")
    assert found.request.body is None


def test_label_of_a_request_decides_what_a_conversation_is() -> None:
    body = '{"participants": [{"address": "+14155550142", "userid": "x"}]}'
    [found] = explain(
        f"POST https://api.mypurecloud.com/api/v2/conversations/calls -> 400\nRequest body: {body}"
    )
    assert found.findings[0].where == "/participants/0/userid"


@pytest.mark.slow
@each_case("name", NOT_SENT, quick=3)
def test_other_object_beside_an_error_is_not_the_body(name: str) -> None:
    found = {each.where for one in explain(NOT_SENT[name]) for each in one.findings}
    assert found <= {"response", "request", "token", "body"}


def test_url_of_the_request_is_read_beside_the_page_that_explains_its_status(
    cxcall: Cxcall,
) -> None:
    ran = cxcall("explain", "-", stdin=HTTPX)
    assert ran.out.startswith(f"client error: {URL.removeprefix('https://')} -> HTTP 400")


def test_error_of_apps_script_names_host_status_and_response(cxcall: Cxcall) -> None:
    text = f"Exception: Request failed for https://api.mypurecloud.de returned code 400. Truncated server response: {REFUSAL} (use muteHttpExceptions option to examine full response)"
    ran = cxcall("explain", "-", stdin=text, code=3)
    assert ran.out.startswith("client error: api.mypurecloud.de/ -> HTTP 400"), ran.out
    assert "the API says: Bad" in ran.out


@pytest.mark.slow
def test_wrapped_lines_of_an_explanation_are_indented(cxcall: Cxcall) -> None:
    url = URL.replace("callbacks", f"{'1' * 60}/participants/{'2' * 20}")
    file = cxcall.file("error.txt", f"HTTPError: 400 Client Error: Bad Request for url: {url}")
    with terminal(cxcall, "explain", file, columns=80) as child:
        shown = screen(child)
    assert [line for line in shown.splitlines() if line.startswith(("api.", "-> HTTP"))] == []
    assert f"\n{' ' * 18}api.mypurecloud.de/" in shown.replace("\r", "")


REFUSED = "POST https://api.mypurecloud.com/api/v2/outbound/contactlists"
READ = "GET https://api.mypurecloud.com/api/v2/users/me"
MISNAMED = '{"name": "Test", "description": "Automated test"}'
FULL_ERROR = '{"message":"No","code":"bad.request","status":400}'


@each_case(
    "text",
    [
        f"{REFUSED} returns 400 Bad Request.\nPayload:\n{MISNAMED}",
        f"{REFUSED} returns 400 with this body:\n{MISNAMED}",
        f"{REFUSED} returns 400. I'm sending\n{MISNAMED}",
        f"Hit a 400 Bad Request when posting to /api/v2/outbound/contactlists.\nHere is the JSON:\n{MISNAMED}",
        f"{REFUSED} returns 400. My payload: {MISNAMED}\nResponse: {FULL_ERROR}",
        f"{REFUSED} returns 400: {FULL_ERROR}\nI am sending {MISNAMED}",
        f"{REFUSED} -> 202\n{REFUSED}\n{MISNAMED}\n\n{FULL_ERROR}",
        f"We do a POST to\n{REFUSED[5:]} with this payload {MISNAMED}\nand get 400. The token works with GET /api/v2/users/me.",
        f"Endpoint: {REFUSED[5:]} (POST)\nBody: {MISNAMED}\nStatus: 400",
        f"Endpoint: {REFUSED[5:]}, method POST\nBody: {MISNAMED}\nStatus: 400",
        f"Endpoint: (POST) {REFUSED}\nBody: {MISNAMED}\nStatus: 400",
        f"Method: POST\nURL: {REFUSED[5:]} (prod)\nBody: {MISNAMED}\nStatus: 400",
        f"Method: POST\nPath: {REFUSED[5:]}\nBody: {MISNAMED}\nStatus: 400",
        f"{REFUSED} fails with 400 when our payload says {MISNAMED}",
        f"{REFUSED} fails with HTTP 400. JSON to call the customer back: {MISNAMED}",
        f"{REFUSED} returns 400. Same error again. Here is the payload.\n\n{MISNAMED}",
        f"request: {REFUSED}\nresponse: 400 BadRequest\n***actual request***\n{MISNAMED}",
        f"{REFUSED} fails with 400.\n{MISNAMED}\nI checked GET /api/v2/flows/{{id}}, which returns successfully.",
        f"{REFUSED} -> 400\nbody: {MISNAMED}",
        f"{REFUSED} returns a 400 - my body is {MISNAMED}",
        f"{REFUSED} returns 400\n\nJSON I use:\n{MISNAMED}",
        f"{REFUSED} -> 400\ndata: {MISNAMED}",
        f"https://login.mypurecloud.com/oauth/authorize works fine. The server returns a 400.\n\nI'm sending this to {REFUSED[5:]}:\n\n{MISNAMED}",
        f"{REFUSED} returns 400. Any ideas?\n\n{MISNAMED}",
        f"{REFUSED} fails with 400.\n{MISNAMED}\nI've checked `https://login.mypurecloud.com/oauth/token`: it returns a token.",
    ],
    quick=3,
)
def test_body_with_wrong_names_is_that_of_the_request_that_failed(text: str) -> None:
    request = explain(text)[-1].request
    shown = (request.method, request.path, request.status, request.body)
    assert shown == ("POST", "/api/v2/outbound/contactlists", 400, MISNAMED)
    assert request.response is not None
    assert request.response.text in ("", FULL_ERROR, json.dumps(json.loads(FULL_ERROR), indent=2))


@each_case(
    "text",
    [
        f'{REFUSED} returns 400. Response:\n{{"reason": "no"}}',
        f'{REFUSED} returns 400. The server says:\n{{"name": "is no name"}}',
        f'{REFUSED} returns 400. The API says: {{"name": "is no name"}}',
        f'{REFUSED} returns 400. We get back this payload:\n{{"name": "is no name"}}',
        f'{REFUSED}. 400 comes back with {{"name": "is no name"}}',
        f'{REFUSED} returns 500, and I get back {{"hint": "no"}}',
        f'{REFUSED} returns 400\n{{"detail": "no", "hint": "x"}}',
        f'{REFUSED} -> 400 {{"hint": "no"}}',
        f'{REFUSED}\nHTTP/1.1 400 Bad Request\n\n{{"hint": "no"}}',
        f'{REFUSED} 400\n{{"reason": "no", "hint": "x"}}',
        f'{REFUSED} returns 400\n{{"message": "no", "description": "x"}}',
        f'{REFUSED} returns 400:\n\n{{"message": "no", "documentation_url": "x"}}',
        f'{REFUSED} returns 400:\n\n{{"name": ["no name"]}}',
        f'{REFUSED} returns a 400 and this JSON:\n{{"info": "no"}}',
        f'When I call {REFUSED}, it returns 400 with this payload: {{"info": "no"}}',
        f'When I send {REFUSED}, 400 is what I see: {{"info": "no"}}',
        f'{REFUSED} -> 400\n["no name"]',
        f'{REFUSED} -> 400\n[{{"field": "name", "message": "no"}}]',
        f'{REFUSED} returns 400. Any ideas?\n\n{{"nam": ["is no name"]}}',
        f'{REFUSED} returns 400. Any ideas?\n\n{{"info": "no"}}',
        f'{REFUSED}\nStatus code: 400\nbody: {{"nam": "no"}}',
        f'{REFUSED}\n400\n{{"detail": "no"}}',
        f'{REFUSED}\n\n400\n\n{{"msg": "no name", "ret": -1}}',
        f'{REFUSED}\n400\n{{"error": {{"response": {{"body": {{"message": "no", "code": "bad.request"}}}}}}}}',
        f'{REFUSED}\n400\n[{{"field": "id", "problem": "is no id"}}]',
        f'{REFUSED} -> 400. It rejects my body: {{"detail": "no", "ref": "ab"}}',
        f'{REFUSED} fails with 400. The error I see when I use my token: {{"detail": "no"}}',
        f'When I use {REFUSED} it returns 400 {{"detail": "no"}}',
        f'{REFUSED} -> 400, whatever I send: {{"detail": "no"}}',
        'POST /api/v2/routing/queues gives 400 {"name": "bad.request", "description": "no"}',
    ],
    quick=2,
)
def test_object_is_the_response_by_its_place_its_label_or_its_names(text: str) -> None:
    [found] = explain(text)
    assert found.request.body is None
    assert found.request.response is not None
    assert "no" in found.request.response.text


@each_case(
    "text",
    [
        f"I have successfully obtained a token, and now I call {REFUSED}. It fails with a 400. I followed https://example.com/api/x.",
        f"I am working on {REFUSED} with my token. It returns 400.\nSee also https://example.com/api/rest for docs.",
        f"In Postman {REFUSED} works fine. From Python the same call returns 400. Token from https://login.mypurecloud.com/oauth/token",
        f"Explain how {REFUSED} works. I get 400. Token: POST https://login.mypurecloud.com/oauth/token",
        f"I can successfully call GET https://api.mypurecloud.com/api/v2/users/me. {REFUSED} returns 400.",
        f"With GET https://api.mypurecloud.com/api/v2/users/me everything works. With {REFUSED} I get 400.",
        f"The request POST https://login.mypurecloud.com/oauth/token was successful. Then I {REFUSED} and get 400.",
        f"{REFUSED} gives 400.\n\nI've checked `https://login.mypurecloud.com/oauth/token` API it is working fine",
        f"How does {REFUSED} work\nI only see 400. Docs: https://example.com/api/rest",
        f"{READ} works. I get 400 from {REFUSED}",
        f"{READ} works fine.\nI get a 400 when I POST to {REFUSED[5:]}",
        f"{READ} works, but I see 400 with {REFUSED}",
        f"{READ} works. The same token gives 400 for {REFUSED}",
        f"{READ} works. The limit is 500 per minute. {REFUSED} gives 400.",
        f"I call POST https://login.mypurecloud.com/oauth/token and everything works. {REFUSED} then gives 400",
        f"{READ} works.\n\nI always get this 400 from {REFUSED}:\n\n{FULL_ERROR}",
        f"With {READ} I get 200, with {REFUSED} I get 400",
        f"First {READ} to check the token, then {REFUSED} which gives 400",
        f"{REFUSED} returns 400 and {READ} returns 200.",
        f"Why 400 Bad Request? I POST to {REFUSED[5:]}. I checked {READ}, which returns successfully, but the 400 persists.",
        f"{REFUSED} works, as long as I leave out the name. With it I get 400. Docs: https://api.mypurecloud.com/api/v2/docs",
        f"{REFUSED} works in Postman. The docs (https://developer.genesys.cloud/x) say 400 is rare. From Python I get 400",
    ],
    quick=4,
)
def test_request_that_fails_is_read_also_if_words_speak_of_what_works(text: str) -> None:
    [shown] = explain(text)
    assert (shown.request.path, shown.request.status) == ("/api/v2/outbound/contactlists", 400)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (f'{REFUSED}/x/contacts -> 400\n[{{"dat": {{"Phone": "+12065550142"}}}}]', "/0/dat"),
        (f'{REFUSED} -> 400\n{{"nam": "x"}}', "/nam"),
        (f'POST {URL} -> 400\n{{"queue": "x", "phone": "+12065550142"}}', "/queue"),
    ],
)
def test_object_like_a_body_below_a_status_is_the_body(text: str, place: str) -> None:
    [found] = explain(text)
    assert place in [each.where for each in found.findings]


def test_object_that_is_neither_error_nor_body_is_named_as_not_understood() -> None:
    for between in (" -> 400", "\n400"):
        [found] = explain(f'{REFUSED}{between}\n{{"queue": "x"}}')
        assert found.request.body is None
        assert found.request.unread == f"line {between.count(chr(10)) + 2}"


def test_punctuation_behind_a_url_is_no_part_of_the_path() -> None:
    [found] = explain(f"The payload I'm sending to {URL}:\n{BODY}\n400 Bad Request")
    assert (found.request.path, found.request.body) == ("/api/v2/conversations/callbacks", BODY)


@each_case(
    "text",
    [
        f'curl -X POST {URL} -d \'{{"a": "successful https://example.com/api", "b": 1}}\'',
        f'POST {URL}\n\n{{\n  "a": "it works, see https://example.com/api",\n  "b": 1\n}}',
    ],
)
def test_body_that_speaks_of_what_works_is_whole(text: str) -> None:
    [found] = explain(text)
    assert "https://example.com/api" in (found.request.body or "")


def test_line_of_a_log_with_a_success_is_a_request() -> None:
    line = "2026-11-30 10:00:0{} INFO {} {}"
    first = line.format(0, "GET https://api.mypurecloud.com/api/v2/users/me", "success 200")
    found = explain(f"{first}\n{line.format(1, f'POST {URL}', 400)}")
    shown = [(each.request.path, each.request.status, each.request.time) for each in found]
    assert shown == [
        ("/api/v2/users/me", 200, "2026-11-30 10:00:00"),
        ("/api/v2/conversations/callbacks", 400, "2026-11-30 10:00:01"),
    ]
