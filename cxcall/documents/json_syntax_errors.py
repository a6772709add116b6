"""Find the first mistake in a text that is not JSON: its place, and the correction."""

from __future__ import annotations

import re
from math import isfinite
from typing import NoReturn

from cxcall.documents.json_text import WHITE_SPACE
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import LazyPattern, compile_on_use

_SPACE = compile_on_use(r"[ \t\n\r]*")
_STRING = compile_on_use(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*')
_NUMBER = compile_on_use(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9A-Za-z.+_-])")
_WRONG_NUMBER = compile_on_use(r"[-+0-9.eExXA-Fa-f_]+")
_WORD = compile_on_use(r"[-+]?(?:[^\W\d]|\$)[\w$-]*")
_FORM_DATA = compile_on_use(r"[\w.%+-]++=[^\n]*+\s*+\Z")
_LONE_SURROGATE_ESCAPE = compile_on_use(
    r"\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u[dD])[c-fC-F]..)"
)
_LONE_SURROGATE = compile_on_use("[\ud800-\udfff]")
_LITERALS = ("true", "false", "null")
_OTHER_NULLS = ("none", "undefined", "nil")
_NOT_NUMBERS = ("nan", "inf", "infinity")
_SAMPLE = "write a JSON object, like `cxcall operations NAME --skeleton` prints"
_CURLY_QUOTES = "\u2018\u2019\u201c\u201d"
_JS_OBJECT = "[object Object]"
_PYTHON_HINT = (
    "; a Python dictionary is sent by `json=payload`, or written by `json.dumps(payload)`"
)
ONE_PER_LINE = "name the file `.jsonl`"
"""The correction of a text that has a document on each line."""
_MARKUP = compile_on_use(r"<(?:(?P<page>!doctype\s+html|html)\b|\?xml\b)", re.IGNORECASE)
_MAX_SHOWN = 40


class Mistake(NamedTuple):
    """The first place where a text is not JSON (`start` to `end`), the problem, and the correction."""

    start: int
    end: int
    message: str
    fix: str


class _MistakeFound(Exception):  # noqa: N818 - the result of a scan, not an error
    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


def diagnose(text: str, max_depth: int) -> Mistake:
    """Return the first mistake in a text that was refused; `max_depth` is the limit of nesting."""
    try:
        _Scanner(text, max_depth).scan()
    except _MistakeFound as found:
        return found.mistake
    return Mistake(0, 1, "this is not JSON", "check it with another tool")


def find_lone_surrogate(text: str) -> tuple[int, int] | None:
    """Return the place of half of a surrogate pair, as an escape or a character; None if there is none.

    Such a text cannot be encoded in UTF-8.
    """
    # An escaped backslash does not start an escape; its replacement must have the same length.
    escape = _LONE_SURROGATE_ESCAPE.search(text.replace(r"\\", "__"))
    match = escape or (None if text.isascii() else _LONE_SURROGATE.search(text))
    return match.span() if match else None


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _end(pattern: LazyPattern, text: str, start: int) -> int:
    match = pattern.match(text, start)
    return match.end() if match else start


def _has_value(number: str) -> bool:
    """Return whether Python can represent a number: 1e999 becomes infinite, and `int` accepts 4,300 digits."""
    try:
        return isfinite(float(number)) if set(".eE") & set(number) else int(number) is not None
    except ValueError:
        return False


