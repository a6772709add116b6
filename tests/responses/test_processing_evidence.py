"""Evidence of a response about its request: statuses, bodies that report a failure, and IDs."""

from __future__ import annotations

import json
from typing import Any

from cxcall.responses.processing_evidence import (
    Evidence,
    classify,
    hidden_failure,
    is_compressed,
    status_leaves_outcome_open,
    unread_reason,
    unreadable_reason,
)
from cxcall.transport.http_messages import Exchange, Headers, HttpResponse
from helpers.cases import each_case
from helpers.evidence import EXECUTE, OPERATIONS, REQUEST, evidence_of, respond

READ = next(entry for entry in OPERATIONS.values() if entry.is_read)
HTML = {"Content-Type": "text/html; charset=utf-8"}


@each_case(
    "status, expected",
    [
        (103, Evidence.INCONCLUSIVE), (200, Evidence.ACCEPTED), (204, Evidence.ACCEPTED), (299, Evidence.ACCEPTED),
        (300, Evidence.INCONCLUSIVE), (301, Evidence.REFUSED), (302, Evidence.INCONCLUSIVE),
        (303, Evidence.INCONCLUSIVE), (307, Evidence.REFUSED), (308, Evidence.REFUSED),
        (400, Evidence.REFUSED), (401, Evidence.UNAUTHORIZED), (403, Evidence.REFUSED),
        (408, Evidence.INCONCLUSIVE), (460, Evidence.INCONCLUSIVE), (429, Evidence.BUSY), (498, Evidence.REFUSED), (499, Evidence.INCONCLUSIVE),
        (500, Evidence.INCONCLUSIVE), (502, Evidence.INCONCLUSIVE), (503, Evidence.INCONCLUSIVE),
        (504, Evidence.INCONCLUSIVE), (599, Evidence.INCONCLUSIVE),
    ],
)  # fmt: skip
def test_evidence_of_a_status_without_a_body(status: int, expected: Evidence) -> None:
    assert evidence_of(respond(status)) is expected


@each_case(
    "status, expected",
    [(408, True), (500, True), (302, True), (400, False), (401, False), (0, False)],
)
def test_status_may_leave_the_outcome_open(status: int, *, expected: bool) -> None:
    assert status_leaves_outcome_open(respond(status)) is expected


@each_case("kind", ["text/html", "text/plain"])
def test_success_with_an_error_text_of_the_platform_is_not_accepted(kind: str) -> None:
    text = b"No known way to render data\n"
    response = HttpResponse(200, "", Headers([("Content-Type", kind)]), text)
    assert unreadable_reason(response) == ""
    for operation in (EXECUTE, READ):
        assert "error" in unread_reason(response, operation)


def test_text_that_a_platform_sends_with_another_status_is_no_error_of_a_read() -> None:
    response = HttpResponse(200, "", Headers([("Content-Type", "text/plain")]), b"Not running")
    assert unread_reason(response, READ) == ""


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
        {"success": False}, {"Succeeded": "false"}, {"success": "no"}, {"code": 400, "message": "contact is blocked"},
        {"message": "error", "code": "bad.request"}, {"ok": False}, {"isSuccess": False},
        {"errorCount": 1}, {"failureCount": 2}, {"failedCount": 1}, {"status": "Failed"},
        {"status": 400}, {"statusCode": 409}, {"errors": ["bad number"]}, {"errorCode": "E_BLOCKED"},
        {"errorMessage": "Contact is closed"}, {"error_description": "Wrong campaign"}, {"state": "failed"}, {"status": "Denied"},
        {"hasErrors": True}, {"data": {"success": False}}, {"result": {"status": "fail"}}, {"fault": {"a": "denied"}}, [{"error": "not found"}],
    ],
    ids=json.dumps,
)  # fmt: skip
def test_success_whose_body_reports_a_failure_is_refused(body: Any) -> None:
    response = respond(200, body)
    assert evidence_of(response) is Evidence.REFUSED
    finding = hidden_failure(response)
    assert finding is not None
    assert finding.code == "hidden-failure"
    errors = [{"code": "contact.not.callable", "message": "The contact is not callable."}]
    told = hidden_failure(respond(200, {"success": False, "errors": errors}))
    assert told is not None
    assert told.why == "the API says: The contact is not callable. (contact.not.callable)"


@each_case(
    "body",
    [
        {"success": True}, {"code": "ok", "message": "placed"}, {"code": 200, "message": "placed"}, {"errorCount": 0}, {"errorCount": True}, {"status": "queued"}, {"status": 399},
        {"error": ""}, {"error": None}, {"errors": []}, {"errorCode": "0"}, {"error": "None"}, {"fault": "ok"},
        {"errorCode": "0000", "errorMessage": "Success"}, {"errorCode": 200}, {"errorMessage": "No error"},
        {"error": "NO_ERROR"}, {"error": [None]}, {"error": "-"}, {"errors": [""]}, {"errors": [{}]}, {"success": "true", "error": "n/a"}, {"error": {"code": 0, "message": ""}},
        {"nested": {"error": "x"}}, 5, [], None, {"status": "not_started"}, {"status": "unknown"},
        {"id": "c-7", "message": "agent not found"}, {"type": "call"}, {"valid": True, "code": 7},
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
        {"Success": "True", "errors": ["x"]},
        {"successCount": 1, "errorCount": 1},
        {"succeededCount": 2, "error": "x"},
        [{"error": "x"}, {"id": 1}],
    ],
    ids=json.dumps,
)
def test_success_that_reports_both_is_inconclusive(body: Any) -> None:
    for status in (200, 207):
        assert evidence_of(respond(status, body)) is Evidence.INCONCLUSIVE


