"""The hosts of a vendor, of which several serve the same tenant: a request has the same effect at each of them."""

from __future__ import annotations

import re

VENDOR_DOMAINS = ("niceincontact.com", "nice-incontact.com", "incontact.com", "nicecxone-gov.com")
"""The domains of NICE CXone. A tenant has a host of its area and one of its cluster (docs/platforms/nice-cxone.md#tenant-discovery)."""

_ENDINGS = tuple(f".{each}" for each in VENDOR_DOMAINS)


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
