"""`explain` reports a likely cause as an error only if a schema or the response proves it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall import explain
from cxcall.findings.finding import Finding, Severity
from helpers.exchanges import ACD, CALLS, exchange
from helpers.exchanges import ID as QUEUE


def find(source: str | dict[str, Any]) -> tuple[Finding, ...]:
    (found,) = explain(source)
    return found.findings


def test_code_that_a_comment_notes_after_a_status_is_the_response() -> None:
    call = (
        f"requests.get('https://api.mypurecloud.ie/api/v2/outbound/campaigns/{QUEUE}', headers=h)"
    )
    texts = {
        f"{call}  # 404 campaign.not.found": "campaign.not.found",
        f"{call}\n# 404: general.resource.not.found": "general.resource.not.found",
        f"{call}  # 404 when the campaign is new": "no reason was found",
    }
    for text, expected in texts.items():
        assert any(expected in f"{each.message} {each.why}" for each in find(text)), text
        assert not any("when the campaign" in each.why for each in find(text)), text


def test_refusal_of_some_value_in_a_body_that_is_not_shown_proves_no_cause() -> None:
    texts = {"Invalid participant address": True, "conversation.error.no.user.station": False}
    for text, is_open in texts.items():
        codes = [
            each.code for each in find({**exchange("POST", CALLS, None, 400, text), "body": None})
        ]
        assert ("not-provable" in codes) == is_open, text


def test_wrong_name_of_a_parameter_in_the_body_is_corrected() -> None:
    found = find(
        exchange("POST", f"{ACD}/scheduled-callbacks", {"phone": "2125550123", "skill": 7})
    )
    fixes = {each.where: each.fix for each in found if each.code == "property-unknown"}
    assert fixes["/phone"] == "send it as `?phoneNumber=...`"
    assert fixes["/skill"] == "send it as `?skillId=...`"


def test_client_token_is_a_likely_cause_of_a_403_only() -> None:
    for status, expected in ((401, Severity.NOTE), (403, Severity.WARNING), (400, Severity.NOTE)):
        found = find(exchange("GET", "/api/v2/users/me", None, status))
        (about,) = (each for each in found if each.code == "token-user-context")
        assert about.severity is expected
        assert "`not.a.user`" in about.why


def test_fields_sent_as_json_are_not_called_a_form_of_curl() -> None:
    upload = {"url": "https://apps.mypurecloud.com/uploads/v2/contactlist", "method": "POST"}
    source = {
        **upload,
        "headers": {"Content-Type": "application/json"},
        "body": {"id": QUEUE},
        "status": 415,
    }
    (about,) = (each for each in find(source) if each.where == "header:Content-Type")
    assert "not as JSON" in about.fix
    assert "curl" not in about.why


def test_error_of_an_sdk_or_a_login_server_is_a_response() -> None:
    uuid = "aaf0c1b2-1111-4222-8333-444455556666"
    texts = {
        f"Error: Failed to create list A: API Error: 400 - The name is taken (duplicate.name) ({uuid})": "state",
        f"Error: failed to update: 409 - The version does not match the current version ({uuid})": "state",
        f"Error: API Error: 400 - Invalid transition from <COMPLETE> to <OFF> ({uuid}).": "state",
        f'│ Error: API Error: 403 - You must have at least one of the following permissions assigned: [outbound:campaign:view] ({QUEUE})\n│ {{"method":"POST","path":"/api/v2/outbound/campaigns","statusCode":403,"correlationId":"{uuid}"}}': "permission-missing",
        '{"error":"invalid_client"}': "credential",
        "http://localhost:8080/callback?error=access_denied&error_description=The+user+denied+it": "permission-missing",
    }
    for text, code in texts.items():
        (found,) = explain(text)
        assert [each.code for each in found.findings] == [code], text
        assert (found.correlation_id == uuid) == (uuid in text)
    assert "an administrator to approve" in found.findings[0].fix


def test_prose_that_names_the_other_platform_is_a_hint_at_a_mix_up() -> None:
    path = "POST /api/v2/outbound/contactlists\n\nHTTP/1.1 403 Forbidden\n"
    own = "POST https://api.mypurecloud.com/api/v2/outbound/contactlists"
    texts = {
        f"We use NICE CXone and get a 403:\n{path}": Severity.WARNING,
        f"On CXone we get 403 for {own}": Severity.NOTE,
        f"Moving from inContact to Genesys: {own} -> 403": None,
        f"Genesys Cloud: {own} -> 403": None,
        f"# cxone_client.py\nrequests.post('{own[5:]}')  # 403": None,
    }
    for text, expected in texts.items():
        found = [each.severity for each in find(text) if each.code == "platform-mismatch"]
        assert found == ([expected] if expected else []), text


def test_refusal_that_names_a_parameter_in_words_has_its_place() -> None:
    query = "firstName=A&lastName=B&phoneNumber=2025550123&skill=7&promiseDate=2020-01-01&promiseTime=2020-01-01T10:00:00"
    refusal = {"error": "bad", "error_description": "Promise date is in the past"}
    (first, *_) = find(exchange("POST", f"{ACD}/promise?{query}", None, 400, refusal))
    assert (first.code, first.where, first.origin) == ("value-not-allowed", "query", "promiseDate")


def test_body_in_a_wrapper_is_one_finding() -> None:
    callback = {"queueId": QUEUE, "callbackNumbers": ["+12025550123"]}
    for name in ("body", "data"):  # `data` is declared as a map with any names
        (only,) = (
            each
            for each in find(exchange("POST", "/api/v2/conversations/callbacks", {name: callback}))
            if each.severity is Severity.ERROR
        )
        assert (only.code, only.where) == ("property-unknown", f"/{name}")
        assert "itself as the body" in only.fix


def test_required_property_under_a_wrong_name_is_noted_as_missing() -> None:
    cases = (
        (CALLS, {"to": "+12025550123"}, "/phoneNumber"),
        ("/api/v2/outbound/campaigns", {"name": "A", "contactListId": QUEUE}, "/contactList"),
    )
    for path, body, place in cases:
        found = find(exchange("POST", path, body, 400))
        missing = {each.where: each.severity for each in found if each.code == "property-missing"}
        assert missing[place] is Severity.NOTE


def test_conference_of_one_party_is_only_a_note() -> None:
    parties = [{"address": "+12025550123"}, {"userId": QUEUE}]
    for body, expected in (
        ({"participants": parties[:1]}, [Severity.NOTE]),
        ({"participants": parties}, []),
        ({"participants": parties[:1], "conversationIds": [QUEUE]}, []),
    ):
        found = find(exchange("POST", CALLS, body, 400))
        assert [each.severity for each in found if each.where == "/participants"] == expected


def test_pairs_that_rust_sends_as_a_form_are_no_json() -> None:
    text = (
        'client.post("https://api.mypurecloud.com/api/v2/conversations/callbacks").bearer_auth(&token)'
        f'.form(&[("queueId", "{QUEUE}"), ("callbackNumbers", "+12025550123")]).send().await?;'
    )
    (about,) = (each for each in find(text) if each.where == "header:Content-Type")
    assert "x-www-form-urlencoded" in about.message


def test_form_that_is_not_shown_misses_no_fields() -> None:
    upload = "POST https://apps.mypurecloud.com/uploads/v2/contactlist HTTP/1.1\nContent-Type: multipart/form-data\n\n"
    assert "property-missing" not in [
        each.code for each in find(f"{upload}HTTP/1.1 413 Too Large\n\n")
    ]


def test_area_in_a_wrong_host_is_in_the_right_one() -> None:
    source = {**exchange("POST", f"{ACD}/skills/7/start"), "host": "api.na1.niceincontact.com"}
    assert "`api-na1.niceincontact.com`" in find(source)[0].message


def test_body_in_chunks_is_read_as_a_whole() -> None:
    text = (
        "POST /api/v2/conversations/callbacks HTTP/1.1\nHost: api.mypurecloud.com\nTransfer-Encoding: chunked\n"
        f'Content-Type: application/json\n\n59\n{{"queueId":"{QUEUE}","callbackNumbers":["+12025550123"]}}\n0\n\n'
        "HTTP/1.1 400 Bad Request\n\n"
    )
    assert "body-malformed" not in [each.code for each in find(text)]


def test_code_in_prose_is_the_cause() -> None:
    text = "POST https://api.mypurecloud.com/api/v2/users/me always gets 400 with code not.a.user. Why?"
    assert find(text)[0].code in ("token-user-context", "method-unpublished")
    assert any(each.code == "token-user-context" for each in find(text))


def test_client_that_could_not_build_the_request_sent_nothing() -> None:
    text = f"POST https://api.mypurecloud.com{CALLS}\nTypeError: Object of type UUID is not JSON serializable"
    (first, *_) = find(text)
    assert (first.code, "nothing was sent" in first.fix) == ("undelivered", True)


def test_command_without_a_required_body_has_an_error() -> None:
    command = "curl -X POST https://api.mypurecloud.com/api/v2/conversations/callbacks -H 'Content-Type: application/json'"
    (first, *_) = find(f"{command}\nHTTP/1.1 400 Bad Request\n\n")
    assert (first.code, first.where, first.severity) == ("property-missing", "body", Severity.ERROR)
    found = find(f"{command} -d @body.json\nHTTP/1.1 400 Bad Request\n\n")
    assert "property-missing" not in [each.code for each in found]


def test_message_of_an_xml_response_is_read() -> None:
    response = "<Error><Message>The skill is not active</Message></Error>"
    found = find(exchange("POST", f"{ACD}/skills/7/start", None, 400, response))
    assert any(each.message.endswith("The skill is not active") for each in found)


@pytest.mark.parametrize(
    ("login", "expected"),
    [
        ("get_client_credentials_token(a, b)", Severity.WARNING),
        ("get_code_authorization_token(a, b, c, d)", Severity.NOTE),
        ("get_client_credentials_token(a, b) if job else refresh_token()", Severity.NOTE),
    ],
)
def test_token_of_client_credentials_in_the_source_is_a_likely_cause(
    login: str, expected: Severity
) -> None:
    (found,) = explain(
        f"client = PureCloudPlatformClientV2.api_client.ApiClient().{login}\n"
        "api = PureCloudPlatformClientV2.ConversationsApi(client)\n"
        "body = PureCloudPlatformClientV2.CreateCallRequest()\n"
        'body.phone_number = "+12025550123"\n'
        "api.post_conversations_calls(body)"
    )
    (token,) = (each for each in found.findings if each.code == "token-user-context")
    assert token.severity is expected


def test_id_that_another_system_gives_may_be_any_text() -> None:
    body = {"accessKeyId": "ABCD1234EFGH", "employeeId": "E-17", "otherId": "ABCD1234EFGH"}
    found = find(exchange("POST", f"{ACD}/access-keys", body, None))
    assert [each.where for each in found if each.code == "id-format"] == ["/otherId"]


def test_error_of_an_api_gateway_proves_nothing_about_the_token() -> None:
    url = "https://api.mypurecloud.com/api/v2/conversations/callbacks"
    create = {"method": "POST", "url": url}
    for headers, response in (
        ({"x-amzn-errortype": "ForbiddenException"}, {"message": "Forbidden"}),
        ({}, {"statusCode": 401, "message": "Access denied due to missing subscription key."}),
        ({}, {"fault": {"faultstring": "Failed to resolve API Key variable"}}),
    ):
        answer = {"status": 401, "headers": headers, "body": response}
        (found,) = explain({**create, "response": answer})
        assert found.root is None
        assert found.findings[0].message.startswith("an API gateway refused the request")
        assert "token" not in found.findings[0].fix


def test_object_that_the_token_may_not_act_on_is_named() -> None:
    message = "Access to Conversation 0ae82ce3-5c8e-4865-82d4-caa2a4e6a1de is forbidden."
    (found,) = explain({"status": 403, "response": {"code": "not.authorized", "message": message}})
    assert found.root is not None
    assert "may not act on this conversation" in found.root.message


@pytest.mark.parametrize(
    "text",
    [
        "Ticket: https://acme.atlassian.net/browse/DIAL-344\nWe get 400 Bad Request since monday.",
        "client.calls.create(answer_url='https://example.com/answer.xml')\n# 400 Bad Request",
        "const flow = new Flow({ redirectUri: 'https://app.acme.io/cb' });\nawait flow.start(); // 400 Bad Request",
        "It returned an error: (400) Bad Request.\n\n[https://help.acme.io/T/44](https://help.acme.io/T/44)",
    ],
)
def test_link_without_a_method_is_not_the_request(text: str) -> None:
    [found] = explain(text)
    assert (found.request.host, found.request.status) == ("", 400)


def test_other_link_is_the_request_by_its_form_or_a_word_before_it() -> None:
    for text in (
        "https://api.acme.io/users fails: 400 Bad Request",
        "I get a 400 from https://acme.io/x.",
    ):
        [found] = explain(text)
        assert found.request.host.endswith("acme.io")


def test_error_of_a_tool_above_its_request_is_read_to_the_response_in_it() -> None:
    error = {
        "errorMessage": "Bad request",
        "errorDetails": {
            "raw": ['400 - {"code":"not.a.user","message":"no","status":400}'],
            "httpCode": "400",
        },
    }
    for written in (json.dumps(error), json.dumps({**error, "more": {"node": "Call"}}, indent=2)):
        found = find(f'{written}\n\nPOST {CALLS}\n{{"phoneNumber": "+4930901820142"}}')
        assert "token-user-context" in {
            each.code for each in found if each.severity is Severity.ERROR
        }
