"""Reading messages of browsers and curl, broken URLs, and numbers that are not a status."""

from __future__ import annotations

import json
import textwrap
from urllib.parse import quote

import pytest

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case

HOST = "api.mypurecloud.ie"
PATH = "/api/v2/conversations/callbacks"
URL = f"https://{HOST}{PATH}"
QUEUE = "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10"
CHROMIUM = f"Access to fetch at '{URL}' from origin 'http://localhost:3000' has been blocked by CORS policy: No 'Access-Control-Allow-Origin' header is present on the requested resource."
FIREFOX = f"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {URL}. (Reason: CORS header \u2018Access-Control-Allow-Origin\u2019 missing). Status code: 401."
SAFARI = f"[Error] Fetch API cannot load {URL} due to access control checks."


@each_case("text", [CHROMIUM, f"app.js:12 {CHROMIUM}", FIREFOX, SAFARI], quick=2)
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


@each_case(
    "code, expected",
    [
        (6, "undelivered"),
        (97, "undelivered"),
        (28, "outcome-unknown"),
        (95, "outcome-unknown"),
    ],
    quick=2,
)
def test_exit_code_of_curl_says_whether_the_request_was_sent(code: int, expected: str) -> None:
    for text in (f"curl: ({code}) some problem\n{URL}", f"curl {URL}\ncurl: ({code}) some problem"):
        (found,) = explain(text)
        assert (found.request.host, found.request.path) == (HOST, PATH)
        assert expected in [each.code for each in found.findings]


@each_case(
    "report, hint",
    [
        ("curl: (26) Failed to open/read local data from file/application", "name of the file"),
        ("curl: option -d: error encountered when reading a file", "name of the file"),
        ("curl: option --jsn: is unknown", "correct the option"),
    ],
)
def test_file_or_option_that_curl_cannot_use_is_named(report: str, hint: str) -> None:
    (found,) = explain(f"curl {URL} -H 'Content-Type: application/json' -d @body.json\n{report}")
    [problem] = [each for each in found.findings if each.code == "undelivered"]
    assert hint in (problem.fix or "")


@each_case(
    "took",
    [
        *("took 401 ms", "in 404 ms", "404 bytes", "after 503 seconds", "(401 ms)", "took 401"),
        *("with 400 phones", "after 503 attempts", "in batches of 500", "for all 404 contacts"),
        *("with 404 entries", "sends 401 objects", "returned 400 entries"),
    ],
    quick=2,
)
def test_number_with_a_unit_or_of_things_is_not_read_as_status(took: str) -> None:
    (request,) = read_exchanges(f"GET {URL} {took}", "text")
    assert request.response is None
    (request,) = read_exchanges(f"GET {URL} 409 {took}", "text")
    assert request.status == 409
    (request,) = read_exchanges(f"10:00:00 -> GET {URL}\n10:00:01 <- 409 {took}", "text")
    assert request.status == 409


def test_number_right_behind_the_url_is_the_status_whatever_follows() -> None:
    for behind in ("results from it", "numbers are wrong", "times in a row", "calls=3"):
        (request,) = read_exchanges(f"GET {URL} 404 {behind}", "text")
        assert request.status == 404


@pytest.mark.parametrize(
    "text",
    [
        f"Request URL:\nhttps://{HOST}/api/v2/convers\nations/callbacks\nRequest Method: POST",
        f"> POST https://{HOST}/api/v2/conversations/call\n> backs",
        f"POST https://{HOST}/api/v2/conversations/\ncallbacks HTTP/1.1",
        f"POST [https://{HOST}/api/v2/conv\u2026](https://{HOST}{PATH})",
        f"POST [{URL}](https://{HOST}{PATH}/(docs))",
        f"POST [conversations/callbacks]({URL})\n400",
        f"POST [our docs/guide]({URL})\n400",
        f"POST [{PATH}]({URL})\n400",
        f"[POST Call]({URL})\nMethod: POST\nStatus: 400",
        f"POST [{PATH}](https://example.com/explorer{PATH})\nHost: {HOST}",
        f"[POST {PATH}]({URL})\n400",
        f"[`POST {PATH}`](https://example.com/?at={PATH})\nHost: {HOST}",
        f"POST https://eur02.safelinks.protection.outlook.com/?url={quote(URL, '')}&data=05%7C01",
    ],
)
def test_url_in_two_lines_is_joined_if_only_the_whole_is_published(text: str) -> None:
    (request,) = read_exchanges(text, "text")
    assert (request.method, request.host, request.path) == ("POST", HOST, PATH)


@pytest.mark.parametrize(
    ("url", "rest"),
    [
        ("/api/v2/conversations/calls", "backs"),
        ("/api/v2/conversations/calls", "Thanks"),
        ("/api/v2/conversations/calls", "e7c4"),
        ("/api/v2/conversations/callz", "The API returned 404"),
        ("/inContactAPI/services/v30.0/agents/", "15\nHTTP/1.1 404"),
    ],
)
def test_url_that_is_published_or_above_a_sentence_is_not_joined(url: str, rest: str) -> None:
    (request,) = read_exchanges(f"POST https://{HOST}{url}\n{rest}", "text")
    assert request.path == url


