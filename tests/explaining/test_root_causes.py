"""The findings on an exchange, in order: the cause first, and nothing that is not a cause."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from typing import Any

from cxcall import explain
from cxcall.findings.finding import Severity
from helpers.cases import each_case
from helpers.exchanges import (
    ACD,
    CALLBACK,
    CALLBACKS,
    CALLS,
    CAMPAIGN,
    CAMPAIGN_BODY,
    ID,
    OTHER,
    TOKEN,
    exchange,
)


def tell(source: dict[str, Any]) -> list[str]:
    """Return severity, code, and place of each error and warning, in order."""
    (found,) = explain(source)
    return [
        f"{each.severity} {each.code} {each.where}{f':{each.origin}' if each.where == 'query' and each.origin else ''}"
        for each in found.findings
        if each.severity is not Severity.NOTE
    ]


def jwt(**claims: Any) -> str:
    parts = ({"alg": "RS256"}, claims)
    coded = (urlsafe_b64encode(json.dumps(each).encode()).decode().rstrip("=") for each in parts)
    return f"Bearer {'.'.join(coded)}.c2ln"


NO_CREDENTIALS = {"message": "Invalid login credentials.", "code": "bad.credentials", "status": 401}
TOKENS: list[tuple[dict[str, Any], list[str]]] = [
    (exchange("GET", f"{ACD}/skills/7", None, 401, token=""), ["error token-missing header:Authorization"]),
    (exchange("GET", f"{ACD}/skills/7", None, 401, token=jwt(area="eu1")), ["error region-mismatch host"]),
    (exchange("GET", f"{ACD}/skills/7", None, 401, token=jwt(nonce="a")), ["error credential header:Authorization"]),
    (exchange("GET", CAMPAIGN, None, 401, NO_CREDENTIALS, token="Bearer <token>"), ["error placeholder header:Authorization"]),
    (exchange("GET", CAMPAIGN, None, 401, NO_CREDENTIALS), ["error credential response"]),
    (exchange("POST", CALLS, {"phoneNumber": "+12125550123"}, None), []),
    (exchange("POST", CALLS, {"phoneNumber": "+12125550123"}, 403), ["error permission-missing response", "warning token-user-context token"]),
    (exchange("POST", "/oauth/token", {"grant_type": "client_credentials"}, 400, {"error": "invalid_request", "error_description": "grant_type is required"},
              host="login.mypurecloud.de", token="Basic aWQ6c2VjcmV0"), ["error body-malformed body"]),
    (exchange("POST", "/auth/token", {"grant_type": "password", "username": "a", "password": "b"}, 400, {"error_description": "Missing form parameter: grant_type"},
              host="cxone.niceincontact.com", token="Basic aWQ6c2VjcmV0"), ["error body-malformed body"]),
]  # fmt: skip
PROMISE = f"{ACD}/promise?firstName=A&lastName=B&phoneNumber=2125550123&skill=7"
START = f"{CAMPAIGN}/start"
NAMED: list[tuple[dict[str, Any], list[str]]] = [
    (exchange("POST", CALLS, {"phoneNumber": "+12125550123", "callerId": "+15550199", "callerIdName": "A"}, 400, {"message": "Invalid value for callerIdName"}),
     ["error value-not-allowed /callerIdName", "warning phone-unlikely /callerId"]),
    (exchange("POST", CALLS, {"phoneNumber": "+12125550123", "callerId": "+15550199", "callerIdName": "A"}, 400, {"message": "Invalid value for callerId"}),
     ["error phone-unlikely /callerId"]),
    (exchange("POST", f"{ACD}/queuecallback?phoneNumber=+442079460123&skill=7&targetAgent=17", status=400, response={"error_description": "Invalid targetAgent"}),
     ["error value-not-allowed query:targetAgent", "warning phone-format query:phoneNumber"]),
    (exchange("GET", "/api/v2/outbound/campaigns?pageSize=ten&pageNumber=first", None, 400, {"message": "pageNumber must be an integer"}),
     ["error value-not-allowed query:pageNumber", "error value-not-allowed query:pageSize"]),
    (exchange("POST", CALLBACKS, {**CALLBACK, "notes": "x"}, 400, {"message": "Bad Request", "details": [{"errorCode": "invalid.number", "fieldName": "callbackNumbers"}]}),
     ["error value-not-allowed /callbackNumbers", "error property-unknown /notes"]),
    (exchange("POST", CALLBACKS, {**CALLBACK, "notes": "x"}, 400, {"message": "callerId is required when countryCode is set"}),
     ["error property-missing response", "error property-unknown /notes"]),
    (exchange("POST", f"{CAMPAIGN}/executions", {"contactId": "12345", "contactSpec": {"address": "+12125550123", "type": "voice"}}, 400, {"message": '"contactId" must be a GUID'}),
     ["error id-format /contactId", "error operation-mismatch /contactSpec", "error property-unknown /contactSpec/address", "error property-unknown /contactSpec/type",
      "error property-missing /contactSpec/contactId", "warning path-unpublished path"]),
    (exchange("POST", f"/api/v2/outbound/contactlists/{ID}/contacts", [{"data": {}, "tag": 1}], 400, {"message": "contactListId is required", "code": "constraint.validation"}),
     ["error property-missing /0/contactListId", "error property-unknown /0/tag"]),
    (exchange("POST", f"/api/v2/outbound/contactlists/{ID}/contacts", [{"contactListId": ID, "data": {}, "tag": 1}], 400, {"errors": {"Data": ["are wrong"]}}),
     ["error value-not-allowed /0/data", "error property-unknown /0/tag"]),
    (exchange("POST", f"{ACD}/scheduled-callbacks", {"firstName": "A", "phoneNumber": "2125550123", "skillId": "sales", "scheduleDate": "2027-01-10T15:00:00Z"}, 400, {"error_description": "Invalid skillId"}),
     ["error value-not-allowed /skillId", *(f"warning property-unknown /{name}" for name in ("skillId", "firstName", "phoneNumber", "scheduleDate"))]),
    (exchange("POST", f"{ACD}/agent-sessions/s-1/dial-phone", {"phoneNumber": "2125550123", "skillId": 7}, 400, "InvalidSkillId"), ["error value-not-allowed /skillId"]),
    (exchange("POST", "/oauth/token", "grant_type=client_credentials", 401, {"error": "invalid_client"}, host="login.mypurecloud.de", token="Basic aWQ6c2VjcmV0Cg=="),
     ["error credential header:Authorization", "error header-missing header:Content-Type"]),
    (exchange("POST", START, {"contactId": ID}, 400), ["warning property-unknown body"]),
    (exchange("POST", START, {}, 400), []),
    (exchange("DELETE", f"{ACD}/scheduled-callbacks/7", {"description": "done"}, None), []),
    (exchange("DELETE", f"/api/v2/outbound/dnclists/{ID}/phonenumbers", ["+12125550123"], None), ["warning property-unknown body"]),
    (exchange("POST", f"{CALLBACKS}%20", CALLBACK, 404), ["error path-unpublished path"]),
    (exchange("GET", f"{ACD}/workers-skill/7/detail", None, 404), ["error path-unpublished path"]),
    (exchange("GET", f"{ACD}/workers-skill/7/detail", None, 404, host="www.niceincontact.com"), ["error host-unknown host", "warning path-unpublished path"]),
    (exchange("PUT", CALLBACKS, CALLBACK, 404, host="api.zze9.pure.cloud"), ["error method-unpublished path", "warning host-unknown host"]),
    (exchange("POST", f"{ACD}/queuecallback?phoneNumber=+442079460123&skill=7"), ["warning phone-format query:phoneNumber"]),
    (exchange("POST", f"{ACD}/queuecallback?phoneNumber=%2B442079460123&skill=7"), []),
    (exchange("GET", "/api/v2/outbound/contactlists?name=%202024-2025", None, 400), []),
    (exchange("POST", "/oauth/token", {"grant_type": "client_credentials"}, 401, host="login.mypurecloud.de", token="Basic aWQ6c2VjcmV0"), ["error body-malformed body"]),
]  # fmt: skip
BULK = {
    "patchCallbackRequests": [
        {"conversationId": ID, "queueId": ID},
        {"conversationId": OTHER, "queueId": ID},
    ]
}
BULK_PATH = f"{CALLBACKS}/bulk/update"
ACCEPTED: list[tuple[dict[str, Any], list[str]]] = [
    (exchange("POST", f"{ACD}/scheduled-callbacks", {"phoneNumber": "2125550123", "skillId": 7}, 200, {"callbackId": 7}), []),
    (exchange("POST", BULK_PATH, BULK, 200, {"results": [{"success": False, "error": {"code": "callback.error.already.triggered"}}]}),
     ["error hidden-failure response"]),
    (exchange("POST", BULK_PATH, BULK, 200, {"results": [{"success": True}, {"success": False}]}), ["error hidden-failure response"]),
    (exchange("POST", f"{ACD}/agents", {"agents": [{"firstName": "A"}]}, 200, {"agentsResults": [{"success": False, "error": "User name is in use"}]}),
     ["error hidden-failure response"]),
]  # fmt: skip
PLACES: list[tuple[dict[str, Any], list[str]]] = [
    (exchange("PUT", f"{ACD}/skills/7/parameters/general-settings", {"maximumAttempts": 5, "maximumRatio": 2}), ["error property-unknown /maximumAttempts"]),
    (exchange("POST", "/api/v2/outbound/sequences", {"name": "A", "campaigns": [], "currentCampaign": 0, "status": "off"}, 400, {"code": "campaign.sequence.is.empty", "message": "The sequence has no campaigns"}),
     ["error value-not-allowed /campaigns"]),
    (exchange("POST", f"{CALLS}/user/a.b@example.com", {"phoneNumber": "+12125550123"}, 400, {"message": "userId is not valid", "code": "bad.request"}),
     ["error id-format path"]),
    (exchange("POST", CALLBACKS, {**CALLBACK, "queueId": "YOUR_QUEUE_ID", "scriptId": "sales-script"}, 400, {"message": "not a valid UUID", "code": "invalid.id"}),
     ["error placeholder /queueId", "error id-format /scriptId"]),
    (exchange("POST", CALLS, {"phoneNumber": "+12125550123", "callFromQueueId": "queue-7"}, 400, "invalid.id"), ["error id-format /callFromQueueId"]),
    (exchange("PUT", CAMPAIGN, {**CAMPAIGN_BODY, "callerAddress": "Company"}, 400, {"message": "The ANI address is invalid", "code": "invalid.ani.address"}),
     ["error phone-format /callerAddress"]),
    (exchange("PUT", CAMPAIGN, CAMPAIGN_BODY, 400, {"message": "Invalid transition from <COMPLETE> to <OFF>", "code": "invalid.update.bad.status.transition"}),
     ["error state /campaignStatus"]),
    (exchange("PUT", CAMPAIGN, CAMPAIGN_BODY, 409, {"message": "The version does not match", "code": "invalid.update.wrong.version"}), ["error state /version"]),
    (exchange("PUT", f"/api/v2/outbound/contactlists/{ID}", None, 400, {"message": "Phone number columns are different", "code": "cannot.update.phone.columns"}),
     ["error state /phoneColumns"]),
    (exchange("GET", "/api/v2/outbound/contactlists?sortOrder=up", None, 400, {"message": "Value [up] is not valid for parameter [sortOrder].", "code": "invalid.query.param.value"}),
     ["error value-not-allowed query:sortOrder"]),
    (exchange("DELETE", f"/api/v2/outbound/contactlists/{ID}/contacts", None, 400, {"message": "No contacts were specified.", "code": "no.contacts.specified"}),
     ["error property-missing query:contactIds"]),
    (exchange("POST", f"{ACD}/campaigns/3/skills", {"skills": [4012, 99]}, 404, {"assignedSkills": [4012], "invalidSkills": [99]}), ["error not-found /skills/1"]),
]  # fmt: skip


NOT_FOUND = {"message": "The requested resource was not found.", "code": "not.found"}
UNFILLED: list[tuple[dict[str, Any], list[str]]] = [
    *((exchange("GET", CAMPAIGN, None, 401, NO_CREDENTIALS, token=f"Bearer {token}"), ["error placeholder header:Authorization"])
      for token in ("undefined", "null", "{{access_token}}", "$TOKEN", "%TOKEN%", "YOUR_TOKEN")),
    (exchange("GET", CAMPAIGN, None, 401, NO_CREDENTIALS, token="Bearer [removed]"), ["error credential response"]),
    (exchange("GET", CAMPAIGN, None, 401, NO_CREDENTIALS, token="Bearer"), ["error token-missing header:Authorization"]),
    (exchange("GET", CAMPAIGN, None, 200, {"id": ID}, token="Bearer $TOKEN"), []),
    (exchange("GET", CAMPAIGN, None, 200, {"id": ID}, host="api.{region}.pure.cloud"), []),
    *((exchange("POST", f"/api/v2/outbound/campaigns/{name}/start", None, 404, NOT_FOUND), ["error placeholder path"])
      for name in ("campaignId", ":campaignId", "campaign_id", "%7BcampaignId%7D", "id")),
    (exchange("POST", f"{ACD}/agent-sessions/sessionId/dial-phone", {"phoneNumber": "2125550123", "skillId": 7}, 404), ["error placeholder path"]),
]  # fmt: skip
VALUES: list[tuple[dict[str, Any], list[str]]] = [
    (exchange("POST", f"{PROMISE}&promiseDate=01/11/2027&promiseTime=3pm"), ["warning value-not-allowed query:promiseDate", "warning value-not-allowed query:promiseTime"]),
    (exchange("POST", f"{PROMISE}&promiseDate=2027-01-11&promiseTime=2027-01-11T15:00:00Z"), []),
    (exchange("POST", f"{PROMISE}&promiseDate={{date}}&promiseTime=$TIME"), []),
    (exchange("POST", f"{ACD}/lists/call-lists/7/upload", {"listFile": "YQ==", "expirationDate": "soon", "forceOverwrite": True, "startSkill": True, "sendEmail": True}),
     ["warning value-not-allowed /expirationDate"]),
    *((exchange("POST", CALLBACKS, {**CALLBACK, "countryCode": country}), ["warning value-not-allowed /countryCode"]) for country in ("GER", "Germany")),
    *((exchange("POST", CALLBACKS, {**CALLBACK, "countryCode": country}), []) for country in ("DE", "us", "+49", "")),
    (exchange("PUT", CAMPAIGN, {**CAMPAIGN_BODY, "campaignStatus": "stopping"}), ["warning value-not-allowed /campaignStatus"]),
    (exchange("PUT", CAMPAIGN, {**CAMPAIGN_BODY, "campaignStatus": "complete"}), []),
    (exchange("POST", f"{ACD}/contacts/7/monitor", {"phoneNumber": "+1 212 555 0123"}), ["warning phone-format /phoneNumber"]),
    (exchange("POST", f"{ACD}/contacts/7/monitor", {"phoneNumber": "2125550123"}), []),
    (exchange("POST", "/oauth/token?grant_type=client_credentials", "", 400, {"error": "invalid_request"}, host="login.mypurecloud.de", token="Basic aWQ6c2VjcmV0"),
     ["error body-malformed body"]),
    (exchange("GET", "/api/v2/analytics/interactions", None, 429), ["error path-unpublished path", "error rate-limited response"]),
    (exchange("POST", "/api/v2/conversations/calls/{conversationId}/participants/user/{userId}", {}, 404, {"message": "User 18ee7 is not a participant in the conversation.", "code": "not.found"}),
     ["error not-found response", "warning placeholder path", "warning placeholder path"]),
    *((exchange("POST", START, None, 400, words), ["error state response"]) for words in ("Contact list is empty or being imported", "The import is not ready")),
    (exchange("POST", f"{ACD}/agent-sessions/s-1/dialer-login?skillId=7"), ["error property-missing query:skillName", "warning property-unknown query:skillId"]),
    (exchange("GET", "/api/v2/outbound/contactlists?limit=5", None, 400), ["warning property-unknown query:limit"]),
    (exchange("GET", "/api/v2/outbound/contactlists?limit=5&_=7", None, 200, {"entities": []}), []),
    (exchange("POST", f"/api/v2/outbound/contactlist/{ID}/contacts", {"contactListId": ID, "data": {}}, 404, NOT_FOUND), ["error path-unpublished path", "warning type-mismatch "]),
    (exchange("GET", "/api/v2/outbound/campaigns", None, 200, "<!DOCTYPE html><html><title>Sign in</title></html>"), ["warning hidden-failure response"]),
    (exchange("POST", f"{ACD}/scripts/start", {"skillId": 7, "scriptName": "A"}, 400, "InvalidParameter"),
     ["warning property-unknown /scriptName", "warning property-missing query", "warning property-unknown /skillId", "warning value-not-allowed response"]),
]  # fmt: skip


@each_case("source, results", [*TOKENS, *NAMED, *ACCEPTED, *PLACES, *UNFILLED, *VALUES], quick=2)
def test_cause_comes_first_and_nothing_else_is_told(
    source: dict[str, Any], results: list[str]
) -> None:
    assert tell(source) == results


def test_token_in_the_query_is_named() -> None:
    (found,) = explain(exchange("GET", f"{ACD}/skills/7?access_token=x", None, 401, token=""))
    assert found.findings[0].message.startswith("the token is sent as `access_token`")


def test_code_about_the_request_itself_shows_that_the_path_works() -> None:
    web_client = {"host": "apps.mypurecloud.de"}
    path = f"/platform{CALLBACKS}"
    for code, words, severity in (
        ("missing.any.permissions", "A permission is missing", "warning"),
        ("missing.any.permissions", "Forbidden", "error"),
        ("not.found", "A permission is missing", "error"),
        ("bad.request", "A permission is missing", "error"),
        ("of.another.server", "A permission is missing", "error"),
    ):
        source = exchange("POST", path, CALLBACK, 403, {"message": words, "code": code})
        told = tell({**source, **web_client})
        assert f"{severity} path-unpublished path" in told, code
        assert (told[0] == "error permission-missing response") == (severity == "warning"), code


def test_null_in_a_required_property_is_a_note() -> None:
    (found,) = explain(
        exchange("POST", "/api/v2/outbound/campaigns", {**CAMPAIGN_BODY, "dialingMode": None})
    )
    assert ("note", "type-mismatch", "/dialingMode") in {each[:3] for each in found.findings}


def test_request_that_is_shown_whole_without_a_body_lacks_what_the_body_would_have() -> None:
    (found,) = explain(
        f"POST {ACD}/agent-sessions/s-1/dialer-login HTTP/1.1\nHost: api-na1.niceincontact.com\nAuthorization: {TOKEN}\nAccept: application/json\n\nHTTP/1.1 400 Bad Request\n\n"
    )
    assert found.root is not None
    assert (found.root.code, found.root.where, found.root.origin) == (
        "property-missing",
        "query",
        "skillName",
    )


def test_code_with_the_words_of_a_place_confirms_the_warning_there() -> None:
    contact_list = {
        "name": "n",
        "columnNames": ["First", "Mobile"],
        "phoneColumns": [{"columnName": "Phone", "type": "cell"}],
    }
    lists = "/api/v2/outbound/contactlists"
    without_queue = {**CAMPAIGN_BODY, "dialingMode": "progressive", "script": {"id": OTHER}}
    for path, body, code, expected in (
        (lists, contact_list, "contact.columns.do.not.contain.phone.number.column", "error value-not-allowed /phoneColumns/0/columnName"),
        (lists, contact_list, "name.cannot.be.blank", "error property-missing response"),
        ("/api/v2/outbound/campaigns", without_queue, "queue.not.found", "error property-missing /queue"),
        ("/api/v2/outbound/campaigns", CAMPAIGN_BODY, "queue.not.found", "error not-found response"),
    ):  # fmt: skip
        response = {"status": 400, "body": {"message": "refused", "code": code}}
        assert tell({**exchange("POST", path, body), "response": response})[0] == expected, code
    words = {
        "message": "The phone columns are wrong",
        "code": "contact.columns.do.not.contain.phone.number.column",
    }
    source = {**exchange("POST", lists, contact_list), "response": {"status": 400, "body": words}}
    assert tell(source) == ["error value-not-allowed /phoneColumns/0/columnName"]


def test_two_properties_that_exclude_each_other_are_one_finding() -> None:
    body = {**CAMPAIGN_BODY, "site": {"id": ID}, "edgeGroup": {"id": ID}}
    assert sum(" value-not-allowed " in each for each in tell(exchange("PUT", CAMPAIGN, body))) == 1


def test_published_code_about_something_else_comes_before_a_wrong_type() -> None:
    path = f"/api/v2/outbound/contactlists/{ID}/contacts"
    contacts = [{"contactListId": ID, "data": {"Phone1": "+12125550123"}, "callable": "true"}]
    refusal = {"message": "Columns do not match", "code": "invalid.contact.columns"}
    found = tell(exchange("POST", path, contacts, 400, refusal))
    assert found == ["error value-not-allowed response", "warning type-mismatch /0/callable"]
