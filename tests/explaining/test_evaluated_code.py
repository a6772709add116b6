"""Bodies that code builds are read, and unknown parts stay unknown."""

from __future__ import annotations

import json

import pytest

from cxcall.explaining.explanation import explain_request
from cxcall.explaining.readers.format_detection import read_exchanges
from cxcall.findings.errors import UsageError
from helpers.cases import each_case
from helpers.pasted_texts import URL

BODY = {"callbackNumbers": ["+493012345678"], "queueId": "x"}
BUILDERS = [
    'JsonArray a = new JsonArray();\na.add("+493012345678");\nJsonObject body = new JsonObject();\nbody.add("callbackNumbers", a);\nbody.addProperty("queueId", "x");',
    'body = Json.obj("callbackNumbers" -> Json.arr("+493012345678"), "queueId" -> "x")',
    'body = new JObject(new JProperty("callbackNumbers", new JArray("+493012345678")), new JProperty("queueId", "x"));',
    "body = Object.assign({queueId: 'x'}, {callbackNumbers: ['+493012345678']})",
    "body = {'queueId': 'x'} | {'callbackNumbers': ['+493012345678']}",
    'payload = (callbackNumbers = ["+493012345678"], queueId = "x")',
    'Dim body\nbody = "{""callbackNumbers"":[""+493012345678""]," & _\n  """queueId"":""x""}"',
    'payload := map[string]any{"callbackNumbers": []string{"+493012345678"}, "queueId": "x"}',
]
UNKNOWN_VALUES = [
    "to_list('+493012345678')",
    "'+493012345678,+493012345679'.split(',')",
    "[phone] if phone else '+493012345678'",
    "numbers or '+493012345678'",
    "2 * limit",
]


def test_builders_and_literals_are_evaluated() -> None:
    for code in BUILDERS:
        (request,) = read_exchanges(f'{code}\nclient.post("{URL}", body=body, json=True)\n', "text")
        assert json.loads(request.body or "null") == BODY, code
        assert request.method == "POST", code


def test_value_of_an_expression_that_is_not_evaluated_is_unknown() -> None:
    for value in UNKNOWN_VALUES:
        code = f"body = {{'callbackNumbers': {value}, 'queueId': queue}}"
        (request,) = read_exchanges(f"{code}\nrequests.post('{URL}', json=body)\n", "text")
        assert {"/callbackNumbers", "/queueId"} <= request.unknown.keys(), value
        errors = [
            each.code for each in explain_request(request).findings if each.severity == "error"
        ]
        assert errors in ([], ["credential"]), value


def test_description_of_a_request_is_no_body() -> None:
    for code in (
        f"pm.sendRequest({{url: '{URL}', method: 'POST', header: [], body: {{mode: 'raw', raw: JSON.stringify({{queueId: 'x'}})}}}})",
        f"return [{{json: {{method: 'POST', url: '{URL}', body: {{queueId: 'x'}}}}}}]",
        f'data "http" "a" {{\n  url = "{URL}"\n  method = "POST"\n  request_body = jsonencode({{ queueId = "x" }})\n}}',
    ):
        (request,) = read_exchanges(code, "text")
        assert json.loads(request.body or "null") == {"queueId": "x"}, code


def test_settings_of_a_program_are_no_request_body() -> None:
    for value in (
        {"name": "dialer", "version": "4.0.0", "scripts": {}, "dependencies": {}},
        {"version": "0.2.0", "configurations": [{"type": "node"}]},
        {"clientId": "x", "clientSecret": "y", "region": "z", "queueId": "q"},
    ):
        with pytest.raises(UsageError):
            list(read_exchanges(json.dumps(value), "text"))


def test_body_that_is_neither_json_nor_a_form_is_unknown() -> None:
    for body in ("open('callback.json')", "readFileSync('body.json')", "writer.toString('x y')"):
        (request,) = read_exchanges(f"requests.post('{URL}', data={body})\n", "text")
        assert request.body is None, body
        assert "" in request.unknown, body


def test_url_method_and_json_are_read_in_code_that_is_not_evaluated() -> None:
    for code, body in (
        (
            f'NSURL *url = [NSURL URLWithString:@"{URL}"];\n[r setHTTPMethod:@"POST"];\n[r setHTTPBody:[@"{{\\"queueId\\": \\"x\\"}}" dataUsingEncoding:4]];',
            '{"queueId": "x"}',
        ),
        (
            f"cl_http_client=>create_by_url( EXPORTING url = '{URL}' IMPORTING client = lo_client ).\nlo_client->request->set_method( 'POST' ).",
            None,
        ),
        (f'(client/post "{URL}" {{:form-params {{:queueId "x"}} :content-type :json}})', None),
        (
            f"req := utl_http.begin_request('{URL}', 'POST');\nbody := json_object('queueId' value 'x');",
            None,
        ),
    ):
        (request,) = read_exchanges(code, "text")
        assert (request.method, request.body, request.headers) == ("POST", body, None), code
        assert URL.endswith(f"{request.host}{request.path}"), code
        assert body or "" in request.unknown, code


