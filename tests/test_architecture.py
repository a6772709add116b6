"""Packages have levels, and imports go only to lower ones: see docs/architecture.md."""

from __future__ import annotations

import re
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

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
TYPES = re.compile(r"^if TYPE_CHECKING:\n(?:(?: .*)?\n)+", re.MULTILINE)
LEVEL = {name: level for level, names in enumerate(LEVELS) for name in names}


def package_of(module: str) -> str:
    """Return the name of the package, or of the module at the root, that a module belongs to."""
    return f"{module}.__init__".split(".")[1]


@cache
def modules() -> dict[str, str]:
    """Return the text of each module of cxcall; parsing all of them would take seconds."""
    paths = {path.relative_to(PACKAGE.parent): path for path in PACKAGE.rglob("*.py")}
    names = {".".join(each.with_suffix("").parts).removesuffix(".__init__"): each for each in paths}
    return {name: paths[each].read_text("utf-8") for name, each in names.items()}


def imported_modules(text: str, *, for_types: bool) -> set[str]:
    """Return the modules of cxcall that a module imports, also in functions; `for_types` adds type-only imports."""
    found = re.findall(
        r"^ *from (cxcall[\w.]*) import (\([^)]*\)|.*)",
        text if for_types else TYPES.sub("", text),
        re.MULTILINE,
    )
    names = {(module, name) for module, listed in found for name in re.findall(r"\w+", listed)}
    whole = {
        f"{module}.{name}" if f"{module}.{name}" in modules() else module for module, name in names
    }
    return {each for each in whole if each in modules()}


def test_imports_run_downwards() -> None:
    upwards = [
        (name, other)
        for name, code in modules().items()
        for other in imported_modules(code, for_types=True)
        if package_of(other) != package_of(name)
        and LEVEL[package_of(other)] >= LEVEL[package_of(name)]
    ]
    assert upwards == []


def test_no_imports_run_in_a_circle() -> None:
    graph = {
        name: imported_modules(code, for_types=False) - {name} for name, code in modules().items()
    }
    list(TopologicalSorter(graph).static_order())  # raises CycleError, which names the circle


def test_every_level_has_packages_that_exist() -> None:
    assert {package_of(name) for name in modules()} == set(LEVEL)
