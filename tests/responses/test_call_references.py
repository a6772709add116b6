"""The ID of a new call, or a link to it, in an error; ordinary refusals have members that only look like them."""

from __future__ import annotations

from typing import Any

from cxcall.contracts.operation import Operation
from cxcall.responses.processing_evidence import Evidence, classify
from cxcall.transport.http_messages import Exchange, HttpRequest
from helpers.cases import each_case
from helpers.evidence import EXECUTE, OPERATIONS, respond

_undeclared = {key: value for key, value in EXECUTE.declared.items() if "engagement" not in key}
UNDECLARED = Operation(EXECUTE.contract, "POST", "/calls", _undeclared)
REQUEST = HttpRequest(
    "POST",
    "https://api.example.com/v1/calls",
    {},
    b'{"callId": "c-sent", "note": "call was placed with a note"}',
)
ZERO = "00000000-0000-0000-0000-000000000000"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
GOOGLE = "type.googleapis.com/google.rpc"

REFUSALS: list[Any] = [
    # Counts and limits
    {"error": "rate limit exceeded", "calls": 61, "limit": 60},
    {"error": {"message": "Too many requests", "calls": 300, "window": "1m"}},
    {"conversations": 100, "limit": 100}, {"interactions": "60/60"}, {"calls": "61", "per": "1m"}, {"call": 61},
    {"message": "x", "call": "60s"}, {"message": "x", "calls": {"limit": 60, "remaining": 0, "id": "rule-7"}},
    {"limits": [{"type": "call", "key": "calls/minute", "value": 60}]},
    {"limits": [{"type": "call", "id": "limit-7", "value": 60}]}, {"rateLimit": {"call": {"id": "r-1", "max": 5}}},
    {"quota": {"calls": ["day-1000"]}}, {"message": "x", "call": "max-60"}, {"calls": [60, 61]},
    # Links to the collection, to the endpoint, to templates, and to documentation
    {"message": "x", "call": "/v1/calls/limits"}, {"message": "x", "callsUrl": "https://api.example.com/v1/calls"},
    {"message": "x", "_links": {"calls": {"href": "/v1/accounts/1/calls"}, "self": {"href": "/v1/calls"}}},
    {"message": "x", "links": [{"rel": "calls", "href": "https://api.example.com/v1/calls?limit=25"}]},
    {"message": "x", "links": [{"rel": "call", "href": "/v1/calls/{id}"}]}, {"callUrl": "/v1/calls/%7Bid7%7D"},
    {"message": "x", "call_link": "https://developer.example.com/reference/calls1"},
    {"message": "x", "callUrl": "https://api.example.com/v1/calls/c-sent"},
    {"message": "x", "call": {"url": "https://docs.example.com/docs/calls/21211"}},
    # Names of operations and placeholders
    {"message": "x", "call": "v1.calls.create"}, {"error": "x", "call": "calls:create/1"}, {"call": "createCallV2"},
    {"error": "x", "call": "N/A"}, {"error": "x", "interaction": "n/a"}, {"error": "x", "call": ZERO},
    {"error": "x", "callId": ZERO}, {"error": "x", "callId": "N/A"}, {"error": "x", "callId": "0"}, {"error": "x", "call": True},
    {"error": "x", "call": "2026-11-29T10:00:00Z"}, {"error": "x", "call": {"to": "+1202", "ref": "call/to"}},
    {"error": "x", "callId": "must be a UUID with 36 characters"}, {"error": "x", "call": {"from": {"id": "user-7"}}},
    # Errors of properties: Laravel, Rails, Django, JSON:API, FastAPI, Spring, RFC 9457
    {"message": "x", "errors": {"call": ["E1001"]}}, {"errors": {"call": ["must-have-10-digits"]}},
    {"errors": {"call": {"id": ["min-8"]}}}, {"call": ["E1001"]}, {"callId": ["E1001"]}, {"errors": {"callId": "E1001"}},
    {"validationErrors": {"conversation": {"id": "E12"}}}, {"fields": {"call": "E-12"}}, {"params": [{"call": "p-1"}]},
    {"errors": [{"id": "e-1", "status": "422", "code": "E12", "source": {"pointer": "/data/attributes/call"}}]},
    {"detail": [{"type": "missing", "loc": ["body", "call", 1], "msg": "Field required", "input": {"callId": "c-1"}}]},
    {"timestamp": "2026-11-29T10:00:00.000+00:00", "status": 400, "error": "Bad Request", "path": "/v1/calls",
     "errors": [{"field": "call", "rejectedValue": "12", "objectName": "call", "code": "Size"}]},
    {"type": "https://example.com/problems/out-of-credit", "title": "x", "status": 403, "instance": "/account/12345/msgs/abc",
     "invalid-params": [{"name": "call", "reason": "must be 10 digits"}]},
    {"error": {"type": "call", "id": "err_1", "message": "x"}}, {"errors": [{"type": "calls", "id": "e-1", "title": "x"}]},
    # Google, AWS, Twilio, Stripe, Vonage, Genesys Cloud, CXone
    {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "x", "details": [
        {"@type": f"{GOOGLE}.QuotaFailure", "violations": [{"subject": "project:12", "description": "calls per minute"}]},
        {"@type": f"{GOOGLE}.ErrorInfo", "reason": "RATE_LIMIT", "metadata": {"call": "v1.calls.create", "quota_limit": "60"}}]}},
    {"__type": "ThrottlingException", "message": "Rate exceeded"}, {"Error": {"Code": "Throttling", "RequestId": "r-1"}},
    {"code": 20429, "message": "Too Many Requests", "more_info": "https://www.twilio.com/docs/errors/20429", "status": 429},
    {"error": {"type": "invalid_request_error", "param": "call", "doc_url": "https://stripe.com/docs/error-codes/x1",
               "request_log_url": "https://dashboard.stripe.com/logs/req_1"}},
    {"type": "https://developer.vonage.com/api-errors#throttled", "title": "x", "instance": "797a8f199c45014ab7b08bfe9cc1c12c"},
    {"message": "Rate limit exceeded the maximum. [60] requests within [60] seconds", "code": "too.many.requests", "status": 429,
     "contextId": "d2b4c1e0-1", "messageParams": {"conversation": "60", "max": "60"}, "details": [], "errors": []},
    {"error": "invalid_request", "error_description": "x", "callCount": 3}, {"status": 409, "interactionLimit": 5},
    {"message": "x", "code": "bad.request", "messageParams": {"conversationId": TRACE}}, {"message": "API rate limit exceeded"},
    {"errors": [{"code": "10011", "meta": {"url": "https://developers.telnyx.com/docs/overview/errors/10011"}}]},
    {"fault": {"faultstring": "Spike arrest violation", "detail": {"errorcode": "policies.ratelimit.SpikeArrestViolation"}}},
    {"error": {"code": "429", "message": "x", "innererror": {"request-id": TRACE}}}, b"local_rate_limited", b"no healthy upstream",
    b"<html><head><title>429 Too Many Requests</title></head><body><center>nginx/1.25</center></body></html>",
    b"<Error><Code>SlowDown</Code><RequestId>r-1</RequestId><Sid>s-1</Sid></Error>", b"error=slow_down&call=60",
    # What is said about a limit, a trace, or another thing than the call
    {"calls": [{"id": "minute-1", "used": 60, "max": 60}]}, {"call": {"id": "createCall1", "limit": 60}}, {"limit_info": {"call": {"id": "r-1"}}},
    {"rateLimiting": {"call": {"id": "r-1"}}}, {"policy": {"call": {"id": "r-1"}}}, {"throttle": {"calls": ["r-1"]}},
    {"type": "call", "id": "limit-7", "limit": 60}, {"error": {"code": 429, "interactionId": TRACE}}, {"errors": [{"sid": "E-77"}]},
    {"message": "x", "meta": {"interaction": {"id": TRACE}}}, {"error": "campaign is running", "state": "running"}, {"agentState": "connected"},
    {"maintenance": {"status": "in_progress"}}, {"serviceStatus": "running"}, {"message": "x", "call": {"agent": {"id": "a-1"}}},
    {"links": ["https://support.example.com/articles/calls/360012345"]}, {"callPlaced": False}, {"agentConnected": True},
    # Words and placeholders at the place of an ID
    {"error": {"callId": "required"}}, {"message": "x", "call": {"id": "required"}}, {"error": {"call": {"id": "invalid_format"}}},
    {"id": "too_many_requests"}, {"id": "TooManyRequests"}, {"id": "err-429"}, {"callId": "not_a_uuid_v4"}, {"call": {"id": "-1"}},
    *({"callId": each} for each in ("string", "TBD", "(null)", "<uuid>", "{callId}", "no-call", "RateLimitExceeded", "<id1>", "err-429")),
    *({"message": "x", "callId": each} for each in ("none", "blank", "unassigned", "minute", "calls_per_day", "Unauthorized", "callId", ":call_id", False)),
    *({"callId": each} for each in ("conflict", "already_exists", "DuplicateCall", "busy")),
    {"callId": "slow_down", "error": "SlowDown"}, {"call": {"id": "E1001", "code": "E1001"}}, {"call": {"key": "createCall"}},
]  # fmt: skip

