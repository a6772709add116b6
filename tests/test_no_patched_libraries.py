"""No module of cxcall changes `sys.modules`, replaces a member of a library, or uses a private member of Typer."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.cases import each_case
from helpers.command import CONTACT, Cxcall
from helpers.syntax_trees import PACKAGE, syntax_trees

# Keeps an optional character-set detector of requests from loading; its docstring says why.
EXCEPTION = PACKAGE / "transport" / "charset_detector.py"
MUTATORS = {"__delitem__", "__setitem__", "clear", "pop", "popitem", "setdefault", "update"}
# Python documents these attributes as replaceable: they are the streams of the process.
STREAMS = {"sys.stderr", "sys.stdin", "sys.stdout"}


def libraries_in(nodes: list[ast.AST]) -> dict[str, str]:
    """Return the names that the nodes of a program import from libraries, with the dotted path of each."""
    found: dict[str, str] = {}
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                found[alias.asname or root] = alias.name if alias.asname else root
        elif isinstance(node, ast.ImportFrom):
            found |= {
                alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names
            }
    return {name: path for name, path in found.items() if path.partition(".")[0] != "cxcall"}


def dotted_path(node: ast.AST, libraries: dict[str, str]) -> str:
    """Return the path of a library's module or member; empty for anything else."""
    if isinstance(node, ast.Name):
        return libraries.get(node.id, "")
    if isinstance(node, ast.Attribute) and (owner := dotted_path(node.value, libraries)):
        return f"{owner}.{node.attr}"
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "vars":
        return "".join(f"{dotted_path(node.args[0], libraries)}.__dict__" for _ in node.args[:1])
    return ""


def is_patch(node: ast.AST, libraries: dict[str, str]) -> bool:
    """Return whether a node changes `sys.modules`, or a member of a library."""

    def is_library(inner: ast.AST) -> bool:
        return bool(dotted_path(inner, libraries))

    def is_namespace(inner: ast.AST) -> bool:
        path = dotted_path(inner, libraries)
        return path == "sys.modules" or path.endswith(".__dict__")

    match node:
        case ast.Attribute(ctx=ast.Store() | ast.Del()):
            return is_library(node) and dotted_path(node, libraries) not in STREAMS
        case ast.Subscript(value=owner, ctx=ast.Store() | ast.Del()):
            return is_namespace(owner)
        case ast.AugAssign(target=ast.Name() as name):
            return is_namespace(name)
        case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[owner, *_]):
            return is_library(owner)
        case ast.Call(func=ast.Attribute(value=owner, attr=name)):
            return name in MUTATORS and is_namespace(owner)
    return False


def patches_in(program: str) -> list[int]:
    """Return the lines of a program that patch a library."""
    return patches_in_tree(ast.parse(program))


def patches_in_tree(tree: ast.Module) -> list[int]:
    nodes = [*ast.walk(tree)]
    libraries = libraries_in(nodes)
    changing = (
        node
        for node in nodes
        if isinstance(node, ast.Attribute | ast.Subscript | ast.AugAssign | ast.Call)
        and not isinstance(getattr(node, "ctx", None), ast.Load)
    )
    return sorted(node.lineno for node in changing if is_patch(node, libraries))


@pytest.mark.slow
def test_no_module_patches_a_library() -> None:
    found = {
        path: lines for path, tree in syntax_trees().items() if (lines := patches_in_tree(tree))
    }
    assert found.keys() == {EXCEPTION}


def test_the_one_exception_only_marks_modules_as_absent_or_empty() -> None:
    program = EXCEPTION.read_text("utf-8")
    lines = [program.splitlines()[line - 1].split("#")[0].strip() for line in patches_in(program)]
    marks = ["sys.modules[name] = None", "sys.modules[name] = empty"]
    assert lines == [*marks, "del sys.modules[name]"]


@pytest.mark.slow
@each_case(
    "path", sorted((PACKAGE / "cli").rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE))
)
def test_command_line_uses_only_public_members_of_typer(path: Path) -> None:
    tree = syntax_trees()[path]
    imported = [
        path for path in libraries_in([*ast.walk(tree)]).values() if path.startswith("typer")
    ]
    assert not [path for path in imported if "._" in path]
    # `_fields` and the like are the documented API of named tuples.
    public = {"_asdict", "_field_defaults", "_fields", "_replace"}
    private = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"))
    }
    assert private <= public


