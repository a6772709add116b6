"""A finding as text: broken between words on a terminal, on one line for grep, the caret under the fault."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cxcall.diagnostic import as_text, fold
from cxcall.errors import Excerpt, Finding, Severity

WORDS = st.lists(st.sampled_from(["a", "number", "`cxcall history list`", "`x", "(8)", "naïve"]))
PLAIN = "error[type-mismatch]: `skillId` must be an integer\n  --> skillId\nhint: write `4711`"


def finding(
    message: str = "`skillId` must be an integer", excerpt: Excerpt | None = None
) -> Finding:
    fix = "write `4711`"
    return Finding(Severity.ERROR, "type-mismatch", "skillId", message, fix, excerpt=excerpt)


def shown(found: Finding, columns: int | None) -> list[str]:
    return as_text(found, lambda _style, text: text, columns).splitlines()


@given(WORDS, st.integers(40, 120))
def test_prose_is_broken_between_words_and_never_inside_a_literal(
    words: list[str], columns: int
) -> None:
    text = " ".join(words)
    folded = fold(text, columns, "  ")
    assert " ".join(folded.split()) == text
    assert all(len(line) <= columns for line in folded.split("\n"))
    assert re.findall(r"`[^`\n]*`", folded) == re.findall(r"`[^`]*`", text)


@given(WORDS)
def test_without_a_terminal_no_line_is_broken(words: list[str]) -> None:
    text = " ".join(words) * 9
    assert fold(text, None) == text
    assert shown(finding(text), None)[0] == f"error[type-mismatch]: {text}".rstrip("\n")


def test_a_short_finding_is_the_same_on_any_terminal() -> None:
    assert "\n".join(shown(finding(), None)) == PLAIN
    assert "\n".join(shown(finding(), 60)) == PLAIN


@pytest.mark.parametrize("columns", [60, 80, 200])
@pytest.mark.parametrize("column", [1, 40, 400, 990])
def test_a_long_line_is_cut_to_the_terminal_around_the_fault(columns: int, column: int) -> None:
    text = "".join(f"{number:<10}" for number in range(100)).replace(" ", "-")
    place = Excerpt("payload.json", 1, column, text, width=5)
    *_, quoted, carets, _hint = shown(finding(excerpt=place), columns)
    assert len(quoted) <= columns
    start = carets.index("^")
    assert quoted[start : start + 5] == text[column - 1 : column + 4]
    assert carets.strip(" |") == "^^^^^"


def test_numbers_in_a_quoted_line_are_whole_on_a_terminal_only() -> None:
    place = Excerpt("payload.json", 1, 1, '"+12025550123"')
    assert "2025550123" not in "\n".join(shown(finding(excerpt=place), None))
    assert '"+12025550123"' in "\n".join(shown(finding(excerpt=place), 80))
