"""Recognize what looks like a secret in text from elsewhere: by its form, and by the name of a random value."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from posixpath import commonprefix
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from cxcall.runtime.patterns import (
    AFTER_DOLLAR,
    IN_ANGLES,
    IN_BRACES,
    IN_PERCENTS,
    compile_pattern,
    is_uuid,
    name_words,
)
from cxcall.runtime.redaction import MASKED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_SECRET_WORDS = frozenset((
    "secret", "secrets", "password", "passwords", "passwd", "pwd", "passphrase", "passcode",
    "pin", "token", "tokens", "credential", "credentials", "apikey", "authorization",
    "cookie", "jwt", "bearer", "verifier", "otp", "kennwort", "geheimnis", "passe", "senha", "segredo",
    "wachtwoord", "haslo", "parola", "clave",
))  # fmt: skip
_RANDOM_WORDS = frozenset((
    "auth", "oauth", "authentication", "key", "keys", "session", "sessionid", "sid", "sig",
    "signature", "nonce", "code", "assertion", "ticket", "hash", "salt", "hmac",
))  # fmt: skip
_SECRET_PARTS = ("secret", "passw", "token", "credential", "apikey", "contrase", "kennwort")
"""Also in a name that is written as one word, such as `authtoken`."""
_HEADER_PARTS = (*_SECRET_PARTS, "authorization", "cookie", "session", "api-key", "signature")
_HEADER_SCHEMES = ("Bearer", "Basic")
# `token_type` is not a secret, unless its value looks like one.
_ATTRIBUTES = frozenset((
    "type", "kind", "id", "url", "uri", "endpoint", "host", "name", "expires", "expiry",
    "expiration", "ttl", "in", "at", "issued", "length", "count", "status", "limit",
    "remaining", "policy", "required", "enabled", "valid", "format", "field", "header",
    "param", "grant", "scope", "scopes",
))  # fmt: skip
_NUMBER_WORDS = frozenset(("pin", "passcode", "password", "otp"))
_FORM_SECRETS = frozenset({"code", "code_verifier", "assertion"})
_SECRET, _KEY = "secret", "key"
_LAST_WORD = "pass"  # as in `DB_PASS`, but not in `pass_count`
_NESTED_QUOTE = '\\"'
_KEPT_NAMES = 1024
_MIN_RANDOM = 8
_LONG_RANDOM = 16
_FEWEST_CHANGES = 3

_DATE = r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}(?:[T ][0-9]{2}:?[0-9]{2}(?::?[0-9]{2}(?:[.,][0-9]+)?)?)?(?:Z|[+-][0-9]{2}:?[0-9]{2})?"
_UNFILLED = f"{IN_ANGLES}|{IN_BRACES}|{AFTER_DOLLAR}|{IN_PERCENTS}|true|false|null|none"
_RANDOM = r"[A-Za-z0-9+_~.-][A-Za-z0-9+/_~.-]*={0,2}"
# A JWT is three parts of base64url, of which the first one is a JSON object: `{"` or `{` and a blank.
_JWT = r"(?<![A-Za-z0-9_-])(?:eyJ|eyA|ewo|ewk|ew0)[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*"
_SCHEMES = ("bearer", "basic", "token", "apikey")
_CREDENTIALS = rf"(?i:\b({'|'.join(_SCHEMES)}))(\s+|%20|\+)([A-Za-z0-9+/_~.%-]{{8,}}=*)"
# What follows `Bearer` in prose. Any other word there may be a token.
_BEARER_WORDS = frozenset((
    "authentication", "authorization", "authorisation", "authenticated", "challenge", "credential",
    "credentials", "expected", "required", "received", "security", "provided", "rejected", "realm",
    "tokens", "requires", "supported",
))  # fmt: skip
_NAMED = (
    r"(?<![\w./-])([A-Za-z][\w.-]{1,60})(\s?:\s+|:(?!/))([A-Za-z0-9+/_~.-]{6,}=*)(?![A-Za-z0-9(])"
)
# What follows a name in it; starts with a literal character, which makes the search fast.
_NAMED_END = r":(?:(?<=[\w.-]:)|(?<=[\w.-]\s:))(?:\s+|(?!/))[A-Za-z0-9+/_~.-]{6}"
# The end may be missing: a text may have been cut.
_JSON_STRING = r'(?s)"([^"\\]*(?:\\.[^"\\]*)*)("?)(\s*:\s*)?((?<=[:\s])[0-9]+)?'
_PART = r"""(?i)(form-data;[^\n]{0,200}?\bname="?([^"\s;]{1,200})[^\n]{0,300}\n(?:[^\r\n]{1,300}\r?\n){0,4}\r?\n)([^\r\n]+)"""
# A reader may have taken the first `<` for the mark of a received line.
_ELEMENT = r"((?<![\w.:/-])([A-Za-z][\w.:-]{1,60})(?:\s[^<>]{0,200})?>)([^<>]+)(?=</)"
_DEFAULT = r"(\$\{(\w{1,60}):?[-=])([^{}$]{4,})(?=\})"
_PAIR = r"""(?<![^\s&?;,"'{(])([^\s&?;,"'{(=]{1,200})=([^\s&;,"')}]*)"""


def mask_likely_secrets(text: str) -> str:
    """Return a text with everything masked that looks like a secret.

    These are JWTs, what follows `Bearer` or `Basic`, what follows a secret's name and a colon, and in JSON, XML, forms, and cookies the values of
    members that are named as secrets, or that are random and named like keys, also in JSON within a string.
    Dates, UUIDs, plain numbers, paths, and placeholders stay.
    """
    return _mask(text, None)


def find_likely_secrets(text: str) -> list[str]:
    """Return what `mask_likely_secrets` masks in a text, as it is written there."""
    found: list[str] = []
    _mask(text, found)
    return found


def _mask(text: str, found: list[str] | None) -> str:
    """Mask a text, and add to `found` what is masked."""
    if "eyJ" in text or "ew" in text or "eyA" in text:
        text = _replace(_JWT, lambda _: MASKED, text, found)
    folded = text.lower()
    if any(scheme in folded for scheme in _SCHEMES):
        text = _replace(_CREDENTIALS, _mask_credentials, text, found)
    if ":" in text and compile_pattern(_NAMED_END).search(text):
        text = _replace(_NAMED, _mask_named, text, found)
    if '"' in text and _has_secret_member(text):
        text = compile_pattern(_JSON_STRING).sub(_json_masker(found), text)
    if "form-data;" in folded:
        text = _replace(_PART, _mask_content, text, found)
    if "</" in text:
        text = _replace(_ELEMENT, _mask_content, text, found)
    if "${" in text:
        text = _replace(_DEFAULT, _mask_default, text, found)
    return _replace(_PAIR, _mask_pair, text, found) if "=" in text else text


def _replace(
    pattern: str, mask: Callable[[re.Match[str]], str], text: str, found: list[str] | None
) -> str:
    """Return a text with each match masked; `found` gets the part of each match that is not in its mask."""
    if found is None:
        return compile_pattern(pattern).sub(mask, text)

    def mask_and_keep(match: re.Match[str]) -> str:
        old, new = match[0], mask(match)
        if old != new:
            start = len(commonprefix((old, new)))
            end = len(commonprefix((old[start:][::-1], new[start:][::-1])))
            found.append(old[start : len(old) - end])
        return new

    return compile_pattern(pattern).sub(mask_and_keep, text)


def is_likely_secret(name: str, value: str) -> bool:
    """Return whether the value of a header, parameter, or member is likely a secret."""
    kind = _kind_of_name(name)
    if not kind or not value or value == MASKED or _is_plain(value):
        return False
    return kind == _SECRET or (is_random(value) and not is_uuid(value))


def is_named_as_secret(name: str) -> bool:
    """Return whether a name is that of a secret, or of a key that is one if it is random."""
    return bool(_kind_of_name(name))


@lru_cache(maxsize=_KEPT_NAMES)
def _kind_of_name(name: str) -> str:
    """Return whether a name is that of a secret, or of a key that is one if it is random; else empty."""
    words = _words(name)
    is_secret = not _SECRET_WORDS.isdisjoint(words) or any(
        part in "".join(words) for part in _SECRET_PARTS
    )
    if (is_secret and words[-1] not in _ATTRIBUTES) or words[-1:] == [_LAST_WORD]:
        return _SECRET
    return _KEY if is_secret or not _RANDOM_WORDS.isdisjoint(words) else ""


def masked_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Return headers with each possible secret masked, by name or form; a scheme such as `Bearer` is kept."""
    return {
        name: _mask_header(value) if is_secret_header(name, value) else mask_likely_secrets(value)
        for name, value in headers.items()
    }


