"""A column of a batch can set a header, such as a key by which an API recognizes a repeated request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from helpers.calling_api import posting
from helpers.platform_server import Platform

if TYPE_CHECKING:
    from helpers.command import Cxcall

WORDS = ("batch", "calls.csv", "--operation", "dial", "--contract", "own.json")
KEY = "11111111-2222-4333-8444-55555555555{}"


@pytest.fixture(autouse=True)
def document(cxcall: Cxcall) -> None:
    """Write a document whose operation requires two headers."""
    names, text = ("X-Tenant", "Idempotency-Key"), {"type": "string"}
    parameters = [
        {"name": each, "in": "header", "required": True, "schema": text} for each in names
    ]
    cxcall.file("own.json", posting("dial", {"to": text}, required=("to",), parameters=parameters))


def write(cxcall: Cxcall, heading: str, *rows: str) -> None:
    cxcall.file("calls.csv", "\n".join((heading, *rows)) + "\n")


@pytest.mark.slow
def test_each_row_has_its_own_headers_in_any_case(cxcall: Cxcall) -> None:
    rows = [f"t{row},{KEY.format(row)},+1202555010{row}" for row in range(2)]
    write(cxcall, "X-Tenant,idempotency-key,/to", *rows)
    shown = cxcall(*WORDS, "--dry-run", "--curl", code=0).out
    for row in range(2):
        assert f"X-Tenant: t{row}" in shown
        assert f"Idempotency-Key: {KEY.format(row)}" in shown
    with Platform() as platform:
        cxcall(*WORDS, "--confirm", "2", code=0, env=platform.environment)
    assert platform.rung == 2


def test_sample_has_the_required_headers(cxcall: Cxcall) -> None:
    sample = cxcall("operations", "dial", "--contract", "own.json", "--skeleton", "--csv", code=0)
    assert sample.out.splitlines()[0] == "X-Tenant,Idempotency-Key,/to"
    cxcall.file("calls.csv", sample.out)
    cxcall(*WORDS, "--dry-run", code=0)


def test_a_json_line_sets_headers_in_any_case(cxcall: Cxcall) -> None:
    rows = [
        {"X-Tenant": "t", key: KEY.format(row), "to": f"+1202555010{row}"}
        for row, key in enumerate(("Idempotency-Key", "idempotency-key"))
    ]
    cxcall.file("calls.jsonl", "".join(json.dumps(each) + "\n" for each in rows))
    shown = cxcall("batch", "calls.jsonl", *WORDS[2:], "--dry-run", "--curl", code=0).out
    assert [shown.count(KEY.format(row)) for row in range(2)] == [1, 1]
    assert "X-Tenant: t" in shown
