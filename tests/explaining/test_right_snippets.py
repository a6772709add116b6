"""Right requests in code, as people write them in many languages, are not reported as wrong."""

from __future__ import annotations

import json

import pytest

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.cases import each_case
from helpers.pasted_texts import QUEUE, URL

ONE, TWO = "+13172222222", "+442079460123"
WHOLE = {"queueId": QUEUE, "callbackNumbers": [ONE, TWO]}
PYTHON = f'requests.post("{URL}", json=body, headers=h)'
JAVASCRIPT = f'await fetch("{URL}", {{ method: "POST", body: JSON.stringify(body), headers }});'
RUBY = f'HTTParty.post("{URL}", body: body.to_json, headers: {{ "Content-Type" => "application/json" }})'
KOTLIN = f'client.post("{URL}") {{ setBody(body); contentType(ContentType.Application.Json) }}'
PHP = f"$r = $http->post('{URL}', ['json' => $body, 'headers' => ['Authorization' => $auth]]);"
POWERSHELL = f'Invoke-RestMethod -Uri "{URL}" -Method Post -Body ($body | ConvertTo-Json) -ContentType application/json -Headers $h'
GO = f"""b, err := json.Marshal(body)
req, err := http.NewRequest(http.MethodPost, "{URL}", bytes.NewReader(b))
req.Header.Set("Content-Type", "application/json")"""
HTTP_POST = f'HttpPost post = new HttpPost("{URL}");\npost.setEntity(new StringEntity(body.toString(), ContentType.APPLICATION_JSON));'


def filled(code: str) -> str:
    """Return code with the queue and the numbers of a callback in place of Q, A, and B."""
    return code.replace("'Q'", f"'{QUEUE}'").replace('"Q"', f'"{QUEUE}"').replace("+A", ONE).replace("+B", TWO)  # fmt: skip


@each_case(
    "code",
    [
        f'body = {{"queueId": "Q"}}\nbody |= {{"callbackNumbers": ["+A", "+B"]}}\n{PYTHON}',
        f'var body = JObject.FromObject(new {{ queueId = "Q" }});\nbody["callbackNumbers"] = new JArray {{ "+A", "+B" }};\nvar m = new HttpRequestMessage {{ Method = HttpMethod.Post, RequestUri = new Uri("{URL}"), Content = new StringContent(body.ToString(), Encoding.UTF8, "application/json") }};',
        f'let mut body = json!({{}});\nbody["queueId"] = json!("Q");\nbody["callbackNumbers"] = json!(["+A", "+B"]);\nclient.post("{URL}").json(&body).send()?;',
        f'const body = {{ ["queue" + "Id"]: "Q", ["callbackNumbers"]: ["+A", "+B"] }};\n{JAVASCRIPT}',
        f'"{URL}".httpPost().jsonBody("""{{"queueId": "Q", "callbackNumbers": ["+A", "+B"]}}""").response()',
        f'requests.post("{URL}", headers = Map("Content-Type" -> "application/json"), data = ujson.Obj("queueId" -> "Q", "callbackNumbers" -> ujson.Arr("+A", "+B")))',
    ],
quick=2)  # fmt: skip
def test_body_is_read_as_the_language_means_it(code: str) -> None:
    [request] = read_exchanges(filled(code), "text")
    assert json.loads(request.body or "null") == WHOLE
    assert not errors_of(code)


