"""`explain` reads request, status, and bodies of a logger's records under the names that loggers use."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from cxcall import explain
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

URL = "https://api.mypurecloud.de/api/v2/conversations/callbacks"
BODY = {"callbackNumbers": "+12025550123"}
TEXT = json.dumps(BODY)
ERROR = {"message": "Bad", "code": "bad.request"}
TARGET = {"url": URL, "method": "POST", "statusCode": 400}
NAMES = ("payload", "request_body", "requestBody", "data", "json", "body", "requestPayload", "req_body", "request.body", "requestData")  # fmt: skip
RECORDS: dict[str, dict[str, Any]] = {
    **{f"{name} as an object": {**TARGET, name: BODY} for name in NAMES},
    **{f"{name} as a text": {**TARGET, name: TEXT} for name in NAMES[:2]},
    **{f"{name} without a method": {"url": URL, "statusCode": 400, name: BODY} for name in NAMES[:2]},
    "zerolog": {"method": "POST", "url": URL, "status": 400, "request": BODY},
    "zerolog with sides": {"req_method": "POST", "req_url": URL, "resp_status": 400, "req_body": TEXT},
    "pino": {"req": {"method": "POST", "url": URL, "body": BODY}, "res": {"statusCode": 400}},
    "pino with the body beside it": {"req": {"method": "POST", "url": URL}, "body": BODY, "res": {"statusCode": 400, "body": ERROR}},
    "structlog": {"event": "failed", "url": URL, "status_code": 400, "payload": BODY},
    "serilog": {"@mt": "{Method} {Url}", "Method": "POST", "Url": URL, "StatusCode": 400, "RequestBody": TEXT},
    "request in the message": {"level": "ERROR", "message": f"POST {URL} failed: 400 BAD_REQUEST, request: {TEXT}"},
    "response beside it": {**TARGET, "payload": BODY, "responseBody": ERROR},
    "name of the logging machine": {"host": "web-3", **TARGET, "payload": BODY},
    "address of the logging machine": {"request": {"method": "POST", "url": URL, "host": "10.0.0.7", "body": BODY}, "response": {"status": 400}},
}  # fmt: skip
NO_BODY: dict[str, dict[str, Any]] = {
    "error as data": {**TARGET, "data": ERROR},
    "error as a text": {**TARGET, "data": json.dumps(ERROR)},
    "response of fetch": {"ok": False, "status": 400, "statusText": "Bad Request", "url": URL, "body": BODY},
    "result": {"req": {"method": "POST", "url": URL}, "status": 400, "result": {"body": BODY}},
    "response body": {**TARGET, "responseBody": BODY},
    "body of a response beside the request": {"req": {"method": "POST", "url": URL}, "status": 400, "body": BODY},
}  # fmt: skip


@pytest.mark.slow
@each_case("name", RECORDS, quick=6)
def test_body_in_a_log_record_is_checked(name: str) -> None:
    [found] = explain(json.dumps(RECORDS[name]))
    first = found.findings[0]
    assert (first.code, first.where) == ("type-mismatch", "/callbackNumbers"), found.findings
    assert (found.request.host, found.request.status) == ("api.mypurecloud.de", 400)


@pytest.mark.slow
@each_case("name", NO_BODY, quick=3)
def test_response_in_a_log_record_is_not_the_body_of_the_request(name: str) -> None:
    found = [each for one in explain(json.dumps(NO_BODY[name])) for each in one.findings]
    assert {each.where for each in found} <= {"response", "request", "body"}


@pytest.mark.slow
def test_response_in_a_log_record_is_read(cxcall: Cxcall) -> None:
    for record in (RECORDS["response beside it"], NO_BODY["error as data"]):
        ran = cxcall("explain", "-", "--all", stdin=json.dumps(record), code=3)
        assert "the API says: Bad" in ran.out, ran.out


def test_messages_of_several_records_are_one_text(cxcall: Cxcall) -> None:
    error = f"requests.exceptions.HTTPError: 400 Client Error: Bad Request for url: {URL}"
    records = [
        {"level": "DEBUG", "message": f"payload: {TEXT}"},
        {"level": "ERROR", "message": error},
    ]
    ran = cxcall("explain", "-", "-o", "json", stdin="\n".join(map(json.dumps, records)), code=3)
    assert "type-mismatch" in ran.codes


def test_response_in_the_record_below_its_request_is_joined_unless_the_log_is_mixed() -> None:
    sent = {"msg": "request", "method": "POST", "url": URL, "body": TEXT}
    received = {"msg": "response", "status": 400, "body": json.dumps(ERROR)}
    for records, expected in (
        ([sent, received], [400]),
        ([sent, received, sent, received, sent], [400, 400, 0]),
        ([sent, sent, received, received], [0, 0, 400, 400]),
        ([sent, {"level": "error", "message": "No such user", "code": "E1"}], [0, 0]),
    ):
        found = explain("\n".join(map(json.dumps, records)))
        assert [each.request.status for each in found] == expected
