"""What `explain` says of logs, consoles, and exports in the forms of their tools, and what it does not say."""

from __future__ import annotations

import json

import pytest

from cxcall.explaining.explanation import explain
from helpers.cases import each_case

pytestmark = pytest.mark.slow

HOST = "https://api.mypurecloud.ie"
PATH = "/api/v2/conversations/callbacks"
URL = f"{HOST}{PATH}"
TOKEN_URL = "https://login.mypurecloud.ie/oauth/token"
QUEUE = "8b3a0a50-0e4d-4a4c-9f5f-2b6d4c1e7a90"
LIST = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
BODY = json.dumps({"callbackNumbers": ["+12025550123"], "queueId": QUEUE})
POSTED = f'requests.post("{URL}", json={BODY}, headers={{"Authorization": "Bearer x"}})'
WRONG = json.dumps({"callbackNumbers": "+12025550123", "queueId": QUEUE})
CURLY = BODY.replace('"', "\u201c")
REFUSED = '{"message":"The queue does not exist.","code":"bad.request","status":400}'
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
    "length of an empty body": (f"POST {PATH} HTTP/1.1\nContent-Length: 0\n\nHTTP/1.1 400 Bad Request\n", "the request has no body", "the API says"),
    "time and logger before each line": (
        "\n".join(f"2026-11-28 07:03:11,448 DEBUG [okhttp3.OkHttpClient] {line}" for line in (f"--> POST {URL}", "Content-Type: application/json", "", BODY, f"<-- 400 {URL} (181ms)", f"ININ-Correlation-Id: {QUEUE}")),
        "no reason was found",
        "the API says",
    ),
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
    "variables of MuleSoft and Velocity": (f"POST {URL}\nContent-Type: application/json\n\n" + BODY.replace("+12025550123", "#[vars.phone]").replace(QUEUE, "$!input.queue"), "the values of `vars.phone` and `input.queue`", "id-format"),
    "variable in a message of the API": (UNFILLED % "${input.queueId}", "it reached the API as it is written", "not a name or a number of your own"),
    "no allowed values": (UNFILLED.replace("UUID", "DomainEntityRef") % "x", "write a valid DomainEntityRef", "use one of"),
    "allowed values before the code": ((UNFILLED % "ON").replace("are: ", "are: on, off").replace("UUID", "Status"), "use one of: on, off; the nearest is `on` |", "(invalid |"),
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
        "the request may have been processed: HTTP",
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
        "error value-not-allowed",
    ),
    "token of another region": (
        f'POST {TOKEN_URL} -> 200\nPOST https://api.mypurecloud.com{PATH} -> 401\n{{"message":"Invalid login credentials.","code":"bad.credentials","status":401}}',
        "region-mismatch host the token is from `mypurecloud.ie`, but the request goes to `mypurecloud.com`",
        "CORS",
    ),
    "token of another kind": (
        'POST https://api.incontact.com/InContactAuthorizationServer/Token\n{"grant_type":"client_credentials"}\n200 OK\nPOST https://api-c4.incontact.com/inContactAPI/services/v12.0/agent-sessions?stationId=1 -> 403',
        "error token-grant header:Authorization a client-credentials token from this older server is valid only for the Patron API",
        "CORS",
    ),
    "values that Node leaves out": (
        f"GaxiosError: x\n    at a (b.js:1:2) {{\n  config: {{\n    url: '{URL}',\n    method: 'POST',\n    data: [Object]\n  }},\n  response: {{ status: 400, data: [Object] }}\n}}",
        "no reason was found",
        "must be an object",
    ),
    "values that Chrome leaves out": (
        "Uncaught (in promise) {status: 401, headers: {…}, body: {message: 'Invalid login credentials.', code: 'bad.credentials', status: 401, details: Array(0), …}, text: '{\"message\":\"Inv…', error: Error: Unauthorized}",
        "the API says: Invalid login credentials. (bad.credentials)",
        "{Error}",
    ),
    "error with its stack in an object": (
        "failed {\n  status: 403,\n  body: {\n    message: 'You are missing the following permission(s): outbound:contact:add',\n    code: 'missing.permissions'\n  },\n  error: Error: Forbidden\n      at a (b.js:1:2)\n      at c (d.js:3:4) {\n    status: 403,\n    response: Response { _events: [Object] }\n  }\n}\n",
        "does not have `outbound:contact:add`",
        "may lack",
    ),
    "interim response that a client waits for": (
        f"> POST {PATH} HTTP/1.1\n> Host: api.mypurecloud.ie\n> Expect: 100-continue\n>\n< HTTP/1.1 100 Continue\n<\n< HTTP/1.1 503 Service Unavailable\n<\n",
        "HTTP 503",
        "HTTP 100",
    ),
    "ID in braces": (f"POST {HOST}/api/v2/outbound/campaigns/%7B{QUEUE}%7D/start\n400 Bad Request", "without the braces", "placeholder"),
    "line of xargs": (f"cat n | xargs -I{{}} curl {URL} -H 'Authorization: Bearer x' --json '{BODY.replace('+12025550123', '{}')}'", "the value of `line`", "placeholder"),
    "reason behind the status of a log": (
        'log: 14:03:22 POST https://api-eu1.niceincontact.com/inContactAPI/services/v33.0/agent-sessions/7/dial-phone 404 "Invalid sessionId"',
        "the API says: Invalid sessionId",
        "no reason",
    ),
    "header behind the status of a log": (
        'POST https://api-c45.nice-incontact.com/incontactapi/services/v25.0/agent-sessions/7/dialer-login\n{"skillName": "x"}\nresponse: 400 Bad Request, icStatusDescription: Invalid skill name',
        "the API says: Invalid skill name",
        "not shown",
    ),
    "flags of a proxy": (f'"POST {PATH} HTTP/1.1" 503 UF,URX reset{{connection_failure}} - "-" 91 152', "HTTP 503", "{connection_failure}"),
    "bare status below a body that is not JSON": (
        f'POST {URL}\nContent-Type: application/json\n\n{{"callbackNumbers": [+12025550123], "queueId": "{QUEUE}"}}\n\n400\n{{"message":"malformed syntax","code":"bad.request","status":400}}',
        "write a phone number in double quotes",
        "not understood",
    ),
    "headers of a response as a list": (
        "Input\n" + json.dumps({"url": URL, "method": "post", "data": BODY}) + '\nOutput\n{"statusCode": 400, "headers": [{"name": "inin-correlation-id", "value": "5a1a-1"}], "data": {"message": "Bad Request", "code": "bad.request"}}',
        "give the correlation ID `5a1a-1`",
        "the time and the host",
    ),
    "request of a data action": (
        json.dumps({"config": {"request": {"requestUrlTemplate": PATH, "requestType": "POST", "requestTemplate": '{"queueId": "${input.q}", "callbackNumber": ["${input.a}"]}'}}}),
        "rename `callbackNumber` to `callbackNumbers`",
        "placeholder",
    ),
    "script of CXone Studio": (
        'ASSIGN proxy = GetRESTProxy()\nproxy.AddHeader("Authorization","bearer {token}")\nASSIGN json = "{d.asjson()}"\nASSIGN r = proxy.MakeRestRequest("https://api-c32.nice-incontact.com/inContactAPI/services/v31.0/scheduled-callbacks?phoneNumber={ani}&skillId={s}", json, 0, "POST")',
        "Accept",
        "never filled in",
    ),
    "object of CXone Studio": (
        'DYNAMIC body\nbody.phoneNumber = "8015550142"\nASSIGN json = "{body.asjson()}"\nASSIGN r = proxy.MakeRestRequest("https://api-c32.nice-incontact.com/inContactAPI/services/v27.0/agent-sessions/abc/dial-phone", json, 0, "POST")\nStatusCode: 400',
        "`skillId` is missing from the body of `cxone-dial-phone`",
        "`phoneNumber` is missing",
    ),
    "failed import alone": ('{"id": "x", "importStatus": {"state": "FAILED", "failureReason": "CONTACT_COLUMNS_LIMIT_EXCEEDED"}}', "hidden-failure", "no URL"),
    "user name in place of an access key": ("curl https://cxone.niceincontact.com/auth/token -d grant_type=password -d username=ann@example.com -d password=x", "expects the ID of an access key", "property-missing"),
    "property that the API names comes first": (
        f'POST {URL}\n{{"ScriptId":null,"QueueId":null,"callbackNumbers":["+12025550123"]}}\n400 {{"message":"queueId or routingData must be provided","code":"bad.request","status":400}}',
        "property-unknown /QueueId `QueueId` is not a property of the body of `create-callback` | rename `QueueId` to `queueId` | the schema requires `queueId` or an alternative; it says: The queue to route it to; or give routingData. | error property-unknown /ScriptId",
        "its value is refused",
    ),
    "two mistakes in the syntax of a body": (
        f'POST {URL}\n{{\n  "queueId": "{QUEUE}", // sales\n  "callbackNumbers": ["+12025550123",],\n}}',
        "remove the comma",
        "property-missing",
    ),
    "name of a type as a value": (UNFILLED % "System.Collections.Hashtable", "ConvertTo-Json -Depth", "use one of"),
    "printed object as a value": (f'POST {HOST}{LIST}\n["@{{contactListId={QUEUE}; data=}}"]', "ConvertTo-Json -Depth", "write `{"),
    "printed object as a number": (f"POST {URL}\n" + BODY.replace("+12025550123", "@{number=1; ext=4}"), "ConvertTo-Json -Depth", "phone_number"),
    "URL as a template behind a call": ("await axios.post `https://api.mypurecloud.com/api/v2/conversations/callz`\nreturned 404", "path-unpublished", "looks like a name"),
    "permission in the parameters of the message": (
        f'POST {URL}\n\nHTTP/1.1 403 Forbidden\n\n{{"message":"Keine Berechtigung","code":"missing.permissions","status":403,"messageParams":{{"permissions":"x:y:add"}}}}',
        "does not have `x:y:add`",
        "which permission",
    ),
    "refused grant that is not shown": (
        'POST https://cxone.niceincontact.com/auth/token\n\nHTTP/1.1 400 Bad Request\n\n{"error":"unsupported_grant_type"}',
        "use one of: `password`",
        "/grant_type is missing",
    ),
    "query beside the URL": (json.dumps({"url": HOST + LIST, "method": "POST", "qs": [{"name": "priority", "value": "yes"}]}), "`priority` in the query must be true or false", "Content-Type"),
    "query beside the URL in axios": (json.dumps({"config": {"url": HOST + LIST, "method": "post", "params": {"priority": "yes"}}}), "`priority` in the query must be true or false", "Content-Type"),
    "values in the path beside the URL": (json.dumps({"url": HOST + LIST, "method": "POST", "params": {"contactListId": QUEUE}}), "", "`contactListId`"),
    "values of placeholders beside the URL": (json.dumps({"url": HOST + "/api/v2/users/{userId}", "method": "GET", "params": {"userId": QUEUE}, "status": 400}), "", "declare"),
    "query beside the path": (json.dumps({"host": HOST[8:], "path": f"{LIST}?clearSystemData=true#top", "method": "POST", "query": [{"name": "clearSystemData", "value": "no"}, {"name": ["x"]}, {"name": "priority", "value": ["true", "api"]}], "status": 400}), "`priority` in the query must be true or false; got `api`", "clearSystemData"),
    "rate limit of a token endpoint": (f'POST {TOKEN_URL}\n400 {{"error":"invalid_request","error_description":"rate limit exceeded"}}', "use one token until it expires", "--rate"),
    "version of an object that changed": (
        f'PUT {HOST}/api/v2/outbound/campaigns/{QUEUE}\n409 {{"message":"The version does not match the current version","code":"invalid.update.wrong.version","status":409}}',
        "with its current `version`",
        "allowed in it",
    ),
    "body with a warning": (f"POST {URL}\n" + BODY.replace(QUEUE, "Sales") + "\n400 Bad Request", "correct what the other findings on the body name", "cxcall validate"),
    "box of Terraform": (
        f'│ {{"method":"PUT","path":"/api/v2/routing/queues/{QUEUE}","statusCode":400,"errorMessage":"API\n│ Error: 400 - Value [] is not valid for field type [Mode]. Allowable\n│ values are: AgentFirst, CustomerFirst ({QUEUE})","correlationId":"{QUEUE}"}}\n╵',
        "an empty value is not a valid Mode | use one of: AgentFirst, CustomerFirst",
        "not shown: the text of the response",
    ),
    "status in an object that is cut": (f'{POSTED}\n{{ "statusCode": 400', "refused the request with HTTP 400", "no cause found in the request"),
    "reply of a test's server": (f"{POSTED}\n// nock(url).post(path).reply(400, {{}})", "", "HTTP 400"),
    "class in a message": (f'POST {URL}\n{BODY}\n400 {{"message":"Validation failed for object=\'createCallback\'. Error count: 1","code":"bad.request","status":400}}', "Error count: 1", "property-unknown"),
    "output of a program": (f"await axios.post('{TOKEN_URL}', body);\nLogin failed: 401 {{ error: 'invalid_client', description: 'no such client' }}", "of its region | the API says: no such client", "no cause"),
    "line of a stack trace": (f'POST {PATH} HTTP/1.1" 422 113\n  File "a.py", line 7, in <module>\n    repo.create(name="x",config={{"url":args.url, "message":"json"}})', "no reason was found", "args.url"),
    "argument in a line of code": (f'POST {PATH} 400\n    create(name, {{"url":args.url}})', "no reason was found", "body-malformed"),
    "map that Java printed": (f"POST {URL}\n{BODY}\nResponse: 400 {{message=No such queue, see a=b, code=bad.request, status=400, messageParams={{x=y, z=a}}}}", "the API says: No such queue, see a=b (bad.request)", "{"),
    "map that Java printed in a log": (f"2026-11-28 07:03:11 ERROR c.e.Client - POST {URL} failed: 400, body={{message=No such queue, code=bad.request, status=400}}", "the API says: No such queue (bad.request)", "{"),
    "number of things": (f"Does POST {URL} support scheduling 400 days ahead?", "", "HTTP 400"),
    "number of things in a log": (f"POST {URL} | 500 contacts | 12 s", "", "outcome-unknown"),
    **{
        f"status {status}{behind}": (f"POST {URL} {status}{behind}", f"HTTP {status}", "no cause found in the request")
        for status, behind in {
            400: " fails again", 401: " keeps happening", 403: " res={}", 404: " shows up", 422: " bytes=312", 429: " calls=3", 503: " hits=1",
        }.items()
    },
    "wait that the response does not name": (
        f"POST {URL}\n{BODY}\n\nHTTP/1.1 503 Service Unavailable\n\nThe docs say Retry-After: 5, but there is none", "outcome-unknown", "send it again in",
    ),
    "PHP's report of curl": (f"['url' => '{URL}', 'http_code' => 400, 'header_size' => 1088]", "refused the request with HTTP 400", "no cause found in the request"),
    "status before the word response": (f'POST {URL}\n{BODY}\nThe 400 Response body is\n{{"message":"No such queue","code":"bad.request"}}', "responded with HTTP 400", "responded with an error"),
    "objects of Python 2": (
        f"POST {URL}\n{{u'callbackNumbers': u'+12025550123', u'queueId': u'{QUEUE}'}}\n400\n{{u'status': 400, u'message': u\"It isn't there\", u'code': u'bad.request'}}",
        "the API says: It isn't there (bad.request)",
        "the name `u`",
    ),
    "message in a sentence": ('The API says:\n> "... in an invalid way. Details: Invalid transition from \\<COMPLETE\\> to \\<OFF\\>"', "the API says: Invalid transition from <COMPLETE> to <OFF>", "HTTP"),
    "file below a command": (f"$ curl -d @b.json -H 'Content-Type: application/json' {URL}\n$ cat b.json\n{WRONG}", "`/callbackNumbers` must be an array", "not read"),
    "file above a command": (f"Content of `b.json`:\n\n{WRONG}\n\n$ http POST {URL} < b.json", "`/callbackNumbers` must be an array", "not understood"),
    "file of the vendor's command": (f"$ cat b.json\n{{}}\n$ gc outbound contactlists contacts create {QUEUE} -f b.json", "must be an array, not an object", "not understood"),
    "file with the response": (f'curl -o b.json -d @c.json {URL}\n$ cat b.json\n{{"message":"No such queue","code":"bad.request","status":400}}', "the body is in the file `c.json`", "property-"),
    "function of the user's own": (f'ASSIGN r = GetRESTProxy("POST", "{PATH}", {WRONG})', "`/callbackNumbers` must be an array", "no cause"),
    "file named in a command above the response": (f"$ gc outbound campaigns create -f b.json\n{REFUSED}", "the API says: The queue", "property-unknown"),
    "error in the file of a body": (f"$ curl -d @b.json -o b.json {URL}\n$ cat b.json\n{REFUSED}", "the API says: The queue", "property-unknown"),
    "call that sends nothing": (f'key = cache.key("POST", "{URL}", {{"n": 2}})', "", "error"),
    "body that starts like a heading": (
        f'POST {PATH} HTTP/1.1\nHost: api.mypurecloud.com\n\n{{"body": {{\n"a": 1}}\n}}\n\nHTTP/1.1 400 Bad Request\n', "property-unknown", "body-malformed",
    ),
    "call that its trace repeats": (
        f'{POSTED}\n\nTraceback (most recent call last):\n  File "a.py", line 2, in <module>\n    {POSTED}\nrequests.exceptions.HTTPError: 400 Client Error: Bad Request for url: {URL}',
        "no reason was found", "the source shows no response",
    ),
    "path in a title with another name": (
        'PATCH /api/v2/conversations/calls/{id} returns 400\n\nI use PATCH /api/v2/conversations/calls/{conversationId}. The payload:\n\n{"state": "hold"}\n\nThe request returns a 400 Bad Request.',
        "`/state` cannot be `hold`", "`{id}`",
    ),
    "names and values of headers": (
        f"URL: {URL}\nMethod: POST\nHeaders:\n  Item 1\n    Name: Authorization\n    Value: Bearer\n  Item 2\n    Key: Content-Type\n    Value: text/plain\nBody: {BODY}\nStatus: 400",
        "got `text/plain`", "without one",
    ),
    "content type of a form of fields": (
        f"URL: {URL}\nMethod: POST\nHeaders:\n  Authorization: Bearer abc\nContent type: Text (text/plain)\nBody: {BODY}\nStatus: 400", "got `text/plain`", "without one",
    ),
    "form behind a label": (
        f"- Endpoint: POST {TOKEN_URL}\n- Payload: grant_type=client_credential&client_id=abc&client_secret=xyz\n- Status: 400", "client_credentials", "no reason was found",
    ),
    "form behind a label below a sentence": (f"POST {TOKEN_URL} fails with 400\nBody:\ngrant_type=client_credential", "client_credentials", "understood"),
    "form of a browser": (f"Request URL: {TOKEN_URL}\nRequest Method: POST\nStatus Code: 400\nForm Data: grant_type=client_credential", "client_credentials", "no reason was found"),
    "headers that are not understood": (
        f"URL: {URL}\nMethod: POST\nHeaders:\n  X-Id: 1\n  the usual ones\nBody: {BODY}\nStatus: 400", "no reason was found", "header-missing",
    ),
    "path with the word docs": ("Error 404 for https://api.mypurecloud.de/api/v2/docs/swagger", "path-unpublished", "not-found"),
    "exception in prose": (f"POST {URL} 400\nWe catch ApiException: it is thrown when it is closed", "no reason was found", "the API says"),
    "printed response without headers": (
        '{"error":{"message":"Bad Request","response":{"body":{"errors":[{"message":"Queue missing"}]}}}}', "the API says: Queue missing", "Bad Request",
    ),
    "call of a logger": (f'{POSTED}\nlogger.info("POST", "{URL}", {{"elapsed": 12}})', "", "error"),
    "map of another server": (f"POST {URL} -> 400\n{{a=1, b=2}}", "the API says: {a=1, b=2}", "no reason was found"),
    "token from a function of the user's own": ('We fetch it: LET r = api("POST", "/oauth/token", {"grant_type": "client_credentials"})', "", "body-malformed"),
    "quotes of a page": (f"I\u2019m calling POST {URL}, it returns 400. My payload: {CURLY}", "note body-malformed", "error body-malformed"),
    "quotes of a person": (f"I am calling POST {URL}, it returns 400. My payload: {CURLY}", "error body-malformed", "note body-malformed"),
    "quotes of one part of a page": (f"It doesn\u2019t work: POST {URL} returns 400. My payload: {CURLY}\n\nResponse: {UNFILLED}", "error body-malformed", "note body-malformed"),
    "quotes of a page in a command": (f"It doesn\u2019t work:\n\ncurl -H \u201cContent-Type: application/json\u201d -d \u2018{CURLY}\u2019 {URL}", "note body-malformed", "error"),
    "quotes of code beside an apostrophe of a page": (f"It doesn\u2019t work, I get 400:\n\naxios.post('{URL}', {{ queueId: 'Sales', callbackNumbers: ['+12025550123'] }})", "warning id-format", "curly"),
    "number with an extension": (f"POST {URL}\n" + BODY.replace("0123", "0123 ext. 4"), "leave out the extension", "is not a phone number"),
}  # fmt: skip


@each_case("name", TEXTS, quick=len(TEXTS))
def test_trace_of_a_tool_is_read_as_the_tool_means_it(name: str) -> None:
    text, told, untold = TEXTS[name]
    said = " | ".join(
        f"{each.severity} {each.code} {each.where} {each.message} | {each.fix} | {each.why}"
        for found in explain(text)
        for each in found.findings
    )
    assert told in said, said
    assert untold not in said, said
