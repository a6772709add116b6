"""A command loads only the modules that it uses, so that it starts fast."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from helpers.command import CONTACT, Cxcall

pytestmark = pytest.mark.real_start

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
    "keyring",
    "mcp",
    "mcp_types",
    "pydantic",
    "anyio",
    "psycopg",
    "cxcall.ledger.postgres.postgres_database",
}
MAX_MODULES = 119
"""The modules of cxcall that a send loads with client credentials; with a token, it loads 10 less."""


def in_a_process(program: str) -> str:
    """Run a program without coverage, which itself imports many modules; returns its last line."""
    left_out = ("COV", "CXCALL_")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(left_out)
    }
    result = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        env=environment,
    )
    return result.stdout.splitlines()[-1]


def at_the_end(shown: str, *arguments: str, **environment: str) -> str:
    """Run a command, and return what Python code prints at its end."""
    program = (
        "import sys, os; os._exit = lambda code: sys.exit(code)\n"
        f"os.environ.update({environment!r})\n"
        f"sys.argv = ['cxcall', *{arguments!r}]\n"
        "from cxcall.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        f"{shown}"
    )
    return in_a_process(program)


def loaded(names: set[str], *arguments: str, **environment: str) -> list[str]:
    """Run a command, and return which of these modules it has loaded at its end."""
    shown = f"print(*sorted(name for name in {sorted(names)!r} if name in sys.modules), sep=',')"
    return at_the_end(shown, *arguments, **environment).split(",")


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["execute", "--help"], ["mcp", "--help"]],
)
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert loaded(HEAVY | {"cxcall"}, *arguments) == ["cxcall"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "words",
    [["validate", "--operation"], ["explain"], ["send", "place-call-for-user"]],
)
def test_completion_imports_nothing_heavy(words: list[str]) -> None:
    heavy = HEAVY - {"platformdirs", "dotenv"}
    asked = {"_CXCALL_COMPLETE": "zsh", "_CXCALL_WORD": ""}
    assert loaded(heavy | {"cxcall"}, *words, **asked) == ["cxcall"]


def test_version_needs_no_command_line() -> None:
    assert loaded({"cxcall", "typer"}, "--version") == ["cxcall"]


@pytest.mark.slow
def test_a_check_needs_nothing_that_sends(tmp_path: Path) -> None:
    file = tmp_path / "payload.json"
    file.write_text(json.dumps({"contactId": CONTACT, "reasonCode": "r"}), "utf-8")
    expected = {"cxcall", "jsonschema_rs", "platformdirs"}
    modules = """
        contracts.request_url documents.json_spans output.json_envelope phone.number_masking
    """
    own = {f"cxcall.{name}" for name in modules.split()}
    assert all(map(find_spec, own))
    by_pathlib = {"glob"} if sys.version_info >= (3, 13) else set()
    needless = (HEAVY - expected) | ({"dataclasses", "glob", "ssl"} - by_pathlib) | own
    assert loaded(expected | needless, "validate", str(file)) == sorted(expected)


@pytest.mark.slow
def test_a_send_needs_nothing_that_others_do(live: Cxcall) -> None:
    expected = {"cxcall", "jsonschema_rs", "requests", "sqlite3", "urllib3"}
    needless = (HEAVY - expected - {"platformdirs", "dotenv"}) | {"charset_normalizer", "chardet"}
    modules = """
        credentials.keyring_store documents.json_spans documents.toml
        ledger.batches ledger.record_types ledger.sqlite.upgrade ledger.upkeep
        output.finding_text output.json_envelope output.layouts
        payloads.errors.format_advice payloads.errors.value_corrections payloads.operation_matching
        phone.e164_numbers phone.number_spellings
        responses.message_in_body responses.start_evidence runtime.secrets.likely_secrets runtime.name_similarity
        runtime.secrets.random_texts runtime.secrets.secret_names
        transport.failure_descriptions transport.requested_waits
    """
    own = {f"cxcall.{name}" for name in modules.split()}
    assert all(map(find_spec, own))  # a module that was renamed is not loaded either
    needless |= own
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "r", "--yes")
    assert loaded(expected | needless, *words, **live.environment) == sorted(expected)
    live("history", "list", "--outcome", "accepted", "-o", "json", code=0)


@pytest.mark.slow
def test_a_duplicate_that_is_stopped_does_not_load_the_client(live: Cxcall) -> None:
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "r", "--yes")
    live(*words, code=0)
    assert loaded({"cxcall", "requests"}, *words, **live.environment) == ["cxcall"]
    live(*words, code=7)


@pytest.mark.slow
def test_a_send_loads_no_more_modules_and_compiles_no_pattern_of_absent_numbers(
    live: Cxcall,
) -> None:
    """A module takes 0.1 % of a send, and an empty one 0.05 %: import rarely used modules inside functions."""
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "r", "--yes")
    shown = (
        "count = sum(name.partition('.')[0] == 'cxcall' for name in sys.modules)\n"
        "from cxcall.phone import number_masking\n"
        "print(count, number_masking._pattern.cache_info().misses)"
    )
    modules, patterns = map(int, at_the_end(shown, *words, **live.environment).split())
    assert modules <= MAX_MODULES
    assert patterns == 0


@pytest.mark.slow
def test_a_send_compiles_a_pattern_only_when_it_is_needed(live: Cxcall) -> None:
    package = Path(__file__).parent.parent
    files = {
        ".".join(path.relative_to(package).with_suffix("").parts): path
        for path in (package / "cxcall").rglob("*.py")
    }
    words = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "r", "--yes")
    compiled = re.compile(r"^\w+ = re\.compile\(", re.MULTILINE)
    names = loaded(set(files), *words, **live.environment)
    assert "cxcall.sending.request_sender" in names
    assert [name for name in names if compiled.search(files[name].read_text("utf-8"))] == []


@pytest.mark.slow
def test_explaining_a_command_needs_only_its_reader_and_the_patterns_that_it_uses(
    tmp_path: Path,
) -> None:
    file = tmp_path / "call.txt"
    url = "https://api.mypurecloud.com/api/v2/conversations/calls"
    file.write_text(
        f"""curl {url} -H 'Authorization: Bearer x' -d '{{"phoneNumber": "+12025550123"}}'""",
        "utf-8",
    )
    modules = """
        explaining.correction.corrected_request explaining.correction.corrected_values
        explaining.readers.code.code_reader explaining.readers.commands.other_clients
        responses.refusals.names_in_message responses.refusals.refusal_findings
    """
    own = {f"cxcall.{name}" for name in modules.split()}
    assert all(map(find_spec, own))
    assert loaded(own | {"cxcall", "html"}, "explain", str(file)) == ["cxcall"]
    shown = (
        "from cxcall.runtime.patterns import LazyPattern as kind\n"
        "found = {id(each): each for name, module in sys.modules.items() if name.startswith('cxcall.')"
        " for each in vars(module).values() if isinstance(each, kind)}\n"
        "print(sum('_compiled' in vars(each) for each in found.values()), len(found))"
    )
    used, declared = map(int, at_the_end(shown, "explain", str(file)).split())
    assert used < declared / 3


def test_named_tuples_are_the_ones_that_load_fast() -> None:
    package = Path(__file__).parent.parent / "cxcall"
    slow = re.compile(r"^from typing import .*\bNamedTuple\b", re.MULTILINE)
    found = [path.name for path in package.rglob("*.py") if slow.search(path.read_text("utf-8"))]
    assert found == []
