"""The urllib3 pool for one URL: the proxy and the CA certificates that the environment names."""

from __future__ import annotations

from contextlib import suppress
from importlib.util import find_spec
from os import environ
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from urllib3 import PoolManager, ProxyManager
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers, parse_url

from cxcall.transport.urls import is_loopback_host

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool


class ProxyAddressError(ValueError):
    """The address of the proxy cannot be used."""


class CertificateBundleError(OSError):
    """The file of CA certificates that the environment names does not exist."""


def new_pool(url: str) -> HTTPConnectionPool:
    """Return a pool that connects to the host of a URL, through its proxy if there is one.

    Raises ValueError for an invalid URL, ProxyAddressError, or CertificateBundleError.
    """
    parts = parse_url(url)
    trusted = _trusted_certificates() if parts.scheme == "https" else {}
    proxy = find_proxy(url)
    manager = _proxy_manager(proxy, trusted) if proxy else PoolManager(1, **trusted)
    return manager.connection_from_host(parts.host, parts.port, parts.scheme)


def _trusted_certificates() -> dict[str, Any]:
    """Return urllib3's arguments for the same CA certificates as requests and curl use."""
    path = environ.get("REQUESTS_CA_BUNDLE") or environ.get("CURL_CA_BUNDLE")
    if not path:
        from certifi import where

        path = where()
    if not Path(path).exists():
        raise CertificateBundleError
    name = "ca_cert_dir" if Path(path).is_dir() else "ca_certs"
    return {"cert_reqs": "CERT_REQUIRED", name: path}


def find_proxy(url: str) -> str:
    """Return the address of the proxy for a URL, or an empty string.

    A loopback server is reached without a proxy: the connection may be unencrypted, and the token must
    not leave this machine on it.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback_host(host):
        return ""
    from urllib.request import getproxies, proxy_bypass

    proxies = getproxies()
    proxy = proxies.get(parts.scheme) or proxies.get("all") or ""
    is_exempt = proxy and (
        proxy_bypass(f"{host}:{parts.port}" if parts.port else host)
        or _is_in_network(host, proxies.get("no", ""))
    )
    return "" if is_exempt else proxy


def _is_in_network(host: str, networks: str) -> bool:
    """Tell whether an address is in one of the networks of `NO_PROXY`, such as `10.0.0.0/8`."""
    from ipaddress import ip_address, ip_network

    with suppress(ValueError):
        address = ip_address(host)
        for entry in networks.split(","):
            with suppress(ValueError):
                if address in ip_network(entry.strip(), strict=False):
                    return True
    return False


def _proxy_manager(proxy: str, trusted: dict[str, Any]) -> PoolManager:
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parts = parse_url(address)
        user, colon, password = (parts.auth or "").partition(":")
        if parts.host and parts.scheme and parts.scheme.startswith("socks"):
            if find_spec("socks") is None:  # PySocks, without which urllib3 warns and fails
                raise ProxyAddressError
            from urllib3.contrib.socks import SOCKSProxyManager

            return SOCKSProxyManager(
                address, unquote(user) or None, unquote(password) or None, **trusted
            )
        login = unquote(user) + colon + unquote(password)
        headers = make_headers(proxy_basic_auth=login) if user else {}
        if parts.host:
            return ProxyManager(address, proxy_headers=headers, **trusted)
    except (HTTPError, ValueError) as error:
        raise ProxyAddressError from error
    raise ProxyAddressError
