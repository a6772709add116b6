"""Words of letters, proxies, and tools are not taken for those of the request or of the API."""

from __future__ import annotations

from cxcall.explaining.explanation import explain
from helpers.cases import each_case
from helpers.pasted_texts import QUEUE, URL

SIGNED = f"""We call
POST {URL}s
Content-Type: application/json

{{"callbackNumbers":["+12025550123"],"queueId":"{QUEUE}"}}

and get
HTTP/1.1 404 Not Found

Thanks, Priya
"""
PROXIED = f"""curl -x http://proxy.test:8080 {URL} -H 'Authorization: Bearer abc'
HTTP/1.1 407 Proxy Authentication Required

<html><body><h1>407 Proxy Authentication Required</h1></body></html>
"""
SPRING = f"""2026-11-25T10:00:00.000 DEBUG 1 --- [exec-1] o.s.web.client.RestTemplate : HTTP POST {URL}
2026-11-25T10:00:00.001 DEBUG 1 --- [exec-1] o.s.web.client.RestTemplate : Writing [{{"callbackNumbers":["+12025550123"],"queueId":"{QUEUE}"}}] with org.springframework.http.converter.StringHttpMessageConverter
2026-11-25T10:00:00.301 DEBUG 1 --- [exec-1] o.s.web.client.RestTemplate : Response 400 BAD_REQUEST
"""
TUNNEL = f"""r = requests.post("{URL}", json={{"callbackNumbers": [phone], "queueId": queue}})
# requests.exceptions.ProxyError: HTTPSConnectionPool(host='api.mypurecloud.ie', port=443): Max retries exceeded with url: /api/v2/conversations/callbacks (Caused by ProxyError('Cannot connect to proxy.', OSError('Tunnel connection failed: 403 Forbidden')))
"""

ERB = f"""POST {URL}
Content-Type: application/json

{{"callbackNumbers":["<%= phone %>"],"queueId":"<%= queue %>"}}
"""
NESTED = f"""POST {URL}
Content-Type: application/json

{{"callbackNumbers":"[\\"+12025550123\\"]","queueId":"{QUEUE}"}}
"""
ECHOED = """curl -X POST https://login.mypurecloud.ie/oauth/token -H "Authorization: Basic $(echo "$ID:$SECRET" | base64)" -d grant_type=client_credentials
{"error":"invalid_client","error_description":"authentication failed"}
"""
REFUSED = '{"message":"The queue does not exist.","code":"bad.request","status":400}'
LINKED = f"See https://developer.genesys.cloud/routing/callbacks for the docs.\n{REFUSED}\n"
XML = """HTTP/1.1 400 Bad Request
Content-Type: application/xml

<RestException><Message>The 'To' number is not valid.</Message>
<MoreInfo>http://telephony.example/errors/21211</MoreInfo></RestException>
"""


@each_case(
    "text, results, why",
    [
        (SIGNED, [("path-unpublished", "path")], "does not exist"),
        (PROXIED, [("credential", "response")], "no reason was found"),
        (SPRING, [], ""),
        (TUNNEL, [("undelivered", "response")], ""),
        (ERB, [], ""),
        (NESTED, [("type-mismatch", "/callbackNumbers")], ""),
        (ECHOED, [("credential", "response")], "authentication failed"),
        (
            f"Array (\n [0] => HTTP/1.1 100 Continue\n [1] => \n [2] => HTTP/1.1 400 Bad Request\n)\n{REFUSED}",
            [("not-found", "response")],
            "HTTP 400",
        ),
        (
            f"Error: connect ECONNREFUSED\n{LINKED}",
            [("not-found", "response")],
            "HTTP 400",
        ),
        (
            f"HTTP/1.1 404 Not Found\n\n<html><title>No</title></html>\nfor: POST {URL}s",
            [("path-unpublished", "path")],
            "does not exist",
        ),
        (LINKED, [("not-found", "response")], "HTTP 400"),
        (XML, [("value-not-allowed", "response")], "HTTP 400"),
        (
            "POST https://api.example.com/v1/lists 400",
            [("not-provable", "response")],
            "no reason was found",
        ),
    ],
    quick=2,
)
def test_words_of_others_are_not_those_of_the_request_or_the_api(
    text: str, results: list[tuple[str, str]], why: str
) -> None:
    found = [each for request in explain(text) for each in request.findings]
    assert [each[1:3] for each in found if each.severity.value == "error"] == results
    assert why in found[0].why
    assert not [each for each in found if each.code == "placeholder"]
    assert any("line end" in each.message for each in found) == (text == ECHOED)


