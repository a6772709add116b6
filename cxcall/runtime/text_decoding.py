"""Decode escapes in a text and keep the position of each character in the original."""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from bisect import bisect_right
from contextlib import suppress
from functools import cache, cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_MAX_DEPTH = 4
"""The most levels of nested escapes that are decoded, such as `%2541`."""

_HEX = "[0-9A-Fa-f]"
_NEXT_BYTE = "%[89ABab][0-9A-Fa-f]"
# Each alternative starts with a literal character, which makes the search fast.
_ESCAPE = rf"""
    (?P<utf8> %(?:[Cc][2-9A-Fa-f]|[Dd]{_HEX}){_NEXT_BYTE} | %[Ee]{_HEX}(?:{_NEXT_BYTE}){{2}}
    | %[Ff][0-4](?:{_NEXT_BYTE}){{3}} )
    | %u(?P<percent4>{_HEX}{{4}}) | %(?P<percent>{_HEX}{{2}})
    | \\U(?P<long>{_HEX}{{8}}) | \\u(?P<short>{_HEX}{{4}}) | \\u\{{(?P<braces>{_HEX}{{1,6}})\}}
    | \\x(?P<byte>{_HEX}{{2}}) | \\(?P<octal>[0-3][0-7]{{2}}) | \\(?P<blank>[abfnrtv]) | \\(?P<sign>[^\w\s&%])
    | &\#[xX](?P<html>{_HEX}{{1,6}});? | &\#(?P<decimal>[0-9]{{1,7}});? | &(?P<name>[A-Za-z]{{2,12}});
"""
# Escapes of mail and of UTF-7 are decoded separately: in a URL, `=41` and `+abc` are not escapes.
_MIME_ESCAPE = rf"""
    =\?(?P<word>[\w.-]+\?[bBqQ]\?[^?\s]*)\?=(?:\s+(?==\?))?
    | =(?P<byte>{_HEX}{{2}}) | =(?P<fold>\s+)
"""
# Digits alone, as in a phone number, would be no letter or sign, but characters beyond U+D000.
_UTF_7 = r"\+(?![0-9]+(?![A-Za-z0-9+/]))(?:[A-Za-z0-9+/]+-?|-)"
# The characters of texts without escapes and white space.
_PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:;,/(){}-"
# Bytes that UTF-16 and UTF-32 leave when they are read as another encoding, and invisible characters.
_INVISIBLE = "\0\xad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\ufffd"
_NOTHING = str.maketrans("", "", _INVISIBLE)
DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb\uff02"
"""What word processors, chats, and forums write for a straight double quote."""
SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\uff07"
"""What they write for a straight single quote."""
_STRAIGHT = str.maketrans(
    {**dict.fromkeys(DOUBLE_QUOTES, '"'), **dict.fromkeys(SINGLE_QUOTES, "'")}
)
_PLAIN_SIGNS = {**_NOTHING, **_STRAIGHT}
_BASES = {"decimal": 10, "octal": 8}
_LAST_CODE_POINT = 0x10FFFF


class DecodedText:
    """A text, with the position of each character in the text that it was decoded from."""

    def __init__(self, text: str) -> None:
        self.text = text

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        """Return the start and the end in the original text for the span between two positions."""
        return start, end

    def decode(
        self, pattern: str, value: Callable[[re.Match[str]], str], signs: str = ""
    ) -> DecodedText:
        """Return the text with each match replaced by its value; the same object if nothing changes.

        With `signs`, each match contains one of them: in a text without one, the pattern is not even compiled.
        """
        if signs and not any(sign in self.text for sign in signs):
            return self
        text = _compile(pattern).sub(value, self.text)
        return self if text == self.text else _Decoding(text, self, pattern, value)

    def squeeze(self) -> DecodedText:
        """Return the text without white space and invisible characters; the same object if it has none."""
        text = "".join(self.text.split()).translate(_NOTHING)
        if text == self.text:
            return self
        return _Decoding(text, self, rf"[\s{_INVISIBLE}]+", lambda _: "")


