"""The structure holds: imports run downwards, start-up stays light, sizes stay readable."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from statistics import median

import pytest

from cxcall.cli import main
from helpers.command import CONTACT, Cxcall

PACKAGE = Path(__file__).parent.parent / "cxcall"
# Top to bottom: a module may import what stands below it, never what stands above.
ORDER = (
    "__init__", "__main__", "pytest_plugin", "completion", "cli", "commands", "binding", "render", "diagnostic", "formats", "codes", "topics", "options", "catalogue", "past",
    "batch", "doctor", "lookup", "track", "tally", "fate", "report", "repair", "explanation", "content", "query", "heading", "route", "declarations", "hosts", "token_request", "published", "reading", "attempt",
    "earlier", "job", "rows", "rate", "validation", "verdicts", "sheet", "table", "lines", "crew", "judge", "send", "guards", "dialer", "ending", "refusal", "answer", "sandbox",
    "auth", "standing", "credentials", "browser", "loopback", "keychain", "discovery", "grant", "granted", "client", "authorization", "vault",
    "transport", "failure", "connection", "ledger", "journal", "record", "pacing", "config", "conflict", "address", "tenant", "storage",
    "gcfile", "endpoint", "sources", "hours",
    "assignment", "toml", "mould", "slot", "checks", "fitting", "misfit", "doubt", "hint", "payload", "known", "contract", "cache", "archive", "whole", "conversion", "declared", "schema", "textfile", "document",
    "malformed", "phone", "numbering", "errors", "secrecy", "signals", "pattern", "lean", "streams", "departure",
)  # fmt: skip
HEAVY = {
    "requests",
    "urllib3",
    "rich",
    "jsonschema_rs",
    "phonenumbers",
    "sqlite3",
    "waitress",
    "dotenv",
    "platformdirs",
    "oauthlib",
    "keyring",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    """Name the module, or the folder, that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "cxcall":
            found |= {alias.name for alias in node.names if alias.name in ORDER}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cxcall."):
            found.add((node.module or "").split(".")[1])
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    here = room(path)
    assert here in ORDER, f"give `{here}` its place in ORDER"
    above = {
        name for name in imported(path) if name != here and ORDER.index(name) < ORDER.index(here)
    }
    assert not above


def in_a_process(program: str) -> str:
    """Run a program without coverage in it, which imports a lot itself; returns its last line."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=environment,
    )
    return done.stdout.splitlines()[-1]


def loaded(names: set[str], *arguments: str, **environment: str) -> list[str]:
    """Run a command, and return which of these modules it has loaded at its end."""
    program = (
        "import sys, os; os._exit = lambda code: sys.exit(code)\n"
        f"os.environ.update({environment!r})\n"
        f"sys.argv = ['cxcall', *{arguments!r}]\n"
        "from cxcall.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"print(*sorted(name for name in {sorted(names)!r} if name in sys.modules), sep=',')"
    )
    return in_a_process(program).split(",")


@pytest.mark.parametrize(
    "arguments", [["--version"], ["--help"], ["validate", "--help"], ["execute", "--help"]]
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert loaded(HEAVY | {"cxcall"}, *arguments) == ["cxcall"]


@pytest.mark.parametrize(
    "words",
    [[], ["send"], ["validate", "--operation"], ["explain"], ["send", "place-call-for-user"]],
)
def test_completion_imports_nothing_heavy(words: list[str]) -> None:
    heavy = HEAVY - {"platformdirs", "dotenv"}
    asked = {"_CXCALL_COMPLETE": "zsh", "_CXCALL_WORD": ""}
    assert loaded(heavy | {"cxcall"}, *words, **asked) == ["cxcall"]


def test_version_needs_no_command_line() -> None:
    assert loaded({"cxcall", "typer"}, "--version") == ["cxcall"]


def test_a_check_needs_nothing_that_sends(tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text(json.dumps({"contactId": CONTACT}), "utf-8")
    wanted = {"cxcall", "jsonschema_rs", "platformdirs"}
    needless = (HEAVY - wanted) | {"email.utils", "socket", "dataclasses"}
    assert loaded(wanted | needless, "validate", str(file)) == sorted(wanted)


def test_a_send_needs_nothing_that_others_do(live: Cxcall) -> None:
    wanted = {"cxcall", "jsonschema_rs", "requests", "sqlite3", "urllib3"}
    needless = {"rich", "phonenumbers", "importlib.metadata", "charset_normalizer", "oauthlib"}
    needless |= {
        "difflib",
        "gettext",
        "idna",
        "mimetypes",
        "platform",
        "subprocess",
        "uuid",
        "zipfile",
    }
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "r", "--yes")
    assert loaded(wanted | needless, *words, **live.environment) == sorted(wanted)
    live("history", "list", "--outcome", "accepted", "-o", "json", code=0)


def test_files_and_functions_stay_readable() -> None:
    lines = {path: path.read_text("utf-8").count("\n") for path in modules()}
    assert max(lines.values()) <= 350, max(lines, key=lambda path: lines[path])
    bodies = {}
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef):
                bodies[f"{path.name}:{node.name}"] = (
                    (node.end_lineno or 0) - node.body[0].lineno + 1
                )
    assert max(bodies.values()) <= 45, max(bodies, key=lambda name: bodies[name])
    assert median(bodies.values()) <= 8


def test_only_the_screen_prints() -> None:
    printing = {
        path.relative_to(PACKAGE).as_posix()
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    }
    assert printing <= {"__main__.py", "cli.py", "render.py"}


def test_the_list_of_commands_says_what_each_command_says() -> None:
    from typer.main import get_command

    for name, line in {**main.FIRST, **main.LAST}.items():
        command = get_command(import_module(f"cxcall.cli.commands.{name}").app)
        assert (command.help or "").splitlines()[0].partition(":")[0].rstrip(".") == line.rstrip(
            "."
        )
