"""What is no body of a request in code: parts of one, options, and values before and after the request."""

from __future__ import annotations

import json

import pytest

from cxcall import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.explained_errors import problems
from helpers.pasted_texts import PATH, QUEUE, URL

TOKEN_URL = "https://login.mypurecloud.ie/oauth/token"
CONTACTS = f"https://api.mypurecloud.ie/api/v2/outbound/contactlists/{QUEUE}/contacts"
ITEM = '{"contactListId": id, "data": {"Phone": p}}'
GO = f'b, err := json.Marshal(%s)\nreq, _ := http.NewRequest("POST", "{CONTACTS}", bytes.NewReader(b))\nreq.Header.Set("Content-Type", "application/json")'
GO_MAP = 'map[string]any{"contactListId": id, "data": map[string]string{}}'

PARTICIPANT = "/api/v2/conversations/calls/1/participants/2"
REFUSAL = '{"message": "Invalid request body.", "errors": [{"message": "Invalid attribute key."}]}'
MODEL = "Update(attributes={'a': 'b'})"
WRITTEN = 'Update(attributes={"a": "b"})'
BELOW_NAME = {"attributes": {"a": "b"}}


@pytest.mark.slow
def test_list_that_code_builds_is_not_taken_for_one_of_its_items() -> None:
    texts = (
        f"axios.post('{CONTACTS}', rows.map(({{ id, p }}) => ({ITEM})));",
        f"fetch('{CONTACTS}', {{ method: 'POST', headers, body: JSON.stringify(rows.map(function (p) {{ return {ITEM}; }})) }});",
        f"requests.post('{CONTACTS}', json=[{ITEM} for p in phones])",
        f"rows = [{ITEM} for p in phones]\nrequests.post('{CONTACTS}', json=rows)",
        f"for p in phones:\n    data = {{'Phone': p}}\n    rows.append({{'contactListId': id, 'data': data}})\nrequests.post('{CONTACTS}', json=rows)",
        f"rows = []\nrows.append({ITEM})\nrequests.post('{CONTACTS}', data=json.dumps(rows[0:100]), headers=h)",
        f"rows = []\nrows.append({ITEM})\nfor part in chunks(rows, 100):\n    requests.post('{CONTACTS}', json=part)",
        f"Http::post('{CONTACTS}', array_map(fn($p) => ['contactListId' => $id, 'data' => ['Phone' => $p]], $phones));",
        f"$rows = [];\n$rows[] = ['contactListId' => $id, 'data' => ['Phone' => $p]];\nHttp::post('{CONTACTS}', $rows);",
        f"$b = ['queueId' => $q];\n$b['callbackNumbers'][] = $p;\nHttp::post('{URL}', $b);",
        f"$n = [];\narray_push($n, $p);\nHttp::post('{URL}', ['queueId' => $q, 'callbackNumbers' => $n]);",
        f"HTTParty.post('{CONTACTS}', body: rows.map {{ |p| {ITEM} }}.to_json, headers: h)",
        f"Req.post!('{CONTACTS}', json: for(p <- phones, do: %{{contactListId: id, data: %{{Phone: p}}}}))",
        f"let body: Vec<_> = rows.iter().map(|p| json!({ITEM})).collect();\nclient.post('{CONTACTS}').json(&body).send().await?;",
        f'$rows = $csv | % {{ @{{ contactListId = $id; data = @{{ Phone = $_.p }} }} }}\nInvoke-RestMethod -Method Post -Uri "{CONTACTS}" -Headers $h -ContentType "application/json" -Body (ConvertTo-Json $rows)',
        GO % f"[]any{{{GO_MAP}}}",
        GO.replace("b, err", f"rows := []map[string]any{{}}\nrows = append(rows, {GO_MAP})\nb, err")
        % "rows",
        GO.replace("b, err", "rows := []Contact{{ContactListID: id}}\nb, err") % "rows",
        f"axios.put('{CONTACTS}/a', {ITEM});",
    )
    for text in texts:
        assert not problems(text), text
    body = 'map[string]any{"callbackNumber": p, "queueId": q, "routingData": map[string]any{"skillIds": []string{}}}'
    places = [where for _, where in problems((GO % body).replace(CONTACTS, URL))]
    assert places == ["/callbackNumber", "/routingData/queueId"]


