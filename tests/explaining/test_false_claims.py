"""Errors that `explain` must not report on correct requests, as people paste them."""

from __future__ import annotations

import pytest

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.explained_errors import problems
from helpers.pasted_texts import PATH, QUEUE, URL

LISTS = "/api/v2/outbound/dnclists"
LIST_URL = f"https://api.mypurecloud.ie{LISTS}/{QUEUE}"


def test_url_in_a_member_of_a_map_is_not_requested() -> None:
    link = f"{LISTS}/{QUEUE}"
    texts = {
        f'fetch("{URL}", {{"headers": {{}}, "referrer": "https://crm.example.com/app", "body": "{{}}", "method": "POST"}});': ("POST", PATH),
        f"fetch('{URL}', {{method: 'POST', referrer: 'https://crm.example.com/app'}})": ("POST", PATH),
        f'body = {{"name": "x", "selfUri": "{link}"}}\nrequests.put("{LIST_URL}", json=body)': ("PUT", link),
        f'var body = new {{ name = "x", selfUri = "{link}" }};\nawait http.PutAsJsonAsync("{LIST_URL}", body);': ("PUT", link),
        f"$b = ['division' => ['id' => 'x', 'selfUri' => '/api/v2/authorization/divisions/x']];\nHttp::put('{LIST_URL}', $b);": ("PUT", link),
        f'body := map[string]any{{"name": "x", "selfUri": "{link}"}}\nb, _ := json.Marshal(body)\nreq, _ := http.NewRequest("PUT", "{LIST_URL}", bytes.NewReader(b))': ("PUT", link),
        f'const API = {{ callbacks: "{URL}", lists: "{LIST_URL}" }};\naxios.post(API.callbacks, {{}});': ("POST", PATH),
        f"axios({{method: 'POST', url: '{URL}', data: {{}}}})": ("POST", PATH),
    }  # fmt: skip
    for text, expected in texts.items():
        assert [(each.method, each.path) for each in read_exchanges(text, "text")] == [expected], (
            text
        )


def test_option_names_the_method() -> None:
    texts = (
        f'$ch = curl_init("{URL}");\ncurl_setopt($ch, CURLOPT_POST, true);\ncurl_exec($ch);',
        f'$ch = curl_init("{URL}");\ncurl_setopt_array($ch, [CURLOPT_POST => 1, CURLOPT_RETURNTRANSFER => true]);',
        f'curl_easy_setopt(curl, CURLOPT_URL, "{URL}");\ncurl_easy_setopt(curl, CURLOPT_POST, 1L);',
    )
    for text in texts:
        assert [each.method for each in read_exchanges(text, "text")] == ["POST"], text


CALLBACK = "https://api-eu1.niceincontact.com/inContactAPI/services/v34.0/queuecallback"
PAIRS = '"phoneNumber": "+442079460155", "skill": "40112"'


@pytest.mark.slow
def test_query_that_code_builds_is_read() -> None:
    texts = (
        f"uri = URI('{CALLBACK}')\nuri.query = URI.encode_www_form(phoneNumber: '+442079460155', skill: 40112)\nreq = Net::HTTP::Post.new(uri)",
        f'q = urlencode({{{PAIRS}}})\nrequests.post(f"{CALLBACK}?{{q}}", headers=h)',
        f'params = {{{PAIRS}}}\nrequests.post(f"{CALLBACK}?{{urlencode(params)}}", headers=h)',
        f'const u = new URL("{CALLBACK}");\nu.searchParams.set("phoneNumber", "+442079460155"); u.searchParams.set("skill", 40112);\nawait fetch(u, {{ method: "POST" }});',
        f'const params = new URLSearchParams({{{PAIRS}}});\nawait fetch(`{CALLBACK}?${{params}}`, {{ method: "POST" }});',
        f'req, _ := http.NewRequest("POST", "{CALLBACK}", nil)\nq := req.URL.Query()\nq.Add("phoneNumber", "+442079460155")\nq.Add("skill", "40112")\nreq.URL.RawQuery = q.Encode()',
        f'var url = QueryHelpers.AddQueryString("{CALLBACK}", new Dictionary<string,string> {{ ["phoneNumber"] = "+442079460155", ["skill"] = "40112" }});\nawait http.PostAsync(url, null);',
        f'var b = new UriBuilder("{CALLBACK}");\nvar q = HttpUtility.ParseQueryString("");\nq["phoneNumber"] = "+442079460155";\nq["skill"] = "40112";\nb.Query = q.ToString();\nawait http.PostAsync(b.Uri, null);',
        f'URIBuilder b = new URIBuilder("{CALLBACK}");\nb.addParameter("phoneNumber", "+442079460155");\nb.addParameter("skill", "40112");\nHttpPost post = new HttpPost(b.build());',
        f'$ch = curl_init("{CALLBACK}?" . http_build_query(["phoneNumber" => "+442079460155", "skill" => 40112]));\ncurl_setopt($ch, CURLOPT_POST, true);',
        f'client.post("{CALLBACK}") {{ parameter("phoneNumber", "+442079460155"); parameter("skill", 40112) }}',
        f'r <- POST("{CALLBACK}", query = list(phoneNumber = "+442079460155", skill = 40112))',
    )
    expected = (("phoneNumber", "+442079460155"), ("skill", "40112"))
    for text in texts:
        assert [(each.method, each.query) for each in read_exchanges(text, "text")] == [
            ("POST", expected)
        ], text


