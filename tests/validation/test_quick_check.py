"""The screen accepts only lines without findings in the full check, and most of them."""

from __future__ import annotations

import codecs
import json
from functools import cache
from io import BufferedReader, BytesIO
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, reject, settings
from hypothesis import strategies as st

from cxcall.contracts.contract import load_operation
from cxcall.contracts.operation import Operation
from cxcall.documents.json_document import DocumentError
from cxcall.validation import json_lines
from cxcall.validation.json_lines import JsonLinesChecker, LineBlock, split_blocks
from cxcall.validation.payload_check import PayloadChecker, PayloadVerdict, VerdictRun
from cxcall.validation.quick_check import QuickCheck
from helpers.cases import each_case
from helpers.command import CONTACT
from helpers.every_rule import GOOD, TREE, own_operations
from helpers.shipped_operations import detailed_operations
from helpers.work import examples, stride

OTHER = "7c1c9d3e-6b1a-4f0e-9f57-3e4a1c0b2d11"
BLANKS = list(" \t\n\r\x0b\x1c\x1f\x85\xa0\u1680\u2003\u2028\u205f\u3000\ufeff\u200b")
PLACEHOLDERS = [
    "<id>", "<>", "[id]", "{{id}}", "${id}", "{}", "$ID", "$\u00e9", "%ID%", "%\u00fc%", "uuid-here", "put it here", "-HERE", "a\n-here",
    "your-id", "My name", "enter_id", "Replace me", "insert x", "\u0131nsert-x", "\u0130NSERT X", "in\u017fert-x", "your-\n",
    "todo", "ToDo", "tbd", "xxx", "XXXX", "changeme", "f\u0131xme", "F\u0130XME", "fixme", "00000000-0000-0000-0000-000000000000",
]  # fmt: skip
STRINGS = [
    *PLACEHOLDERS, *(f"{blank}todo" for blank in BLANKS), *(f"todo{blank}" for blank in BLANKS), *(f"id-here{blank}" for blank in BLANKS),
    "", " ", "a", "abcd", "one", "ONE", "é", "ABCDE", "x", "here", "there", "Todorov", "xx", "fi\u0307xme", "<a>b", "{", "%", "$", "$ 5",
    OTHER, OTHER.upper(), CONTACT, f" {CONTACT}", "+12125550123", "+1234567890", "+442079460000", "+44 20 7946 0000", "+", "+0", "12125550123",
    "+\u0661\u0662125550123", "+12125550123\n", "+999123456789", "+12125550100", "sip:ada@example.com", 'a"b', "a\\", "a:b", "{[:]}",
    "2026-02-28T10:00:00Z", "2026-02-30T10:00:00Z", "\ud800", "\U0001f600", "\x00", "\x7f",
]  # fmt: skip
WRITTEN = [
    "0", "-0", "1", "5", "10", "1.0", "1.50", "0.3", "1e2", "1E400", "-1e-400", "1E-99999999999999999999", "0E99999999999999999999", "9007199254740993", "18446744073709551616", "9" * 400, "9" * 5000,
    "NaN", "Infinity", "-Infinity", "01", "+1", "1.", ".5", "true", "false", "null", "True", "{}", "[]", '{"a": 1, "a": 2}', '{"a": 1, "\\u0061": 2}',
    '{"a:": 1, "b": {"c": 1, "c": 2}}', '[{"a": 1, "a": 2}, 1]', '{"0": "+1234567890"}', '["+1234567890"]', '{"\u00b2": "todo"}',
    "[" * 199 + "]" * 199, "[" * 201 + "]" * 201, '{"a":' * 201 + "1" + "}" * 201, "[" * 3000 + "]" * 3000, '"\\u0074odo"', '"\\u00a0tbd"', '"\\ud83d\\ude00"',
    '"\\ud83d"', '"\\ud83d\\u0041"', '{"\\ud800": 1}', '"\\x41"', '"\\/a"', '"a\tb"', "'a'", '"a"b"', '"-\\u0068ere"', '{"a" : 1}', '{"a"\t:1}',
]  # fmt: skip
BYTES = [
    b'"', b"\\", b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc2", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b",", b":", b"{", b"}",
    b"[", b"]", b" ", b"\t", b"\r", b"\x0b", b"0", b"\xef\xbb\xbf", b"//", b'"id":1,', b'"\\u0069d":1,',
]  # fmt: skip


@cache
def _shipped() -> tuple[Operation, ...]:
    return detailed_operations()


def _check_in_full(checker: PayloadChecker, line: bytes, number: int = 1) -> list[Any]:
    """Return the verdict of the full check: a file of one line has no screen."""
    found = JsonLinesChecker("a.jsonl", checker)(LineBlock(1, 0, len(line), [line]))
    return [_on_line(verdict, number) for verdict in found]


