"""Reading messages of browsers and curl, broken URLs, and numbers that are not a status."""

from __future__ import annotations

import pytest

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.format_detection import read_exchanges

HOST = "api.mypurecloud.ie"
PATH = "/api/v2/conversations/callbacks"
URL = f"https://{HOST}{PATH}"
CHROMIUM = f"Access to fetch at '{URL}' from origin 'http://localhost:3000' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
FIREFOX = f"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {URL}. (Reason: CORS header \u2018Access-Control-Allow-Origin\u2019 missing). Status code: 401."
SAFARI = f"[Error] Fetch API cannot load {URL} due to access control checks."


@pytest.mark.parametrize("text", [CHROMIUM, f"app.js:12 {CHROMIUM}", FIREFOX, SAFARI])
def test_blocked_request_shows_only_its_url(text: str) -> None:
    (found,) = explain(text)
    request = found.request
    assert (request.host, request.path, request.method) == (HOST, PATH, "")
    assert (request.headers, request.body, request.response) == (None, None, None)
    assert [each.code for each in found.findings] == ["state"]
    assert "CORS" in found.findings[0].message


def test_blocked_request_is_that_of_the_code_or_log_with_it() -> None:
    call = f"fetch('{URL}', {{method: 'POST', headers: {{'Content-Type': 'application/json'}}, body: '{{}}'}})"
    for text in (f"{call}\n{CHROMIUM}", f"{CHROMIUM}\nPOST {URL} net::ERR_FAILED 200 (OK)"):
        (found,) = explain(text)
        assert found.request.method == "POST"
        assert any("CORS" in each.message for each in found.findings)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (6, "undelivered"),
        (35, "undelivered"),
        (60, "undelivered"),
        (77, "undelivered"),
        (97, "undelivered"),
        (16, "outcome-unknown"),
        (18, "outcome-unknown"),
        (28, "outcome-unknown"),
        (95, "outcome-unknown"),
    ],
)
def test_exit_code_of_curl_says_whether_the_request_was_sent(code: int, expected: str) -> None:
    for text in (f"curl: ({code}) some problem\n{URL}", f"curl {URL}\ncurl: ({code}) some problem"):
        (found,) = explain(text)
        assert (found.request.host, found.request.path) == (HOST, PATH)
        assert expected in [each.code for each in found.findings]


@pytest.mark.parametrize(
    "took", ["took 401 ms", "in 404 ms", "404 bytes", "after 503 seconds", "(401 ms)", "took 401"]
)
def test_number_with_a_unit_is_not_read_as_status(took: str) -> None:
    (request,) = read_exchanges(f"GET {URL} {took}", "text")
    assert request.response is None
    (request,) = read_exchanges(f"GET {URL} 409 {took}", "text")
    assert request.status == 409


@pytest.mark.parametrize(
    "text",
    [
        f"Request URL:\nhttps://{HOST}/api/v2/convers\nations/callbacks\nRequest Method: POST",
        f"> POST https://{HOST}/api/v2/conversations/call\n> backs",
        f"POST https://{HOST}/api/v2/conversations/\ncallbacks HTTP/1.1",
    ],
)
def test_url_in_two_lines_is_joined_if_only_the_whole_is_published(text: str) -> None:
    (request,) = read_exchanges(text, "text")
    assert (request.method, request.host, request.path) == ("POST", HOST, PATH)


@pytest.mark.parametrize("rest", ["backs", "Thanks", "e7c4"])
def test_url_that_is_published_is_not_joined_with_the_next_line(rest: str) -> None:
    (request,) = read_exchanges(f"GET https://{HOST}/api/v2/conversations/calls\n{rest}", "text")
    assert request.path == "/api/v2/conversations/calls"
