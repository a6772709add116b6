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