def test_query_that_is_not_shown_is_not_judged() -> None:
    texts = (
        f"requests.post('{CALLBACK}', params=make_query(row), headers=h)",
        f"requests.post(f'{CALLBACK}?{{urlencode(rest)}}', headers=h)",
        f"requests.post('{CALLBACK}', params={{'phoneNumber': phone, 'skill': skill}}, headers=h)",
        f'$q = @{{ phoneNumber = "+4420"; skill = 1 }}\n$s = ($q.GetEnumerator() | % {{ "$($_.Key)=$($_.Value)" }}) -join "&"\nInvoke-RestMethod -Method Post -Uri "{CALLBACK}?$s" -Headers $h',
        f'curl -X POST "{CALLBACK}?$QUERY" -H "Accept: application/json"',
        f'axios.post("{CALLBACK}", null, {{ params, headers }});',
    )
    for text in texts:
        assert not problems(text), text
    assert (
        problems(f"requests.post('{CALLBACK}', headers=h)") == [("property-missing", "query")] * 2
    )


TOKEN_URL = "https://login.mypurecloud.ie/oauth/token"
FORM = f"POST {TOKEN_URL}\nContent-Type: application/x-www-form-urlencoded\n\n"
CODE_FORM = "grant_type=authorization_code&code=abc&redirect_uri=https://a.example.com"


def test_parts_of_an_editor_are_no_part_of_a_request() -> None:
    script = '\n\n> {% client.global.set("token", response.body.access_token); %}\n\n<> 2026-11-10.200.json'
    texts = {
        f"{FORM}grant_type=client_credentials{script}\n": ((), "grant_type=client_credentials"),
        f"{FORM}{CODE_FORM.replace('&', chr(38) + chr(10))}\n": ((), CODE_FORM),
        f"{FORM}{CODE_FORM.replace('&', chr(10) + chr(38))}\n": ((), CODE_FORM),
        f"POST {CALLBACK}\n    ?phoneNumber=%2B442079460018\n    &skill=1 HTTP/1.1\nAccept: application/json\n": (
            (("phoneNumber", "+442079460018"), ("skill", "1")),
            None,
        ),
    }
    for text, expected in texts.items():
        assert [(each.query, each.body) for each in read_exchanges(text, "text")] == [expected], (
            text
        )
        assert not problems(text), text


