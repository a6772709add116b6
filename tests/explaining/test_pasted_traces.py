"""What `explain` says of logs, consoles, and exports in the forms of their tools, and what it does not say."""

from __future__ import annotations

import json

from cxcall.explaining.explanation import explain
from helpers.cases import each_case

HOST = "https://api.mypurecloud.ie"
PATH = "/api/v2/conversations/callbacks"
URL = f"{HOST}{PATH}"
TOKEN_URL = "https://login.mypurecloud.ie/oauth/token"
QUEUE = "8b3a0a50-0e4d-4a4c-9f5f-2b6d4c1e7a90"
LIST = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
BODY = json.dumps({"callbackNumbers": ["+12025550123"], "queueId": QUEUE})
UNFILLED = '{"message":"Value [%s] is not valid for field type [UUID]. Allowable values are: ","code":"invalid.value","status":400}'


def stored(phone: str, queue: str) -> str:
    """Return the settings of a workflow with a body that has two variables."""
    body = json.dumps({"callbackNumbers": [phone], "queueId": queue})
    return json.dumps({"flow": [{"mapper": {"url": URL, "method": "post", "data": body}}]})


NOT_FOUND = "NOT_FOUND from POST"
TEXTS: dict[str, tuple[str, str, str]] = {
    "header values of Postman's console": (
        f'POST {HOST}{LIST}\n403\nContent-Type: "application/json"\nAuthorization: "Bearer abc"\n\n[{{"contactListId":"{QUEUE}","data":{{"a":"b"}}}}]\n\n{{"message":"You are missing the following permission(s): outbound:contact:add","code":"missing.permissions","status":403}}',
        "does not have `outbound:contact:add`",
        "header:",
    ),
    "redaction in asterisks": (
        json.dumps({"url": URL, "method": "POST", "headers": {"Authorization": "*sanitized*"}, "body": {"queueId": QUEUE}, "status": 400}),
        "`callbackNumbers`",
        "no scheme",
    ),
    "redaction in blocks": (f"--> POST {URL}\nAuthorization: ██\n{BODY}\n<-- 400 {URL}", "not-provable", "no scheme"),
    "name in brackets behind a URL": (f"Suppressed:\n\t*__checkpoint ⇢ 404 {NOT_FOUND} {URL}/x [DefaultWebClient]", "`/api/v2/conversations/callbacks/x`", "not in quotes"),
    "error object of a console": (
        f"POST {TOKEN_URL} net::ERR_FAILED\nUncaught (in promise) AxiosError {{message: 'Network Error', name: 'AxiosError', code: 'ERR_NETWORK', config: {{…}}}}",
        "",
        "grant_type",
    ),
    "headers of a token request alone": (
        "> POST /auth/token HTTP/2\n> Host: cxone.niceincontact.com\n> content-type: application/x-www-form-urlencoded\n* PROTOCOL_ERROR\ncurl: (92) HTTP/2 stream 1 was not closed cleanly",
        "with HTTP/1.1 (curl: `--http1.1`): a token request places no call",
        "grant_type",
    ),
    "variables of Make": (stored("{{1.phone}}", "{{1.`queue`[].id}}"), "the values of `1.phone`", "placeholder"),
    "variables of Logic Apps": (stored("@{triggerBody()?['phone']}", "@{variables('queue')}"), "the values of `triggerBody", "phone-format"),
    "variables of MuleSoft and Velocity": (f"POST {URL}\nContent-Type: application/json\n\n" + BODY.replace("+12025550123", "#[vars.phone]").replace(QUEUE, "$!input.queue"), "the values of `vars.phone` and `input.queue`", "id-format"),
    "variable in a message of the API": (UNFILLED % "${input.queueId}", "it reached the API as it is written", "not a name or a number of your own"),
    "no allowed values": (UNFILLED.replace("UUID", "DomainEntityRef") % "x", "write a valid DomainEntityRef", "use one of"),
    "allowed values before the code": ((UNFILLED % "ON").replace("are: ", "are: on, off").replace("UUID", "Status"), "use one of: on, off |", "(invalid |"),
    "compressed body": (
        "HTTP/1.1 400 Bad Request\nContent-Encoding: gzip\nContent-Type: application/json\n\n\\x1f\\x8b\\x08\\x00\\x03\\xaaV",
        "the body of the response is compressed",
        "gateway",
    ),
    "denial of the API": (
        'POST https://api-na1.niceincontact.com/inContactAPI/services/v31.0/agent-sessions/7/dial-phone\n403 {"error":"access_denied","error_description":"Conferences are not enabled"}',
        "the API says: Conferences are not enabled",
        "login server",
    ),
    "property that was not sent": (
        f'POST {URL}\n{{"queueId":null,"callbackNumbers":["+12025550123"]}}\n400 {{"message":"queueId or routingData must be provided","code":"bad.request","status":400}}',
        "the API names `routingData`: the body does not have it",
        "`routingData`: its value is refused",
    ),
    "status that a task expects": (
        f'- uri:\n    url: "{HOST}/api/v2/outbound/campaigns/{QUEUE}"\n    method: PUT\n    headers: {{ Authorization: "Bearer {{{{ t }}}}" }}\n    status_code: 200\n\nfatal: [localhost]: FAILED! => {{"msg": "Status code was 409 and not [200]", "status": 409}}\n',
        "HTTP 409",
        "200",
    ),
    "method by the body": (f"PUT {URL}\n{BODY}\n405 Method Not Allowed", "send `POST`", "conversationId"),
    "one value with the name of its list": (
        f'POST {URL}\n{{"callbackNumber":"+12025550123","queueId":"{QUEUE}"}}',
        "rename `callbackNumber` to `callbackNumbers`",
        "add `",
    ),
    "columns beside their map": (
        f'PUT {HOST}{LIST}/7\n{{"contactListId":"{QUEUE}","Phone":"+12025550123","Name":"Jo"}}',
        "move `/Phone` to `/data/Phone`; move `/Name` to `/data/Name`",
        "rename",
    ),
    "member of an object that is not needed": (
        f'POST {URL}\n{{"callbackNumbers":["+12025550123"],"queueID":"{QUEUE}","priority":1}}',
        "property-unknown /priority",
        "/routingData",
    ),
    "unknown operation that may have been processed": (
        f'POST {HOST}/api/v2/flows/executions\n{{"flowId":"{QUEUE}"}}\n504 Gateway Timeout',
        "does not say whether the request was processed",
        "the call was placed",
    ),
    "sent body as Python prints it": (
        f'DEBUG:urllib3.connectionpool:{HOST}:443 "POST {PATH} HTTP/1.1" 400 210\nDEBUG:root:sent body: {{\'callbackNumbers\': \'+12025550123\', \'queueId\': None}}\nDEBUG:root:{{"message":"queue is missing","code":"callback.error.missing.queue.id","status":400}}',
        "`/callbackNumbers` must be an array",
        "the API names",
    ),
    "ID in the path that the API names": (
        f'POST {HOST}{LIST.replace(QUEUE, "undefined")} 400\n{{"message":"The contact list id is not valid","code":"invalid.value","status":400}}',
        "`undefined` in the path looks like a placeholder that was never filled in | replace it with the real value | the API says",
        "warning",
    ),
    "token of another region": (
        f'POST {TOKEN_URL} -> 200\nPOST https://api.mypurecloud.com{PATH} -> 401\n{{"message":"Invalid login credentials.","code":"bad.credentials","status":401}}',
        "region-mismatch host the token is from `mypurecloud.ie`, but the request goes to `mypurecloud.com`",
        "CORS",
    ),
    "name of a type as a value": (UNFILLED % "System.Collections.Hashtable", "ConvertTo-Json -Depth", "use one of"),
}  # fmt: skip


@each_case("name", TEXTS, quick=len(TEXTS))
def test_trace_of_a_tool_is_read_as_the_tool_means_it(name: str) -> None:
    text, told, untold = TEXTS[name]
    said = " | ".join(
        f"{each.code} {each.where} {each.message} | {each.fix} | {each.why}"
        for found in explain(text)
        for each in found.findings
    )
    assert told in said, said
    assert untold not in said, said
