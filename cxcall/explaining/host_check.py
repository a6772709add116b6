"""The host of a request that was made, against the regions and the forms of both platforms."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts import contract
from cxcall.explaining.published_operations import CXONE, GENESYS, is_other_family
from cxcall.explaining.token_request_check import asks_token, login_platform
from cxcall.findings.finding import Finding, Severity
from cxcall.transport.urls import is_loopback_host

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.explaining.observed_request import ObservedRequest

NAMES = {GENESYS: "Genesys Cloud", CXONE: "NICE CXone"}
_HOSTS = "the regions of {}"
# Hosts seen; the list of areas and clusters is open (docs/platforms/nice-cxone.md#tenant-discovery).
_NICE_HOST = re.compile(
    r"(api-[a-z0-9-]+|cxone|cxone-gov|[a-z]{2}[0-9])\.nice-?incontact\.com|api(-[a-z0-9]+)?\.incontact\.com"
    r"|[a-z0-9.-]+\.nicecxone-gov\.com"
)
_NICE_FORM = "api-<area>.niceincontact.com, or for tokens cxone.niceincontact.com"
# Path prefix -> the host that serves it (docs/platforms/nice-cxone.md#tokens, docs/platforms/nice-cxone.md#base-url-and-versions).
_NICE_ROLES = (
    ("/auth/", "cxone", "tokens are handed out at `cxone.niceincontact.com`"),
    ("/authentication/", "", "access keys are exchanged at `<area>.nice-incontact.com`"),
    ("/incontactapi/", "api", "the API answers at `api-<area>.niceincontact.com`"),
)
_NO_HOST = re.compile(r"[{}<>\[\]$%]")


def platform_of_host(host: str | None) -> str:
    """Return the platform that a host looks to be of; empty where it looks like none."""
    name = (host or "").lower().partition(":")[0]
    if "purecloud" in name or name.endswith("pure.cloud") or "genesys" in name:
        return GENESYS
    return CXONE if "incontact" in name or "cxone" in name else ""


def platform_of_path(path: str | None) -> str:
    """Return the platform whose paths have this form; empty where it is none."""
    if platform := login_platform(path):
        return platform
    lowered = (path or "").lower().rstrip("/")
    if lowered.startswith("/incontactapi/") or is_other_family(lowered):
        return CXONE
    return GENESYS if re.match(r"/(api/)?v[0-9.]+/|/platform/api/", lowered) else ""


def check_scheme(attempt: ObservedRequest) -> Iterator[Finding]:
    """Yield an error where the token would travel unencrypted."""
    host = (attempt.host or "").partition(":")[0]
    if attempt.scheme == "http" and host and not is_loopback_host(host):
        yield Finding(
            Severity.ERROR,
            "scheme-insecure",
            "host",
            f"`http://{host}` sends the token unencrypted",
            fix=f"write `https://{host}`",
            why="both platforms answer on TLS only",
        )


def check_host(attempt: ObservedRequest, platform: str, by_path: str) -> Iterator[Finding]:
    """Yield what is wrong with the host: its region, its form, or that it is another one."""
    host = (attempt.host or "").lower().partition(":")[0]
    if not host or is_loopback_host(host):
        return
    if _NO_HOST.search(host):
        yield from _template(host, is_token=asks_token(attempt))
        return
    if platform == GENESYS:
        yield from _genesys_host(host, is_token=asks_token(attempt))
    elif platform == CXONE:
        yield from _nice_host(host, (attempt.path or "").lower())
    elif not platform and "." not in host:
        yield _wrong_host(host, f"it is not whole; {_usual(by_path)} is", by_path or GENESYS)
    elif not platform:
        yield Finding(
            Severity.WARNING,
            "host-unknown",
            "host",
            f"`{host}` is no host of Genesys Cloud or NICE CXone",
            fix=f"if it is not a proxy of your own, send it to {_usual(by_path)}",
            source=_HOSTS.format("both platforms"),
        )


def _usual(platform: str) -> str:
    return f"`{_NICE_FORM}`" if platform == CXONE else "`api.<region's domain>`"


def _nice_host(host: str, path: str) -> Iterator[Finding]:
    if not _NICE_HOST.fullmatch(host):
        yield _wrong_host(host, f"no host of NICE CXone has this form: {_NICE_FORM}", CXONE)
        return
    kind = next((each for each in ("cxone", "api") if host.startswith(each)), "")
    for start, wanted, said in _NICE_ROLES:
        if path.startswith(start) and kind != wanted and "-gov" not in host:
            yield _wrong_host(host, said, CXONE, sure=False)


def _template(host: str, *, is_token: bool) -> Iterator[Finding]:
    """Yield a warning where what is to be filled in stands in place of `api` or `login`."""
    label, _, rest = host.partition(".")
    if rest in _domains() and _NO_HOST.search(label):
        wanted = "login" if is_token else "api"
        said = f"no organisation has one of its own; write `{wanted}.{rest}`"
        yield _wrong_host(host, said, sure=False)


def _genesys_host(host: str, *, is_token: bool) -> Iterator[Finding]:
    domains = _domains()
    label, _, rest = host.partition(".")
    wanted = "login" if is_token else "api"
    if host in domains:
        what = "tokens are handed out" if is_token else "the API answers"
        yield _wrong_host(host, f"it is the bare domain of a region; {what} at `{wanted}.{host}`")
    elif rest in domains:
        if label in ("api", "login") and label != wanted:
            what = "tokens are handed out" if is_token else "the API answers"
            yield _wrong_host(host, f"{what} at `{wanted}.{rest}`")
        elif label not in ("api", "login"):
            yield _wrong_host(host, f"write `{wanted}.{rest}`")
    elif region := next((name for name in _regions() if name in host), ""):
        yield _wrong_host(
            host, f"`{region}` is the region's name; write `{wanted}.{_regions()[region]}`"
        )
    elif rest.endswith("pure.cloud"):
        yield _wrong_host(
            host, f"`{rest}` is no region that is known; the list is open", sure=False
        )
    else:
        from difflib import get_close_matches

        labels = set(host.split("."))
        close = [
            domain for domain in domains if domain.partition(".")[0] in labels - {"mypurecloud"}
        ]
        close += get_close_matches(rest, domains, n=1, cutoff=_ALIKE)
        meant = f": did you mean `{wanted}.{close[0]}`?" if close else ""
        yield _wrong_host(host, f"it is in no region of Genesys Cloud{meant}")


_ALIKE = 0.7


@cache
def _regions() -> dict[str, str]:
    return {name: domain for known in contract.builtin() for name, domain in known.regions.items()}


@cache
def _domains() -> list[str]:
    return list(_regions().values())


def _wrong_host(host: str, said: str, platform: str = GENESYS, *, sure: bool = True) -> Finding:
    return Finding(
        Severity.ERROR if sure else Severity.WARNING,
        "host-unknown",
        "host",
        f"`{host}` is not the right host: {said}",
        fix="take the host of the organisation's own region",
        why="another host does not know the token, the path, or the organisation",
        source=_HOSTS.format(NAMES[platform]),
    )


def check_region(attempt: ObservedRequest) -> Iterator[Finding]:
    """Yield a warning where the page that sent a request is of another region than its host."""
    host = (attempt.host or "").lower().partition(":")[0]
    for name in ("Origin", "Referer") if attempt.headers else ():
        page = _host_in(attempt.headers.get(name, "") if attempt.headers else "")
        here, there = (_domain_of(each) for each in (host, page))
        if here and there and here != there:
            yield Finding(
                Severity.WARNING,
                "region-mismatch",
                "host",
                f"the request goes to `{here}`, and comes from a page of `{there}`",
                fix=f"send it to `api.{there}`, if that is the organisation's region",
                why="a token is good in its own region only",
                source=_HOSTS.format(NAMES[GENESYS]),
            )
            return


def _host_in(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # such as half an IPv6 address
        return ""


def _domain_of(host: str) -> str:
    return next(
        (domain for domain in _domains() if host == domain or host.endswith(f".{domain}")), ""
    )
