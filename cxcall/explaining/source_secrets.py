"""Collect the secrets of a whole source, because one request may show that a value of another request is secret."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from cxcall.explaining.text_secrets import find_credentials
from cxcall.runtime.known_secrets import mask_spans
from cxcall.runtime.likely_secrets import find_likely_secrets, is_likely_secret, is_secret_header
from cxcall.runtime.text_decoding import decodings

_COOKIE = re.compile(r"([^=;\s]+)=([^;\s]+)")
_JWT = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
# Parts of names of secrets. A text without them can only have secrets by their form.
_HINTS = ("oken", "ecret", "assw", "earer", "asic ", "piKey", "pikey", "pi_key", "redential", "eyJ")
_LONGEST_TEXT = 1 << 16
_MIN_LENGTH, _MIN_WORD, _SHORT = 8, 4, 1024
_WORD = r"[0-9a-z+-]{4,}"
_FOLD = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", "abcdefghijklmnopqrstuvwxyz-")


def find_header_secrets(name: str, value: str) -> Iterator[str]:
    """Yield the secrets in the value of a header: credentials, the password in them, values of cookies.

    The value may join several headers of that name.
    """
    if len(values := value.split(", ")) > 1:
        for each in values:
            yield from find_header_secrets(name, each)
    if name.lower().endswith("authorization"):
        credentials = value.strip().partition(" ")[2].strip() or value.strip()
        yield credentials.rpartition(" ")[2]
        pieces = credentials.split()
        if len(pieces) > 1 and "\n" in credentials:  # folded
            yield from ("".join(pieces), *pieces)
        yield _password(credentials)
    elif is_secret_header(name, value):
        yield value
        for cookie, content in _COOKIE.findall(value):
            if is_likely_secret(cookie, content) or _is_opaque(cookie, content):
                yield content


def _is_opaque(cookie: str, value: str) -> bool:
    """Return whether the value of a cookie may be a key: not an attribute, a word, or a number."""
    is_mixed = bool(re.search(r"[A-Za-z]", value) and re.search(r"[0-9]", value))
    return is_mixed and len(value) >= _MIN_LENGTH and cookie.lower() not in ("path", "domain")


def split_jwts(secrets: Iterable[str]) -> Iterator[str]:
    """Yield secrets, and the payload and the signature of each JWT: its first part is the same in all tokens."""
    for secret in secrets:
        yield secret
        if _JWT.fullmatch(secret):
            yield from secret.split(".")[1:]


def find_text_secrets(text: str) -> list[str]:
    """Return the secrets in a body or a URL, by their names or their form."""
    if len(text) > _LONGEST_TEXT or not any(hint in text for hint in _HINTS):
        return []
    return [*find_likely_secrets(text), *find_credentials(text)]


def find_json_secrets(values: Any) -> frozenset[str]:
    """Return the secrets in JSON values, such as a HAR file: of headers, cookies, parameters, members, and bodies."""
    return frozenset(filter(_is_long, split_jwts(_walk(values))))


def _walk(values: Any) -> Iterator[str]:
    """Yield the secrets in JSON values; `is_header` says that a value is in a list of headers."""
    rest: list[tuple[Any, bool]] = [(values, False)]
    while rest:
        value, is_header = rest.pop()
        if isinstance(value, dict):
            name, text = value.get("name", value.get("key")), value.get("value")
            if isinstance(name, str) and isinstance(text, str):  # a header, cookie, or parameter
                yield from _find_in_member(name, text, is_header=is_header)
                continue
            for key, member in value.items():
                if isinstance(member, str):
                    yield from _find_in_member(key, member, is_header=is_header)
                elif isinstance(member, dict | list):
                    rest.append((member, is_header or "eader" in key))
        elif isinstance(value, list):
            if len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], str):  # noqa: PLR2004 - a pair
                yield from _find_in_member(value[0], value[1], is_header=is_header)
            rest.extend((each, is_header) for each in value)
        elif isinstance(value, str):
            yield from find_text_secrets(value)


def _find_in_member(name: str, value: str, *, is_header: bool) -> tuple[str, ...]:
    find = _find_in_short_member if len(value) <= _SHORT else _find_in_short_member.__wrapped__
    return find(name, value, is_header=is_header) if len(value) >= _MIN_WORD else ()


@lru_cache(maxsize=4096)  # the same headers are in all requests
def _find_in_short_member(name: str, value: str, *, is_header: bool) -> tuple[str, ...]:
    if is_secret_header(name, value) if is_header else name.lower() == "authorization":
        return tuple(find_header_secrets(name, value))
    return (value,) if is_likely_secret(name, value) else tuple(find_text_secrets(value))


def _is_long(secret: str) -> bool:
    return len(secret) >= _MIN_LENGTH or (len(secret) >= _MIN_WORD and not secret.isalpha())


def _password(credentials: str) -> str:
    """Return the password of `Basic` credentials, or the user if it is the key; empty for other schemes."""
    try:
        user, colon, password = a2b_base64(credentials).decode().partition(":")
    except (Error, ValueError):
        return ""
    return password or (user if colon else "")


class SecretIndex:
    """Masks thousands of secrets in a text, in time proportional to the words of the text.

    Each secret is found by its longest word, so a secret that is joined to other letters is not found.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        self._by_word: dict[str, list[tuple[int, str]]] = {}
        for secret in secrets:
            folded = secret.translate(_FOLD)
            words = list(re.finditer(_WORD, folded))
            if words and _is_long(secret):
                key = max(words, key=lambda word: word.end() - word.start())
                self._by_word.setdefault(key[0], []).append((key.start(), folded))

    def may_change(self, text: str) -> bool:
        """Return False if a text certainly contains nothing to mask."""
        return bool(self._by_word) and any(map(self._has_word, _folded_decodings(text)))

    def _has_word(self, folded: str) -> bool:
        return not self._by_word.keys().isdisjoint(re.findall(_WORD, folded))

    def redact(self, text: str) -> str:
        """Return a text with each secret masked, even if it is written with escapes."""
        spans = [
            view.source_span(start, end)
            for view in decodings(text)
            for start, end in self._find(view.text.translate(_FOLD))
        ]
        return mask_spans(text, spans) if spans else text

    def _find(self, folded: str) -> Iterator[tuple[int, int]]:
        for word in re.finditer(_WORD, folded):
            for offset, secret in self._by_word.get(word[0], ()):
                start = word.start() - offset
                if start >= 0 and folded.startswith(secret, start):
                    yield start, start + len(secret)


def _folded_decodings(text: str) -> Iterator[str]:
    if any(sign in text for sign in "%\\&=") or not text.isascii():
        yield from (view.text.translate(_FOLD) for view in decodings(text))
    else:
        yield text.translate(_FOLD)


@lru_cache(maxsize=1)
def make_index(secrets: frozenset[str]) -> SecretIndex:
    """Return the index of the secrets of a source; all of its requests share the index."""
    return SecretIndex(secrets)
