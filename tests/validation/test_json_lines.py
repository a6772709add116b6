"""Lines that are judged by the form of others have the verdict that they have alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cxcall.contracts import contract
from cxcall.contracts.catalog import load_catalog
from cxcall.contracts.contract import Operation
from cxcall.mould import Moulds
from cxcall.validation.json_lines import JsonLinesChecker, LineBlock
from cxcall.validation.payload_check import PayloadChecker, PayloadVerdict, VerdictRun

ALL = load_catalog()
BODIES = [entry for entry in contract.operations() if entry.example is not None]
NAMED = [None, *BODIES]

# White space as `str.strip` takes it: one to three bytes of UTF-8, or an escape.
SPACES = [" ", "\n", "\x1f", "\x85", "\xa0", "\u1680", "\u2003", "\u2028", "\u205f", "\u3000"]
# What stands in values: harmless texts, and all that a check has an opinion on.
TELLING = ["follow_up", "Ada", "", " ", "x" * 60, "é", "ß\u2013", "\u200b", "\ud800", "a\nb", "\\", '"', "\x00",
         "12345678-1234-4234-8234-123456789012", "12345678-1234-4234-8234-12345678901G",
         "12345678-1234-4234-8234-123456789012".upper(), "00000000-0000-0000-0000-000000000000",
         "+12025550123", "+12025550100", "+1202555", "+4930123456", "+999123456789", "12025550123",
         "+1 202 555 0123", "+١٢٠٢٥٥٥٠١٢٣", "tel:+12025550123", "sip:a@b.example",
         "2026-12-01T09:00:00Z", "2026-02-30T09:00:00Z", "2026-12-01T24:00:00Z", "2026-12-01 09:00:00",
         "2026-12-01T09:00:00+15:00", "YOUR_ID", "your-id", "<id>", "{{id}}", "${ID}", "$ID", "%ID%", "[id]", "TODO",
         "todo later", "xxx", "XXXX", "enter id here", "ENTER-ID", "Enter_it", "insert_here", "INSERT IT", "changeme", "fixme", "none", "null", "undefined",
         "example", "guid", "contact id", "Your Name", "my-campaign", "replace_me", "\u017ftring", "\u0131nsert x", "true", "1",
         *(f"{before}{word}{after}" for word in ("uuid-here", "TODO") for before, after in (
            *((space, "") for space in SPACES), *(("", space) for space in SPACES)))]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(TELLING),
    st.text(max_size=12),
    st.text(alphabet="yourYOUR idxX<>{}[]$%_-+0123456789", max_size=16),
)  # fmt: skip
SCALARS = st.one_of(
    TEXTS,
    st.integers(),
    st.sampled_from([0, -0.0, 1.0, 1e3, 1e400, 2**53 + 1, 10**30, 0.1, True, False, None]),
    st.floats(),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS, inner, max_size=2),
    max_leaves=3,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Return (holder, key) of every member of a body, at any depth."""
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()  # fmt: skip
    return [place for key, member in list(members) for place in ((value, key), *places(member))]


@st.composite
def bodies(draw: st.DrawFn) -> Any:
    """Return a body that is an operation's example, but for a few values, names, or members."""
    body = json.loads(json.dumps(draw(st.sampled_from(BODIES)).example))
    for _ in range(draw(st.integers(0, 3))):
        found = places(body)
        if not found:
            break
        holder, key = draw(st.sampled_from(found))
        change = draw(st.sampled_from(["value", "value", "value", "text", "drop", "name", "copy"]))
        if change == "value":
            holder[key] = draw(VALUES)
        elif change == "text":
            holder[key] = draw(TEXTS)
        elif change == "drop":
            del holder[key]
        elif isinstance(holder, dict):
            holder[draw(TEXTS)] = holder.pop(key) if change == "name" else holder[key]
        else:
            holder.append(holder[key])
    return body


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """Return one line: a body as some program writes it, now and then with bytes changed."""
    ways = [{}, {"separators": (",", ":")}, {"ensure_ascii": False}, {"indent": None}]
    text = json.dumps(draw(bodies()), **draw(st.sampled_from(ways)))
    raw = text.encode("utf-8", "surrogatepass")
    for _ in range(draw(st.sampled_from([0, 0, 0, 1, 2]))):
        at = draw(st.integers(0, len(raw)))
        new = draw(
            st.binary(max_size=2)
            | st.sampled_from(
                [b'"a":1,', b"NaN", b"\xef\xbb\xbf", b"\xff", b"\\u0000", b"  ", b"\t", b"\\u0041",
                 b'"contactId":"x",', b"-Infinity", b"01", b"1.0", b"1e2", b"//", b"\r"]
            )
        )  # fmt: skip
        raw = raw[:at] + new + raw[at + draw(st.integers(0, 2)) :]
    ends = draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\n\n", b" \n"]))
    return raw.replace(b"\n", b" ") + ends


