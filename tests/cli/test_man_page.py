"""The man page has the current help, in a form that the tools for man pages accept."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import man_page
from cxcall.cli import root_command
from cxcall.findings.exit_codes import ExitCode
from cxcall.settings.sources import PREFIX, SETTING_NAMES

ROOT = Path(__file__).parents[2]
PAGE = man_page.PAGE.read_text("utf-8")
SECTIONS = "NAME SYNOPSIS DESCRIPTION COMMANDS EXIT_STATUS ENVIRONMENT FILES EXAMPLES SEE_ALSO"


@pytest.mark.slow
def test_it_says_what_the_help_says() -> None:
    assert man_page.build_page() == PAGE, "run: python tools/man_page.py"


def test_it_has_every_section_command_code_and_setting() -> None:
    sections = re.findall(r"^\.SH (.+)$", PAGE, re.MULTILINE)
    assert sections == [name.replace("_", " ") for name in SECTIONS.split()]
    plain = PAGE.replace("\\-", "-").replace("\\fB", "").replace("\\fR", "")
    titles = re.findall(r'^\.SS "cxcall ([a-z-]+)', plain, re.MULTILINE)
    names = root_command.RootGroup().list_commands(None)
    assert set(titles) == {name.partition(" ")[0] for name in names}
    assert all(f'.SS "cxcall {name}' in plain for name in names if " " in name)
    assert set(re.findall(r"^(\d+)$", plain, re.MULTILINE)) == {str(int(code)) for code in ExitCode}
    assert all(f"\n{PREFIX}{name.upper()}\n" in plain for name in SETTING_NAMES)


@pytest.mark.parametrize(
    "command",
    [
        ["mandoc", "-T", "lint", "-W", "style"],
        ["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", "-Z"],
    ],
    ids=lambda command: command[0],
)
def test_the_tools_for_man_pages_have_nothing_to_say(command: list[str]) -> None:
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed here")
    result = subprocess.run(
        [*command, str(man_page.PAGE)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert command[0] == "man" or not result.stdout