def test_options_of_the_call_that_sends_are_those_of_its_request() -> None:
    text = f"""$options = ['form_params' => ['grant_type' => 'client_credential']];
$request = new Request('POST', '{TOKEN_URL}', ['Authorization' => 'Basic YWJjOmRlZg==']);
$res = $client->sendAsync($request, $options)->wait();"""
    (found,) = read_exchanges(text, "snippet")
    assert found.body == "grant_type=client_credential"


def test_call_behind_retrieve_reads_the_response() -> None:
    uri = f'uri("{URL}/{{id}}", id).header("X-Mine", "x").retrieve()'
    for read in ("String.class", "new ParameterizedTypeReference<List<Queue>>() {}"):
        for method in ("get", "delete"):
            (found,) = read_exchanges(f"client.{method}().{uri}.body({read});", "text")
            assert (found.method, found.body, found.unknown) == (method.upper(), None, {}), read


def test_map_with_a_url_and_a_method_is_a_body_beside_another_request() -> None:
    hook = '{"name": "x", "url": "https://crm.example.org/hook", "method": "POST"}'
    action = '{"config": {"request": {"requestUrlTemplate": "https://x.example.org/", "requestType": "POST", "headers": {"A": "b"}}}}'
    texts = {
        f"POST {URL}\nContent-Type: application/json\n\n{hook}\n\nHTTP/1.1 400 Bad Request": 400,
        f"POST {URL}\nContent-Type: application/json\n\n{action}\n\nHTTP/1.1 400 Bad Request": 400,
        f"POST {URL} returns 422. Payload:\n\n{hook}": 422,
        f'requests.post("{URL}", json={hook})\n\n422': 422,
        f'fetch("{URL}", {{method: "POST", headers: {{Accept: "x"}}, body: JSON.stringify({hook})}})\n\n422': 422,
    }
    for text, status in texts.items():
        (found,) = read_exchanges(text, "text")
        assert (f"https://{found.host}{found.path}", found.status) == (URL, status), text
        assert (
            "requestUrlTemplate" in (found.body or "")
            or json.loads(found.body or "")["name"] == "x"
        )


def test_form_of_a_token_request_in_code_is_not_taken_for_json() -> None:
    grant = "{ grant_type: 'client_credentials' }"
    login = "{ auth: { username: id, password: secret } }"
    texts = (
        f"t = requests.post('{TOKEN_URL}', data={{'grant_type': 'client_credentials'}}, auth=(a, b)).json()",
        f"const r = await fetch('{TOKEN_URL}', {{ method: 'POST', headers: {{ Authorization: `Basic ${{b}}` }}, body: new URLSearchParams({grant}) }});\nawait r.json();",
        f"axios.post('{TOKEN_URL}', new URLSearchParams({grant}), {login});",
        f"axios.post('{TOKEN_URL}', qs.stringify({grant}), {login});",
        f"const p = new URLSearchParams();\np.append('grant_type', 'client_credentials');\naxios.post('{TOKEN_URL}', p, {login});",
        f"RestClient.post('{TOKEN_URL}', {grant}, {{ Authorization: \"Basic #{{b}}\" }})",
        f"Http::asForm()->withBasicAuth($a, $b)->post('{TOKEN_URL}', ['grant_type' => 'client_credentials'])->json();",
        f'resp, err := http.PostForm("{TOKEN_URL}", url.Values{{"grant_type": {{"client_credentials"}}}})',
    )
    for text in texts:
        assert not problems(text), text
    sent = f"""r = requests.post('{URL}', data='{{"callbackNumbers": ["+12025550123"], "queueId": "{QUEUE}"}}')\nprint(r.json())"""
    assert problems(sent) == [("header-missing", "header:Content-Type")]


