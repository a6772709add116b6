"""Recognize likely secrets in text from others, by form, and by the name of a random value."""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from posixpath import commonprefix
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from cxcall.runtime.patterns import compile_pattern, is_uuid
from cxcall.runtime.secrets.known_secrets import MASKED, mask_spans, redact
from cxcall.runtime.secrets.random_texts import is_credential, is_mixed, is_plain, is_random
from cxcall.runtime.secrets.secret_forms import (
    COLON_IN_CODE,
    LOGIN_IN_CODE,
    LOGIN_IN_OPTION,
    mask_format,
    mask_login,
    published_formats,
    secret_of_login,
)
from cxcall.runtime.secrets.secret_names import (
    SECRET,
    has_hint,
    has_secret_part,
    is_auth_header,
    is_form_secret,
    is_secret_in_prose,
    kind_of_name,
    may_name_number,
)
from cxcall.runtime.secrets.strings_in_json import find_names, string_pattern, string_value
from cxcall.runtime.text_decoding import escape_decodings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_HEADER_SCHEMES = ("Bearer", "Basic")
_PLAIN_HEADERS = ("accept", "accept-encoding", "content-length", "content-type")
"""Headers of each request without secrets, whose values are not searched."""
_QUOTE_SIGNS, _NESTED_QUOTE = ("'", '"', "`"), '\\"'
_MIN_DECODED, _LONGEST_MATCH = 6, 400
"""Characters of a value that a pattern takes, so that a text of many names is searched in a short time."""

_SCHEMES_WITHOUT_HINT = ("negotiate", "ntlm")
_SCHEMES = ("bearer", "basic", "token", "apikey", *_SCHEMES_WITHOUT_HINT)
_SIGNS = r"[A-Za-z0-9+/_~.%-]"
# A folded value includes the next line. A placeholder may be in `<>`.
_CREDENTIALS = (
    rf"(?i:(?<![\w/.])({'|'.join(_SCHEMES)}))"
    rf"""((?:\s|%20|\+|[:=])+["'`<(\[]{{0,2}}|["'`<(\[]{{1,2}})({_SIGNS}{{8,}}=*)"""
    rf"((?:\s{{1,4}}{_SIGNS}{{6,}}+=*(?![\w:(]))?)"
)
_DIGEST = r'(?i:(\bdigest\s[^\n]{0,400}?\b(?:response|cnonce)="?))([^"\s,]{8,})'
_BASE64 = r"(?<![A-Za-z0-9+/_=.-])[A-Za-z0-9+/]{16,2000}+={0,2}+(?![A-Za-z0-9+/_.-])"
_SHORTEST_BASE64, _LONGEST_WITH_BASE64 = 16, 1 << 14
# Words after `Bearer` in prose and in `WWW-Authenticate`. Any other word there may be a token.
_BEARER_WORDS = frozenset(
    """
    authentication authorization authorisation authenticated challenge credential credentials
    expected required received security provided rejected realm tokens requires supported
    error_description error_uri authorization_uri resource_metadata
    """.split()
)
# A name, the text between it and its value (quotes, other marks, a sign), and the value.
_CLOSE, _OPEN = r"""["'`*_\])}\u00bb\u201d\u2019]{0,3}""", r"""["'`*<(\[{\u00ab\u201c\u2018]{0,3}"""
_COLONS = ":\uff1a\ufe55\ua789\u2236"
_SIGN = (
    rf"(?:\s{{0,3}}(?:=>|->|:=|[{_COLONS}](?!/)|=|\||,(?=\s?[\"'`]))\s{{0,3}}"
    rf"|\s(?:is|was|are):?\s|\s{{1,3}}|(?=[(\[<]))"
)
_IN_QUOTES, _UNQUOTED = r"""[^"'`\\\n]""", r"""[^\s"'`<>,;(){}\[\]|&\\=]"""
_VALUE = (
    rf"""(?:(?<=["'`]){_IN_QUOTES}{{4,{_LONGEST_MATCH}}}+(?=["'`]|{_IN_QUOTES})"""
    rf"|(?![*$%/]){_UNQUOTED}{{6,{_LONGEST_MATCH}}}+(?:={{0,2}}+(?![\w(])|(?={_UNQUOTED})))"
)
_NAMED = rf"(?<![\w./])([^\W\d_][\w.-]{{1,60}}+)(?=({_CLOSE}{_SIGN}{_OPEN})({_VALUE}))"
# The text after a name; starts with a literal character, which makes the search fast.
_NAMED_END = r":(?:(?<=[\w.-]:)|(?<=[\w.-]\s:))(?:\s+|(?!/))[A-Za-z0-9+/_~.-]{6}"
_PART = (
    r'(?i)(form-data;[^\n]{0,200}?\bname="?([^"\s;]{1,200})[^\n]{0,300}\n'
    r"(?:[^\r\n]{1,300}\r?\n){0,4}\r?\n)([^\r\n]+)"
)
# A reader may have removed the first `<` as the mark of a received line.
_ELEMENT = r"((?<![\w.:/-])([A-Za-z][\w.:-]{1,60})(?:\s[^<>]{0,200})?>)([^<>]+)(?=</)"
_DEFAULT = r"(\$\{(\w{1,60}):?[-=])([^{}$]{4,})(?=\})"
_QUOTED_PARAMETER = r'((?<![\w-])([\w-]{1,60})=")([^"]+)'  # of a header, as in `Bearer token="x"`
_PAIR = r"""(?<![^\s&?;,"'{(])([^\s&?;,"'{(=]{1,200})=([^\s&;,"')}]*)"""