@each_case(
    "body",
    [
        {"errorCode": 1, "errorMessage": "Success"}, {"errorCode": 1, "errorMessage": "Call queued"}, {"errorCode": "S0000"}, {"ErrorCode": "E0"},
        {"errorCode": 1}, {"error": "nil"}, {"error": "aucune"}, {"error": "Keine Fehler"}, {"error": "no"}, {"error": "no_queue"}, {"error": "nothing"}, {"errors": ["?"]},
        {"data": {"error": "-1"}}, [{"error": "nil"}], {"status": "success", "error": "invalid number"}, {"error": {"code": 5, "message": "Successful"}},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_error_that_does_not_say_in_known_words_that_it_failed_is_inconclusive(body: Any) -> None:
    """The next such request may be a second call, so only words of a failure are a refusal."""
    assert hidden_failure(respond(200, body)) is not None
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE


@each_case(
    "body",
    [
        *({"message": each} for each in (
            "0 errors", "No errors found", "Without errors", "Processed with no failures", "0 failed, 1 succeeded", "failed: 0", "Errors: none",
            "Completed; nothing rejected", "The call was never rejected", "No problems found", "Number is not on the DNC list",
        )), {"code": "0", "message": "Not an error"}, {"code": 200, "message": "error free"},
        {"result": "success", "description": "Not found in DNC list"}, {"result": "success", "message": "Invalid numbers are skipped"},
        {"success": True, "message": "Unknown extension"}, {"resultCode": 0, "reason": "busy"}, {"result": "pending", "message": "nothing to do"},
        *({"message": each} for each in (
            "The contact will be called as soon as required agents are available", "Call will be placed; must not exceed limit", "Please do not retry",
            "Please wait; do not resend this request", "No further action is required",
        )),
        {"title": "Limit Break campaign"}, {"title": "Failed logins", "name": "x"}, {"description": "Do not call before 9"}, {"details": "No limit applied"},
        {"reason": "CustomerRequired"}, {"outcome": "NotApplicable"}, {"data": {"message": "Queue closed at 18:00"}}, {"result": {"description": "No disabled agents"}},
        "No limit", "not set",
    ],
    ids=json.dumps,
)  # fmt: skip
def test_success_without_plain_words_of_a_failure_is_accepted(body: Any) -> None:
    for name in ("execute", "place-call"):
        exchange = Exchange(REQUEST, respond(200, body), may_be_sent=True)
        assert classify(exchange, OPERATIONS[name]) is Evidence.ACCEPTED


@each_case(
    "body",
    [
        {"message": "Unauthorized"}, {"code": 401}, {"detail": "Not found."}, {"message": "Request not accepted"}, {"exception": "java.lang"}, {"faultCode": "F"},
        {"accepted": False}, {"valid": False}, {"success": "N"}, {"outcome": "failed"}, {"status": "invalid"}, {"status": "nok"}, {"result": "NOK"},
        {"err": "bad"}, {"errMsg": "bad"}, {"errno": 22}, {"returnCode": -1}, {"code": "-1", "msg": "x"}, {"__type": "ValidationException"},
        {"data": {"message": "Invalid number"}}, {"ResponseStatus": {"ErrorCode": "X", "Message": "m"}}, {"err_code": "x"}, {"code": 0, "errMsg": "bad"}, {"valid": True, "message": "Invalid number"}, {"title": "Not Found"},
        *({"message": each} for each in (
            "1 failed, 0 succeeded", "10 failed", "0 accepted, 1 rejected", "No call was placed: invalid number", "No such agent", "not a valid number", "Do not call",
            "Outside calling hours", "Error: none of the agents is available", "Error: 0 agents", "No valid number", "Authentication required", "Completed with errors",
            "Call queued, no agent is available", "request accepted, previous failure cleared", "Contact added to list; blocked hours apply",
        )), False, -1, "error", "Invalid number", ["error"],
        *(each.encode() for each in ("success=false", "status=error&message=x", "ERR 105", "Invalid number", "Access denied", "Not Found", "NOK", "-1")),
    ],
    ids=repr,
)  # fmt: skip
def test_success_that_tells_a_failure_in_another_way_is_inconclusive(body: Any) -> None:
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE
    assert evidence_of(respond(200, body, Location="/calls/c-7")) is not Evidence.REFUSED


def test_failure_beside_an_engagement_id_is_inconclusive() -> None:
    body = {"error": "bad number"}
    inside = {"id": "1", "data": {"status": "failed"}}
    assert evidence_of(respond(200, inside, Location="/calls/abc")) is Evidence.INCONCLUSIVE
    for address in ("/calls/abc", "https://developer.example/?call=1"):
        assert evidence_of(respond(200, body, Location=address)) is Evidence.INCONCLUSIVE
    exchange = Exchange(REQUEST, respond(200, body, X_Call="abc"), may_be_sent=True)
    assert classify(exchange, EXECUTE, "header:X-Call") is Evidence.INCONCLUSIVE


def test_body_of_a_read_does_not_decide() -> None:
    exchange = Exchange(REQUEST, respond(200, {"status": "failed"}), may_be_sent=True)
    assert classify(exchange, READ) is Evidence.ACCEPTED
    for status in (302, 404):
        exchange = Exchange(REQUEST, respond(status, {"status": "dialing"}), may_be_sent=True)
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
    for location, expected in (("/calls/abc7", "accepted"), ("/login", "inconclusive")):
        headers = Headers([*response.headers.items(), ("Location", location)])
        assert evidence_of(response._replace(headers=headers)) == expected


@each_case(
    "body, reason",
    [
        (b"<error>no such agent</error>", "XML"), (b"\xef\xbb\xbf<s:Envelope/>", "XML"),
        (b'{"success": fal', "not valid JSON"), (b'[{"id": 1', "not valid JSON"),
        (b"ERROR: no such agent", "reports an error"), (b"Failed", "reports an error"), (b"Gateway timeout", "reports an error"),
        (b"\xef\xbb\xbf<html><p>Sign in", "a web page"), (b"<!-- a proxy -->\n<!DOCTYPE html>", "a web page"),
        (b"<?xml version='1.0'?><!-- a --><!-- b --><html>", "a web page"),
        (b"", ""), (b"OK", ""), (b"Call queued", ""), (b"already queued", "reports an error"), (b"[queued]", ""), (b"c-1", ""), (b"null", ""), (b"no errors", ""),
    ],
)  # fmt: skip
def test_success_with_a_body_that_is_not_json_is_accepted_only_if_the_api_may_have_sent_it(
    body: bytes, reason: str
) -> None:
    response = HttpResponse(200, "", Headers([("Content-Type", "text/plain")]), body)
    exchange = Exchange(REQUEST, response, may_be_sent=True)
    assert reason in unread_reason(response, EXECUTE)
    assert (classify(exchange, EXECUTE) is Evidence.INCONCLUSIVE) == (reason != "")
    if reason != "a web page":
        assert classify(exchange, READ) is Evidence.ACCEPTED
    headers = Headers([("Location", "/calls/abc7")])
    assert evidence_of(response._replace(headers=headers)) is Evidence.ACCEPTED


@each_case(
    "declared, expected",
    [
        ({"200": {"content": {"application/xml": {}}}}, "accepted"),
        ({"default": {"content": {"application/json": {}, "*/*": {}}}}, "accepted"),
        ({"200": {"content": {"application/json": {}}}}, "inconclusive"),
        ({"400": {"content": {"application/xml": {}}}}, "inconclusive"),
    ],
)
def test_markup_is_accepted_if_the_document_declares_such_a_response(
    declared: dict[str, Any], expected: str
) -> None:
    operation = type(EXECUTE)(EXECUTE.contract, "POST", "/calls", {"responses": declared})
    response = HttpResponse(200, "", Headers(), b"<call/>")
    assert classify(Exchange(REQUEST, response, may_be_sent=True), operation) == expected


def test_many_comments_before_markup_are_read_in_one_pass() -> None:
    assert unreadable_reason(HttpResponse(200, "", Headers(), b"<!---->" * 10_000)) == ""


@each_case("body", [b"", b"null", b" \n", b"{}"])
def test_empty_or_valid_json_body_is_readable(body: bytes) -> None:
    assert unreadable_reason(respond(200, body)) == ""


@each_case(
    "body, encoding, expected",
    [
        (b"\x1f\x8b\x08\x00abc", "", True),
        (b" \\x1f\\x8b\\x08abc", "", True),
        (b"\x00\x01abc", "br", True),
        (b"\x00\x01abc", "identity", False),
        (b"no skill", "gzip", False),
        (b"{}", "gzip", False),
        (b"", "gzip", False),
    ],
)
def test_compressed_body_is_recognized(body: bytes, encoding: str, *, expected: bool) -> None:
    response = HttpResponse(400, "", Headers([("Content-Encoding", encoding)]), body)
    assert is_compressed(response) is expected


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
        ({"items": [{"status": 400}, {"error": "x"}]}, "inconclusive"),
        ({"results": [{"response": {"error": "x"}}]}, "inconclusive"),
        ([{"status": 503}], "inconclusive"),
        ([{"error": "timeout"}], "inconclusive"),
        ({"items": [{"status": 201}, {"status": 202}]}, "accepted"),
        ([{"id": "c-1"}], "accepted"),
    ],
)
def test_multi_status_is_accepted_only_if_no_item_failed(body: Any, expected: str) -> None:
    assert evidence_of(respond(207, body)) == expected
