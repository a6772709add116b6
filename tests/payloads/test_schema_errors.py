"""Values that break a rule of their schema: the message names the rule, the value, and the fix."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cxcall.contracts.contract import Contract, load_operation
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body
from helpers.cases import each_case
from helpers.command import CONTACT
from helpers.work import count_calls

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation
    from helpers.command import Cxcall

PROPERTIES = {
    "most": {"type": "integer", "maximum": 1200, "minimum": 1},
    "above": {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
    "step": {"type": "number", "multipleOf": 0.5},
    "text": {"type": "string", "maxLength": 5, "minLength": 2},
    "list": {"type": "array", "maxItems": 1},
    "day": {"type": "string", "format": "date"},
    "at": {"type": "string", "format": "date-time"},
    "parts": {"type": "object", "maxProperties": 1},
}
PARAMETERS = [
    {"name": "place", "in": "path", "required": True, "schema": {"type": "integer", "maximum": 5}},
    {
        "name": "days",
        "in": "query",
        "schema": {"type": "array", "items": {"type": "string", "enum": ["mon", "tue"]}},
    },
    {"name": "loud", "in": "query", "schema": {"type": "boolean"}},
    {"name": "since", "in": "query", "schema": {"type": "string", "format": "date-time"}},
]
CONTRACT = {
    "openapi": "3.1.0",
    "info": {"title": "Leads", "version": "1"},
    "servers": [{"url": "http://127.0.0.1:9"}],
    "paths": {
        "/leads/{place}": {
            "post": {
                "operationId": "ring",
                "parameters": PARAMETERS,
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "properties": PROPERTIES},
                        }
                    }
                },
            }
        }
    },
}
NAIVE = "write `2026-12-01T09:00:00Z`, or the offset in place of `Z`, such as `+01:00`"
LIKE = "write it like `2026-12-01T09:00:00Z`"


BROKEN: list[tuple[int, list[str], str, str]] = [
    (0, ["--set", "/most=5000"], "`/most` must be at most 1200; got `5000`", "write 1200 or less"),
    (1, ["--set", "/most=0"], "`/most` must be at least 1; got `0`", "write 1 or more"),
    (0, ["--set", "/above=0"], "`/above` must be more than 0; got `0`", "write more than 0"),
    (1, ["--set", "/above=9"], "`/above` must be less than 9; got `9`", "write less than 9"),
    (0, ["--set", "/step=0.3"], "`/step` must be a multiple of 0.5; got `0.3`", "write a multiple of 0.5"),
    (0, ["--set", '/text="too long"'], "`/text` must have at most 5 characters; it has 8", "write at most 5 characters"),
    (1, ["--set", '/text="x"'], "`/text` must have at least 2 characters; it has 1", "write at least 2 characters"),
    (0, ["--set", "/list=[1,2]"], "`/list` must have at most 1 item; it has 2", "write at most 1 item"),
    (0, ["--set", '/parts={"a":1,"b":2}'], "`/parts` must have at most 1 property; it has 2", "write at most 1 property"),
    (0, ["--set", '/day="x"'], "`/day` must be a date; got `x`", "write it like `2026-12-01`"),
    (0, ["--set", '/at="tomorrow"'], "`/at` must be a time; got `tomorrow`", LIKE),
    (1, ["--set", '/at="2026-12-01"'], "`/at` must have a time of day; got `2026-12-01`", "write `2026-12-01T00:00:00Z`"),
    (2, ["--set", '/at="2026-12-01T09:00"'], "`/at` must have a time zone; got `2026-12-01T09:00`", NAIVE),
    (
        3,
        ["--set", '/at="2026-12-01 09:00:00+01:00"'],
        "`/at` must be a time in the form of RFC 3339; got `2026-12-01 09:00:00+01:00`",
        "write `2026-12-01T09:00:00+01:00`",
    ),
    (1, ["--place", "abc"], "`place` in the path must be an integer; got `abc`", "write an integer there"),
    (0, ["--place", "7"], "`place` in the path must be at most 5; got `7`", "write 5 or less"),
    (0, ["--param", "loud=maybe"], "`loud` in the query must be true or false; got `maybe`", "write true or false there"),
    (0, ["--param", "days=mon,wed"], "`days` in the query cannot be `wed`", "use one of: mon, tue"),
    (0, ["--param", "since=tomorrow"], "`since` in the query must be a time; got `tomorrow`", LIKE),
]  # fmt: skip
"""The number of the run of a command, words that break a rule, the message, and the fix."""


@pytest.mark.parametrize("run", range(4))
def test_broken_rules_are_explained(cxcall: Cxcall, run: int) -> None:
    """A command explains all rules that its request breaks; each breaks another rule."""
    cxcall.file("own.json", CONTRACT)
    words = [word for number, each, _, _ in BROKEN if number == run for word in each]
    place = [] if "--place" in words else ["--place", "1"]
    ran = cxcall(
        "send", "ring", "--contract", "own.json", "-n", "-o", "json", *place, *words, code=3
    )
    found = [(each["message"], each["fix"]) for each in ran.envelope["findings"]]
    assert sorted(found) == sorted((each[2], each[3]) for each in BROKEN if each[0] == run)


def test_time_without_a_zone_is_rejected(cxcall: Cxcall) -> None:
    words = ("callback", "--to", "+12025550100", "--queue", "8d2c1f7e-50f3-4c8b-9a61-0b7f3f1f2a10")
    ran = cxcall(*words, "--at", "2026-12-01T09:00:00", "-n", code=3)
    assert "must have a time zone; got `2026-12-01T09:00:00`" in ran.err
    assert f"hint: {NAIVE}\n" in ran.err
    cxcall(*words, "--at", "2026-12-01T09:00:00Z", "-n", code=0)


@pytest.mark.slow
def test_many_unknown_members_take_work_in_proportion() -> None:
    operation = load_operation("personal-connection")

    def explain(members: int) -> None:
        unknown = {f"unknown{number}": number for number in range(members)}
        check_body(operation, Payload({"contactId": CONTACT, "reasonCode": "x", **unknown}))

    explain(1)  # what it loads and keeps
    few = count_calls(lambda: explain(150))
    assert count_calls(lambda: explain(600)) < 4.4 * few


@pytest.mark.slow
def test_only_the_first_findings_are_printed(cxcall: Cxcall) -> None:
    unknown = {f"unknown{number}": "+12025550100" for number in range(1100)}
    file = cxcall.file("p.json", {"contactId": CONTACT, "reasonCode": "x", **unknown})
    words = ("personal-connection", "--file", file, "-n", "--force")
    ran = cxcall(*words, code=0)
    assert ran.err.count("error[property-unknown]") == 100
    assert "findings not shown: 1,001; see `-o json`" in ran.err
    assert "+12025550100" not in ran.err.partition("/unknown0 from")[0]
    assert cxcall(*words, "-o", "json", code=0).codes.count("property-unknown") == 1100
    shown = cxcall("validate", file, "-o", "json", "--all", code=3).envelope["findings"]
    assert sum("rename" in finding["fix"] for finding in shown) <= 1000


def test_object_under_an_empty_name_is_explained() -> None:
    operation = load_operation("update-contact")
    body = {**operation.example, "phoneNumber": {"": {"0": None}}, "contactId": None}
    found = check_body(operation, Payload(body))
    assert {each.where for each in found} == {"/phoneNumber", "/phoneNumber//0", "/contactId"}


def test_wrong_value_under_a_name_of_digits_is_explained() -> None:
    body = {"callbackNumbers": ["+12025550123"], "data": {"007": 5, "+12025550123": 6}}
    found = check_body(load_operation("create-callback"), Payload(body))
    wrong = {each.where: each.message for each in found if each.code == "type-mismatch"}
    assert set(wrong) == {"/data/007", "/data/+12025550123"}
    assert wrong["/data/+12025550123"].startswith("`/data/+*******0123` must be a string")


AGENT = {"required": ["kind", "agent"], "properties": {"kind": {"const": "a"}, "agent": {}}}
QUEUE = {
    "required": ["kind", "queue", "skill"],
    "properties": {"kind": {"enum": ["q"]}, "queue": {}, "skill": {}},
}
ANYBODY = {"required": ["kind"], "properties": {"kind": {"enum": ["q", "n"]}}}
TARGETS = {"oneOf": [{"type": "null"}, AGENT, QUEUE]}
NAMED_KIND = {
    "oneOf": [{"type": "array"}, AGENT, QUEUE],
    "discriminator": {"propertyName": "kind"},
}
RULES = [
    (TARGETS, {"kind": "x"}, "`/v/kind` cannot be `x`", "use one of: a, q"),
    (NAMED_KIND, {"kind": "x"}, "`/v/kind` cannot be `x`", "use one of: a, q"),
    (TARGETS, {"kind": "a"}, "`agent` is missing from `/v`", 'add `"agent": "..."`'),
    ({"oneOf": [AGENT, AGENT | {"required": ["kind", "to"]}]}, {}, "`kind` is missing from `/v`", 'add `"kind": "..."`'),
    ({"anyOf": [ANYBODY, AGENT]}, {"kind": "a"}, "`agent` is missing from `/v`", 'add `"agent": "..."`'),
    ({"oneOf": [{"type": "integer"}, {"type": ["integer", "object"]}]}, "x", "`/v` must be an integer or an object, not a string", "write an integer or an object there"),
    ({"const": 5}, 6, "must be `5`; got `6`", ""),
    ({"const": 5}, "5", 'must be `5`; got `"5"`', "remove the quotes"),
    ({"const": "5"}, 5, 'must be `"5"`; got `5`', 'write it in quotes: `"5"`'),
    ({"pattern": "^a$"}, "b", "must match the pattern `^a$`; got `b`", ""),
    ({"format": "uri"}, "b", "must be an absolute URL; got `b`", "write it like `https://example.com/`"),
    ({"format": "json-pointer"}, "b", "must have the format `json-pointer`; got `b`", ""),
    ({"contains": {"const": 1}}, [2], "breaks the rule `contains`", ""),
    ({"items": False}, [1], "`/v/0` is not allowed by the schema", "remove it"),
    ({"propertyNames": {"maxLength": 1}}, {"aa": 1}, "a name in `/v` must have at most 1 character; it has 2", "write at most 1 character"),
    ({"enum": [1, "1", None]}, 7, "cannot be `7`", 'use one of: 1, "1", null'),
    ({"enum": [1, 2]}, "1", "cannot be `1`", "remove the quotes"),
    ({"enum": ["active", "off"]}, "activ", "cannot be `activ`", "write `active`"),
]  # fmt: skip


@each_case("schema, value, message, fix", RULES)
def test_each_rule_is_described(schema: dict[str, Any], value: Any, message: str, fix: str) -> None:
    (found,) = check_body(with_body({"properties": {"v": schema}}), Payload({"v": value}))
    assert message in found.message
    assert found.fix == fix


@each_case(
    "schema, value, corrected, applicability",
    [
        ({"enum": [1, 2]}, "1", "1", "safe"),
        ({"enum": ["1", "2"]}, 1, '"1"', "safe"),
        ({"enum": [1, 2]}, "8", '"<v: 1|2>"', "placeholder"),
        ({"type": "object"}, [{"name": "a", "value": "b"}], '{"a": "b"}', "unsafe"),
        ({"type": "string", "format": "date-time"}, 1796032800, '"2026-11-30T10:00:00Z"', "unsafe"),
        ({"format": "date-time"}, " 20261201T090000Z", '"2026-12-01T09:00:00Z"', "safe"),
    ],
)
def test_correction_is_what_the_advice_says(
    schema: dict[str, Any], value: Any, corrected: str, applicability: str
) -> None:
    (found,) = check_body(with_body({"properties": {"v": schema}}), Payload({"v": value}))
    assert [(each.text, each.applicability) for each in found.edits] == [(corrected, applicability)]


def test_property_of_several_alternatives_has_the_values_of_all() -> None:
    operation = with_body({"properties": {"v": TARGETS, "w": {"anyOf": [QUEUE, ANYBODY]}}})
    assert operation.schema_at("/v/kind")["enum"] == ["a", "q"]
    assert operation.schema_at("/w/kind")["enum"] == ["q", "n"]
    operation = with_body({"anyOf": [AGENT, {"properties": {"kind": {"type": "string"}}}]})
    assert not operation.schema_at("/kind").keys() & {"enum", "const"}


def with_body(schema: dict[str, Any]) -> Operation:
    """Return an operation whose body has a schema."""
    media = {"application/json": {"schema": schema}}
    post = {"operationId": "x", "requestBody": {"content": media}, "responses": {}}
    return Contract("made-up", {"paths": {"/x": {"post": post}}}).operations[0]


def test_declared_name_is_not_unknown_because_another_value_is_wrong() -> None:
    model = {"properties": {"a": {"type": "integer"}, "b": {}}}
    schema = {"allOf": [model], "properties": {"c": {}}, "unevaluatedProperties": False}
    found = check_body(with_body(schema), Payload({"a": "1", "b": 2, "c": 3, "d": 4}))
    places = [(each.code, each.where) for each in found]
    assert places == [("type-mismatch", "/a"), ("property-unknown", "/d")]


def test_unknown_name_is_a_warning_beside_an_error_where_others_are_allowed() -> None:
    operation = load_operation("cxone-set-disposition")
    body = {"primaryDispositonId": 1, "commitmentAmount": 3}
    found = check_body(operation, Payload(body))
    assert [(each.severity, each.code, each.where) for each in found] == [
        ("error", "property-unknown", "/primaryDispositonId"),
        ("warning", "property-unknown", "/commitmentAmount"),
    ]


def test_properties_that_are_not_wrapped_are_moved_into_their_object() -> None:
    operation = load_operation("cxone-update-skill-general-settings")
    found = check_body(operation, Payload({"maximumAttempts": 5, "maximumRatio": 2}))
    assert [(each.severity, each.code, each.fix) for each in found] == [
        (
            "error",
            "property-unknown",
            "move `/maximumAttempts` to `/generalSettings/maximumAttempts`; move `/maximumRatio` to `/generalSettings/maximumRatio`",
        ),
    ]
    assert "requires `generalSettings`" in found[0].why