class _Decoding(DecodedText):
    """The decoding of another text; positions are computed only when they are needed."""

    def __init__(
        self, text: str, parent: DecodedText, pattern: str, value: Callable[[re.Match[str]], str]
    ) -> None:
        super().__init__(text)
        self._parent, self._pattern, self._value = parent, pattern, value

    def source_span(self, start: int, end: int) -> tuple[int, int]:
        return self._parent.source_span(self._source(start)[0], self._source(end - 1)[1])

    def _source(self, position: int) -> tuple[int, int]:
        """Return the start and the end, in the parent, of the characters that one character here stands for."""
        positions, segments = self._segments
        index = bisect_right(positions, position) - 1
        source, end = segments[index]
        if end:
            return source, end
        source += position - positions[index]
        return source, source + 1

    @cached_property
    def _segments(self) -> tuple[list[int], list[tuple[int, int]]]:
        """The position of each segment here, and its start and end in the parent; 0 ends a copied one."""
        positions, segments, length, end = [0], [(0, 0)], 0, 0
        for match in _compile(self._pattern).finditer(self._parent.text):
            length += match.start() - end
            end = match.end()
            positions.append(length)
            segments.append(match.span())
            length += len(self._value(match))
            positions.append(length)
            segments.append((end, 0))
        return positions, segments


@cache
def _compile(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE)


def decodings(text: str) -> Iterator[DecodedText]:
    """Yield a text and every decoding of it.

    Decodes percent, JSON, Python, HTML, and mail escapes, UTF-7, UTF-16 or UTF-32 that was read as
    another encoding, and their combinations; the last decodings are without white space, because a long
    value may be folded.
    """
    original = DecodedText(text)
    if text.isascii() and not text.encode().translate(None, _PLAIN):
        yield original
        return
    visible = _without_invisible(original)
    if visible is not original:
        yield original
    unescaped = yield from _unescape(visible)
    for view in (visible,) if unescaped is visible else (visible, unescaped):
        for pattern, value, sign in ((_MIME_ESCAPE, _mime_value, "="), (_UTF_7, _utf7_value, "+")):
            decoded = view.decode(pattern, value, sign)
            if decoded is not view:
                yield from _unescape(decoded)


def escape_decodings(text: str) -> Iterator[DecodedText]:
    """Yield the text without invisible characters, without its escapes, and each of these also with straight quotes."""
    original = DecodedText(text)
    visible = original if text.isascii() else _without_invisible(original)
    for view in (visible, *unescape(visible)):
        if view is not original:
            yield view
        plain = view if view.text.isascii() else _without_typography(view)
        if plain is not view:
            yield plain


def straighten_quotes(text: str) -> str:
    """Return a text, of the same length, with straight quotes in place of typographic ones."""
    return text if text.isascii() else text.translate(_STRAIGHT)


def _without_invisible(view: DecodedText) -> DecodedText:
    return view.decode(f"[{_INVISIBLE}]+", lambda _: "", _INVISIBLE)


def _without_typography(view: DecodedText) -> DecodedText:
    signs = f"{_INVISIBLE}{DOUBLE_QUOTES}{SINGLE_QUOTES}"
    return view.decode(f"[{signs}]", lambda match: match[0].translate(_PLAIN_SIGNS), signs)


def unescape(view: DecodedText) -> Iterator[DecodedText]:
    """Yield each decoding of the percent, JSON, Python, and HTML escapes in a text, but not the text itself."""
    for _ in range(_MAX_DEPTH):
        before, view = view, view.decode(_ESCAPE, _value, "%\\&")
        if view is before:
            return
        yield view


def _unescape(view: DecodedText) -> Generator[DecodedText, None, DecodedText]:
    """Yield a text, each decoding of its escapes, and the last one without white space; return the last but one."""
    yield view
    for each in unescape(view):
        view = each
        yield view
    squeezed = view.squeeze()
    if squeezed is not view:
        yield squeezed
    return view


def _value(match: re.Match[str]) -> str:
    """Return the character that an escape stands for, or the unchanged match if it is invalid."""
    kind = match.lastgroup or ""
    if kind == "blank":
        return " "
    if kind == "sign":
        return match[kind]
    if kind == "utf8":
        return bytes.fromhex(match[0].replace("%", "")).decode("utf-8", "replace")
    if kind == "name":
        from html import unescape

        return unescape(match[0])
    code = int(match[kind], _BASES.get(kind, 16))
    return chr(code) if code <= _LAST_CODE_POINT else match[0]


def _mime_value(match: re.Match[str]) -> str:
    kind = match.lastgroup
    if kind == "fold":
        return ""
    if kind == "byte":
        return chr(int(match["byte"], 16))
    with suppress(ValueError):
        _, form, content = match["word"].split("?")
        is_base64 = form in "bB"
        data = a2b_base64(content) if is_base64 else a2b_qp(content, header=True)
        return data.decode("latin-1")  # UTF-16 leaves zero bytes, which are removed later
    return match[0]


def _utf7_value(match: re.Match[str]) -> str:
    with suppress(ValueError):
        return match[0].encode().decode("utf-7")
    return match[0]
