"""Requests to the host of a user's document are checked with its own security and encoding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cxcall.explaining.explanation import explain
from helpers.cases import each_case
from helpers.vendor_documents import ACCOUNT, FORM_API, HOST, secured_api

FORM = f"curl {HOST}/2010/Accounts/{ACCOUNT}/Calls.json -d To=%2B12025550123"


@pytest.fixture
def form_api(tmp_path: Path) -> Path:
    file = tmp_path / "calls.yaml"
    file.write_text(FORM_API)
    return file


def codes(text: str, contract: Path) -> list[tuple[str, str]]:
    (explanation,) = explain(text, contract=contract)
    return [(each.code, each.where) for each in explanation.findings if each.severity != "note"]


@each_case(
    "more, found",
    [
        ("-d From=1 -u a:b", []),
        ("-d From=1 -d Record=true -u a:b", []),
        ('-d "From=$FROM" -u "$SID:$TOKEN"', []),
        ("-u a:b", [("property-missing", "/From")]),
        ("-d From=1 -d Record=maybe -u a:b", [("type-mismatch", "/Record")]),
        ("-d From=1 -d Recrod=true -u a:b", [("property-unknown", "/Recrod")]),
        (
            "-d From=1 -H 'Authorization: Bearer abc123def456'",
            [("token-grant", "header:Authorization")],
        ),
    ],
)
def test_form_is_judged_by_its_schema(form_api: Path, more: str, found: list[Any]) -> None:
    assert codes(f"{FORM} {more}", form_api) == found


def test_json_in_place_of_a_form_is_reported(form_api: Path) -> None:
    body = json.dumps({"To": "+12025550123", "From": "+12025550100"})
    url = FORM.partition(" -d")[0]
    found = codes(f"{url} -u a:b -H 'Content-Type: application/json' -d '{body}'", form_api)
    assert found == [("header-missing", "header:Content-Type")]


@each_case(
    "place, sent",
    [
        ("query", "?key=abc"),
        ("header", " -H 'key: abc'"),
        ("cookie", " -b key=abc"),
    ],
)
def test_api_key_is_where_the_document_has_it(tmp_path: Path, place: str, sent: str) -> None:
    file = tmp_path / f"{place}.json"
    document = secured_api({"key": {"type": "apiKey", "in": place, "name": "key"}})
    file.write_text(json.dumps(document))
    body = """ -H 'Content-Type: application/json' -d '{"to": "+12025550123"}'"""
    assert codes(f"curl {HOST}/calls{sent}{body}", file) == []
    refused = f"> POST /calls HTTP/1.1\n> Host: {HOST[8:]}\n>\n< HTTP/1.1 401 Unauthorized\n<\n"
    (explanation,) = explain(refused, contract=file)
    assert f"an API key in the {place} `key`" in " ".join(
        each.message for each in explanation.findings
    )
