"""A finding as text: folded between words on a terminal, unfolded for grep, with carets."""

from __future__ import annotations

from unicodedata import category

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cxcall.findings.finding import Excerpt, Finding, Severity
from cxcall.output.finding_text import format_finding
from cxcall.output.terminal_text import fold
from helpers.cases import each_case

LITERALS = ["`cxcall history list`", "`cxcall history list --outcome unknown --limit 20`"]
KINDS = ["a", "number", *LITERALS, "`x", "(8)", "naïve"]
WORDS = st.lists(st.sampled_from(KINDS), max_size=20)  # 2,000 letters at most
PLAIN = "error[type-mismatch]: `skillId` must be an integer\n  --> skillId\nhint: write `4711`"


def finding(
    message: str = "`skillId` must be an integer", excerpt: Excerpt | None = None
) -> Finding:
    fix = "write `4711`"
    return Finding(Severity.ERROR, "type-mismatch", "skillId", message, fix, excerpt=excerpt)


def shown(found: Finding, columns: int | None) -> list[str]:
    return format_finding(found, lambda _style, text: text, columns).splitlines()


@given(WORDS, st.integers(40, 120))
@example(["`x", "number", "number", "number", "number", LITERALS[0]], 40)
@example(["`x", "number", LITERALS[1], "number", "`x", LITERALS[0], "`x"], 40)
def test_prose_is_broken_between_words_and_never_inside_a_literal(
    words: list[str], columns: int
) -> None:
    text = " ".join(words)
    lines = fold(text, columns, "  ").split("\n")
    assert " ".join(" ".join(lines).split()) == text
    for literal in LITERALS:
        assert sum(line.count(literal) for line in lines) == words.count(literal)
    longest = max((len(word) for word in words), default=0)
    assert all(len(line) <= max(columns, longest + 2) for line in lines)


def test_invisible_characters_of_a_value_are_shown() -> None:
    found = finding("`a\u200b` must be like `\ufeffb`, voil\u00e0\u00a0: `\u00e9`")
    first = shown(found, 80)[0]
    assert first.endswith("`a\\u200b` must be like `\\ufeffb`, voil\u00e0\u00a0: `\u00e9`")


def test_line_that_just_fits_is_not_folded() -> None:
    text = "look at it with `cxcall history show ID` or not"
    assert fold(text + " é", len(text) + 2) == text + " é"
    assert fold(text + " é", len(text) + 1) == text + "\né"


@given(WORDS)
def test_line_is_not_folded_without_a_terminal(words: list[str]) -> None:
    text = " ".join(words) * 3
    assert fold(text, None) == text
    assert shown(finding(text), None)[0] == f"error[type-mismatch]: {text}".rstrip("\n")


def test_short_finding_is_the_same_at_every_width() -> None:
    assert "\n".join(shown(finding(), None)) == PLAIN
    assert "\n".join(shown(finding(), 60)) == PLAIN


@each_case("columns", [40, 60, 80, 200])
@each_case("column", [1, 40, 400, 990])
def test_long_line_is_cropped_around_the_caret(columns: int, column: int) -> None:
    text = "".join(f"{number:<10}" for number in range(100)).replace(" ", "-")
    place = Excerpt("payload.json", 1, column, text, width=5)
    *_, quoted, carets, _hint = shown(finding(excerpt=place), columns)
    assert len(quoted) <= columns
    start = carets.index("^")
    assert quoted[start : start + 5] == text[column - 1 : column + 4]
    assert carets.strip(" |") == "^^^^^"


def test_numbers_in_a_quoted_line_are_masked_without_a_terminal() -> None:
    place = Excerpt("payload.json", 1, 1, '"+12025550123"')
    assert "2025550123" not in "\n".join(shown(finding(excerpt=place), None))
    assert '"+12025550123"' in "\n".join(shown(finding(excerpt=place), 80))


SIGNS = {
    "Thai": "ที่นี่ผู้ใช้",
    "Devanagari": "नमस्ते कु",
    "joined": "👩\u200d🔬 ❤\ufe0f",
    "combining": "e\u0301a\u0308",
    "CJK": "電話番号",
}


@pytest.mark.parametrize("before", SIGNS.values(), ids=SIGNS)
def test_caret_is_aligned_after_text_of_any_script(before: str) -> None:
    text = f'{{"{before}": 4711}}'
    place = Excerpt("payload.json", 1, text.index("4711") + 1, text, width=4)
    *_, quoted, carets, _hint = shown(finding(excerpt=place), 80)
    at = carets.index("^")
    assert wcswidth(quoted[: quoted.index("4711")]) == at


@pytest.mark.parametrize("columns", [40, 80])
@pytest.mark.parametrize("sign", ["電", "ที่", "é", "a"])
def test_long_line_of_any_script_fits_the_terminal(columns: int, sign: str) -> None:
    text = f'{{"{sign * 300}": 4711, "{sign * 300}": 1}}'
    place = Excerpt("payload.json", 1, text.index("4711") + 1, text, width=4)
    lines = shown(finding(f"{sign * 9} " * 40, excerpt=place), columns)
    assert all(wcswidth(line) <= columns for line in lines)
    *_, quoted, carets, _hint = lines
    assert wcswidth(quoted[: quoted.index("4711")]) == carets.index("^")


def wcswidth(text: str) -> int:
    """Count the cells of a text with rich, which has its own tables."""
    from rich.cells import cell_len

    return sum(cell_len(char) for char in text if category(char) not in ("Cf", "Mn", "Me"))


def test_long_or_multiline_value_cannot_forge_a_line() -> None:
    name = f"a\nerror[forged]: {'x' * 100_000}"
    found = Finding(
        Severity.ERROR,
        "property-unknown",
        f"/{name}/b",
        f"`{name}` is not a property",
        "remove it",
        f"says `{name}`",
    )
    for columns in (None, 80):
        lines = shown(found, columns)
        assert sum(map(len, lines)) < 1000
        assert not any(line.startswith("error[forged]") for line in lines)
        assert "hint: remove it" in lines
        assert "is not a property" in " ".join(lines)
