"""The ID of a new call, or a link to it, in an error; ordinary refusals have members that only look like them."""

from __future__ import annotations

import json
from typing import Any

from cxcall.contracts.operation import Operation
from cxcall.responses.processing_evidence import Evidence, classify
from cxcall.transport.http_messages import Exchange, HttpRequest
from helpers.cases import each_case
from helpers.evidence import EXECUTE, OPERATIONS, respond

_undeclared = {key: value for key, value in EXECUTE.declared.items() if "engagement" not in key}
UNDECLARED = Operation(EXECUTE.contract, "POST", "/calls", _undeclared)
REQUEST = HttpRequest(
    "POST", "https://api.example.com/v1/calls", {}, b'{"to": "+12025550123", "callId": "c-sent"}'
)
ZERO = "00000000-0000-0000-0000-000000000000"
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
]  # fmt: skip

CALLS: list[Any] = [
    {"call": {"id": "c-9"}}, {"data": {"call": {"id": 77}}}, {"calls": [{"id": "c-1"}]}, {"result": {"calls": [{"sid": "CA77"}]}},
    {"calls": ["c-1"]}, {"callIds": ["c-1"]}, {"call": "0f8f1c9e-1111-4222-8333-444455556666"}, {"call": "call-session-ab12"},
    {"callUrl": "https://api.example.com/v1/calls/77"}, {"callHref": "/calls/77/status"}, {"call_link": "https://h.example/?id=7"},
    {"callUri": "https://developer.example/c/1"}, {"call": {"url": "https://developer.example/c/1"}}, {"call": "/v1/calls/77"},
    {"_links": {"conversation": {"href": "/c/abc1"}}}, {"_links": {"calls": {"href": "/v1/calls/CA12.json"}}},
    {"links": [{"rel": "call", "href": "/c/1"}]}, {"links": [{"rel": "calls", "href": "/v1/calls/77"}]},
    {"links": ["https://api.example.com/v1/calls/77"]}, {"data": {"type": "calls", "id": "1"}, "errors": [{"id": "e-1"}]},
    {"callSession": {"id": "s-77"}}, {"error": {"message": "x", "call": {"id": "abc1"}}}, {"call": {"_links": {"self": {"href": "/calls/7"}}}},
    {"errors": [{"message": "x", "conversation": {"selfUri": "/api/v2/conversations/ab12"}}]}, {"call": {"key": "c-1"}},
    {"error": "x", "callUrl": "/Accounts/AC1/Calls/CA123.json"}, {"outbound_call": {"uuid": "{0F8F1C9E-1111-4222-8333-444455556666}"}},
]  # fmt: skip


FORMS = (
    "A3xQ/9bZk+Wq8d==", "v3:MdI91X4lWFEs7IgbBEOT9M4AigoY08M0WWZFISt1Yw2axZ_IiE-pqgE", "abcdefgh", "4711-eu-west-prod",
    "2026-11-29-000123", "v123",
)  # fmt: skip
"""IDs: at the place of one, the form says nothing."""


@each_case("body", REFUSALS, ids=json.dumps)
def test_refusal_without_a_new_call_keeps_its_meaning(body: Any) -> None:
    for operation in (UNDECLARED, EXECUTE, OPERATIONS["place-call"]):
        for status, expected in ((400, "refused"), (409, "refused"), (429, "busy")):
            exchange = Exchange(REQUEST, respond(status, body), may_be_sent=True)
            assert classify(exchange, operation) == expected


@each_case("body", [*CALLS, {"Location": "/v1/calls/77"}], ids=json.dumps)
def test_refusal_with_a_new_call_leaves_the_outcome_open(body: Any) -> None:
    headers = body if "Location" in body else {}
    for status in (429,) if headers else (400, 409, 429):
        exchange = Exchange(REQUEST, respond(status, body, **headers), may_be_sent=True)
        assert classify(exchange, EXECUTE) is Evidence.INCONCLUSIVE


@each_case("found", FORMS)
def test_id_at_its_place_counts_in_any_form(found: str) -> None:
    bodies = {"callId": found}, {"call": {"id": found}}, {"data": {"conversationId": found}}
    responses = [respond(429, body) for body in bodies]
    exchanges = [Exchange(REQUEST, each, may_be_sent=True) for each in responses]
    assert {classify(each, UNDECLARED) for each in exchanges} == {Evidence.INCONCLUSIVE}
    named = Exchange(REQUEST, respond(429, {}, **{"X-Call-Id": found}), may_be_sent=True)
    assert classify(named, EXECUTE, "header:X-Call-Id") is Evidence.INCONCLUSIVE
