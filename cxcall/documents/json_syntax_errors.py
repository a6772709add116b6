"""A text that is not JSON -> the actual mistake in it: where it stands, and what to write instead."""

from __future__ import annotations

import re
from math import isfinite
from typing import NamedTuple, NoReturn

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9A-Za-z.+_-])")
_WRONG_NUMBER = re.compile(r"[-+0-9.eExXA-Fa-f_]+")
_WORD = re.compile(r"[-+]?(?:[^\W\d]|\$)[\w$-]*")
_FORM = re.compile(r"[\w.%+-]++=[^\n]*+\s*+\Z")
_HALF = re.compile(
    r"\\u[dD](?:[89abAB]..(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..\\u[dD])[c-fC-F]..)"
)
_RAW_HALF = re.compile("[\ud800-\udfff]")
_LITERALS = ("true", "false", "null")
_OTHER_WORDS = {"none": "null", "undefined": "null", "nil": "null"}
_NOT_NUMBERS = ("nan", "inf", "infinity")
_CURLY = "\u2018\u2019\u201c\u201d"
_BLANK = " \t\r\n"
_OBJECT = "[object Object]"
_FROM_PYTHON = (
    "; a Python dictionary is sent by `json=payload`, or written by `json.dumps(payload)`"
)
_LONGEST_SHOWN = 40


class Mistake(NamedTuple):
    """Where a text stops being JSON (from `start` to `end`), what is wrong there, and what to do."""

    start: int
    end: int
    message: str
    fix: str


class _Found(Exception):  # noqa: N818 - what the text holds, not a fault of ours
    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.message)
        self.mistake = mistake


def diagnose(text: str, deepest: int) -> Mistake:
    """Return the first mistake of a text that was refused; `deepest` is how deep it may be nested."""
    try:
        _Reader(text, deepest).read()
    except _Found as found:
        return found.mistake
    return Mistake(0, 1, "this is not JSON", "check it with another tool")


def find_half(text: str) -> tuple[int, int] | None:
    """Return where an escape in JSON, or a character, is half of a surrogate pair; None where none is.

    Such a text can be no UTF-8.
    """
    # An escaped backslash begins no other escape; what replaces it must be as long.
    found = _HALF.search(text.replace(r"\\", "__"))
    if not found and not text.isascii():
        found = _RAW_HALF.search(text)
    return found.span() if found else None


