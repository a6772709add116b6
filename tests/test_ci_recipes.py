"""The commands of the CI recipes run, and fail if they should."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from helpers.command import CONTACT, CXCALL

if TYPE_CHECKING:
    from helpers.command import Cxcall

ROOT = Path(__file__).parent.parent
RECIPES = (ROOT / "docs/ci.md").read_text("utf-8")
GOOD = {"contactId": CONTACT, "reasonCode": "follow_up"}


def blocks(kind: str) -> list[str]:
    """Return the code blocks of a kind in the recipes."""
    return re.findall(rf"^```{kind}\n(.*?)^```", RECIPES, re.DOTALL | re.MULTILINE)


def find_commands() -> list[str]:
    """Return the shell commands that the CI systems run, without those that install cxcall."""
    github, gitlab, _ = map(yaml.safe_load, blocks("yaml"))
    commands = [step["run"] for step in github["jobs"]["validate"]["steps"] if "run" in step]
    commands += gitlab["payloads"]["script"]
    commands += [
        text.replace(".venv/bin/", "") for text in re.findall(r"sh '(.*)'", blocks("groovy")[0])
    ]
    return [text for text in commands if text.startswith("cxcall ")]


def shell(
    cxcall: Cxcall, text: str, *, with_signals: bool = False
) -> subprocess.CompletedProcess[str]:
    """Run a command line as CI systems do: with the installed command on PATH, and until the first error.

    With signals, which do not reach a fork, each command is the installed program.
    """
    path = f"{CXCALL.parent}{os.pathsep}{cxcall.environment['PATH']}"
    return subprocess.run(
        ["bash", "-e", "-c", text],
        capture_output=True,
        text=True,
        env={**cxcall.environment, "PATH": path if with_signals else cxcall.path_of_shells()},
        cwd=cxcall.folder,
        check=False,
    )


@pytest.mark.slow
def test_recipes_pass_good_payloads_and_report_bad_ones(cxcall: Cxcall) -> None:
    commands = find_commands()
    assert len(commands) == 4
    cxcall.file("payloads/good.json", GOOD)
    assert [shell(cxcall, text).returncode for text in commands] == [0, 0, 0, 0]
    cxcall.file("payloads/bad.json", {**GOOD, "contactId": "12345"})
    ended = [shell(cxcall, text) for text in commands]
    assert [each.returncode for each in ended] == [3, 0, 3, 3]
    assert ended[0].stdout.startswith("::error file=payloads/bad.json,line=1")
    sarif = json.loads((cxcall.folder / "cxcall.sarif").read_text("utf-8"))
    assert sarif["runs"][0]["results"][0]["ruleId"] == "id-format"
    assert "id-format" in (cxcall.folder / "cxcall.xml").read_text("utf-8")
    assert shell(cxcall, commands[1].replace("payloads", "none")).returncode == 1


@pytest.mark.slow
def test_recipe_of_the_sandbox_keeps_the_request(cxcall: Cxcall) -> None:
    (text,) = blocks("sh")
    ended = shell(cxcall, f"{text}wait $SANDBOX || true\n", with_signals=True)
    assert ended.returncode == 0, ended
    (request,) = json.loads((cxcall.folder / "requests.json").read_text("utf-8"))["data"][
        "requests"
    ]
    assert request["status"] == 201


def test_recipes_name_the_hook_that_exists() -> None:
    recipe = yaml.safe_load(blocks("yaml")[2])
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert recipe["repos"][0]["hooks"][0]["id"] == hook["id"]
