"""Resolve the addresses of the API and of the token endpoint, each with its source.

Those of a CXone tenant depend on its area, its issuer, and the API host that an earlier discovery found
(docs/platforms/nice-cxone.md#tenant-discovery).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts.request_url import path_of_url
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import printable
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.host_spellings import is_vendor_host
from cxcall.settings.regions import (
    ACCESS_KEY_PATH,
    HTTPS_PORT,
    is_domain_name,
    names_no_area,
    normalize_base_url,
    normalize_url,
    platform_of_region,
    region_domain,
    region_of,
    token_url_for,
    url_area,
)
from cxcall.settings.sources import Layer, Setting, find_setting, invalid_setting
from cxcall.transport.origins import host_of, host_url, is_loopback_url, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cxcall.contracts.contract import Contract
    from cxcall.documents.private_files import PrivateFile
    from cxcall.settings.sources import SettingsByName

DEFAULT_ISSUER = "https://cxone.niceincontact.com"
DISCOVERY_SOURCE = "tenant discovery (tenants.json)"
_REGION = "region"


class Tenant(NamedTuple):
    """A tenant's API endpoint, and the token endpoint whose token named the tenant."""

    api_endpoint: str
    token_url: str
    tenant_id: str


def pop_replaced_urls(layers: Sequence[SettingsByName], contract: Contract) -> SettingsByName:
    """Drop the URLs of the profile if the region in `CXCALL_REGION` takes precedence, and return them.

    The region of a vendor's variable may be set for another tool, and the host of `.env` may be a test system:
    a request for that must not go elsewhere.
    """
    own, profile = layers[Layer.ENVIRONMENT], layers[-1]
    is_used = _REGION not in own or "base_url" in own or "base_url" in layers[Layer.FLAGS]
    kept = profile.get("base_url")
    if is_used or not contract.regions or not kept or names_no_area(kept.value, contract):
        return {}
    if platform_of_region(own[_REGION]) not in ("", contract.platform):
        return {}  # it is for another profile
    if host_of(kept.value) == host_of(contract.base_url(region_domain(own[_REGION], contract))):
        return {}
    return {name: profile.pop(name) for name in ("base_url", "token_url") if name in profile}


def resolve_addresses(
    layers: Sequence[SettingsByName], contract: Contract, server: str
) -> SettingsByName:
    """Return `base_url` and `token_url`; raises UsageError for an address that cannot be used.

    `server` is the address of an operation that has its own. The token URL is derived only for a host of
    a platform's region, and for this machine: `login.` of another domain may have another owner.
    """
    base_url = _base_url(layers, contract, server)
    token_url = _explicit_url(layers, "token_url")
    if token_url is None:
        has_login = _has_login_host(base_url.value, layers, contract)
        derived = token_url_for(base_url.value) if has_login else ""
        token_url = _derive(derived, "base_url", base_url)
    return {"base_url": base_url, "token_url": token_url}


def _has_login_host(base_url: str, layers: Sequence[SettingsByName], contract: Contract) -> bool:
    if is_loopback_url(base_url) or (contract.is_shipped and region_of(base_url, contract)):
        return True
    from cxcall.settings.untrusted_sources import is_host_of_region, is_published_host

    region = find_setting("region", layers)
    return is_published_host(base_url) or bool(region and is_host_of_region(base_url, region))


def resolve_tenant_addresses(
    layers: Sequence[SettingsByName],
    contract: Contract,
    profile: str,
    state: Callable[[], Path],
    server: str,
) -> SettingsByName:
    """Return `base_url`, `token_url`, and `issuer` for a CXone tenant.

    If no source sets the API's address, the result is the one that an earlier tenant discovery
    found. Raises UsageError for an address that cannot be used.
    """
    default_issuer = Setting(DEFAULT_ISSUER, "default", Layer.DEFAULT, lambda: "default")
    issuer = _explicit_url(layers, "issuer") or default_issuer
    base_url, explicit = _base_url(layers, contract, server), _explicit_url(layers, "token_url")
    token_url = explicit or _tenant_token_url(layers, contract, issuer, base_url)
    if not find_setting("base_url", layers):
        tenant = _find_tenant(state(), profile, issuer.value)
        # The issuer's endpoint serves every tenant; an area's endpoint only the tenants of that area.
        endpoints = (token_url.value, f"{issuer.value}/auth/token")
        if tenant and (not token_url.value or tenant.token_url in endpoints):
            source = DISCOVERY_SOURCE
            path = urlsplit(contract.base_url()).path.rstrip("/")
            url = tenant.api_endpoint + path
            base_url = Setting(url, source, Layer.DISCOVERY, lambda: source)
            token_url = explicit or Setting(tenant.token_url, source, Layer.DISCOVERY)
    return {"base_url": base_url, "token_url": token_url, "issuer": issuer}