@each_case(
    "program",
    [
        "import sys\nsys.modules['idna'] = None",
        "import sys\ndel sys.modules['idna']",
        "import sys\nsys.modules.update(absent)",
        "import sys\nsys.modules.pop('idna', None)",
        "import sys\nsys.modules.setdefault('idna', None)",
        "import sys\nsys.modules |= {'idna': None}",
        "from sys import modules as loaded\nloaded |= {'idna': None}",
        "import sys\nsys.modules = {}",
        "from sys import modules as loaded\nloaded['idna'] = None",
        "import re\nre.compile = lazily",
        "import re\nre.compile: object = lazily",
        "import os.path\nos.path.join = join",
        "import urllib3.connection as connection\nconnection.HTTPConnection.send = send",
        "from requests.adapters import HTTPAdapter\nHTTPAdapter.send = send",
        "def patch():\n    import re\n    re.compile, other = lazily, 1",
        "def patch():\n    re.purge = None\nimport re",
        "import re\nwith opened() as re.purge:\n    pass",
        "import re\nsetattr(re, 'compile', lazily)",
        "from requests import Session\ndelattr(Session, 'get')",
        "import re\ndel re.compile",
        "import re\nvars(re)['compile'] = lazily",
        "import re\nre.__dict__.update(compile=lazily)",
    ],
)
def test_patches_are_found(program: str) -> None:
    assert patches_in(program)


@each_case(
    "program",
    [
        "import sys\nnames = 'idna' in sys.modules",
        "import sys\nsys.stdout = guarded",
        "import re\nlocal = re.compile('a')\nlocal.name = 1",
        "from cxcall import version\nversion.__version__ = '1'",
        "import os\nenvironment = dict(os.environ)\nenvironment.update(a='b')",
    ],
)
def test_other_assignments_are_no_patches(program: str) -> None:
    assert not patches_in(program)


LOADING = """
import sys, warnings
filters, seen = warnings.filters, []
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "requests":
            detectors = [sys.modules.get(each, 0) for each in ("chardet", "charset_normalizer")]
            seen.append((warnings.filters is filters, detectors == [0, 0]))
sys.meta_path.insert(0, Watch())
"""
"""A program that notes, when requests is loaded, whether the filters of warnings and the detectors are as before."""
SEND = ("personal-connection", "--contact-id", CONTACT, "--reason-code", "x", "--sandbox")


def run_with_warnings_as_errors(program: str) -> str:
    words = (sys.executable, "-W", "error", "-c", LOADING + program)
    ran = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert not ran.stderr
    return ran.stdout.splitlines()[-1]


@pytest.mark.slow
def test_client_in_a_program_changes_no_filter_of_warnings_and_no_detector(cxcall: Cxcall) -> None:
    """A thread loads requests, while other threads of the program may use both."""
    program = f"""
import os
os.environ.update({cxcall.environment!r})
import cxcall
with cxcall.Client(sandbox=True) as client:
    sent = client.send("personal-connection", {{"contactId": {CONTACT!r}, "reasonCode": "x"}})
import requests, charset_normalizer
print(seen, str(sent.outcome), requests.compat.chardet is charset_normalizer)
"""
    assert run_with_warnings_as_errors(program) == "[(True, True)] accepted True"


@pytest.mark.slow
def test_command_loads_no_detector_and_changes_no_filter_of_warnings(cxcall: Cxcall) -> None:
    program = f"""
import os
os.environ.update({cxcall.environment!r})
os._exit = lambda code: sys.exit(code)
sys.argv = ["cxcall", *{SEND!r}]
from cxcall.__main__ import main
try: main()
except SystemExit as end: code = end.code
names = ("chardet", "charset_normalizer")
print(code, seen[0][0], warnings.filters is filters, [each for each in names if each in sys.modules])
import charset_normalizer
assert charset_normalizer.from_bytes(b"caf").best()
"""
    assert run_with_warnings_as_errors(program) == "0 True True []"
