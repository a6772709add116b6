"""Syntax errors in JSON, CSV, and headers are named correctly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.command import CAMPAIGN, CONTACT

if TYPE_CHECKING:
    from helpers.command import Cxcall

ESCAPE = r"write `\"` for each quote inside a string"
PYTHON = "write double quotes; a Python dictionary is sent by `json=payload`, or written by `json.dumps(payload)`"
MARKUP = "get the JSON document: the address or the program that this text comes from sent something else"
CUT = "get the complete text: it is cut off within a member or an item"
QUOTE = "a quote inside a string is not escaped"


ERRORS: list[tuple[str, str, str, int]] = [
    ('{"name": "Bob "The Builder" Smith"}', QUOTE, ESCAPE, 15),
    ('{"name": "Bob " the builder"}', QUOTE, ESCAPE, 15),
    ('{"size": "5" 6"}', "a comma is missing before this", "put a comma between the two", 14),
    ('{"size": "5"6"}', QUOTE, ESCAPE, 12),
    ('{"a "b" c": 1}', QUOTE, ESCAPE, 5),
    ('{"a": "x" b: 1}', "a comma is missing before this", "put a comma between the two", 11),
    ('["a" true]', "a comma is missing before this", "put a comma between the two", 6),
    ("{'contactId': 'x', 'more': None}", "single quotes are not JSON", PYTHON, 2),
    ("[{'contactId': 'x'}]", "single quotes are not JSON", PYTHON, 3),
    ("{\"a\": 'x'}", "single quotes are not JSON", "write double quotes", 7),
    ("<!DOCTYPE html><html></html>", "this is a web page, not JSON", MARKUP, 1),
    ("<html>", "this is a web page, not JSON", MARKUP, 1),
    ('<?xml version="1.0"?><a/>', "this is XML, not JSON", MARKUP, 1),
    (
        "<CONTACT_ID>",
        "`<` cannot start a JSON value",
        "write a JSON object, like `cxcall operations NAME --skeleton` prints",
        1,
    ),
    ('{"a": <ID>}', "`<` cannot start a JSON value", "put text in double quotes", 7),
    (
        '{"a": [{"b": 1',
        "this `{` is never closed",
        "add `}]}` at the end; the text may be cut off",
        8,
    ),
    ('{"a": 1,', "this `{` is never closed", CUT, 1),
    ('{"a":', "this `{` is never closed", CUT, 1),
    ('{"a"', "this `{` is never closed", CUT, 1),
    ('{"a": [1,', "this `[` is never closed", CUT, 7),
    (
        "[object Object]",
        "an object was sent as text, not as JSON",
        "send `JSON.stringify(payload)`",
        1,
    ),
]


def test_json_syntax_error_is_named_with_its_correction(cxcall: Cxcall) -> None:
    files = [cxcall.file(f"{row}.json", error[0]) for row, error in enumerate(ERRORS)]
    ran = cxcall("validate", *files, "-o", "json", code=3)
    shown = cxcall("validate", *files, code=3).out
    findings = ran.envelope["findings"]
    assert [each["file"] for each in findings] == files
    for finding, (text, message, fix, column) in zip(findings, ERRORS, strict=True):
        assert (finding["message"], finding["fix"]) == (message, fix), text
        assert f"{finding['file']}:1:{column}" in shown, text


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("Token abc", "the scheme of `Authorization` must be `Bearer`; got `Token`"),
        ("abc", "`Authorization` has no scheme before the token"),
        ("a1b2.c3 x", "`Authorization` has no scheme before the token"),
        ("Bearer Bearer x", "`Authorization` has `Bearer` twice before the token"),
        ('Bearer "x"', "the token in `Authorization` is in quotes"),
    ],
)
def test_malformed_authorization_header_is_named(cxcall: Cxcall, value: str, message: str) -> None:
    url = "https://api.mypurecloud.com/api/v2/conversations/calls"
    text = f"curl {url} -H 'Authorization: {value}' --json '{{\"phoneNumber\": \"+12025550123\"}}'"
    ran = cxcall("explain", "-", "-o", "json", stdin=text, code=3)
    found = {each["code"]: each["message"] for each in ran.envelope["findings"]}
    assert found["credential"] == message
    good = text.replace(value, "Bearer abc")
    assert "credential" not in cxcall("explain", "-", "-o", "json", stdin=good).codes


@pytest.mark.parametrize(
    ("row", "message", "place"),
    [
        (f'{CONTACT},"never closed\n{CONTACT},y\n', "this quote is never closed", "3:38"),
        (f'{CONTACT},"Bob "The" Smith"\n', "text follows a closed quote", "3:38"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "batch"])
def test_wrong_quote_in_a_csv_file_is_located(
    cxcall: Cxcall, command: str, row: str, message: str, place: str
) -> None:
    name = cxcall.file("calls.csv", f"contact-id,reason-code\n{CONTACT},x\n{row}")
    more = ["--sandbox"] if command == "batch" else []
    ran = cxcall(command, name, "--operation", "personal-connection", *more, code=3)
    output = ran.out + ran.err
    assert (
        f"this record does not match the header: {message}\n  --> calls.csv:{place}  body" in output
    )
    assert 'hint: close the cell with `"`; write a quote inside it twice: `""`' in output


def test_suggestion_does_not_name_a_property_that_is_present(cxcall: Cxcall) -> None:
    words = ("--contact-id", CONTACT, "--phone-number", "+12025550100", "-n", "-o", "json")
    ran = cxcall("execute", CAMPAIGN, *words, "--set", "/contactData/=1", code=3)
    fixes = {each["where"]: each["fix"] for each in ran.envelope["findings"]}
    assert fixes["/contactData"] == ("remove it: `/contactSpec/contactData` is there already")
    ran = cxcall("execute", CAMPAIGN, *words, "--set", "/contact_id=1", code=3)
    fixes = {each["where"]: each["fix"] for each in ran.envelope["findings"]}
    assert fixes["/contact_id"] == "remove it: `contactId` is there already"


def test_lines_of_documents_are_sent_by_batch(cxcall: Cxcall) -> None:
    line = f'{{"contactId": "{CONTACT}", "reasonCode": "x"}}\n'
    for name in ("two.jsonl", "two.json"):
        file = cxcall.file(name, line * 2)
        ran = cxcall("personal-connection", "-f", file, "--dry-run", code=3)
        assert f"`cxcall batch {file} --operation personal-connection" in ran.err
        assert "name the file" not in ran.err
    assert "name the file `.jsonl`" in cxcall("validate", "two.json", code=3).out
