"""The modules of the package as syntax trees, which are read once in each process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "cxcall"


@cache
def syntax_trees() -> dict[Path, ast.Module]:
    """Return the tree of each module; no test may change it."""
    return {path: ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}
