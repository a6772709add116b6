"""The API's and the token endpoint's addresses: layers of settings -> values, each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.findings.errors import UsageError
from cxcall.settings import tenants
from cxcall.settings.regions import normalize_url, region_domain, token_url_for
from cxcall.settings.sources import Setting, find_setting
from cxcall.transport.urls import host_url, is_loopback_url, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cxcall.contracts.contract import Contract
    from cxcall.settings.sources import Layer


def resolve_addresses(layers: Sequence[Layer], contract: Contract) -> Layer:
    """Return `base_url` and `token_url`; raises UsageError for one that cannot be used."""
    base_url = _base_url(layers, contract)
    url = token_url_for(base_url.value)
    derived = Setting(url, "from base_url" if url else "not set", base_url.locate)
    return {"base_url": base_url, "token_url": _explicit(layers, "token_url") or derived}


def resolve_tenant_addresses(
    layers: Sequence[Layer], contract: Contract, profile: str, state: Callable[[], Path]
) -> Layer:
    """Return `base_url`, `token_url` and `issuer` for a CXone tenant; raises as `settle_hosts` does.

    Where nobody wrote an address, the API's is the one that the tenant was found at before.
    """
    issuer = _explicit(layers, "issuer") or Setting(
        tenants.DEFAULT_ISSUER, "default", lambda: "default"
    )
    base_url, written = _base_url(layers, contract), _explicit(layers, "token_url")
    token_url = written or _tenant_token_url(layers, issuer, base_url)
    if not find_setting("base_url", layers):
        found = tenants.find_tenant(state(), profile, issuer.value)
        # The issuer knows every tenant; an area's endpoint only those of its area.
        is_same = found and found.token_url in (token_url.value, f"{issuer.value}/auth/token")
        if found and (is_same or not token_url.value):
            path = urlsplit(contract.base_url()).path.rstrip("/")
            base_url = Setting(
                found.api_endpoint + path,
                tenants.DISCOVERY_SOURCE,
                lambda: tenants.DISCOVERY_SOURCE,
            )
            token_url = written or Setting(found.token_url, tenants.DISCOVERY_SOURCE, str)
    return {"base_url": base_url, "token_url": token_url, "issuer": issuer}


def _tenant_token_url(layers: Sequence[Layer], issuer: Setting, base_url: Setting) -> Setting:
    """Take the issuer's for a registered application, else the area's, which takes a key alone.

    The area is one that somebody wrote: by default none is, as a key is sent to no guessed place.
    """
    app, explicit = find_setting("client_id", layers), find_setting("base_url", layers)
    here = explicit and not find_setting("issuer", layers) and is_loopback_url(explicit.value)
    if here and app and not find_setting("access_key_id", layers):
        url = token_url_for(base_url.value)  # a sandbox takes its client for every platform
    elif here and app:
        url = f"{host_url(base_url.value)}/auth/token"
    elif app:
        return Setting(f"{issuer.value}/auth/token", "from issuer", issuer.locate)
    elif is_loopback_url(issuer.value):
        return Setting(issuer.value + tenants.ACCESS_KEY_PATH, "from issuer", issuer.locate)
    else:
        is_known = explicit or find_setting("region", layers)
        url = tenants.access_key_url(base_url.value) if is_known else ""
    return Setting(url, "from base_url" if url else "not set", base_url.locate)


def _base_url(layers: Sequence[Layer], contract: Contract) -> Setting:
    """Take the address that is written, else the region's, else the contract's own."""
    explicit, region = _explicit(layers, "base_url"), find_setting("region", layers)
    if explicit:
        return explicit
    if region and contract.regions:
        return _with(region, contract.base_url(region_domain(region, contract)))
    url = contract.base_url()
    if "://" not in url:
        raise UsageError(
            f"contract `{printable(contract.name)}` names no server, and no `base_url` is set",
            where="--base-url",
            fix="add `--base-url https://...`",
            code="host-unknown",
        )
    own = Setting(url, "default", lambda: contract.name)
    return _with(own, normalize_url("base_url", own))


def _explicit(layers: Sequence[Layer], name: str) -> Setting | None:
    written = find_setting(name, layers)
    return _with(written, normalize_url(name, written)) if written else None


def _with(written: Setting, value: str) -> Setting:
    return Setting(value, written.source, written.locate)
