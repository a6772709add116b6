"""Find the ends of sentences and clauses, and decide whether a sentence is an assumption, or words of a person."""

from __future__ import annotations

import re

from cxcall.responses.refusals.finding_code_table import NO_CAUSE
from cxcall.responses.refusals.reason_choice import find_cause_of_text
from cxcall.runtime.patterns import LazyPattern, compile_on_use

SENTENCE_END = compile_on_use(r"[.!?]\s+|\n\s*\n")
CLAUSE_END = compile_on_use(r"[.!?;,]\s|\s(?=(?:and|but|then|while)\s)")
_AS_EXPECTED = compile_on_use(r"\bas (?:it should|expected|documented|intended)\b", re.IGNORECASE)
_ASSUMPTION = compile_on_use(
    r"\b(?:assert|expect|if|elif|when|case|unless|retry|except(?=:| \w+:| \w+ as)|should)\w*\b|[!=]=|\bused to\b",
    re.IGNORECASE,
)
_OCCASION = compile_on_use(
    r"(?:(?<=[245][0-9]{2} )(?:\w+ ){0,4}?|^)(?i:when|if) (?:I|we|(?!getting|receiving)\w+ing)\b"
)
"""`400 when I post it`, `When I post it, ...`."""
_CONDITION = compile_on_use(
    r"\b(?:if|in case|once|unless|until|whenever|falls|wenn|si)\b|\b(?:that|when)$", re.IGNORECASE
)
OTHER_REQUEST = compile_on_use(
    r"\bGET\b|\b(?i:polls?|polled|polling|read of|(?:another|following|next|other) (?:\w+ )?"
    r"(?:api|calls?|delete|get|patch|post|put|requests?))\b"
)
"""A request that is not the one of a text: `the next request`, `when we poll it`."""
_OF_OTHER = compile_on_use(
    rf"{OTHER_REQUEST.pattern}|(?<![\w/-])(?i:agents?|callers?|customers?|later)(?![\w/-])"
)
"""The same, or people, whose phones and calls also time out."""
# `It never returns`, `I want to get`; not `I do not know why I get`, or `no call but`.
_UNTRUE = compile_on_use(
    r"(?:\b(?:never|no|not|ne|pas|cannot|hopes?|hoped|like to|needs?|supposed|wants?|wanted|kein\w*|nicht|nie|nunca)"
    r"|n['\u2019]t)(?:\s+(?!(?:although|and|as|because|but|I|it|know|since|that|they|though|understand|we|why|with)\b)"
    r"[\w/.]+){0,4}[\s\"'`(]*$|\b(?:wish\w*|mock\w*|stub\w*|a valid)\b",
    re.IGNORECASE,
)
_PERSONAL = compile_on_use(
    r"\b(?:I|me|[Mm]y|[Ii]ch|[Mm]eine?)\b|\?(?:\s|$)"
    r"|^(?i:any|attached|below|expected|nothing|screenshot|see|thanks?|danke)\b"
)
_OF_SEVERAL = compile_on_use(r"\b(?:we|our|us|please|wir|unsere?|bitte)\b", re.IGNORECASE)


def part_around(line: str, position: int, end: LazyPattern) -> tuple[str, str]:
    """Return a sentence or a clause of a line, by what ends it, in two: up to a position, and from there on."""
    ends = [0, *(each.end() for each in end.finditer(line)), len(line)]
    start = max(each for each in ends[:-1] if each <= position)
    stop = min(each for each in ends[1:] if each >= position)
    return line[start:position].strip(), line[position:stop].strip()


def is_condition(line: str, position: int) -> bool:
    """Return whether the clause at a position is a condition, or a question that does not ask why: nothing happened."""
    before, behind = part_around(line, position, CLAUSE_END)
    return asks_whether(f"{before} {behind}") or _CONDITION.search(before) is not None


def asks_whether(sentence: str) -> bool:
    """Return whether a sentence is a question that does not ask why."""
    return sentence.endswith("?") and not re.search(r"(?i)\bwhy\b", sentence)


def without_others(text: str) -> str:
    """Return a text without the clauses on something other than its request: `the next request timed out`."""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if _OF_OTHER.search(line):
            clauses = CLAUSE_END.split(line)
            lines[number] = " ".join(each for each in clauses if not _OF_OTHER.search(each))
    return "\n".join(lines)


def is_untrue(before: str) -> bool:
    """Return whether the words before what a sentence tells say that it did not happen, is a wish, or is of a mock."""
    return _UNTRUE.search(before) is not None


def is_personal(words: str) -> bool:
    """Return whether words are those of a person: `I`, a question, or `we` and `please` without a cause that they name."""
    if _PERSONAL.search(words):
        return True
    return bool(_OF_SEVERAL.search(words)) and find_cause_of_text(words) == NO_CAUSE


def is_assumption(line: str) -> bool:
    """Return whether a line says what happens in a case or should happen, not what happened."""
    return _ASSUMPTION.search(_OCCASION.sub("", line)) is not None


def is_as_expected(sentence: str) -> bool:
    """Return whether a sentence says that what it tells is right: `returns 401, as it should`."""
    return _AS_EXPECTED.search(sentence) is not None