@pytest.mark.slow
def test_values_after_a_request_belong_to_another_one() -> None:
    body = "{'callbackNumbers': [p], 'queueId': q}"
    sent = f"requests.post('{URL}', json={body}, headers=h)"
    fetched = f"const r = await fetch('{URL}', {{ method: 'POST', headers, body: JSON.stringify({body}) }});"
    token = f"r = requests.post('{TOKEN_URL}', data='grant_type=client_credentials', headers=b)"
    texts = (
        f"{token}\nbody = {body}\nrequests.post('{URL}', json=body, headers=h)",
        f'Invoke-RestMethod -Method Post -Uri "{TOKEN_URL}" -Headers $h -Body @{{ grant_type = "client_credentials" }}\n$body = @{{ queueId = $q; callbackNumbers = @($p) }} | ConvertTo-Json\nInvoke-RestMethod -Method Post -Uri "{URL}" -Headers $h -ContentType "application/json" -Body $body',
        f"{sent}\nbody = {{'text': 'done'}}\nlog('x', extra={{'data': body}})",
        f"{sent}\nout.writerow({{'phone': p, 'data': 1}})",
        f"{fetched}\nreturn {{ statusCode: 200, headers: {{}}, body: JSON.stringify({{ ok: true }}) }};",
        f"app.post('/call', async (req, res) => {{ {fetched} res.status(502).json({{ error: 'x' }}); }});",
        f"@app.post('/call')\nasync def call(row):\n    {sent}",
        f"uri = URI('{TOKEN_URL}')\nNet::HTTP.post(uri, URI.encode_www_form(grant_type: 'client_credentials'), {{ 'Authorization' => b }})",
        f"Net::HTTP.post_form(URI('{TOKEN_URL}'), grant_type: 'client_credentials', client_id: a, client_secret: b)",
        f"req = Net::HTTP::Post.new(URI('{TOKEN_URL}'))\nreq.basic_auth(a, b)\nreq.set_form_data('grant_type' => 'client_credentials')",
    )
    for text in texts:
        assert not problems(text), text
    put = f"c = requests.get('{CONTACTS}', headers=h).json()\nrequests.put('{CONTACTS}', json=c, headers=h)"
    assert [each.method for each in read_exchanges(put, "text")] == ["GET", "PUT"]


@pytest.mark.slow
def test_variables_and_positions_in_calls_are_read_as_their_language_means_them() -> None:
    json_text = '{"callbackNumbers":["$phone"],"queueId":"$queue"}'
    texts = (
        f'basicRequest.contentType("application/json").body(s"""{json_text}""").post(uri"{URL}").send(b)',
        f"httpRequest httpMode: 'POST', url: '{URL}', contentType: 'APPLICATION_JSON', requestBody: \"\"\"{json_text}\"\"\"",
        f"http.post(Uri.parse('{URL}'), headers: {{'Content-Type': 'application/json'}}, body: '{json_text}');",
        "api.postOutboundContactlistContacts(id, rows, { priority: true });",
        'api.deleteOutboundContactlistContacts(id, ["a", "b"]);',
        "body := sdk.Callback{CallbackNumbers: &[]string{p}, RoutingData: &sdk.Routingdata{QueueId: &q}}\napi.PostConversationsCallbacks(body)",
        "body := sdk.Contactlist{Name: &n, ColumnNames: &c, PhoneColumns: &[]sdk.Column{{ColumnName: &p, VarType: &t}}}\napi.PostOutboundContactlists(body)",
    )
    for text in texts:
        assert not problems(text), text
    quoted = f"curl_setopt($ch, CURLOPT_URL, '{URL}');\ncurl_setopt($ch, CURLOPT_HTTPHEADER, ['Content-Type: application/json']);\ncurl_setopt($ch, CURLOPT_POSTFIELDS, '{json_text}');\n$a = 1;"
    assert ("placeholder", "/callbackNumbers/0") in problems(quoted)


