"""Origins, hosts, and loopback addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

Origin = tuple[str, str, int]


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


def printable(text: str) -> str:
    """Return a value as it can stand in a message, on one line."""
    return text if text.isprintable() else ascii(text)[1:-1]
