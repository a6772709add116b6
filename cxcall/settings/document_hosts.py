"""Keep secrets from a host that only a user's API document names.

A document may come from anywhere, so its `servers` do not decide where a secret goes: the profile, the
environment, or a flag must name the host. The published hosts of the platforms need no such setting.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.contract import load_shipped_contracts
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, command
from cxcall.settings.regions import region_domain, url_area
from cxcall.settings.sources import find_setting
from cxcall.transport.urls import host_of, host_url, printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.settings.sources import Layer, Setting


def platform_of(contract: Contract) -> str:
    """Return the platform of a contract; a user's document has one only at a published host of it."""
    declared = str(contract.declared.get("x-cxcall-platform", ""))
    is_known = contract.is_shipped or not declared or is_published_host(contract.base_url(), None)
    return declared if is_known else ""


def find_unnamed_host(
    layers: Sequence[Layer], contract: Contract, base_url: Setting
) -> Iterator[Finding]:
    """Yield an error if only a user's document names the host of `base_url`."""
    if contract.is_shipped or find_setting("base_url", layers):
        return
    if is_published_host(base_url.value, find_setting("region", layers)):
        return
    url = host_url(base_url.value)
    yield Finding.error(
        "credential",
        printable(contract.name),
        f"only the document names the host `{host_of(base_url.value)}`, so no secret is sent to it",
        f"if you trust the host, add {command('--base-url', url)}, or set `base_url` in the profile",
        "a document must not decide where a secret goes",
    )


def is_published_host(url: str, region: Setting | None) -> bool:
    """Return whether a URL is at the host that a shipped contract has for a region.

    The lists of regions are open: `region` may name one that no contract knows, by its domain.
    """
    host = host_of(url).lower()
    is_area = bool(url_area(url)) and ":" not in host
    return is_area or any(
        host == host_of(known.base_url(domain)).lower()
        for known in load_shipped_contracts()
        for domain in (*known.regions.values(), *_domain(region, known))
    )


def _domain(region: Setting | None, known: Contract) -> Iterator[str]:
    if region:
        try:
            yield region_domain(region, known)
        except UsageError:  # not a region of this platform
            return
