"""What the check of a table says about sending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.command import CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall


def test_note_and_hint_name_the_options_that_a_batch_needs(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", f"contact-id,phone-number\n{CONTACT},+12025550100\n")
    ran = cxcall("validate", file, "--operation", "execute", "--strict", code=0)
    assert "note[usage]: `calls.csv` has no column `campaignId`, which each request" in (
        ran.out + ran.err
    )
    assert "`--param campaignId=VALUE` to `cxcall batch`" in (ran.out + ran.err)
    table = f"contact-id,phone-number,campaignId\n{CONTACT},2025550100,{CONTACT}\n"
    ran = cxcall("validate", cxcall.file("all.csv", table), "--operation", "execute", code=3)
    assert "has no column" not in (ran.out + ran.err)
    assert "add their country: `--default-country CODE` of `cxcall batch`" in (ran.out + ran.err)
