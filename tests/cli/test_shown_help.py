"""What the help of a command shows: ranges in words, and the options that every command has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from helpers.command import screen as screen_of
from helpers.command import terminal

if TYPE_CHECKING:
    from helpers.command import Cxcall


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@pytest.mark.slow
def test_every_command_accepts_the_output_options(cxcall: Cxcall) -> None:
    for command in (("history", "list"), ("auth", "status")):
        assert "--no-input" in cxcall(*command, "--help", code=0).out
        shown = cxcall(*command, "--no-input", "-q", "-v", "--unknown", code=2).err
        assert shown.count("unknown option") == shown.count("unknown option `--unknown`") == 1


@pytest.mark.slow
def test_help_names_the_range_of_a_number_in_words(cxcall: Cxcall) -> None:
    assert "[default: 20; 1 or more]" in cxcall("batch", "list", "--help", code=0).out
    shown = " ".join(cxcall("validate", "--help", code=0).out.split())
    assert "[default: one per core; 1 to 256]" in shown
    for command in (("batch",), ("track",), ("sandbox",), ("worker",)):
        assert not re.search("x[<>]=|<=x", cxcall(*command, "--help", code=0).out)


def test_one_option_for_the_engagement_id_is_the_short_form_of_the_other(cxcall: Cxcall) -> None:
    shown = " ".join(cxcall("execute", "--help", code=0).out.split())
    assert (
        "--engagement-header NAME Look in this header: short for --engagement-id header:NAME."
        in shown
    )


def test_default_platform_is_named_a_default(cxcall: Cxcall) -> None:
    lines = cxcall("config", "show", code=0).out.splitlines()
    assert "platform\tgenesys-cloud\tdefault" in lines


@pytest.mark.slow
def test_text_below_a_heading_keeps_its_indent_where_it_is_folded(cxcall: Cxcall) -> None:
    with terminal(cxcall, "operations", "place-call", columns=80) as child:
        text = plain(screen_of(child))
    body = text.partition("BODY")[2]
    start = body.index("  The server requires")
    assert all(line.startswith("  ") for line in body[start:].splitlines()[:3])
