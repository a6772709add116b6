"""Parameters of a user's document are read in the style in which they are written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cxcall import explain
from cxcall.contracts.contract import load_user_contract
from cxcall.explaining.correction.corrected_request import correct_request
from helpers.cases import each_case
from helpers.explained_errors import problems

HOST = "https://styles.own.example"
NUMBERS = {"type": "array", "items": {"type": "integer"}, "maxItems": 2}
RANGE = {
    "type": "object",
    "required": ["lo"],
    "properties": {"lo": {"type": "integer"}, "hi": {"type": "integer"}},
    "additionalProperties": False,
}
PAIR = {"type": "object", "properties": {"u": {"type": "integer"}, "v": {"type": "string"}}}
OPEN = {"type": "object", "additionalProperties": {"type": "integer"}}
PLACES: list[dict[str, Any]] = [
    {"name": "ids", "in": "path", "required": True, "schema": NUMBERS},
    {"name": "where", "in": "path", "required": True, "schema": PAIR},
    {"name": "number", "in": "path", "required": True, "schema": {"type": "string", "maxLength": 4}},
    {"name": "open", "in": "query", "schema": OPEN},
    {"name": "deep", "in": "query", "style": "deepObject", "explode": True, "schema": RANGE},
    {"name": "form", "in": "query", "schema": PAIR},
    {"name": "flat", "in": "query", "explode": False, "schema": RANGE},
    {"name": "pipe", "in": "query", "style": "pipeDelimited", "explode": False, "schema": NUMBERS},
    {"name": "space", "in": "query", "style": "spaceDelimited", "explode": False, "schema": NUMBERS},
    {"name": "csv", "in": "query", "explode": False, "schema": NUMBERS},
    {"name": "multi", "in": "query", "schema": NUMBERS},
    {"name": "js", "in": "query", "content": {"application/json": {"schema": RANGE}}},
    {"name": "token", "in": "query", "schema": {"type": "string", "pattern": "^[a-z]+$"}},
    {"name": "X-List", "in": "header", "schema": NUMBERS},
    {"name": "X-Pair", "in": "header", "explode": True, "schema": PAIR},
]  # fmt: skip
VALUES = {
    "ids": "1,2",
    "where": '{"u": 1, "v": "w"}',
    "number": "+123",
    "open": '{"calls": 3}',
    "deep": '{"hi": 2, "lo": 1}',
    "form": '{"u": 3, "v": "x y"}',
    "flat": '{"hi": 4, "lo": 3}',
    "pipe": "1,2",
    "space": "3,4",
    "csv": "5,6",
    "multi": "7,8",
    "js": '{"lo":5}',
    "X-List": "9,10",
    "X-Pair": '{"u": 5}',
}


@pytest.fixture(name="styles", scope="module")
def write_document(tmp_path_factory: pytest.TempPathFactory) -> Path:
    item = {"get": {"operationId": "read", "parameters": PLACES, "responses": {}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Styles", "version": "1"},
        "servers": [{"url": HOST}],
        "paths": {"/q/{ids}/{where}/{number}": item},
    }
    file = tmp_path_factory.mktemp("styles") / "styles.json"
    file.write_text(json.dumps(document))
    return file


def test_request_as_a_dry_run_writes_it_is_read_back(styles: Path) -> None:
    (operation,) = load_user_contract(str(styles)).operations
    url = operation.url(HOST, VALUES)
    text = f"curl '{url}' -H 'X-List: 9,10' -H 'X-Pair: u=5'"
    assert problems(text, styles) == []
    (explanation,) = explain(text, contract=styles)
    assert "property-unknown" not in {each.code for each in explanation.findings}
    request = correct_request(explanation)
    assert (dict(request.values), request.missing, request.left_out) == (VALUES, (), ())
    assert request.url == url


@each_case(
    "query, message",
    [
        ("csv=1,2,3", "`csv` in the query must have at most 2 items; it has 3"),
        ("multi=1&multi=2&multi=3", "`multi` in the query must have at most 2 items; it has 3"),
        ("pipe=1%7Cx", "`pipe` in the query must be an integer; got `x`"),
        ("deep[hi]=1", "`deep` in the query has no `lo`"),
        ("deep[lo]=x", "`lo` of `deep` in the query must be an integer; got `x`"),
        ("deep[lo]=1&deep[x]=2", "`deep` in the query does not declare `x`"),
        ("calls=x", "`calls` of `open` in the query must be an integer; got `x`"),
        ("u=x", "`u` of `form` in the query must be an integer; got `x`"),
        ("flat=lo,x", "`lo` of `flat` in the query must be an integer; got `x`"),
        ("token=abc0123456789xyzABC", ""),
    ],
)
def test_wrong_value_in_a_style_is_named(styles: Path, query: str, message: str) -> None:
    (explanation,) = explain(f"curl '{HOST}/q/1/u,1/%2B123?{query}'", contract=styles)
    assert [each.message for each in explanation.findings if each.severity == "error"] == (
        [message] if message else []
    )


def test_request_to_another_api_names_the_option_for_its_document() -> None:
    (found,) = explain("GET https://api.example.net/v7/things")
    assert (
        "for your own API, add its OpenAPI document with `--contract FILE`" in found.findings[0].fix
    )
