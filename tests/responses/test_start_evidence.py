"""Evidence that something was or may be started, although a response reports a failure."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.responses.processing_evidence import Evidence, classify, hidden_failure
from cxcall.responses.start_evidence import pairs_in
from cxcall.transport.http_messages import Exchange, HttpRequest
from helpers.cases import each_case
from helpers.command import CONTACT
from helpers.evidence import EXECUTE, OPERATIONS, REQUEST, evidence_of, respond
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

ERRORS = (301, 307, 308, 400, 401, 404, 409, 429, 503)
"""Statuses that alone prove that nothing was processed; a 503 with `Retry-After`."""


@each_case("status", ERRORS)
@each_case(
    "name, body, headers",
    [
        ("execute", {"conversationId": "c-1", "callState": "dialing"}, {}),
        ("execute", {"message": "x", "callId": "c-1"}, {}),  # no vendor has published its place
        ("execute", {"errors": [{"message": "x"}], "call": {"status": "RINGING"}}, {}),
        ("execute", [{"phase": "ringing"}], {}),
        ("execute", {"message": "x"}, {"X-Engagement-Id": "c-1"}),
        ("place-call", {"id": "c-1"}, {}),
        ("create-callback", {"conversation": {"id": "c-1"}, "status": 400}, {}),
    ],
)
def test_error_that_says_what_was_started_is_inconclusive(
    name: str, body: Any, headers: dict[str, str], status: int
) -> None:
    response = respond(status, body, Retry_After="0", **headers)
    exchange = Exchange(REQUEST, response, may_be_sent=True)
    assert classify(exchange, OPERATIONS[name], "X-Engagement-Id") is Evidence.INCONCLUSIVE


@each_case("status", ERRORS)
@each_case(
    "body, headers",
    [
        (None, {}), ({"message": "x", "contextId": "c-1", "entityId": "e-1", "status": 400}, {}),
        ({"error": "x", "requestId": "r", "conversationId": "c-1", "timestamp": "2026-11-26T14:00:00Z"}, {}),
        ({"status": "error", "state": "failed", "callState": "not dialing", "accountStatus": "active"}, {}),
        ({"status": "Bad Request", "code": "queued"}, {"Location": "/calls"}),
        ({"id": "named-by-the-request"}, {}), ({"call": {"id": "named-by-the-request", "error": {"id": "e-1"}}}, {}),
        ({"errors": {"call": {"url": "required", "id": ["must match [0-9]"]}, "callUrl": None}, "call": {}}, {}), ({"contextId": "c-9"}, {"X-Engagement-Id": "c-9"}),
    ],
    ids=json.dumps,
)  # fmt: skip
def test_error_that_only_names_itself_proves_what_its_status_says(
    body: Any, headers: dict[str, str], status: int
) -> None:
    request = REQUEST._replace(body=b'{"id": "Named-by-the-request"}')
    exchange = Exchange(
        request, respond(status, body, Retry_After="0", **headers), may_be_sent=True
    )
    expected = {401: "unauthorized", 429: "busy", 503: "busy"}.get(status, "refused")
    assert classify(exchange, OPERATIONS["place-call"], "X-Engagement-Id") == expected


@pytest.mark.parametrize("status", [307, 400, 401, 409, 429, 503])
def test_error_that_says_what_was_started_is_unknown_and_not_sent_again(
    cxcall: Cxcall, status: int
) -> None:
    body = {"error": {"message": "x", "callUrl": "https://developer.example/calls/1"}}
    reply = Reply(status, body, {"Retry-After": "0"})
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    with Platform(lambda _body, _count: reply) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*words, "-o", "json", code=8)
        assert ran.envelope["outcome"] == "unknown"
        assert "names something that was started" in ran.envelope["findings"][0]["message"]
        cxcall(*words, code=7)
    assert platform.seen.total() == 1


@each_case("sent", ["a b", "segment-7", "query-7", "form-7"])
def test_id_that_was_sent_is_not_new(sent: str) -> None:
    url = "https://api.example.com/x/a%20b/segment-7?id=query-7"
    request = HttpRequest("POST", url, {}, b"id=form-7")
    exchange = Exchange(
        request, respond(200, {"error": "bad number", "callId": sent}), may_be_sent=True
    )
    assert classify(exchange, EXECUTE) is Evidence.REFUSED


def test_text_that_was_sent_is_not_a_timeout() -> None:
    body = {"success": False, "note": "Timed out"}
    request = REQUEST._replace(body=b'{"note": "timed out"}')
    exchange = Exchange(request, respond(200, body), may_be_sent=True)
    assert classify(exchange, EXECUTE) is Evidence.REFUSED


def test_id_that_is_only_part_of_what_was_sent_is_new() -> None:
    request = REQUEST._replace(body=b'{"contactId": "call-17", "to": "+12025550123"}')
    for body in ({"error": "bad number", "jobId": 17}, {"error": "bad number", "callId": "call"}):
        exchange = Exchange(request, respond(200, body), may_be_sent=True)
        assert classify(exchange, EXECUTE) is Evidence.INCONCLUSIVE


def test_long_texts_are_read_up_to_one_limit_together() -> None:
    texts = [f"{index}{'a:' * 8000}" for index in range(60)]
    assert 0 < len(pairs_in(texts)) <= 8192
    assert max(len(value) for _, value in pairs_in(texts)) == 256
    assert ("call-id", "C-77") in pairs_in([*texts, "--call-id=C-77"])
    for unit in ("a-", "aB", "a:"):
        text = unit * (1_000_000 // len(unit))
        assert evidence_of(respond(429, {"message": text})) is Evidence.BUSY


STARTED = [
    {"conversationId": "abc", "callState": "dialing", "errors": ["agent not notified"]},
    {"callState": "dialing", "errors": ["agent not notified"]},
    {"contactId": "new-one", "error": "agent not notified"},
    {"result": {"jobId": 17}, "success": False},
    {"error": "bad number", "data": {"calls": [{"id": "c-1"}]}},
    {"errorCount": 1, "callIds": ["c-1"]},
    {"error": {"message": "agent not notified", "callIds": ["c-1"]}},
    {"error": "bad number", "selfUri": "/api/v2/conversations/abc"},
    {"fault": {"code": "bad number"}, "startTime": "2026-11-26T14:00:00Z"},
    {"error": "bad number", "queued": True},
    {"errors": [{"conversationId": "abc", "message": "bad number"}]},
    {"status": "failed", "phase": "ringing"},
    {"error": "bad number", "acceptedCount": 1},
    {"error": "bad number", "callsPlaced": 1, "isStarted": "true"},
    {"error": "bad number", "call": "0f8f1c9e-1111-4222-8333-444455556666"},
    {"errors": ["bad number"], "links": {"self": "https://h/calls/c-1"}},
    {"error": "bad number", "uri": "/Calls/CA123.json"},
    {"error": "bad number", "callUrl": "/calls/1"},
    {"error": "bad number", "callUrl": "https://developer.example/calls/1"},
    {"error": "bad number", "selfUri": "https://developer.example/calls/1"},
    {"error": "bad number", "url": "https://developer.example/calls/1"},
    {"error": "bad number", "href": "https://developer.example.com/jobs/1"},
    {"error": "bad number", "call": {"url": "https://developer.example/c/1"}},
    {"error": {"message": "bad number", "call": {"id": "abc1"}}},
    {"error": "bad number", "call": {"key": "c-1"}},
    {"errorCount": 1, "successful": 1},
    {"errorCount": 1, "success": 2},
    {"success": False, "talkSeconds": 42},
    {"success": False, "callReference": "abcdefgh"},
]


@each_case("body", STARTED, ids=json.dumps)
def test_failure_beside_something_started_is_inconclusive(body: Any) -> None:
    request = REQUEST._replace(url="https://developer.example.com/x")
    for inner in (body, [body]):
        exchange = Exchange(request, respond(200, inner), may_be_sent=True)
        assert classify(exchange, EXECUTE) is Evidence.INCONCLUSIVE


@each_case(
    "body",
    [
        {"error": "bad number", "correlationId": "c", "requestId": "r", "traceId": "t"},
        {"error": "bad number", "id": None},
        {"error": {"id": "e-1", "message": "bad number"}},
        {"error": {"cause": {"id": "e-1", "text": "bad number"}}},
        {"error": "bad number", "hasGuid": True, "hasState": True, "queued": "No"},
        {"error": "bad number", "callState": "failed"},
        {"error": "bad number", "callReference": "N/A", "callKey": "invalid.number"},
        {"error": "bad number", "state": ""},
        {"error": "bad number", "queued": False},
        {"error": "bad number", "acceptedCount": 0},
        {"error": "bad number", "isValid": False},
        {"error": "bad number", "status": "400 Bad Request"},
        {"error": "bad number", "status": 400},
        {"status": "400"},
        {"error": "bad number", "contactId": "11111111-2222-4333-8444-555555555555"},
        {"error": "bad number", "ids": []},
        {"success": False, "message": "not allowed", "countryCode": "502"},
        {"success": False, "message": "invalid value for timeoutSeconds"},
        {"errorCode": 213, "message": "invalid number"},
        {
            "error": "bad number",
            "call": "refused",
            "conversation": 0,
            "type": "https://h/errors/1",
            "documentationUrl": "https://h/1",
        },
        {"errorCount": 1, "successful": 0, "callDuration": 0, "callDurationLimit": 60},
        {"success": False, "error": "invalid.campaign.preview.timeout.seconds"},
        {"success": False, "error": "quality.scoring.unanswered.required.questions"},
        {"success": False, "field": "timeoutSeconds", "message": "must not be negative"},
        {"success": False, "message": "call was not placed"},
        {"success": False, "message": "No call was placed"},
        {
            "success": False,
            "error": {"message": "invalid number", "url": "https://docs.example/e/1"},
        },
        {"success": False, "error": "invalid number", "url": "https://docs.example/e/1"},
        {"success": False, "error": "invalid number", "href": "https://h.example/errors/21211"},
        {"success": False, "error": "bad number", "href": "https://developer.example.org/21211"},
        {"success": False, "error": {"field": "requestTimeout", "message": "must be at most 60"}},
        {
            "success": False,
            "errors": [{"fieldName": "noAnswer", "message": "must be a whole number"}],
        },
        {"success": False, "error": "InvalidSkillId"},
    ],
    ids=json.dumps,
)
def test_failure_with_nothing_started_is_refused(body: Any) -> None:
    request = REQUEST._replace(body=b'{"contactId": "11111111-2222-4333-8444-555555555555"}')
    exchange = Exchange(request, respond(200, body), may_be_sent=True)
    assert classify(exchange, EXECUTE) is Evidence.REFUSED


@each_case(
    "body",
    [
        {"status": 504, "error": "Gateway Timeout"}, {"statusCode": "502"}, {"status": 500, "message": "queued for dialing"},
        {"success": False, "message": "The request timed out."}, {"success": False, "message": "deadline exceeded"},
        {"success": False, "message": "No response from dialer"}, {"status": 400, "message": "contact is already being called"},
        {"success": False, "error": "connection lost to dialer"}, {"success": 0}, {"code": 504, "message": "gateway timeout"}, {"error": {"code": 408}}, {"error": "time-out"},
        {"status": "HTTP/1.1 503 Service Unavailable"}, {"errorCode": 500}, {"success": False, "error": "internal error"},
        {"error": "request_timeout"}, {"error": "GatewayTimeout"}, {"error": "UPSTREAM-TIMEOUT"}, {"error": "socket.timeout"}, {"error": "ETIMEDOUT"},
        {"error": "ECONNRESET"}, {"error": "socket hang up"}, {"error": "broken pipe"}, {"error": "unexpected EOF"}, {"error": "EOF"},
        {"error": "InternalServerError"}, {"error": "internal_server_error"}, {"error": "server_error"}, {"error": "bad.gateway"}, {"error": "UNAVAILABLE"},
        {"error": "SERVICE_UNAVAILABLE"}, {"error": "DEADLINE_EXCEEDED"}, {"error": "Read timed out."}, {"error": "timeout in dialer"}, {"error": "Timeout 30 seconds exceeded"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_success_that_reports_an_open_outcome_is_inconclusive(body: Any) -> None:
    """As the status of the response would be: a gateway may pass on what another system said."""
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE
    assert hidden_failure(respond(200, body)) is not None


@each_case(
    "body",
    [
        {"message": "No answer"}, {"resultCode": "NoAnswer"}, {"resultCode": "no-answer"}, {"resultCode": "Busy"}, {"message": "Busy Here"},
        {"reason": "The callee hung up"}, {"message": "callee did not answer"}, {"reason": "unanswered"},
        {"message": "Call placed, but the recording could not be started"}, {"message": "Call in progress"},
        {"message": "The call was started; the agent was not notified"}, {"reason": "CallDropped"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_failure_of_a_call_that_was_placed_is_inconclusive(body: Any) -> None:
    assert evidence_of(respond(200, {"success": False, **body})) is Evidence.INCONCLUSIVE


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {"conversationId": "abc", "callState": "dialing", "errors": ["agent not notified"]},
        {"status": 504, "error": "Gateway Timeout"},
        {"status": "failed", "message": "2 calls placed, 1 failed"},
    ],
    ids=json.dumps,
)
def test_failure_beside_something_started_is_unknown_and_not_sent_again(
    cxcall: Cxcall, body: Any
) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    with Platform(lambda _body, _count: Reply(200, body)) as platform:
        cxcall.environment |= platform.environment
        assert cxcall(*words, "-o", "json", code=8).envelope["outcome"] == "unknown"
        cxcall(*words, code=7)
    assert platform.rung == 1
