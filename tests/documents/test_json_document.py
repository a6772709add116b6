"""JSON text is parsed like `json.loads`, with places."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxcall.documents.json_document import (
    MAX_DEPTH,
    Document,
    DocumentError,
    parse_json,
    parse_lines,
)
from cxcall.documents.json_pointer import has_value, join_pointer, split_pointer, value_at
from cxcall.documents.text_files import read_text
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Excerpt, Finding
from cxcall.runtime.secrets.secrets_in_json import secret_members
from helpers.json_texts import refusal
from helpers.work import count_calls, examples, time_limit

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
NOISE = st.sampled_from([
    *"{}[],:\"'\\ \n\t-+.0123456789eEtrufalsn", "//", "NaN", "Infinity", "1e999", "\x00", "é", "\u201c",
    "\\u12", "\\ud800", "\\udc00", "\ud800", "\u200b", "\ufeff", '"a":1,"a":2',
])  # fmt: skip
OBJECTS = st.recursive(
    st.integers(0, 9).map(str),
    lambda inner: (
        st.lists(st.tuples(st.sampled_from(["a", "b", "a/b", ""]), inner), max_size=4).map(
            lambda pairs: (
                "{" + ",\n".join(f"{json.dumps(name)}: {text}" for name, text in pairs) + "}"
            )
        )
        | st.lists(inner, max_size=3).map(lambda texts: f"[{', '.join(texts)}]")
    ),
    max_leaves=12,
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


def sendable(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    json.dumps(pairs, ensure_ascii=False).encode()
    return dict(pairs)


def finite(number: str) -> float:
    json.dumps(float(number), allow_nan=False)
    return float(number)


def reference(text: str) -> Any:
    """Return the value of `json.loads`, but refuse values that cannot be sent as JSON."""
    value = json.loads(
        text, parse_constant=lambda _: int(""), parse_float=finite, object_pairs_hook=sendable
    )
    json.dumps(value, ensure_ascii=False).encode()
    return value


def parsed(text: str) -> Document | Finding:
    """Return the document, or the error."""
    try:
        return parse_json(text, "p.json")
    except DocumentError as error:
        (found,) = error.findings
        return found


@pytest.mark.slow
@settings(max_examples=examples(500), deadline=None)
@given(VALUES, INDENTS)
def test_position_of_every_pointer_holds_its_value(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    document = parse_json(text, "p.json")
    assert document.value == value
    has_secrets = any(secret_members(value))
    for pointer in pointers(value):
        place = document.find_excerpt(pointer)
        assert place is not None
        found, _ = json.JSONDecoder().raw_decode(
            document.text, offset(document, place.line, place.column)
        )
        assert found == value_at(value, pointer)
        if not has_secrets:  # the value of a member such as `SECRET` is masked
            assert place.text == document.text.split("\n")[place.line - 1]
        named = document.find_excerpt(pointer, key=True)
        assert named is not None
        if pointer and isinstance(value_at(value, pointer.rpartition("/")[0]), dict):
            name, _ = json.JSONDecoder().raw_decode(
                document.text, offset(document, named.line, named.column)
            )
            assert name == split_pointer(pointer)[-1]
        else:
            assert named == place


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@settings(max_examples=examples(1000), deadline=None)
@given(
    VALUES, INDENTS, st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), NOISE), max_size=3)
)
def test_parse_agrees_with_json_loads(
    value: Any, indent: int | None, edits: list[tuple[int, int, str]]
) -> None:
    text = json.dumps(value, indent=indent)
    for at, removed, put in edits:
        start = at % (len(text) + 1)
        text = text[:start] + put + text[start + removed :]
    try:
        expected = reference(text.removeprefix("\ufeff"))
    except ValueError:
        finding = refusal(text)
        assert finding.message != "this is not JSON", text
        assert finding.message.isprintable()
        assert finding.fix
        assert finding.excerpt is not None
        assert 1 <= finding.excerpt.column <= len(finding.excerpt.text) + 1
    else:
        assert parse_json(text, "p.json").value == expected


@settings(max_examples=examples(500), deadline=None)
@given(st.text(st.characters()) | st.lists(NOISE, max_size=30).map("".join))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    found = parsed(text)
    assert isinstance(found, Document) or found.message != "this is not JSON"


@settings(max_examples=examples(300), deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=20).map(lambda text: text.encode("utf-16")))
def test_any_bytes_are_decoded_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.json"
    path.write_bytes(data)
    try:
        found = read_text(str(path)).encode()
    except DocumentError as error:
        found = error.findings[0].message.encode()
    assert found == data or b"is not UTF-8" in found or b"is not a text file" in found


@pytest.mark.slow
@settings(max_examples=examples(500), deadline=None)
@given(OBJECTS)
def test_duplicate_names_are_found_and_the_last_value_is_located(text: str) -> None:
    repeats = 0

    def count(found: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal repeats
        repeats += len(found) - len(dict(found))
        return dict(found)

    value = json.loads(text, object_pairs_hook=count)
    document = parse_json(text, "p.json")
    assert document.value == value
    assert len(document.findings) == repeats
    for pointer in pointers(value):
        place = document.find_excerpt(pointer)
        assert place is not None
        found, _ = json.JSONDecoder().raw_decode(text, offset(document, place.line, place.column))
        assert found == value_at(value, pointer)
    for finding in document.findings:
        assert not has_value(value, finding.where + "/none")
        assert document.find_excerpt(finding.where + "/none") is None


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_200_levels_are_parsed(opening: str) -> None:
    closing = "]" if opening == "[" else "}"
    text = opening * MAX_DEPTH + ("" if opening == "[" else "1") + closing * MAX_DEPTH
    document = parse_json(text, "p.json")
    step = "/0" if opening == "[" else "/a"
    place = document.find_excerpt(step * (MAX_DEPTH - 1))
    assert place is not None
    assert place.column == len(opening) * (MAX_DEPTH - 1) + 1
    assert parse_json(f"[{'[],' * 300}[]]", "p.json").value == [[]] * 301


@pytest.mark.parametrize(
    "text",
    [
        "[" * 300_000,
        '{"a":' * 60_000,
        " " * 300_000,
        "a" * 300_000,
        "a=" + " " * 300_000 + "\nx",
        '"' + "x" * 300_000,
        "[" + "1" * 100_000,
        "[" + "1," * 100_000,
        '{"a": "' + "\\ud83d\\ude00" * 30_000 + '\\ud83d"}',
        "{" + '"a": 1, ' * 10_000 + '"a": 1}',
        "[" * 199 + "1, " * 30_000 + "1" + "]" * 199,
    ],
    ids=lambda text: f"{text[:6]!r}",
)
@pytest.mark.slow
def test_hostile_text_gets_a_short_message(text: str) -> None:
    with time_limit():  # what is quadratic takes minutes
        found = parsed(text)
    if isinstance(found, Finding):
        assert len(found.message) + len(found.fix) < 250
    else:
        assert isinstance(found.find_excerpt(""), Excerpt)


@pytest.mark.parametrize("pointer", ["/b", "/a/0", "path", "/l/1", "/l/00", "/l/x", "/l/\u0660"])
def test_missing_pointer_has_no_position(pointer: str) -> None:
    assert parse_json('{"a": 1, "l": [1]}', "p.json").find_excerpt(pointer) is None


def test_position_of_a_name_is_the_name() -> None:
    place = parse_json('{\n  "a_number": 1\n}', "p.json").find_excerpt("/a_number", key=True)
    assert place is not None
    assert (place.line, place.column, place.width) == (2, 3, 10)


def test_byte_order_mark_is_a_warning() -> None:
    document = parse_json('\ufeff{"a": 1}', "p.json")
    assert document.value == {"a": 1}
    assert [(entry.severity, entry.code) for entry in document.findings] == [
        ("warning", "body-malformed")
    ]
    assert document.findings[0].excerpt == Excerpt("p.json", 1, 1, '{"a": 1}', 1)


def test_json_lines_continue_after_a_bad_line() -> None:
    found = list(parse_lines(['{"a": 1}\r\n', "\n", "{\n", "2"], "p.jsonl"))
    assert [getattr(entry, "value", "refused") for entry in found] == [{"a": 1}, "refused", 2]
    assert isinstance(found[1], DocumentError)
    assert found[1].findings[0].excerpt is not None
    assert found[1].findings[0].excerpt.line == 3


def test_findings_in_json_lines_have_the_line_of_the_file() -> None:
    (_, second) = parse_lines(["1\n", '\ufeff{"a": 1, "a": 2}\n'], "p.jsonl")
    assert isinstance(second, Document)
    assert [entry.excerpt and entry.excerpt.line for entry in second.findings] == [2, 2]
    assert "first on line 2" in second.findings[1].message


def test_line_is_blank_only_with_json_white_space() -> None:
    assert len(list(parse_lines([" \t\r\n", "\u00a0\n"], "p.jsonl"))) == 1


@pytest.mark.slow
@pytest.mark.parametrize("indent", [None, 1])
def test_places_of_many_rows_take_work_in_proportion_and_share_their_lines(
    indent: int | None,
) -> None:
    def find_places(rows: int) -> list[Excerpt | None]:
        text = json.dumps([{"n": number} for number in range(rows)], indent=indent) + "\n"
        document = parse_json(text, "p.json")
        return [document.find_excerpt(f"/{row}/n") for row in range(rows)]

    few = count_calls(lambda: find_places(100))
    assert count_calls(lambda: find_places(1000)) < 11 * few
    with time_limit():  # what is quadratic takes minutes
        places = find_places(4_000)
    assert [
        place.text[place.column - 1 :].split("}")[0].strip() for place in places[:50] if place
    ] == [str(row) for row in range(50)]
    assert len({id(place.text) for place in places if place}) == (1 if indent is None else 4_000)


def test_a_valid_file_takes_one_call_for_each_of_its_objects() -> None:
    rows = [{"contactId": "x" * 36, "data": {"phoneNumber": str(n)}} for n in range(1000)]
    text = json.dumps(rows)
    parse_json(text, "p.json")  # the first time, modules are loaded and patterns compiled
    assert count_calls(lambda: parse_json(text, "p.json")) < 2 * len(rows) + 100


def test_positions_are_computed_on_demand() -> None:
    document = parse_json('{"a": 1}', "p.json")
    assert set(vars(document)) == {"name", "text", "value", "findings", "first_line"}
    assert document.find_excerpt("/a")
    assert {"_root", "_lines", "_starts"} < set(vars(document))


@pytest.mark.slow
@given(st.lists(st.text()))
def test_joined_pointer_splits_into_its_tokens(tokens: list[str]) -> None:
    pointer = ""
    for token in tokens:
        pointer = join_pointer(pointer, token)
    assert split_pointer(pointer) == tokens


def test_text_without_slash_is_not_a_pointer() -> None:
    with pytest.raises(UsageError, match="is not a valid JSON pointer"):
        split_pointer("contactId")
    assert has_value({"l": [1], "n": None}, "/l/0")
    assert has_value({"l": [1], "n": None}, "/n")
    absurd = "/l/" + "1" * 5000
    for pointer in (
        "/x",
        "/0",
        "/l/2",
        "/l/x",
        "/n/x",
        "/l/00",
        "/l/-",
        "/l/\u0660",
        "/l/²",
        absurd,
    ):
        assert not has_value({"l": [1], "n": None}, pointer)
        with pytest.raises(KeyError):
            value_at({"l": [1], "n": None}, pointer)
