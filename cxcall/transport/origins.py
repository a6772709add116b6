"""Origins, hosts, and loopback addresses."""

from __future__ import annotations

from urllib.parse import urlsplit

Origin = tuple[str, str, int]


_PORTS = {"http": 80, "https": 443}


def is_loopback_host(host: str) -> bool:
    """Return whether a host name or address is this machine itself."""
    if host.lower() in ("localhost", "127.0.0.1"):
        return True
    if host[-1:].isalpha() and ":" not in host:  # a name; ipaddress is slow to import
        return False
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


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
    return scheme, parts.hostname or "", parts.port or _PORTS.get(scheme, 0)


def comparable_url(url: str) -> str:
    """Return the common form of all spellings of a URL without a query: loopback names, standard ports, and case."""
    scheme, host, port = origin(url)
    host = "127.0.0.1" if is_loopback_host(host) else host.rstrip(".")
    return f"{scheme}://{host}:{port}{urlsplit(url).path.rstrip('/')}"


def host_of(url: str) -> str:
    """Return the host, with the port if the URL has one."""
    return urlsplit(url).netloc.rpartition("@")[2]


def host_url(url: str) -> str:
    """Return the URL without path and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
