"""Hints on wrong options and values are built from what was typed and from the operation, so that they work."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from helpers.command import CAMPAIGN, CONTACT
from helpers.vendor_documents import secured_api

if TYPE_CHECKING:
    from helpers.command import Cxcall


EXECUTE = ("execute", CAMPAIGN, "--contact-id", CONTACT, "--phone-number", "+12025550123")


def words_of_hint(text: str) -> list[str]:
    """Return the words of the command that a hint has."""
    found = re.search("write `(.*?)`$", text, re.MULTILINE)
    assert found, text
    return shlex.split(found[1])


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        (EXECUTE, f"contactId={CONTACT}"),
        (("personal-connection", "--contact-id", CONTACT), 'reasonCode="x"'),
        (("send", "place-call"), "phoneNumber=+12025550100"),
    ],
)
def test_hint_on_a_wrong_set_option_works_for_the_operation(
    cxcall: Cxcall, words: tuple[str, ...], typed: str
) -> None:
    shown = cxcall(*words, "--set", typed, "--dry-run", code=2).err
    cxcall(*words, *words_of_hint(shown), "--dry-run", code=0)


def test_hint_on_a_wrong_set_option_works_in_a_batch(cxcall: Cxcall) -> None:
    file = cxcall.file("calls.csv", f"contact-id\n{CONTACT}\n")
    words = ("batch", file, "--operation", "personal-connection", "--dry-run", "--set")
    hint = words_of_hint(cxcall(*words, "reasonCode=x", code=2).err)
    assert hint == ["--set", '/reasonCode="x"']
    cxcall(*words, hint[1], code=0)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (("personal-connection", "--contact", "x"), "similar option is `--contact-id`; "),
        (("version",), "write `cxcall --version`; "),
    ],
)
def test_hint_names_what_is_meant(cxcall: Cxcall, words: tuple[str, ...], hint: str) -> None:
    assert f"{hint}see `cxcall" in cxcall(*words, code=2).err


def test_missing_file_is_named_before_a_missing_option(cxcall: Cxcall) -> None:
    shown = cxcall("batch", "lst", code=2).err
    assert "error[usage]: `lst` does not exist\n  --> FILE\nhint: the commands are `batch" in shown
    assert "missing option `--operation`" in cxcall("batch", cxcall.file("lst", ""), code=2).err
    shown = cxcall("history", "resolve", "x", "--rang", code=2).err
    assert "hint: leave it out; it is now `--placed`" in shown


@pytest.mark.slow
def test_hint_on_the_help_of_an_own_operation_has_its_document(cxcall: Cxcall) -> None:
    file = cxcall.file("own calls.json", secured_api())
    for words in (
        ("send", "dial", "--contract", file, "--nope", "1"),
        ("--contract", file, "send", "dial", "--timeout"),
        ("send", f"--contract={file}", "dial", "--region", ""),
    ):
        shown = cxcall(*words, code=2).err
        found = re.search("see `cxcall (.*?)`$", shown, re.MULTILINE)
        assert found, shown
        assert "POST /calls" in cxcall(*shlex.split(found[1]), code=0).out
