"""A cell that is likely a secret is not quoted where it is not valid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

SECRET = "Zk81mXq09-hunter2"


def test_invalid_cell_is_quoted_unless_its_column_has_the_name_of_a_secret(cxcall: Cxcall) -> None:
    words = ("--operation", "execute", "--param", f"campaignId={CAMPAIGN}", "--dry-run")
    for header, is_quoted in (("password", False), ("remark", True)):
        file = cxcall.file(f"{header}.csv", f"contact-id,{header}\n{CONTACT},{SECRET}\n")
        ran = cxcall("batch", file, *words, "--map", f"data={header}", code=3)
        assert (SECRET in ran.out + ran.err) is is_quoted
        assert "KEY=VALUE" in ran.err
