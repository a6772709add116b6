"""What is read of the bodies that code puts together, and what stays unknown."""

from __future__ import annotations

import json

from cxcall.explaining.explanation import explain_request
from cxcall.explaining.readers.detect import read
from helpers.pasted_texts import URL

BODY = {"callbackNumbers": ["+493012345678"], "queueId": "x"}
BUILDERS = [
    'setBody(buildJsonObject { putJsonArray("callbackNumbers") { add("+493012345678") }; put("queueId", "x") })',
    'val o = JSONObject().apply {\n put("callbackNumbers", JSONArray().apply { put("+493012345678") })\n put("queueId", "x")\n}\nval body = o',
    'node = mapper.createObjectNode();\nnode.putArray("callbackNumbers").add("+493012345678");\nnode.put("queueId", "x");\nbody = node;',
    'JsonArray a = new JsonArray();\na.add("+493012345678");\nJsonObject body = new JsonObject();\nbody.add("callbackNumbers", a);\nbody.addProperty("queueId", "x");',
    'body = Json.obj("callbackNumbers" -> Json.arr("+493012345678"), "queueId" -> "x")',
    'body = new JObject(new JProperty("callbackNumbers", new JArray("+493012345678")), new JProperty("queueId", "x"));',
    'body["callbackNumbers"].push_back("+493012345678");\nbody["queueId"] = "x";',
    "body = Object.assign({queueId: 'x'}, {callbackNumbers: ['+493012345678']})",
    "body = {'queueId': 'x'} | {'callbackNumbers': ['+493012345678']}",
    "body := json_object('callbackNumbers' value json_array('+493012345678'), 'queueId' value 'x');",
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
        (request,) = read(f'{code}\nclient.post("{URL}", body=body, json=True)\n', "text")
        assert json.loads(request.body or "null") == BODY, code
        assert request.method == "POST", code


def test_value_of_an_expression_that_is_not_evaluated_is_unknown() -> None:
    for value in UNKNOWN_VALUES:
        code = f"body = {{'callbackNumbers': {value}, 'queueId': queue}}"
        (request,) = read(f"{code}\nrequests.post('{URL}', json=body)\n", "text")
        assert {"/callbackNumbers", "/queueId"} <= request.unknown.keys(), value
        errors = [each.code for each in explain_request(request).findings if each.severity == "error"]  # fmt: skip
        assert errors in ([], ["credential"]), value


def test_body_that_is_neither_json_nor_a_form_is_unknown() -> None:
    for body in ("open('callback.json')", "readFileSync('body.json')", "writer.toString('x y')"):
        (request,) = read(f"requests.post('{URL}', data={body})\n", "text")
        assert request.body is None, body
        assert "" in request.unknown, body


def test_next_argument_is_no_part_of_a_value() -> None:
    code = f"cl_http_client=>create_by_url( EXPORTING url = '{URL}' IMPORTING client = lo_client )."
    (request,) = read(f"{code}\nlo_client->request->set_method( 'POST' ).", "text")
    assert URL.endswith(f"{request.host}{request.path}")