CALLS: list[Any] = [
    {"call": {"id": "c-9"}}, {"data": {"call": {"id": 77}}}, {"calls": [{"id": "c-1"}]}, {"result": {"calls": [{"sid": "CA77"}]}},
    {"calls": ["c-1"]}, {"callIds": ["c-1"]}, {"call": "0f8f1c9e-1111-4222-8333-444455556666"}, {"call": "call-session-ab12"},
    {"callUrl": "https://api.example.com/v1/calls/77"}, {"callHref": "/calls/77/status"}, {"call_link": "https://h.example/?id=7"},
    {"callUri": "https://developer.example/c/1"}, {"call": {"url": "https://developer.example/c/1"}}, {"call": "/v1/calls/77"},
    {"_links": {"conversation": {"href": "/c/abc1"}}}, {"_links": {"calls": {"href": "/v1/calls/CA12.json"}}},
    {"links": [{"rel": "call", "href": "/c/1"}]}, {"links": [{"rel": "calls", "href": "/v1/calls/77"}]},
    {"links": ["https://api.example.com/v1/calls/77"]}, {"links": {"call": "/v2/77"}}, {"entity": {"type": "call", "id": "77"}}, {"data": {"type": "calls", "id": "1"}, "errors": [{"id": "e-1"}]},
    {"callSession": {"id": "s-77"}}, {"error": {"message": "x", "call": {"id": "abc1"}}}, {"call": {"_links": {"self": {"href": "/calls/7"}}}},
    {"errors": [{"message": "x", "conversation": {"selfUri": "/api/v2/conversations/ab12"}}]}, {"call": {"key": "c-1"}},
    {"error": "x", "callUrl": "/Accounts/AC1/Calls/CA123.json"}, {"outbound_call": {"uuid": "{0F8F1C9E-1111-4222-8333-444455556666}"}},
    # The name of an ID in any spelling
    {"callId": "C-1", "limit": 60}, {"data": {"call_control_id": 7}}, {"sid": "CA1"}, {"errors": [{"message": "x", "callId": "C-1"}]}, {"interactionId": "i-1"},
    {"Call ID": "C-1"}, {"call.id": "C-1"}, {"callIdentifier": "C-1"}, {"conversation_uuid": "CON-1"}, {"callId": ["C-77"]},
    {"callId": {"value": "C-77"}}, {"call": {"result": {"id": "C-9"}}}, {"call": {"data": {"id": "C-9"}}}, {"conversationId": {"id": "c-9"}},
    b"<Response><Call><Sid>CA123</Sid></Call></Response>", b"<ns:callId>C-1</ns:callId>", b"callId=C-77&error=busy",
    # IDs in any form
    *({"callId": each} for each in (
        "A3xQ/9bZk+Wq8d==", "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE-pqgE", "4711-eu-west-prod", "2026-11-29-000123", "v123",
        "AbCdEfGhIjk", "_nano-7",
    )), {"callUrl": "/v1/calls/AbCdEfGhIjk"},
    # Flags and states
    {"callPlaced": True}, {"call": {"started": "true"}}, {"dialed": True}, {"callState": "in-progress"}, {"call": {"status": "running"}},
    {"status": "queued"}, [{"phase": "is dialing"}], b"<Call><Status>ringing</Status></Call>",
]  # fmt: skip