def _on_line(verdict: Any, number: int) -> Any:
    """Return a verdict on line 1 as it is for the same line elsewhere in a file."""
    findings = tuple(
        each._replace(
            message=each.message.replace("line 1", f"line {number}"),
            excerpt=each.excerpt and each.excerpt._replace(line=number),
        )
        for each in verdict.findings
    )
    return verdict._replace(line=number, findings=findings)


def _check_together(checker: PayloadChecker, lines: list[bytes]) -> list[Any]:
    """Return the verdicts on the last lines of a file that is long enough for a screen."""
    text = b"\n" * json_lines.FEW_LINES + b"\n".join(lines)
    (block,) = split_blocks(BufferedReader(BytesIO(text)), "a.jsonl", b"", at_once=False)
    found = JsonLinesChecker("a.jsonl", checker)(block)
    return [
        each
        for entry in found
        for each in (entry.each() if isinstance(entry, VerdictRun) else [entry])
    ]


@cache
def _screen(known: tuple[Operation, ...], named: Operation | None) -> QuickCheck:
    return QuickCheck(known, named)


def _assert_same_verdict(checker: PayloadChecker, line: bytes) -> None:
    (accepted,) = _screen(tuple(checker.known), checker.named).accept([line])
    if accepted:
        (verdict,) = _check_in_full(checker, line)
        assert isinstance(verdict, PayloadVerdict)
        names = tuple(operation.name for operation in accepted)
        assert (verdict.valid, verdict.findings, verdict.operations) == (True, (), names), line


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    if isinstance(value, dict | list):
        members = value.items() if isinstance(value, dict) else enumerate(value)
        return [path, *(each for name, member in members for each in _paths(member, (*path, name)))]
    return [path]


def _replace(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = _replace(value[path[0]], path[1:], new)
    return copied


def _spell(value: Any, path: tuple[Any, ...], written: str, **style: Any) -> bytes:
    """Return a line with a text inserted unchanged at a place, JSON or not."""
    text = json.dumps(_replace(value, path, "@"), **style).replace('"@"', written)
    return text.encode("utf-8", "surrogatepass")


@st.composite
def _lines(draw: st.DrawFn, bases: list[Any]) -> bytes:
    """Draw a line similar to a good one: with another value, name, or member, or with changed bytes."""
    value = draw(st.sampled_from(bases))
    if isinstance(value, dict) and draw(st.booleans()):
        names = draw(st.lists(st.sampled_from(sorted(value)), max_size=4, unique=True))
        value = {name: value[name] for name in names}
    if isinstance(value, dict) and draw(st.integers(0, 4)) == 0:
        value = value | {draw(st.sampled_from([*STRINGS, "0", "extra"])): draw(st.integers())}
    written = draw(
        st.sampled_from(WRITTEN)
        | st.sampled_from(STRINGS).map(json.dumps)
        | st.sampled_from(STRINGS).map(lambda text: json.dumps(text, ensure_ascii=False))
        | st.text(max_size=8).map(json.dumps)
        | st.integers().map(str)
        | st.floats().map(json.dumps)
    )
    path = draw(st.sampled_from(_paths(value)))
    ascii_only, separators = (
        draw(st.booleans()),
        draw(st.sampled_from([(", ", ": "), (",", ":"), (" ,", " :\t")])),
    )
    line = _spell(value, path, written, ensure_ascii=ascii_only, separators=separators)
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(line)))
        end = at + draw(st.integers(0, 2))
        line = line[:at] + draw(st.sampled_from([b"", *BYTES])) + line[end:]
    before = draw(st.sampled_from([b""] * 9 + [b"\xef\xbb\xbf", b" "]))
    return (before + line).replace(b"\n", b"")


many = settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
GOOD_LINES = [json.dumps(GOOD).encode(), b'{"count": 1}', b'{"free": "a:b"}']
BASES = [GOOD, [{"id": CONTACT, "free": "x"}, {"count": 1}], TREE, {"leaf": "+12125550123"}]
EXAMPLES = [
    entry for entry in detailed_operations() if entry.takes_body and entry.example is not None
]


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@many
@given(line=_lines(BASES), named=st.sampled_from([None, *own_operations()]), strict=st.booleans())
@example(line=b'[{"id":1,"id":2},1]', named=own_operations()[4], strict=False)
def test_accepted_line_has_no_finding(
    line: bytes, named: Operation | None, *, strict: bool
) -> None:
    _assert_same_verdict(PayloadChecker(own_operations(), named, strict=strict), line)


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@many
@given(line=_lines([entry.example for entry in EXAMPLES]), named=st.sampled_from([None, *EXAMPLES]))
def test_accepted_line_of_shipped_operation_has_no_finding(
    line: bytes, named: Operation | None
) -> None:
    _assert_same_verdict(PayloadChecker(_shipped(), named), line)


