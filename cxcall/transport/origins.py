"""Origins, hosts, and targets of URLs, and whether a target is sent unchanged."""

from __future__ import annotations

from urllib.parse import urlsplit

from cxcall.runtime.host_spellings import STANDARD_PORTS, is_loopback_host

Origin = tuple[str, str, int]

_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_SENT_LITERALLY = frozenset(_UNRESERVED + "!$&'()*+,;=:@/")
"""The characters of a path that need no escape (RFC 3986, section 3.3)."""
_HEX_DIGITS = frozenset("0123456789ABCDEF")


def is_loopback_url(url: str) -> bool:
    """Return whether a URL is on this machine itself: 127.0.0.0/8, ::1, or localhost."""
    # With a backslash in a URL, requests and urllib read different hosts.
    return "\\" not in url and is_loopback_host(urlsplit(url).hostname or "")


def is_http_url(url: str) -> bool:
    """Return whether a text is the URL of an HTTP server, with a host and, if it has one, a valid port."""
    try:
        scheme, host, _ = origin(url)
    except ValueError:
        return False
    return scheme in ("http", "https") and bool(host) and "\\" not in url


def origin(url: str) -> Origin:
    """Return scheme, host, and port; a token is sent only to the same origin."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or STANDARD_PORTS.get(scheme, 0)


def host_of(url: str) -> str:
    """Return the host, with the port if the URL has one."""
    return urlsplit(url).netloc.rpartition("@")[2]


def host_url(url: str) -> str:
    """Return the URL without path and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_sent_unchanged(url: str) -> bool:
    """Return whether requests and urllib3 send the path and the query of a URL unchanged.

    A server may read `..;x` as a dot segment. urllib3 removes dot segments and repeated slashes, decodes and
    encodes characters, and drops a fragment.
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
