"""What the help of a command shows: ranges in words, and the options that every command has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from helpers.command import Cxcall


@pytest.mark.slow
def test_every_command_accepts_the_output_options(cxcall: Cxcall) -> None:
    for command in (("history", "list"), ("auth", "status")):
        assert "--no-input" in cxcall(*command, "--help", code=0).out
        shown = cxcall(*command, "--no-input", "-q", "-v", "--unknown", code=2).err
        assert shown.count("unknown option") == shown.count("unknown option `--unknown`") == 1
