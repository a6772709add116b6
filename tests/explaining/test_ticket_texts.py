"""Texts of tickets, chats, and exceptions: what is not shown, or is said by somebody else, is no claim about the request."""

from __future__ import annotations

import pytest

from cxcall.explaining.explanation import explain
from helpers.cases import each_case
from helpers.explained_errors import problems
from helpers.pasted_texts import QUEUE, URL

BODY = f'{{"callbackNumbers": "+442079460123", "queueId": "{QUEUE}"}}'
RIGHT = BODY.replace('"+442079460123"', '["+442079460123"]')
LISTS = "https://api.mypurecloud.ie/api/v2/outbound/contactlists"
SESSION = (
    "https://api-na1.niceincontact.com/inContactAPI/services/v33.0/agent-sessions/c2Vzc2lvbg=="
)


@pytest.mark.parametrize(
    "text",
    [
        f'POST {URL}\nHeaders: {{"Authorization": "Bearer x", "Content-Type": "application/json"}}\nData: {BODY}\nResponse: 400',
        f"*Endpoint:* POST {URL}\n*Request headers:*\nContent-Type: application/json\n*Request body:*\n{{code:json}}\n{BODY}\n{{code}}\n*Response:*\n400 Bad Request",
    ],
    ids=["object of headers", "method before the URL"],
)
def test_labels_of_a_ticket_are_no_part_of_the_body_or_the_path(text: str) -> None:
    assert problems(text) == [("type-mismatch", "/callbackNumbers")]


@each_case(
    "text",
    [
        f"GET {SESSION}/get-next-event?timeout=30\nAccept: application/json\n\nHTTP/1.1 304 Not Modified",
        f'```\nPOST {URL}\nAuthorization: Bearer x\n\n{RIGHT}\n```\nreturned\n```\nHTTP/1.1 200 OK\n\n{{"conversation": {{"id": "{QUEUE}"}}}}\n```',
        f"const qs = new URLSearchParams({{ pageNumber: String(p) }});\nconst r = await fetch(`{LISTS}?${{qs}}`);",
        f"DEBUG o.s.web.client.RestTemplate : HTTP POST {URL}\nDEBUG o.s.web.client.RestTemplate : Writing [{RIGHT}] with org.springframework.StringHttpMessageConverter\nDEBUG o.s.web.client.RestTemplate : Response 202 ACCEPTED",
        f'curl -s "{LISTS}?pageNumber=$((page+1))" -H "Authorization: Bearer $TOKEN"',
        f'httpx.get("{LISTS}", params={{"pageNumber": str(p), "pageSize": d.strftime("%Y")}}, headers=h)',
        f"# retry on 429 and 503, refresh on 401\nr = requests.post('{URL}', json=payload, headers=auth)\nif r.status_code == 401:\n    refresh()",
        f"r = requests.post('{URL}', json=payload, headers=auth);\nif (r.status === 429) await sleep(r.headers.get('retry-after') * 1000);",
        f"Our client calls POST {URL}. It treats 202 as success, 401 as expired token and 429 as throttling.",
        f'POST {URL}\n{{"Authorization": "Bearer xxx", "Content-Type": "application/json"}}\n{RIGHT}\n=> 202',
        f'ids = ",".join(chunk)\nr = requests.get("{URL.replace("/conversations/callbacks", "/analytics/conversations/details")}", params={{"id": ids}})',
    ],
    ids=[
        "nothing new",
        "header left out",
        "converted value",
        "log of Spring",
        "computed in a shell",
        "formatted value",
        "comment",
        "handled status",
        "prose",
        "headers first",
        "computed value",
    ],
    quick=2,
)
def test_right_requests_have_no_error(text: str) -> None:
    assert problems(text) == []


def test_status_of_an_exchange_may_be_all_of_its_response() -> None:
    exchange = f'{{"request": {{"method": "POST", "url": "{URL}", "body": {BODY}}}, "response": {{"status": 400}}}}'
    assert problems(exchange) == [("type-mismatch", "/callbackNumbers")]


def test_words_around_a_response_are_not_the_platforms() -> None:
    texts = (
        f"$client->request('POST', '{URL}', ['json' => $body]);\n// HTTP/2 429 returned for \"{URL}\"",
        f"POST {URL}\n\n{RIGHT}\n\nHTTP/1.1 403 Forbidden\n\nViele Gr\u00fc\u00dfe\nHans",
    )
    for text in texts:
        (found,) = explain(text)
        assert [each.why for each in found.findings if each.where == "response"] == [
            "no reason was found in the response"
        ]


def test_text_of_another_operation_has_its_meaning_only_with_its_status() -> None:
    for status, is_told in ((400, False), (409, True)):
        (found,) = explain(
            f'POST {SESSION}/state\n\n{{"state": "Busy"}}\n\nHTTP/1.1 {status} Invalid state'
        )
        assert any("already active" in each.message for each in found.findings) == is_told


def test_refusal_of_a_proxy_in_a_comment_is_not_the_platforms() -> None:
    error = "# requests.exceptions.ProxyError: HTTPSConnectionPool(host='api.mypurecloud.ie', port=443): Max retries exceeded with url: /api/v2/conversations/callbacks (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden')))"
    text = f'r = requests.post("{URL}", json={RIGHT}, headers=h)\n{error}'
    assert problems(text) == [("undelivered", "response")]


def test_general_code_with_a_general_message_names_no_cause() -> None:
    answer = (
        '{"message": "The request could not be understood", "code": "bad.request", "status": 400}'
    )
    assert problems(f"curl {URL} --json '{RIGHT}'\n{answer}") == []


