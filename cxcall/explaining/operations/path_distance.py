"""Compute the distance between the path of a request and path templates, segment by segment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.contracts.path_templates import is_mixed_segment, slot_values
from cxcall.payloads.placeholders import is_placeholder
from cxcall.runtime.name_similarity import count_typos, is_typo
from cxcall.runtime.patterns import compile_on_use, name_words

if TYPE_CHECKING:
    from cxcall.explaining.operations.known_operations import PublishedOperation

ID, VALUE = "{}", "{*}"
"""The placeholders in a template for a parameter that is an ID, and for any other parameter."""
WORD_AS_ID = 0.6
"""The distance of a plain word from an ID."""
OTHER_WORD = 1.0
"""The distance of two words that have nothing in common: an extra, missing, or wrong segment."""

_PLAIN_WORD = compile_on_use(r"[a-z]+(?:[-_.]+[a-z]+)*")
_PREFIX = compile_on_use(r"api|platform|v[a-z]?[0-9.]*|[0-9]+\.[0-9]+", re.IGNORECASE)
_SEPARATOR = compile_on_use(r"[-_.]")
_SAME_WORD, _PREFIX_SEGMENT, _WORD_AS_VALUE, _MISSING_ID = 0.1, 0.3, 0.2, 0.7
_LAST_WORD = 0.2
"""The extra distance if the last word, which names the resource, differs."""
_LETTERS_PER_TYPO = 4
_KEPT = 8192
"""The most segments whose words are kept: all templates have 2,000."""


def may_be_id(segment: str) -> bool:
    """Return whether a path segment may be an ID or a placeholder for one; a plain word is not."""
    is_word = _PLAIN_WORD.fullmatch(segment) and not is_placeholder(segment, id_wanted=True)
    return bool(segment) and not is_word


def is_same_word(segment: str, expected: str) -> bool:
    """Return whether a segment is a word of a template, in any case, in the singular, or with one wrong letter."""
    one, other = fold_segment(segment), fold_segment(expected)
    return one == other or is_typo(one, other)


def count_words(segments: Iterable[str]) -> int:
    """Return how many segments are words: neither IDs nor parts of a prefix such as `/api/v2`."""
    return sum(not (is_value(each) or _PREFIX.fullmatch(each)) for each in segments)


class PathTree:
    """Path templates by their segments: lower-case words, ID or VALUE for a parameter, `{from}..{to}` unchanged.

    `operations` belong to the path that ends at this node; `most` is the number of segments of the longest template.
    """

    def __init__(self) -> None:
        self.operations: list[PublishedOperation] = []
        self.children: dict[str, PathTree] = {}
        self.most = 0

    def add(self, template: Iterable[str], operation: PublishedOperation) -> None:
        """Add an operation to a path template."""
        node = self
        count = 0
        for count, segment in enumerate(template, 1):  # noqa: B007 - the number of the last one
            if segment not in node.children:
                node.children[segment] = PathTree()
            node = node.children[segment]
        node.operations.append(operation)
        self.most = max(self.most, count)

    def find(
        self, segments: tuple[str, ...], template: tuple[str, ...] = ()
    ) -> Iterator[tuple[tuple[str, ...], list[PublishedOperation]]]:
        """Yield each template that matches a path, and its operations."""
        if not segments:
            if self.operations:
                yield template, self.operations
            return
        mixed = (
            each
            for each in self.children
            if is_mixed_segment(each) and slot_values(each, segments[0])
        )
        for key in (segments[0].lower(), *mixed, ID, VALUE):
            if child := self.children.get(key):
                yield from child.find(segments[1:], (*template, key))


def rank_paths(
    segments: tuple[str, ...], tree: PathTree, words: frozenset[str], limit: float
) -> Iterator[tuple[float, PublishedOperation]]:
    """Yield each operation whose path is at most `limit` away, with the distance.

    `words` are the words of all templates. The distance is Levenshtein's edit distance over segments instead of
    letters; the search leaves a branch of the tree when the distance exceeds the limit.
    """
    last = max((i for i, each in enumerate(segments) if not is_value(each)), default=-1)
    known: dict[tuple[int, str], float] = {}

    def replace(index: int, expected: str) -> float:
        if (index, expected) not in known:
            cost = _replacement(segments[index], expected, words)
            is_other = index == last and cost >= OTHER_WORD
            known[index, expected] = cost + (_LAST_WORD if is_other else 0)
        return known[index, expected]

    removals = [_cost_alone(each, is_parameter=is_value(each)) for each in segments]
    if sum(sorted(removals)[: max(0, len(segments) - tree.most)]) > limit:
        return  # too many segments for any template
    row = [0.0]
    for removal in removals:
        row.append(row[-1] + removal)
    branches = [(tree, row)]
    while branches:
        node, row = branches.pop()
        if row[-1] <= limit:
            yield from ((row[-1], each) for each in node.operations)
        if min(row) <= limit:
            branches += [
                (child, _next_row(row, removals, expected, replace))
                for expected, child in node.children.items()
            ]


def _next_row(
    row: list[float], removals: list[float], expected: str, replace: Callable[[int, str], float]
) -> list[float]:
    """Return the next row of the edit distance: the distances of all prefixes of the path from a longer template."""
    added = _cost_alone(expected, is_parameter=expected in (ID, VALUE))
    following = [row[0] + added]
    for index, removal in enumerate(removals):
        cheapest = min(row[index + 1] + added, following[index] + removal)
        if row[index] < cheapest:
            cheapest = min(cheapest, row[index] + replace(index, expected))
        following.append(cheapest)
    return following


def is_value(segment: str) -> bool:
    """Return whether a segment is an ID or a placeholder: neither a word, in any case, nor `v2`."""
    is_word = segment.replace("-", "").replace("_", "").isalpha() or _PREFIX.fullmatch(segment)
    return may_be_id(segment) and not is_word


def _cost_alone(segment: str, *, is_parameter: bool) -> float:
    """Return the distance for a segment that only the path or only the template has."""
    if _PREFIX.fullmatch(segment):
        return _PREFIX_SEGMENT
    return _MISSING_ID if is_parameter else OTHER_WORD


def _replacement(segment: str, expected: str, words: frozenset[str]) -> float:
    """Return the distance between a segment and the segment of a template in its place."""
    word = segment.lower()
    if expected in (ID, VALUE):
        return _value_distance(segment, expected, is_known=word in words)
    if word == expected or slot_values(expected, segment):
        return 0
    if _PREFIX.fullmatch(word) and _PREFIX.fullmatch(expected):
        return _PREFIX_SEGMENT
    if fold_segment(segment) == fold_segment(expected):
        return _SAME_WORD
    others = _word_distance(segment, expected)
    if _has_other_word(word, expected):
        return others
    typos = 1 if word in words else _allowed_typos(word)
    singular = _typo_distance(fold_segment(segment), fold_segment(expected), typos) + _SAME_WORD
    return min(_typo_distance(word, expected, typos), singular, others)


def _has_other_word(word: str, expected: str) -> bool:
    """Return whether one of as many words differs by more than typos: `accept-contact`, `accept-consult`."""
    first, second = _SEPARATOR.split(word), _SEPARATOR.split(expected)
    pairs = zip(first, second, strict=False) if len(first) == len(second) > 1 else ()
    return any(_typo_distance(*pair, _allowed_typos(pair[0])) == OTHER_WORD for pair in pairs)


def _allowed_typos(word: str) -> int:
    return max(1, len(word) // _LETTERS_PER_TYPO)


def _value_distance(segment: str, expected: str, *, is_known: bool) -> float:
    """Return the distance between a segment and a parameter; a word of other paths is unlikely to be an ID."""
    if not segment:
        return _PREFIX_SEGMENT
    is_known = is_known or bool(_PREFIX.fullmatch(segment))
    if may_be_id(segment) and not is_known:
        return 0
    if expected == VALUE:
        return _WORD_AS_VALUE
    return OTHER_WORD if is_known else WORD_AS_ID


@lru_cache(maxsize=_KEPT)
def fold_segment(segment: str) -> str:
    """Return a segment in lower case and the singular, without separators."""
    return re.sub(r"[-_. ]", "", segment.lower()).removesuffix("s")


def _typo_distance(word: str, expected: str, allowed: int) -> float:
    """Return the share of mistyped letters as a distance; above the allowed share, the words are different."""
    if abs(len(word) - len(expected)) > allowed or len({*word} - {*expected}) > allowed:
        return OTHER_WORD
    typos = count_typos(word, expected)
    return typos / max(len(word), len(expected)) if typos <= allowed else OTHER_WORD


def _word_distance(segment: str, expected: str) -> float:
    """Return the distance of compound words by the words that they share: `callback`, `scheduled-callbacks`."""
    first, second = singular_words(segment), singular_words(expected)
    common = len(first & second)
    is_similar = common * 2 >= max(len(first), len(second), 1)
    return OTHER_WORD - 0.8 * common / len(first | second) if is_similar else OTHER_WORD


@lru_cache(maxsize=_KEPT)
def singular_words(text: str) -> frozenset[str]:
    """Return the words of a segment or a path, in lower case and the singular."""
    return frozenset(word.removesuffix("s") for word in name_words(text))