def is_secret_header(name: str, value: str) -> bool:
    """Return whether the value of a header may be a secret as a whole."""
    return _has_secret_name(name) or is_likely_secret(name, value)


@lru_cache(maxsize=256)
def _has_secret_name(name: str) -> bool:
    return any(word in name.lower() for word in _HEADER_PARTS)


def _mask_header(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    return f"{scheme} {MASKED}" if rest and scheme in _HEADER_SCHEMES else MASKED


def is_random(value: str) -> bool:
    """Return whether a text looks random: letters and digits that alternate as in no word or plain ID."""
    if len(value) < _MIN_RANDOM or not compile_pattern(_RANDOM).fullmatch(value):
        return False
    changes = len(re.findall(r"(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]", value))
    if changes >= _FEWEST_CHANGES:
        return True
    return len(value) >= _LONG_RANDOM and bool(re.search(r"[A-Za-z][0-9]+[A-Za-z]", value))


def _is_plain(value: str) -> bool:
    """Return whether a value is a date, true or false, or a placeholder such as `<token>` or `$TOKEN`."""
    return bool(
        compile_pattern(_DATE).fullmatch(value) or compile_pattern(_UNFILLED).fullmatch(value)
    )


def _words(name: str) -> list[str]:
    return name_words(name.replace("\u212a", "k"))


def _is_credential(text: str) -> bool:
    return is_random(text.replace("%", "")) or (len(text) >= _LONG_RANDOM and not text.isalpha())


def _mask_credentials(match: re.Match[str]) -> str:
    scheme, value = match[1].lower(), match[3].rstrip(".")
    is_token = scheme == "bearer" and value.isalpha() and value.lower() not in _BEARER_WORDS
    is_token |= scheme in ("bearer", "apikey") and _is_mixed(value)
    is_masked = is_token or _is_credential(value)
    end = match[3][len(value) :]
    return f"{match[1]}{match[2]}{MASKED}{end}" if is_masked else match[0]


def _mask_named(match: re.Match[str]) -> str:
    """Mask a value of letters and digits after the name of a secret, as in `apikey: k3y-ABC123`."""
    name, colon, value = match.groups()
    is_secret = _is_mixed(value) and is_likely_secret(name, value)
    return f"{name}{colon}{MASKED}" if is_secret else match[0]


def _is_mixed(value: str) -> bool:
    """Return whether a text has letters and digits, as words seldom have."""
    return bool(re.search(r"[A-Za-z]", value) and re.search(r"[0-9]", value))


def _has_secret_member(text: str) -> bool:
    """Return whether `_json_masker` meets the name of a secret or a key; most texts have none."""
    strings = compile_pattern(_JSON_STRING).findall(text)
    names = {content for content, end, colon, _ in strings if end and colon}
    return any(_kind_of_name(_unescape(name)) for name in names) or any(
        _NESTED_QUOTE in content and _has_secret_member(_unescape(content))
        for content, *_ in strings
    )


def _json_masker(found: list[str] | None) -> Callable[[re.Match[str]], str]:
    """Return a function that masks a string in JSON by the name of the member that it is in."""
    name = kind = ""

    def hide(value: str) -> str:
        if found is not None:
            found.append(value)
        return f'"{MASKED}"'

    def mask(match: re.Match[str]) -> str:
        nonlocal name, kind
        content, end, colon, number = match.groups()
        if end and colon:
            name = _unescape(content)
            kind = _kind_of_name(name)
            is_masked = number and not _NUMBER_WORDS.isdisjoint(_words(name)[-1:])
            return match[0][: -len(number)] + hide(number) if is_masked else match[0]
        plain = _unescape(content) if kind or _NESTED_QUOTE in content else ""
        if kind and is_likely_secret(name, plain):
            return hide(plain) + (colon or "") + (number or "")
        if _NESTED_QUOTE in content and (masked := _mask(plain, found)) != plain:
            return json.dumps(masked, ensure_ascii=False) + (colon or "") + (number or "")
        return match[0]

    return mask


def _unescape(content: str) -> str:
    if "\\" not in content:
        return content
    try:
        return str(json.loads(f'"{content}"', strict=False))
    except ValueError:
        return content


def _mask_pair(match: re.Match[str]) -> str:
    name, value = unquote_plus(match[1]), unquote_plus(match[2])
    is_secret = is_likely_secret(name, value) or (name.lower() in _FORM_SECRETS and bool(value))
    return f"{match[1]}={MASKED}" if is_secret else match[0]


def _mask_default(match: re.Match[str]) -> str:
    """Mask the default of a shell variable, as in `${TOKEN:-abc}`, by the name or where it looks random."""
    start, name, value = match.groups()
    is_secret = is_likely_secret(name, value) or (is_random(value) and not is_uuid(value))
    return f"{start}{MASKED}" if is_secret else match[0]


def _mask_content(match: re.Match[str]) -> str:
    """Mask the content of a part of a multipart form, or of an XML element, by its name."""
    start, name, content = match.groups()
    return f"{start}{MASKED}" if is_likely_secret(name, content.strip()) else match[0]
