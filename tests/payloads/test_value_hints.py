"""Suggestions for wrong values."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.contracts.contract import load_user_contract
from cxcall.findings.edit import Applicability
from cxcall.payloads.errors.format_advice import advise, format_value, limit_hint
from cxcall.payloads.errors.value_corrections import property_template, retype
from cxcall.payloads.schema_check import check_parameters
from cxcall.runtime.name_similarity import nearest_name
from cxcall.runtime.patterns import PRINTED_TYPE_HINT
from helpers.cases import each_case
from helpers.command import Cxcall

SAFE, UNSAFE = Applicability.SAFE, Applicability.UNSAFE


def test_only_a_similar_name_is_nearest() -> None:
    assert nearest_name("reasonCod", ["contactId", "reason-code"]) == "reason-code"
    assert nearest_name("cause", ["contactId", "reason-code"]) == ""
    assert nearest_name("cause", []) == ""


PAIRS = [{"name": "a", "value": "b"}]
LISTED = 'write an array with each value as an item: `["...", "..."]`'
BRACKETS, DIGITS = "put it in square brackets", "write only its digits, without quotes"


@each_case(
    "value, types, hint, correction",
    [
        ("7", ["integer"], "remove the quotes", (7, SAFE)),
        ("7", ["number"], "remove the quotes", (7, SAFE)),
        ("NaN", ["number"], "", None),
        ("true", ["boolean"], "remove the quotes", (True, SAFE)),
        ('{"a": 1}', ["object"], "it is JSON inside a string: send the JSON itself", ({"a": 1}, SAFE)),
        ("[1]", ["array"], "it is JSON inside a string: send the JSON itself", ([1], SAFE)),
        ("[object Object]", ["array"], PRINTED_TYPE_HINT, None),
        ("seven", ["integer"], "", None),
        ("7", ["boolean"], "", None),
        ("(202) 555-0123", ["integer"], DIGITS, (2025550123, UNSAFE)),
        ("12025550123.0", ["integer", "array"], DIGITS, (12025550123, UNSAFE)),
        (7, ["string"], 'write it in quotes: `"7"`', ("7", SAFE)),
        (7.5, ["array", "string"], 'write it in quotes: `"7.5"`', None),
        (True, ["string"], "", None),
        (None, ["string"], "", None),
        (None, ["array"], "", None),
        ([{}], ["object"], "remove the square brackets: one object is sent at a time", ({}, SAFE)),
        (PAIRS, ["object"], 'write one object, each name with its value: `{"a": "b", ...}`', ({"a": "b"}, UNSAFE)),
        (PAIRS * 2, ["object"], 'write one object, each name with its value: `{"a": "b", ...}`', None),
        ([{}, {}], ["object"], "", None),
        ([1], ["object"], "", None),
        ([], ["object"], "", None),
        ({}, ["array"], BRACKETS, ([{}], UNSAFE)),
        (7, ["array"], BRACKETS, ([7], UNSAFE)),
        ("a, b;c", ["array"], LISTED, (["a", "b", "c"], UNSAFE)),
        ("+1 202 555 0123; +44 1", ["array"], LISTED, (["+1 202 555 0123", "+44 1"], UNSAFE)),
        ("to be, or not", ["array"], BRACKETS, (["to be, or not"], UNSAFE)),
    ],
)  # fmt: skip
def test_advice_and_correction_of_a_type_keep_the_meaning_of_a_value(
    value: Any, types: list[str], hint: str, correction: tuple[Any, Applicability] | None
) -> None:
    assert retype(value, types) == (hint, correction)


@each_case(
    "keyword, limit, value, hints",
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
quick=2)  # fmt: skip
def test_limit_hint_names_the_limit(
    keyword: str, limit: Any, value: Any, hints: tuple[str, str]
) -> None:
    assert limit_hint(keyword, limit, value) == hints


@each_case(
    "name, value, hints",
    [
        ("email", "ada", ("must be an email address; got `ada`", "write it like `ada@example.com`")),
        ("date", "yesterday", ("must be a date; got `yesterday`", "write it like `2026-12-01`")),
        ("date-time", "soon", ("must be a time; got `soon`", "write it like `2026-12-01T09:00:00Z`")),
        ("date-time", "1796032800000", ("must be a time; got `1796032800000`", "write `2026-11-30T10:00:00Z`")),
        ("date-time", "1796032800", ("must be a time; got `1796032800`", "write `2026-11-30T10:00:00Z`")),
        ("date-time", "179603280000", ("must be a time; got `179603280000`", "write it like `2026-12-01T09:00:00Z`")),
        ("date-time", "2026-12-01", ("must have a time of day; got `2026-12-01`", "write `2026-12-01T00:00:00Z`")),
        ("date-time", "20261201T090000", ("must have a time zone; got `20261201T090000`", "write `2026-12-01T09:00:00Z`, or the offset in place of `Z`, such as `+01:00`")),
        ("date-time", "20261201T090000+0100", ("must be a time in the form of RFC 3339; got `20261201T090000+0100`", "write `2026-12-01T09:00:00+01:00`")),
        ("date-time", "2026-12-01 09:00:00+00:00", ("must be a time in the form of RFC 3339; got `2026-12-01 09:00:00+00:00`", "write `2026-12-01T09:00:00Z`")),
        ("date-time", "2026-12-01 09:00:00-05:00", ("must be a time in the form of RFC 3339; got `2026-12-01 09:00:00-05:00`", "write `2026-12-01T09:00:00-05:00`")),
        ("uuid", "", ("is empty", "copy the exact ID, like `12345678-1234-1234-1234-123456789012`")),
        ("uuid", "12345678-1234-1234-1234-123456789012\u200b", ("must be a UUID; got `12345678-1234-1234-1234-123456789012\u200b`", "write `12345678-1234-1234-1234-123456789012`")),
        ("ipv4", "1.2.3", ("must be an IPv4 address; got `1.2.3`", "write it like `192.0.2.1`")),
        ("json-pointer", "1", ("must have the format `json-pointer`; got `1`", "")),
        ("", "1", ("", "")),
    ],
quick=2)  # fmt: skip
def test_advice_shows_the_wanted_form(name: str, value: str, hints: tuple[str, str]) -> None:
    assert advise(name, value)[:2] == hints


@pytest.mark.parametrize("place", ["/clientSecret", "/tokens/0", "api_key", ""])
def test_advice_shows_no_other_form_of_a_secret(place: str) -> None:
    value = "77C2B2A55B5B4E2D8F621A2B3C4D5E6F"
    assert ("write `77c2b2a5-" in advise("uuid", value, place).fix) == (not place)
    time = advise("date-time", "1796032800", place).fix
    assert (time == "write `2026-11-30T10:00:00Z`") == (not place)


@each_case(
    "schema, template",
    [
        ({}, '"x": "..."'),
        ({"type": "string"}, '"x": "..."'),
        ({"type": "string", "format": "uuid"}, '"x": "<UUID>"'),
        ({"type": "string", "format": "e164"}, '"x": "<+E.164 number>"'),
        ({"type": "string", "format": "date-time"}, '"x": "<RFC 3339 time>"'),
        ({"type": "string", "format": "ipv4"}, '"x": "..."'),
        ({"type": "string", "enum": ["a", "b"]}, '"x": "<a|b>"'),
        ({"type": "object"}, '"x": {...}'),
        ({"type": "array"}, '"x": [...]'),
        ({"type": "integer"}, '"x": <integer>'),
        ({"type": "number"}, '"x": <number>'),
        ({"type": "boolean"}, '"x": <true|false>'),
        ({"type": ["integer", "null"]}, '"x": <integer>'),
    ],
    quick=2,
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


def test_hint_of_a_command_shows_no_other_form_of_a_secret(cxcall: Cxcall) -> None:
    uuid = {"type": "string", "format": "uuid"}
    schema = {"type": "object", "properties": {"clientSecret": uuid, "owner": uuid}}
    call = {
        "operationId": "startCall",
        "parameters": [{"name": "api_key", "in": "query", "schema": uuid}],
        "requestBody": {"content": {"application/json": {"schema": schema}}},
        "responses": {},
    }
    info, servers = {"title": "own", "version": "1"}, [{"url": "https://own.example"}]
    paths = {"/calls": {"post": call}}
    document = {"openapi": "3.0.3", "info": info, "servers": servers, "paths": paths}
    secret = "77C2B2A55B5B4E2D8F621A2B3C4D5E6F"
    body = {"clientSecret": secret, "owner": secret.replace("7", "8")}
    options = ("--operation", "startCall", "--contract", cxcall.file("own.json", document))
    ran = cxcall("validate", cxcall.file("body.json", body), *options)
    assert "write `88c2b2a5-5b5b-4e2d-8f62-1a2b3c4d5e6f`" in ran.out
    assert ran.out.count("copy the exact ID") == 1
    assert "77c2" not in ran.out
    (operation,) = load_user_contract(str(cxcall.folder / "own.json")).operations
    (found,) = check_parameters(operation, {"api_key": secret})
    assert found.fix.startswith("copy the exact ID")