def test_type_of_a_body_is_the_one_that_the_library_sends() -> None:
    types = {
        f"curl_setopt_array($ch, [CURLOPT_URL => '{URL}', CURLOPT_POSTFIELDS => ['queueId' => $q]]);": "multipart/form-data",
        f"curl_setopt_array($ch, [CURLOPT_URL => '{URL}', CURLOPT_POSTFIELDS => '{{}}']);": "application/x-www-form-urlencoded",
        f"UrlFetchApp.fetch('{URL}', {{ method: 'post', payload: {{ queueId: q }} }});": "application/x-www-form-urlencoded",
        f"import http from 'k6/http';\nhttp.post('{URL}', {{ queueId: q }});": "application/x-www-form-urlencoded",
        f'var c = new HttpClient {{ BaseAddress = new Uri("https://api.mypurecloud.ie/") }};\nawait c.PostAsync("{PATH[1:]}", new StringContent(json));': "text/plain",
        f'POST("{URL}", body = list(queueId = q), encode = "form")': "application/x-www-form-urlencoded",
    }
    for text, expected in types.items():
        (request,) = read_exchanges(text, "text")
        assert request.content_type.startswith(expected), text
        assert request.path == PATH, text
    header = "CURLOPT_HTTPHEADER => ['Content-Type: application/json']"
    for body in ("['queueId' => $q]", "http_build_query(['queueId' => $q])"):
        text = f"curl_setopt_array($ch, [CURLOPT_URL => '{URL}', {header}, CURLOPT_POSTFIELDS => {body}]);"
        assert ("body-malformed", "body") in problems(text), text
    for twice in (
        f'var json = JsonSerializer.Serialize(new {{ queueId = q }});\nawait http.PostAsJsonAsync("{URL}", json);',
        f"fetch('{URL}', {{ method: 'POST', headers, body: JSON.stringify(JSON.stringify({{ queueId: q }})) }});",
    ):
        assert problems(twice) == [("body-malformed", "body")], twice
    token = f'await http.PostAsync("{TOKEN_URL}", new FormUrlEncodedContent(d));\nvar c = new StringContent(json, Encoding.UTF8, "application/json");\nawait http.PostAsync("{URL}", c);'
    assert not problems(token)


def test_status_that_code_only_handles_is_no_response() -> None:
    sent = f"r = requests.post('{URL}', json=b)"
    for line, status in (
        ("# 400 if a number is wrong", 0),
        ("# HTTP 400: bad number; HTTP 429: slow down", 0),
        ("raise ValueError('HTTP 400 Bad Request')", 0),
        ("default: throw new Error('HTTP 500 Internal Server Error');", 0),
        ("validateStatus: (status) => status < 500,", 0),
        ("if (e.response.status === 400) stop();", 0),
        (f"responses.add(responses.POST, '{URL}', status=401)", 0),
        ("# returns 400", 400),
        ("# I get 400 when I add a queue", 400),
        ("// => 415", 415),
    ):
        assert {each.status for each in read_exchanges(f"{sent}\n{line}", "text")} == {status}, line
    (request,) = read_exchanges(f"this.$axios.$post('{URL}', {{ queueId: q }})", "text")
    assert request.method == "POST"


MEMBERS = f'"queueId": "{QUEUE}", "callbackNumbers": "+442079460123"'
PUTS = f'body.put("queueId", "{QUEUE}");\n  body.put("callbackNumbers", "+442079460123");'


@pytest.mark.slow
@each_case(
    "code",
    [
        f'func call() error {{\n\tbody := map[string]any{{{MEMBERS}}}\n\tb, _ := json.Marshal(body)\n\treq, _ := http.NewRequest("POST", "{URL}", bytes.NewReader(b))\n\tresp, err := client.Do(req)\n\treturn err\n}}',
        f"function call($token) {{\n  $body = [{MEMBERS.replace(':', ' =>')}];\n  $ch = curl_init('{URL}');\n  curl_setopt($ch, CURLOPT_POSTFIELDS, json_encode($body));\n  curl_setopt($ch, CURLOPT_HTTPHEADER, ['Content-Type: application/json']);\n  return curl_exec($ch);\n}}",
        f"def call() {{\n  def body = [{MEMBERS}]\n  def res = httpRequest(url: '{URL}', httpMode: 'POST', contentType: 'APPLICATION_JSON', requestBody: JsonOutput.toJson(body))\n}}",
        f'void call() {{\n  nlohmann::json body = {{{{"queueId", "{QUEUE}"}}, {{"callbackNumbers", "+442079460123"}}}};\n  cpr::Response r = cpr::Post(cpr::Url{{"{URL}"}}, cpr::Body{{body.dump()}}, cpr::Header{{{{"Content-Type", "application/json"}}}});\n}}',
        f"public static void call() {{\n  Map<String, Object> body = new Map<String, Object>{{ {MEMBERS.replace(':', ' =>')} }};\n  HttpRequest req = new HttpRequest();\n  req.setEndpoint('{URL}');\n  req.setMethod('POST');\n  req.setHeader('Content-Type', 'application/json');\n  req.setBody(JSON.serialize(body));\n}}",
        *(
            f'void call() throws Exception {{\n  Map<String, Object> body = new HashMap<>();\n  {PUTS}\n  String json = {serializer}(body);\n  HttpRequest request = HttpRequest.newBuilder().uri(URI.create("{URL}")).header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(json)).build();\n}}'
            for serializer in ("new ObjectMapper().writeValueAsString", "new Gson().toJson")
        ),
        f'def call() = {{\n  val body = Map({MEMBERS.replace(":", " ->")})\n  requests.post("{URL}", data = ujson.write(body), headers = Map("Content-Type" -> "application/json"))\n}}',
    ],
)
def test_body_in_the_block_of_a_function_is_checked(code: str) -> None:
    assert problems(code) == [("type-mismatch", "/callbackNumbers")]