def test_text_that_str_makes_is_not_called_a_form() -> None:
    text = f'requests.post("{URL}", data=str({{"callbackNumbers": ["+12025550123"], "queueId": "{QUEUE}"}}), headers=h)'
    (message,) = (
        each.message for each in next(iter(explain(text))).findings if each.where == "body"
    )
    assert "`str()`" in message


POSTED = "POST https://api.example.com/v1/messages"
GUZZLE = """
<?xml version="1.0" encoding="UTF-8"?><result><code>300</code><message>Validation Failed.</message><err (truncated...)

I've checked `https://example.com/oauth/token` API it is working fine but the messages not working."""
NAMED_BELOW = "Error summary:\n  field: key\n  message: The key is invalid. It must begin so."

OF_OTHERS = (
    'The API documentation says "the queueId is optional".',
    'Genesys support said "the queueId is missing".',
    'The response from my colleague was: "check the queueId please".',
    'The platform admin said "you have all the rights".',
    'The API is "not responding correctly" for us.',
    'The error was: "we cannot place calls".',
    'The response body is: "nothing at all, empty".',
    "The error response: see the picture below.",
    'It should answer 422 with the message "No such queue".',
    'We return 400 with the message "Please call again" to our users.',
    'I expect that it returns the error "No such queue".',
    'The API says "the queueId is optional" in its Swagger file.',
    'If the queueId is wrong, the API answers "the queueId is invalid", so it is not that.',
    'When I leave the queue out, I get 400 with the message "queueId is missing".',
    'Yesterday the API said "the queueId is missing".',
    'If I send an empty body, the API says "queueId is missing".',
    'The message is "Please call me back".',
    'The API shows "Callbacks of sales" in its list.',
    "It says nothing about the reason.",
    'The reason is not "token expired".',
    'The API is not returning "queueId is missing".',
    'The API shows "token expired" on its status page.',
    'The text says "token expired" in the browser.',
    'The body contains "queueId is required" as the label of a field.',
    'Genesys replied with "update the token, it is expired".',
    'It was 400 "Mozilla/5.0 (X11; Linux)".',
    "The status is 400. Error: Request failed with status code 400",
    "\nHTTP/2 400 We get this every day",
    "\nHTTP/1.1 400 Bad Request Date: Mon, 30 Nov 2026",
    "\nHTTP/1.1 400 Bad Request - 34ms",
    '\nraise HTTPError("400 Client Error: my own text")',
)
CITED = (
    "I get a 400 and the message says",
    "I get 400 and this message:",
    "I get HTTP 400 with this error:",
    "I get a 400. It says",
    "I get 400 back:",
    "The API returns a 400 error",
    "I get 400. I am getting the error",
    "I get 400 and the following error:",
    "I get 400. The error that I get is",
    "I get 400. Genesys answers",
    "I get a 400 error that says",
    "I get 400. The API replied with",
    "I get 400, the response text is",
    "I get 400. The response contains the text",
    "I get 400. The body of the response is",
    "I get 400. The error message in the body:",
)
BEHIND = (" and it says that", ", message:", " with message", ". Response data:", "\nError:")
VAGUE = (
    "The message is",
    "The API returns",
    "The server tells me",
    "The text in the response contains",
)


