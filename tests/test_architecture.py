"""Packages stand on levels, and imports run downwards: see docs/architecture.md."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from helpers.cases import each_case

PACKAGE = Path(__file__).parent.parent / "cxcall"
# A module may import from its own package and from packages of a lower level.
LEVELS = (
    {"named_tuple", "version"},
    {"findings", "runtime"},
    {"documents", "phone"},
    {"contracts", "ledger", "transport"},
    {"payloads", "responses", "settings"},
    {"credentials", "explaining", "sandbox", "validation"},
    {"output", "sending"},
    {"batch", "platform_reads"},
    {"client"},
    {"cli"},
    {"__init__", "__main__", "pytest_plugin"},
)
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}


def package_of(path: Path) -> str:
    """Return the name of the package, or of the module at the root, that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_packages(path: Path) -> set[str]:
    """Return the packages of ours that a file imports from, also within its functions."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "cxcall":
            found |= {alias.name if alias.name in LEVEL else "__init__" for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cxcall."):
            found.add((node.module or "").split(".")[1])
    return found


@pytest.mark.slow
@each_case("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_run_downwards(path: Path) -> None:
    here = package_of(path)
    assert here in LEVEL, f"give `{here}` its place in LEVELS"
    others = imported_packages(path) - {here}
    assert not {name for name in others if LEVEL[name] >= LEVEL[here]}


def test_every_level_has_packages_that_exist() -> None:
    present = {package_of(path) for path in PACKAGE.rglob("*.py")}
    assert present == set(LEVEL)
