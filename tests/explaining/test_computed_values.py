"""A value that code computes is unknown, never taken from its arguments."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cxcall.explaining.explanation import explain
from cxcall.explaining.readers.format_detection import read_exchanges
from helpers.pasted_texts import URL

PYTHON = f"requests.post('{URL}', json={{'value': %s, 'other': 1}})"
JAVASCRIPT = f"axios.post('{URL}', {{ value: %s, other: 1 }})"
PHP = f"<?php\n$r = Http::post('{URL}', ['value' => %s, 'other' => 1]);"
RUBY = f"HTTParty.post('{URL}', body: {{ value: %s, other: 1 }}.to_json)"
KOTLIN = f'val body = JSONObject().put("value", %s).put("other", 1)\nclient.post("{URL}") {{ setBody(body.toString()) }}'
JAVA = f'var body = Map.of("value", %s, "other", 1);\nHttpRequest.newBuilder(URI.create("{URL}")).POST(BodyPublishers.ofString(mapper.writeValueAsString(body))).build();'
SWIFT = f'let body: [String: Any] = ["value": %s, "other": 1]\nAF.request("{URL}", method: .post, parameters: body)'
CSHARP = f'var body = new {{ value = %s, other = 1 }};\nawait http.PostAsJsonAsync("{URL}", body);'
POWERSHELL = f'$b = @{{ value = %s; other = 1 }} | ConvertTo-Json\nInvoke-RestMethod -Uri "{URL}" -Method Post -Body $b'
RUST = f'client.post("{URL}").json(&json!({{"value": %s, "other": 1}})).send()'
CONTACT = "@{ data = @{ Phone = '+353871234567' } }"
CONTACTS = "https://api.mypurecloud.ie/api/v2/outbound/contactlists/88d6cd5f-28cb-42a4-9725-ea39c06892a5/contacts"
UNKNOWN = object()


def check(cases: list[tuple[str, str, Any]]) -> None:
    """Check the value that is read for each expression in the code of a language."""
    for code, expression, expected in cases:
        (request,) = read_exchanges(code % expression, "text")
        body = json.loads(request.body or "null")
        assert set(body) == {"value", "other"}, expression
        is_unknown = any(place.startswith("/value") for place in request.unknown)
        assert (UNKNOWN if is_unknown else body["value"]) == expected, (expression, body)


def test_value_that_is_converted_to_a_number_is_unknown() -> None:
    check(
        [
            (PYTHON, "int('4021')", UNKNOWN),
            (PYTHON, "-int('5')", UNKNOWN),
            (JAVASCRIPT, "Number('4021')", UNKNOWN),
            (JAVASCRIPT, "+'4021'", UNKNOWN),
            (JAVASCRIPT, "!0", UNKNOWN),
            (JAVASCRIPT, "'4021' * 1", UNKNOWN),
            (JAVASCRIPT, "['a'].length", UNKNOWN),
            (PHP, "(int)'4021'", UNKNOWN),
            (RUBY, "Integer('4021')", UNKNOWN),
            (KOTLIN, '"4021".toInt()', UNKNOWN),
            (JAVA, 'Integer.parseInt("4021")', UNKNOWN),
            (SWIFT, 'Int("4021")!', UNKNOWN),
            (POWERSHELL, '[int]"4021"', UNKNOWN),
            (POWERSHELL, "[ordered]@{ a = 1 }", {"a": 1}),
            (RUST, '"4021".parse::<i32>().unwrap()', UNKNOWN),
        ]
    )


def test_value_that_is_converted_to_a_text_is_unknown() -> None:
    check(
        [
            (PYTHON, "str(2025550123)", UNKNOWN),
            (JAVASCRIPT, "String(2025550123)", UNKNOWN),
            (JAVASCRIPT, "(2025550123).toString()", UNKNOWN),
            (JAVASCRIPT, "['2025550123'].join('')", UNKNOWN),
            (POWERSHELL, "@{ a = @{ b = 1 } }", {"a": {"b": 1}}),
            (
                POWERSHELL,
                "@{ a = @{ b = @{ c = 1 } } }",
                {"a": {"b": "System.Collections.Hashtable"}},
            ),
            (POWERSHELL, "@(@{ b = 1 })", [{"b": 1}]),
            (POWERSHELL, "@(@{ b = @('x', 'y') })", [{"b": "x y"}]),
            (
                POWERSHELL.replace("Json", "Json -Depth 5", 1),
                "@{ a = @{ b = @{ c = 1 } } }",
                {"a": {"b": {"c": 1}}},
            ),
            (
                POWERSHELL.replace("Json", "Json -Depth 1 -Compress", 1),
                "@(@{ b = 1 })",
                ["System.Collections.Hashtable"],
            ),
            (JAVASCRIPT, "['2025550123'][0]", UNKNOWN),
            (PHP, "(string) 2025550123", UNKNOWN),
            (RUBY, "2025550123.to_s", UNKNOWN),
            (RUBY, "2.days.from_now", UNKNOWN),
            (KOTLIN, "2025550123.toString()", UNKNOWN),
            (JAVA, "Integer.toString(2025550123)", UNKNOWN),
            (CSHARP, "2025550123.ToString()", UNKNOWN),
            (RUST, '["2025550123"].concat()', UNKNOWN),
        ]
    )


def test_function_is_no_member_of_a_map() -> None:
    check(
        [
            (JAVASCRIPT, "xs.map(x => x.phone)", UNKNOWN),
            (JAVASCRIPT, "xs.map(x => { return x.phone })", UNKNOWN),
            (JAVASCRIPT, "xs.filter(x => 5).map(_ => 5)", UNKNOWN),
            (JAVASCRIPT, "Object.fromEntries(cs.map(c => [c.k, c.v]))", UNKNOWN),
            (CSHARP, "xs.Select(x => x.Phone).ToArray()", UNKNOWN),
            (KOTLIN, "xs.map { c -> c.phone }", UNKNOWN),
            (SWIFT, "xs.map { $0.phone }", UNKNOWN),
            (PHP, "['a' => ['a' => 1]]", {"a": {"a": 1}}),
            (PHP, "array(array('a' => 1))", [{"a": 1}]),
            (JAVASCRIPT, "Immutable.Map({a: 1})", {"a": 1}),
        ]
    )
    text = f"const body = Object.fromEntries(cs.map(c => [c.k, c.v]));\naxios.post('{URL}', body)"
    assert [each.body for each in read_exchanges(text, "text")] == [None]


def test_collection_of_a_collection_has_its_items() -> None:
    check(
        [
            (KOTLIN, 'JSONArray(listOf("a"))', ["a"]),
            (KOTLIN, 'listOf(listOf("a"))', [["a"]]),
            (JAVA, 'new JSONArray(Arrays.asList("a"))', ["a"]),
            (JAVA, "new ArrayList<>(5)", UNKNOWN),
            (PYTHON, 'tuple(["a"])', ["a"]),
            (PYTHON, 'list({"a"})', UNKNOWN),
            (PYTHON, '[*["a"]]', ["a"]),
            (PYTHON, "[] + numbers", UNKNOWN),
            (PYTHON, "{k: v for k, v in x.items()}", UNKNOWN),
            (JAVASCRIPT, "[].concat(phone)", UNKNOWN),
            (JAVASCRIPT, "[['a']].flat()", UNKNOWN),
            (RUBY, "[] << phone", UNKNOWN),
            (SWIFT, 'Array(repeating: "a", count: 2)', UNKNOWN),
        ]
    )


def test_item_that_code_adds_to_a_list_is_not_lost() -> None:
    for code in ("n = []\nn.extend(phones)", "n = []\nn += phones"):
        (request,) = read_exchanges(
            f"{code}\nrequests.post('{URL}', json={{'n': n, 'other': 1}})", "text"
        )
        assert list(request.unknown) == ["/n/0"], code


@pytest.mark.parametrize(
    ("written", "severity"),
    [
        (f"@({CONTACT}) | ConvertTo-Json -Depth 5", "error"),
        ("$contacts | ConvertTo-Json -Depth 5", "warning"),
        (f"$rows | ForEach-Object {{ {CONTACT} }} | ConvertTo-Json -Depth 5", "warning"),
        (f"@({CONTACT}) | ConvertTo-Json -Depth 5 -AsArray", ""),
        ('$json | ConvertTo-Json -Depth 5)\n$body = ("[$json]"', ""),
        ('$rows | ConvertTo-Json -Depth 5)\nWrite-Host ("[$now] start"', "warning"),
        (f"$c | ConvertTo-Json -Depth 5)\n$c += {CONTACT}\n$c += ({CONTACT}", ""),
        (f"@({CONTACT}, {CONTACT}) | ConvertTo-Json -Depth 5", ""),
        (f",@({CONTACT}) | ConvertTo-Json -Depth 5", ""),
        ("ConvertTo-Json -InputObject @($contacts)", ""),
        (f"ConvertTo-Json @({CONTACT}) -Depth 5", ""),
    ],
)
def test_pipe_of_powershell_prints_a_list_of_one_as_its_item(written: str, severity: str) -> None:
    [found] = explain(f'Invoke-RestMethod -Method Post -Uri "{CONTACTS}" -Body ({written})')
    about = [each for each in found.findings if each.code == "type-mismatch"]
    assert [each.severity.value for each in about] == [severity] * bool(severity)
    assert all("ConvertTo-Json -InputObject @(...)" in each.fix for each in about)
