"""Failures that the body of a 2xx response reports, at any depth, and their texts."""

from __future__ import annotations

from typing import Any

from cxcall.findings.finding import Severity
from cxcall.responses.failures_in_2xx import explain_failures, reported_failure, web_page_finding
from cxcall.transport.http_messages import Headers, HttpResponse
from helpers.cases import each_case

TIMEOUT = "error.ininedgecontrol.connection.timeout"


@each_case(
    "body, expected",
    [
        ({"errorCount": 2}, ["`/errorCount` is 2"]),
        ({"errorCount": 2, "errors": ["x"]}, ["`/errors` has `x`"]),
        ({"errorCount": 1, "calls": [{"error": "x"}]}, ["`/calls/0/error` is `x`"]),
        (
            [{"error": "x"}, {"error": "x"}, {"error": "y"}],
            ["`/0/error` is `x`", "`/2/error` is `y`"],
        ),
        ({"error": {"errorCode": "c-1"}}, ["`/error` is `c-1`"]),
        ({"error": {"code": "c-1", "message": "no contact"}}, ["`/error` is `c-1`: no contact"]),
        ({"error": {"code": "not.found", "message": "x"}}, ["`/error` is `not.found`: there is nothing at this path, or no object has this ID"]),
        ({"error": {"message": "no contact"}}, ["`/error` is `no contact`"]),
        ({"error": {"error_description": "no contact"}}, ["`/error` is `no contact`"]),
        ({"error": "x", "data": {"status": "failed"}}, ["`/error` is `x`", "`/data/status` is `failed`"]),
        ({"errors": {"queueId": ["is unknown"]}}, ['`/errors` is `{"queueId": ["is unknown"]}`']),
        ({"errors": {"queueId": ""}}, []),
        ({"error": "-"}, []),
        ({"error": "!"}, ["`/error` is `!`"]),
        ({"error": "\u274c"}, ["`/error` is `\u274c`"]),
        ({"errors": [{"fatal": False}]}, ["`/errors` has 1 of them"]),
        ({"errors": [{"status": "failed"}]}, ["`/errors` has 1 of them"]),
        ({"errors": [{"code": "not.found"}]}, ["`/errors` has `not.found`: there is nothing at this path, or no object has this ID"]),
        ({"invalidEntities": ["a", "b", "c"]}, ["`/invalidEntities` has `a` and 2 more"]),
        ({"invalidEntities": [{"externalId": "e-1"}]}, ["`/invalidEntities` has `e-1`"]),
        ({"invalidEntities": ["0"]}, ["`/invalidEntities` has `0`"]),
        ({"invalidEntities": []}, []),
        ({"success": False, "message": "no contact"}, ["`/success` is false: no contact"]),
        ({"call": {"success": "False", "note": "x"}}, ["`/call/success` is false"]),
        ({"success": 0}, ["`/success` is 0"]),
        ({"success": "False", "hasError": False}, ["`/success` is false"]),
        (
            [{"ok": False, "message": "busy"}, {"ok": False, "message": "late"}],
            ["`/0/ok` is false: busy", "`/1/ok` is false: late"],
        ),
        ({"disconnectType": "error"}, ["`/disconnectType` is `error`: the provider has a fault"]),
        ({"failureReason": "X"}, ["`/failureReason` is `X`"]),
        ({"ok": False, "error": "x"}, ["`/error` is `x`"]),
        ({"state": "Failed", "note": TIMEOUT}, [f"`/note` is `{TIMEOUT}`: the leg was not answered within 60 seconds"]),
        ({"disconnectCode": "NoAnswer"}, ["`/disconnectCode` is `NoAnswer`: the call was not answered"]),
        ({"disconnectType": "timeout", "errorCode": "X"}, ["`/errorCode` is `X`"]),
        (
            {"wrapUpCode": "ININ-OUTBOUND-INVALID-PHONE-NUMBER"},
            ["`/wrapUpCode` is `ININ-OUTBOUND-INVALID-PHONE-NUMBER`: the number has fewer than two digits"],
        ),
        ({"wrapUpCode": "ININ-OUTBOUND-BUSY"}, []),
        ({"errorMessage": " ", "status": 399}, []),
    ],
)  # fmt: skip
def test_each_failure_of_a_body_has_its_place_and_meaning(body: Any, expected: list[str]) -> None:
    found = [each.message for each in explain_failures(body, is_read=False)]
    assert found == [f"the response reports a failure: {each}" for each in expected]


@each_case(
    "body, is_item",
    [
        ([{"state": "failed"}], True),
        ({"entities": [{"state": "failed"}]}, True),
        ({"rows": [{"state": "failed"}], "PageSize": 25}, True),
        ({"rows": [{"state": "failed"}]}, False),
        ({"resultSet": {"totalRecords": 1, "calls": [{"state": "failed"}]}}, True),
        (["x", {"state": "failed"}], True),
        ({"id": "x", "parts": [{"state": "failed"}]}, False),
        ({"total": 1, "job": {"state": "failed"}}, False),
        ({"state": "failed", "pageSize": 25}, False),
        ({"errors": ["x"], "pageSize": 25}, False),
    ],
)
def test_failed_item_of_a_list_that_was_read_is_a_note(body: Any, *, is_item: bool) -> None:
    (found,) = explain_failures(body, is_read=True)
    assert (found.severity is Severity.NOTE, "item of the list" in found.message) == (
        is_item,
        is_item,
    )
    (found,) = explain_failures(body, is_read=False)
    assert found.severity is Severity.ERROR


@each_case(
    "body, expected",
    [
        (b'{"Data": {"success": false}}', "`success` is false"),
        (b'{"call": {"success": false}}', ""),
        (b'{"code": "HTTP/1.1 502 Bad", "message": "x"}', ""),
        (b'{"code": "HTTP/1.1 502", "message": "x"}', "`code` is `HTTP/1.1 502`"),
        (b'{"status": 400}', "`status` is `400`"),
        (b'{"error": {"code": 0, "message": "x"}}', '`error` is `{"code": 0, "message": "x"}`'),
    ],
)
def test_first_failure_of_a_result_is_named(body: bytes, expected: str) -> None:
    assert reported_failure(HttpResponse(200, "", Headers(()), body)) == expected


def test_web_page_names_the_host_if_it_is_known() -> None:
    assert "`api.example.com` responded" in web_page_finding("api.example.com").message
    assert "the server responded" in web_page_finding("").message
