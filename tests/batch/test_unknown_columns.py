"""The hint on unknown columns can be pasted as a whole, and names what is missing."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

EXPORT = f"Customer ID,First Name,Work Phone\n{CONTACT},Ada,(202) 555-0123\n"
EXECUTE = ("--operation", "execute", "--sandbox")


def pasted(hint: str) -> list[str]:
    """Return the words of all options in a hint."""
    return [word for option in re.findall(r"`(--[^`]+)`", hint) for word in shlex.split(option)]


def test_hint_names_the_required_targets_that_are_missing(cxcall: Cxcall) -> None:
    words = ("batch", cxcall.file("crm.csv", EXPORT), *EXECUTE)
    ran = cxcall(*words, code=2)
    assert "add `--map 'phone-number=Work Phone'`" in ran.err
    assert "also needs `--map contact-id=HEADER`, `--param campaignId=VALUE`;" in ran.err
    assert "in the body, add" not in ran.err
    named = ("--map", "contact-id=Customer ID", "--param", f"campaignId={CAMPAIGN}")
    ran = cxcall(*words, *named, code=2)
    assert "needs" not in ran.err
    assert "`First Name` in the body, add" in ran.err
    options = pasted(ran.err)
    assert "/contactSpec/contactData/First Name=First Name" in options
    cxcall(*words, *named, *options, "--default-country", "US", code=0)


@pytest.mark.slow
def test_column_gets_one_proposal_and_no_other_column_is_left_out(cxcall: Cxcall) -> None:
    file = cxcall.file(
        "calls.csv", "queue,Phone\n12345678-1234-1234-1234-123456789012,12025550123\n"
    )
    words = ("batch", file, "--operation", "create-callback", "--sandbox")
    ran = cxcall(*words, code=2)
    assert pasted(ran.err) == ["--map", "to=Phone"]
    cxcall(*words, *pasted(ran.err), "--default-country", "US", code=0)
    ran = cxcall(*words, "--map", "to=Phone", "--map", "/callbackNumbers=Phone", code=2)
    assert "`Phone` fills both `/callbackNumbers` and `to`" in ran.err


@pytest.mark.slow
def test_two_columns_for_one_target_are_alternatives(cxcall: Cxcall) -> None:
    table = f"contact-id,Work Phone,Home Phone\n{CONTACT},(202) 555-0123,(202) 555-0124\n"
    ran = cxcall("batch", cxcall.file("crm.csv", table), *EXECUTE, code=2)
    options = "`--map 'phone-number=Work Phone'` or `--map 'phone-number=Home Phone'`"
    assert f"`Work Phone` or `Home Phone` looks like `phone-number`: add {options};" in ran.err
    assert "needs `--param campaignId=VALUE`" in ran.err
