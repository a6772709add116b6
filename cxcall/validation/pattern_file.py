"""Read the patterns of paths, and the operations that they assign, from a file of the project."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from cxcall.documents import toml
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from cxcall.contracts.contract import Catalog
    from cxcall.contracts.operation import Operation

_EXAMPLE = 'write `"payloads/**/*.json" = "execute"`'


def read_patterns(path: Path, above: Sequence[str], known: Catalog) -> dict[str, Operation] | None:
    """Return the operations by their patterns in the table `operations` of a file; None if it has no such settings.

    `above` are the names of the tables that contain this table. Raises UsageError with the place of what is invalid.
    """
    text = toml.read_file(path)
    if above and above[-1] not in text:
        return None  # other errors in the file are not reported here
    declared: Any = toml.parse(path, text, fix=_EXAMPLE)
    for depth, key in enumerate(above, 1):
        if key not in declared:
            return None
        declared = _table(path, text, above[:depth], declared[key])
    for key in declared:
        if key != "operations":
            place = toml.locate(path, text, *above, key)
            raise UsageError(
                f"unknown setting `{key}`", where=place, fix=f"under `[operations]` {_EXAMPLE}"
            )
    keys = (*above, "operations")
    patterns = _table(path, text, keys, declared.get("operations", {}))
    return {
        pattern: _operation(partial(toml.locate, path, text, *keys, pattern), name, known)
        for pattern, name in patterns.items()
    }


def _table(path: Path, text: str, keys: Sequence[str], value: Any) -> Mapping[str, Any]:
    if isinstance(value, dict):
        return value
    raise UsageError(
        f"`{'.'.join(keys)}` must be a table, not {toml.type_name(value)}",
        where=toml.locate(path, text, *keys),
        fix=_EXAMPLE,
    )


def _operation(locate: Callable[[], str], name: Any, known: Catalog) -> Operation:
    if not isinstance(name, str):
        raise UsageError(
            f"the name of an operation must be a string, not {toml.type_name(name)}",
            where=locate(),
            fix=_EXAMPLE,
        )
    try:
        return known.find_operation(name)
    except UsageError as error:
        (finding,) = error.findings
        raise UsageError(finding.message, where=locate(), fix=finding.fix) from None