IDS_IN_DOUBT: list[Any] = [
    *({"callId": each, "message": "Too many requests", "code": 77} for each in (
        "abcdefgh", "ABCDEFGHIJ", "E1001", "ERR-77", "kQzT-bXwPaLdRe_fGhIjK", "<abc123@pbx.example.com>", "abc123@10.0.0.1:5060", "77;leg=1",
    )), {"callIds": ["abcdefgh"]}, {"error": {"call": {"id": "E1001"}}}, {"contactId": "abcdefgh"},
    {"status": "in-progress", "to": "+12025550123"}, {"data": {"state": "connecting"}}, {"callReference": "abcdefgh"},
    {"call": {"limit": 1, "id": "C-77"}},
]  # fmt: skip
"""IDs in any form, and states of a call or of another request."""

DOUBTFUL: list[Any] = [
    *({name: "C-1"} for name in ("X-Call-Id", "Call-Id", "X-Call-Sid", "X-Conversation-Id")), {"Link": '</v1/calls/77>; rel="call"'},
    *({"Location": each} for each in ("/v1/calls/77", "/v1/outbound-calls/77", "/v1/calls/AbCdEfGhIjk", "calls/77", "/call?id=77")),
    {"Content-Location": "/v1/calls/77"}, "Call placed, but the recording could not be started", "The contact is already being called", "call_queued",
    "A call was placed", "Call C-77 was placed; retry later", "Your call has been queued", "Limit exceeded after the call was placed",
    "Call initiated successfully", "A call to this number is already in progress", "Contact already in progress", "already queued", {"X-Call-Id": "abcdefgh"},
]  # fmt: skip
"""Headers and texts of a call that may be an earlier one."""

