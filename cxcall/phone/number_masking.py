"""Mask the phone numbers in texts, JSON values, and URLs."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit, urlunsplit

from cxcall.phone.number_property_names import fold_number_name, is_folded_number_name
from cxcall.runtime.patterns import UUID_FORM, compile_pattern, is_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cxcall.runtime.text_decoding import DecodedText

_YEAR, _MONTH, _DAY = r"(?:19|20)[0-9]{2}", r"(?:0[1-9]|1[0-2])", r"(?:0[1-9]|[12][0-9]|3[01])"
_TIME = r"[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?"
_COMPACT_TIME = r"(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_URL_ADDRESS = r"https?://[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?::[0-9]{1,5})?(?=/|$)"
# Texts whose digits are never part of a number: the address in a URL, and a UUID in quotes.
_WHOLE = (_URL_ADDRESS, rf"""(?<![^"']){UUID_FORM}(?![^"'])""")
# Texts with as many digits as a phone number: dates with and without a time, IP addresses.
_OTHERS = "|".join(
    (
        rf"{_YEAR}(?P<one>[-.]){_MONTH}(?P=one){_DAY}(?:{_TIME})?",
        rf"[0-3][0-9](?P<two>[-.])[0-3][0-9](?P=two){_YEAR}",
        rf"{_YEAR}{_MONTH}{_DAY}(?:{_COMPACT_TIME})?",
        rf"(?=[0-9.]{{0,12}}[0-9]{{3}}|[0-9.]+(?::[0-9]{{2,5}}(?![0-9])|/[A-Za-z]))(?:{_OCTET}\.){{3}}{_OCTET}",
    )
)
_AFTER_DATE = rf"(?![0-9A-Za-z]|[().-]{{1,2}}(?!{_YEAR}-[0-9]{{2}}-[0-9]{{2}}(?![0-9]))[0-9])"
_DATE_OR_ADDRESS = (
    rf"(?<![0-9A-Za-z+])(?:{_OTHERS}){_AFTER_DATE}"  # `2026-01-01..2026-12-31` has two
)
# A date after a space is not part of the number before it.
_NO_DATE = rf"(?![ \t().-]{{1,4}}{_YEAR}-{_MONTH}-{_DAY}(?![0-9-]))"
_DIGIT_MORE = rf"(?:{_NO_DATE}[ ().-]{{0,2}}[0-9])"
_MORE_DIGITS = rf"{_DIGIT_MORE}{{6,}}"
# Wider, `+1 (317) - 555 - 0123`, until there are as many digits as most numbers have: in a table, another cell may follow.
# `+1000 - ` is the offset of a time zone.
_WITH_PLUS = (
    rf"\+(?:(?!1[0-4]00[ \t])[1-9](?:{_NO_DATE}(?:[ \t().-]{{0,4}}| / )[0-9]){{6,10}}{_DIGIT_MORE}*"
    rf"|[0-9]{_MORE_DIGITS})"
)
# `1 - 317 - 555 - 0123`, `(0171) - 234 5678`
_NORTH_AMERICAN = r"(?:1[ .-]{0,3})?\(?[2-9][0-9]{2}\)? ?[.-] ?[2-9][0-9]{2} ?[.-] ?[0-9]{4}"
# The offset of a time zone, `20:30:18 +0100 - 67929`.
_OFFSET = r"(?:(?<=\+)|(?<=[0-9] -))0[0-9](?:00|30|45) -"
_WITH_SPACED_DASH = (
    rf"(?!{_OFFSET})\(?00?[1-9][0-9]{{1,4}}\)? [.-] (?!{_YEAR})[0-9](?:[ -]{{0,3}}[0-9]){{4,11}}"
)
# Digits alone are an ID where a name says so, in a path behind a plural (`/skills/1234567`), or if they are
# too few or too many for a number with its country code, or no country has them. A name may say "number".
_EXTENSION = r"(?=(?:[xX]|[eE][xX][tT])\.? ?[0-9]{1,8}(?![0-9A-Za-z]))"  # `2025550123x77`
_END = rf"(?:(?![0-9A-Za-z]|[ ().-]{{1,2}}[0-9]|-[0-9A-Fa-f]{{4}}-[0-9A-Fa-f]{{4}}-)|{_EXTENSION})"
_QUOTES = r"""["'`]{0,2}"""
_PHONE_NAME = (
    r"(?:phone|mobile|tel|fax|dial|call|number|msisdn|dnis)[A-Za-z0-9_]{0,12}(?<![iI][dD])"
    r"(?<![iI][dD]s)"
)
_OF_NAME = rf"{_QUOTES}\s?(?:[:=]\s?)?{_QUOTES}"
_IDS = "|".join(
    (
        rf"(?:(?<![A-Za-z])(?:id|ID)|(?<=[a-z_])I[dD]|(?<=[_-])id)s?{_OF_NAME}[0-9]{{7,20}}{_END}",
        rf"(?<=[a-z]s/)(?<!phones/)(?<!numbers/)(?<!calls/)(?<!lines/)[0-9]{{7,20}}{_END}",
        rf"(?<![0-9A-Za-z+])(?:[0-9]{{7,9}}|[0-9]{{16,}}|1(?:[0-9]{{9}}|[0-9]{{11,14}})){_END}",
    )
)
_PARTS_BEFORE = rf"(?:\[\s?{_QUOTES}(?:\+?[0-9]{{1,6}}{_QUOTES},\s?{_QUOTES}){{0,4}})?"  # `["+49","30","901829995"]`
_NAMED_NUMBER = (
    rf"(?:{_PHONE_NAME}/?{_OF_NAME}{_PARTS_BEFORE}|\b(?:to|from|ani){_QUOTES}\s?[:=]\s?{_QUOTES})"
    rf"(?P<named>[0-9]{{7,15}}){_END}"
)
# `030/12345678` and `202/555/0123`, but not segments of a path.
_WITH_SLASH = (
    r"(?<!/)(?:\+?[0-9(][0-9 ()-]{1,8} ?/ ?[0-9](?:[ -]?[0-9]){4,12}"
    r"|(?:\+?1/)?[2-9][0-9]{2}/[2-9][0-9]{2}/[0-9]{4}"
    r"|(?=[0-9/]{11})0[0-9]{1,5}/[0-9]{2,5}/[0-9]{3,8})(?!/)"
)
# With a suffix, or in groups between signs that only numbers have after a `+`.
_UNUSUAL = (
    r"(?<![0-9A-Za-z+])\+[1-9]"
    r"(?:(?:[().-]{0,2}[0-9]){7,}(?=[A-Za-z_])"  # `+1.317.555.0123ext`
    r"|[0-9]{0,2}(?P<sep>[/_:'])(?:[0-9]{2,4}(?P=sep)){1,3}[0-9]{4,8}(?![0-9])"  # `+1/317/5550123`
    r"|(?:[ ().-]{0,2}[0-9]){3,6}/[0-9]{4,8}(?![0-9/]))"  # `+1 317 555/0123`
)
# As a spreadsheet writes it, unless digits alone would be a time: `1.2025550123E+10`.
_WITH_EXPONENT = (
    r"(?:1(?=[.,][0-9]{6,10}[eE]\+?10)|[2-9](?=[.,][0-9]{6,14}[eE]\+?(?:0?9|1[0-4])))"
    r"[.,][0-9]+(?=[eE]\+?[0-9]{1,2}(?![0-9A-Za-z]))"
)
# With a group in brackets, `(202) [555] 0100`. The last of several numbers in brackets, as in a log, is in brackets too.
_GROUP = r"(?:[0-9]{1,5}(?![0-9])|\([0-9]{1,5}\)|\[[0-9]{2,5}\]|\{[0-9]{2,5}\}|<[0-9]{2,5}>)"
_BRACKETED = (
    r"(?<![0-9A-Za-z])(?=[^\]}>\n]{1,24}[\]}>])(?=(?:[^0-9A-Za-z]{0,4}[0-9]){9})"
    rf"(?:\+?{_GROUP}(?:[ .-]{{0,2}}{_GROUP}){{0,5}}[ .-]{{0,2}}[0-9]{{2,5}}"
    rf"|(?=[+(]|\[[0-9]{{3}}\] ?\[[0-9]{{3}}\] ?\[[0-9]{{4}}\])\+?{_GROUP}(?:[ .-]{{0,2}}{_GROUP}){{1,6}})"
    r"(?![0-9A-Za-z])"
)
_START = r"(?:(?<![0-9A-Za-z])|(?<==2[Bb]))"  # `=2B` is `+` in mail
_NUMBER = (
    rf"{_UNUSUAL}|{_START}(?:{_WITH_PLUS}|(?:{_NORTH_AMERICAN}|{_WITH_SPACED_DASH}|[0-9]{_MORE_DIGITS}"
    rf"|{_WITH_SLASH})(?:(?![0-9A-Za-z])|{_EXTENSION})"
    rf"|{_WITH_EXPONENT})|{_BRACKETED}"
)
_WITH_IDS = rf"{_NAMED_NUMBER}|{_IDS}|"
_INTERNATIONAL = rf"{_WITH_PLUS}|{_UNUSUAL}"
_SEVEN_DIGITS = r"(?:[0-9][ \t()\[\]{}<>.\-/_:']{0,4}){6}[0-9]"
_DIGIT, _DIGITS = r"[0-9]", "0123456789"
_NOT_ASCII = r"[^\x01-\x7f]"
_THIS_MACHINE, _NOTHING = "http://127.0.0.1", r"(?!)"
_SIGNS = {"\uff0b": "+", "\u2044": "/", "\u2215": "/", "\uff0f": "/"}
_OTHERS_THAN_DIGITS = r"[^0-9]"
_DIGIT_OR_LETTER = r"[0-9A-Za-z]"
# `1-800-FLOWERS`, but not an extension
_WITH_LETTERS = (
    r"(?!.*(?<![A-Za-z])[xX]|.*(?<![A-Za-z])[eE][xX][tT])[+(]?[0-9][0-9A-Za-z ().\-/*#]*"
)
_NATIONAL = 10
"""The fewest digits of a number without its country code, if its name says that it is a number."""

INTERNATIONAL_IN_TEXT = r"\+[1-9](?:[ ()./-]{0,2}[0-9]){6,14}"
"""The pattern of a number with its country code in a text."""
SHOWN_DIGITS = 4
_CHARACTERS_KEPT = 4096
FEWEST_DIGITS = 7  # that count as a number in a text


def plain_digits(text: str) -> str:
    """Return the digits of a text; digits of other scripts become `0` to `9`."""
    if text.isascii():
        return compile_pattern(_OTHERS_THAN_DIGITS).sub("", text)
    return "".join(str(int(char)) for char in text if char.isdecimal())


def ascii_digits(text: str) -> str:
    """Return a text with the digits of every script as `0` to `9`, and a full-width plus sign as `+`."""
    digits = (str(int(char)) if char.isdecimal() else char for char in text)
    return "".join(digits).replace("\uff0b", "+")


def mask_number(number: str) -> str:
    """Replace all digits of a number except the last four by `*`, keeping the width; a UUID is not a number."""
    if is_uuid(number):
        return number
    return mask_as_ascii(number, _mask_digits)


def _mask_digits(number: str) -> str:
    digits = compile_pattern(_DIGIT).findall(number)
    sign = _DIGIT
    if len(digits) < _NATIONAL and compile_pattern(_WITH_LETTERS).fullmatch(number):
        sign = _DIGIT_OR_LETTER
        digits = compile_pattern(sign).findall(number)
    hidden = max(len(digits) - SHOWN_DIGITS, 0)
    return compile_pattern(sign).sub("*", number, count=hidden) if hidden else number


def mask_match(match: re.Match[str]) -> str:
    """Return a match of a number, masked."""
    return mask_number(match[0])


def literal_masker(numbers: Iterable[str]) -> Callable[[str], str]:
    """Return a function that masks these numbers as they are written, also if `mask_text` does not find them."""
    others = [re.escape(each) for each in numbers if mask_number(each) != mask_text(each)]
    if not others:
        return str
    pattern = re.compile(rf"(?<![0-9])(?:{'|'.join(others)})(?![0-9])")
    return lambda text: pattern.sub(mask_match, text)


def mask_text(text: str) -> str:
    """Mask everything in `text` that may be a phone number (seven digits or more).

    UUIDs, dates, times, IP addresses, and digits that are an ID are not masked. Ten to fifteen digits without a
    name may be a number or an ID, and are masked. Numbers with escapes, such as `%2B12025550123`, are also
    masked. The width of the text is kept.
    """
    return mask_as_ascii(text, _mask_ascii)


def _mask_ascii(text: str) -> str:
    if not may_have_number(text):
        return text
    text = _pattern(_NUMBER, _WITH_IDS).sub(mask_group, text)
    return _mask_escaped(text) if any(sign in text for sign in "%\\&+") else text


def mask_as_ascii(text: str, mask: Callable[[str], str]) -> str:
    """Mask a text with the digits, dashes, and spaces of ASCII in place of others and of invisible ones, and keep its width."""
    plain = _with_ascii(text)
    masked = mask(plain)
    if masked == plain or plain is text:
        return text if masked == plain else masked
    changes = zip(text, plain, masked, strict=True)
    return "".join(new if new != old else char for char, old, new in changes)


def _with_ascii(text: str) -> str:
    """Return a text of the same length with ASCII characters in place of equivalent ones."""
    if text.isascii() and "\0" not in text:
        return text
    return compile_pattern(_NOT_ASCII).sub(lambda match: ascii_character(match[0]), text)


@lru_cache(maxsize=_CHARACTERS_KEPT)
def ascii_character(char: str) -> str:
    """Return the ASCII digit or separator that a character stands for; `A` for a letter, or else `~`.

    Beside a letter of a script without capitals, such as Chinese, a number often stands without a space.
    """
    from unicodedata import category
    from unicodedata import digit as digit_of

    if (digit := digit_of(char, None)) is not None:
        return str(digit)
    if char in _SIGNS:
        return _SIGNS[char]
    kind = category(char)
    if kind == "Zs":
        return " "
    is_separator = char in "\0\xb7\u2022\u2212" or kind in ("Pd", "Cf", "Mn", "Me")
    return "-" if is_separator else "A" if char.isalpha() and kind != "Lo" else "~"


def _mask_escaped(text: str) -> str:
    """Mask the numbers that only the decoded text shows; `+` between digits is a space of a form."""
    from cxcall.runtime.text_decoding import DecodedText, unescape

    form = DecodedText(text).decode(r"(?<=[0-9)])\+(?=[0-9(])", lambda _: " ", "+")
    changed = () if form.text == text else (form,)
    return mask_in_views(text, (*changed, *unescape(form)), [_pattern(_NUMBER, _WITH_IDS)])


def mask_in_views(
    text: str, views: Iterable[DecodedText], patterns: Sequence[re.Pattern[str]]
) -> str:
    """Mask in a text the numbers that the patterns find in decodings of it, such as `%2B12025550123`."""
    characters = list(text)
    for view in views:
        plain = _with_ascii(view.text)
        for match in (match for each in patterns for match in each.finditer(plain)):
            group = _group_of_number(match) if "number" in match.re.groupindex else 0
            digits = [at for at in range(*match.span(group)) if plain[at].isdigit()]
            for at in digits[:-SHOWN_DIGITS]:
                start, end = view.source_span(at, at + 1)
                characters[start:end] = "*" * (end - start)
    return "".join(characters)


def may_have_number(text: str) -> bool:
    """Return False for most texts without a number, for which the patterns are not even compiled."""
    text = _with_ascii(text).removeprefix(_THIS_MACHINE)
    if sum(map(text.count, _DIGITS)) < FEWEST_DIGITS or is_uuid(text):
        return False
    has_seven_digits = compile_pattern(_SEVEN_DIGITS).search
    for other in _WHOLE:
        if has_seven_digits(text):
            text = compile_pattern(other).sub("", text)
    may_decode = any(sign in text for sign in "%\\&+")
    return has_seven_digits(text) is not None or (
        may_decode and sum(map(text.count, _DIGITS)) >= FEWEST_DIGITS
    )


def written_numbers(text: str) -> Iterator[str]:
    """Yield everything in a text that may be a phone number, in ASCII."""
    found = (
        _pattern(_NUMBER, _WITH_IDS).finditer(_with_ascii(text)) if may_have_number(text) else ()
    )
    yield from filter(None, (match[_group_of_number(match)] for match in found))


def international_pattern() -> re.Pattern[str]:
    """Return the pattern of texts to keep, and of numbers that a `+` shows to be one (group `number`)."""
    return _pattern(_INTERNATIONAL)


@cache
def _pattern(number: str, before: str = rf"(?P<named>{_NOTHING})|") -> re.Pattern[str]:
    """Return the pattern of texts to keep, and of numbers (group `number` or `named`)."""
    kept = f"{UUID_FORM}|{_DATE_OR_ADDRESS}|{_URL_ADDRESS}"
    return re.compile(rf"{kept}|{before}(?P<number>{number})")


def _group_of_number(match: re.Match[str]) -> str:
    """Return the group that has the number of a match, if it is one."""
    return "number" if match["number"] else "named"


def mask_group(match: re.Match[str]) -> str:
    """Return a match of a pattern with texts to keep, with its number masked."""
    digits = match[_group_of_number(match)]
    return match[0].removesuffix(digits) + mask_number(digits) if digits else match[0]


def mask_cell(column: str, cell: str) -> str:
    """Mask the phone numbers in a cell, and all digits under the name of a number; digits alone under that of an ID stay."""
    if sum(map(str.isdigit, cell)) < FEWEST_DIGITS:
        return cell
    if is_folded_number_name(fold_number_name(column)):
        return mask_number(cell)
    return str(_mask_member(column, cell, mask_text))


def mask_cells(cells: Mapping[str, str]) -> dict[str, str]:
    """Return the cells of a row, or the headers of a request, with their phone numbers masked as in `mask_cell`."""
    return {name: mask_cell(name, cell) for name, cell in cells.items()}


def mask_url(url: str, dialed: Sequence[str] = ()) -> str:
    """Mask numbers, and `dialed` ones in any form, in the path and the query of a URL; a part without them is unchanged."""
    parts, mask_dialed = urlsplit(url), literal_masker(dialed)

    def mask_quoted(text: str) -> str:
        masked = mask_text(mask_dialed(plain := unquote(text)))
        return text if masked == plain else masked

    return urlunsplit(parts._replace(path=mask_quoted(parts.path), query=mask_quoted(parts.query)))


def mask_value(value: Any, mask_string: Callable[[str], str] = mask_text) -> Any:
    """Return a copy of a JSON value with the phone numbers in its strings masked, and digits under the name of a number."""
    if isinstance(value, dict):
        return {
            mask_string(name): _mask_member(name, member, mask_string)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [mask_value(item, mask_string) for item in value]
    # For `mask_text`, digits alone may be a number; an integer mostly is an ID.
    if isinstance(value, int) and not isinstance(value, bool) and mask_string is not mask_text:
        masked = mask_string(str(value))
        return value if masked == str(value) else masked
    return mask_string(value) if isinstance(value, str) else value


def _mask_member(name: str, value: Any, mask_string: Callable[[str], str]) -> Any:
    text = str(value) if isinstance(value, str | int) else ""
    is_long = text.isdecimal() and len(text) >= _NATIONAL
    if is_long and is_folded_number_name(fold_number_name(name)):
        return masked if (masked := mask_text(text)) != text else value  # not times
    if isinstance(value, str) and value.isdecimal():  # its name says whether it is an ID
        return mask_string(f"{name}={value}")[-len(value) :]
    return mask_value(value, mask_string)
