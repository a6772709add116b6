"""Suggestions for wrong values."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.findings.edit import Applicability
from cxcall.payloads.errors.value_corrections import property_template, retype
from cxcall.payloads.errors.value_formats import advise
from cxcall.payloads.errors.value_hints import (
    format_value,
    limit_hint,
    retype_hint,
)
from cxcall.runtime.name_similarity import nearest_name
from helpers.cases import each_case


def test_only_a_similar_name_is_nearest() -> None:
    assert nearest_name("reasonCod", ["contactId", "reason-code"]) == "reason-code"
    assert nearest_name("cause", ["contactId", "reason-code"]) == ""
    assert nearest_name("cause", []) == ""


@each_case(
    "value, types, hint",
    [
        ("7", ["integer"], "remove the quotes"),
        ("true", ["boolean"], "remove the quotes"),
        ('{"a": 1}', ["object"], "it is JSON inside a string: send the JSON itself"),
        ("[1]", ["array"], "it is JSON inside a string: send the JSON itself"),
        ("seven", ["integer"], ""),
        ("7", ["boolean"], ""),
        (7, ["string"], 'write it in quotes: `"7"`'),
        (7.5, ["null", "string"], 'write it in quotes: `"7.5"`'),
        (True, ["string"], ""),
        (None, ["string"], ""),
        ([{}], ["object"], "remove the square brackets: one object is sent at a time"),
        ([{}, {}], ["object"], ""),
        ([1], ["object"], ""),
        ([], ["object"], ""),
        ({}, ["array"], "put it in square brackets"),
        (7, ["array"], "put it in square brackets"),
        ("a,b", ["array"], 'write an array with each value as an item: `["...", "..."]`'),
        (
            "+1 202 555 0123; +1 202 555 0124",
            ["array"],
            'write an array with each value as an item: `["...", "..."]`',
        ),
        ("to be, or not", ["array"], "put it in square brackets"),
        ("seven", ["array"], "put it in square brackets"),
    ],
)
def test_type_hint_keeps_the_meaning_of_a_value(value: Any, types: list[str], hint: str) -> None:
    assert retype_hint(value, types) == hint


@pytest.mark.parametrize(
    ("keyword", "limit", "value", "hints"),
    [
        ("maximum", 5, 7, ("must be at most 5; got `7`", "write 5 or less")),
        ("minimum", 5, 3.5, ("must be at least 5; got `3.5`", "write 5 or more")),
        ("exclusiveMaximum", 5, 5, ("must be less than 5; got `5`", "write less than 5")),
        ("exclusiveMinimum", 5, 5, ("must be more than 5; got `5`", "write more than 5")),
        ("multipleOf", 5, 7, ("must be a multiple of 5; got `7`", "write a multiple of 5")),
        ("maxLength", 1, "ab", ("must have at most 1 character; it has 2", "write at most 1 character")),
        ("minLength", 3, "ab", ("must have at least 3 characters; it has 2", "write at least 3 characters")),
        ("minItems", 2, [1], ("must have at least 2 items; it has 1", "write at least 2 items")),
        ("minProperties", 2, {}, ("must have at least 2 properties; it has 0", "write at least 2 properties")),
        ("pattern", "^a$", "b", ("", "")),
        ("uniqueItems", True, [1, 1], ("", "")),
    ],
)  # fmt: skip
def test_limit_hint_names_the_limit(
    keyword: str, limit: Any, value: Any, hints: tuple[str, str]
) -> None:
    assert limit_hint(keyword, limit, value) == hints


@pytest.mark.parametrize(
    ("name", "value", "hints"),
    [
        ("email", "ada", ("must be an email address; got `ada`", "write it like `ada@example.com`")),
        ("date", "yesterday", ("must be a date; got `yesterday`", "write it like `2026-12-01`")),
        ("date-time", "soon", ("must be a time; got `soon`", "write it like `2026-12-01T09:00:00Z`")),
        ("date-time", "1796032800000", ("must be a time; got `1796032800000`", "write `2026-11-30T10:00:00Z`")),
        ("date-time", "1796032800", ("must be a time; got `1796032800`", "write `2026-11-30T10:00:00Z`")),
        ("date-time", "179603280000", ("must be a time; got `179603280000`", "write it like `2026-12-01T09:00:00Z`")),
        ("date-time", "20261201T090000", ("must have a time of day; got `20261201T090000`", "write `2026-12-01T09:00:00Z`")),
        ("date-time", "2026-12-01 09:00:00+00:00", ("must be a time in the form of RFC 3339; got `2026-12-01 09:00:00+00:00`", "write `2026-12-01T09:00:00Z`")),
        ("date-time", "2026-12-01 09:00:00-05:00", ("must be a time in the form of RFC 3339; got `2026-12-01 09:00:00-05:00`", "write `2026-12-01T09:00:00-05:00`")),
        ("ipv4", "1.2.3", ("must be an IPv4 address; got `1.2.3`", "write it like `192.0.2.1`")),
        ("json-pointer", "1", ("must have the format `json-pointer`; got `1`", "")),
        ("", "1", ("", "")),
    ],
)  # fmt: skip
def test_advice_shows_the_wanted_form(name: str, value: str, hints: tuple[str, str]) -> None:
    assert advise(name, value)[:2] == hints


@pytest.mark.parametrize(
    ("schema", "template"),
    [
        ({}, '"x": "..."'),
        ({"type": "string"}, '"x": "..."'),
        ({"type": "string", "format": "uuid"}, '"x": "<UUID>"'),
        ({"type": "string", "format": "e164"}, '"x": "<+E.164 number>"'),
        ({"type": "string", "format": "date"}, '"x": "..."'),
        ({"type": "object"}, '"x": {...}'),
        ({"type": "array"}, '"x": [...]'),
        ({"type": "integer"}, '"x": <integer>'),
        ({"type": "number"}, '"x": <number>'),
        ({"type": "boolean"}, '"x": <true or false>'),
        ({"type": ["integer", "null"]}, '"x": <integer>'),
    ],
)
def test_missing_property_is_shown_with_a_value_of_its_type(
    schema: dict[str, Any], template: str
) -> None:
    assert property_template("x", schema) == template


def test_value_in_a_message_is_short_and_masked() -> None:
    assert format_value("é") == "é"
    assert format_value({"a": "é", "b": None}) == '{"a": "é", "b": null}'
    assert format_value("x" * 40) == "x" * 40
    assert format_value("x" * 600) == "x" * 40 + "…"
    assert "2025550123" not in format_value("+12025550123")


def test_decimals_are_not_joined_to_the_digits_of_a_number() -> None:
    assert retype("12025550123.0", ["integer"]) == (12025550123, Applicability.UNSAFE)
    assert retype("(202) 555-0123", ["integer"]) == (2025550123, Applicability.UNSAFE)


def test_values_of_a_text_become_items_of_an_array() -> None:
    assert retype("a, b;c", ["array"]) == (["a", "b", "c"], Applicability.UNSAFE)
    assert retype("to be, or not", ["array"]) == (["to be, or not"], Applicability.UNSAFE)
