"""Forms: each member is encoded as the document declares, and decoded to the same value."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.formparser import parse_form_data
from werkzeug.test import EnvironBuilder

from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import MULTIPART, URLENCODED, Operation
from cxcall.findings.errors import UsageError
from cxcall.payloads.form_bodies import decode_body
from cxcall.payloads.payload import encode_body
from helpers.cases import each_case

TEXT = {"type": "string"}
LIST = {"type": "array", "items": TEXT}
PAIR = {"type": "object", "properties": {"x": {"type": "integer"}, "y": TEXT}}
PROPERTIES = {
    "To": TEXT,
    "Count": {"type": "integer"},
    "Record": {"type": "boolean"},
    "Maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
    "Events": LIST,
    "Joined": LIST,
    "Piped": LIST,
    "Deep": PAIR,
    "Spread": PAIR,
    "Plain": PAIR,
    "File": {"type": "string", "format": "binary"},
}
ENCODING = {
    "Joined": {"style": "form", "explode": False},
    "Piped": {"style": "pipeDelimited", "explode": False},
    "Deep": {"style": "deepObject", "explode": True},
    "Spread": {"style": "form", "explode": True},
    "To": {"contentType": "text/csv; charset=utf-8\r\nX-Evil: 1"},
}


def operation(media_type: str, **encoding: Any) -> Operation:
    """Return an operation that accepts a form."""
    schema = {"type": "object", "properties": PROPERTIES}
    media = {"schema": schema, "encoding": {**ENCODING, **encoding}}
    body = {"content": {media_type: media}}
    declared = {"operationId": "ring", "requestBody": body, "responses": {}}
    return Contract("made-up", {"paths": {"/x": {"post": declared}}}).operations[0]


@each_case(
    "value, written",
    [
        ({"To": "+1 202&", "Count": 3, "Record": True}, "To=%2B1+202%26&Count=3&Record=true"),
        ({"Maybe": 3}, "Maybe=3"),
        ({"Maybe": None}, "Maybe="),
        ({"Events": ["a", "b c"]}, "Events=a&Events=b+c"),
        ({"Joined": ["a", "b"]}, "Joined=a%2Cb"),
        ({"Piped": ["a", "b"]}, "Piped=a%7Cb"),
        ({"Deep": {"x": 1, "y": "é"}}, "Deep%5Bx%5D=1&Deep%5By%5D=%C3%A9"),
        ({"Spread": {"x": 1, "y": "b"}}, "x=1&y=b"),
        ({"Plain": {"x": 1}}, "Plain=%7B%22x%22%3A+1%7D"),
    ],
    quick=2,
)
def test_urlencoded_form_follows_the_encoding(value: Any, written: str) -> None:
    ring = operation(URLENCODED)
    assert encode_body(ring, value) == (written.encode(), URLENCODED)
    assert decode_body(ring, written.encode(), URLENCODED) == value


def test_reserved_characters_are_kept_where_the_document_allows_them() -> None:
    ring = operation(URLENCODED, To={"allowReserved": True})
    assert encode_body(ring, {"To": "a/b?c&d"})[0] == b"To=a/b?c%26d"


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "To": st.text(),
        "Count": st.integers(),
        "Record": st.booleans(),
        "Events": st.lists(st.text(), min_size=1),
        "Plain": st.fixed_dictionaries({"x": st.integers(), "y": st.text()}),
        "File": st.text(),
    },
)


@pytest.mark.slow
@given(value=VALUES)
def test_other_libraries_read_the_same_form(value: dict[str, Any]) -> None:
    content, _ = encode_body(operation(URLENCODED), value)
    found = parse_qsl(content.decode(), keep_blank_values=True)
    assert [each for each in found if each[0] in ("To", "Events", "File")] == [
        (name, text)
        for name, member in value.items()
        if name in ("To", "Events", "File")
        for text in (member if isinstance(member, list) else [member])
    ]
    ring = operation(MULTIPART)
    content, content_type = encode_body(ring, value)
    assert encode_body(ring, value) == (content, content_type)
    builder = EnvironBuilder(method="POST", data=content, content_type=content_type)
    _, fields, files = parse_form_data(builder.get_environ())
    assert fields.getlist("Events") == value.get("Events", [])
    assert fields.get("To") == value.get("To")
    if "File" in value:
        file = files["File"]
        assert (file.filename, file.mimetype) == ("File", "application/octet-stream")
        with file.stream as stream:
            assert stream.read().decode() == value["File"]
    if value:
        assert decode_body(ring, content, content_type) == value


def test_document_cannot_add_headers_to_a_part() -> None:
    content, _ = encode_body(operation(MULTIPART), {"To": "1", 'a"\r\nX: y': "2"})
    assert b"X-Evil" not in content
    assert b"\r\nX: y" not in content


def test_form_must_be_an_object() -> None:
    for value in ([1], "a", None):
        with pytest.raises(UsageError, match="a form must be an object"):
            encode_body(operation(URLENCODED), value)


def test_item_with_the_separator_of_its_style_is_refused() -> None:
    for value in ({"Joined": ["a,b"]}, {"Piped": ["a|b", "c"]}):
        with pytest.raises(UsageError, match="which separates its items"):
            encode_body(operation(URLENCODED), value)
    assert encode_body(operation(URLENCODED), {"Piped": ["a,b"]})[0] == b"Piped=a%2Cb"


@each_case(
    "value, texts",
    [
        ({"Joined": ["a", "b"]}, [("Joined", "a,b")]),
        ({"Piped": ["a", "b"]}, [("Piped", "a|b")]),
        ({"Events": ["a", "b"]}, [("Events", "a"), ("Events", "b")]),
        ({"Deep": {"x": 1, "y": "b"}}, [("Deep[x]", "1"), ("Deep[y]", "b")]),
        ({"Spread": {"x": 1, "y": "b"}}, [("x", "1"), ("y", "b")]),
    ],
    quick=5,
)
def test_multipart_form_follows_the_styles(value: Any, texts: list[tuple[str, str]]) -> None:
    ring = operation(MULTIPART)
    content, content_type = encode_body(ring, value)
    builder = EnvironBuilder(method="POST", data=content, content_type=content_type)
    _, fields, _ = parse_form_data(builder.get_environ())
    assert [*fields.items(multi=True)] == texts
    assert decode_body(ring, content, content_type) == value


@each_case(
    "name, item, declared, sent",
    [
        ("To", "a", "application/json", ""),
        ("Events", ["a"], "application/json", ""),
        ("Maybe", None, "application/json", ""),
        ("To", '{"a": 1}', "application/json", "application/json"),
        ("Events", ["[1]", '"a"'], "application/json", "application/json"),
        ("To", "1", "application/json, text/csv", "text/csv"),
        ("Count", 3, "application/json", "application/json"),
        ("Plain", {"x": 1}, "application/vnd.x+json; charset=utf-8", "application/vnd.x+json"),
        ("Plain", {"x": 1}, "application/xml", ""),
        ("File", "{}", "application/json", "application/json"),
    ],
    quick=10,
)
def test_member_is_sent_only_as_a_type_that_it_is_written_in(
    name: str, item: Any, declared: str, sent: str
) -> None:
    ring = operation(MULTIPART, **{name: {"contentType": declared}})
    if sent:
        assert f"\r\nContent-Type: {sent}\r\n".encode() in encode_body(ring, {name: item})[0]
    for media_type in (MULTIPART, URLENCODED) if not sent else ():
        ring = operation(media_type, **{name: {"contentType": declared}})
        with pytest.raises(UsageError, match=f"declares `{name}` as `{declared}`"):
            encode_body(ring, {name: item})