class _Scanner:
    """Scans a text up to its first mistake.

    Open brackets are in a list, not on the call stack, so that a text may be nested to any depth.
    `follows_value` says whether a value, and not an opening bracket, is before the next character.
    """

    def __init__(self, text: str, max_depth: int) -> None:
        self.text = text
        self.max_depth = max_depth
        self.at = 0
        self.open: list[int] = []
        self.follows_value = False

    def scan(self) -> None:
        """Raise _MistakeFound at the first mistake."""
        if not self.skip_space():
            self.fail("the text is empty", _SAMPLE)
        if self.text.strip() == _JS_OBJECT:
            self.fail(
                "an object was sent as text, not as JSON",
                "send `JSON.stringify(payload)`",
                len(_JS_OBJECT),
            )
        if _FORM_DATA.match(self.text, self.at):
            self.fail("this is form data, not JSON", 'write `{"name": "value"}`')
        if markup := _MARKUP.match(self.text, self.at):
            kind = "a web page" if markup["page"] else "XML"
            fix = "get the JSON document: the address or the program that this text comes from sent something else"
            self.fail(f"this is {kind}, not JSON", fix, len(markup[0]))
        self.read_value(self.skip_space())
        while self.open:
            char = self.skip_space()
            if char == self.closing:
                self.at += 1
                self.open.pop()
                self.follows_value = True
            else:
                self.read_member(self.skip_comma(char) if self.follows_value else char)
        if char := self.skip_space():
            self.refuse_rest(char)

    def fail(self, message: str, fix: str, width: int = 1, at: int | None = None) -> NoReturn:
        start = self.at if at is None else at
        raise _MistakeFound(Mistake(start, start + width, message, fix))

    def skip_space(self) -> str:
        """Move to the next character and return it; empty at the end."""
        self.at = _end(_SPACE, self.text, self.at)
        char = self.text[self.at : self.at + 1]
        if char == "#" or self.text.startswith(("//", "/*"), self.at):
            self.fail("JSON has no comments", "remove the comment", 2 if char == "/" else 1)
        if char and not char.isprintable():
            self.fail(f"there is an invisible character (U+{ord(char):04X})", "remove it")
        return char

    @property
    def opening(self) -> str:
        return self.text[self.open[-1]]

    @property
    def closing(self) -> str:
        return "}" if self.opening == "{" else "]"

    def read_value(self, char: str) -> None:
        """Read a string, a scalar, or the opening bracket of an object or an array."""
        self.follows_value = not (char and char in "{[")
        if char == '"':
            self.read_string()
        elif self.follows_value:
            self.read_scalar(char)
        else:
            self.open.append(self.at)
            if len(self.open) > self.max_depth:
                fix = "send a flatter body"
                self.fail(f"it is nested more than {self.max_depth} levels deep", fix)
            self.at += 1

    def skip_comma(self, char: str) -> str:
        """Move behind the comma after a value, and return the next character."""
        if char != ",":
            self.refuse_separator(char)
        comma = self.at
        self.at += 1
        char = self.skip_space()
        if char == self.closing:
            self.fail(f"there is a comma before the closing `{char}`", "remove the comma", at=comma)
        return char

    def read_member(self, char: str) -> None:
        """Read an item of an array, or a name and a colon and a value in an object."""
        if self.opening == "{":
            if char != '"':
                self.refuse_name(char)
            self.read_string()
            char = self.skip_space()
            if char != ":":
                self.refuse_end(char)
                self.refuse_inner_quote(char)
                self.fail(f"a colon must follow the name, not `{char}`", 'write `"name": value`')
            self.at += 1
            char = self.skip_space()
        self.read_value(char)

    def read_string(self) -> None:
        start, end = self.at, _end(_STRING, self.text, self.at)
        char = self.text[end : end + 1]
        if char == "\\" and end + 1 < len(self.text):
            self.refuse_escape(end)
        if char not in ('"', "\\", ""):
            self.refuse_control_character(end)
        if char != '"':
            self.fail("this string is never closed", 'add `"` at its end')
        self.at = end + 1
        if lone := find_lone_surrogate(self.text[start : self.at]):
            fix = "write both halves of the pair, or the character itself"
            width = lone[1] - lone[0]
            self.fail(
                "there is half of a character (a lone surrogate) in a string",
                fix,
                width,
                start + lone[0],
            )

    def read_scalar(self, char: str) -> None:
        self.refuse_end(char)
        number, word = _NUMBER.match(self.text, self.at), _WORD.match(self.text, self.at)
        if number and not _has_value(number[0]):
            fix = "write a smaller number; if it is a text, put it in quotes"
            self.fail("this number is too large", fix, len(number[0]))
        if number or (word and word[0] in _LITERALS):
            self.at += len((number or word or "")[0])
            return
        self.refuse_quotes(char)
        if word:
            self.refuse_word(word[0])
        if char in "0123456789-+.":
            self.refuse_number()
        if char in ",}]":
            self.fail("a value is missing here", "write one, or remove the name or comma before it")
        fix = self._advise_on_start() or "put text in double quotes"
        self.fail(f"`{char}` cannot start a JSON value", fix)

    def refuse_end(self, char: str) -> None:
        """Fail at the end of the text, where a string or bracket is still open."""
        if not char:
            fix = "get the complete text: it is cut off within a member or an item"
            if self.ends_complete():
                fix = f"add `{self.missing_end}` at the end; the text may be cut off"
            self.fail(f"this `{self.opening}` is never closed", fix, at=self.open[-1])

    @property
    def missing_end(self) -> str:
        """The brackets that close all open ones."""
        return "".join("}" if self.text[at] == "{" else "]" for at in reversed(self.open))

    def ends_complete(self) -> bool:
        """Return whether only brackets are missing at the end of the text."""
        try:
            _Scanner(self.text + self.missing_end, self.max_depth).scan()
        except _MistakeFound:
            return False
        return True

    def refuse_rest(self, char: str) -> NoReturn:
        before = self.text[: self.at]
        if char in "{[":
            is_lines = before.endswith("\n") and "\n" not in before.strip()
            message = "a second document starts here" + ": this looks like JSON Lines" * is_lines
            self.fail(
                message,
                ONE_PER_LINE
                if is_lines
                else "write each document to its own file, or on one line, as `jq -c` does",
            )
        if char in "}]":
            self.fail(f"`{char}` closes nothing", "remove it")
        self.fail("there is text after the end of the document", "remove the text")

    def refuse_separator(self, char: str) -> NoReturn:
        self.refuse_end(char)
        if char in "}]":
            self.fail(f"`{char}` closes what `{self.opening}` opened", f"write `{self.closing}`")
        self.refuse_inner_quote(char)
        if char in "\"{[-'" or char.isalnum():
            self.fail("a comma is missing before this", "put a comma between the two")
        self.fail(f"`{char}` is not allowed here", f"write `,` or `{self.closing}`")

    def refuse_inner_quote(self, char: str) -> None:
        """Fail if a word follows a string that seems to be closed, because its last quote was part of it."""
        end = len(self.text[: self.at].rstrip(WHITE_SPACE))
        word = _WORD.match(self.text, self.at)
        is_word = word is not None and word[0] not in _LITERALS
        is_name = word is not None and self.text[word.end() :][:20].lstrip(WHITE_SPACE)[:1] == ":"
        is_adjacent = self.at == end and (char.isalnum() or is_word)
        if self.text[end - 1 : end] == '"' and (is_adjacent or (is_word and not is_name)):
            fix = r"write `\"` for each quote inside a string"
            self.fail("a quote inside a string is not escaped", fix, at=end - 1)

    def refuse_name(self, char: str) -> NoReturn:
        self.refuse_end(char)
        if char == ",":
            self.fail("there is an extra comma", "remove it")
        self.refuse_quotes(char)
        if word := _WORD.match(self.text, self.at):
            name = _shorten(word[0])
            self.fail(f"the name `{name}` is not in quotes", f'write `"{name}"`', len(word[0]))
        self.fail("a name in double quotes is expected here", 'write `"name": value`')

    def refuse_quotes(self, char: str) -> None:
        if char == "'":
            end = self.text.find("'", self.at + 1)
            is_python = self.text.lstrip(f"[{WHITE_SPACE}").startswith("{'")
            fix = "write double quotes" + _PYTHON_HINT * is_python
            self.fail("single quotes are not JSON", fix, end - self.at + 1 if end > 0 else 1)
        if char in _CURLY_QUOTES:
            self.fail("curly quotes are not JSON", 'write straight quotes: `"`')

    def refuse_escape(self, at: int) -> NoReturn:
        char = self.text[at + 1]
        if char == "u":
            fix = r"write four hexadecimal digits, like `\u00e9`; or `\\` for a backslash itself"
            self.fail(r"`\u` must be followed by four hexadecimal digits", fix, 2, at)
        escape = f"`\\{char}`" if char.isprintable() else "this"
        self.fail(f"{escape} is not a JSON escape", r"write `\\` for a backslash itself", 2, at)

    def refuse_control_character(self, at: int) -> NoReturn:
        char = self.text[at]
        if char in "\r\n":
            fix = 'add `"`, or write the line break as `\\n`'
            self.fail("this string is not closed on its line", fix)
        escape = "\\t" if char == "\t" else f"\\u{ord(char):04x}"
        message = f"there is a control character (0x{ord(char):02x}) in a string"
        self.fail(message, f"write it as `{escape}`", at=at)

    def refuse_word(self, word: str) -> NoReturn:
        lower, width = word.lower(), len(word)
        if lower.lstrip("+-") in _NOT_NUMBERS:
            self.fail(f"`{word}` is not a JSON number", "write null, or a number", width)
        literal = "null" if lower in _OTHER_NULLS else lower
        if literal in _LITERALS:
            self.fail(f"`{word}` is not JSON", f"write `{literal}`", width)
        fix = self._advise_on_start() or f'write `"{_shorten(word)}"`'
        self.fail(f"`{_shorten(word)}` is not in quotes", fix, width)

    def _advise_on_start(self) -> str:
        """Return what a document starts with, if nothing comes before; empty elsewhere."""
        return "" if self.text[: self.at].strip() else _SAMPLE

    def refuse_number(self) -> NoReturn:
        number = self.text[self.at : _end(_WRONG_NUMBER, self.text, self.at)]
        fix = "write it as plain digits, or put it in quotes"
        if number.startswith("+"):
            fix = "write a phone number in double quotes"
        elif re.match(r"-?0[0-9]", number):
            fix = "put it in quotes if it is a phone number or an ID; otherwise remove the leading zeros"
        self.fail("this is not a JSON number", fix, len(number))
