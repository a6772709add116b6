"""Origins, hosts, and loopback addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

Origin = tuple[str, str, int]


_UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
_SENT_LITERALLY = frozenset(_UNRESERVED + "!$&'()*+,;=:@/")
"""The characters of a path that need no escape (RFC 3986, section 3.3)."""

_TOKEN = frozenset(_UNRESERVED + "!#$%&'*+^`|")
_HEX_DIGITS = frozenset("0123456789ABCDEF")

_PORTS = {"http": 80, "https": 443}


def is_loopback_host(host: str) -> bool:
    """Tell whether a host name or address is this machine itself."""
    if host.lower() in ("localhost", "127.0.0.1"):
        return True
    if host[-1:].isalpha() and ":" not in host:  # a name: what reads addresses takes time to load
        return False
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_loopback_url(url: str) -> bool:
    """Tell whether an address is on this machine itself."""
    return is_loopback_host(urlsplit(url).hostname or "")


def origin(url: str) -> Origin:
    """Return scheme, host and port: what must be equal for a token to be sent."""
    parts = urlsplit(url)
    scheme = parts.scheme.lower()
    return scheme, parts.hostname or "", parts.port or _PORTS.get(scheme, 0)


def host_of(url: str) -> str:
    """Return the host, with the port where one is written."""
    return urlsplit(url).netloc.rpartition("@")[2]


def host_url(url: str) -> str:
    """Return scheme, host and port, as an address without a path."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_sent_unchanged(url: str) -> bool:
    """Tell whether requests and urllib3 send the path and the query of a URL as they are written.

    They remove dot segments and repeated slashes, decode and encode characters, and drop a fragment.
    """
    path, question_mark, query = target_of(url).partition("?")
    segments = path.split("/")
    return (
        not path.startswith("//")
        and not any(segment in (".", "..") for segment in segments)
        and bool(query or not question_mark)
        and _has_needed_escapes_only(path + query.replace("?", ""))
    )


def _has_needed_escapes_only(text: str) -> bool:
    """Tell whether what must be escaped is, in upper case, and nothing else."""
    literal, *rest = text.split("%")
    codes = [each[:2] for each in rest]
    literal += "".join(each[2:] for each in rest)
    return _SENT_LITERALLY.issuperset(literal) and all(map(_is_needed_escape, codes))


def _is_needed_escape(code: str) -> bool:
    is_hexadecimal = len(code) == len("2F") and _HEX_DIGITS.issuperset(code)
    return is_hexadecimal and chr(int(code, 16)) not in _UNRESERVED


def is_header(name: str, value: str) -> bool:
    """Tell whether a header can be sent as it is: a token, and printable ASCII (RFC 9110, section 5)."""
    is_token = name != "" and _TOKEN.issuperset(name)
    return is_token and value.isascii() and value.isprintable() and value == value.strip()


def target_of(url: str) -> str:
    """Return the path and the query of a URL, as they stand in it; a missing path is `/`."""
    rest = url.partition("//")[2]
    start = min(found for sign in "/?#" if (found := f"{rest}{sign}".find(sign)) >= 0)
    target = rest[start:]
    return target if target.startswith("/") else f"/{target}"


def printable(text: str) -> str:
    """Return a value as it can stand in a message, on one line."""
    return text if text.isprintable() else ascii(text)[1:-1]