GO_TYPE = 'type Callback struct {\n\tNumbers %s `json:"%s"`\n\tQueue string `json:"queueId"`\n\tName string `json:"callbackUserName,omitempty"`\n}\n'
GO_CALL = f'req, _ := http.NewRequest("POST", "{URL}", %s)\nreq.Header.Set("Content-Type", "application/json")'
GO_BYTES = GO_CALL % "bytes.NewReader(b)"
RUST_TYPE = '#[derive(Serialize)]\n#[serde(rename_all = "camelCase")]\nstruct Callback { callback_numbers: Vec<String>, queue_id: String }\n'
RUST_CALL = f'client.post("{URL}").json(&c).send().await?;'
CSHARP_TYPE = 'class Cb {\n  [JsonPropertyName("%s")] public List<string> Numbers { get; set; }\n  [JsonPropertyName("queueId")] public string Queue { get; set; }\n}\n'
CSHARP_CALL = f'var cb = new Cb {{ Numbers = new() {{ "+12025550123" }}, Queue = q }};\nawait http.PostAsync("{URL}", new StringContent(JsonSerializer.Serialize(cb), Encoding.UTF8, "application/json"));'
KOTLIN_CALL = f'client.post("{URL}") {{\n    contentType(ContentType.Application.Json)\n    setBody(Callback(listOf("+12025550123"), q))\n}}'
KOTLIN_TYPE = (
    'data class Callback(@SerialName("%s") val numbers: List<String>, val queueId: String)\n'
)


def test_value_of_a_type_that_is_not_shown_is_no_body() -> None:
    value = 'Callback{QueueId: "q", CallbackNumbers: []string{"+12025550123"}}'
    texts = [
        f"POST {URL}\npayload := {value}\n400 Bad Request",
        f"POST {URL}\ntype Callback struct {{ QueueId string }}\n\n400 Bad Request",
        f"POST {URL}\nvar c = new Callback {{ QueueId = q }};\n400 Bad Request",
        f"POST {URL}\nlet c = Callback {{ queue_id: q }};\n400 Bad Request",
        f'POST {URL}\nbody := map[string]any{{"queue": "q", "callbackNumbers": []string{{"+12025550123"}}}}\n400 Bad Request',
        f"POST {URL} returns 400, my struct:\n{value}",
        f'payload := {value}\nclient.Post("{URL}", "application/json", bytes.NewBuffer(b))\n// 400',
        f'payload := {value}\nclient.R().SetBody(payload).Post("{URL}")\n// 400',
    ]
    for text in texts:
        findings = explain(text)[0].findings
        assert [each.code for each in findings if each.severity == "error"] == [], text
        assert "QueueId" not in repr(findings), text


@pytest.mark.slow
def test_types_and_urls_of_typed_languages_are_read() -> None:
    numbers = '[]string{"+12025550123"}'
    texts = {
        GO_TYPE % ("[]string", "callbackNumbers") + f"b, _ := json.Marshal(Callback{{\n\tNumbers: {numbers},\n\tQueue: q,\n}})\n{GO_BYTES}": [],
        GO_TYPE % ("[]string", "callbackNumbers") + f"b, _ := json.Marshal(Callback{{{numbers}, q, n}})\n{GO_BYTES}": [],
        GO_TYPE % ("[]string", "callback_numbers") + f"b, _ := json.Marshal(Callback{{Numbers: {numbers}, Queue: q}})\n{GO_BYTES}": ["/callback_numbers"],
        GO_TYPE % ("string", "callbackNumbers") + f'c := Callback{{Queue: q}}\nc.Numbers = "+12025550123"\nvar buf bytes.Buffer\njson.NewEncoder(&buf).Encode(c)\n{GO_CALL % "&buf"}': ["/callbackNumbers"],
        "type Callback struct {\n\tCallbackNumbers []string\n}\n" + f"b, _ := json.Marshal(Callback{{CallbackNumbers: {numbers}}})\n{GO_BYTES}": ["/CallbackNumbers", ""],
        'type Callback struct {\n\tBase\n\tTo *Party `json:"callbackUserName"`\n}\n' + f"b, _ := json.Marshal(Callback{{Base: Base{{Queue: q}}}})\n{GO_BYTES}": [],
        f'{RUST_TYPE.replace("camelCase", "snake_case")}let c = Callback {{ callback_numbers: vec![p], queue_id: q }};\n{RUST_CALL}': [],
        f"{RUST_TYPE}let c = Callback {{ queue_id: q, ..Default::default() }};\n{RUST_CALL}": [],
        CSHARP_TYPE % "callbackNumber" + CSHARP_CALL: [],
        KOTLIN_TYPE % "numbers" + KOTLIN_CALL: [],
    }  # fmt: skip
    for text, places in texts.items():
        assert [where for _, where in problems(text)] == places, text


