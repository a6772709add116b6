"""No name is corrected to that of the opposite, of another person's number, or of one of two numbers."""

from __future__ import annotations

from typing import Any

import pytest

from cxcall.batch.input.unknown_columns import propose_targets
from cxcall.contracts.contract import load_operation
from cxcall.contracts.parameters import parse_parameters
from cxcall.findings.errors import UsageError
from cxcall.payloads.errors.misnamed_properties import find_renames
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body
from cxcall.runtime.name_similarity import nearest_name
from helpers.cases import each_case
from helpers.renames import TEXT, operation_of, rename

SWITCHES: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        name: {"type": "boolean"}
        for name in ("callable", "isActive", "startSkill", "forceOverwrite", "skipPreviewDisabled")
    },
}


@each_case(
    "name, target",
    [
        ("callables", "/callable"),
        ("notCallable", ""),
        ("uncallable", ""),
        ("isUncallable", ""),
        ("notcallable", ""),
        ("inactive", ""),
        ("isInactive", ""),
        ("isActiv", "/isActive"),
        ("dontStartSkill", ""),
        ("doNotStartSkill", ""),
        ("startTheSkill", "/startSkill"),
        ("noOverwrite", ""),
        ("skipPreviewEnabled", ""),
    ],
)
def test_name_is_not_corrected_to_its_opposite(name: str, target: str) -> None:
    assert rename(name, True, SWITCHES)[0] == target  # noqa: FBT003 - the value of a property


PHONE: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "phoneNumber": {"type": "string", "format": "phone"},
        "callUserId": TEXT,
        "callerIdName": TEXT,
    },
}


@each_case(
    "name, target",
    [
        ("phone", "/phoneNumber"),
        ("phoneNumbr", "/phoneNumber"),
        ("phonNumbr", "/phoneNumber"),
        ("phone" + "Numbers" * 2000 + "X", ""),
        ("agentPhone", ""),
        ("callerNumber", ""),
        ("callerPhone", ""),
        ("fromPhoneNumber", ""),
        ("fromphonenumber", ""),
        ("supervisorPhoneNumber", ""),
        ("oldPhoneNumber", ""),
        ("excludePhoneNumber", ""),
        ("blockedPhoneNumber", ""),
        ("dncPhoneNumber", ""),
        ("callFromUserId", ""),
        ("callerName", "/callerIdName"),
    ],
)
def test_only_a_name_that_is_certainly_of_a_dialed_number_becomes_one(
    name: str, target: str
) -> None:
    assert rename(name, "+12025550123", PHONE)[0] == target


def test_one_of_two_numbers_is_not_chosen_to_be_dialed() -> None:
    numbers = {"customerPhone": "+12025550123", "mobile": "+12025550124"}
    assert find_renames(operation_of(PHONE), numbers, {"": list(numbers)}) == {}
    found = check_body(load_operation("place-call"), Payload(numbers))
    assert "property-missing" in {each.code for each in found}
    assert all("rename" not in each.fix for each in found)


@each_case(
    "other, target",
    [
        ({"phone": "+12025550124"}, ""),
        ({"businessNumber": "+12025550124"}, ""),
        ({"phone": "+12025550123"}, "/phoneNumber"),
        ({"orderNumber": "12345678"}, "/phoneNumber"),
        ({"callerId": "+12025550124"}, "/phoneNumber"),
    ],
)
def test_misspelled_number_competes_with_another_number(other: dict[str, str], target: str) -> None:
    body = {"phoneNumbr": "+12025550123", **other}
    found = find_renames(operation_of(PHONE), body, {"": list(body)}, ["/phoneNumber"])
    rename = found.get("/phoneNumbr")
    assert [to for _, to in (rename.moves if rename else ())] == [target] * bool(target)


@each_case(
    "name, other",
    [
        ("ncGroupName", "dncGroupName"),
        ("dnGcroupName", "dncGroupName"),
        ("formPhone", "fromPhone"),
        ("groupName", ""),
    ],
)
def test_misspelled_negation_is_no_opposite(name: str, other: str) -> None:
    assert nearest_name(name, ["dncGroupName", "fromPhone"]) == other


def test_value_is_not_corrected_to_its_opposite() -> None:
    schema = {"type": "object", "properties": {"status": {"enum": ["ACTIVE", "CLOSED"]}}}
    (found,) = check_body(operation_of(schema), Payload({"status": "INACTIVE"}))
    assert [str(edit.applicability) for edit in found.edits] == ["placeholder"]
    assert "did you mean" not in found.fix


@each_case(
    "value, choices, expected",
    [
        ("machine", ["faxMachine", "answeringMachine"], ""),
        ("PowerProgressive", ["power", "progressive"], ""),
        ("off_on", ["on", "off"], ""),
        ("Unadd", ["Add", "Remove"], ""),
        ("Available2", ["Available", "Busy"], ""),
        ("Progresive", ["power", "progressive"], "progressive"),
        ("disconnect", ["connected", "disconnected"], "disconnected"),
        ("fax_machine", ["faxMachine", "answeringMachine"], "faxMachine"),
    ],
)
def test_value_is_corrected_only_to_one_with_the_same_words(
    value: str, choices: list[str], expected: str
) -> None:
    schema = {"type": "object", "properties": {"status": {"enum": choices}}}
    (found,) = check_body(operation_of(schema), Payload({"status": value}))
    assert found.fix == (f"write `{expected}`" if expected else f"use one of: {', '.join(choices)}")


@each_case(
    "name, is_suggested",
    [
        ("phoneNumbers", True),
        ("phoneNumbr", True),
        ("Phone Nbr", True),
        ("Customer Phone", True),
        ("Preferred Phone", True),
        ("Customer No", False),
        ("Lead Number", False),
        ("Main", False),
        ("No", False),
        ("agentPhoneNumber", False),
        ("oldPhoneNumber", False),
        ("Agent Phone", False),
    ],
)
def test_column_or_parameter_of_another_number_is_not_suggested_to_be_dialed(
    name: str, *, is_suggested: bool
) -> None:
    operation = load_operation("place-call")
    targets = propose_targets(name, operation, has_number=True)
    assert bool({"to", "/phoneNumber"} & {*targets}) is is_suggested, targets
    with pytest.raises(UsageError) as error:
        parse_parameters(load_operation("cxone-queue-callback"), [f"{name}=1"])
    assert is_suggested or "phone" not in error.value.findings[0].fix
