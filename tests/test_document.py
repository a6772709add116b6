"""JSON text -> value and places: as json.loads reads it, and each mistake by its name."""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxcall.document import (
    Document,
    DocumentError,
    join_pointer,
    parse,
    parse_lines,
    read_text,
    split_pointer,
    value_at,
)
from cxcall.errors import UsageError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]))
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=12,
)
INDENTS = st.sampled_from([None, 0, 1, 4])
NOISE = st.sampled_from(
    [*"{}[],:\"'\\ \n\t-+.0123456789eEtrufalsn", "//", "NaN", "\x00", "é", "\\u12", "\\ud800"]
)


def pointers(value: Any, pointer: str = "") -> list[str]:
    members = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    below = [
        found
        for token, member in members
        for found in pointers(member, join_pointer(pointer, token))
    ]
    return [pointer, *below]


def offset(document: Document, line: int, column: int) -> int:
    return sum(len(text) + 1 for text in document.text.split("\n")[: line - 1]) + column - 1


@settings(max_examples=500, deadline=None)
@given(VALUES, INDENTS)
def test_every_pointer_leads_to_the_text_of_its_value(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    document = parse(text, "p.json")
    assert document.value == value
    for pointer in pointers(value):
        place = document.excerpt(pointer)
        assert place is not None
        found, _ = json.JSONDecoder().raw_decode(
            document.text, offset(document, place.line, place.column)
        )
        assert found == value_at(value, pointer)
        assert place.text == document.text.split("\n")[place.line - 1]


@settings(max_examples=2000, deadline=None)
@given(
    VALUES, INDENTS, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), NOISE), max_size=3)
)
def test_values_and_refusals_are_those_of_json_loads(
    value: Any, indent: int | None, edits: list[tuple[int, int, str]]
) -> None:
    text = json.dumps(value, indent=indent)
    for at, removed, put in edits:
        start = at % (len(text) + 1)
        text = text[:start] + put + text[start + removed :]
    try:
        expected: Any = json.loads(text, parse_constant=lambda _: 1 / 0)
        json.dumps(expected, ensure_ascii=False).encode()
    except (ValueError, ZeroDivisionError):
        with pytest.raises(DocumentError) as refused:
            parse(text, "p.json")
        (finding,) = refused.value.findings
        assert finding.message != "this is not JSON", text
        assert finding.fix
        assert finding.excerpt is not None
    else:
        assert parse(text, "p.json").value == expected


@pytest.mark.parametrize(
    ("text", "line", "column", "width", "said"),
    [
        ("", 1, 1, 1, "it is empty"),
        (" \n ", 2, 2, 1, "it is empty"),
        ("{'a': 1}", 1, 2, 3, "single quotes are not JSON"),
        ("{\"a\": 'x'}", 1, 7, 3, "single quotes are not JSON"),
        ('{"a": 1,}', 1, 8, 1, "a comma stands before the closing `}`"),
        ("[1,\n 2,\n]", 2, 3, 1, "a comma stands before the closing `]`"),
        ('{"a": 1\n "b": 2}', 2, 2, 1, "a comma is missing before this"),
        ("{a: 1}", 1, 2, 1, "the name `a` is not in quotes"),
        ('{"a" 1}', 1, 6, 1, "a colon must follow the name, not `1`"),
        ('{"a": }', 1, 7, 1, "a value is missing here"),
        ('{"a": 1', 1, 1, 1, "this `{` is never closed"),
        ("[1, 2", 1, 1, 1, "this `[` is never closed"),
        ("[1}", 1, 3, 1, "`}` closes what `[` opened"),
        ('{"a": // x\n1}', 1, 7, 2, "JSON has no comments"),
        ('{"a": 1} # x', 1, 10, 1, "JSON has no comments"),
        ('{"a": None}', 1, 7, 4, "`None` is not JSON"),
        ('{"a": True}', 1, 7, 4, "`True` is not JSON"),
        ('{"a": NaN}', 1, 7, 3, "`NaN` is no number of JSON"),
        ('{"a": -Infinity}', 1, 7, 9, "`-Infinity` is no number of JSON"),
        ('{"a": hello}', 1, 7, 5, "`hello` is not in quotes"),
        ('{"a": 007}', 1, 7, 3, "this is no number of JSON"),
        ('{"a": +1}', 1, 7, 2, "this is no number of JSON"),
        ('{"a": "x}', 1, 7, 1, "this string is never closed"),
        ('{"a": "x\ny"}', 1, 7, 1, "this string is not closed on its line"),
        ('{"a": "x\ty"}', 1, 9, 1, "a control character (0x09) stands in a string"),
        ('{"a": "\\x"}', 1, 8, 2, "`\\x` is no escape of JSON"),
        (
            '{"a": "\\ud800"}',
            1,
            8,
            6,
            "an escape stands for half of a character (a lone surrogate)",
        ),
        ('{"a": 1} x', 1, 10, 1, "there is text after the end of the document"),
        (
            '{"a": 1}\n{"a": 2}',
            2,
            1,
            1,
            "a second document starts here: this looks like JSON Lines",
        ),
        ('{"a": 1}}', 1, 9, 1, "`}` closes nothing"),
        ("a=1&b=2", 1, 1, 1, "this is form data, not JSON"),
        ("[" * 300, 1, 201, 1, "it is nested over 200 levels deep"),
        ("[" * 300 + "]" * 300, 1, 1, 1, "it is nested over 200 levels deep"),
        ("[" * 100_000, 1, 201, 1, "it is nested over 200 levels deep"),
    ],
)
def test_a_mistake_is_named_where_it_stands(
    text: str, line: int, column: int, width: int, said: str
) -> None:
    with pytest.raises(DocumentError) as refused:
        parse(text, "p.json")
    (finding,) = refused.value.findings
    place = finding.excerpt
    assert place is not None
    assert (finding.message, place.line, place.column, place.width) == (said, line, column, width)


