"""A file that opens but cannot be read, as on a broken disk: each command reports it with exit code 2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from cxcall.documents.text_files import UnreadableError, open_bytes
from cxcall.validation.json_lines import LineBlock
from helpers.cases import each_case

if TYPE_CHECKING:
    from helpers.command import Cxcall

BROKEN = "/proc/self/mem"
"""A file of Linux whose first read fails with EIO."""
CALL = ("call", "--to", "+12025550123", "-n")

pytestmark = pytest.mark.skipif(not Path(BROKEN).exists(), reason=f"there is no {BROKEN} here")


@each_case(
    "words",
    [
        ("batch", BROKEN, "--operation", "execute", "-n"),
        ("batch", BROKEN, "--operation", "execute", "--confirm", "1"),
        (
            "campaign",
            "load",
            BROKEN,
            "--contact-list",
            "9b4d2f60-8f1c-4f43-9a51-3d0e6c1f2a77",
            "-n",
        ),
        ("validate", BROKEN),
        ("validate", BROKEN, "--fix"),
        ("explain", BROKEN),
        ("call", "-f", BROKEN, "-n"),
        ("operations", "--contract", BROKEN),
        (*CALL, "--do-not-call", BROKEN),
    ],
    quick=4,
)
def test_failed_read_is_not_a_fault(cxcall: Cxcall, words: tuple[str, ...]) -> None:
    ran = cxcall(*words, code=2)
    assert f"`{BROKEN}` cannot be read: Input/output error" in ran.err + ran.out


def test_every_way_to_read_says_why() -> None:
    for name in ("read", "readline", "peek", "readlines"):
        with open_bytes(BROKEN) as file, pytest.raises(UnreadableError, match="Input/output error"):
            getattr(file, name)()
    with pytest.raises(UnreadableError, match="Input/output error"):
        LineBlock(1, 0, 10, None).read_lines(BROKEN)