@each_case(
    "text, words",
    [
        (f'{POSTED} 400 (BAD REQUEST)\n\nError message says "A \'From\' is needed." though it is there', "A 'From' is needed."),
        (f"{POSTED}: 400\nThe message inside the response states that \u201cthe id is invalid\u201d", "the id is invalid"),
        (f"Octokit::UnprocessableEntity: {POSTED}: 422 - Validation Failed\n{NAMED_BELOW}\n", "It must begin so."),
        ('Error: GitHub API error (422)\nMessage: Invalid request.\n\n"per_page" is not a permitted key.', "not a permitted key"),
        ("https response error StatusCode: 400, RequestID: 60dd293e, api error InvalidName: You can't do it.", "You can't do it."),
        (f'{POSTED}\n\nCaused by:\n    0: 400 Bad Request Reason: {{\n  "error": {{"message": "No such key.", "code": "x"}}\n}}', "No such key."),
        (f"<-- {POSTED}\n Response {{}}\n HTTP error: {{ error:\n {{ message: \"No such key.\", code: 'x' }} }}\n--> {POSTED} 400 9ms", "No such key."),
        (f'{POSTED} 422\n{{"status": 422, "headers": {{}}, "body": {{"message": "Bad", "errors": [{{"field": "head", "code": "no"}}]}}}}', "Bad; head: no"),
        ('{"error": {"message": "Bad Request", "code": 400, "response": {"headers": {}, "body": {"errors": ["No recipient."]}}}}', "No recipient."),
        (f"{POSTED} 400\nif (res.status === 400) {{\n  return {{\n    message: err.response.message,\n  }}", ""),
        (f"Client error: `{POSTED}` resulted in a `400 Bad Request` response:\n{GUZZLE}", "Validation Failed."),
        (f"error: 429\nheaders: retry-after: 30\nPOST {URL}", "send it again in 30 s"),
        (f"{POSTED} 400\nMy payload:\nmessage: Hello my friend\n", ""),
        (f"{POSTED} returns 400 Bad Request with the message: \u201cno such queue\u201d", "no such queue"),
        (f"{POSTED} is rejected with a 400. The answer is vague, citing \u2018no such queue\u2019.", "no such queue"),
        (f"{POSTED} gives 409 Conflict. The error message is generic: The queue is gone. Why?", "The queue is gone"),
        (f"{POSTED} returns 400 with error_code: invalid_queue", "invalid_queue"),
        (f'I post the message: "Hello my friend" with {POSTED} and get 400', ""),
        (f"{POSTED} returned 400. The error message is generic: It does not say which field is wrong.", ""),
        (f"{POSTED} returned 400. The error message: I have attached it as a picture.", ""),
        (f'{POSTED} returned 400. I expected the error message "queueId is missing".', ""),
        (f'{POSTED} returned 400. Our app shows the error message "queueId is missing".', ""),
        (f'{POSTED} returned 400. The documentation is stating that "queueId is optional".', ""),
        (f'{POSTED} returned 400. A colleague, citing "the manual of it", says so.', ""),
        (f'{POSTED} 400\nlogger.info("error_code: no_answer")', ""),
        (f"{POSTED} 400\nbody:\n  queueId: 12\n  errorCode: no_answer", ""),
        (f"{POSTED} returned 400 with the error message 'it can't be empty'.", "it can't be empty"),
        (f"{POSTED} returned 400. The error message from the server is short, stating: Bad queue name. Why?", "Bad queue name"),
        (f'{POSTED} returned 400, citing "no such queue".', "no such queue"),
        (f'{POSTED} returns 400 with the message: "The key aB3/dE6fG9hJ2k/mN5pQ8+sT1 is old"', "The key **** is old"),
        (f'{POSTED} returns 400 with the message: "No queue (ID: 8f3a9c1e7d2b4f60a1c3)"', "No queue (ID: 8f3a9c1e7d2b4f60a1c3)"),
        (f"curl -X POST {URL} -d '{{}}'\nThe response is a 400 Bad Request with the message: \u201cno such queue\u201d", "no such queue"),
        (f'{POSTED} returned 400. The chat message is "Hello my friend".', ""),
        (f'I get a 400 when I post the message "Hello my friend" with {POSTED}', ""),
        (f"{POSTED} gave 400\n\nto: Ann\nmessage: Please call me back", ""),
        (f"{POSTED} gave 400\nmessage: Please call me back\nto: Ann", ""),
        (f"{POSTED} gave 400\nmessage: The queue is gone\ncode: bad.request", "The queue is gone (bad.request)"),
        (f"{POSTED} 400\nrequest: {{message=Call me now, toAddress=+12025550123}}", ""),
        (f"{POSTED} body={{message=Call me now, error=none}} -> 400", ""),
        (f'{POSTED} body={{"message": "Call me now", "error": "none"}} -> 400', ""),
        (f"{POSTED} 400\npayload = {{'message': 'Call me now', 'code': 'x1'}}", ""),
        (f"{POSTED} 400\nResponse: {{message=The queue is gone, code=x1}}", "The queue is gone (x1)"),
        (f"{POSTED} 400. I send XML:\n<sms><message>Call me now</message></sms>", ""),
        (f"{POSTED} 400 (45 ms) [[curl/8.4 linux] 10.1.2.3:34012]", ""),
        (f"{POSTED} 400 [req-7f3a]", ""),
        (f"{POSTED} => 400 (trace=7f3a, pod=dialer-5)", ""),
        (f"{POSTED} => 400 (No such queue)", "No such queue"),
        ('{"ok": false, "error": "no_queue"}', "no_queue"),
        ('{"ok": false, "description": "Bad Request: no queue"}', "`/ok` is false: Bad Request: no queue"),
        ('{"error": {"message": "No such queue (GET: /v1/x).", "type": "y"}}', "No such queue (GET: /v1/x)."),
        ('{"errorSummary": "It is not valid", "errorId": "x", "errorCauses": []}', "It is not valid"),
        ('{"errorMessages": [], "errors": {"summary": "is too long"}}', "summary: is too long"),
        (f'{POSTED}\n400\n{{"errors": {{"queueId": "is too long"}}}}', "queueId: is too long"),
        (f'{POSTED}\n{{"success": true, "error": "none at all"}}', ""),
        (f'{POSTED}\n{{"error": "None"}}', ""),
        ("$api->postConversationsCallbacks($body);\nPHP Fatal error:  Uncaught ApiException: It is closed now in /a.php:3", "It is closed now"),
        (f"{POSTED} 400\n&{{Status:400 Bad Request StatusCode:400 Header:map[A:[b]] Body:{{src:0xc000}}}}", ""),
        ('{"error": "The queue is gone"}', "The queue is gone"),
        ('{"success": false, "message": "The queue is gone"}', "The queue is gone"),
        (f'{POSTED}\n{{"success": false, "error": "The queue is gone"}}', "The queue is gone"),
        (f"{POSTED}\n\nHTTP/1.1 400 Invalid json input: end of file\ncontent-length: 0\n", "Invalid json input: end of file"),
        (f"=== Request\n{POSTED}\n=== Response\nStatus: 400\nnull:HTTP/1.1 400 Invalid json: end of file\n", "Invalid json: end of file"),
        (f"HTTPError: 400 Client Error: Invalid phone (E.164) for url: {URL}", "Invalid phone (E.164)"),
        (f"HTTPError: 400 Client Error: None for url: {URL}", ""),
        ("HTTP/1.1 422 Unprocessable Content\nContent-Length: 0\n", ""),
        (f"HTTP/1.1 400 Bad Request when I call {POSTED}", ""),
        (f"aiohttp.client_exceptions.ClientResponseError: 400, message='Invalid phone', url='{URL}'", "Invalid phone"),
        (f'{POSTED}\n\nHTTP/1.1 401 Unauthorized\nWWW-Authenticate: Bearer error_description="It expired"\n', "It expired"),
        (f'{POSTED}\n\nHTTP/1.1 400 Bad Request\nWWW-Authenticate: OAuth "Face" "invalid_request" "(#100) Bad"\n', "(#100) Bad (invalid_request)"),
        (f'{POSTED} 400\nconsole.log("The error is " + text + " of it")', ""),
        *((f"{POSTED} returns 400. {each}", "") for each in OF_OTHERS),
        *((f'With {POSTED} {each} "No such queue".', "No such queue") for each in CITED),
        (f'{POSTED} returns 400 with this:\n{{"queueId": "must be a UUID"}}', "the server says: queueId: must be a UUID"),
        (f'{POSTED} gives 400\n{{"queueId": ["This field is required."], "name": "is not valid"}}', "queueId: This field is required."),
        (f'{POSTED} gives 400. I sent {{"queueId": "abc"}} and got {{"message": "bad queue"}}', "bad queue"),
        (f'{POSTED} 400 {{"queueId": "abc"}} {{"message": "bad queue"}}', "bad queue"),
        (f'{POSTED} gives 400 with {{"name": "Sales", "description": "It is required"}}', ""),
        (f'{POSTED} gives 400 with {{"name": "Bad Request", "description": "It is wrong"}}', "It is wrong"),
        (f"With {POSTED} I get 400 Bad Request with message: `No such queue`", "No such queue"),
        (f"With {POSTED} I get 400. Error: the queue is gone.", "the queue is gone"),
        *((f"With {POSTED} I get 400{each} queueId is not valid.", "queueId is not valid") for each in BEHIND),
        *((f'With {POSTED} I get 400. {each} "queueId is not valid".', "queueId is not valid") for each in VAGUE),
        (f"With {POSTED} I get a 400 error saying The queue is gone.", "The queue is gone"),
    ],
    quick=3,
)  # fmt: skip
def test_words_of_the_server_are_shown_in_each_form(text: str, words: str) -> None:
    found = [
        f"{each.message} {each.why} {each.fix}" for one in explain(text) for each in one.findings
    ]
    assert any(words in each for each in found)
    assert words or not any(" says: " in each for each in found)
