"""A column of a batch can set a header, such as a key by which an API recognizes a repeated request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from helpers.calling_api import posting
from helpers.platform_server import Platform, Reply

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


@pytest.mark.slow
def test_one_key_for_several_rows_is_refused(cxcall: Cxcall) -> None:
    write(cxcall, "X-Tenant,/to", "t,+12025550100", "t,+12025550101")
    key = f"Idempotency-Key={KEY.format(0)}"
    ran = cxcall(*WORDS, "--dry-run", "--param", key, code=2)
    assert "all rows would have the same `Idempotency-Key`" in ran.err
    lacking = cxcall(*WORDS, "--dry-run", code=3).err
    assert "hint: add a column `Idempotency-Key`\n" in lacking
    assert lacking.count("error[") == lacking.count("error[usage]: rows 1 to 2: `Idem") == 1
    rows = [f"t,{KEY.format(0)},+1202555010{row}" for row in range(2)]
    write(cxcall, "X-Tenant,Idempotency-Key,/to", *rows)
    ran = cxcall(*WORDS, "--dry-run", "-o", "jsonl", code=3)
    found = [each for line in ran.out.splitlines() for each in json.loads(line)["findings"]]
    write(cxcall, "X-Tenant,Idempotency-Key,/to", rows[0], rows[0])
    assert "1 skipped (1 duplicate)" in cxcall(*WORDS, "--dry-run", code=0).err
    messages = [each["message"] for each in found if each["severity"] == "error"]
    assert messages == ["row 2: row 1 has the same `Idempotency-Key`"]


def test_a_json_line_sets_headers_in_any_case(cxcall: Cxcall) -> None:
    rows = [
        {"X-Tenant": "t", key: KEY.format(row), "to": f"+1202555010{row}"}
        for row, key in enumerate(("Idempotency-Key", "idempotency-key"))
    ]
    cxcall.file("calls.jsonl", "".join(json.dumps(each) + "\n" for each in rows))
    shown = cxcall("batch", "calls.jsonl", *WORDS[2:], "--dry-run", "--curl", code=0).out
    assert [shown.count(KEY.format(row)) for row in range(2)] == [1, 1]
    assert "X-Tenant: t" in shown


@pytest.mark.slow
def test_the_key_of_a_row_that_was_sent_is_refused_for_another_row(cxcall: Cxcall) -> None:
    """The API would take it for the request that was sent, and call nobody."""
    rows = [f"t,{KEY.format(row)},+1202555010{row}" for row in range(3)]
    heading, words = "X-Tenant,Idempotency-Key,/to", (*WORDS, "--concurrency", "1")

    left = ["+12025550101"]

    def answer(body: Any, _count: int) -> Reply:
        return Reply(429, {}, {"Retry-After": "900"}) if body["to"] in left else Reply()

    write(cxcall, heading, *rows)
    with Platform(answer) as platform:
        cxcall.environment |= platform.environment
        cxcall(*words, "--confirm", "3", code=9)
        write(cxcall, heading, f"t,{KEY.format(0)},+12025550109", *rows[1:])
        ran = cxcall(*words, "--resume", "--confirm", "3", "-o", "jsonl", code=3)
        (finding,) = [
            each
            for line in ran.out.splitlines()
            for each in json.loads(line)["findings"]
            if each["severity"] == "error"
        ]
        assert "has the same `Idempotency-Key`" in finding["message"]
        assert platform.rung == 1
        left.clear()
        more = "--skip-invalid", "--confirm", "2"
        cxcall(*words, "--resume", *more, code=9)
        write(cxcall, heading, *rows[1:], f"t,{KEY.format(3)},+12025550109")
        cxcall(*words, "--resume", "--confirm", "1", code=0)
        assert platform.rung == 4


@pytest.mark.slow
def test_the_key_of_another_file_or_call_is_refused_for_another_request(cxcall: Cxcall) -> None:
    """Another API, or the same request, may have the same key."""
    send = ("send", "dial", "--contract", "own.json", "--x-tenant", "t", "--yes")
    key = ("--idempotency-key", KEY.format(0))
    person, other = (("--set", f'/to="+1202555010{row}"') for row in (1, 2))
    with Platform() as platform, Platform() as api:
        cxcall.environment |= platform.environment
        cxcall(*send, *key, *person, code=0)
        refused = cxcall(*send, *key, *other, code=7)
        assert "has the same `Idempotency-Key`" in refused.err
        write(cxcall, "X-Tenant,Idempotency-Key,/to", f"t,{KEY.format(0)},+12025550102")
        assert "has the same `Idempotency-Key`" in cxcall(*WORDS, "--confirm", "1", code=3).err
        assert platform.rung == 1
        cxcall(*send, *key, *person, "--again", code=0)
        assert platform.rung == 2
        cxcall(*WORDS, "--confirm", "1", "--base-url", api.environment["CXCALL_BASE_URL"], code=0)
        assert api.rung == 1