def test_headers_that_the_call_does_not_get_are_missing() -> None:
    options = "{ headers: { Authorization: `Bearer ${token}` } }"
    body = "{ callbackNumbers: [n], queueId: q }"
    texts = {
        f"axios.post('{URL}', {options}, {body});": True,
        f"axios.post('{URL}', {{ callbackNumbers: [n], queueId: q, headers: {{ Authorization: `Bearer ${{token}}` }} }});": True,
        f"axios.post('{URL}', {body}, {options});": False,
        f"axios.get('{URL}', {options});": False,
        f"axios.get('{URL}', config);": False,
        f'rest.exchange("{URL}", HttpMethod.GET, new HttpEntity<>(headers), String.class);': False,
    }
    for text, is_missing in texts.items():
        found = problems(f"{text}\n// 401 Unauthorized")
        assert (found[0] == ("token-missing", "header:Authorization")) == is_missing, text


def test_credentials_of_any_form_that_a_call_gets_are_basic() -> None:
    request = f'Request.Builder().url("{URL}")'
    for text in (
        f"var r = new sn_ws.RESTMessageV2();\nr.setEndpoint('{URL}');\nr.setHttpMethod('POST');\nr.setBasicAuth(gs.getProperty('a'), gs.getProperty('b'));",
        f'var c = new RestClient(new RestClientOptions("{URL}") {{ Authenticator = new HttpBasicAuthenticator(id, secret) }});',
        f'{request}.header("Authorization", Credentials.basic(id, secret)).post(body).build()',
    ):
        found = problems(f"{text}\n// 401 Unauthorized")
        assert found[0] == ("token-grant", "header:Authorization"), text


@pytest.mark.parametrize(
    ("text", "body"),
    [
        (f"requests.patch('https://x.de{PARTICIPANT}', json={MODEL}.dict())", BELOW_NAME),
        (f'post(\'{URL}\') {{ setBody(Update(attributes = mapOf("a" to "b"))) }}', BELOW_NAME),
        (f"requests.patch('{URL}', json=Update(own_attributes={{'a': 'b'}}).dict())", None),
        (f"PATCH {PARTICIPANT} returns 400.\n\nbody = {WRITTEN}", BELOW_NAME),
        (
            f"PATCH {PARTICIPANT} returns 400.\n\nx = Update(muted=True, attributes={{'a': 1}})",
            None,
        ),
        (f"PATCH {PARTICIPANT} 400\n\nbody = {WRITTEN}\n\nThe error is:\n{REFUSAL}", BELOW_NAME),
    ],
)
def test_argument_of_a_constructor_is_below_its_name(text: str, body: object) -> None:
    (request,) = read_exchanges(text, "text")
    assert json.loads(request.body or "null") == body


@each_case("name", "genesys run client.create this._send makeKey apiLogger".split())
def test_call_of_an_own_function_has_the_body_only_if_its_names_show_it(name: str) -> None:
    for written, is_sent in (
        ('{"queueId": "x"}', True),
        ('{"queue": "x"}', True),
        ('{"ttl": 60}', False),
        ('{"status": "ok"}', False),
    ):
        (request,) = read_exchanges(f'r = {name}("POST", "{URL}", {written})\n# 400', "text")
        assert (request.body is not None) == is_sent, written