def test_status_of_an_error_is_found_anywhere_but_in_an_assumption() -> None:
    code = f"client.post('{URL}', json={{'queueId': 'x'}})"
    for line, status in (
        ("ORA-29268: HTTP client error 400 - Bad Request", 400),
        ("Message: HTTP POST failed: bad request (400).", 400),
        ("curl: (22) The requested URL returned error: 403", 403),
        ("assert r.status_code == 400", 0),
        ("if error 400 - Bad Request", 0),
    ):
        (request,) = read_exchanges(f"{code}\n{line}\n", "text")
        assert (request.response.status if request.response else 0) == status, line


def test_request_in_records_and_in_calls_with_a_host_is_read() -> None:
    record = {"http": {"method": "POST", "url": URL, "request": {"body": "{}"}}}
    host, _, path = URL.partition("://")[2].partition("/")
    for text in (
        json.dumps({"result": {"_raw": json.dumps(record), "host": "node-1"}}),
        json.dumps({"ApiEndpoint": URL, "Method": "POST", "Headers": {}, "RequestBody": {}}),
        f"http.post(Uri.https('{host}', '/{path}'), body: jsonEncode({{'queueId': 'x'}}));",
    ):
        (request,) = read_exchanges(text, "text")
        assert (request.method, request.host, request.path) == ("POST", host, f"/{path}"), text


@pytest.mark.slow
@each_case(
    "statement",
    [
        "a = a + a",
        "a += a",
        "a = [a, a]",
        "a = {**a, 'b': a}",
        "a = '%s%s' % (a, a)",
        "a = f'{a}{a}'",
        "a = `${a}${a}`",
    ],
    quick=2,
)
def test_value_that_doubles_becomes_unknown_before_it_is_large(statement: str) -> None:
    lines = "\n".join([statement] * 60)  # 2 to the power of 60 times the first value
    (request,) = read_exchanges(
        f"a = 'ab'\n{lines}\nclient.post('{URL}', json={{'queueId': a}})", "text"
    )
    assert (request.method, len(request.body or "") < 1_000_000) == ("POST", True)


@each_case(
    "change",
    ["a['b'] = a", "a.b = a", "a.put('b', a)", "a.update({'b': [a]})", "c.push(a)\na['b'] = c"],
    quick=2,
)
def test_map_that_is_put_into_itself_is_read_without_it(change: str) -> None:
    code = f"a = {{'queueId': 'x'}}\nc = []\n{change}\nclient.post('{URL}', json=a)"
    (request,) = read_exchanges(code, "text")
    assert '"queueId": "x"' in (request.body or "")


@pytest.mark.slow
@each_case("unit", ['x="', "a(", "x=[", "!", "a ? "])
def test_statement_of_any_depth_leaves_the_others_to_be_read(unit: str) -> None:
    request, *_ = read_exchanges(f"client.post('{URL}', json={{}});\n{unit * 1200}", "text")
    assert request.method == "POST"


@each_case(
    "written, numbers",
    [
        ('"+13172222222", "+442079460123"', ["+13172222222", "+442079460123"]),
        ("$both", ["+13172222222", "+442079460123"]),
        (',"+13172222222"', ["+13172222222"]),
        ('\n"+13172222222",\n"+442079460123"\n', ["+13172222222", "+442079460123"]),
    ],
    quick=2,
)
def test_comma_makes_an_array_in_powershell(written: str, numbers: list[str]) -> None:
    text = f"""$both = "+13172222222", "+442079460123"
$body = @{{ callbackNumbers = {written}; callbackUserName = "Ada" }} | ConvertTo-Json
Invoke-RestMethod -Uri https://api.mypurecloud.ie/api/v2/conversations/callbacks -Method POST -Body $body
"""
    [request] = read_exchanges(text, "text")
    assert json.loads(request.body or "") == {
        "callbackNumbers": numbers,
        "callbackUserName": "Ada",
    }


def test_variable_of_a_callback_is_not_in_the_body() -> None:
    for block in ("const chunks = []; done();", "let data = {}\n  process.exit()\n"):
        code = f"axios.post('{URL}', {{queueId: 'x'}}, headers, res => {{ {block} }})"
        (request,) = read_exchanges(code, "text")
        assert json.loads(request.body or "null") == {"queueId": "x"}, code
        code = f"https.request({{hostname: 'api.mypurecloud.ie', path: '/api/v2/conversations/calls', method: 'POST'}}, res => {{ {block} }})"
        (request,) = read_exchanges(code, "text")
        assert "chunks" not in (request.body or "")
        assert "data" not in (request.body or "")


def test_function_with_empty_brackets_does_not_stop_the_reader() -> None:
    for code in (
        f"axios.post('{URL}', {{queueId: 'x'}}).then(res => {{ done(); }})",
        f"$.ajax({{url: '{URL}', method: 'POST', data: JSON.stringify({{queueId: 'x'}}), success: data => {{}}}})",
        f"tasks = ids.Select(id => Send());\nrequests.post('{URL}', json={{'queueId': 'x'}})",
    ):
        (request,) = read_exchanges(code, "text")
        assert json.loads(request.body or "null") == {"queueId": "x"}, code