@each_case(
    "code",
    [
        f'val body = mapOf("queueId" to "Q") + ("callbackNumbers" to listOf("+A"))\n{KOTLIN}',
        f'val body = mutableMapOf<String, Any>("queueId" to "Q")\nbody += "callbackNumbers" to listOf("+A")\n{KOTLIN}',
        f'JSONObject body = new JSONObject(Map.of("queueId", "Q"));\nbody.append("callbackNumbers", "+A");\nbody.append("callbackNumbers", "+B");\n{HTTP_POST}',
        f'queue, *numbers = "Q", "+A", "+B"\nbody = {{"queueId": queue, "callbackNumbers": numbers}}\n{PYTHON}',
        f'(h, body) = (\n    {{"Content-Type": "application/json"}},\n    {{"queueId": "Q", "callbackNumbers": ["+A", "+B"]}},\n)\n{PYTHON}',
        f'func main() {{\n\tvar q string\n\tvar n []string\n\tq, n = "Q", []string{{"+A", "+B"}}\n\tbody := map[string]any{{"queueId": q, "callbackNumbers": n}}\n\t{GO}\n}}',
        f"$body = [pscustomobject]@{{ queueId = 'Q' }}\n$body | Add-Member -NotePropertyName callbackNumbers -NotePropertyValue @('+A')\n{POWERSHELL}",
        f"$body = @{{ queueId = if ($q) {{ $q }} else {{ 'Q' }}; callbackNumbers = @(if ($b) {{ $a, $b }} else {{ $a }}) }}\n{POWERSHELL}",
        f"$body = ['queueId' => 'Q', 'callbackNumbers' => []];\narray_push($body['callbackNumbers'], '+A');\n{PHP}",
        f'body = {{"queueId" if not routed else "routingData": q, "callbackNumbers": ["+A"]}}\n{PYTHON}',
        f'const body = {{ queueId: "Q" }};\nObject.assign(body, {{ callbackNumbers: ["+A"] }});\n{JAVASCRIPT}',
        f'const body = {{ queueId: "Q", callbackNumbers: [] }};\nleads.forEach(each => body.callbackNumbers.push(each.phone));\n{JAVASCRIPT}',
        f'const build = ({{ number }}) => ({{ queueId: "Q", callbackNumbers: [number] }});\nconst body = build({{ number: "+A" }});\n{JAVASCRIPT}',
        f'body = {{ queueId: "Q" }}.tap {{ |each| each[:callbackNumbers] = ["+A"] }}\n{RUBY}',
        f'type Callback struct {{\n\tQueueID string `json:"queueId"`\n\tNumbers []string `json:"callbackNumbers"`\n\tNote string `json:"-"`\n}}\nbody := Callback{{"Q", []string{{"+A"}}, "x"}}\n{GO}',
        f'var first = new {{ queueId = "Q", callbackNumbers = Array.Empty<string>() }};\nvar body = first with {{ callbackNumbers = new[] {{ "+A" }} }};\nawait http.PostAsJsonAsync("{URL}", body);',
        f"my %body = (queueId => 'Q');\npush @{{ $body{{callbackNumbers}} }}, '+A';\n$ua->request(HTTP::Request->new(POST => '{URL}', ['Content-Type' => 'application/json'], encode_json(\\%body)));",
        f'local body = {{ queueId = "Q", callbackNumbers = {{}} }}\ntable.insert(body.callbackNumbers, "+A")\nhttp.request {{ url = "{URL}", method = "POST", source = ltn12.source.string(json.encode(body)) }}',
        f'body = %{{queueId: "Q"}} |> Map.put(:callbackNumbers, ["+A"])\nHTTPoison.post("{URL}", Jason.encode!(body), [{{"Content-Type", "application/json"}}])',
        f'class Callback(BaseModel):\n    user: str = Field(default="Ada", serialization_alias="callbackUserName")\n\nhttpx.post("{URL}", content=Callback().model_dump_json(by_alias=True), headers=h)',
        f'nlohmann::json body;\nbody["queueId"] = "Q";\nbody["callbackNumbers"] = nlohmann::json::array({{"+A"}});\ncpr::Post(cpr::Url{{"{URL}"}}, cpr::Body{{body.dump()}}, cpr::Header{{{{"Content-Type", "application/json"}}}}, cpr::Bearer{{token}});',
        f"$body = ['queueId' => 'Q', 'callbackNumbers' => ['+A']];\n$http->post('{URL}', ['body' => json_encode($body), 'headers' => ['Content-Type' => 'application/json', 'Authorization' => $auth]]);",
    ],
quick=2)  # fmt: skip
def test_body_that_code_computes_is_not_reported(code: str) -> None:
    assert not errors_of(code)


