"""`explain --fix`: certain corrections are made, and each uncertain place is left open and listed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall import explain
from cxcall.explaining.correction.corrected_command import find_shell_form
from cxcall.explaining.correction.corrected_request import (
    CorrectedRequest,
    correct_request,
    find_correction,
)
from helpers.cases import each_case
from helpers.command import Cxcall

QUEUE = "7795460a-be68-4739-97ed-af1d4f18f1b9"
CALLBACKS = "/api/v2/conversations/callbacks"
CALLBACK = {"queueId": QUEUE, "callbackNumbers": ["+12025550123"]}
CAMPAIGN = {
    "name": "Spring",
    "dialingMode": "preview",
    "contactList": {"id": QUEUE},
    "queue": {"id": QUEUE},
    "script": {"id": QUEUE},
    "site": {"id": QUEUE},
    "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
    "callerName": "Ada",
    "callerAddress": "+12025550123",
}
CXONE = "api-na1.niceincontact.com"


def exchange(path: str, body: Any, **more: Any) -> dict[str, Any]:
    return {"method": "POST", "host": "api.mypurecloud.ie", "path": path, "body": body, **more}


def correction(given: dict[str, Any] | str) -> CorrectedRequest | None:
    (explanation,) = explain(given)
    return find_correction(explanation)


def corrected(given: dict[str, Any] | str) -> CorrectedRequest:
    found = correction(given)
    assert found is not None
    return found


@each_case(
    "path, expected",
    [
        (
            "/inContactAPI/services/v31.0/agent-sessions/S1/dialphone",
            "/inContactAPI/services/v31.0",
        ),
        (
            "/incontactapi/services/v30.0/agent-sessions/S1/dial-phone",
            "/incontactapi/services/v30.0",
        ),
        ("/inContactAPI/services/v30/agent-sessions/S1/dial-phone", "/inContactAPI/services/v30.0"),
        ("/services/v29.0/agent-sessions/S1/dial-phone", "/inContactAPI/services/v29.0"),
        ("/agent-sessions/S1/dial-phone", "/inContactAPI/services/v34.0"),
        (
            "/inContactAPI/services/v99.0/agent-sessions/S1/dial-phone",
            "/inContactAPI/services/v34.0",
        ),
    ],
    quick=2,
)
def test_version_of_the_path_is_kept(path: str, expected: str) -> None:
    body = {"phoneNumber": "2025550123", "skillId": 4711}
    (found,) = explain({"method": "POST", "host": CXONE, "path": path, "body": body, "status": 404})
    request = correct_request(found)
    assert request.url == f"https://{CXONE}{expected}/agent-sessions/S1/dial-phone"
    assert request.missing == ()
    assert (find_correction(found) is None) == (request.url == f"https://{CXONE}{path}")


def test_path_in_the_wrong_case_is_corrected_after_a_404() -> None:
    host = "api.mypurecloud.com"
    request = {"method": "POST", "host": host, "path": "/api/v2/Conversations/Callbacks"}
    for status, is_corrected in ((400, False), (404, True)):
        (found,) = explain({**request, "body": CALLBACK, "status": status})
        assert (find_correction(found) is not None) is is_corrected
    assert correct_request(found).url == f"https://{host}{CALLBACKS}"


def test_newer_version_is_kept_unless_the_path_is_unknown() -> None:
    path = "/inContactAPI/services/v35.0/agent-sessions/S1/dial-phone"
    body = {"phoneNumber": "2025550123", "skillId": "x"}
    (found,) = explain({"method": "POST", "host": CXONE, "path": path, "body": body, "status": 400})
    assert correct_request(found).url == f"https://{CXONE}{path}"


def test_operation_in_one_version_keeps_that_version() -> None:
    path = "/inContactAPI/services/v34.0/agent-sessions/S1/keep-alive"
    (explanation,) = explain({"method": "PUT", "host": CXONE, "path": path})
    assert "/services/v31.0/" in correct_request(explanation).url


def test_value_of_a_misspelled_query_parameter_is_carried_over() -> None:
    path = "/inContactAPI/services/v34.0/scheduled-callbacks?phoneNumber=2025550123&{}=4711&scheduleDate=2026-12-01T10:00:00Z"
    given = {"method": "POST", "host": CXONE, "status": 400}
    request = corrected({**given, "path": path.format("skill")})
    assert (request.values["skillId"], request.missing, request.left_out) == ("4711", (), ())
    request = corrected({**given, "path": path.format("zebra")})
    assert (request.missing, request.left_out) == (("skillId",), ("query:zebra",))
    request = corrected({**given, "path": path.format("skill").replace("4711", "Sales")})
    assert (request.missing, request.left_out) == (("skillId",), ("query:skill",))


def test_name_of_an_optional_query_parameter_is_corrected_as_the_explanation_says() -> None:
    path = "/api/v2/outbound/campaigns?pageSizes=25&page_number=2&zebra=1"
    request = corrected({"method": "GET", "host": "api.mypurecloud.ie", "path": path})
    assert request.values == {"pageSize": "25", "pageNumber": "2"}
    assert request.left_out == ("query:zebra",)


def test_query_that_the_body_takes_is_put_into_the_body() -> None:
    path = "/inContactAPI/services/v34.0/agent-sessions/S1/dial-phone?phoneNumber=2025550123&skilId=4711"
    request = corrected({"method": "POST", "host": CXONE, "path": path})
    assert request.body == {"phoneNumber": "2025550123", "skillId": 4711}
    assert (request.missing, request.left_out) == ((), ())


@each_case(
    "host", ["", "{{host}}", "api.mypurecloud.example", "na1.niceincontact.com", CXONE], quick=2
)
def test_host_that_is_wrong_or_not_shown_is_open(host: str) -> None:
    request = corrected(exchange(CALLBACKS, CALLBACK, host=host))
    assert request.missing == ("host",)
    assert request.url == f"https://<host>{CALLBACKS}"
    assert "--base-url 'https://<host>'" in request.as_text("send")
    assert "mypurecloud.com" not in "".join(map(request.as_text, ("send", "curl", "powershell")))


def test_unencrypted_request_goes_to_the_same_host() -> None:
    text = f"curl http://api.mypurecloud.ie{CALLBACKS} -H 'Content-Type: application/json' -d '{json.dumps(CALLBACK)}'"
    request = corrected(f"{text}\n\nHTTP/1.1 400 Bad Request\n")
    assert (request.url, request.missing) == (f"https://api.mypurecloud.ie{CALLBACKS}", ())


@each_case(
    "body",
    [
        json.dumps(CALLBACK).replace('"', "\u201d"),
        json.dumps({**CALLBACK, "callbackUserName": "Ada"}).replace(', "callbackN', ' "callbackN'),
        json.dumps({**CALLBACK, "callbackUserName": "Ada"}, indent=1).replace("],", "]"),
        json.dumps(CALLBACK, separators=(":", ":")).replace('":"callback', '""callback'),
        json.dumps(CALLBACK).replace("}", ",}"),
    ],
    quick=2,
)
def test_json_that_is_certain_to_be_meant_is_corrected(body: str) -> None:
    request = corrected(exchange(CALLBACKS, body, status=400))
    assert {name: request.body[name] for name in CALLBACK} == CALLBACK
    assert request.missing == ()


def test_body_that_was_encoded_twice_is_decoded() -> None:
    request = corrected(exchange(CALLBACKS, json.dumps(json.dumps(CALLBACK)), status=400))
    assert (request.body, request.missing) == (CALLBACK, ())


def test_null_in_an_optional_property_is_left_out() -> None:
    request = corrected(exchange(CALLBACKS, json.dumps({**CALLBACK, "scriptId": None}), status=400))
    assert (request.body, request.left_out) == (CALLBACK, ("/scriptId",))


def test_two_missing_commas_are_not_guessed() -> None:
    body = '{"queueId": "a" "callbackNumbers": ["+12025550123"] "data": {}}'
    (explanation,) = explain(exchange(CALLBACKS, body, status=400))
    assert explanation.findings[0].code == "body-malformed"
    assert "" in correct_request(explanation).missing


def test_end_of_a_body_that_was_cut_off_is_open() -> None:
    request = corrected(exchange(CALLBACKS, json.dumps(CALLBACK)[:-20]))
    assert request.body["queueId"] == QUEUE
    assert "" in request.missing


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eDp5"}, {"X-Auth-Token": "x1y2z3"}]
)
def test_missing_token_is_corrected(headers: dict[str, str]) -> None:
    sent = {"Content-Type": "application/json", **headers}
    assert correction(exchange(CALLBACKS, CALLBACK, headers=sent, status=401)) is not None


def test_request_that_was_refused_as_it_is_has_no_correction() -> None:
    sent = {"Content-Type": "application/json", "Authorization": "Bearer x1y2z3"}
    assert correction(exchange(CALLBACKS, CALLBACK, headers=sent, status=400)) is None
    assert correction(exchange(CALLBACKS, CALLBACK, headers=sent, status=401)) is None


def test_likely_mistake_is_corrected_if_the_request_was_refused() -> None:
    body = {**CAMPAIGN, "diagnosticsSettings": {"reportLowMaxCallsPerAgentAlert": True}}
    given = exchange("/api/v2/outbound/campaigns", body)
    assert corrected(given).body == body
    request = corrected({**given, "status": 400})
    assert (request.body, request.left_out) == (CAMPAIGN, ("/diagnosticsSettings",))
    del body["diagnosticsSettings"], body["script"]
    request = corrected(exchange("/api/v2/outbound/campaigns", body, status=400))
    assert request.missing == ("/script/id",)


@each_case(
    "text, form",
    [
        ("curl https://x -H 'A: b' \\\n  -d '{}'", "send"),
        ('curl https://x -d "{\\"a\\": \\"50%20off%20\\"}"', "send"),
        ("curl https://x ^\n  -d {}", "cmd"),
        ("curl ^\r\n  https://x", "cmd"),
        ('curl "https://x" -H "Authorization: Bearer %TOKEN%"', "cmd"),
        ('curl -d ^"{\\^"a\\^":1}^" https://x', "cmd"),
        ("C:\\Users\\ada>curl https://x", "cmd"),
        ("curl https://x `\n  -d '{}'", "powershell"),
        ("PS C:\\Users\\ada> curl https://x", "powershell"),
        ("curl.exe https://x -d '{}'", "powershell"),
        ("$r = Invoke-RestMethod -Uri https://x", "powershell"),
        ('curl https://x -H "Authorization: Bearer $env:TOKEN"', "powershell"),
        ("```\ncurl https://x\n```\n- `a`\n", "send"),
        ("POST /api/v2/x HTTP/1.1\nHost: x\n\n{}", "send"),
    ],
    quick=2,
)
def test_default_form_is_that_of_the_shell_of_the_text(text: str, form: str) -> None:
    assert find_shell_form(text) == form


@pytest.mark.slow
def test_exit_code_says_whether_a_place_is_open(cxcall: Cxcall) -> None:
    wrong_name = json.dumps(
        exchange(CALLBACKS, {**CALLBACK, "callbackUsrName": "A"}, host="api.mypurecloud.com")
    )
    ran = cxcall("explain", "-", "--fix", stdin=wrong_name, code=0)
    assert "callbackUserName" in ran.out
    assert ran.err == ""
    ran = cxcall("explain", "-", "--fix", "-o", "json", stdin=wrong_name, code=0)
    assert json.loads(ran.out)["data"]["attempts"][0]["fix"]["missing"] == []
    no_host = wrong_name.replace("api.mypurecloud.com", "")
    ran = cxcall("explain", "-", "--fix", "--as", "curl", stdin=no_host, code=3)
    assert ran.err == "to be filled in: the host of your region\n"
    ran = cxcall("explain", "-", "--fix", "-o", "json", stdin=no_host, code=3)
    assert json.loads(ran.out)["data"]["attempts"][0]["fix"]["missing"] == ["host"]


@pytest.mark.slow
def test_command_for_cmd_is_corrected_for_cmd(cxcall: Cxcall) -> None:
    body = json.dumps(CALLBACK).replace('"', '\\"')
    text = f'curl -X POST https://api.mypurecloud.ie{CALLBACKS} ^\n  -H "Content-Type: application/json" ^\n  -d "{body}"'
    assert cxcall("explain", "-", "--fix", stdin=text, code=0).out.startswith("echo {")
    assert "<<'JSON'" in cxcall("explain", "-", "--fix", "--as", "send", stdin=text, code=0).out


@pytest.mark.slow
def test_word_of_a_path_is_not_taken_for_an_id() -> None:
    call, person = "e2f5a803-94c1-4d7b-86e0-5b3a1d9c7f42", "9b07d4c6-e81a-42f3-95bd-c6207fe4a18b"
    path = f"/api/v2/conversations/calls/{call}/participants/{person}/transfer"
    (explanation,) = explain({"method": "POST", "host": "api.mypurecloud.com", "path": path})
    values = correct_request(explanation).values
    assert values == {"conversationId": call, "participantId": person}