def test_duplicate_names_are_an_error_at_the_second() -> None:
    document = parse('{"a": 1,\n "b": {"c": 1, "c": 2},\n "a": 3}', "p.json")
    assert document.value == {"a": 3, "b": {"c": 2}}
    found = [
        (entry.where, entry.excerpt.line, entry.excerpt.column)
        for entry in document.findings
        if entry.excerpt
    ]
    assert found == [("/b/c", 2, 16), ("/a", 3, 2)]
    assert "first on line 1" in document.findings[1].message


def test_a_name_is_underlined_at_its_name() -> None:
    place = parse('{\n  "phone_number": 1\n}', "p.json").excerpt("/phone_number", key=True)
    assert place is not None
    assert (place.line, place.column, place.width) == (2, 3, 14)


def test_a_byte_order_mark_is_reported_and_passed_over() -> None:
    document = parse('\ufeff{"a": 1}', "p.json")
    assert document.value == {"a": 1}
    assert [(entry.severity, entry.code) for entry in document.findings] == [
        ("warning", "body-malformed")
    ]


def test_json_lines_go_on_after_a_bad_line() -> None:
    found = list(parse_lines(['{"a": 1}\r\n', "\n", "{\n", "2"], "p.jsonl"))
    assert [getattr(entry, "value", "refused") for entry in found] == [{"a": 1}, "refused", 2]
    assert isinstance(found[1], DocumentError)
    assert found[1].findings[0].excerpt is not None
    assert found[1].findings[0].excerpt.line == 3


def test_places_of_many_rows_come_quickly() -> None:
    document = parse(json.dumps([{"n": number} for number in range(10_000)], indent=1), "p.json")
    started = perf_counter()
    places = [document.excerpt(f"/{row}/n") for row in range(10_000)]
    assert all(places)
    assert perf_counter() - started < 2


@given(st.lists(st.text()))
def test_pointers_go_both_ways(tokens: list[str]) -> None:
    pointer = ""
    for token in tokens:
        pointer = join_pointer(pointer, token)
    assert split_pointer(pointer) == tokens


def test_what_is_no_pointer_is_refused() -> None:
    with pytest.raises(UsageError, match="no JSON pointer"):
        split_pointer("contactId")
    for pointer in ("/x", "/0", "/l/2", "/l/x", "/n/x"):
        with pytest.raises(KeyError):
            value_at({"l": [1], "n": None}, pointer)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"a": "é"}'.encode("utf-16"), "it is UTF-16"),
        ('{"a": "é"}'.encode("utf-16-le"), "it is UTF-16"),
        ('{"a": "é"}'.encode("latin-1"), "byte 0xe9 at offset 7"),
    ],
)
def test_what_is_not_utf8_is_named(tmp_path: Any, content: bytes, said: str) -> None:
    path = tmp_path / "p.json"
    path.write_bytes(content)
    with pytest.raises(DocumentError) as refused:
        read_text(str(path))
    assert said in refused.value.findings[0].message
    assert "iconv -f" in refused.value.findings[0].fix


def test_what_cannot_be_read_says_why(tmp_path: Any) -> None:
    for path, said in (
        (tmp_path / "none.json", "does not exist"),
        (tmp_path, "is a folder"),
        (f"{tmp_path}/x\0", "cannot"),
    ):
        with pytest.raises(UsageError, match=said):
            read_text(str(path))
