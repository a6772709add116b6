"""`cxcall explain CODE`: finding codes, codes of the platforms, and HTTP statuses."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxcall.batch.skip_reasons import SkipReason

if TYPE_CHECKING:
    from helpers.command import Cxcall

BATCH = Path(__file__).parents[2] / "docs/batch.md"


def test_each_finding_code_has_a_description(cxcall: Cxcall) -> None:
    listed = cxcall("explain", "--codes", code=0).out.splitlines()
    assert len(listed) > 35
    assert "reported for:" in cxcall("explain", listed[0].split("\t")[0], code=0).out
    assert "the most similar code is `token-grant`" in cxcall("explain", "token-grants", code=2).err


def test_each_reason_why_a_batch_skips_a_row_has_a_description(cxcall: Cxcall) -> None:
    codes = {line.split("\t")[0] for line in cxcall("explain", "--codes", code=0).out.splitlines()}
    assert {*map(str, SkipReason)} <= codes
    table = re.findall(r"^\| `([a-z-]+)` \|", BATCH.read_text("utf-8"), re.MULTILINE)
    assert {*map(str, SkipReason)} <= {*table}
    shown = cxcall("explain", "no-calling-hours", code=0).out
    assert "Extend the calling hours" in shown


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "not.a.user",
            ["genesys-cloud", "HTTP 400", "needs the token of a user", "two independent sources"],
        ),
        ("Error.ININEdgeControl.connection.dialplan.notReachable", ["number plan", "one source"]),
        ("ININ-OUTBOUND-ON-DO-NOT-CALL-LIST", ["on a do-not-call list", "wrapUpCode"]),
        ("BadNumber", ["nice-cxone", "DisconnectCode"]),
        ("invalid_client", ["genesys-cloud", "nice-cxone", "authentication failed"]),
    ],
)
def test_codes_of_the_platforms_are_explained_with_their_source(
    cxcall: Cxcall, name: str, words: list[str]
) -> None:
    printed = cxcall("explain", name, code=0).out
    assert all(word in printed for word in [*words, "known from:"])
    assert "docs/" not in printed
    data = cxcall("explain", name, "-o", "json", code=0).envelope["data"]
    assert {each["certainty"] for each in data["platformCodes"]} <= {"H", "M", "L"}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("401", "may be missing, expired, revoked"),
        ("409 Session Ended", "session has ended"),
        ("429", "rate-limited"),
    ],
)
def test_status_is_described(cxcall: Cxcall, code: str, message: str) -> None:
    assert message in cxcall("explain", code).out


def test_unknown_code_is_not_called_a_file(cxcall: Cxcall) -> None:
    assert (
        "no such file or finding code: `foo.bar.baz`"
        in cxcall("explain", "foo.bar.baz", code=2).err
    )