@pytest.mark.slow
def test_prompts_in_a_command_are_no_part_of_it() -> None:
    body = '{"queueId": "x"}'
    texts = {
        f"$ curl -X POST \\\n>   --url {URL} \\\n> --json '{body}'\n": body,
        f"$ curl {URL} -H 'Content-Type: application/json' -d '{{\n>   \"queueId\": \"x\"\n> }}'": '{\n  "queueId": "x"\n}',
        f'C:\\>curl -X POST ^\nMore? {URL} ^\nMore? -d "{{\\"queueId\\": \\"x\\"}}"\n': body,
        f"curl -v {URL} -d '{body}' \\\n  -H 'Accept: */*'\n> POST {PATH} HTTP/2\n> accept: */*\n>\n< HTTP/2 400\n": body,
        f"curl \u2013X POST \u201c{URL}\u201d \u2013d \u2018{{\u201cqueueId\u201d: \u201cx\u201d}}\u2019\n\nIt doesn't work": body,
        f"POST “{URL}”\n{{“queueId”: “x”}}": "{“queueId”: “x”}",
    }
    for text, expected in texts.items():
        (found,) = read_exchanges(text, "text")
        assert (found.method, found.path, found.body) == ("POST", PATH, expected), text
    (plain,) = read_exchanges(
        f'curl {URL} -d \'{{"name": "the \u201cbest\u201d \u2013 one"}}\'', "text"
    )
    assert not plain.findings


def test_stamp_before_a_line_is_no_body() -> None:
    for stamp in ("[10:43] dana:", "[2026-11-12 09:12:12]", "[INFO]", "[12.11.26, 09:12:12] Ann:"):
        text = f"{stamp} GET {LIST_URL}\n{stamp} 404 Not Found\n{stamp} perms?"
        assert problems(text) == [("not-found", "response")], text
    (listed,) = read_exchanges(f"POST {URL}\n[abc, def]\n400 Bad Request", "text")
    assert listed.body == "[abc, def]"


def test_placeholder_in_angle_brackets_is_in_the_path() -> None:
    text = "POST https://api.mypurecloud.com/api/v2/outbound/campaigns/<campaignId>/start\n404 Not Found"
    assert problems(text) == [("placeholder", "path")]


def test_body_of_a_token_request_that_is_not_shown_is_not_judged() -> None:
    texts = (
        'DEBUG:urllib3.connectionpool:https://login.mypurecloud.de:443 "POST /oauth/token HTTP/1.1" 400 97',
        f"Cross-Origin Request Blocked: The Same Origin Policy disallows reading the remote resource at {TOKEN_URL}. (Reason: CORS header missing).",
    )
    for text in texts:
        assert ":" not in next(read_exchanges(text, "text")).host
        assert ("property-missing", "/grant_type") not in problems(text), text
    assert ("property-missing", "/grant_type") in problems(f"curl -X POST {TOKEN_URL} -u a:b")


def test_blocked_request_is_read_in_any_language() -> None:
    target = f"https://api.mypurecloud.de{PATH}"
    origin = "https://crm.example.com"
    refused = "Request header field x-trace is not allowed by Access-Control-Allow-Headers in preflight response."
    texts = (
        f"Quellübergreifende (Cross-Origin) Anfrage blockiert: Die Gleiche-Quelle-Regel verbietet das Lesen der externen Ressource auf {target}. (Grund: CORS-Kopfzeile 'Access-Control-Allow-Origin' fehlt). Statuscode: 400.",
        f"Blocage d\u2019une requête multiorigines (Cross-Origin Request) : la politique « Same Origin » ne permet pas de consulter la ressource distante située sur {target}. Raison : l\u2019en-tête CORS est manquant. Code d\u2019état : 401.",
        f"Origin {origin} is not allowed by Access-Control-Allow-Origin. Status code: 401\nXMLHttpRequest cannot load {target} due to access control checks.",
        f"Access to fetch at '{target}' from origin '{origin}' has been blocked by CORS policy: {refused}",
    )
    for text in texts:
        [found] = explain(text)
        assert (found.request.host, found.request.path) == ("api.mypurecloud.de", PATH), text
        assert [each.code for each in found.findings if "CORS" in each.message] == ["state"], text


