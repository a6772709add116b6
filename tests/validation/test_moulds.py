"""Lines judged by the form of lines before them: nothing may be told that a line alone would not be told."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cxcall.contracts.contract import Contract, operations
from cxcall.validation.json_lines import JsonLinesChecker, LineBlock
from cxcall.validation.payload_check import PayloadChecker, PayloadVerdict, VerdictRun
from helpers.command import CONTACT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Operation

OTHER = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
UUID = {"type": "string", "format": "uuid"}
E164 = {"type": "string", "format": "e164", "pattern": r"^\+[1-9][0-9]{1,14}$"}
# Every rule that a slot may go by, and those that it must not; three places that must be the same.
RULES: dict[str, Any] = {
    "id": {**UUID, "x-cxcall-same-as": "body:/again"},
    "again": {"type": "string", "x-cxcall-same-as": "body:/third"},
    "third": {"type": "string"},
    "number": E164,
    "address": {"type": "string", "format": "phone"},
    "loose": {"type": "string", "format": "e164"},
    "mail": {"type": "string", "format": "email"},
    "when": {"type": "string", "format": "date-time"},
    "day": {"type": "string", "format": "date"},
    "name": {"type": "string", "minLength": 1},
    "free": {"type": "string", "description": "anything"},
    "short": {"type": "string", "maxLength": 5},
    "long": {"type": "string", "minLength": 3},
    "code": {"type": "string", "pattern": "^[A-Z]{2,4}$"},
    "choice": {"enum": ["one", "two", 'the "third"', 4, "é"]},
    "fixed": {"const": "fixed"},
    "count": {"type": "integer"},
    "few": {"type": "integer", "minimum": 0, "maximum": 9},
    "step": {"type": "number", "multipleOf": 0.5},
    "share": {"type": "number"},
    "flag": {"type": "boolean"},
    "maybe": {"type": ["string", "null", "integer"]},
    "any": {},
    "either": {"anyOf": [{"type": "string", "maxLength": 3}, {"type": "integer"}]},
    "list": {"type": "array", "items": {"type": "string"}, "maxItems": 3},
    "set": {"type": "array", "uniqueItems": True, "items": {"type": "integer"}},
    "pair": {"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    "data": {"type": "object", "additionalProperties": {"type": "string"}},
    "kind": {
        "type": "object",
        "properties": {"of": {"type": "string"}, "at": {"type": "integer"}},
        "if": {"properties": {"of": {"const": "x"}}},
        "then": {"required": ["at"]},
    },
    "limit": {
        "type": "object",
        "properties": {"of": {"type": "string"}},
        "anyOf": [{"properties": {"of": {"maxLength": 5}}}, {"required": ["at"]}],
    },
    "keyed": {"type": "object", "propertyNames": {"maxLength": 2}, "additionalProperties": True},
    "tree": {"$ref": "#/components/schemas/Tree"},
}
TREE = {
    "type": "object",
    "properties": {"leaf": {"type": "string"}, "tree": {"$ref": "#/components/schemas/Tree"}},
    "additionalProperties": False,
    "minProperties": 1,
}
GOOD: dict[str, Any] = {
    "id": CONTACT, "again": CONTACT, "third": CONTACT, "number": "+12125550123", "address": "+12125550123",
    "loose": "+12125550123", "mail": "ada@example.com", "when": "2026-11-23T10:00:00Z", "day": "2026-11-23",
    "name": "Ada", "free": "a note", "short": "abc", "long": "abcdef", "code": "ABC", "choice": "one", "fixed": "fixed",
    "count": 7, "few": 5, "step": 1.5, "share": 0.25, "flag": True, "maybe": "x", "any": "thing", "either": "abc",
    "list": ["a", "b"], "set": [1, 2], "pair": ["a", 1], "data": {"a": "b"}, "kind": {"of": "y"},
    "limit": {"of": "abc"}, "keyed": {"ab": 1}, "tree": {"leaf": "l", "tree": {"leaf": "m"}},
}  # fmt: skip
NASTY = [
    "", " ", "a", "abcd", "one", "two", "ONE", "é", "ABC", "ABCDE", "fixed", "x", "y",
    "<id>", "[id]", "{{id}}", "${id}", "$ID", "%ID%", "%", "$", "uuid-here", "put it here", "-HERE", "here", "Here ",
    "it-here ", "put it here  ", "it here   ", "-here\n ", "todo  ", "tbd   ", "a note ", "a note  ", "a note   ",
    "your-id", "My name", "Mary", "enter_id", "Replace me", "insert x", "\u0131nsert-x", "in\u017fert-x", "INSERT",
    "todo", "ToDo", " todo", "todo ", "todo\n", "\u00a0tbd", "tbd\u2003", "\u3000xxx\u3000", "tbd\x85", "changeme", "Todorov",
    "fixme", "f\u0131xme", "F\u0130XME", "fi\u0307xme", "xx", "xxx", "XXXX", "xxxy", "\x1cxxx", "<a>b", "{",
    "00000000-0000-0000-0000-000000000000", CONTACT, OTHER, OTHER.upper(), OTHER.replace("7", "\uff17"), f"{OTHER}\n",
    f" {OTHER}", "+12125550123", "+1234567890", "+442079460000", "+44 20 7946 0000", "+", "+0", "+1", "12125550123",
    "+\u0661\u0662125550123", "+12125550123\n", "+999123456789", "+12125550100", 'a"b', "a\\", "\\here", "a\\n", "a/b",
    "2026-02-28T10:00:00Z", "2026-02-30T10:00:00Z", "2026-02-28t10:00:00z", "2026-06-30T23:59:60Z", "2026-02-28T24:00:00Z",
    "2026-02-28T10:00:00+14:59", "2026-02-28T10:00:00+24:00", "2026-02-28 10:00:00Z", "2026-02-28T10:00:00.123456789123Z",
    "2026-02-28", "2026-13-01", "ada@example", "\ud800", "\U0001f600", "\u200b", "\ufeff", "caf\u00e9", "\u4e2d\u6587", "\x00", "\x7f",
]  # fmt: skip
WRITTEN = [
    "0", "-0", "1", "-1", "5", "10", "1.0", "1.50", "0.1", "0.25", "1e2", "1E400", "-1e-400", "123456789012345",
    "1234567890123456", "9" * 400, "0.1234567", "0.3", "1.5e0", "NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5",
    "true", "false", "null", "True", "{}", "[]", '{"a": 1, "a": 2}', "[" * 201 + "]" * 201, '"\\u0041"', '"\\u00e9"',
    '"\\u00a0tbd"', '"tbd\\u00a0"', '"\\u0074odo"', '"in\\u017fert-x"', '"\\ud83d\\ude00"', '"\\ud83d"', '"\\x41"', '"\\/a"',
    '"a\\tb"', '"a\\n"', '"\\ttodo"', '"todo\\r"', '"a\tb"', "'a'", '"a"b"', '"-\\u0068ere"', '"\\\\-here"', '"a\\\\"',
]  # fmt: skip
BYTES = [
    b'"', b"\\", b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc2", b"\xc2\xa0", b"\xe2\x80\x83", b"\xed\xa0\x80",
    b",", b":", b"{", b"}", b"[", b"]", b" ", b"\t", b"\r", b"\n", b"\x0b", b"0", b"a", b"\xef\xbb\xbf", b"//",
]  # fmt: skip


def _operation(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": schema}}}
    return {"post": {"operationId": name, "requestBody": body, "responses": {}}}


@cache
def _own() -> tuple[Operation, ...]:
    """Operations of a contract with every rule: one that forbids other names, one that does not."""
    closed = {"type": "object", "properties": RULES, "additionalProperties": False}
    some = {name: RULES[name] for name in ("id", "number", "free", "count", "data")}
    loose = {"type": "object", "properties": some, "required": ["id"]}
    some["count"] = {"type": "number"}
    narrow = {"free": {"type": "string", "maxLength": 6}, "count": {"type": "integer"}}
    strict = {"type": "object", "properties": some | narrow}
    listed = {"type": "array", "items": {"type": "object", "properties": some}}
    document = {
        "openapi": "3.1.0",
        "paths": {
            "/closed": _operation("closed", closed),
            "/loose": _operation("loose", loose),
            "/strict": _operation("strict", strict),
            "/listed": _operation("listed", listed),
        },
        "components": {"schemas": {"Tree": TREE}},
    }
    return Contract("own", document).operations


@cache
def _shipped() -> tuple[Operation, ...]:
    return operations()


def told(judge: PayloadChecker, text: bytes) -> list[PayloadVerdict]:
    """Return what is told of the lines of a file, in their order."""
    entries = JsonLinesChecker("a.jsonl", judge)(LineBlock(1, 0, len(text), text))
    return [
        each
        for entry in entries
        for each in (entry.each() if isinstance(entry, VerdictRun) else [entry])
    ]


def told_alone(judge: PayloadChecker, text: bytes) -> list[PayloadVerdict]:
    """Return what is told of each line when it is the first that is looked at, so that no form is known."""
    return [
        entry
        for number, line in enumerate(text.removesuffix(b"\n").split(b"\n"), 1)
        for entry in JsonLinesChecker("a.jsonl", judge)(
            LineBlock(number, 0, len(line), line or b"\n")
        )
        if isinstance(entry, PayloadVerdict)
    ]


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        return [leaf for name, member in members for leaf in _leaves(member, (*path, name))]
    return [path]


def _with(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = _with(value[path[0]], path[1:], new)
    return copied


@st.composite
def _line(draw: st.DrawFn, base: Any) -> bytes:
    """Draw a line of the shape of `base`, some of its values others, and perhaps no JSON at all."""
    raw: list[str] = []
    value = base
    for path in draw(st.lists(st.sampled_from(_leaves(base) or [()]), max_size=3)):
        written = draw(
            st.sampled_from(WRITTEN)
            | st.sampled_from(NASTY).map(json.dumps)
            | st.sampled_from(NASTY).map(lambda text: json.dumps(text, ensure_ascii=False))
            | st.text(max_size=8).map(lambda text: json.dumps(text, ensure_ascii=False))
            | st.integers().map(str)
            | st.floats().map(json.dumps)
        )
        value = _with(value, path, f"@{len(raw)}@")
        raw.append(written)
    spaced = draw(st.sampled_from([(", ", ": ")] * 3 + [(",", ":"), (" ,", " :\t")]))
    text = json.dumps(value, ensure_ascii=draw(st.booleans()), separators=spaced)
    line = re.sub(r'"@(\d)@"', lambda found: raw[int(found[1])], text).encode(
        "utf-8", "surrogatepass"
    )
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(line)))
        line = (
            line[:at] + draw(st.sampled_from([b"", *BYTES])) + line[at + draw(st.integers(0, 2)) :]
        )
    if draw(st.integers(0, 9)) == 0 and line.startswith(b"{"):
        line = b'{"free": "twice", ' + line[1:]
    return draw(st.sampled_from([b""] * 9 + [b"\xef\xbb\xbf", b" "])) + line


def _file(bases: Sequence[Any]) -> st.SearchStrategy[bytes]:
    """Lines of a few shapes, each of which comes first as it is good, so that its form is learned."""
    good = b"".join(json.dumps(base).encode() + b"\n" for base in bases)
    lines = st.lists(st.sampled_from(bases).flatmap(_line), min_size=4, max_size=12)
    ends = st.sampled_from([b"\n", b"\n", b"\r\n", b"\n\n", b"\r\r\n"])
    return st.tuples(lines, ends).map(lambda drawn: good + drawn[1].join(drawn[0]))


BASES = [
    *({name: value} for name, value in GOOD.items() if name not in ("id", "again")),
    *({"id": CONTACT, name: value} for name, value in GOOD.items()),
    {"address": "sip:ada@example.com"},
    {"id": CONTACT, "free": "a longer note"},
    {"id": CONTACT, "count": 1.5},
    {name: GOOD[name] for name in ("id", "again", "third")},
    {name: GOOD[name] for name in ("again", "third", "free")},
    {"id": CONTACT, "number": "+12125550123", "free": "text", "data": {"Ü\n": "v"}, "extra": 1},
    GOOD,
    [{"id": CONTACT, "free": "x"}, {"count": 1}],
]  # fmt: skip
many = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)  # fmt: skip


@pytest.mark.usefixtures("untraced")
@many
@given(st.data())
def test_a_form_tells_what_each_line_alone_is_told(data: st.DataObject) -> None:
    bases = data.draw(st.lists(st.sampled_from(BASES), min_size=1, max_size=3))
    named = data.draw(st.sampled_from([None, None, *_own()]))
    judge = PayloadChecker(_own(), named, strict=data.draw(st.booleans()))
    text = data.draw(_file(bases))
    assert told(judge, text) == told_alone(judge, text)


@pytest.mark.usefixtures("untraced")
@many
@given(st.data())
def test_it_does_so_for_the_bodies_of_the_shipped_contracts(data: st.DataObject) -> None:
    samples = [entry for entry in _shipped() if entry.takes_body and entry.example]
    chosen = data.draw(st.lists(st.sampled_from(samples), min_size=1, max_size=2))
    judge = PayloadChecker(_shipped(), data.draw(st.sampled_from([None, chosen[0]])))
    text = data.draw(_file([entry.example for entry in chosen]))
    assert told(judge, text) == told_alone(judge, text)


@pytest.mark.usefixtures("untraced")
@pytest.mark.parametrize(
    "written",
    sorted(
        {
            *map(json.dumps, NASTY),
            *(json.dumps(text, ensure_ascii=False) for text in NASTY),
            *WRITTEN,
        }
    ),
)
def test_every_value_in_every_place_is_judged_as_it_would_be_alone(written: str) -> None:
    for base in BASES[:-2]:
        for path in _leaves(base):
            good = json.dumps(base)
            spoilt = json.dumps(_with(base, path, "@")).replace('"@"', written)
            text = f"{good}\n{spoilt}\n{good}\n".encode("utf-8", "surrogatepass")
            judge = PayloadChecker(_own())
            assert told(judge, text) == told_alone(judge, text), spoilt


def _learned(judge: PayloadChecker, body: Any) -> int:
    """How many of three like lines need no check in full."""
    text = b"".join(json.dumps(body).encode() + b"\n" for _ in range(3))
    entries = JsonLinesChecker("a.jsonl", judge)(LineBlock(1, 0, len(text), text))
    return sum(entry.length for entry in entries if isinstance(entry, VerdictRun))


def test_forms_are_learned_from_the_examples_of_the_contracts() -> None:
    samples = [entry for entry in _shipped() if entry.takes_body and entry.example]
    learned = [_learned(PayloadChecker(_shipped(), entry), entry.example) for entry in samples]
    assert learned.count(2) > 0.8 * len(samples)


@pytest.mark.parametrize("text", ["Ren\u00e9e's second, at 5 %", "a note ", "two spaces  "])
def test_another_value_is_known_by_the_form_of_the_first(text: str) -> None:
    bodies = [
        {"contactId": CONTACT, "reasonCode": "first"},
        {"contactId": OTHER, "reasonCode": text},
    ]
    lines = b"".join(json.dumps(body).encode() + b"\n" for body in bodies)
    first, rest = JsonLinesChecker("a.jsonl", PayloadChecker(_shipped()))(
        LineBlock(1, 0, len(lines), lines)
    )
    assert isinstance(first, PayloadVerdict)
    assert isinstance(rest, VerdictRun)


@example(b"\xff")
@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_judged_alike(noise: bytes) -> None:
    judge = PayloadChecker(_shipped())
    good = json.dumps({"contactId": CONTACT, "reasonCode": "x"}).encode()
    text = good + b"\n" + good + b"\n" + noise + b"\n" + good
    assert told(judge, text) == told_alone(judge, text)
