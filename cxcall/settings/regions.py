"""Where requests and tokens go: URLs from regions, and which addresses are allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.pattern import pattern
from cxcall.settings.sources import invalid_setting, suggest_name
from cxcall.transport.urls import _PORTS, host_of, is_loopback_host, is_loopback_url, printable

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.settings.sources import Setting


_DOMAIN = pattern(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+")
_AREA = pattern(r"[a-z]{2}[0-9]{1,2}")
_AREA_HOST = pattern(r"api-([a-z]{2}[0-9]{1,2})\.nice-?incontact\.com")
_AROUND = pattern(r"^(?:https?://)?(?:(?:api|login|apps)\.)?|/*$")
_IN_NO_URL = frozenset(" \\\"'`<>{}|^")


def region_domain(region: Setting, contract: Contract) -> str:
    """Return the domain of a region, given by name (`eu-west-1`) or as a domain, known or new.

    Raises UsageError for what is neither.
    """
    text = _AROUND.sub("", region.value.lower())
    known = contract.regions.get(text.replace("_", "-"))
    if known:
        return known
    # The regions of CXone are areas; their list is open too (docs/platforms/nice-cxone.md#tenant-discovery).
    domains = contract.regions.values()
    takes_areas = bool(domains) and all(map(_AREA.fullmatch, domains))
    if not (_AREA if takes_areas else _DOMAIN).fullmatch(text):
        raise invalid_setting(
            "region",
            region,
            f"`{printable(region.value)}` is neither a region's name nor a domain"
            if not takes_areas
            else f"`{printable(region.value)}` is no area, such as `na1`",
            fix=suggest_name(text, contract.regions),
            why="a region newer than this list is given by its domain, e.g. `mypurecloud.ie`"
            if not takes_areas
            else "",
            code="host-unknown",
        )
    return text


def url_area(base_url: str) -> str:
    """Return the CXone area that an API's host names (`api-na1.niceincontact.com`); empty for another."""
    found = _AREA_HOST.fullmatch((urlsplit(base_url).hostname or "").lower())
    return found[1] if found else ""


def normalize_url(name: str, written: Setting) -> str:
    """Return an address without the slash at its end; raises UsageError when none may go there."""
    text = written.value
    if not (text and text.isascii() and text.isprintable()) or _IN_NO_URL & set(text):
        fix = f"write `{name}` as `https://host`, with nothing left to fill in"
        raise invalid_setting(name, written, "holds a character that no URL has", fix=fix)
    if "://" not in text:
        fix = f"`https://{text}`" if "@" not in text else "`https://host`"
        raise invalid_setting(name, written, "must begin with `https://`", fix=fix)
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # its text is not shown: it may quote a password
        problem = "is no URL: its host or port is malformed"
        raise invalid_setting(name, written, problem, fix="write `https://host:port`") from None
    if extra := _extra(parts.netloc, parts.query, parts.fragment, text):
        fix = f"`{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}`"
        raise invalid_setting(name, written, f"must be an address alone, without {extra}", fix=fix)
    if not host:
        raise invalid_setting(name, written, "names no host", fix="write `https://host`")
    _check_scheme(name, written, parts.scheme, host)
    # One spelling for one host, in any letters, its port written or not: the duplicate guard compares it.
    shown = f"[{host}]" if ":" in host else host
    at_port = f":{port}" if port not in (None, _PORTS[parts.scheme]) else ""
    return f"{parts.scheme}://{shown}{at_port}{parts.path.rstrip('/')}"


def _extra(netloc: str, query: str, fragment: str, text: str) -> str:
    if "@" in netloc:
        return "a user name or password"
    if query or "?" in text:
        return "a query"
    return "a fragment" if fragment or "#" in text else ""


def _check_scheme(name: str, written: Setting, scheme: str, host: str) -> None:
    if scheme == "https" or (scheme == "http" and is_loopback_host(host)):
        return
    raise invalid_setting(
        name,
        written,
        f"would send in the clear: `{scheme}://` to `{host}`"
        if scheme == "http"
        else f"must begin with `https://`, not `{scheme}://`",
        fix=f"`https://{written.value.partition('://')[2]}`",
        why="a token on an unencrypted connection can be read on the way; only loopback is exempt",
        code="scheme-insecure",
    )


def is_domain_name(host: str) -> bool:
    """Tell whether a host's name is of whole labels, two or more."""
    return bool(_DOMAIN.fullmatch(host))


def token_url_for(base_url: str) -> str:
    """Return where tokens for an API are fetched; empty when its address does not say."""
    if is_loopback_url(base_url):
        return f"{base_url}/oauth/token"
    host = host_of(base_url).lower()
    return f"https://login.{host[4:]}/oauth/token" if host.startswith("api.") else ""


def shared_domain(url: str) -> str:
    """Return the domain that an API's and its login's host have in common."""
    host = urlsplit(url).hostname or ""
    return host.partition(".")[2] if host.startswith(("api.", "login.", "apps.")) else host