def mask_likely_secrets(text: str) -> str:
    """Return a text with likely secrets masked.

    These are JWTs, private keys, tokens of a published format, what follows `Bearer` or `Basic`, what follows
    a secret's name and a colon, and in JSON, XML, forms, and cookies the values of members that are named as
    secrets, or that are random and named like keys, also in JSON within a string. Dates, UUIDs, plain
    numbers, paths, and placeholders stay.
    """
    return _mask(text, [])


def find_likely_secrets(text: str) -> list[str]:
    """Return the secrets that `mask_likely_secrets` masks in a text, unchanged."""
    found: list[str] = []
    _mask(text, found)
    return found


def _mask(text: str, found: list[str]) -> str:
    """Mask the secrets in the decodings of a text and in the text; add them to `found`."""
    spans: list[tuple[int, int]] = []
    for view in escape_decodings(text):
        hidden: list[str] = []
        may_have_one = _may_have_name(view.text.lower()) or any(published_formats(view.text))
        if may_have_one and _mask_plain(view.text, hidden) != view.text:
            places = [view.source_span(*each) for each in _spans_of(view.text, hidden)]
            spans += places
            found += (*hidden, *(text[start:end] for start, end in places))
    return _mask_plain(mask_spans(text, spans) if spans else text, found)


def _spans_of(text: str, secrets: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of the secrets in a text, except short ones, which may mean something else there."""
    for secret in {each for each in secrets if len(each) >= _MIN_DECODED}:
        start = text.find(secret)
        while start >= 0:
            yield start, start + len(secret)
            start = text.find(secret, start + len(secret))


def _may_have_name(folded: str) -> bool:
    return not folded.isascii() or has_hint(folded)


def _mask_plain(text: str, found: list[str]) -> str:
    folded = text.lower()
    is_hinted = _may_have_name(folded)
    for pattern in published_formats(text):
        text = _replace(pattern, mask_format, text, found)
    schemes = _SCHEMES if is_hinted else _SCHEMES_WITHOUT_HINT
    if any(scheme in folded for scheme in schemes):
        text = _replace(_CREDENTIALS, _mask_credentials, text, found)
    if is_hinted and "digest" in folded:
        text = _replace(_DIGEST, lambda match: match[1] + MASKED, text, found)
    if "-u" in folded:
        text = _replace(LOGIN_IN_OPTION, lambda match: match[1] + MASKED, text, found)
    if is_hinted or (":" in text and compile_pattern(_NAMED_END).search(text)):
        text = _mask_named(text, found)
    is_code = "64" in folded or "btoa" in folded
    if is_code and compile_pattern(COLON_IN_CODE).search(text):
        text = _replace(LOGIN_IN_CODE, mask_login, text, found)
    if _SHORTEST_BASE64 <= len(text) <= _LONGEST_WITH_BASE64:
        text = _replace(_BASE64, _mask_base64, text, found)
    return _mask_structures(text, folded, found)


def _mask_structures(text: str, folded: str, found: list[str]) -> str:
    """Mask the members of JSON, forms, XML, and cookies, and the defaults of variables."""
    if '"' in text and _has_secret_member(text):
        text = string_pattern(text).sub(_json_masker(found), text)
    if "form-data;" in folded:
        text = _replace(_PART, _mask_content, text, found)
    if "</" in text:
        text = _replace(_ELEMENT, _mask_content, text, found)
    if "${" in text:
        text = _replace(_DEFAULT, _mask_default, text, found)
    return _replace(_PAIR, _mask_pair, text, found) if "=" in text else text


def _replace(
    pattern: str, mask: Callable[[re.Match[str]], str], text: str, found: list[str]
) -> str:
    """Return a text with each match masked; `found` gets the part of each match that is not in its mask."""

    def mask_and_keep(match: re.Match[str]) -> str:
        old, new = match[0], mask(match)
        if old != new:
            start = len(commonprefix((old, new)))
            end = len(commonprefix((old[start:][::-1], new[start:][::-1])))
            found.append(old[start : len(old) - end])
        return new

    return compile_pattern(pattern).sub(mask_and_keep, text)


def is_likely_secret(name: str, value: Any) -> bool:
    """Return whether the value of a header, parameter, or member is likely a secret: a text, or the number of a PIN."""
    kind = kind_of_name(name)
    if not kind or value in ("", MASKED):
        return False
    if not isinstance(value, str) or is_plain(value):
        is_number = value.isdecimal() if isinstance(value, str) else type(value) in (int, float)
        return is_number and may_name_number(name)
    secret = secret_of_login(value)
    return kind == SECRET or (is_random(secret) and not is_uuid(secret))


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with each possible secret masked, by name or form, and those of this run; a scheme is kept."""
    return {
        name: redact(value if name.lower() in _PLAIN_HEADERS else _mask_header(name, value))
        for name, value in headers.items()
    }


def is_secret_header(name: str, value: str) -> bool:
    """Return whether the value of a header may be a secret as a whole."""
    return has_secret_part(name) or is_auth_header(name) or is_likely_secret(name, value)


def _mask_header(name: str, value: str) -> str:
    if not is_secret_header(name, value):
        return compile_pattern(_QUOTED_PARAMETER).sub(_mask_content, mask_likely_secrets(value))
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASKED}" if rest and scheme in _HEADER_SCHEMES else MASKED


