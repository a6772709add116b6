"""Regions, and the URLs of APIs and token endpoints: derive, check, and normalize them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts.contract import find_platform_contract
from cxcall.contracts.openapi_document import CXONE, PLATFORMS
from cxcall.findings.finding import printable
from cxcall.runtime.host_spellings import STANDARD_PORTS, is_loopback_host
from cxcall.settings.sources import invalid_setting, suggest_name
from cxcall.transport.origins import host_of, is_http_url, is_loopback_url, origin

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.settings.sources import Setting


ACCESS_KEY_PATH = "/authentication/v1/token/access-key"
"""The path of the token endpoint of NICE CXone for an access key (docs/platforms/nice-cxone.md)."""
HTTPS_PORT = 443
_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_DOMAIN = rf"{_LABEL}(?:\.{_LABEL})+"
_AREA = r"[a-z]{2}[0-9]{1,2}"
_AREA_HOST = r"api-([a-z]{2}[0-9]{1,2})\.nice-?incontact\.com"
_URL_PARTS = r"^(?:https?://)?(?:(?:api|login|apps)\.)?|/*$"
_OTHER_HOST = r"^(?:apps|login)\."
_FORBIDDEN_CHARACTERS = frozenset(" \\\"'`<>{}|^")


def region_domain(region: Setting, contract: Contract) -> str:
    """Return the domain of a region from its name (`eu-west-1`) or its domain; raises UsageError for other text.

    The domain may be unknown, because a region may be newer than the list.
    """
    text = re.sub(_URL_PARTS, "", region.value.lower())
    known = contract.regions.get(text.replace("_", "-"))
    if known:
        return known
    # The regions of CXone are areas; their list is open too (docs/platforms/nice-cxone.md#tenant-discovery).
    domains = contract.regions.values()
    uses_areas = bool(domains) and all(re.fullmatch(_AREA, domain) for domain in domains)
    is_area = uses_areas and re.fullmatch(_AREA, text)
    if text in domains or is_area or (not uses_areas and is_domain_name(text)):
        return text
    other = platform_of_region(region)
    raise invalid_setting(
        "region",
        region,
        f"`{printable(region.value)}` is not a valid area, such as `na1`"
        if uses_areas
        else f"`{printable(region.value)}` is neither a known region nor a domain",
        fix=f"set `platform` to `{other}`, and use its operations: `cxcall operations --platform {other}`"
        if other
        else suggest_name(text, contract.regions),
        why=""
        if uses_areas
        else "a region newer than this list is given by its domain, such as `usw2.pure.cloud`; "
        "for another host, set `base_url` and `token_url`",
        code="host-unknown",
    )


def platform_of_region(region: Setting) -> str:
    """Return the platform that has a region of this name; empty if none has."""
    name = region.value.lower()
    return next((each for each in PLATFORMS if name in find_platform_contract(each).regions), "")


def is_domain_of_vendor(domain: str, contract: Contract) -> bool:
    """Return whether a domain is that of a region, below it, or beside it, as `usw9.pure.cloud` is beside `usw2.pure.cloud`."""
    label, _, parent = domain.partition(".")
    return any(
        domain == each
        or domain.endswith(f".{each}")
        or (each.partition(".")[0][-1:].isdigit() and each.partition(".")[2] == parent)
        for each in (contract.regions.values() if re.fullmatch(_LABEL, label) else ())
    )


def url_area(base_url: str) -> str:
    """Return the CXone area in an API's host name (`api-na1.niceincontact.com`); empty if it has none."""
    found = re.fullmatch(_AREA_HOST, (urlsplit(base_url).hostname or "").lower())
    return found[1] if found else ""


def names_no_area(base_url: str, contract: Contract) -> bool:
    """Return whether a URL is that of a CXone tenant's own API, such as `https://api-b32.nice-incontact.com`.

    Its token endpoint for an access key is that of an area, which `region` names beside `base_url`.
    """
    is_cxone = contract.platform == CXONE
    return is_cxone and not url_area(base_url) and not is_loopback_url(base_url)