def _shown(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _is_readable(number: str) -> bool:
    """Tell whether a number has a value: 1e999 becomes infinite, and 4,300 digits are the limit of int."""
    if set(".eE") & set(number):
        return isfinite(float(number))
    try:
        int(number)
    except ValueError:
        return False
    return True


class _Reader:
    """Read a text strictly, to stop at its first mistake and name it.

    What is open is on a list, not on the stack of calls: a text may be nested as deeply as it likes.
    """

    def __init__(self, text: str, deepest: int) -> None:
        self.text = text
        self.deepest = deepest
        self.at = 0
        self.open: list[tuple[str, int]] = []

    @property
    def closing(self) -> str:
        return "}" if self.open[-1][0] == "{" else "]"

    def fail(self, message: str, fix: str, width: int = 1, at: int | None = None) -> NoReturn:
        start = self.at if at is None else at
        raise _Found(Mistake(start, start + width, message, fix))

    def skip(self) -> str:
        """Pass over white space; returns the next character, empty at the end."""
        self.at = _end(_SPACE, self.text, self.at)
        following = self.text[self.at : self.at + 1]
        if following == "#" or self.text.startswith(("//", "/*"), self.at):
            self.fail("JSON has no comments", "remove the comment", 2 if following == "/" else 1)
        if following and not following.isprintable():
            character = f"U+{ord(following):04X}"
            self.fail(f"an invisible character ({character}) stands here", "remove it")
        return following

    def read(self) -> None:
        if not self.skip():
            self.fail(
                "it is empty",
                "write a JSON object, like `cxcall operations NAME --skeleton` prints",
            )
        if self.text.strip() == _OBJECT:
            fix = "send `JSON.stringify(payload)`"
            self.fail("an object was sent as text, not as JSON", fix, len(_OBJECT))
        if _FORM.match(self.text, self.at):
            self.fail("this is form data, not JSON", 'write `{"name": "value"}`')
        is_value_next = True
        while is_value_next or self.open:
            is_value_next = self.value() if is_value_next else self.go_on()
        if self.skip():
            self.after_the_end()

    def value(self) -> bool:
        """Read a value, or the opening of one; tells whether the first value in it stands next."""
        following = self.skip()
        if following in ("{", "["):
            return self.container(following)
        if following == '"':
            self.string()
        else:
            self.scalar(following)
        return False

    def container(self, opening: str) -> bool:
        self.open.append((opening, self.at))
        if len(self.open) > self.deepest:
            self.fail(f"it is nested over {self.deepest} levels deep", "send a flatter body")
        self.at += 1
        if self.skip() == self.closing:
            return self.close()
        self.name()
        return True

    def close(self) -> bool:
        self.at += 1
        self.open.pop()
        return False

    def go_on(self) -> bool:
        """Read what stands after a value in a container; tells whether another value stands next."""
        following = self.skip()
        closing = self.closing
        if following == closing:
            return self.close()
        if following != ",":
            self.between(following, closing)
        comma = self.at
        self.at += 1
        if self.skip() == closing:
            self.fail(
                f"a comma stands before the closing `{closing}`", "remove the comma", at=comma
            )
        self.name()
        return True

    def between(self, following: str, closing: str) -> NoReturn:
        if not following:
            self.unclosed()
        if following in "}]":
            self.fail(
                f"`{following}` closes what `{self.open[-1][0]}` opened", f"write `{closing}`"
            )
        self.refuse_open_quote(following)
        if following in "\"{[-'" or following.isalnum():
            self.fail("a comma is missing before this", "put a comma between the two")
        self.fail(f"`{following}` cannot stand here", f"write `,` or `{closing}`")

    def refuse_open_quote(self, following: str) -> None:
        """Fail where a word follows a string that seems to be closed: the quote was one inside of it."""
        end = len(self.text[: self.at].rstrip(_BLANK))
        word = _WORD.match(self.text, self.at)
        is_word = word is not None and word[0] not in _LITERALS
        is_name = word is not None and self.text[word.end() :][:20].lstrip(_BLANK)[:1] == ":"
        is_closed_just_before = self.at == end and (following.isalnum() or is_word)
        if self.text[end - 1 : end] == '"' and (is_closed_just_before or (is_word and not is_name)):
            fix = r"write `\"` for each quote inside a string"
            self.fail("a quote inside a string is not escaped", fix, at=end - 1)

    def after_the_end(self) -> NoReturn:
        following, before = self.text[self.at], self.text[: self.at]
        if following in "{[":
            is_lines = before.endswith("\n") and "\n" not in before.strip()
            self.fail(
                "a second document starts here" + ": this looks like JSON Lines" * is_lines,
                "name the file `.jsonl`" if is_lines else "write each document to its own file",
            )
        if following in "}]":
            self.fail(f"`{following}` closes nothing", "remove it")
        self.fail("there is text after the end of the document", "remove what stands here")

    def unclosed(self) -> NoReturn:
        self.fail(
            f"this `{self.open[-1][0]}` is never closed",
            f"add `{self.closing}`; the text may be cut off",
            at=self.open[-1][1],
        )

    def name(self) -> None:
        """Read a name and its colon, where an object is open."""
        if self.open[-1][0] == "[":
            return
        following = self.skip()
        if following != '"':
            self.wrong_name(following)
        self.string()
        following = self.skip()
        if following != ":":
            if not following:
                self.unclosed()
            self.refuse_open_quote(following)
            self.fail(f"a colon must follow the name, not `{following}`", 'write `"name": value`')
        self.at += 1

    def wrong_name(self, following: str) -> NoReturn:
        if not following:
            self.unclosed()
        if following == ",":
            self.fail("a comma too many", "remove it")
        self.refuse_quotes(following)
        if word := _WORD.match(self.text, self.at):
            name = _shown(word[0])
            self.fail(f"the name `{name}` is not in quotes", f'write `"{name}"`', len(word[0]))
        self.fail("a name in double quotes must stand here", 'write `"name": value`')

    def refuse_quotes(self, following: str) -> None:
        if following == "'":
            end = self.text.find("'", self.at + 1)
            width = end - self.at + 1 if end > 0 else 1
            is_python = self.text.lstrip(f"[{_BLANK}").startswith("{'")
            fix = "write double quotes" + _FROM_PYTHON * is_python
            self.fail("single quotes are not JSON", fix, width)
        if following in _CURLY:
            self.fail("curly quotes are not JSON", 'write straight ones: `"`')

    def string(self) -> None:
        start, at = self.at, _end(_STRING, self.text, self.at)
        following = self.text[at : at + 1]
        if following == "\\" and at + 1 < len(self.text):
            self.wrong_escape(at)
        if following not in ('"', "\\", ""):
            self.wrong_character(at)
        if following != '"':
            self.fail("this string is never closed", 'add `"` at its end')
        self.at = at + 1
        if half := find_half(self.text[start : self.at]):
            self.fail(
                "half of a character (a lone surrogate) stands in a string",
                "write both halves of the pair, or the character itself",
                half[1] - half[0],
                start + half[0],
            )

    def wrong_escape(self, at: int) -> NoReturn:
        following = self.text[at + 1]
        if following == "u":
            fix = r"write four hexadecimal digits, like `\u00e9`; or `\\` for a backslash itself"
            self.fail(r"`\u` has no four hexadecimal digits after it", fix, 2, at)
        written = f"`\\{following}` is" if following.isprintable() else "this is"
        self.fail(f"{written} no escape of JSON", r"write `\\` for a backslash itself", 2, at)

    def wrong_character(self, at: int) -> NoReturn:
        character = self.text[at]
        if character in "\r\n":
            self.fail(
                "this string is not closed on its line", 'add `"`, or write the line break as `\\n`'
            )
        written = "\\t" if character == "\t" else f"\\u{ord(character):04x}"
        self.fail(
            f"a control character (0x{ord(character):02x}) stands in a string",
            f"write it as `{written}`",
            at=at,
        )

    def scalar(self, following: str) -> None:
        if not following:
            self.unclosed()
        if number := _NUMBER.match(self.text, self.at):
            self.number(number[0])
            return
        word = _WORD.match(self.text, self.at)
        if word and word[0] in _LITERALS:
            self.at = word.end()
            return
        self.refuse_quotes(following)
        if word:
            self.wrong_word(word[0])
        if following in "0123456789-+.":
            self.wrong_number()
        if following in ",}]":
            self.fail("a value is missing here", "write one, or remove the name or comma before it")
        self.fail(f"`{following}` starts no JSON value", "put text in double quotes")

    def number(self, written: str) -> None:
        if not _is_readable(written):
            self.fail("this number is too large", "put it in quotes", len(written))
        self.at += len(written)

    def wrong_word(self, word: str) -> NoReturn:
        lower, width = word.lower(), len(word)
        if lower.lstrip("+-") in _NOT_NUMBERS:
            self.fail(f"`{word}` is no number of JSON", "write null, or a number", width)
        if instead := _OTHER_WORDS.get(lower) or (lower if lower in _LITERALS else ""):
            self.fail(f"`{word}` is not JSON", f"write `{instead}`", width)
        self.fail(f"`{_shown(word)}` is not in quotes", f'write `"{_shown(word)}"`', width)

    def wrong_number(self) -> NoReturn:
        written = self.text[self.at : _end(_WRONG_NUMBER, self.text, self.at)]
        fix = "write it as plain digits, or put it in quotes"
        if written.startswith("+"):
            fix = "a phone number goes in double quotes"
        elif re.match(r"-?0[0-9]", written):
            fix = "remove the leading zeros, or put it in quotes"
        self.fail("this is no number of JSON", fix, len(written))
