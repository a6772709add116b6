"""The encodings in which a server may echo a secret, and a search for remains of a secret."""

from __future__ import annotations

import json
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable
from email.header import Header
from functools import lru_cache
from textwrap import wrap
from urllib.parse import quote


def _each(form: str) -> Callable[[str], bytes]:
    """Return an encoding that writes each character in a format with its code point."""
    return lambda text: "".join(form.format(ord(char)) for char in text).encode()


def _mixed(text: str) -> bytes:
    forms = ("\\u{:04x}", "%{:02X}", "&#{};", "%25{:02x}", "\\u{:04X}")
    return "".join(forms[index % 5].format(ord(char)) for index, char in enumerate(text)).encode()


ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "raw": str.encode,
    "json-slash": lambda text: text.replace("/", "\\/").encode(),
    "json-lower": _each("\\u{:04x}"),
    "json-upper": _each("\\u{:04X}"),
    "json-twice": _each("\\\\u{:04x}"),
    "python-hex": _each("\\x{:02x}"),
    "octal": _each("\\{:03o}"),
    "percent": lambda text: quote(text, safe="").encode(),
    "percent-lower": _each("%{:02x}"),
    "percent-upper": _each("%{:02X}"),
    "percent-twice": lambda text: quote(quote(text, safe=""), safe="").encode(),
    "percent-all-twice": _each("%25{:02X}"),
    "form": lambda text: text.replace("+", " ").encode(),
    "html-decimal": _each("&#{};"),
    "html-hex": _each("&#x{:X};"),
    "html-names": lambda text: text.replace("/", "&sol;").replace("+", "&plus;").encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16-le": lambda text: text.encode("utf-16-le"),
    "utf-16-be": lambda text: text.encode("utf-16-be"),
    "utf-32": lambda text: text.encode("utf-32"),
    "utf-32-be": lambda text: text.encode("utf-32-be"),
    "utf-7": lambda text: text.encode("utf-7"),
    "base64": lambda text: b64encode(text.encode()),
    "base64-inside": lambda text: b64encode(f"Bearer {text};".encode()),
    "base64url": lambda text: urlsafe_b64encode(text.encode()).rstrip(b"="),
    "base64-twice": lambda text: b64encode(b64encode(text.encode())),
    "base64-lines": lambda text: encodebytes(text.encode()),
    "base64-utf-16": lambda text: b64encode(text.encode("utf-16-le")),
    "basic": lambda text: b64encode(f"me:{text}".encode()),
    "quoted-printable": _each("={:02X}"),
    "soft-line-breaks": lambda text: "=\r\n".join(wrap(text, 20)).encode(),
    "mail-base64": lambda text: Header(text, "utf-8", maxlinelen=40).encode().encode(),
    "mail-quoted": lambda text: (
        Header(f"\xe9{text}", "iso-8859-1", maxlinelen=60).encode().encode()
    ),
    "hex": lambda text: text.encode().hex().encode(),
    "hex-upper": lambda text: text.encode().hex().upper().encode(),
    "hex-dashes": lambda text: text.encode().hex("-").upper().encode(),
    "hex-colons": lambda text: text.encode().hex(":").encode(),
    "hex-list": lambda text: ", ".join(map(hex, text.encode())).encode(),
    "byte-list": lambda text: json.dumps([*text.encode()], indent=1).encode(),
    "byte-list-of-go": lambda text: " ".join(map(str, text.encode())).encode(),
    "basic-percent": lambda text: b64encode(f"me:{quote(text, safe='')}".encode()),
    "upper-case": lambda text: text.upper().encode(),
    "mixed": _mixed,
    "cut": lambda text: text[:30].encode(),
}
"""The encodings by name."""

_TOKEN_WINDOW = 10
_ENCODED_WINDOW = 26


def find_remains(output: str, secret: str, encode: Callable[[str], bytes]) -> list[str]:
    """Return the parts of a secret, or of its encoded form, that are in an output."""
    text = _squeeze(output)
    encoded = _squeeze(encode(secret).decode("latin-1"))
    return [
        window
        for whole, width in ((secret.casefold(), _TOKEN_WINDOW), (encoded, _ENCODED_WINDOW))
        for window in (whole[start : start + width] for start in range(len(whole) - width + 1))
        if window in text
    ]


@lru_cache(maxsize=16)
def _squeeze(text: str) -> str:
    """Return a text without white space and without the zero bytes of wide characters."""
    for blank in ("\\x00", "\\u0000", "\0", "\\ufeff", "\ufffd"):
        text = text.replace(blank, "")
    return "".join(text.split()).casefold()
