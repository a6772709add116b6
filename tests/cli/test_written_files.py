"""`-` is stdin or stdout in most commands: it is no name of a file that a command writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.command import CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

WRITING = {
    "history backup": (("history", "backup", "-"), "`cxcall history export`"),
    "--log-file": (
        ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--log-file", "-"),
        "`--log-format text`",
    ),
    "sandbox --record": (("sandbox", "--record", "-"), "`cxcall sandbox requests`"),
    "batch --rejects": (
        ("batch", "rows.csv", "--operation", "place-call", "--sandbox", "--rejects", "-"),
        "rejects.csv",
    ),
    "campaign export": (("campaign", "export", CONTACT, "--to", "-"), "results.csv"),
}


@pytest.mark.parametrize("name", WRITING)
def test_stdout_is_not_written_as_a_file(live: Cxcall, name: str) -> None:
    words, hint = WRITING[name]
    live.file("rows.csv", "to\n+12025550123\n")
    ran = live(*words, code=2)
    assert hint in ran.err
    assert not (live.folder / "-").exists()
