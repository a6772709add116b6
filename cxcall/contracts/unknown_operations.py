"""Find what a wrong name of an operation probably means, and which operations of a user's document are left out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.contracts.openapi_document import LEFT_OUT, SHARED_NAME
from cxcall.contracts.request_url import path_of_url
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.name_similarity import (
    count_typos,
    differs_in_words,
    find_similar,
    nearest_value,
)
from cxcall.runtime.patterns import compile_on_use, fold_name, name_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation


_ID = compile_on_use(r"s?/\{[^{}]*\}")
_NEAR = 0.8
"""The least similarity of a name with another word."""
_PREFIX = compile_on_use(r"^/api/v[0-9]+")


def suggest_operation(name: str, operations: Sequence[Operation]) -> str:
    """Return a hint with the operation of this path, command, or name in the vendor's SDK, or of the most similar name."""
    shared = [each for each in operations if each.declared.get(SHARED_NAME) == name]
    if shared:
        return f"several operations of the document have this name; write {_listed(shared)}"
    found = [each for each in operations if name.endswith(each.path)]
    found = found or [each for each in operations if each.command == name]
    found = found or [each for each in operations if fold_name(name) in _other_names(each)]
    if found:
        return f"this operation is called {_listed(found)}"
    names = [each.name for each in operations]
    near = nearest_value(name, names) or _only_with_other_length(name, names)
    near = near or find_similar(
        name, [each.name for each in operations if _is_harmless(each, name)]
    )
    near = near or find_similar(
        name, [each.name for each in operations if each.method == "GET"], _NEAR
    )
    hint = f"the most similar name is `{near}`" if near else "see `cxcall operations`"
    return hint + hint_at_problems({each.contract for each in operations})


def _only_with_other_length(name: str, names: Iterable[str]) -> str:
    """Return the only name with one letter more or less, not at the start of a word: `place-call` for `place-cal`."""
    starts = [word[0] for word in name_words(name)]
    found = [
        each
        for each in names
        if abs(len(each) - len(name)) == 1
        and [word[0] for word in name_words(each)] == starts
        and count_typos(name, each) == 1
    ]
    return found[0] if len(found) == 1 else ""


def _is_harmless(operation: Operation, name: str) -> bool:
    """Return whether an operation may be suggested for a name with more, or fewer, words: it deletes and calls nothing."""
    is_same = operation.method != "DELETE" and not differs_in_words(name, operation.name)
    return is_same and not operation.can_place_call


def hint_at_problems(contracts: Iterable[Contract | None]) -> str:
    """Return the end of a hint if a user's document has problems, because of which it may lack an operation; else empty."""
    has_problems = any(each and not each.is_shipped and each.problems for each in contracts)
    return "; the document has errors: `cxcall operations --problems`" if has_problems else ""


def _listed(operations: Iterable[Operation]) -> str:
    return " or ".join(f"`{each.name}` ({each.method} {each.path})" for each in operations)


def _other_names(operation: Operation) -> set[str]:
    """Return the name of an operation without separators, and that of the vendor's SDK: `getUser` for `GET /users/{id}`.

    The name of the product before a path may be left out: `getCampaigns` for `GET /outbound/campaigns`.
    """
    path = _ID.sub("", _PREFIX.sub("", operation.path))
    names = [operation.name, operation.method + path]
    names += [operation.method + inner for inner in [path[1:].partition("/")[2]] if inner]
    return {re.sub(r"[^a-z0-9]", "", fold_name(text)) for text in names}


class LeftOutOperation(NamedTuple):
    """An operation that a document declares, but that cannot be used; `path` includes that of the server.

    `reason` and `fix` are those that `cxcall operations --problems` lists, `where` is the place in the document.
    """

    method: str
    path: str
    name: str
    where: str
    reason: str
    fix: str


def read_left_out_operations(contract: Contract) -> tuple[LeftOutOperation, ...]:
    """Return the operations of a contract that cannot be used, in the order of the document."""
    base, found = path_of_url(contract.base_url()), []
    for method, path, name in contract.declared.get(LEFT_OUT, ()):
        problem = next(each for each in contract.problems if name in each["operations"])
        texts = [problem[key] for key in ("where", "message", "fix")]
        found.append(LeftOutOperation(method, base + path, name, *texts))
    return tuple(found)
