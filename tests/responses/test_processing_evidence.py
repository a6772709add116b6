"""Evidence of a response about its request: statuses, bodies that report a failure, and IDs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts import contract
from cxcall.responses.failures_in_2xx import hidden_failure
from cxcall.responses.processing_evidence import (
    Evidence,
    classify,
    unreadable_reason,
)
from cxcall.transport.http_messages import Exchange, Headers, HttpRequest, HttpResponse
from helpers.cases import each_case
from helpers.command import CONTACT
from helpers.platform_server import Platform, Reply

if TYPE_CHECKING:
    from helpers.command import Cxcall

OPERATIONS = {
    entry.name: entry for kit in contract.load_shipped_contracts() for entry in kit.operations
}
EXECUTE = OPERATIONS["execute"]
READ = next(entry for entry in OPERATIONS.values() if entry.is_read)
REQUEST = HttpRequest("POST", "https://api.example.com/x", {}, b"{}")
HTML = {"Content-Type": "text/html; charset=utf-8"}


def respond(status: int, body: Any = None, **headers: str) -> HttpResponse:
    content = (
        body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    )
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpResponse(
        status, "", Headers({"Content-Type": "application/json", **named}.items()), content
    )


def evidence_of(response: HttpResponse | None, *, failure: str = "", left: bool = True) -> Evidence:
    return classify(Exchange(REQUEST, response, left, failure), EXECUTE)


@each_case(
    "status, expected",
    [
        (103, Evidence.INCONCLUSIVE), (200, Evidence.ACCEPTED), (204, Evidence.ACCEPTED), (299, Evidence.ACCEPTED),
        (300, Evidence.INCONCLUSIVE), (301, Evidence.REFUSED), (302, Evidence.INCONCLUSIVE),
        (303, Evidence.INCONCLUSIVE), (307, Evidence.REFUSED), (308, Evidence.REFUSED),
        (400, Evidence.REFUSED), (401, Evidence.UNAUTHORIZED), (403, Evidence.REFUSED),
        (408, Evidence.INCONCLUSIVE), (429, Evidence.BUSY), (498, Evidence.REFUSED), (499, Evidence.INCONCLUSIVE),
        (500, Evidence.INCONCLUSIVE), (502, Evidence.INCONCLUSIVE), (503, Evidence.INCONCLUSIVE),
        (504, Evidence.INCONCLUSIVE), (599, Evidence.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_evidence_of_a_status_without_a_body(status: int, expected: Evidence) -> None:
    assert evidence_of(respond(status)) is expected


def test_503_is_unprocessed_only_with_retry_after() -> None:
    assert evidence_of(respond(503, Retry_After="1")) is Evidence.BUSY
    assert evidence_of(respond(503, Retry_After="soon")) is Evidence.INCONCLUSIVE


@each_case("left, expected", [(True, "inconclusive"), (False, "unsent")])
def test_failed_exchange_is_unsent_only_if_nothing_left(*, left: bool, expected: str) -> None:
    assert evidence_of(None, left=left) == expected
    assert evidence_of(respond(201), failure="cut", left=left) == expected


@each_case(
    "body",
    [
        {"success": False}, {"Succeeded": "false"}, {"success": "no"}, {"code": 400, "message": "contact is busy"},
        {"message": "error", "code": "bad.request"}, {"ok": False}, {"isSuccess": False},
        {"errorCount": 1}, {"failureCount": 2}, {"failedCount": 1}, {"status": "Failed"},
        {"status": 400}, {"statusCode": 409}, {"error": "no"}, {"errors": ["a"]}, {"errorCode": "x"},
        {"errorMessage": "x"}, {"error_description": "x"}, {"state": "failed"}, {"status": "Denied"},
        {"hasErrors": True}, {"data": {"success": False}}, {"result": {"status": "fail"}}, {"fault": {"a": 1}}, [{"error": "x"}],
    ],
    ids=json.dumps,
)  # fmt: skip
def test_success_whose_body_reports_a_failure_is_refused(body: Any) -> None:
    response = respond(200, body)
    assert evidence_of(response) is Evidence.REFUSED
    finding = hidden_failure(response)
    assert finding is not None
    assert finding.code == "hidden-failure"


@each_case(
    "body",
    [
        {"success": True}, {"code": 400}, {"code": "ok", "message": "placed"}, {"code": 200, "message": "placed"}, {"errorCount": 0}, {"errorCount": True}, {"status": "queued"}, {"status": 399},
        {"error": ""}, {"error": None}, {"errors": []}, {"errorCode": "0"}, {"error": "None"}, {"fault": "ok"},
        {"errorCode": "0000", "errorMessage": "Success"}, {"errorCode": 200}, {"errorMessage": "No error"},
        {"success": "true", "error": "n/a"}, {"error": {"code": 0, "message": ""}},
        {"nested": {"error": "x"}}, "error", 5, [], ["error"], None,
    ],
    ids=json.dumps,
)  # fmt: skip
def test_success_whose_body_reports_no_failure_is_accepted(body: Any) -> None:
    response = respond(200, body)
    assert evidence_of(response) is Evidence.ACCEPTED
    assert hidden_failure(response) is None


@each_case(
    "body",
    [
        {"success": True, "errors": ["x"]},
        {"successCount": 1, "errorCount": 1},
        {"succeededCount": 2, "error": "x"},
        [{"error": "x"}, {"id": 1}],
    ],
    ids=json.dumps,
)
def test_success_that_reports_both_is_inconclusive(body: Any) -> None:
    assert evidence_of(respond(207, body)) is Evidence.INCONCLUSIVE


def test_failure_beside_an_engagement_id_is_inconclusive() -> None:
    body = {"error": "x"}
    inside = {"id": "1", "data": {"status": "failed"}}
    assert evidence_of(respond(200, inside, Location="/calls/abc")) is Evidence.INCONCLUSIVE
    assert evidence_of(respond(200, body, Location="/calls/abc")) is Evidence.INCONCLUSIVE
    exchange = Exchange(REQUEST, respond(200, body, X_Call="abc"), may_be_sent=True)
    assert classify(exchange, EXECUTE, "header:X-Call") is Evidence.INCONCLUSIVE


def test_body_of_a_read_does_not_decide() -> None:
    exchange = Exchange(REQUEST, respond(200, {"status": "failed"}), may_be_sent=True)
    assert classify(exchange, READ) is Evidence.ACCEPTED
    exchange = Exchange(REQUEST, respond(404, {"status": "dialing"}), may_be_sent=True)
    assert classify(exchange, READ) is Evidence.REFUSED


def test_correlation_id_at_the_place_of_the_engagement_id_proves_nothing() -> None:
    response = respond(400, {}, X_Call="abc", CorrelationId="abc")
    exchange = Exchange(REQUEST, response, may_be_sent=True)
    assert classify(exchange, EXECUTE, "header:X-Call") is Evidence.REFUSED


@each_case(
    "response, reason",
    [
        (HttpResponse(200, "", Headers(HTML.items()), b"hello"), "a web page"),
        (HttpResponse(200, "", Headers(()), b"  <!DOCTYPE html><p>"), "a web page"),
        (HttpResponse(200, "", Headers(()), b"<HTML>"), "a web page"),
        (HttpResponse(200, "", Headers(()), b"{}", is_truncated=True), "far longer"),
        (respond(200, b"{"), "not valid JSON"),
    ],
)
def test_unreadable_success_is_accepted_only_with_an_engagement_id(
    response: HttpResponse, reason: str
) -> None:
    assert reason in unreadable_reason(response)
    assert evidence_of(response) is Evidence.INCONCLUSIVE
    headers = Headers([*response.headers.items(), ("Location", "/calls/abc")])
    assert evidence_of(response._replace(headers=headers)) is Evidence.ACCEPTED


@each_case("body", [b"", b"null", b" \n", b"{}"])
def test_empty_or_valid_json_body_is_readable(body: bytes) -> None:
    assert unreadable_reason(respond(200, body)) == ""


ERRORS = (301, 307, 308, 400, 401, 404, 409, 429, 503)
"""Statuses that alone prove that nothing was processed; a 503 with `Retry-After`."""


@each_case("status", ERRORS)
@each_case(
    "name, body, headers",
    [
        ("execute", {"conversationId": "c-1", "callState": "dialing"}, {}),
        ("execute", {"errors": [{"message": "x"}], "call": {"status": "RINGING"}}, {}),
        ("execute", [{"phase": "in_progress"}], {}),
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
        ({"status": "Bad Request", "code": "queued"}, {"Location": "/calls/c-1"}),
        ({"id": "named-by-the-request"}, {}), ({"contextId": "c-9"}, {"X-Engagement-Id": "c-9"}),
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
    reply = Reply(status, {"conversationId": "c-1", "callState": "dialing"}, {"Retry-After": "0"})
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--yes")
    with Platform(lambda _body, _count: reply) as platform:
        cxcall.environment |= platform.environment
        ran = cxcall(*words, "-o", "json", code=8)
        assert ran.envelope["outcome"] == "unknown"
        assert "names something that was started" in ran.envelope["findings"][0]["message"]
        cxcall(*words, code=7)
    assert platform.seen.total() == 1


def test_id_that_is_only_part_of_what_was_sent_is_new() -> None:
    request = REQUEST._replace(body=b'{"contactId": "call-17", "to": "+12025550123"}')
    for body in ({"error": "x", "jobId": 17}, {"error": "x", "callId": "call"}):
        exchange = Exchange(request, respond(200, body), may_be_sent=True)
        assert classify(exchange, EXECUTE) is Evidence.INCONCLUSIVE


STARTED = [
    {"conversationId": "abc", "callState": "dialing", "errors": ["agent not notified"]},
    {"callState": "dialing", "errors": ["agent not notified"]},
    {"contactId": "new-one", "error": "agent not notified"},
    {"result": {"jobId": 17}, "success": False},
    {"error": "x", "data": {"calls": [{"id": "c-1"}]}},
    {"errorCount": 1, "callIds": ["c-1"]},
    {"error": "x", "selfUri": "/api/v2/conversations/abc"},
    {"fault": {"code": "x"}, "startTime": "2026-11-26T14:00:00Z"},
    {"error": "x", "queued": True},
    {"errors": [{"conversationId": "abc", "message": "x"}]},
    {"status": "failed", "phase": "ringing"},
    {"error": "x", "acceptedCount": 1},
    {"error": "x", "callsPlaced": 1, "isStarted": "true"},
]


@each_case("body", STARTED, ids=json.dumps)
def test_failure_beside_something_started_is_inconclusive(body: Any) -> None:
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE
    assert evidence_of(respond(200, [body])) is Evidence.INCONCLUSIVE


@each_case(
    "body",
    [
        {"error": "x", "correlationId": "c", "requestId": "r", "traceId": "t"},
        {"error": "x", "id": None},
        {"error": {"id": "e-1", "message": "x"}},
        {"error": "x", "callState": "failed"},
        {"error": "x", "state": ""},
        {"error": "x", "queued": False},
        {"error": "x", "acceptedCount": 0},
        {"error": "x", "isValid": False},
        {"error": "x", "status": "400 Bad Request"},
        {"error": "x", "status": 400},
        {"status": "400"},
        {"error": "x", "contactId": "11111111-2222-4333-8444-555555555555"},
        {"error": "x", "ids": []},
        {"success": False, "message": "not allowed", "countryCode": "502"},
        {"success": False, "message": "invalid value for timeoutSeconds"},
        {"success": False, "message": "invalid SIP gateway address"},
        {"errorCode": 213, "message": "invalid number"},
    ],
    ids=json.dumps,
)
def test_failure_with_nothing_started_is_refused(body: Any) -> None:
    request = REQUEST._replace(body=b'{"contactId": "11111111-2222-4333-8444-555555555555"}')
    exchange = Exchange(request, respond(200, body), may_be_sent=True)
    assert classify(exchange, EXECUTE) is Evidence.REFUSED


@each_case(
    "body, expected",
    [
        ({"items": [{"status": 201}, {"status": 400}]}, "inconclusive"),
        ([{"status": 400}, {"ok": 1}], "inconclusive"),
        ({"results": [{"statusCode": "409"}, {"id": "c-1", "statusCode": 201}]}, "inconclusive"),
        ({"results": [{"status": 400}], "conversationId": "abc"}, "inconclusive"),
        ({}, "inconclusive"),
        ({"results": [{"response": {"error": "x"}}, {"response": {"id": "c"}}]}, "inconclusive"),
        (b"<multistatus/>", "inconclusive"),
        (None, "inconclusive"),
        ([], "inconclusive"),
        ({"items": [{"status": 400}, {"error": "x"}]}, "refused"),
        ([{"status": 503}], "inconclusive"),
        ([{"error": "timeout"}], "inconclusive"),
        ({"items": [{"status": 201}, {"status": 202}]}, "accepted"),
        ([{"id": "c-1"}], "accepted"),
    ],
)
def test_multi_status_is_accepted_only_if_no_item_failed(body: Any, expected: str) -> None:
    assert evidence_of(respond(207, body)) == expected


@each_case(
    "body",
    [
        {"status": 504, "error": "Gateway Timeout"}, {"statusCode": "502"}, {"status": 500, "message": "queued for dialing"},
        {"success": False, "message": "The request timed out."}, {"success": False, "message": "deadline exceeded"},
        {"success": False, "message": "No response from dialer"}, {"status": 400, "message": "contact is already being called"},
        {"success": False, "error": "connection lost to dialer"}, {"success": 0}, {"code": 504, "message": "gateway timeout"}, {"error": {"code": 408}}, {"error": "time-out"},
        {"status": "HTTP/1.1 503 Service Unavailable"}, {"errorCode": 500}, {"success": False, "error": "internal error"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_success_that_reports_an_open_outcome_is_inconclusive(body: Any) -> None:
    """As the status of the response would be: a gateway may pass on what another system said."""
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE
    assert hidden_failure(respond(200, body)) is not None


@pytest.mark.parametrize(
    "body",
    [
        {"conversationId": "abc", "callState": "dialing", "errors": ["agent not notified"]},
        {"status": 504, "error": "Gateway Timeout"},
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
