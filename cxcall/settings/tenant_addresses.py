"""Addresses of a CXone tenant: its area, its issuer, and the API host that discovery found (docs/platforms/nice-cxone.md#tenant-discovery)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.host_spellings import is_vendor_host
from cxcall.settings.regions import (
    ACCESS_KEY_PATH,
    HTTPS_PORT,
    is_domain_name,
    normalize_url,
    url_area,
)
from cxcall.settings.sources import Setting
from cxcall.transport.origins import host_url, is_loopback_url, origin

if TYPE_CHECKING:
    from pathlib import Path

    from cxcall.documents.private_files import PrivateFile

DEFAULT_ISSUER = "https://cxone.niceincontact.com"
DISCOVERY_SOURCE = "tenant discovery (tenants.json)"


class Tenant(NamedTuple):
    """A tenant's API endpoint, and the token endpoint whose token named the tenant."""

    api_endpoint: str
    token_url: str
    tenant_id: str


def access_key_url(base_url: str) -> str:
    """Return the token URL for an access key without a registered application; empty if unknown."""
    if is_loopback_url(base_url):
        return f"{host_url(base_url)}{ACCESS_KEY_PATH}"
    area = url_area(base_url)
    return area_key_url(area) if area else ""


def area_key_url(area: str) -> str:
    """Return the token URL of an area for an access key without a registered application."""
    return f"https://{area}.nice-incontact.com{ACCESS_KEY_PATH}"


def find_tenant(state: Path, profile: str, issuer: str) -> Tenant | None:
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
