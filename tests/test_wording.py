"""Messages, help, README, and docs are in plain English: phrases that must not be used."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers.syntax_trees import syntax_trees

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PAGES = (
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    ROOT / "docs" / "cxcall.1",
    ROOT / ".env.example",
)
FORBIDDEN = re.compile(
    r"""rings\ nobody | did\ it\ ring | \brang:\ | ringing\ phone | delivery\ that\ rang | broke\ off
    | published\ nowhere | \bmend\ it\b | an\ equal\ request | for\ want\ of | has\ not\ the\ form
    | dialler | answer(?:ed|s)?\ (?:with\b|HTTP|[1-5][0-9]{2}\b) | answer\ of\ (?:the\ API|`)
    | \bthat\ one\b | \bof\ none\b | \bhands\ out\b | (?:is|are)\ handed\ out | one\ in\ another
    | by\ its\ kind | goes\ by\ a | looked\ at: | not\ so: | is\ over\ by | knows\ nothing\ of
    | (?<!there\ )\bis\ (?:none\b|no\ (?!longer\b|more\b))""",
    re.VERBOSE | re.IGNORECASE,
)

# In docstrings: "Return whether", "None if there is none", and "use", not these.
OTHER_FORMS = re.compile(r"\bTell whether\b|\b(?:None|empty) where\b|\bTake over\b")


def messages() -> Iterator[tuple[str, str]]:
    """Yield the place and text of each string of the program that is not a docstring."""
    for path, tree in syntax_trees().items():
        name, nodes = path.relative_to(ROOT), [*ast.walk(tree)]
        statements = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        for node in nodes:
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and id(node) not in statements
            ):
                yield f"{name}:{node.lineno}", node.value


def test_pattern_finds_the_phrases_and_not_plain_english() -> None:
    for text in ("it rings nobody", "`tomorrow` is none", "`x` is no rate", "an equal request"):
        assert FORBIDDEN.search(text), text
    for text in ("there is no profile", "it is no longer valid", "an identical request"):
        assert not FORBIDDEN.search(text), text


def test_docstrings_use_one_form_of_words() -> None:
    found = {
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in (ROOT / "cxcall").rglob("*.py")
        for match in OTHER_FORMS.finditer(path.read_text("utf-8"))
    }
    assert not found


@pytest.mark.slow
def test_messages_are_in_plain_english() -> None:
    wrong = {place: text for place, text in messages() if FORBIDDEN.search(text)}
    assert not wrong


@pytest.mark.slow
def test_pages_are_in_plain_english() -> None:
    wrong = {
        f"{path.relative_to(ROOT)}:{number}": line
        for path in PAGES
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if FORBIDDEN.search(line)
    }
    assert not wrong


@pytest.mark.slow
def test_contracts_are_in_plain_english() -> None:
    wrong = {
        path.name: found[0]
        for path in (ROOT / "cxcall" / "contracts").glob("*.json")
        if (found := FORBIDDEN.search(path.read_text("utf-8")))
    }
    assert not wrong
