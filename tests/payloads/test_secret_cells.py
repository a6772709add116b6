"""A cell or a member that is likely a secret is not quoted in a finding."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

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


@pytest.mark.slow
def test_secret_in_the_line_of_a_row_is_not_quoted(cxcall: Cxcall) -> None:
    line = {"password": SECRET, "contactId": CONTACT, "reasonCode": "x"}
    table = f"contact-id,reason-code,/password\n{CONTACT},x,{SECRET}\n{CONTACT},x,{SECRET}\n"
    files = (
        cxcall.file("a.csv", table),
        cxcall.file("a.jsonl", f"{json.dumps(line)}\n" * 2),
        cxcall.file("b.csv", f"reason-code,/password\nx,{SECRET}\n"),
    )
    for file in files:
        words = ("batch", file, "--operation", "personal-connection", "--force", "--dry-run")
        err = cxcall(*words).err
        assert f"{file}:" in err
        assert SECRET not in err