def test_words_behind_a_status_are_the_reason_unless_a_person_says_them() -> None:
    for text, code, why in (
        ("HTTP 400: queue not found", "not-found", "queue not found"),
        ("[HTTP 400] The 'To' number +12025550123 is not a valid phone number.", "value-not-allowed", "*0123 is not"),
        ("400 Bad Request - Value [Sales] is not valid for field type [UUID]", "id-format", "`Sales`"),
        ("ApiException (400): queue not found", "not-found", "queue not found"),
        ("failed with 400: queue not found", "not-found", "queue not found"),
        ("Error --> status = 400, code = 5063, Reason = Queue x not found., request_id = X", "not-found", "Queue x not found."),
        ("Error 404: The queue was not found (queue.not.found)", "not-found", "The queue was not found"),
        ("HTTP 401: Key aZ3kQ9vB7xW2nL5pT8rY is not valid", "token-expired", "Key **** is not valid"),
        ("returns 400: the body is below.", "not-provable", ""),
        ("gives 400 - it is the same in Postman.", "not-provable", ""),
        ("HTTP 400: do you know what is invalid?", "not-provable", ""),
        ("-> 400 - rid: ab12 ms: 23", "not-provable", ""),
    ):  # fmt: skip
        (found,) = explain(f"POST {URL} {text}")
        first = found.findings[0]
        assert first.code == code, text
        assert why in f"{first.message} {first.why}", text
        assert bool(why) or first.message.endswith("no reason was found"), text
        assert "2025550123" not in str(found.ticket), text


def test_expected_status_is_not_that_of_the_response() -> None:
    request = f"POST {URL}\n\n{RIGHT}"
    for text, status in (
        (f"### Expected behavior\n\n201 Created\n\n### Actual behavior\n400 Bad Request\n\n### Request\n{request}", 400),
        (f"Expected: 201 Created\nActual: 400 Bad Request\n\n{request}", 400),
        (f"Die API liefert HTTP 400.\n\n{request}\n\nErwartet: Der Rückruf wird angelegt (201).", 400),
        (f"{request}\n\nExpected result: 201 Created", 0),
        (f"## Expected\nA callback.\n## Actual\nPOST {URL} returns 400\n\n{RIGHT}", 400),
        (f"What I expected:\n201 with an ID\nWhat I got:\n400 Bad Request\n\n{request}", 400),
        (f"Expected Output:\n```\nHTTP/1.1 201 Created\n```\nActual Output:\n```\nHTTP/1.1 403 Forbidden\n```\n{request}", 403),
        (f"Expected: the queue gets the call, but POST {URL} gives 403 Forbidden.\n\n{RIGHT}", 403),
        (f"Expected: a callback. Actual: POST {URL} -> 400\n\n{RIGHT}", 400),
        (f"Expected: no 400 Bad Request\n{request}", 400),
        (f"Expected: 400 Bad Request\nActual: 201 Created\n{request}", 201),
        (f"Expected behavior: created\nCurrent behavior: 400\n{request}", 400),
        (f"Should return: 201\nDoes return: 403\n{request}", 403),
        (f"AssertionError: Expected: 201, Actual: 403\n{request}", 403),
        (f"Should return 201 Created\n{request}\nreturns 400 Bad Request", 400),
        (f"curl {URL} -d '{RIGHT}'\nExpected:\n201\nActual:\n403", 403),
        (f"{request}\n\nI want to call (415) 555-2671, or 415 555 2671, and nothing happens.", 0),
        (f"{request}\n\nResult: 201 Created", 201),
    ):  # fmt: skip
        (found,) = explain(text)
        assert (found.request.status, found.request.body) == (status, RIGHT), text


def test_words_of_a_person_below_a_response_are_not_its_body() -> None:
    for head, words, is_body in (
        (
            "HTTP/1.1 403 Forbidden\nDate: Mon, 23 Nov 2026 10:00:00 GMT",
            "Thanks in advance.",
            False,
        ),
        ("HTTP/1.1 405 Method Not Allowed\nAllow: PATCH", "Yesterday I tried the same.", False),
        ("HTTP/1.1 400 Bad Request\ncontent-length: 0", "The token works for GET.", False),
        ("HTTP/1.1 409 Conflict", "Please help, this is urgent.", False),
        ("HTTP/1.1 400 Bad Request", "The queue does not exist.\n\nAny ideas?", True),
        ("HTTP/1.1 400 Bad Request", "We are sorry: queue not found", True),
        ("HTTP/1.1 400 Bad Request\nContent-Type: text/plain", "I am a teapot.", True),
    ):
        (found,) = explain(f"POST {URL}\n\n{RIGHT}\n\n{head}\n\n{words}")
        assert found.request.body == RIGHT, words
        assert found.request.response is not None
        assert found.request.response.text == (words.partition("\n")[0] if is_body else ""), words


def test_text_behind_an_expectation_is_read_as_it_is() -> None:
    body = RIGHT.replace("+442079460123", "+1 212 555 0123")
    for text in (
        f"Expected request:\nPOST {URL}\n{body}\n400",
        f"Should work:\ncurl {URL} -d '{body}'\nbut gives 400 Bad Request",
        f"Expected: this body is accepted by POST {URL}: {body}\n\nIt returns 400.",
    ):
        (found,) = explain(text)
        assert (found.request.status, found.request.body) == (400, body), text