def _mask_credentials(match: re.Match[str]) -> str:
    scheme, value, rest = match[1].lower(), match[3].rstrip("."), match[4]
    if value.lower().rstrip("=") in _BEARER_WORDS:
        return match[0]
    is_token = scheme == "bearer" and value.isalpha()
    is_token |= scheme in ("bearer", "apikey") and is_mixed(value)
    if "<" in match[2] or match[2].strip()[:1] in (":", "="):  # `<access_token>`, `Basic: required`
        is_masked = is_mixed(value)
    else:
        is_masked = is_token or is_credential(value)
    if not is_masked:
        return match[0]
    end = match[3][len(value) :]
    rest = "" if is_random(rest.strip()) else rest
    return f"{match[1]}{match[2]}{MASKED}{end}{rest}"


def _mask_named(text: str, found: list[str]) -> str:
    """Mask values after the names of secrets, as in `apikey: k3y-ABC123`, `'apikey' => 'k3y'`, `--apikey k3y-ABC123`."""
    spans: list[tuple[int, int]] = []
    last = 0
    for match in compile_pattern(_NAMED).finditer(text):
        start, end = _find_named_value(match)
        if start < end and len(match[3]) >= _LONGEST_MATCH:
            if match.end(3) > last:
                last = _end_of_value(text, match)
            end = last
        if start < end:
            spans.append((start, end))
    found += (text[start:end] for start, end in spans)
    return mask_spans(text, spans) if spans else text


