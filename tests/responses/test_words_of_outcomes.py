"""The words of a response that say whether a request was refused, failed, or was processed."""

from __future__ import annotations

import json
from typing import Any

from cxcall.responses.processing_evidence import Evidence, classify
from cxcall.transport.http_messages import Exchange, HttpResponse
from helpers.cases import each_case
from helpers.evidence import OPERATIONS, REQUEST, evidence_of, respond


@each_case(
    "said",
    [
        "Call connected but could not be recorded", "The customer was called, but the agent could not be connected",
        "Customer rejected the call", "Call aborted after 3 rings", "Failed while ringing", "SIP 486 Busy Here", "NO_USER_RESPONSE",
        "Customer busy", "Voicemail detected, call aborted", "Agent leg failed after customer answered", "Failed to bridge the call",
        "Failed to write call record", "Failed to update the CRM", "Unable to get the status of the call", "Invalid response from dialer",
        "The operation was canceled.", "Transaction failed", "Request took too long", "Lost connection to dialer: error", "EOF exception",
        "NullPointerException", "1 of 2 calls failed", "2 calls placed, 1 failed", "Duplicate key value violates unique constraint",
        "Something went wrong", "Unknown error", "Invalid number; call placed", "invalid SIP gateway address", "No answer_url is set",
        "Invalid PIN, hung up", "Invalid line: rang out", "Duplicate request: original is in progress", "Invalid call: connected agents are busy",
        "the phone number is unavailable in this region", "Zahl zu lang",
    ],
)  # fmt: skip
def test_failure_that_says_more_than_a_check_before_anything_began_is_inconclusive(
    said: str,
) -> None:
    told = {"success": False, "message": said}, {"status": "failed", "reason": said}
    for body in (*told, {"error": said}, {"error": {"code": "INVALID", "message": said}}):
        assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE


@each_case(
    "said",
    [
        "Invalid number", "InvalidSkillId", "agent not logged in", "number on DNC list", "Access denied", "Quota exceeded",
        "Outside calling hours", "Number range not allowed", "Invalid or missing parameter", "unsupported country", "Unknown campaign", "No call was placed",
        "invalid.campaign.preview.timeout.seconds", "conversation.error.call.disconnected", "callback.error.already.triggered",
    ],
)  # fmt: skip
def test_failure_of_a_check_or_with_a_published_code_is_refused(said: str) -> None:
    for body in ({"success": False, "message": said}, {"error": said}, {"code": 400, "msg": said}):
        if "error" in body or "success" in body:
            assert evidence_of(respond(200, body)) is Evidence.REFUSED


