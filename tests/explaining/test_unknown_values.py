"""Values that a source does not show are not checked."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall import explain
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.exchanges import CAMPAIGN, ID
from helpers.explained_errors import QUEUE, errors, make_exchange
from helpers.pasted_texts import TEXTS, URL


def test_null_member_of_an_exchange_is_unknown() -> None:
    assert not errors(make_exchange(body={"phoneNumber": None, "callerId": None}))


def test_body_that_is_not_shown_is_no_gap_where_the_response_names_the_cause() -> None:
    refusal = {"code": "missing.any.permissions", "message": "[outbound:campaign:start]"}
    exchange = make_exchange(
        path=f"/api/v2/outbound/campaigns/{QUEUE}/start", status=403, response=refusal
    )
    (found,) = explain({**exchange, "body": None})
    assert [each.code for each in found.findings] == ["permission-missing"]
    assert "the contract names" not in found.findings[0].fix


@pytest.mark.parametrize(
    "text",
    [
        f'requests.post(f"https://{{host}}/api/v2/conversations/callbacks", json={{"callbackNumbers": "+12025550123", "queueId": "{QUEUE}"}})',
        f'axios.post(`https://api.${{region}}/api/v2/conversations/callbacks`, {{callbackNumbers: "+12025550123", queueId: "{QUEUE}"}})',
    ],
)
def test_body_is_checked_where_the_url_has_a_variable(text: str) -> None:
    assert errors(text).get("type-mismatch") == "/callbackNumbers"


def test_model_of_the_sdk_for_dotnet_has_the_names_of_the_api() -> None:
    text = 'var body = new CreateCallRequest(){ PhoneNumber = "+12025550123", Nme = "x" };\napi.PostConversationsCalls(body);'
    assert errors(text) == {"property-unknown": "/nme"}


@each_case(
    "name",
    [
        "map as java prints it",
        "map as dart prints it",
        "substitution of fish",
        "f-string with a host",
    ],
    quick=2,
)
def test_body_from_an_unknown_value_is_not_checked(name: str) -> None:
    text = TEXTS[name].text.replace("json={'queueId': 'x'}", "json=asdict(callback)")
    assert {"body-malformed", "type-mismatch", "property-missing"}.isdisjoint(errors(text))


def test_variables_that_multiply_do_not_fill_the_memory() -> None:
    doubled = "".join(f"v{number}=$v{number - 1}$v{number - 1}\n" for number in range(1, 90))
    (found,) = explain(
        f"v0=0123456789\n{doubled}curl -d $v89 https://api.mypurecloud.com/api/v2/users"
    )
    assert len(found.request.body or "") < 1 << 20


def test_id_of_a_report_does_not_show_that_headers_are_missing() -> None:
    text = f'Methode: POST\nAdresse: https://api.mypurecloud.com/api/v2/conversations/callbacks\nAnfrage:\n{{"callbackNumbers": ["+12125550123"], "queueId": "{QUEUE}"}}\nAntwort: 400 Bad Request\nKorrelations-ID: de-1'
    (found,) = explain(text)
    assert found.correlation_id == "de-1"
    assert errors(text) == {}


def test_body_that_was_encoded_twice_is_named() -> None:
    text = 'POST https://api.mypurecloud.com/api/v2/conversations/callbacks\nContent-Type: application/json\n\n"{\\"queueId\\":\\"x\\"}"\n\n400 Bad Request'
    assert errors(text) == {"body-malformed": "body"}


def test_correlation_id_is_found_wherever_a_text_names_it() -> None:
    text = "ApiException: no\nat OutboundApi.postOutboundContactlistContacts(OutboundApi.java:1)\nstatusCode=403 correlationId=js-2"
    (found,) = explain(text)
    assert found.correlation_id == "js-2"


@each_case(
    "answer, places",
    [
        ("", ["/queueId", "/callbackUserName"]),
        (
            '{"message":"Value [${input.queue}] is not valid","code":"invalid.value","status":400}',
            [],
        ),
    ],
)
def test_input_of_a_data_action_is_unknown_unless_the_api_got_it_unfilled(
    answer: str, places: list[str]
) -> None:
    body = '{"queueId": "${input.queue}", "callbackUserName": "$esc.jsonString(${input.name})"}'
    (found,) = explain(f"POST {URL} -> 400\nRequest body: {body}\n\n{answer}")
    assert list(found.request.unknown) == places


@each_case(
    "value",
    [
        "$TOKEN",
        "${TOKEN}",
        "$env:TOKEN",
        "%TOKEN%",
        "{{token}}",
        "[REDACTED]",
        "<redacted>",
        "<TOKEN REMOVED>",
        "****",
    ],
    quick=2,
)
def test_value_that_the_source_withholds_is_not_judged(value: str) -> None:
    exchange = make_exchange(
        path="/api/v2/conversations/calls",
        headers={"Authorization": f"Bearer {value}", "Content-Type": "application/json"},
        body={"phoneNumber": "+12025550123", "callFromQueueId": "********"},
    )
    (found,) = explain(exchange)
    assert {"placeholder", "id-format"}.isdisjoint(each.code for each in found.findings)
    assert any("`callFromQueueId`" in each.message for each in found.findings)


_RAW = {"raw": f"https://api.mypurecloud.de{CAMPAIGN.replace(ID, ':id')}/start?at=/:no"}


@pytest.mark.parametrize(
    ("url", "value", "status", "path", "codes"),
    [
        (_RAW, ID, 404, ID, ["not-found"]),
        (_RAW, "{{own}}", 404, ID, ["not-found"]),
        (_RAW, "{{other}}", 0, "{other}", []),
        (_RAW, "spring", 0, "spring", ["id-format"]),
        (_RAW, "<uuid>", 0, "<uuid>", ["placeholder"]),
        (_RAW, "", 0, ":id", ["placeholder"]),
        (_RAW, None, 404, ":id", ["placeholder"]),
        (_RAW, "", 200, ":id", []),
    ],
)
def test_variable_in_a_path_of_postman_has_the_value_of_the_collection(
    url: dict[str, Any], value: str | None, status: int, path: str, codes: list[str]
) -> None:
    known = [{"key": "own", "value": ID}, {"key": "base", "value": "https://api.mypurecloud.de"}]
    sent = {"method": "POST", "url": {**url, "variable": [{"key": "id", "value": value}]}}
    # A saved response has its own request: the other one may have been edited since.
    saved = [{"code": status, "originalRequest": sent}] if status else []
    item = {"request": {"url": _RAW} if saved else sent, "response": saved}
    (found,) = explain(json.dumps({"info": {}, "item": [item], "variable": known}))
    assert found.request.path == CAMPAIGN.replace(ID, path) + "/start"
    assert [each.code for each in found.findings if each.severity is not Severity.NOTE] == codes


@each_case(
    "line, expected",
    [
        ("val body = RequestBody.create(JSON, payload)", "the value of `payload` is not in the snippet"),
        ("val body = payload.toRequestBody(MEDIA_TYPE_JSON)", "the body is not shown as it was sent"),
        ("val body = payload.toRequestBody(JSON)", "the body is not shown as it was sent"),
        ('var body = new StringContent(payload, Encoding.UTF8, "application/json")', "the value of `payload` is not in the snippet"),
    ],
)  # fmt: skip
def test_media_type_is_not_named_as_the_body(line: str, expected: str) -> None:
    code = f'{line}\nval request = Request.Builder().url("{URL}").post(body).build()\n'
    (explanation,) = explain(code)
    (note,) = (each for each in explanation.findings if each.code == "not-provable")
    assert note.message == f"{expected}, and no cause was found in the rest"
