"""Each syntax error in JSON is located, named, and corrected."""

from __future__ import annotations

import pytest

from cxcall.documents.json_document import MAX_DEPTH
from cxcall.documents.json_syntax_errors import diagnose
from helpers.cases import each_case
from helpers.json_texts import refusal


@each_case(
    "text, line, column, width, message",
    [
        ("", 1, 1, 1, "the text is empty"),
        (" \n ", 2, 2, 1, "the text is empty"),
        ("{'a': 1}", 1, 2, 3, "single quotes are not JSON"),
        ("{\"a\": 'x'}", 1, 7, 3, "single quotes are not JSON"),
        ('{"a": 1,}', 1, 8, 1, "there is a comma before the closing `}`"),
        ("[1,\n 2,\n]", 2, 3, 1, "there is a comma before the closing `]`"),
        ('{"a": 1\n "b": 2}', 2, 2, 1, "a comma is missing before this"),
        ("{a: 1}", 1, 2, 1, "the name `a` is not in quotes"),
        ('{"a" 1}', 1, 6, 1, "a colon must follow the name, not `1`"),
        ('{"a": }', 1, 7, 1, "a value is missing here"),
        ('{"a": 1', 1, 1, 1, "this `{` is never closed"),
        ("[1, 2", 1, 1, 1, "this `[` is never closed"),
        ("[1}", 1, 3, 1, "`}` closes what `[` opened"),
        ('{"a": // x\n1}', 1, 7, 2, "JSON has no comments"),
        ('{"a": 1} # x', 1, 10, 1, "JSON has no comments"),
        ('{"a": None}', 1, 7, 4, "`None` is not JSON"),
        ('{"a": True}', 1, 7, 4, "`True` is not JSON"),
        ('{"a": NaN}', 1, 7, 3, "`NaN` is not a JSON number"),
        ('{"a": -Infinity}', 1, 7, 9, "`-Infinity` is not a JSON number"),
        ('{"a": hello}', 1, 7, 5, "`hello` is not in quotes"),
        ('{"a": 007}', 1, 7, 3, "this is not a JSON number"),
        ('{"a": +1}', 1, 7, 2, "this is not a JSON number"),
        ('{"a": "x}', 1, 7, 1, "this string is never closed"),
        ('{"a": "x\ny"}', 1, 7, 1, "this string is not closed on its line"),
        ('{"a": "x\ty"}', 1, 9, 1, "there is a control character (0x09) in a string"),
        ('{"a": "\\x"}', 1, 8, 2, "`\\x` is not a JSON escape"),
        (
            '{"a": "\\ud800"}',
            1,
            8,
            6,
            "there is half of a character (a lone surrogate) in a string",
        ),
        (
            '{"a": "\\ud83d\\ude00 \\\\ud83d",\n "b": "\\udc00"}',
            2,
            8,
            6,
            "there is half of a character (a lone surrogate) in a string",
        ),
        (
            '{"a": "é\ud800"}',
            1,
            9,
            1,
            "there is half of a character (a lone surrogate) in a string",
        ),
        (
            '{"a": "\\ud800", "a": 1}',
            1,
            8,
            6,
            "there is half of a character (a lone surrogate) in a string",
        ),
        ('{"a": 1} x', 1, 10, 1, "there is text after the end of the document"),
        (
            '{"a": 1}\n{"a": 2}',
            2,
            1,
            1,
            "a second document starts here: this looks like JSON Lines",
        ),
        ('{\n"a": 1}\n{"a": 2}', 3, 1, 1, "a second document starts here"),
        ('{"a": 1}{"a": 2}', 1, 9, 1, "a second document starts here"),
        ('{"a": 1}}', 1, 9, 1, "`}` closes nothing"),
        ("name=Follow up&b=%2B1\n", 1, 1, 1, "this is form data, not JSON"),
        ("{\u201ca\u201d: 1}", 1, 2, 1, "curly quotes are not JSON"),
        ('{"a": \u2018b\u2019}', 1, 7, 1, "curly quotes are not JSON"),
        ('{"a":\u00a01}', 1, 6, 1, "there is an invisible character (U+00A0)"),
        ("\ufeff\ufeff{}", 1, 1, 1, "there is an invisible character (U+FEFF)"),
        ("{é: 1}", 1, 2, 1, "the name `é` is not in quotes"),
        ("{1: 2}", 1, 2, 1, "a name in double quotes is expected here"),
        ('{,"a": 1}', 1, 2, 1, "there is an extra comma"),
        ('{"a": 1,, "b": 2}', 1, 9, 1, "there is an extra comma"),
        ('{"a": 1,', 1, 1, 1, "this `{` is never closed"),
        ('{"a"', 1, 1, 1, "this `{` is never closed"),
        ('{"a":', 1, 1, 1, "this `{` is never closed"),
        ("{", 1, 1, 1, "this `{` is never closed"),
        ("[1,,2]", 1, 4, 1, "a value is missing here"),
        ("[1; 2]", 1, 3, 1, "`;` is not allowed here"),
        ('["a": 1]', 1, 5, 1, "`:` is not allowed here"),
        ("[<id>]", 1, 2, 1, "`<` cannot start a JSON value"),
        ("{'a: 1}", 1, 2, 1, "single quotes are not JSON"),
        ("[NULL]", 1, 2, 4, "`NULL` is not JSON"),
        ("[inf]", 1, 2, 3, "`inf` is not a JSON number"),
        ("[1e999]", 1, 2, 5, "this number is too large"),
        ("[-1" + "0" * 400 + ".0]", 1, 2, 404, "this number is too large"),
        ("[" + "1" * 5000 + "]", 1, 2, 5000, "this number is too large"),
        ("[.5]", 1, 2, 2, "this is not a JSON number"),
        ('{"a": "x\\', 1, 7, 1, "this string is never closed"),
        ('{"a": "C:\\users"}', 1, 10, 2, "`\\u` must be followed by four hexadecimal digits"),
        ('{"a": "\\\n"}', 1, 8, 1, "this is not a JSON escape"),
        ('{"a": "x\x01"}', 1, 9, 1, "there is a control character (0x01) in a string"),
        ("[1,\r\n 2,\r\n]", 2, 3, 1, "there is a comma before the closing `]`"),
        ('{"a": /* x */ 1}', 1, 7, 2, "JSON has no comments"),
        ("a=1&b=2", 1, 1, 1, "this is form data, not JSON"),
        ("[" * 300, 1, 201, 1, "it is nested more than 200 levels deep"),
        ("[" * 201 + "]" * 201, 1, 201, 1, "it is nested more than 200 levels deep"),
        ('{"a":' * 201 + "1" + "}" * 201, 1, 1001, 1, "it is nested more than 200 levels deep"),
        ("[" * 100_000, 1, 201, 1, "it is nested more than 200 levels deep"),
    ],
)
def test_syntax_error_is_located(
    text: str, line: int, column: int, width: int, message: str
) -> None:
    finding = refusal(text)
    place = finding.excerpt
    assert place is not None
    assert (finding.message, place.line, place.column, place.width) == (
        message,
        line,
        column,
        width,
    )


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("[+12025550100]", "write a phone number in double quotes"),
        (
            "[007]",
            "put it in quotes if it is a phone number or an ID; otherwise remove the leading zeros",
        ),
        ("[None]", "write `null`"),
        ("[FALSE]", "write `false`"),
        ("[" + "a" * 90 + "]", f'write `"{"a" * 40}..."`'),
        ("{" + "a" * 90 + "}", f'write `"{"a" * 40}..."`'),
        ('{"a": 1}\n{"a": 2}\n', "name the file `.jsonl`"),
        ('["\t"]', "write it as `\\t`"),
    ],
)
def test_syntax_error_has_a_correction(text: str, fix: str) -> None:
    assert refusal(text).fix == fix


def test_valid_text_has_no_named_error() -> None:
    assert diagnose('{"a": [1, true, "x", 1.5]}', MAX_DEPTH).message == "this is not JSON"