@each_case(
    "rest, path",
    [
        ("404", ""),
        ("Gives me a 404, why?", ""),
        ("2026-11-22 10:00:00 ERROR 404", ""),
        (f"{QUEUE}\n404", QUEUE),
        ("progress 404", "progress"),
        ("123\n404", "123"),
        ("12 of them got a 404", ""),
    ],
    quick=2,
)
def test_line_below_a_slash_is_joined_only_if_it_is_an_id_or_a_segment(
    rest: str, path: str
) -> None:
    (request,) = read_exchanges(f"GET https://{HOST}/api/v2/outbound/campaigns/\n{rest}", "text")
    assert (request.path, request.status) == (f"/api/v2/outbound/campaigns/{path}", 404)


def test_link_in_a_string_of_the_body_stays_as_it_was_sent() -> None:
    body = f'{{"note": "[{PATH}]({URL})"}}'
    (request,) = read_exchanges(f"POST {URL}\n\n{body}", "text")
    assert request.body == body


BODY = {
    "queueId": QUEUE,
    "callbackNumbers": ["+12125550123"],
    "callbackUserName": "Ada Lovelace",
}
TEXT, LINES = json.dumps(BODY), json.dumps(BODY, indent=2)
CURL = f"curl -X POST '{URL}' -H 'Authorization: Bearer abc' -H 'Content-Type: application/json' -d '{TEXT}'"
RAW = f"POST {PATH} HTTP/1.1\nHost: {HOST}\nContent-Type: application/json\n\n{LINES}"
WRAPPED = textwrap.wrap(CURL, 72, break_on_hyphens=False)
ITEMS = (
    f"queueId={BODY['queueId']} 'callbackNumbers[]=+12125550123' callbackUserName='Ada Lovelace'"
)
GO = f"""body := platformclientv2.Createcallbackcommand{{
  QueueId: platformclientv2.String("{BODY["queueId"]}"),
  CallbackNumbers: &[]string{{"+12125550123"}},
  CallbackUserName: platformclientv2.String("Ada Lovelace"),
}}
"""
REFUSED = '{\n  "message": "no",\n  "status": 400\n}'


def numbered(lines: str) -> str:
    """Return lines with their numbers, as an editor shows them."""
    return "\n".join(f"{at}  {each}" for at, each in enumerate(lines.split("\n"), 1))


PASTED = {
    "mail": "\n".join(WRAPPED),
    "quoted mail": "\n".join(f"> {each}" for each in WRAPPED),
    "typographic quotes": CURL.replace('"', "\u201d").replace("'", "\u2019"),
    "block of a chat": f"POST <{URL}>\n```{LINES}```\n400 Bad Request",
    "link of a chat": f"curl -X POST <{URL}|{HOST}> -d '{TEXT}'",
    "log": textwrap.indent(RAW, "2026-11-23T10:00:00.123Z INFO http - ", lambda _: True),
    "log of a CI job": textwrap.indent(RAW, "2026-11-23T10:00:00.1234567Z ", lambda _: True),
    "syslog": textwrap.indent(RAW, "Nov 23 10:00:00 box app[123]: ", lambda _: True),
    "container": textwrap.indent(RAW, "app-1  | ", lambda _: True),
    "diff": textwrap.indent(RAW, "+", lambda _: True),
    "numbered": "\n".join(f"{at:4} {each}" for at, each in enumerate(RAW.split("\n"), 1)),
    "numbered JSON": f"POST {URL}\n{numbered(LINES)}\n400 Bad Request\n{numbered(REFUSED)}",
    "Spring": f'10:00:00.1 DEBUG RestTemplate : HTTP POST {URL}\n10:00:00.2 DEBUG RestTemplate : Writing [{TEXT}] as "application/json"\n',
    "lines of Spring": f'10:00:00.1 DEBUG RestTemplate : HTTP POST {URL}\n10:00:00.2 DEBUG RestTemplate : Writing ["{LINES}"] as "application/json"\n',
    "console of Postman": f'POST {URL}: {{\n  "Network": {{}},\n  "Request Body": {json.dumps(TEXT)},\n  "Response Body": ""\n}}',
    "headers of a browser": f":authority: {HOST}\n:method: POST\n:path: {PATH}\n:scheme: https\ncontent-type: application/json\n\n{TEXT}",
    "names and values of a browser": f":authority\n{HOST}\n:method\nPOST\n:path\n{PATH}\n\n{TEXT}",
    "PowerShell": f"curl.exe -X POST {URL} -d '{TEXT}'".replace('"', '\\"'),
    "HTTPie": f"http --session=x -A bearer -a abc --pretty all POST {URL} {ITEMS}",
    "HTTPie on two lines": f"http -j \\\n {URL} {ITEMS}",
    "Go": f"{GO}api.PostConversationsCallbacks(body)",
    "Go without the call of the SDK": f'{GO}b, _ := json.Marshal(body)\nhttp.NewRequest("POST", "{URL}", bytes.NewBuffer(b))',
}