def _tenant_token_url(
    layers: Sequence[SettingsByName], contract: Contract, issuer: Setting, base_url: Setting
) -> Setting:
    """Return the issuer's endpoint for a registered application, or else the area's for an access key.

    Only an area that a source sets counts: an access key is never sent to a default address.
    """
    app, explicit = find_setting("client_id", layers), find_setting("base_url", layers)
    is_local = explicit and not find_setting("issuer", layers) and is_loopback_url(explicit.value)
    if is_local and app and not find_setting("access_key_id", layers):
        # The sandbox accepts its OAuth client for every platform.
        return _derive(token_url_for(base_url.value), "base_url", base_url)
    if is_local and app:
        return _derive(f"{host_url(base_url.value)}/auth/token", "base_url", base_url)
    if app:
        return _derive(f"{issuer.value}/auth/token", "issuer", issuer)
    if is_loopback_url(issuer.value):
        return _derive(issuer.value + ACCESS_KEY_PATH, "issuer", issuer)
    region = find_setting(_REGION, layers)
    url = _access_key_url(base_url.value) if explicit or region else ""
    # The tenant's own host, such as api-b32.nice-incontact.com, does not name the area.
    if region and not url:
        return _derive(_area_key_url(region_domain(region, contract)), _REGION, region)
    return _derive(url, "base_url", base_url)


def _derive(url: str, name: str, origin: Setting) -> Setting:
    return Setting(url, f"from {name}" if url else "not set", Layer.DERIVED, origin.locate)


def _base_url(layers: Sequence[SettingsByName], contract: Contract, server: str) -> Setting:
    """Return the explicit address, or else the region's, or else the operation's or the contract's own."""
    explicit, region = find_setting("base_url", layers), find_setting("region", layers)
    if explicit:
        return explicit._replace(value=normalize_base_url(explicit, contract))
    if region and contract.regions:
        return region._replace(value=contract.base_url(region_domain(region, contract)))
    url = server or contract.base_url()
    if region and not contract.is_shipped:
        _stop_on_unused_region(region, contract, url)
    if "://" not in url:
        said = f"only the relative server `{printable(url)}`" if url else "no server"
        raise UsageError(
            f"the API document `{printable(contract.name)}` declares {said}, and `base_url` is not set",
            where="--base-url",
            fix=f"add `--base-url https://HOST{printable(path_of_url(url))}`"
            if url
            else "add `--base-url https://...`",
            code="host-unknown",
        )
    default = Setting(url, "default", Layer.DEFAULT, lambda: contract.name)
    return default._replace(value=normalize_url("base_url", default))


def _stop_on_unused_region(region: Setting, contract: Contract, url: str) -> None:
    """Raise UsageError for `--region` with a document that is not of a platform.

    `CXCALL_REGION` and the region of a profile may be meant for a platform: they are refused only if the server has a
    variable, which the region may be meant for, too.
    """
    from cxcall.settings.untrusted_sources import is_published_host

    is_meant = region.layer in (Layer.ENVIRONMENT, Layer.DOTENV) and contract.has_server_variables
    # The region of a platform's host has an effect: it says whether the host is trusted.
    if (region.layer is Layer.FLAGS or is_meant) and not is_published_host(url):
        raise invalid_setting(
            _REGION,
            region,
            f"has no effect on the server of `{printable(contract.name)}`",
            fix="leave it out, or name the server: `--base-url https://...`",
        )


def _explicit_url(layers: Sequence[SettingsByName], name: str) -> Setting | None:
    setting = find_setting(name, layers)
    return setting._replace(value=normalize_url(name, setting)) if setting else None


def _access_key_url(base_url: str) -> str:
    """Return the token URL for an access key without a registered application; empty if unknown."""
    if is_loopback_url(base_url):
        return f"{host_url(base_url)}{ACCESS_KEY_PATH}"
    area = url_area(base_url)
    return _area_key_url(area) if area else ""


def _area_key_url(area: str) -> str:
    """Return the token URL of an area for an access key without a registered application."""
    return f"https://{area}.nice-incontact.com{ACCESS_KEY_PATH}"


def _find_tenant(state: Path, profile: str, issuer: str) -> Tenant | None:
    """Return the tenant that an earlier login of the profile belongs to; None if unknown."""
    for record in _file(state).find({"profile": profile, "issuer": issuer}):
        fields = [str(record.get(name, "")) for name in Tenant._fields]
        if all(fields) and is_trusted_endpoint(fields[0], issuer):
            return Tenant(*fields)
    return None


def save_tenant(state: Path, profile: str, issuer: str, tenant: Tenant) -> None:
    """Save the addresses of a profile's tenant; raises UnwritableError."""
    _file(state).put(tenant._asdict(), {"profile": profile, "issuer": issuer})


def delete_tenant(state: Path, profile: str) -> None:
    """Delete the addresses of a profile's tenant; raises UnwritableError."""
    _file(state).remove({"profile": profile})


def is_trusted_endpoint(api_endpoint: str, issuer: str) -> bool:
    """Return whether a token may go to an API endpoint that the issuer names.

    Only the vendor's hosts at the HTTPS port, and the issuer's own host and port, are trusted.
    """
    try:
        checked = normalize_url(
            "api_endpoint", Setting(api_endpoint, issuer, locate=lambda: issuer)
        )
    except UsageError:
        return False
    scheme, host, port = origin(checked)
    is_vendor = is_domain_name(host) and is_vendor_host(host)
    return (scheme, host, port) == origin(issuer) or (is_vendor and port == HTTPS_PORT)


def _file(state: Path) -> PrivateFile:
    from cxcall.documents.private_files import PrivateFile

    return PrivateFile(state / "tenants.json", is_cache=True)
