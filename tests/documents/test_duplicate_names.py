"""A duplicate name in JSON is an error at its second place."""

from __future__ import annotations

from cxcall.documents.json_document import parse_json
from helpers.json_texts import refusal


def test_duplicate_name_is_an_error_at_its_second_place() -> None:
    document = parse_json('{"a": 1,\n "b": {"c": 1, "c": 2},\n "a": 3}', "p.json")
    assert document.value == {"a": 3, "b": {"c": 2}}
    found = [
        (entry.where, entry.excerpt.line, entry.excerpt.column)
        for entry in document.findings
        if entry.excerpt
    ]
    assert found == [("/b/c", 2, 16), ("/a", 3, 2)]
    assert "first on line 1" in document.findings[1].message


def test_duplicate_name_cites_the_first_of_three() -> None:
    document = parse_json('{"a~/b": 1,\n "a~/b": 2,\n "a~\\/b": 3}', "p.json")
    assert [(entry.where, entry.message) for entry in document.findings] == [
        ("/a~0~1b", "duplicate name `a~/b` in one object, first on line 1")
    ] * 2


def test_equal_names_in_different_objects_are_no_duplicates() -> None:
    document = parse_json('{"a": {"x": 1, "y": 1}, "a": {"x": 2}}', "p.json")
    assert [entry.where for entry in document.findings] == ["/a"]
    assert document.find_excerpt("/a/y") is None
    place = document.find_excerpt("/a/x")
    assert place is not None
    assert place.column == 36


def test_syntax_error_wins_over_duplicate_name() -> None:
    assert refusal('{"a": 1, "a": 2,}').message == "there is a comma before the closing `}`"
