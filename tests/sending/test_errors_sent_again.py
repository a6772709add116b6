"""A 429, 401, or 503 is sent again only if its body can be read whole and nothing in it says that a call was started."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import TYPE_CHECKING, Any

import pytest

from cxcall.ledger.ledger import Ledger
from cxcall.responses.processing_evidence import Evidence, classify, unread_error
from cxcall.sending.request_sender import deliver
from cxcall.sending.send_plan import SendHooks
from cxcall.transport.http_messages import Exchange, Headers, HttpResponse
from helpers import fault_server as fault
from helpers.cases import each_case
from helpers.deliveries import Tokens, plan_to
from helpers.evidence import EXECUTE, OPERATIONS, REQUEST, respond
from helpers.fault_server import FaultServer, answer
from helpers.sender_checks import Sleep

if TYPE_CHECKING:
    from pathlib import Path

CALL = json.dumps({"callId": "C-7712345", "status": "dialing"})
JSON = {"Content-Type": "application/json", "Retry-After": "0"}
TEXT = {"Content-Type": "text/plain", "Retry-After": "0"}
UUID = "8f14e45f-ceea-467f-a0e6-b1d3c2d4e5f6"

UNREAD: dict[str, tuple[dict[str, str], bytes]] = {
    "deflate": ({**JSON, "Content-Encoding": "deflate"}, zlib.compress(CALL.encode())),
    "gzip without a header": (JSON, gzip.compress(CALL.encode())),
    "more than a mebibyte": (JSON, json.dumps({"pad": "x" * 1_100_000, "callId": "C-7"}).encode()),
    "two documents": (JSON, b'{"error":"x"}\n' + CALL.encode()),
    "a duplicate name": (JSON, b'{"callId":"C-77123","callId":null}'),
    "a trailing comma": (JSON, b'{"callId":"C-77123",}'),
    "a comment": (TEXT, b'{/* id */"callId":"C-77123"}'),
    "too many levels": (JSON, b'{"a":' * 300 + CALL.encode() + b"}" * 300),
    "an integer of 5,000 digits": (JSON, b'{"callId":"C-77123","n":' + b"9" * 5000 + b"}"),
}

HIDDEN: dict[str, tuple[dict[str, str], bytes]] = {
    "JSON in a string": (JSON, json.dumps({"statusCode": 200, "body": CALL}).encode()),
    "JSON in a message": (JSON, json.dumps({"errors": [{"detail": CALL}]}).encode()),
    "JSON escaped twice": (JSON, json.dumps({"error": json.dumps(CALL)}).encode()),
    "XML in a string": (JSON, b'{"message":"<r><callId>C-77123</callId></r>"}'),
    "a form in a string": (JSON, b'{"message":"callId=C-77123&status=dialing"}'),
    "Latin-1": ({**JSON, "Content-Type": "application/json; charset=iso-8859-1"}, b'{"callId":"C-77","n":"M\xfcller"}'),
    "Latin-1 without a charset": (JSON, b'{"callId":"C-77123","name":"M\xfcller"}'),
    "JSONP": (JSON, b"cb(" + CALL.encode() + b");"),
    "a prefix": (JSON, b")]}',\n" + CALL.encode()),
    "events": ({**TEXT, "Content-Type": "text/event-stream"}, b"data: " + CALL.encode() + b"\n\n"),
    "multipart": (TEXT, b"--x\r\nContent-Type: application/json\r\n\r\n" + CALL.encode() + b"\r\n--x--"),
    "a line of a text": (TEXT, b"Limit reached\nCall-ID: C-77123"),
    "a text": (TEXT, b"rejected: call id C-77123 is open"),
    "a sentence with a limit": (JSON, b'{"message":"Your call was placed before the limit was reached"}'),
    "a state in a text": (TEXT, b"status=dialing&limit=60"),
}  # fmt: skip

SIGNS: list[Any] = [
    {"success": True}, {"ok": "true"}, {"accepted": True}, {"started": True, "limit": 3}, {"dialed": 1},
    {"success": True, "message": "rate limit near"}, {"message": "Success"}, {"result": "OK"}, {"status": "successful"},
    {"message": "Call initiated (id C-7712345)"}, {"message": "Call placed with a delay"}, {"msg": "calling +12025550100"},
    {"call": 7712345}, {"message": "x", "callid": "C 77123"},
    {"legs": [{"legId": "L1", "state": "alerting"}]}, {"participants": [{"state": "dialing"}]}, {"agent": {"state": "ringing"}},
    {"message": "x", "callStartedAt": "2026-11-26T14:00:00Z"}, {"startTime": "2026-11-26T14:00:00Z"},
    {"campaignCallId": "77123"}, {"telephonyId": "x7712"}, {"callback": {"id": "7712"}}, {"uuid": UUID}, {"data": {"jobId": "J-77"}},
    {"message": "x", "queued": 3}, {"message": "x", "result": "ok"}, {"message": "x", "startTime": "2026-11-26T14:00:00Z"}, {"message": "x", "created": True},
    {"message": "x", "call": {"createdAt": "2026-11-26T14:00:00Z"}}, {"message": "x", "legs": [{"state": "alerting"}]}, {"message": "success=true"},
]  # fmt: skip

PLAIN: list[Any] = [
    None, b"null", {}, [], b"Too Many Requests", b"upstream connect error or disconnect/reset before headers",
    # Genesys Cloud, NICE CXone, AWS, Azure, Google, Cloudflare, Kong, Envoy, Spring, nginx
    {"message": "Rate limit exceeded the maximum. [300] requests within [60] seconds", "code": "too.many.requests", "status": 429,
     "contextId": UUID, "messageWithParams": "x", "messageParams": {"conversationId": UUID, "max": "300"}, "details": [], "errors": []},
    {"error": "rate_limit", "error_description": "Too many calls", "resultSet": None}, {"code": "authentication.required", "status": 401, "message": "x"},
    {"message": None}, {"message": "Limit Exceeded"}, {"Message": "Rate exceeded", "__type": "ThrottlingException"},
    {"statusCode": 429, "message": "Rate limit is exceeded. Try again in 12 seconds."}, {"message": "API rate limit exceeded", "request_id": UUID},
    {"error": {"code": 401, "message": "x", "status": "UNAUTHENTICATED"}}, {"error": {"code": 503, "message": "x", "status": "UNAVAILABLE"}},
    {"success": False, "errors": [{"code": 10000, "message": "Authentication error"}], "messages": [], "result": None},
    {"title": "Error 1015", "status": 429, "ray_id": "9d99a4434fz2d168", "retryable": True, "retry_after": 30, "instance": "9d99a4434fz2d168"},
    {"timestamp": "2026-11-26T14:00:00Z", "status": 503, "error": "Service Unavailable", "path": "/v1/calls"},
    {"status": "error", "message": "x", "errorType": "RATE_LIMIT", "correlationId": UUID, "policyName": "SECONDLY", "requestId": UUID},
    {"limit": 60, "remaining": 0, "reset": 1764161000, "ruleId": "r-77"}, {"maintenance": {"status": "in_progress"}},
    {"status": "DOWN", "components": {"db": {"status": "UP"}}}, {"id": "rate_limit", "message": "Your account reached the API rate limit"},
    b"<html><head><title>503 Service Temporarily Unavailable</title></head><body><center><h1>503</h1></center></body></html>",
    b"<!doctype html><html><body id='login'><form action='/login?id=7'><input name='user'></form><script>var s={state:'x'}</script></body></html>",
    b"<!DOCTYPE html><p>Seite nicht verf\xfcgbar</p>", b"<Error><Code>SlowDown</Code><RequestId>r-1</RequestId><HostId>h-1</HostId></Error>",
    # Times, counts, and states of other things than a call, and the time of the error
    {"title": "Service Unavailable", "maintenance": {"startTime": "2026-11-30T18:00:00Z", "endTime": "2026-11-30T20:00:00Z"}},
    {"error": {"message": "x", "created_at": "2026-11-30T19:00:00Z"}}, {"error": "invalid_token", "createdAt": "2026-11-30T19:00:00Z"},
    {"error": "maintenance", "created": 1764529200}, {"message": "x", "dependencies": {"db": {"status": "ok"}, "dialer": {"ok": True}}},
    {"message": "x", "service": {"status": "ok"}}, {"error": "x", "queue": {"queued": 12, "connected": 3}}, {"message": "x", "session": {"startedAt": "2026"}},
    {"error": "expired", "token": {"createdAt": "x", "expiresAt": "y"}}, b"{Too many requests}",
    {"message": "Call already in progress for another contact; max 1"}, {"error": "x, created=2026-11-30"},
    b"Request unsuccessful. Incapsula incident ID: 1234-5678", b"error code: 1015", b"[throttled]",
]  # fmt: skip
"""Errors that are sent again: of the platforms, of gateways, and of load balancers."""


def evidence_of(response: HttpResponse, name: str = "execute") -> Evidence:
    return classify(Exchange(REQUEST, response, may_be_sent=True), OPERATIONS[name])


@each_case("kind", [*UNREAD, *HIDDEN])
@pytest.mark.usefixtures("_plain_environment")
def test_error_that_may_hide_a_call_is_not_sent_again(kind: str, tmp_path: Path) -> None:
    headers, body = {**UNREAD, **HIDDEN}[kind]
    for status in (401, 429, 503):
        with (
            FaultServer((answer(status, headers, body), fault.accept)) as server,
            Ledger.open(tmp_path / kind / str(status)) as ledger,
        ):
            delivery = deliver(plan_to(server.base_url), ledger, Tokens(), SendHooks(sleep=Sleep()))
        assert (delivery.outcome, server.whole) == ("unknown", 1)
        is_named = "names something that was started" in delivery.findings[0].message
        assert is_named is (kind in HIDDEN)


@each_case("body", SIGNS, ids=json.dumps)
def test_error_with_a_sign_of_success_is_not_sent_again(body: Any) -> None:
    for status in (401, 429, 503):
        for inner in (body, {"data": body}, {"body": json.dumps(body)}):
            assert evidence_of(respond(status, inner, Retry_After="0")) is Evidence.INCONCLUSIVE


@each_case("body", PLAIN, ids=repr)
def test_plain_error_is_sent_again(body: Any) -> None:
    for name in ("execute", "place-call"):
        found = [
            evidence_of(respond(each, body, Retry_After="0"), name) for each in (401, 429, 503)
        ]
        assert found == ["unauthorized", "busy", "busy"]


def test_unreadable_body_matters_only_for_an_error_that_would_be_sent_again() -> None:
    response = HttpResponse(400, "", Headers(()), b'{"callId":')
    assert unread_error(response) == ""
    assert unread_error(response._replace(status=429)) == "a body that is not valid JSON"
    assert classify(Exchange(REQUEST, response, may_be_sent=True), EXECUTE) is Evidence.REFUSED


def test_call_in_json_in_a_string_counts_for_each_error() -> None:
    assert evidence_of(respond(400, {"message": CALL})) is Evidence.INCONCLUSIVE
    assert evidence_of(respond(200, {"success": False, "body": CALL})) is Evidence.INCONCLUSIVE
