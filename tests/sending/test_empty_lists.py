"""A do-not-call list without numbers stops no call, which is reported once in a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

CALL = ("call", "--platform", "genesys-cloud", "--to", "+12025550123", "-n", "-o", "json")


@pytest.mark.slow
@each_case("text", ["", "\n\n", "phone\n", "# nobody yet\n"])
def test_list_without_numbers_is_a_warning(cxcall: Cxcall, text: str) -> None:
    ran = cxcall(*CALL, "--do-not-call", cxcall.file("list.txt", text), code=0)
    [found] = ran.envelope["findings"]
    assert (found["severity"], found["code"]) == ("warning", "do-not-call-empty")
    assert "`list.txt` has no numbers" in found["message"]


def test_text_without_a_number_is_an_error(cxcall: Cxcall) -> None:
    """It is probably another file: with a warning alone, a batch would call everybody."""
    for text in ("Name\n", "Name,Phone\nAda,\n", b"PK\x03\x04\0\0"):
        listed = cxcall.file("list.txt", text)
        [found] = cxcall(*CALL, "--do-not-call", listed, code=2).envelope["findings"]
        assert (found["severity"], found["where"]) == ("error", "--do-not-call"), text
        assert "`list.txt`" in found["message"]


def test_device_without_numbers_is_a_warning(cxcall: Cxcall) -> None:
    assert cxcall(*CALL, "--do-not-call", "/dev/null", code=0).codes == ["do-not-call-empty"]


def test_list_with_a_number_has_no_warning(cxcall: Cxcall) -> None:
    listed = cxcall.file("list.txt", "phone\n+12025550199\n")
    assert cxcall(*CALL, "--do-not-call", listed, code=0).codes == []


@pytest.mark.slow
def test_batch_says_it_once(cxcall: Cxcall) -> None:
    rows = cxcall.file("rows.csv", "to\n+12025550123\n+12025550124\n")
    batch = ("batch", rows, "--operation", "place-call", "--sandbox", "-o", "jsonl")
    ran = cxcall(*batch, "--do-not-call", cxcall.file("list.txt", ""), code=0)
    envelope = json.loads(ran.out.splitlines()[-1])
    assert [found["code"] for found in envelope["findings"]] == ["do-not-call-empty"]
    assert ran.out.count("do-not-call-empty") == 1


def test_missing_list_is_reported_where_it_is_named(cxcall: Cxcall) -> None:
    named = {"CXCALL_DO_NOT_CALL": str(cxcall.folder / "missing.txt")}
    [found] = cxcall(*CALL, env=named, code=2).envelope["findings"]
    assert "do-not-call list cannot be read" in found["message"]
    assert found["where"] == "CXCALL_DO_NOT_CALL"
