"""The target of a request, its path and query, and whether it is sent unchanged."""

from __future__ import annotations

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_SENT_LITERALLY = frozenset(_UNRESERVED + "!$&'()*+,;=:@/")
"""The characters of a path that need no escape (RFC 3986, section 3.3)."""

_HEX_DIGITS = frozenset("0123456789ABCDEF")


def is_sent_unchanged(url: str) -> bool:
    """Return whether requests and urllib3 send the path and the query of a URL unchanged.

    A server may read `..;x` as a dot segment. urllib3 removes dot segments and repeated slashes, decodes and encodes characters, and drops a fragment.
    """
    path, question_mark, query = target_of(url).partition("?")
    segments = path.split("/")
    return (
        not path.startswith("//")
        and not any(segment.partition(";")[0] in (".", "..") for segment in segments)
        and bool(query or not question_mark)
        and _has_needed_escapes_only(path + query.replace("?", ""))
    )


def _has_needed_escapes_only(text: str) -> bool:
    """Return whether exactly the characters that need an escape are escaped, in upper case."""
    literal, *rest = text.split("%")
    codes = [each[:2] for each in rest]
    literal += "".join(each[2:] for each in rest)
    return _SENT_LITERALLY.issuperset(literal) and all(map(_is_needed_escape, codes))


def _is_needed_escape(code: str) -> bool:
    is_hexadecimal = len(code) == len("2F") and _HEX_DIGITS.issuperset(code)
    return is_hexadecimal and chr(int(code, 16)) not in _UNRESERVED


def target_of(url: str) -> str:
    """Return the path and the query of a URL, unchanged; a missing path is `/`."""
    rest = url.partition("//")[2]
    start = min(found for sign in "/?#" if (found := f"{rest}{sign}".find(sign)) >= 0)
    target = rest[start:]
    return target if target.startswith("/") else f"/{target}"
