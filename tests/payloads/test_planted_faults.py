"""Each fault that is planted in a correct body is reported, mostly by one finding; safe edits repair names."""

from __future__ import annotations

import copy
from collections import Counter
from random import Random
from typing import Any

import pytest

from cxcall.contracts.contract import load_catalog
from cxcall.contracts.json_schema import compile_schema
from cxcall.contracts.operation import Operation
from cxcall.documents.json_edits import apply_edits
from cxcall.findings.edit import Applicability
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.operation_matching import match_operations
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import check_body
from helpers.planted_faults import OPERATIONS, PlantedBody, plant

RENAMES = ("misspelled", "case")


def planted_bodies(count: int, seed: int, kinds: tuple[str, ...] = ()) -> list[PlantedBody]:
    """Return this number of bodies with faults, of each operation in turn."""
    random, found = Random(seed), list[PlantedBody]()
    for number in range(40 * count):
        planted = plant(OPERATIONS[number % len(OPERATIONS)], random, kinds)
        if planted.faults:
            found.append(planted)
        if len(found) == count:
            break
    return found


def findings_of(operation: Operation, body: Any) -> list[Finding]:
    """Return the findings on a body, without notes."""
    found = check_body(operation, Payload(body))
    return [each for each in found if each.severity is not Severity.NOTE]


def with_safe_edits(operation: Operation, body: Any) -> Any:
    """Return the body with the safe edits of its findings applied."""
    edits = [
        edit
        for found in check_body(operation, Payload(body))
        for edit in found.edits
        if all(each.applicability is Applicability.SAFE for each in found.edits)
    ]
    return apply_edits(copy.deepcopy(body), edits)


def names_fault(finding: Finding, where: str) -> bool:
    """Return whether a finding is about a fault; it names each of several alternatives."""
    name = where.rpartition("/")[2]
    return finding.where == where or (
        finding.where == where.rpartition("/")[0] and f"`{name}`" in finding.message
    )


def test_each_planted_fault_is_named_by_about_one_finding() -> None:
    missed, blocks, faults, many = list[Any](), 0, 0, Counter[Any]()
    for planted in planted_bodies(192, 1):
        found = findings_of(planted.operation, planted.body)
        known = {each.where for each in findings_of(planted.operation, planted.correct)}
        new = [each for each in found if each.where not in known]
        missed += [
            (planted.operation.name, fault, planted.body)
            for fault in planted.faults
            if not any(names_fault(each, fault[0]) for each in found)
        ]
        faults += len(planted.faults)
        blocks += len(new)
        if len(new) > len(planted.faults):
            many[
                planted.operation.name,
                str(planted.faults),
                str([(each.code, each.where) for each in new]),
            ] += 1
    assert not missed
    assert blocks <= 1.1 * faults, (blocks, faults, many)


@pytest.mark.slow
def test_safe_edits_repair_each_body_with_wrong_names() -> None:
    for planted in planted_bodies(192, 3, RENAMES):
        body, operation = with_safe_edits(planted.operation, planted.body), planted.operation
        assert compile_schema(operation.body_schema).is_valid(body), planted
        if all(
            operation.schema_at(place.rpartition("/")[0]).get("additionalProperties") is False
            for place, _ in planted.faults
        ):
            assert body == planted.correct, planted


@pytest.mark.slow
def test_edits_make_no_new_errors() -> None:
    random = Random(6)
    for planted in planted_bodies(192, 5):
        names = [name for name in planted.body if isinstance(planted.body, dict)]
        for name in names[: random.randrange(2)]:
            other = random.choice(["contact", "data", "note", "id"])
            planted.body[other] = planted.body.pop(name)
        body = with_safe_edits(planted.operation, planted.body)
        validator = compile_schema(planted.operation.body_schema)
        before, after = (len(list(validator.iter_errors(each))) for each in (planted.body, body))
        assert after <= before, planted


@pytest.mark.slow
def test_operation_of_a_body_with_wrong_names_is_recognized() -> None:
    bodies = planted_bodies(192, 11, RENAMES)
    known = load_catalog()
    nearest = [match_operations(known, planted.body).nearest for planted in bodies]
    pairs = zip(nearest, bodies, strict=True)
    wrong = [found.name for found, planted in pairs if _shape(found) != _shape(planted.operation)]
    assert len(wrong) <= 0.05 * len(bodies), Counter(wrong)


def _shape(operation: Operation) -> Any:
    """Return the structure of an operation's bodies; some operations have the same body."""
    schema = operation.schema_at("")
    return schema.get("title") or sorted(schema.get("properties", {}))
