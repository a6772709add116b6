"""Find the operations whose paths have a segment more than a request's, and those that a body may be for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from cxcall.contracts.operation import Operation
from cxcall.explaining.operations.known_operations import (
    PublishedOperation,
    PublishedOperations,
    path_segments,
)
from cxcall.explaining.operations.path_distance import count_words, fold_segment, is_value
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body, has_errors
from cxcall.runtime.name_similarity import differs_in_words

_MIN_WORDS = 2
"""The fewest words of a path that lacks one; a single word is the start of paths of any purpose."""
_MAX_ADDED = 3
_MISTAKES = "x-cxcall-mistakes"


def find_longer(
    method: str, segments: tuple[str, ...], sources: Sequence[PublishedOperations]
) -> list[PublishedOperation]:
    """Return the operations of a method whose paths have all segments in order, and at most one word more, with or without IDs.

    Of these, only those with the fewest additional segments; of several, those with the same last one, or the queries.
    The first word, which names the part of the API, must be the same.
    """
    words = count_words(segments)
    if words < _MIN_WORDS:
        return []
    start = 1 + next(i for i, each in enumerate(segments) if count_words([each]))
    words_with_prefix = sum(not is_value(each) for each in segments)
    found: dict[int, dict[str, PublishedOperation]] = {}
    for source in sources:
        for each, template in _templates(source, method):
            added = len(template) - len(segments)
            if (
                0 < added <= _MAX_ADDED
                and all(map(_is_same, segments[:start], template[:start]))
                and sum(each[:1] != "{" for each in template) <= words_with_prefix + 1
                and _has_in_order(template[start:], segments[start:])
            ):
                found.setdefault(added, {}).setdefault(each.path, each)
    nearest = [*found[min(found)].values()] if found else []
    ends = [each for each in nearest if _is_same(segments[-1], path_segments(each.path)[-1])]
    queries = [each for each in nearest if each.path.endswith(("/query", "/search"))]
    return ends or queries or nearest


@lru_cache(maxsize=64)
def _templates(
    source: PublishedOperations, method: str
) -> list[tuple[PublishedOperation, tuple[str, ...]]]:
    found = (each for each in source.operations if each.method == method)
    return [(each, path_segments(each.path)) for each in found]


def _has_in_order(template: Sequence[str], segments: Sequence[str]) -> bool:
    """Return whether a template has all segments in their order, with any others between them."""
    rest = iter(template)
    return all(any(_is_same(segment, each) for each in rest) for segment in segments)


def _is_same(segment: str, expected: str) -> bool:
    if expected[:1] == "{" or is_value(segment):
        return expected[:1] == "{" and is_value(segment)
    return fold_segment(segment) == fold_segment(expected)


def takes_body(operation: Operation | None, payload: Payload | None) -> bool:
    """Return whether a body has the type and all names that an operation requires, and no others."""
    if operation is None or payload is None or not operation.takes_body:
        return False
    errors = [each for each in check_body(operation, payload) if has_errors([each])]
    is_other = any(each.code == "type-mismatch" and not each.where for each in errors)
    return not is_other and {"property-missing", "property-unknown"}.isdisjoint(
        each.code for each in errors
    )


def may_take_body(operation: Operation | None, payload: Payload | None) -> bool:
    """Return whether a body may be for an operation: it has the type and a name of the schema, or it is not known.

    A name counts that has no word more: `status` of `campaignStatus`.
    """
    if operation is None or payload is None or not operation.takes_body:
        return True
    schema, value = operation.schema_at(""), payload.value
    kind, known = schema.get("type"), {**schema.get("properties", {}), **schema.get(_MISTAKES, {})}
    if isinstance(value, dict) and value and known:
        return any(not differs_in_words(name, each) for name in value for each in known)
    return kind not in ("array", "object") or (kind == "array") == isinstance(value, list)
