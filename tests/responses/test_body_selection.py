"""Select parts of a body: by the dotted names of fields, or by an expression."""

from __future__ import annotations

from typing import Any

from cxcall.responses.body_selection import missing_fields, parse_selection, printed_lines
from helpers.cases import each_case


@each_case(
    "item, expected",
    [
        ({"id": 1, "contact": {"id": 2}}, [1, 2]),
        ({"contact": [{"id": 2}, {"id": 3}, 4]}, [None, [2, 3, None]]),
        ({"id": {"x": 1}, "contact": "text"}, [{"x": 1}, None]),
        ("text", [None, None]),
    ],
)
def test_fields_are_picked_by_their_dotted_names(item: Any, expected: list[Any]) -> None:
    selection = parse_selection(None, " id, contact.id")
    assert selection is not None
    assert selection.pick(item) == dict(zip(("id", "contact.id"), expected, strict=True))


@each_case(
    "field, note",
    [
        ("id", ""),
        ("legs.calls.id", ""),
        ("legs.calls.id.a.b", ""),
        ("name", ""),
        ("legs.calls.ids", "the most similar field is `legs.calls.id`"),
        ("zzz", "to see the response, leave out `--fields`"),
    ],
)
def test_field_that_no_item_has_is_noted(field: str, note: str) -> None:
    items = [{"id": 1, "legs": [{"calls": {"id": {"a": {"b": 1}}}}]}, {"name": None}, "text"]
    selection = parse_selection(None, field)
    assert selection is not None
    assert [each.fix for each in missing_fields(selection, items)] == ([note] if note else [])
    assert missing_fields(selection, []) == ()


def test_function_with_any_number_of_arguments_is_accepted() -> None:
    selection = parse_selection("not_null(a, b, c)", None)
    assert selection is not None
    assert selection.search is not None
    assert selection.search({"c": 3}) == 3


def test_list_is_printed_one_value_on_each_line() -> None:
    assert [*map(list, map(printed_lines, ([1, 2], {"a": 1}, 0, None)))] == [
        [1, 2],
        [{"a": 1}],
        [0],
        [],
    ]
