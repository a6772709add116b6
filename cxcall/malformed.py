"""A text that is not JSON -> the actual mistake in it: where it stands, and what to write instead."""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

DEEPEST = 200
_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![0-9A-Za-z.+_-])")
_WORD = re.compile(r"[-+]?[A-Za-z_$][\w$-]*")
_LITERALS = ("true", "false", "null")
_OTHER_WORDS = {
    "True": "true", "False": "false", "None": "null", "undefined": "null", "nil": "null", "NULL": "null",
}  # fmt: skip
_NOT_NUMBERS = ("NaN", "Infinity", "-Infinity", "+Infinity")


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


def diagnose(text: str) -> Mistake:
    """Return the first mistake of a text that `json.loads` refused."""
    try:
        _Reader(text).read()
    except _Found as found:
        return found.mistake
    return Mistake(0, 1, "this is not JSON", "check it with another tool")


class _Reader:
    """Read a text strictly, to stop at its first mistake and name it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.open: list[tuple[str, int]] = []

    def fail(self, message: str, fix: str, width: int = 1, at: int | None = None) -> NoReturn:
        start = self.at if at is None else at
        raise _Found(Mistake(start, start + width, message, fix))

    def skip(self) -> str:
        """Pass over white space; returns the next character, empty at the end."""
        found = _SPACE.match(self.text, self.at)
        self.at = found.end() if found else self.at
        following = self.text[self.at : self.at + 1]
        if following == "#" or self.text.startswith(("//", "/*"), self.at):
            self.fail("JSON has no comments", "remove the comment", 2 if following == "/" else 1)
        return following

    def read(self) -> None:
        if not self.skip():
            self.fail(
                "it is empty",
                "write a JSON object, like `cxcall operations NAME --skeleton` prints",
            )
        if re.match(r"[\w.-]+=[^=\s]*(&|\s*$)", self.text[self.at :]):
            self.fail("this is form data, not JSON", 'write `{"name": "value"}`')
        self.value()
        if self.skip():
            self.after_the_end()

    def after_the_end(self) -> NoReturn:
        if self.text[self.at] in "{[" and "\n" in self.text[: self.at]:
            self.fail(
                "a second document starts here: this looks like JSON Lines",
                "name the file `.jsonl`",
            )
        if self.text[self.at] in "}]":
            self.fail(f"`{self.text[self.at]}` closes nothing", "remove it")
        self.fail("there is text after the end of the document", "remove what stands here")

    def value(self) -> None:
        following = self.skip()
        if following in ("{", "["):
            self.container(following)
        elif following == '"':
            self.string()
        else:
            self.scalar()

    def container(self, opening: str) -> None:
        closing = "}" if opening == "{" else "]"
        self.open.append((opening, self.at))
        if len(self.open) > DEEPEST:
            self.fail(f"it is nested over {DEEPEST} levels deep", "send a flatter body")
        self.at += 1
        if self.skip() != closing:
            self.members(opening, closing)
        self.at += 1
        self.open.pop()

    def members(self, opening: str, closing: str) -> None:
        while True:
            if opening == "{":
                self.name()
            self.value()
            following = self.skip()
            if following == closing:
                return
            if following != ",":
                self.between(following, closing)
            comma = self.at
            self.at += 1
            if self.skip() == closing:
                self.fail(
                    f"a comma stands before the closing `{closing}`", "remove the comma", at=comma
                )

    def between(self, following: str, closing: str) -> NoReturn:
        if not following:
            self.unclosed()
        if following in "}]":
            self.fail(
                f"`{following}` closes what `{self.open[-1][0]}` opened", f"write `{closing}`"
            )
        if following in '"{[' or following.isalnum() or following in "-'":
            self.fail("a comma is missing before this", "put a comma between the two")
        self.fail(f"`{following}` cannot stand here", f"write `,` or `{closing}`")

    def unclosed(self) -> NoReturn:
        opening, start = self.open[-1]
        closing = "}" if opening == "{" else "]"
        self.fail(
            f"this `{opening}` is never closed",
            f"add `{closing}`; the text may be cut off",
            at=start,
        )

    def name(self) -> None:
        following = self.skip()
        if not following:
            self.unclosed()
        if following == ",":
            self.fail("a comma too many", "remove it")
        if following == "'":
            self.single_quoted()
        if following != '"':
            word = _WORD.match(self.text, self.at)
            if word:
                self.fail(
                    f"the name `{word[0]}` is not in quotes", f'write `"{word[0]}"`', len(word[0])
                )
            self.fail("a name in double quotes must stand here", 'write `"name": value`')
        self.string()
        following = self.skip()
        if following != ":":
            if not following:
                self.unclosed()
            wrong = "=" if following == "=" else following
            self.fail(f"a colon must follow the name, not `{wrong}`", 'write `"name": value`')
        self.at += 1

    def single_quoted(self) -> NoReturn:
        end = self.text.find("'", self.at + 1)
        width = end - self.at + 1 if end > 0 else 1
        self.fail("single quotes are not JSON", "write double quotes", width)

    def string(self) -> None:
        found = _STRING.match(self.text, self.at)
        if found:
            self.at = found.end()
            return
        position = self.at + 1
        while position < len(self.text) and self.text[position] != '"':
            char = self.text[position]
            if char == "\\":
                self.escape(position)
                position += 1
            elif char < " ":
                self.control(position)
            position += 1
        self.fail("this string is never closed", 'add `"` at its end', 1)

    def escape(self, position: int) -> None:
        if not re.match(r'\\(["\\/bfnrt]|u[0-9A-Fa-f]{4})', self.text[position : position + 6]):
            wrong = self.text[position : position + 2]
            self.fail(
                f"`{wrong}` is no escape of JSON",
                "write `\\\\` for a backslash itself",
                2,
                position,
            )

    def control(self, position: int) -> NoReturn:
        char = self.text[position]
        if char in "\r\n":
            self.fail(
                "this string is not closed on its line", 'add `"`, or write the line break as `\\n`'
            )
        written = "\\t" if char == "\t" else f"\\u{ord(char):04x}"
        self.fail(
            f"a control character (0x{ord(char):02x}) stands in a string",
            f"write it as `{written}`",
            1,
            position,
        )

    def scalar(self) -> None:
        following = self.text[self.at : self.at + 1]
        if not following:
            self.missing_value()
        if following == "'":
            self.single_quoted()
        number = _NUMBER.match(self.text, self.at)
        if number:
            self.at = number.end()
            return
        word = _WORD.match(self.text, self.at)
        if word and word[0] in _LITERALS:
            self.at = word.end()
            return
        if word:
            self.wrong_word(word[0])
        if following in "0123456789-+.":
            self.wrong_number()
        if following in ",}]":
            self.fail("a value is missing here", "write one, or remove the name or comma before it")
        self.fail(f"`{following}` starts no JSON value", "put text in double quotes")

    def missing_value(self) -> NoReturn:
        if self.open:
            self.unclosed()
        self.fail("a value is missing at the end", "write one")

    def wrong_word(self, word: str) -> NoReturn:
        if word in _NOT_NUMBERS:
            self.fail(f"`{word}` is no number of JSON", "write null, or a number", len(word))
        instead = _OTHER_WORDS.get(word) or (word.lower() if word.lower() in _LITERALS else "")
        if instead:
            self.fail(f"`{word}` is not JSON", f"write `{instead}`", len(word))
        self.fail(f"`{word}` is not in quotes", f'write `"{word}"`', len(word))

    def wrong_number(self) -> NoReturn:
        found = re.compile(r"[-+0-9.eExXA-Fa-f_]+").match(self.text, self.at)
        written = found[0] if found else self.text[self.at]
        fix = (
            "remove the leading zeros, or put it in quotes"
            if re.match(r"-?0[0-9]", written)
            else "write it as plain digits, or put it in quotes"
        )
        if written.startswith("+"):
            fix = "a phone number goes in double quotes"
        self.fail("this is no number of JSON", fix, len(written))
