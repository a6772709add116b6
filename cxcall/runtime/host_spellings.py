"""The spellings of a host in a URL, the hosts of a vendor, and whether two URLs lead to the same API.

Several hosts of a vendor serve the same tenant: a request has the same effect at each of them.
"""

from __future__ import annotations

import re
from functools import lru_cache

STANDARD_PORTS = {"http": 80, "https": 443}
_LOOPBACK = "127.0.0.1"
VENDOR_DOMAINS = ("niceincontact.com", "nice-incontact.com", "incontact.com", "nicecxone-gov.com")
"""The domains of the areas and clusters of NICE CXone (docs/platforms/nice-cxone.md#tenant-discovery)."""
_ENDINGS = tuple(f".{each}" for each in VENDOR_DOMAINS)


def is_loopback_host(host: str) -> bool:
    """Return whether a host name or address is this machine itself."""
    if host.lower() in ("localhost", _LOOPBACK):
        return True
    if host[-1:].isalpha() and ":" not in host:  # a name; ipaddress is slow to import
        return False
    from ipaddress import ip_address

    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def is_vendor_host(host: str) -> bool:
    """Return whether a host name is under one of the vendor's domains."""
    return host.lower().endswith(_ENDINGS)


def vendor_host(url: str) -> str:
    """Return the host of a URL if it is one of the vendor's; empty for any other."""
    host = re.split("[:/?#]", url.partition("://")[2], maxsplit=1)[0]
    return host if is_vendor_host(host) else ""


def with_vendor_host(url: str, host: str = VENDOR_DOMAINS[0]) -> str:
    """Return a URL with another host of the vendor; unchanged if its own host is not one of them.

    The default is no host but stands for all of them, so that URLs can be compared.
    """
    own = vendor_host(url)
    return url.replace(own, host, 1) if own else url


def with_usual_host(url: str) -> str:
    """Return a URL with its host in the spelling that is common to all, so that URLs can be compared.

    That is lower case, without the standard port, with one name for this machine and one for the hosts of a vendor.
    """
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        return url
    server = rest[: min(found for sign in "/?#" if (found := f"{rest}{sign}".find(sign)) >= 0)]
    return with_vendor_host(_origin(scheme.lower(), server.lower()) + rest[len(server) :])


@lru_cache(maxsize=64)
def _origin(scheme: str, server: str) -> str:
    host, port = _host_and_port(server)
    if port and port != str(STANDARD_PORTS.get(scheme)):
        host += f":{port}"
    return f"{scheme}://{host}"


def _host_and_port(server: str) -> tuple[str, str]:
    host, _, port = server.partition("]") if server.startswith("[") else server.partition(":")
    port = port.removeprefix(":")
    if is_loopback_host(host.strip("[")):
        return _LOOPBACK, port
    return f"{host}]" if host.startswith("[") else host.rstrip("."), port


def is_same_address(url: str, other: str) -> bool:
    """Return whether two base URLs are the same one, in different spellings."""
    return with_usual_host(url).rstrip("/") == with_usual_host(other).rstrip("/")


def is_same_api(url: str, other: str) -> bool:
    """Return whether two base URLs lead to the same API: the same host, whatever the scheme, the port, and the path.

    This machine may have an API, or a tunnel to one, at each port.
    """
    return _api(url) == _api(other)


def _api(url: str) -> tuple[str, str]:
    _, slashes, rest = with_usual_host(url).partition("://")
    if not slashes:
        return url, ""
    host, port = _host_and_port(rest.partition("/")[0])
    return f"//{host}", port if host == _LOOPBACK else ""
