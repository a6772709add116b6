"""A body is reported as one of another operation only if it clearly fits that operation better."""

from __future__ import annotations

import copy
import json
from random import Random
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest

from cxcall.contracts import contract
from cxcall.contracts.contract import load_catalog
from cxcall.documents.json_pointer import objects, value_at
from cxcall.findings.finding import Severity
from cxcall.payloads.operation_matching import (
    candidate_operations,
    find_better_operation,
    find_valid_operations,
    first_valid,
    group_by_unknown_properties,
)
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import match_and_check
from cxcall.validation.quick_check import QuickCheck
from helpers.planted_faults import correct_body

if TYPE_CHECKING:
    from collections.abc import Iterator

CATALOG = load_catalog()
WITH_BODY = [operation for operation in CATALOG if operation.takes_body]


def misspellings(body: Any) -> Iterator[Any]:
    """Yield copies of a body, in each of which one name lacks a letter."""
    for place, members in list(objects(body)):
        for name in members:
            other = copy.deepcopy(body)
            node = value_at(other, place)
            node[name[: len(name) // 2] + name[len(name) // 2 + 1 :]] = node.pop(name)
            yield other


@pytest.mark.parametrize("step", [29, pytest.param(7, marks=pytest.mark.slow)])
def test_one_misspelled_name_is_never_another_operation(step: int) -> None:
    random, wrong = Random(1), []
    for operation in WITH_BODY[::step]:
        body = correct_body(operation, random)
        for misspelled in misspellings(body):
            other = find_better_operation(CATALOG, operation, misspelled)
            wrong += [(operation.name, other.name, misspelled)] if other else []
    assert wrong == []


def test_missing_property_is_not_another_operation() -> None:
    dial = contract.load_operation("cxone-dial-phone")
    _, findings = match_and_check(CATALOG, Payload({"skillId": 4711}), dial)
    assert [(each.code, each.where) for each in findings] == [("property-missing", "/phoneNumber")]


def test_operation_that_knows_few_names_of_a_body_is_not_suggested() -> None:
    skill = {"skillName": "Outbound", "mediaTypeId": 4, "campaignId": 11}
    create = contract.load_operation("cxone-create-skills")
    assert find_better_operation(CATALOG, create, skill) is None


@pytest.mark.parametrize("other", [{"description": "A"}, {"type": "uploaded"}])
def test_common_words_are_not_for_an_operation_of_another_area(other: dict[str, str]) -> None:
    body = {"name": "A", **other}
    for name in ("create-contact-list", "create-campaign"):
        assert find_better_operation(CATALOG, contract.load_operation(name), body) is None


def test_body_with_a_misspelled_name_is_checked_as_its_own_operation() -> None:
    body = {"phonNumber": "+12025550100", "skillId": 4711}
    operations, findings = match_and_check(CATALOG, Payload(body), None)
    assert operations == ("cxone-dial-phone",)
    assert findings[0].fix == "rename `phonNumber` to `phoneNumber`"


def test_array_that_fits_another_operation_is_for_that_one() -> None:
    contacts = contract.load_operation("add-contacts")
    other = find_better_operation(CATALOG, contract.load_operation("execute"), contacts.example)
    assert other is not None
    assert other.name == "add-contacts"


def test_body_that_may_lack_a_property_of_a_command_has_a_note() -> None:
    body: dict[str, Any] = {"callbackNumbers": ["+12025550123"]}
    operations, (note,) = match_and_check(CATALOG, Payload(body), None)
    assert operations == ("post-conversation-participant-callbacks",)
    assert note.severity is Severity.NOTE
    assert note.message.startswith("not valid as `create-callback`: the body of `create-callback`")
    assert "--operation create-callback" in note.fix
    line = json.dumps(body).encode()
    assert QuickCheck(CATALOG, None).accept([line]) == [()]
    for complete in (body | {"queueId": str(UUID(int=9 << 60))}, {"state": "disconnected"}):
        assert match_and_check(CATALOG, Payload(complete), None).findings == ()


def test_example_of_an_operation_is_not_taken_for_a_command() -> None:
    examples = (each.example for each in WITH_BODY if not each.is_generated)
    for example in examples:
        _, findings = match_and_check(CATALOG, Payload(example), None)
        assert "not valid as" not in "".join(each.message for each in findings)


@pytest.mark.slow
def test_documents_that_lack_a_name_of_a_body_change_nothing() -> None:
    random = Random(2)
    for operation in WITH_BODY[::13]:
        body = correct_body(operation, random)
        for value in (body, {"contactId": "x", **body} if isinstance(body, dict) else body):
            groups = group_by_unknown_properties(candidate_operations(CATALOG, value), value)
            assert find_valid_operations(CATALOG, value) == first_valid(groups, value)
    assert find_valid_operations(CATALOG, {'\ud800"': 1}) == ()