NOT_STATED: list[Any] = [
    "Too many calls were placed", "All lines are busy", "Call was placed with a note", "No call was placed", "The call was not placed",
    "Another request is already in progress", "Call created limit reached", "Call queued limit exceeded", "too many calls already queued",
    "Try again before the call is started", {"Location": "/v1/calls"}, {"Location": "/v1/calls/rate-limit-429"}, {"Location": "http://[x"},
    {"Location": "https://developer.example.com/docs/calls/429"}, {"Link": "</v1/calls?page=2>; rel=next"}, {"X-Fapi-Interaction-Id": TRACE},
    {"X-Call-Id": "c-sent"}, {"X-Call-Id": "N/A"}, "A call is in progress; try again", "If the call was placed, it will be billed",
]  # fmt: skip


def evidence_of(
    status: int, body: Any, operation: Operation = UNDECLARED, place: str = ""
) -> Evidence:
    response = respond(status, body, Retry_After="0")
    return classify(Exchange(REQUEST, response, may_be_sent=True), operation, place)


@each_case("body", REFUSALS, ids=repr, quick=50)
def test_refusal_without_a_new_call_keeps_its_meaning(body: Any) -> None:
    for operation in (UNDECLARED, EXECUTE, OPERATIONS["place-call"]):
        found = [evidence_of(status, body, operation) for status in (400, 409, 429, 503)]
        assert found == ["refused", "refused", "busy", "busy"]


@each_case("body", CALLS, ids=repr, quick=50)
def test_refusal_with_a_new_call_leaves_the_outcome_open(body: Any) -> None:
    """Also if another place of the ID is configured, and nothing is there."""
    for status in (307, 400, 401, 409, 429, 503):
        assert evidence_of(status, body) is Evidence.INCONCLUSIVE
        assert evidence_of(status, body, place="header:X-Foo") is Evidence.INCONCLUSIVE


@each_case("said", [*DOUBTFUL, *NOT_STATED], ids=repr)
def test_header_or_text_that_states_a_call_only_prevents_a_repetition(said: Any) -> None:
    headers = said if isinstance(said, dict) else {}
    texts = [{"errors": [{"detail": said}]}, str(said).encode()]
    for body in [None] if headers else texts:
        for status, otherwise in (
            (401, "unauthorized"),
            (429, "busy"),
            (503, "busy"),
            (409, "refused"),
        ):
            response = respond(status, body, Retry_After="0", **headers)
            found = classify(Exchange(REQUEST, response, may_be_sent=True), EXECUTE)
            is_open = said in DOUBTFUL and otherwise != "refused"
            assert found == (Evidence.INCONCLUSIVE if is_open else otherwise)


@each_case("body", IDS_IN_DOUBT, ids=repr)
def test_id_in_any_form_prevents_a_repetition_or_is_that_of_a_conflict(body: Any) -> None:
    """A conflict may be with the first attempt of a request that a proxy has sent twice."""
    found = [evidence_of(status, body) for status in (401, 429, 503, 400, 422)]
    assert found == [*["inconclusive"] * 3, *["refused"] * 2]
    is_contact = list(body) == ["contactId"]
    assert evidence_of(409, body) == ("refused" if is_contact else "inconclusive")


def test_id_at_its_own_place_prevents_a_repetition_in_any_form() -> None:
    for place, name in (("header:X-Call-Ref", "abcdefgh"), ("header:X-Call-Ref", "E1001")):
        response = respond(429, {}, **{"X-Call-Ref": name})
        exchange = Exchange(REQUEST, response, may_be_sent=True)
        assert classify(exchange, EXECUTE, place) is Evidence.INCONCLUSIVE
    declared = OPERATIONS["place-call"]
    assert evidence_of(429, {"id": "abcdefgh"}, declared) is Evidence.INCONCLUSIVE
    assert evidence_of(429, {"id": "rate_limit", "message": "x"}, declared) is Evidence.BUSY


def test_new_contact_may_be_a_call_or_a_person() -> None:
    found = [evidence_of(status, {"contactId": "c-7"}) for status in (429, 503, 409)]
    assert found == ["inconclusive", "inconclusive", "refused"]
    assert evidence_of(429, {"contactId": "c-sent"}) is Evidence.BUSY