def test_property_that_no_line_names_is_missing() -> None:
    code = f'const body = {{ queueId: "Q" }};\n{JAVASCRIPT}'
    assert errors_of(code) == [("property-missing", "/callbackNumbers")]
    code = f'const body = {{ queueId: "Q", callbackNumbers: [] }};\n{JAVASCRIPT}'
    assert errors_of(code) == [("value-not-allowed", "/callbackNumbers")]


@each_case(
    "code, value",
    [
        ("const first = 'Bob', name = 'Ada'", "Ada"),
        ("var first = 'Bob',\n    name = 'Ada'", "Ada"),
        ("first = name = 'Ada'", "Ada"),
        ("const [first, name] = ['Bob', 'Ada']", "{name}"),
        ("first, name = name, first", "{...}"),
        ("first, name = encode()", "{...}"),
        ("name = 'A'\nname .= 'da'", "Ada"),
        ("name = 'Ada'\nname ||= 'Bob'", "{...}"),
        ("name = 'Ada'\nname -= 1", "{...}"),
    ],
    quick=2,
)
def test_several_names_get_their_own_values(code: str, value: str) -> None:
    [request] = read_exchanges(f"{code}\naxios.post('{URL}', {{ callbackUserName: name }})", "text")
    assert json.loads(request.body or "null") == {"callbackUserName": value}


def errors_of(code: str) -> list[tuple[str, str]]:
    """Return (code, place) of each error in the requests of code."""
    found = [each for request in explain(filled(code)) for each in request.findings]
    return [(each.code, each.where) for each in found if each.severity.value == "error"]


@each_case(
    "text",
    [
        f"import os\nos.system(\"curl -X POST -H 'Content-Type: application/json' -d 'BODY' {URL}\")\nprint('done')",
        f'ssh host \'curl -X POST -H "Content-Type: application/json" -d "BODY" {URL}\'\necho done',
        f'CMD ["sh", "-c", "curl -fsS -X POST -H \\"Content-Type: application/json\\" -d \'BODY\' {URL}"]',
        f'sh -c "curl -X POST \\\n  -H \\"Content-Type: application/json\\" \\\n  -d \'BODY\' {URL}"\necho done',
        f"alias call=\"curl --json 'BODY' {URL}\"",
        f"see 'curl --json \"BODY\" {URL}', which works",
        f'Running `curl {URL} --json "BODY"`: it isn\'t accepted',
        f'I ran (curl --json "BODY" {URL}), which failed.',
        f'(cd /tmp && curl --json "BODY" {URL}) 400',
        f'fetch it: `curl --json "BODY" \\\n {URL}`.',
        f'curl --json "BODY" {URL}',
    ],
    quick=2,
)
def test_command_in_a_string_ends_with_the_string(text: str) -> None:
    body = json.dumps(WHOLE).replace('"', '\\"')
    [request] = read_exchanges(text.replace("BODY", body), "text")
    assert URL.endswith(f"{request.host}{request.path}")
    assert json.loads(request.body or "null") == WHOLE


def test_expression_in_the_string_of_a_command_is_a_variable() -> None:
    body = '${jsonencode({ queueId = "x", callbackNumbers = ["y"] })}'
    text = f"""command = "curl -d '{body}' -H 'Content-Type: application/json' {URL}"\n  }}\n}}\n"""
    [request] = read_exchanges(text, "text")
    assert (URL.endswith(request.path), request.body) == (True, None)
    assert not errors_of(text)


@pytest.mark.parametrize(
    "array", ["new[] {{ {} }}", "new List<KeyValuePair<string, string>> {{ {} }}"]
)
def test_pairs_of_dotnet_are_a_form(array: str) -> None:
    pair = 'new KeyValuePair<string, string>("grant_type", "client_credentials")'
    url = "https://login.mypurecloud.ie/oauth/token"
    code = f'var m = new HttpRequestMessage(HttpMethod.Post, "{url}");\nm.Content = new FormUrlEncodedContent({array.format(pair)});'
    [request] = read_exchanges(code, "text")
    assert request.body == "grant_type=client_credentials"
