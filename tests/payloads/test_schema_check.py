"""Checks of bodies: the verdict equals that of an independent validator, and findings help."""

from __future__ import annotations

import copy
import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cxcall.contracts.operation import Operation
from cxcall.documents.json_document import parse_json
from cxcall.findings.finding import Severity
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import (
    check_body,
    has_errors,
)
from helpers.shipped_operations import detailed_operations
from helpers.work import examples

WITH_BODY = [operation for operation in detailed_operations() if operation.takes_body]
ASKED_FOR = [each for each in WITH_BODY if each.contract.name == "community"]
OTHERS = [each for each in WITH_BODY if each not in ASKED_FOR]
# The most important bodies are tried most often.
GROUPS = [
    *(pytest.param([each], 800, id=each.name) for each in ASKED_FOR),
    pytest.param(OTHERS, 2000, id="others"),
]
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "contactId",
        "contact_id",
        "contactSpec",
        "contactData",
        "phoneNumber",
        "reasonCode",
        "address",
        "type",
        "campaignId",
        "x",
    ]
)
VALUES = ANY_JSON | st.sampled_from(
    [
        "",
        "12345",
        "user_id",
        "+12025550100",
        "+1234567890",
        "2025550100",
        "12345678-1234-1234-1234-123456789012",
        "+",
    ]
)


def independent_validator(operation: Operation) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        operation.body_schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    )


def containers(value: Any) -> list[Any]:
    """List every object and array of a JSON value, itself included."""
    if not isinstance(value, dict | list):
        return []
    members = list(value.values()) if isinstance(value, dict) else value
    return [value, *(found for member in members for found in containers(member))]


@st.composite
def mutated(draw: st.DrawFn, operation: Operation) -> Any:
    """Change the operation's valid example in up to three places."""
    body = copy.deepcopy(operation.example)
    for _ in range(draw(st.integers(0, 3))):
        places = containers(body)
        if not places:
            return body
        place = draw(st.sampled_from(places))
        if isinstance(place, list):
            place.append(draw(VALUES))
        elif place and draw(st.booleans()):
            name = draw(st.sampled_from(sorted(place)))
            if draw(st.booleans()):
                del place[name]
            else:
                place[name] = draw(VALUES)
        else:
            place[draw(NAMES)] = draw(VALUES)
    return draw(ANY_JSON) if draw(st.integers(0, 19)) == 0 else body


@st.composite
def operation_and_body(draw: st.DrawFn, operations: list[Operation]) -> tuple[Operation, Any]:
    """Draw one of some operations, and a body for it."""
    operation = draw(st.sampled_from(operations))
    return operation, draw(mutated(operation))


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(("operations", "tries"), GROUPS)
def test_verdict_equals_that_of_an_independent_validator(
    operations: list[Operation], tries: int
) -> None:
    validators = {each.name: independent_validator(each) for each in operations}

    @settings(
        max_examples=examples(tries),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation_and_body(operations))
    def compare(case: tuple[Operation, Any]) -> None:
        operation, body = case
        findings = check_body(operation, Payload(body))
        is_valid = validators[operation.name].is_valid(body)
        assert has_errors(findings) == (not is_valid), (body, findings)

    compare()


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(("operations", "tries"), GROUPS)
def test_every_finding_has_a_place_and_a_fix(operations: list[Operation], tries: int) -> None:
    @settings(
        max_examples=examples(tries // 5),
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation_and_body(operations))
    def hold(case: tuple[Operation, Any]) -> None:
        operation, body = case
        text = json.dumps(body, indent=1)
        findings = check_body(operation, Payload(body, parse_json(text, "p.json")))
        places = [finding.excerpt for finding in findings]
        assert all(place is not None for place in places)
        # The finding on the structure of an object comes first, because it explains its wrong members.
        by_place = [each.excerpt for each in findings if each.code != "operation-mismatch"]
        spots = [(place.line, place.column) for place in by_place if place]
        assert spots == sorted(spots)
        for place in places:
            assert place is not None
            assert text.split("\n")[place.line - 1] == place.text
        assert all(finding.message and finding.source for finding in findings)
        assert all(finding.fix for finding in findings if finding.severity is Severity.ERROR), (
            findings
        )

    hold()