def _find_named_value(match: re.Match[str]) -> tuple[int, int]:
    """Return the span of a value that is a secret by its name; an empty span for other values.

    A word is a value only if both are in quotes; after a space, `is`, or a comma, only a random text is.
    """
    name, middle, quoted = match.groups()
    value, start = quoted.rstrip(".:!?"), match.start(3)
    signs = middle.strip("\"'` ")
    if signs[:1] in ("=", "-", *_COLONS):
        is_quoted = middle[0] in _QUOTE_SIGNS and middle[-1] in _QUOTE_SIGNS
        is_value = is_quoted or (is_mixed(value) and not re.search(r"\s|://", value))
        is_secret = is_value and is_likely_secret(name, value)
    else:
        secret = secret_of_login(value)
        is_secret = is_secret_in_prose(name, secret, is_stated=signs[:1].isalpha())
    return (start, start + len(value)) if is_secret else (start, start)


def _end_of_value(text: str, match: re.Match[str]) -> int:
    """Return the end of a value that may be longer than the match of the pattern."""
    sign = _IN_QUOTES if text[match.start(3) - 1] in _QUOTE_SIGNS else _UNQUOTED
    more = compile_pattern(f"{sign}*+=*").match(text, match.end(3))
    return more.end() if more else match.end(3)


def _mask_base64(match: re.Match[str]) -> str:
    """Mask base64 of `id:secret` as in the scheme `Basic`, or of a text with a secret."""
    try:
        text = a2b_base64(match[0]).decode("ascii")
    except ValueError:
        return match[0]
    is_login = text.isprintable() and secret_of_login(text) != text
    return MASKED if is_login or (text[:1] == "{" and find_likely_secrets(text)) else match[0]


def _has_secret_member(text: str) -> bool:
    """Return whether a text has the name of a secret or a key for `_json_masker`; most texts have none."""
    if any(kind_of_name(string_value(name)) for name in find_names(text)):
        return True
    strings = string_pattern(text).findall(text) if _NESTED_QUOTE in text else ()
    return any(
        _NESTED_QUOTE in content and _has_secret_member(string_value(content))
        for content, *_ in strings
    )


def _json_masker(found: list[str]) -> Callable[[re.Match[str]], str]:
    """Return a function that masks a string in JSON by the name of its member."""
    name = pair = ""

    def hide(value: str) -> str:
        found.append(value)
        return f'"{MASKED}"'

    def mask(match: re.Match[str]) -> str:
        nonlocal name, pair
        content, end, colon, number = match.groups()
        if end and colon:
            name, pair = (
                (pair, "") if content == "value" and pair else (string_value(content), pair)
            )
            is_masked = number and is_likely_secret(name, 0)
            return match[0][: -len(number)] + hide(number) if is_masked else match[0]
        pair = content if name in ("name", "key") else pair
        plain = string_value(content)
        if is_likely_secret(name, plain):
            return hide(plain) + (colon or "") + (number or "")
        if _NESTED_QUOTE in content and (masked := _mask_plain(plain, found)) != plain:
            return json.dumps(masked, ensure_ascii=False) + (colon or "") + (number or "")
        return match[0]

    return mask


def _mask_pair(match: re.Match[str]) -> str:
    name, value = unquote_plus(match[1]), unquote_plus(match[2])
    if is_likely_secret(name, value) or (is_form_secret(name, value) and not is_plain(value)):
        return f"{match[1]}={MASKED}{'>' if value[-1:] == '>' and '<' not in value else ''}"
    start, *queries = match[2].split("?")  # the value may be a URL, or an ID in the path of one
    start = MASKED if queries and is_likely_secret(name, start) else start
    pair = compile_pattern(_PAIR)
    return "?".join((f"{match[1]}={start}", *(pair.sub(_mask_pair, each) for each in queries)))


def _mask_default(match: re.Match[str]) -> str:
    """Mask the default of a shell variable, as in `${TOKEN:-abc}`, by its name, or if it looks random."""
    start, name, value = match.groups()
    is_secret = is_likely_secret(name, value) or (is_random(value) and not is_uuid(value))
    return f"{start}{MASKED}" if is_secret else match[0]


def _mask_content(match: re.Match[str]) -> str:
    """Mask the content of a part of a multipart form, an XML element, or a parameter, by its name."""
    start, name, content = match.groups()
    return f"{start}{MASKED}" if is_likely_secret(name, content.strip()) else match[0]