def judged(check: JsonLinesChecker, content: bytes, first: int) -> list[PayloadVerdict]:
    """Return the verdict of each line."""
    found: list[PayloadVerdict] = []
    for entry in check(LineBlock(first, 0, len(content), content)):
        found += entry.each() if isinstance(entry, VerdictRun) else [entry]
    return found


@given(
    several=st.lists(lines(), min_size=1, max_size=5),
    order=st.lists(st.integers(0, 99), max_size=12),
    named=st.sampled_from(NAMED),
    strict=st.booleans(),
)
@settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example]
)
def test_a_line_has_the_verdict_that_it_has_alone(
    several: list[bytes], order: list[int], named: Operation | None, *, strict: bool
) -> None:
    judge = PayloadChecker(ALL, named, strict=strict)
    content = several + [several[place % len(several)] for place in order]
    alone, line = [], 1
    for each in content:
        alone += judged(JsonLinesChecker("f.jsonl", judge), each, line)
        line += each.count(b"\n")
    assert judged(JsonLinesChecker("f.jsonl", judge), b"".join(content), 1) == alone


@given(
    base=st.sampled_from(BODIES),
    values=st.lists(st.tuples(st.integers(0, 30), SCALARS), min_size=1, max_size=8),
    is_named=st.booleans(),
    ascii_only=st.booleans(),
)
@example(base=BODIES[0], values=[(0, "YOUR_ID")], is_named=False, ascii_only=True)
@settings(deadline=None)
def test_another_value_in_a_known_form_is_judged_as_alone(
    base: Operation, values: list[tuple[int, Any]], *, is_named: bool, ascii_only: bool
) -> None:
    judge = PayloadChecker(ALL, base if is_named else None)
    content = [json.dumps(base.example)]
    for place, value in values:
        body = json.loads(content[0])
        found = places(body)
        holder, key = found[place % len(found)]
        holder[key] = value
        content.append(json.dumps(body, ensure_ascii=ascii_only))
    raw = [f"{line}\n".encode("utf-8", "surrogatepass") for line in content]
    alone = [
        entry
        for number, line in enumerate(raw, 1)
        for entry in judged(JsonLinesChecker("f", judge), line, number)
    ]
    assert judged(JsonLinesChecker("f", judge), b"".join(raw), 1) == alone


@pytest.mark.parametrize("operation", BODIES, ids=lambda entry: entry.name)
def test_the_form_of_an_example_is_learned(operation: Operation) -> None:
    line = json.dumps(operation.example).encode()
    check = JsonLinesChecker("f", PayloadChecker(ALL, operation))
    if all(entry.valid and not entry.findings for entry in judged(check, line, 1)):
        end, names = check.moulds.fitting(line + b"\n", 0)
        assert (end, names) == (len(line) + 1, (operation.name,))


def test_nothing_is_learned_from_a_line_with_findings() -> None:
    (dial,) = (entry for entry in BODIES if entry.name == "personal-connection")
    body = {**dial.example, "reasonCode": "YOUR_REASON"}
    check = JsonLinesChecker("f", PayloadChecker(ALL, dial))
    line = json.dumps(body).encode() + b"\n"
    (found,) = judged(check, line, 1)
    assert found.findings
    assert check.moulds.fitting(line, 0) == (0, ())


def test_it_stops_to_learn() -> None:
    (dial,) = (entry for entry in BODIES if entry.name == "personal-connection")
    moulds = Moulds(ALL, dial)
    for number in range(2000):
        moulds.learn(_extra(dial, number)[:-1], _with(dial, number), (dial.name,))
    assert moulds.fitting(_extra(dial, 0), 0)[1] == (dial.name,)
    assert moulds.fitting(_extra(dial, 1999), 0) == (0, ())


def _with(operation: Operation, number: int) -> dict[str, Any]:
    return {**operation.example, f"extra{number}": 1}


def _extra(operation: Operation, number: int) -> bytes:
    return json.dumps(_with(operation, number)).encode() + b"\n"