def test_advice_names_the_real_mistake() -> None:
    lists = "https://api.mypurecloud.ie/api/v2/outbound"
    texts = {
        f'curl {lists}/dnclists/{QUEUE}/phonenumbers --json \'{{"phoneNumbers":["+442079460123"]}}\'': "send the array itself, without `phoneNumbers` around it",
        f'curl {lists}/campaigns/progress --json \'{{"campaignIds":["{QUEUE}"]}}\'': "send the array itself, without `campaignIds` around it",
        f'curl {lists}/dnclists/{QUEUE}/phonenumbers --json \'{{"phoneNumbers":["+442079460123"],"note":"x"}}\'': "send the array itself, without `phoneNumbers` around it",
        f'curl {lists}/dnclists/{QUEUE}/phonenumbers --json \'{{"note":"x"}}\'': "write an array there",
        f'curl {URL} --json \'{{"callbackNumbers":"+442079460123"}}\'': "put it in square brackets",
        f"curl {lists}/campaigns -d '{{}}'\ncurl: (3) unmatched close brace/bracket in URL position 60:": "single quotes",
        f"curl {lists}/campaigns -H 'Content-Type: application/json'\ncurl: (6) Could not resolve host: application": "single quotes",
        f"curl {lists}/campaigns\ncurl: (6) Could not resolve host: api.mypurecloud.ie": "and the DNS server",
    }
    for text, advice in texts.items():
        [found] = explain(text)
        assert [each for each in found.findings if advice in each.fix], text


def test_value_in_a_refusal_is_no_property() -> None:
    url = "https://api.mypurecloud.ie/api/v2/conversations/calls/{conversation_id}"
    message = "Value [{conversation_id}] is not valid for field type [UUID]. Allowable values are: "
    text = f'PATCH {url}\n{{"state": "disconnected"}}\n400 {{"message":"{message}","code":"invalid.value","status":400}}'
    assert problems(text) == [("placeholder", "path")]
    assert problems(text.replace("{conversation_id}", "main")) == [("id-format", "path")]


def test_variables_of_templates_are_unknown() -> None:
    head = f"curl -X POST {URL} -H 'Content-Type: application/json' -H 'Authorization: Bearer "
    start = "https://api.mypurecloud.ie/api/v2/outbound/campaigns"
    body = r"{\"callbackNumbers\":[\"%s\"],\"queueId\":\"%s\"}"
    texts = (
        head
        + """${{ secrets.T }}' -d '{"callbackNumbers":["${{ inputs.phone }}"],"queueId":"${{ vars.Q }}"}'""",
        head
        + """${var.token}' -d '{"callbackNumbers":["${var.phones[0]}"],"queueId":"${module.q.id}"}'""",
        f"curl -X POST {start}/${{{{ inputs.campaign }}}}/start -H 'Authorization: Bearer x'",
        f'snprintf(body, 512, "{body}", phone, queue);\ncurl_easy_setopt(curl, CURLOPT_URL, "{URL}");\ncurl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);\ncurl_slist_append(h, "Content-Type: application/json");',
        f'req, _ := http.NewRequest("POST", fmt.Sprintf("{start}/%s/start", id), nil)',
    )
    for text in texts:
        assert problems(text) == [], text
        assert len(list(read_exchanges(text, "text"))) == 1, text


def test_variable_in_a_request_that_was_sent_was_not_filled_in() -> None:
    text = f'POST {URL} HTTP/1.1\nContent-Type: application/json\n\n{{"callbackNumbers":["+12025550123"],"queueId":"${{var.queue}}"}}'
    assert problems(text) == [("placeholder", "/queueId")]


def test_empty_body_of_okhttp_needs_no_type() -> None:
    for body in ('RequestBody.create("", null)', "RequestBody.create(null, new byte[0])"):
        text = f'new Request.Builder().url("https://api.mypurecloud.ie/api/v2/outbound/campaigns/{QUEUE}/start").post({body}).addHeader("Authorization", "Bearer x").build();'
        assert problems(text) == [], text


@pytest.mark.slow
def test_response_printed_behind_the_name_of_a_method_is_no_body() -> None:
    printed = "{{ status: 429,\n headers:\n {{ 'retry-after': '17' }},\n body:\n {{ message: 'Rate limit exceeded', code: 'too.many.requests', status: 429 }},\n error: {} }}"
    for start in ("postConversationsCallbacks failed", "callback failed", ""):
        for error in ("null", "[Error: Too Many Requests]"):
            text = f"{start} {printed.format(error)}"
            (found,) = explain(text)
            assert [each.code for each in found.findings] == ["rate-limited"], text
            assert found.findings[0].why.startswith("the API says: Rate limit exceeded"), text


