"""Decide which values of `Host` a sandbox accepts.

Otherwise a page of another site whose name resolves to this machine (DNS rebinding) could read the
received requests: its own requests have the name of that site in `Host`.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from cxcall.runtime.host_spellings import is_loopback_host


def is_allowed_host(header: str, address: str) -> bool:
    """Return whether a sandbox that listens on an address accepts a value of `Host`; HTTP/1.0 has no `Host`.

    It accepts loopback hosts and its address. If it also listens outside loopback, it accepts every IP address,
    which no other site can have as its name, and names without a dot, such as those of services in a container network.
    """
    if not header:
        return True
    try:
        name = (urlsplit(f"//{header}").hostname or "").lower()
    except ValueError:
        return False
    if name == address or is_loopback_host(name):
        return True
    is_open = not is_loopback_host(address)
    return is_open and (_is_address(name) or (bool(name) and "." not in name))


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