def normalize_url(name: str, setting: Setting) -> str:
    """Return the normalized form of a URL, without a final slash; raises UsageError if it is not allowed.

    Only `https://`, and `http://` on loopback, are allowed. The duplicate guard compares the result.
    """
    text = setting.value
    if not (text and text.isascii() and text.isprintable()) or _FORBIDDEN_CHARACTERS & set(text):
        fix = f"write `{name}` as `https://host`, with nothing left to fill in"
        raise invalid_setting(
            name, setting, "contains a character that is not valid in a URL", fix=fix
        )
    if "://" not in text:
        fix = f"write `{_scheme_for(text)}://{text}`" if "@" not in text else "write `https://host`"
        or_http = ", or with `http://` for this machine" if _scheme_for(text) == "http" else ""
        raise invalid_setting(name, setting, f"must begin with `https://`{or_http}", fix=fix)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # its message is not shown, because it may contain a password
        problem = "is not a valid URL: its host or port is malformed"
        raise invalid_setting(name, setting, problem, fix="write `https://host:port`") from None
    if extra := _extra(parts.netloc, parts.query, parts.fragment, text):
        fix = f"write `{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}`"
        raise invalid_setting(name, setting, f"must be only an address, without {extra}", fix=fix)
    if not host:
        raise invalid_setting(name, setting, "has no host", fix="write `https://host`")
    _check_scheme(name, setting, parts.scheme, host)
    host = host.removesuffix(".")  # the final dot of a fully qualified name: the same host
    literal = f"[{_shortest_address(host)}]" if ":" in host else host
    at_port = f":{port}" if port not in (None, STANDARD_PORTS[parts.scheme]) else ""
    return f"{parts.scheme}://{literal}{at_port}{parts.path.rstrip('/')}"


def _shortest_address(address: str) -> str:
    """Return the common form of all spellings of an IPv6 address (RFC 5952)."""
    from ipaddress import ip_address

    try:
        return ip_address(address).compressed
    except ValueError:  # IPvFuture (RFC 3986, section 3.2.2)
        return address


def normalize_base_url(setting: Setting, contract: Contract) -> str:
    """Return the normalized URL of the API; raises UsageError also for another host of a region of the contract."""
    host = urlsplit(setting.value).hostname if is_http_url(setting.value) else ""
    domain = re.sub(_OTHER_HOST, "", (host or "").lower())
    if domain in contract.regions.values():
        raise invalid_setting(
            "base_url",
            setting,
            f"is not the address of an API: `{host}` is another host of the region `{domain}`",
            fix=f"write `{contract.base_url(domain)}`, or set `region` to `{domain}`",
        )
    return normalize_url("base_url", setting)


def _extra(netloc: str, query: str, fragment: str, text: str) -> str:
    if "@" in netloc:
        return "a user name or password"
    if query or "?" in text:
        return "a query"
    return "a fragment" if fragment or "#" in text else ""


def _scheme_for(address: str) -> str:
    """Return the scheme to propose for an address without a scheme; local servers rarely have TLS."""
    try:
        return "http" if is_loopback_url(f"//{address}") else "https"
    except ValueError:  # its host is malformed
        return "https"


def _check_scheme(name: str, setting: Setting, scheme: str, host: str) -> None:
    if scheme == "https" or (scheme == "http" and is_loopback_host(host)):
        return
    address = setting.value.partition("://")[2]
    raise invalid_setting(
        name,
        setting,
        f"would send requests unencrypted: `{scheme}://` to `{host}`"
        if scheme == "http"
        else f"must begin with `https://`, not `{scheme}://`",
        fix=f"write `{_scheme_for(address)}://{address}`",
        why="others can read a token on an unencrypted connection; only loopback addresses may use `http://`",
        code="scheme-insecure",
    )


def is_domain_name(host: str) -> bool:
    """Return whether a host name has two or more valid labels."""
    return bool(re.fullmatch(_DOMAIN, host))


def token_url_for(base_url: str) -> str:
    """Return the token URL that belongs to an address of this machine, or to a region's API; empty for any other.

    The caller checks that the host of the API is that of a region.
    """
    if is_loopback_url(base_url):
        return f"{base_url}/oauth/token"
    host = host_of(base_url).lower()
    return f"https://login.{host[4:]}/oauth/token" if host.startswith("api.") else ""


def region_of(url: str, contract: Contract) -> str:
    """Return the domain of the contract's region that has a host; empty if none has it.

    Only the hosts of a platform's own regions belong together: `api.` and `login.` before another domain
    may be hosts of different owners.
    """
    scheme, host, port = origin(url)
    prefix, _, domain = host.partition(".")
    is_own = prefix in ("api", "login", "apps") and domain in contract.regions.values()
    return domain if is_own and (scheme, port) == ("https", HTTPS_PORT) else ""
