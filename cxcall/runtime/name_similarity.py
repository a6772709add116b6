"""Find the correct name for a misspelled one."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.runtime.patterns import fold_name, name_words

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST_TYPO = 4
"""The fewest characters of a name in which one letter may be wrong."""
_OPPOSITES = frozenset(
    """
    no not non un in dis dont never without cannot except dnc
    from exclude excluded ignore ignored skip stop block blocked
    disable disabled disallow deny denied suppress suppressed prevent
    """.split()
)
"""Words and prefixes with which a name means the opposite, or the other side of a call."""
_SHORTEST_WORD = 3
"""The fewest letters that stand for a longer word: `num` for `number`."""

_LONGEST_ENDING = 3
"""The most letters of an ending such as `-ed` and `-ing`."""


def find_similar(name: str, names: Iterable[str], cutoff: float = 0.6) -> str:
    """Return the most similar of some names as they are written; empty if none is similar."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(names), n=1, cutoff=cutoff)), "")


def find_misspelled(name: str, names: Iterable[str]) -> list[str]:
    """Return the names that differ from a name by the fewest typing errors: one letter, in a long name two."""
    errors = {each: count_typos(name, each) for each in names}
    near = [
        each
        for each, count in errors.items()
        if min(len(name), len(each)) >= _SHORTEST_TYPO
        and count <= max(1, min(2, len(name) // _SHORTEST_TYPO))
    ]
    return [each for each in near if errors[each] == min(map(errors.__getitem__, near))]


def find_equally_similar(name: str, names: Iterable[str]) -> list[str]:
    """Return the most similar of some names, and others that are as similar; empty if none is similar."""
    from difflib import SequenceMatcher, get_close_matches

    ratios = {}
    matcher = SequenceMatcher(b=name)
    for each in get_close_matches(name, list(names)):
        matcher.set_seq1(each)
        ratios[each] = matcher.ratio()
    return sorted(each for each in ratios if ratios[each] == max(ratios.values()))


def nearest_name(name: str, names: Iterable[str]) -> str:
    """Return the most similar of some names by their letters and digits; empty if none is similar.

    A name that means the opposite is not similar.
    """
    return _nearest_name(name, tuple(names))


@lru_cache(maxsize=1024)
def _nearest_name(name: str, names: tuple[str, ...]) -> str:
    folded = {fold_name(each): each for each in names}
    nearest = folded.get(find_similar(fold_name(name), folded, 0.75), "")
    return "" if is_opposite(name, nearest) else nearest


def nearest_value(value: str, choices: Iterable[str]) -> str:
    """Return the only one of some values that has the same words, perhaps misspelled or in another form; empty if none.

    A value with another word means something else: `machine` is not `faxMachine`.
    """
    others = tuple(choices)
    same = [each for each in others if fold_name(each) == fold_name(value)]
    same = same or [each for each in others if _has_same_words(value, each)]
    is_safe = len(same) == 1 and not is_opposite(value, same[0])
    return same[0] if is_safe else ""


def _has_same_words(one: str, other: str) -> bool:
    pairs = name_words(one), name_words(other)
    return len(pairs[0]) == len(pairs[1]) and all(map(_is_same_word, *pairs))


def _is_same_word(one: str, other: str) -> bool:
    """Return whether two words are equal, or longer ones differ by an ending or by a letter or two."""
    shortest = min(len(one), len(other))
    if one == other or shortest < _SHORTEST_TYPO:
        return one == other
    is_ending = abs(len(one) - len(other)) <= _LONGEST_ENDING
    is_form = is_ending and (one.startswith(other) or other.startswith(one))
    return is_form or count_typos(one, other) <= max(1, shortest // 4)


def is_opposite(name: str, other: str) -> bool:
    """Return whether one of two names negates the other: `notCallable` and `callable`, `inactive` and `isActive`."""
    return _negates(name, other) or _negates(other, name)


def _negates(name: str, other: str) -> bool:
    """Return whether a name has a word of negation, or a word of the other name with such a prefix."""
    others = name_words(other)
    # Of names that differ by one letter, both have the word.
    is_misspelled = is_typo(fold_name(name), fold_name(other))
    endings = [each for each in (*others, fold_name(other)) if len(each) >= _SHORTEST_TYPO]
    return any(
        (word in _OPPOSITES and not (is_misspelled and _is_long(word)))
        or any(word.endswith(each) and word.removesuffix(each) in _OPPOSITES for each in endings)
        for word in name_words(name)
        if not _has_word(others, word)
    )


def _is_long(word: str) -> bool:
    """Return whether a word of negation cannot be another one with one wrong letter."""
    return word == "dnc" or len(word) > _SHORTEST_WORD


def differs_in_words(name: str, other: str) -> bool:
    """Return whether each of two names has a word that the other lacks: `callerNumber` and `callerIdName`."""
    own, others = (list(filter(str.isalpha, name_words(each))) for each in (name, other))
    return not (
        all(_has_word([*others, fold_name(other)], word) for word in own)
        or all(_has_word([*own, fold_name(name)], word) for word in others)
    )


def _has_word(words: Iterable[str], word: str) -> bool:
    """Return whether a word is one of some words, perhaps misspelled or abbreviated."""
    return any(
        word == each
        or (
            min(len(word), len(each)) >= _SHORTEST_WORD
            and (word.startswith(each) or each.startswith(word) or count_typos(word, each) <= 1)
        )
        for each in words
    )


def is_typo(one: str, other: str) -> bool:
    """Return whether two names differ by one letter: dropped, added, replaced, or swapped with the next."""
    if min(len(one), len(other)) < _SHORTEST_TYPO or abs(len(one) - len(other)) > 1:
        return False
    while one[:1] == other[:1] and one and other:
        one, other = one[1:], other[1:]
    while one[-1:] == other[-1:] and one and other:
        one, other = one[:-1], other[:-1]
    is_swap = len(one) == len(other) == 2 and one == other[::-1]  # noqa: PLR2004 - two letters
    is_number = any(map(str.isdigit, one + other))  # `phone1` and `phone` are different names
    return (is_swap or max(len(one), len(other)) == 1) and not is_number


def count_typos(word: str, expected: str) -> int:
    """Return the letters to drop, add, replace, or swap: the Damerau-Levenshtein distance."""
    before, row = [0] * (len(expected) + 1), list(range(len(expected) + 1))
    for i, letter in enumerate(word):
        following = [i + 1]
        for j, other in enumerate(expected):
            cost = min(row[j + 1] + 1, following[j] + 1, row[j] + (letter != other))
            if i and j and letter == expected[j - 1] and word[i - 1] == other:
                cost = min(cost, before[j - 1] + 1)
            following.append(cost)
        before, row = row, following
    return row[-1]


def longer_name(folded: str, names: Iterable[str]) -> str:
    """Return the only name that starts like a shorter one: `phoneNumber` for `phone`; empty if there is none."""
    longer = [each for each in names if fold_name(each).startswith(folded)]
    return longer[0] if len(longer) == 1 and len(folded) > _SHORTEST_TYPO else ""


def has_further_word(name: str, other: str) -> bool:
    """Return whether a name has all words of another one and a further one, so that it is no misspelling of it."""
    return {*name_words(other)} < {*name_words(name)}


def part_of_name(name: str, names: Iterable[str]) -> str:
    """Return the first of some names that has only words of a name: `secretKey` of `accessKeySecret`; empty if none."""
    words = {*name_words(name)}
    return next((each for each in names if set() < {*name_words(each)} <= words), "")