@pytest.mark.usefixtures("untraced")
@settings(max_examples=examples(200), deadline=None)
@given(st.binary(max_size=200))
def test_accepted_bytes_have_no_finding(line: bytes) -> None:
    _assert_same_verdict(PayloadChecker(_shipped()), line.replace(b"\n", b""))


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@each_case("name", sorted(GOOD))
def test_no_mistake_is_accepted_at_any_place_of_a_property(name: str) -> None:
    base = {"third": CONTACT, name: GOOD[name]}
    texts = [
        *WRITTEN,
        *map(json.dumps, STRINGS),
        *(json.dumps(text, ensure_ascii=False) for text in STRINGS),
    ]
    for path in _paths(base)[1:]:
        for text in texts[:: 2 * stride()]:
            for operation in own_operations()[:2]:
                line = _spell(base, path, text).replace(b"\n", b"")
                _assert_same_verdict(PayloadChecker(own_operations(), operation), line)


def test_line_with_a_value_in_another_form_than_its_schema_describes_is_not_accepted() -> None:
    operation = load_operation("cxone-upload-call-list")
    line = json.dumps({**(operation.example or {}), "listFile": "id,phone"}).encode()
    assert QuickCheck([operation], operation).accept([line]) == [()]
    _assert_same_verdict(PayloadChecker((operation,), operation), line)


@pytest.mark.slow
@each_case("operation", EXAMPLES, ids=lambda entry: entry.name)
def test_example_without_findings_is_accepted(operation: Operation) -> None:
    line = json.dumps(operation.example).encode()
    (verdict,) = _check_in_full(PayloadChecker(_shipped(), operation), line)
    is_clean = verdict.valid and not verdict.findings
    assert QuickCheck(_shipped(), operation).accept([line]) == [(operation,) if is_clean else ()]


@each_case("text", ["Renée's second, at 5 %", "there", "12:30", 'a "note"', "☎ x"], quick=2)
def test_ordinary_text_is_accepted(text: str) -> None:
    line = json.dumps({"contactId": CONTACT, "reasonCode": text}).encode()
    assert QuickCheck(_shipped(), None).accept([line]) != [()]


@pytest.mark.slow
@pytest.mark.usefixtures("untraced")
@many
@given(
    lines=st.lists(st.sampled_from(GOOD_LINES) | _lines(BASES), min_size=1, max_size=5),
    named=st.sampled_from([None, *own_operations()]),
)
@example(lines=[b"[1", b"2]"], named=own_operations()[4])
@example(lines=[b'{"count":1}{"few":', b"2}"], named=own_operations()[1])
@example(lines=[b'{"count":1,"count":2}', b'{"free":"a:b"}'], named=own_operations()[1])
def test_lines_have_the_same_verdicts_together_and_alone(
    lines: list[bytes], named: Operation | None
) -> None:
    checker = PayloadChecker(own_operations(), named)
    lines = [line for line in lines if not line.startswith(codecs.BOM_UTF8)]
    numbered = enumerate(lines, json_lines.FEW_LINES + 1)
    alone = [each for number, line in numbered for each in _check_in_full(checker, line, number)]
    try:
        together = _check_together(checker, lines)
    except DocumentError:  # control characters and bytes that are not UTF-8: not a text file
        reject()
    assert together == alone


BAD_LINES = {
    "schema": b'{"few": 10}',
    "placeholder": b'{"free": "todo"}',
    "number": b'{"loose": "+1234567890"}',
    "digits that are not ASCII": b'{"address": "+\\u0661\\u0662125550123"}',
    "other ID": b'{"id": "%b", "again": "x"}' % CONTACT.encode(),
    "repeated name": b'{"count": 1, "count": 2}',
    "repeated name that is escaped": b'{"count": 1, "c\\u006funt": 2, "free": ":"}',
    "depth": b'{"any": %b}' % (b"[" * 201 + b"]" * 201),
    "syntax": b'{"count": 1',
    "two values": b'{"count": 1}{"count": 2}',
    "blank": b"",
}


@pytest.mark.slow
@each_case("at", range(3))
@each_case("bad", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_only_the_line_with_a_finding_is_left_to_the_full_check(bad: bytes, at: int) -> None:
    operation = own_operations()[1]
    lines = [b'{"count": 1}', b'{"free": "12:30", "data": {"a": "b"}}']
    lines.insert(at, bad)
    accepted = QuickCheck(own_operations(), operation).accept([line + b"\n" for line in lines])
    assert accepted == [() if line is bad else (operation,) for line in lines]


@pytest.mark.slow
def test_verdicts_of_a_long_file_are_those_of_single_lines() -> None:
    bodies = [
        {"contactId": CONTACT, "reasonCode": text}
        for text in ("a", "todo", "b", "b", "", "your-id")
    ]
    lines = [json.dumps(bodies[number % 6]).encode() for number in range(3 * json_lines.FEW_LINES)]
    checker, block = PayloadChecker(_shipped()), LineBlock(1, 0, 0, lines)
    together = JsonLinesChecker("a.jsonl", checker)(block)
    assert any(isinstance(entry, VerdictRun) for entry in together)
    assert _check_together(checker, lines) == [
        each
        for number, line in enumerate(lines, json_lines.FEW_LINES + 1)
        for each in _check_in_full(checker, line, number)
    ]
