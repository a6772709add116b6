"""`explain` tells the requests of a text apart, and takes no words or objects of something else for a response to one."""

from __future__ import annotations

import json

from cxcall.explaining.explanation import explain
from helpers.command import Cxcall

API = "https://api.mypurecloud.com/api/v2"
CAMPAIGN = f"{API}/outbound/campaigns/7c9b1f1e-2f5e-4b1a-b7aa-0f2f3c2a1b00"
VERSION = (
    '{"message":"The version did not match","code":"invalid.update.wrong.version","status":409}'
)
BODY = '{"phoneNumber":"+13175550123"}'
LEG = '"errorInfo": {"code": "error.ininedgecontrol.connection.timeout", "message": "Connection timed out", "status": 408}'
REFUSAL = '{"message":"Invalid value for dialingMode","code":"invalid.value","status":400}'


def test_request_on_the_same_url_has_its_own_status_and_body() -> None:
    for same in ("PUT on the same URL", "PUT to the same endpoint", "PUT auf dieselbe URL"):
        text = f'I call GET {CAMPAIGN} and this returns 200. Then I call {same} with {{"name":"x"}} and get 409 {VERSION}.'
        (found,) = explain(text)
        request = found.request
        assert (request.method, request.status, request.body) == ("PUT", 409, '{"name":"x"}'), same
        assert CAMPAIGN.endswith(request.path)


def test_timeout_in_json_of_the_platform_is_not_one_of_the_client() -> None:
    told = f"The docs say POST /conversations/calls returns 202. I do get a 202, but the participant shows\n\n{LEG}\n\n"
    (found,) = explain(f"{told}Request:\nPOST {API}/conversations/calls\n{BODY}")
    codes = [each.code for each in found.findings]
    assert (found.request.failure, found.request.status, found.request.body) == ("", 202, BODY)
    assert "path-unpublished" not in codes


def test_failure_in_json_of_a_client_is_still_one() -> None:
    for record in (
        '{"level":"error","message":"request failed","err":"ECONNRESET"}',
        '{"msg":"failed","code":"java.net.SocketTimeoutException"}',
    ):
        (found,) = explain(f"POST {API}/conversations/calls\n{BODY}\n{record}")
        assert found.findings[0].code == "outcome-unknown", record


def test_entry_of_a_har_file_is_read_without_its_log(cxcall: Cxcall) -> None:
    sent = {"name": "x", "dialingMode": "progresive"}
    entry = {
        "request": {
            "method": "POST",
            "url": f"{API}/outbound/campaigns",
            "postData": {"text": json.dumps(sent)},
        },
        "response": {"status": 400, "content": {"text": REFUSAL}},
    }
    told = cxcall("explain", "-", "-o", "json", stdin=json.dumps(entry), code=3)
    assert (told.codes[0], "hidden-failure" in told.codes) == ("value-not-allowed", False)
    exchange = {
        "request": entry["request"],
        "response": {"status": 400, "data": json.loads(REFUSAL)},
    }
    (found,) = explain(json.dumps(exchange))
    assert found.request.status == 400


def test_url_of_a_template_does_not_end_at_a_brace() -> None:
    url = "https://api-na1.niceincontact.com/inContactAPI/services/v31.0/queuecallback"
    for value in ("${input.phone}", "{{phone}}", "{phone}"):
        (found,) = explain(f"POST\nURL: {url}?phoneNumber={value}&skill=4412345\nfailed with 401")
        assert dict(found.request.query)["skill"] == "4412345", value
        (found,) = explain(f"I call {url}?phoneNumber={value}&skill=4412345 and get 401")
        assert dict(found.request.query)["skill"] == "4412345", value


def test_command_that_a_log_repeats_is_one_request() -> None:
    command = f"curl -sS -X POST '{API}/conversations/calls' -H 'Content-Type: application/json' -d '{BODY}'"
    refusal = 'HTTP/1.1 400 Bad Request\n\n{"message":"A station is required","code":"bad.request"}'
    for text in (f"Run {command}\n  {command}\n{refusal}", f"{command}\n{refusal}\n\n+ {command}"):
        (found,) = explain(text)
        assert found.request.status == 400, text