def test_accept_header_of_a_collection_is_not_missing() -> None:
    url = "https://api-na1.niceincontact.com/inContactAPI/services/v31.0/agents/1001/state"
    mime = 'new MediaTypeWithQualityHeaderValue("application/json")'
    text = (
        'http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);\n'
        f'http.DefaultRequestHeaders.Accept.Add({mime});\nvar r = await http.GetAsync("{url}");'
    )
    assert ("header-missing", "header:Accept") not in problems(text)
    without = text.replace("Accept.Add", "UserAgent.Add")
    assert ("header-missing", "header:Accept") in problems(without)


def test_relative_path_of_restsharp_is_read() -> None:
    path = "inContactAPI/services/v33.0/scripts/start"
    texts = {
        f'var c = new RestClient(_base);\nvar r = new RestRequest("{path}", Method.Post);': (
            "",
            f"/{path}",
        ),
        f'var c = new RestClient("https://api.mypurecloud.ie");\nvar r = new RestRequest("{PATH[1:]}", Method.Post);': (
            "api.mypurecloud.ie",
            PATH,
        ),
    }
    for text, expected in texts.items():
        assert [(each.host, each.path) for each in read_exchanges(text, "text")] == [expected], text


def test_event_id_of_a_dotnet_log_is_neither_a_status_nor_a_body() -> None:
    path = f"/api/v2/outbound/contactlists/{QUEUE}/contacts"
    text = f"""info: System.Net.Http.HttpClient.Genesys.LogicalHandler[100]
      Start processing HTTP request POST https://api.mypurecloud.com{path}
info: System.Net.Http.HttpClient.Genesys.ClientHandler[101]
      Received HTTP response headers after 120.3ms - 404
"""
    (found,) = explain(text)
    assert (found.request.status, found.request.body) == (404, None)


def test_conflict_of_an_action_is_not_told_as_a_stale_version() -> None:
    url = f"https://api.mypurecloud.com/api/v2/conversations/calls/{QUEUE}"
    error = '{"status":409,"code":"conflict","message":"The call has another state"}'
    (found,) = explain(f"PATCH {url}\n\nHTTP/1.1 409 Conflict\n\n{error}\n")
    assert not any("stale version" in each.message for each in found.findings)


SENT = f'requests.post("{URL}", json={{"queueId": "{QUEUE}", "callbackNumbers": ["+12025550123"]}})'


@pytest.mark.parametrize(
    "beside",
    [
        '"""Call.\n\n    :raises ApiException: if the request is not valid\n"""',
        '"""Call.\n\nRaises:\nvendor.rest.ApiException: if the call is not valid\n"""',
        "/**\n * throws com.mypurecloud.sdk.v2.ApiException: when the API refuses it\n */",
        "# ApiException: see the docs for codes",
        "// Caused by: com.mypurecloud.sdk.v2.ApiException: the API refused it",
        'raise RuntimeError("com.mypurecloud.sdk.v2.ApiException: the API refused it")',
    ],
)
def test_exception_in_a_comment_or_a_string_is_no_response(beside: str) -> None:
    (found,) = explain(f"{beside}\n{SENT}")
    assert found.request.response is None


@pytest.mark.parametrize(
    "before",
    [
        "Caused by: ",
        "Caused by: org.example.ClientException: x; nested exception is com.mypurecloud.sdk.v2.",
        "Exception in thread main com.mypurecloud.sdk.v2.",
        'Exception in thread "main" com.mypurecloud.sdk.v2.',
        "2026-11-20 08:11:02,331 ERROR [main] calls - com.mypurecloud.sdk.v2.",
        "I got this error: com.mypurecloud.sdk.v2.",
        "",
    ],
)
def test_exception_in_a_log_or_beside_no_code_is_the_response(before: str) -> None:
    for code in ("", "api.postConversationsCallbacks(body);\n") if before[:1] in "CE" else ("",):
        (found,) = explain(f"{code}POST {URL} -> 400\n{before}ApiException: the queue is closed")
        assert "the API says: the queue is closed" in [each.message for each in found.findings]


def test_call_of_ruby_without_brackets_joins_no_url_to_a_body() -> None:
    url, members = URL.replace("/api/", '" + "/api/'), '{queueId: "x"}.to_json'
    headers = '{"Content-Type" => "application/json"}'
    assert not problems(f'RestClient.post "{url}", {members}, {headers}')
