"""Keep a random sample of the mutants in a session of cosmic-ray, and skip all others.

    python tools/sample_mutants.py SESSION [--size 40] [--seed 16]

Of the mutants that differ only in the replacement, such as `<` by `<=` and by `==`, one is kept. A mutant of an
annotation or of a `TYPE_CHECKING` block changes nothing that runs, and is left out before the draw.
"""

from __future__ import annotations

import argparse
import ast
import random
import sqlite3
from functools import cache
from pathlib import Path

Position = tuple[int, int]
Mutant = tuple[str, str, str, int, int]
"""Job, module, operator, and the row and column where it starts."""

SKIP = (
    "INSERT OR REPLACE INTO work_results (job_id, worker_outcome, test_outcome) "
    "VALUES (?, 'SKIPPED', NULL)"
)


def get_hints(node: ast.AST) -> list[ast.expr | None]:
    """Return the type hints that a node itself has."""
    match node:
        case ast.FunctionDef(returns=hint) | ast.AsyncFunctionDef(returns=hint):
            return [hint]
        case ast.arg(annotation=hint) | ast.AnnAssign(annotation=hint):
            return [hint]
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return [node.test]
        case _:
            return []


@cache
def find_hints(module: str) -> list[tuple[Position, Position]]:
    """Return the starts and ends of type hints in a module: rows from 1, columns from 0."""
    hints = [
        hint
        for node in ast.walk(ast.parse(Path(module).read_text(encoding="utf-8")))
        for hint in get_hints(node)
        if hint is not None
    ]
    return [
        ((hint.lineno, hint.col_offset), (hint.end_lineno or 0, hint.end_col_offset or 0))
        for hint in hints
    ]


def matters(mutant: Mutant) -> bool:
    """Return whether a mutant can change what runs."""
    _, module, _, row, column = mutant
    return not any(start <= (row, column) < end for start, end in find_hints(module))


def draw(mutants: list[Mutant], size: int, seed: int) -> tuple[set[str], int]:
    """Return the jobs to run, and the number of distinct mutants that they are drawn from."""
    chance = random.Random(seed)
    kinds: dict[tuple[str, str, int, int], list[str]] = {}
    for job, module, operator, row, column in filter(matters, sorted(mutants, key=lambda m: m[1:])):
        kinds.setdefault((module, operator.partition("_")[0], row, column), []).append(job)
    kept = [chance.choice(jobs) for jobs in kinds.values()]
    return set(chance.sample(kept, min(size, len(kept)))), len(kept)


def main() -> None:
    """Mark all mutants outside the sample as skipped."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("session")
    parser.add_argument("--size", type=int, default=40)
    parser.add_argument("--seed", type=int, default=16)
    options = parser.parse_args()
    connection = sqlite3.connect(options.session)
    mutants = connection.execute(
        "SELECT job_id, module_path, operator_name, start_pos_row, start_pos_col "
        "FROM mutation_specs"
    ).fetchall()
    jobs, distinct = draw(mutants, options.size, options.seed)
    connection.executemany(SKIP, [(job,) for job, *_ in mutants if job not in jobs])
    connection.commit()
    hints = sum(not matters(mutant) for mutant in mutants)
    print(
        f"{len(jobs)} of {distinct} distinct mutants; {len(mutants)} in all, {hints} of type hints"
    )


if __name__ == "__main__":
    main()