@pytest.mark.slow
@each_case("name", PASTED, quick=5)
def test_body_in_a_changed_text_is_read_as_it_was(name: str) -> None:
    (found,) = explain(PASTED[name])
    assert (found.request.method, found.request.path) == ("POST", PATH)
    assert json.loads(found.request.body or "") == BODY


def test_links_in_a_body_stay_as_they_were_sent() -> None:
    links = ["see <https://crm.example.com/1|CRM 1>", "<https://crm.example.com/2>"]
    text = json.dumps({**BODY, "data": {"ticket": links[0], 'say "hi"': links[1]}, "links": links})
    for pasted in (
        f"POST {PATH} HTTP/1.1\nHost: {HOST}\nContent-Type: application/json\n\n{text}",
        f"curl -X POST <{URL}|{HOST}> -d '{text}'",
    ):
        (found,) = explain(pasted)
        assert (found.request.path, found.request.body) == (PATH, text)


CODE = "conversation.error.no.user.station"
ANSWER = json.dumps({"message": "No phone", "code": CODE, "contextId": "q-1", "status": 400})
FAILURE = '{"errorCount": 1, "resultSet": [{"success": false}]}'


@pytest.mark.slow
@each_case(
    "shown",
    [
        "ANSWER\nAny idea?",
        "ANSWER\n\nRegards, {Ann}",
        "ANSWER\n------",
        'ANSWER\n{"saved": true}',
        ANSWER.replace("No phone", "No\nphone"),
        ANSWER[:-1],
        ANSWER[:-5],
        ANSWER[:-9],
        f'{ANSWER[:-9]}\n\nRegards, "Ann"',
    ],
    quick=3,
)
def test_response_is_read_without_the_text_below_it_and_if_it_is_cut(shown: str) -> None:
    kind = "Content-Type: application/json\n"
    body = shown.replace("ANSWER", ANSWER)
    texts = [f"{RAW}\n\nHTTP/1.1 400 Bad Request\n{each}\n{body}" for each in (kind, "")]
    logged = {"method": "POST", "url": URL, "body": BODY, "status": 400, "response_body": body}
    texts.append(json.dumps({**logged, "response_headers": {"Content-Type": "application/json"}}))
    for text in texts:
        (found,) = explain(text)
        assert found.correlation_id == "q-1"
        assert CODE in found.findings[0].why
        assert not any(
            "proxy" in each.message or "contextId" in each.message for each in found.findings
        )


@each_case(
    "shown, said",
    [
        ('{"message": "No pho', "No pho"),
        ('{"message": "[[[', "[[["),
        ('["a"] is not a number', '["a"] is not a number'),
    ],
)
def test_text_of_a_response_that_is_cut_or_no_json_is_shown(shown: str, said: str) -> None:
    (found,) = explain(f"{RAW}\n\nHTTP/1.1 400 Bad Request\n\n{shown}")
    assert any(each.message == f"the API says: {said}" for each in found.findings)


@each_case("shown", [f"{FAILURE}\nRegards, Ann", FAILURE[:-9]])
def test_failure_in_a_2xx_response_is_found_beside_other_text_or_a_cut(shown: str) -> None:
    (found,) = explain(f"{RAW}\n\nHTTP/1.1 200 OK\nContent-Type: application/json\n\n{shown}")
    assert "hidden-failure" in [each.code for each in found.findings]


@each_case(
    "text",
    [
        "URL: {}\nMethod: POST\nBody: {}\nResponse: 400",
        "Request URL: {}\nRequest Method: POST\nStatus Code: 400\nRequest Payload\n{}",
    ],
)
def test_typographic_quotes_in_a_labeled_body_are_named(text: str) -> None:
    for sign in "\u201c\u2018\u00ab":
        (found,) = explain(text.format(URL, TEXT.replace('"', sign)))
        assert "curly quotes" in found.findings[0].message


def test_cut_body_is_reported() -> None:
    (found,) = explain(f"POST {URL}\nContent-Type: application/json\n\n{LINES[:-9]}")
    assert "body-malformed" in [each.code for each in found.findings]


def test_body_that_a_log_cut_is_not_called_malformed() -> None:
    log = f'DEBUG RestTemplate : HTTP POST {URL}\nDEBUG RestTemplate : Writing ["{TEXT[:80]} (truncated)..."] as "application/json"\nDEBUG RestTemplate : Response 400 BAD_REQUEST'
    (found,) = explain(log)
    assert (found.request.body, {each.code for each in found.findings}) == (None, {"not-provable"})


def test_no_break_space_after_the_scheme_is_named() -> None:
    (found,) = explain(f"curl -X POST {URL} -H 'Authorization: Bearer\u00a0abc123def' -d '{TEXT}'")
    assert "U+00A0" in found.findings[0].message