@each_case(
    "member",
    [
        {"attempts": 1}, {"talkTime": 3}, {"endTime": "2026-11-30"}, {"hangupCause": "NORMAL"}, {"sipCode": 486}, {"retryScheduled": True},
        {"nextAttempt": "19:00"}, {"recordingUrl": "https://h/9.wav"}, {"cost": 0.02}, {"upstreamStatus": 504}, {"result": "partial_success"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_failure_beside_a_member_of_a_call_is_inconclusive(member: dict[str, Any]) -> None:
    body = {"success": False, "message": "Invalid agent", **member}
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE
    empty = {"success": False, "message": "Invalid agent", **dict.fromkeys(member)}
    assert evidence_of(respond(200, empty)) is Evidence.REFUSED


@each_case(
    "said",
    [
        "Invalid number received", "Blocked: no call was placed", "Call refused, never started", "Failed: 0 of 1 calls placed",
        "Contact blocked: it was added to the DNC list", "Your request was received but denied", "Too many queued calls",
        "Failed starting the call", "Success: false", "ok: false, error: invalid number", "accepted: 0, rejected: 1", "Sent: 0, failed: 1",
        "accepted 0 rejected 1", "Received HTTP 500 from the dialer", "Not OK", "402 Payment Required", "Session timed out",
    ],
)  # fmt: skip
def test_word_of_success_does_not_excuse_that_of_a_failure(said: str) -> None:
    assert evidence_of(respond(200, {"message": said})) is Evidence.INCONCLUSIVE
    assert evidence_of(respond(200, said.encode())) is Evidence.INCONCLUSIVE
    assert evidence_of(respond(200, {"message": said, "success": True})) is Evidence.ACCEPTED


@each_case(
    "body",
    [
        *({"status": each} for each in (
            "unauthorized", "forbidden", "unavailable", "throttled", "expired", "KO", "ERR", "declined", "ignored", "skipped",
            "INVALID_NUMBER", "BadRequest", "failed_validation", "FAILED_TO_QUEUE", "NO_AGENTS", "blocked by DNC", False,
        )),
        {"accepted": 0, "rejected": 1}, {"failed": True}, {"rejected": True}, {"dnc": "yes"}, {"blocked": "spam"}, {"rejected": ["+12025550140"]}, {"queued": False}, {"placed": False}, {"successful": False},
        {"code": "invalid_number"}, {"code": "FAILED"}, {"resultCode": 1, "resultDesc": "The number is invalid."}, {"ret": -1}, {"rc": 5},
        {"validationErrors": [{"field": "to"}]}, {"errorList": ["x"]}, {"violations": ["x"]}, {"result": 0, "message": "no credit"},
        {"body": '{"error": "x"}'}, {"call": {"status": "failed"}}, {"output": {"error": "x"}}, {"call": None, "message": "no agent"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_state_count_flag_code_or_list_that_tells_a_failure_is_inconclusive(body: Any) -> None:
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE


@each_case(
    "body",
    [
        {"failed": 0, "processed": 1}, {"rc": 0}, {"code": "SUCCESS"}, {"validationErrors": []}, {"body": '{"error": null}'},
        {"errorMessage": "No errors found"}, {"message": "Duplicates skipped: 0"}, {"status": "notAnswered"}, {"hasErrors": False},
        {"dnc": "no"}, {"blocked": "no"}, {"failed": "N"}, {"dnc": "clean"}, {"isDnc": "passed"}, {"dnc": "checked"}, {"dnc": "not listed"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_member_that_tells_no_failure_is_accepted(body: Any) -> None:
    assert evidence_of(respond(200, body)) is Evidence.ACCEPTED


def test_echo_of_a_text_that_was_sent_is_no_failure() -> None:
    request = REQUEST._replace(body=b'{"reason": "Payment failed", "status": "failed", "a": false}')
    for body, expected in (
        ({"to": "x", "reason": "payment failed"}, "accepted"),
        ({"message": "Payment not possible"}, "inconclusive"),
        ({"status": "blocked", "reason": "payment failed"}, "inconclusive"),
        ({"isValid": "false", "reason": "payment failed"}, "inconclusive"),
    ):
        exchange = Exchange(request, respond(201, body), may_be_sent=True)
        assert classify(exchange, OPERATIONS["execute"]) == expected


def test_success_beside_a_failure_counts_also_if_its_value_was_sent() -> None:
    request = REQUEST._replace(body=b'{"a": true, "b": 0, "c": "success", "d": 504}')
    for told in ({"success": True}, {"success": 0}, {"status": "success"}, {"code": 504}):
        body = {**told, "error": "Invalid number"}
        exchange = Exchange(request, respond(200, body), may_be_sent=True)
        assert classify(exchange, OPERATIONS["execute"]) is Evidence.INCONCLUSIVE


@each_case(
    "body",
    [
        {"allowed": True, "message": "Call failed"}, {"valid": True, "message": "Call failed"}, {"authorized": True, "reason": "blocked"},
    ],
    ids=json.dumps,
)  # fmt: skip
def test_flag_of_a_permission_is_no_success(body: Any) -> None:
    assert evidence_of(respond(200, body)) is Evidence.INCONCLUSIVE


@each_case(
    "body",
    [
        *({"message": each} for each in (
            "Request queued, will be processed later", "Rate limit exceeded (call placed)", "Successfully placed call", "Callback scheduled",
            "Call to +12025550140 started", "Contact dialed", "Customer is being called", "phone is ringing", "Duplicate: call already placed",
            "Rate limited: the call will be placed in 30 seconds", "1 call created, 2 rejected", "Rate limit exceeded.\nCall started",
            *(f"Your call was placed {how}" for how in (
                "before the limit was reached", "once", "with token 7", "by the service", "as no line was busy", "until you hang up",
            )),
            "Call queued for service X", "Call is placed per schedule", "The limit was reached after your call was placed", "already.started",
            "The call is being started by the service", "Queued until the limit is reset", "We called the customer", "Started another call",
        )),
        {"status": 201}, {"code": "201"}, {"statusCode": 202, "message": "x"}, {"responses": [{"status": 201}, {"status": 429}]},
        {"code": "SUCCESS"}, {"status": "submitted"}, {"status": "sent"}, {"status": "calling"}, {"totalSuccess": 1}, {"multistatus": [{"code": 201}]}, b"OK", b"Accepted",
        b"<r><callId><![CDATA[C-77]]></callId></r>", b"<r><call sid='C-77'>dialing</call></r>", b"\x81\xa6callId\xa9C-77",
    ],
    ids=repr,
)  # fmt: skip
def test_error_that_says_that_something_was_done_is_not_sent_again(body: Any) -> None:
    for status in (401, 429, 503):
        assert evidence_of(respond(status, body, Retry_After="1")) is Evidence.INCONCLUSIVE


@each_case(
    "status, body",
    [
        (503, {"status": "maintenance", "startedAt": "2026-11-30T18:00:00Z"}), (503, {"message": "Scheduled maintenance", "scheduled": True}),
        (503, {"status": "starting"}), (503, {"state": "starting", "message": "Server is starting up"}),
        (503, {"error": "maintenance", "state": "in progress"}),
        (429, {"message": "The user has sent too many requests"}), (429, {"message": "Maximum number of calls in progress reached (5)"}),
        (429, {"message": "Too many calls are being placed"}), (429, {"error": "CPS limit exceeded: calls queued per second 1"}),
        (401, {"message": "token created at 2026-11-30 expired"}), (429, {"error": {"code": 200, "message": "Slow down"}}),
        *((401, {"message": each}) for each in (
            "Login in progress", "A verification code has been sent", "Your account was created, but is not verified",
            "The signature was created 20 minutes ago", "Request was sent 20 minutes ago", "Authorization header received was empty",
        )),
        *((429, {"message": each}) for each in (
            "5 calls placed in the last minute; the limit is 5", "Concurrent call limit reached: 10 calls in progress", "Stop calling this endpoint",
            "10 of 10 agents connected", "This number was called 3 times today", "Number was dialed recently; try later", "Call placed: false",
            "Your IP was added to the block list", "A new quota period has started", "Wait until the call is started", "Call placed limit: 1",
        )),
        *((503, {"message": each}) for each in (
            "Database upgrade started", "Deployment in progress", "A restart has been initiated", "An incident was created",
            "The service has been started, but is warming up", "Maintenance: scheduled for 12:00", "Connected nodes: 0",
        )),
        (429, {"message": "No requests will be accepted for 5 s"}), (503, "<h1>Service indisponible \u00e9</h1>".encode("latin-1")),
        *((429, {"callId": each}) for each in ("nok", "blocked", "abort", "dnc", "rejected")),
    ],
    ids=repr,
)  # fmt: skip
def test_error_of_a_server_or_of_a_limit_is_sent_again(status: int, body: Any) -> None:
    response: HttpResponse = respond(status, body, Retry_After="1")
    expected = Evidence.UNAUTHORIZED if status == 401 else Evidence.BUSY
    assert evidence_of(response) is expected


def test_maintenance_does_not_hide_a_call() -> None:
    call = {"startedAt": "2026-11-30T18:00:00Z", "id": "C-77"}
    of_call = {"callState": "in progress"}, {"callStatus": "starting"}, {"call": call}
    of_calls = {"scheduledCalls": 1}, {"startedCalls": ["C-7"]}, {"callId": "C-77"}
    own = (
        {"status": "queued"},
        {"status": "accepted"},
        {"status": "starting", "message": "Starting your call"},
    )
    for body in (*of_call, *of_calls, *own):
        response = respond(503, {"message": "Maintenance", **body}, Retry_After="1")
        assert evidence_of(response) is Evidence.INCONCLUSIVE
