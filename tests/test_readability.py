"""Files and functions are short, and only one place prints text."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from statistics import median

import pytest

from cxcall.cli import root_command as cli
from helpers.syntax_trees import PACKAGE, syntax_trees

MOST_PATTERN_CHARACTERS = 120


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def test_files_stay_readable() -> None:
    tests = (PACKAGE.parent / "tests").rglob("*.py")
    lines = {path: path.read_bytes().count(b"\n") for path in (*modules(), *tests)}
    assert max(lines.values()) <= 350, max(lines, key=lambda path: lines[path])


def test_public_name_is_defined_in_one_module() -> None:
    """One name has one meaning. Each command has a function of its name, and each output format one that renders it."""
    places: dict[str, list[str]] = {}
    definition = re.compile(r"^(?:def|class) ([^\W_]\w*)", re.MULTILINE)
    for path in modules():
        module = path.relative_to(PACKAGE).as_posix()
        if not module.startswith(("cli/commands/", "output/formats/")):
            for name in definition.findall(path.read_text("utf-8")):
                places.setdefault(name, []).append(module)
    assert len(places) > 1000
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


@pytest.mark.slow
def test_functions_stay_readable() -> None:
    bodies = {}
    for path, tree in syntax_trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                bodies[f"{path.name}:{node.name}"] = (
                    (node.end_lineno or 0) - node.body[0].lineno + 1
                )
    assert max(bodies.values()) <= 45, max(bodies, key=lambda name: bodies[name])
    assert median(bodies.values()) <= 8


@pytest.mark.slow
def test_the_formatter_lays_out_the_whole_package() -> None:
    """Word lists are one text that is split, and long patterns are written one part per line."""
    texts = {str(path.relative_to(PACKAGE)): path.read_text("utf-8") for path in modules()}
    assert [name for name, text in texts.items() if "# fmt:" in text] == []
    patterns = re.compile(r"^\s*(?:\w+ = )?(?:re\.compile\()?(?:r|rf|fr)[\"'].*", re.MULTILINE)
    too_long = {
        name: [line for line in patterns.findall(text) if len(line) > MOST_PATTERN_CHARACTERS]
        for name, text in texts.items()
    }
    assert {name: lines for name, lines in too_long.items() if lines} == {}


@pytest.mark.slow
def test_only_the_screen_prints() -> None:
    printing = {
        path.relative_to(PACKAGE).as_posix()
        for path, tree in syntax_trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    }
    assert printing <= {"__main__.py", "cli/root_command.py", "output/screen.py"}


def test_the_screen_prints_in_one_place() -> None:
    """Only `Screen._write` prints, and it is called with text that was redacted."""
    screen = ast.parse((PACKAGE / "output" / "screen.py").read_text("utf-8"))
    functions = [node for node in ast.walk(screen) if isinstance(node, ast.FunctionDef)]
    printing = [
        function.name
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name | ast.Attribute)
        and ast.unparse(node.func)
        in ("print", "stream.write", "self.stdout.write", "self.stderr.write")
    ]
    assert printing == ["_write"]


def test_the_list_of_commands_says_what_each_command_says() -> None:
    root = cli.RootGroup()
    for name, line in {**cli.FIRST, **cli.LAST}.items():
        command = root.get_command(None, name)
        assert (command.help or "").splitlines()[0].partition(":")[0].rstrip(".") == line.rstrip(
            "."
        )
