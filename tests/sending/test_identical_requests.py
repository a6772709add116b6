"""Two requests have one digest exactly if all of their values are the same, however these are spelled."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cxcall.contracts.contract import load_operation
from cxcall.contracts.operation import MULTIPART, URLENCODED
from cxcall.payloads.payload import Payload
from cxcall.sending.checked_request import build_request
from cxcall.sending.send_plan import Plan
from helpers.calling_api import wrap
from helpers.deliveries import plan_to
from helpers.work import examples

if TYPE_CHECKING:
    from pathlib import Path

    from hypothesis.strategies import DataObject

    from cxcall.contracts.operation import Operation

UUID = "5e7a2b3c-0000-4000-8000-00000000000a"
TEXTS = [
    (
        "+12025550100",
        "+1 202 555 0100",
        "+1 (202) 555-0100",
        "+1.202.555.0100",
    ),
    ("tel:+1-202-555-0100", "tel:+12025550100"),
    ("+12025550100 ext 5", "+1-202-555-0100 ext 5"),
    ("+12025550100 ext 6", "+1 202 555 0100 ext 6"),
    ("+12025550100;ext=5",),
    ("+12025550101",),
    ("+493012345678", "+49 (0)30 12345678"),
    ("+49301234567",),
    ("+4930123456/7",),
    ("12025550100",),
    ("0012025550100",),
    ("030 1234567",),
    ("0301234567",),
    ("0100",),
    ("100",),
    ("sip:1001@a.example",),
    ("sip:1001@b.example",),
    ("sip:+12025550100@a.example", "sip:+1-202-555-0100@a.example"),
    ("lead +1 202 555 0100 a", "lead +12025550100 a"),
    ("lead +1 202 555 0100 b",),
    ("Ab-1",),
    ("aB-1",),
    (UUID, UUID.upper()),
    ("1.0",),
    ("a=b&c",),
]
"""The spellings of texts; each line is another value."""
NUMBERS = [(1, 1.0), (0, 0.0), (10, 10.0), (2.5,), (2**53 + 1,), (2**53 + 3,)]
NUMBER_TEXTS = [("1", "1.0", "1e0"), ("10", "10.0", "1E1"), ("2.5",)]
NUMBER_TEXTS += [(f"{2**53}.0",), (f"{2**53 + 1}.0",)]
OTHER_VALUES: list[tuple[Any, ...]] = [(True,), (False,), ([],)]
TEXT = st.sampled_from(TEXTS)
MEMBERS = st.dictionaries(st.sampled_from("ab"), st.sampled_from(NUMBERS), min_size=1)
JSON_VALUES = st.recursive(
    st.sampled_from([*TEXTS, *NUMBERS, *OTHER_VALUES, ("",), (None,)]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, min_size=1)
    ),
    max_leaves=6,
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "to": TEXT,
        "n": st.sampled_from([*NUMBERS, *OTHER_VALUES[:2]]),
        "legs": st.lists(TEXT, min_size=1, max_size=3),
        "inner": st.dictionaries(st.sampled_from("ab"), JSON_VALUES, min_size=1),
    },
)
IN_EXCHANGE = (
    "X-Request-Id",
    "Traceparent",
    "X-Transaction-Id",
    "X-Session-Token",
    "X-Retry-Count",
)
PARAMETERS = st.fixed_dictionaries(
    {"line": TEXT},
    optional={
        "q": TEXT,
        "n": st.sampled_from(NUMBER_TEXTS),
        "ids": st.lists(st.sampled_from(NUMBER_TEXTS), min_size=1, max_size=3),
        "deep": MEMBERS,
        "json": MEMBERS,
        "X-To": TEXT,
        "X-Agent": TEXT,
        "X-Client-Id": TEXT,
        "X-Legs": st.lists(TEXT.filter(lambda texts: "," not in texts[0]), min_size=1, max_size=2),
    },
)


@pytest.fixture(scope="module", params=["application/json", URLENCODED, MULTIPART])
def operation(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Operation:
    number, text = {"type": "number"}, {"type": "string"}
    fields = {"to": text, "n": number, "legs": {"type": "array", "items": text}, "inner": {}}
    members = {"type": "object", "properties": {"a": number, "b": number}}
    declared: dict[str, Any] = {"operationId": "dial", "security": [], "responses": {}}
    own: dict[str, Any] = {"line": ("path", text), "q": ("query", text), "n": ("query", number)}
    own |= dict.fromkeys(("X-To", "X-Agent", *IN_EXCHANGE), ("header", text))
    own["X-Client-Id"] = "header", text | {"x-cxcall-person": True}
    own |= {"ids": ("query", {"type": "array", "items": number})}
    own |= {"X-Legs": ("header", {"type": "array", "items": text})}
    declared["parameters"] = [
        {"name": name, "in": place, "required": place == "path", "schema": schema}
        for name, (place, schema) in own.items()
    ]
    deep = {"name": "deep", "in": "query", "style": "deepObject", "schema": members}
    in_json = {"name": "json", "in": "query", "content": {"application/json": {"schema": members}}}
    declared["parameters"] += [deep, in_json]
    schema = {} if "json" in request.param else {"type": "object", "properties": fields}
    declared["requestBody"] = {"content": {request.param: {"schema": schema}}}
    document: Path = tmp_path_factory.mktemp("own") / "own.json"
    document.write_text(json.dumps(wrap("3.1.0", {"/dial/{line}": {"post": declared}})), "utf-8")
    return load_operation("dial", str(document))


def spelled(value: Any, draw: DataObject) -> Any:
    """Return a value in one of its spellings, with the members of objects in any order."""
    if isinstance(value, dict):
        names = draw.draw(st.permutations(sorted(value)))
        return {name: spelled(value[name], draw) for name in names}
    if isinstance(value, list):
        return [spelled(item, draw) for item in value]
    return draw.draw(st.sampled_from(value))


def digest(operation: Operation, parameters: Any, body: Any, draw: DataObject) -> str:
    """Return the digest of a request in some spelling."""
    values = spelled(parameters, draw)
    is_listed = draw.draw(st.booleans())
    for name, value in values.items():
        if isinstance(value, dict):
            values[name] = json.dumps(value)
        elif isinstance(value, list):
            values[name] = json.dumps(value) if is_listed else ",".join(value)
            if name.startswith("X-"):
                values[name] = values[name].replace(",", draw.draw(st.sampled_from([",", " , "])))
    values |= {name: draw.draw(st.sampled_from("12")) for name in IN_EXCHANGE}
    plan = plan_to("https://Own.example:443" if is_listed else "https://own.example")
    payload = Payload(spelled(body, draw))
    return Plan(build_request(operation, values, payload, plan.settings)).intent().digest


def with_other_part(value: Any, other: Any, data: DataObject) -> Any:
    """Return a value with one member or item of another one."""
    if isinstance(value, dict) and isinstance(other, dict):
        name = data.draw(st.sampled_from(sorted(other)))
        return value | {name: other[name]}
    if isinstance(value, list) and isinstance(other, list):
        place = data.draw(st.integers(0, len(value)))
        return value[:place] + other[:1] + value[place + 1 :]
    return other


@settings(max_examples=examples(100), deadline=None)
@given(st.data())
def test_values_alone_make_a_request(operation: Operation, data: DataObject) -> None:
    bodies = JSON_VALUES if "json" in operation.media_type else FIELDS
    parameters, body = data.draw(PARAMETERS), data.draw(bodies)
    first = digest(operation, parameters, body, data)
    assert digest(operation, parameters, body, data) == first
    changed = with_other_part(parameters, data.draw(PARAMETERS), data)
    assert (digest(operation, changed, body, data) == first) is (changed == parameters)
    changed = with_other_part(body, data.draw(bodies.filter(bool)), data)
    assert (digest(operation, parameters, changed, data) == first) is (changed == body)
