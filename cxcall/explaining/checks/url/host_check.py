"""Compare the host of a request with the regions and host names of both platforms."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, product
from typing import Any

from cxcall.contracts import contract
from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.contracts.path_templates import host_pattern
from cxcall.explaining.checks.credentials.token_endpoints import login_platform
from cxcall.explaining.checks.credentials.token_request_check import is_token_request
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import (
    CXONE,
    GENESYS,
    PLATFORM_NAMES,
    is_cxone_service,
    is_upload,
)
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import NO_VALUES
from cxcall.runtime.host_spellings import is_loopback_host
from cxcall.runtime.name_similarity import count_typos, find_similar
from cxcall.runtime.patterns import (
    AFTER_DOLLAR,
    IN_ANGLES,
    IN_BRACES,
    IN_BRACKETS,
    IN_PERCENTS,
    compile_on_use,
)

# Host names that were observed; areas and clusters are an open list (docs/platforms/nice-cxone.md#tenant-discovery).
_CXONE_HOST = compile_on_use(
    r"(api-[a-z0-9-]+|cxone|cxone-gov|[a-z]{2}[0-9]{1,2})\.nice-?incontact\.com"
    r"|api(-[a-z0-9]+)?\.incontact\.com"
    r"|[a-z0-9.-]+\.nicecxone-gov\.com"
)
_CXONE_LABEL = compile_on_use(r"(?:^|\.)(?:nice-|[a-z]*)cxone(?:-gov)?(?:\.|$)")
"""A whole label, such as `nicecxone`: a name that only contains it is of another vendor."""
_CXONE_DOMAINS = (
    "niceincontact.com",
    "nice-incontact.com",
    ".incontact.com",
    ".nicecxone-gov.com",
)
_AREA = compile_on_use(r"(?<![a-z0-9])[a-z]{2}[1-9][0-9]?(?![a-z0-9])")
_CXONE_HOST_FORM = "api-<area>.niceincontact.com, or for tokens cxone.niceincontact.com"
# Start of a path, start of the host that serves it, and what to say
# (docs/platforms/nice-cxone.md#tokens, docs/platforms/nice-cxone.md#base-url-and-versions).
_CXONE_SERVICES = (
    ("/auth/", "cxone", "send token requests to `cxone.niceincontact.com`"),
    ("/authentication/", "", "exchange access keys at `<area>.nice-incontact.com`"),
    ("/incontactapi/", "api", "send API requests to `api-<area>.niceincontact.com`"),
)
# A part of a host that a template or a variable fills, and the text that an empty variable leaves there.
_SLOT = compile_on_use(f"{IN_BRACES}|{IN_ANGLES}|{IN_BRACKETS}|{IN_PERCENTS}|{AFTER_DOLLAR}")
_PURPOSES = {"api": "API requests", "login": "token requests", "apps": "uploads"}
_MIN_SIMILARITY = 0.7
_MAX_TYPOS = 2
_MAX_HOSTS = 8
_GENESYS_NAMES = ("purecloud", "pure.cloud", "genesys")


def platform_of_host(host: str) -> str:
    """Return the platform that a host name belongs to; empty if it looks like neither."""
    name = host.lower().partition(":")[0]
    if any(each in name for each in _GENESYS_NAMES) or _is_misspelled(name):
        return GENESYS
    return CXONE if "incontact" in name or _CXONE_LABEL.search(name) else ""


@cache
def _is_misspelled(host: str) -> bool:
    """Return whether a host is nearly that of a region of Genesys Cloud."""
    return any(count_typos(host.partition(".")[2], each) <= _MAX_TYPOS for each in _domains())


def platform_of_path(path: str) -> str:
    """Return the platform whose paths have this form; empty if it is neither."""
    if platform := login_platform(path):
        return platform
    lowered = path.lower().rstrip("/")
    # `/v1/...` may belong to any API; `/v13.0/...` may be a path of NICE CXone without its base path.
    if re.match(r"/(platform/)?api/(?!v[0-9]+\.)|/v2/|/uploads/v", lowered):
        return GENESYS
    is_acd = re.match(r"/incontactapi/|/services/v[0-9.]+/", lowered)
    return CXONE if is_acd or is_cxone_service(lowered) else ""


def intended_platform(request: ObservedRequest) -> str:
    """Return the platform of a path; for a token, whose paths are confused, the only one that the text names."""
    if len(request.platforms) == 1 and is_token_request(request):
        return platform_of_host(request.host) or request.platforms[0]
    return platform_of_path(request.path)


def has_slot(host: str) -> bool:
    """Return whether a part of a host is left open for a variable or a template."""
    return _SLOT.search(host) is not None


def is_foreign(request: ObservedRequest) -> bool:
    """Return whether the host belongs to neither platform, and is neither this machine nor left open."""
    host = request.hostname
    is_open = not host or is_loopback_host(host) or has_slot(host)
    return not (is_open or platform_of_host(host))


def is_own_server(request: ObservedRequest, own: Contract) -> bool:
    """Return whether the host belongs to a server of the user's own contract, and to neither platform."""
    is_platform = bool(platform_of_host(request.host))
    hosts = filter(None, map(host_pattern, _own_servers(own)))
    return not is_platform and any(each.fullmatch(request.host) for each in hosts)


@cache
def _own_servers(own: Contract) -> list[dict[str, Any]]:
    """Return the servers that a user's contract declares, for itself and for its operations."""
    holders = (own.declared, *(each.declared for each in own.operations))
    servers = {str(each): each for holder in holders for each in holder.get("servers") or ()}
    return [*servers.values()]


def check_own_host(request: ObservedRequest, own: Contract) -> Iterator[Finding]:
    """Yield a warning if a variable in the host has a value that no server of the user's contract lists."""
    if not is_foreign(request) or is_own_server(request, own):
        return
    for server in _own_servers(own):
        form = host_pattern({"url": server.get("url", "")})
        if form and form.fullmatch(request.host):
            host = server["url"].partition("://")[2].partition("/")[0]
            variables = server.get("variables", {}).items()
            listed = [
                [(f"{{{name}}}", str(each)) for each in values]
                for name, declared in variables
                if f"{{{name}}}" in host and (values := declared.get("enum"))
            ]
            hosts = islice((_fill(host, values) for values in product(*listed)), _MAX_HOSTS)
            yield Finding.warning(
                "host-unknown",
                "host",
                f"`{request.host}` is not a server of your document: it has another value in `{server['url']}`",
                fix=f"use one of: {', '.join(f'`{each}`' for each in hosts)}",
                source=f"contract {own.name}",
            )
            return


def _fill(host: str, values: Iterable[tuple[str, str]]) -> str:
    for variable, value in values:
        host = host.replace(variable, value)
    return host


def is_other_server(request: ObservedRequest, operation: Operation) -> bool:
    """Return whether the host belongs to a server of a user's contract, but not to one that an operation has of its own."""
    own = [host_pattern(each) for each in operation.declared.get("servers") or ()]
    is_own = not own or any(each and each.fullmatch(request.host) for each in own)
    return not is_own and is_own_server(request, operation.contract)


def other_vendor(request: ObservedRequest, own: Contract | None) -> tuple[Finding, ...]:
    """Return the findings on a request to an API of another vendor, whose rules are unknown, its response first."""
    text, is_host = request.response_text, is_foreign(request)
    subject = f"`{request.host}` is" if is_host else f"`{request.path}` is a path of"
    of_own = "" if own else "for your own API, add its OpenAPI document with `--contract FILE`; "
    unchecked = Finding.warning(
        "host-unknown" if is_host else "path-unpublished",
        "host" if is_host else "path",
        f"{subject} neither Genesys Cloud nor NICE CXone: the request is not checked",
        fix=f"{of_own}behind your own proxy, keep the path of the platform, and name the platform",
        source=_source(GENESYS, CXONE),
    )
    responded = (
        f"the server responded with {f'HTTP {request.status}' if request.status else 'an error'}"
    )
    refusal = Finding(
        Severity.ERROR if request.is_refused else Severity.WARNING,
        "not-provable",
        "response",
        f"the server says: {text}" if text else responded,
        fix="read what the documentation of this API says about it",
        why=responded if text else "no reason was found in its response",
    )
    return (refusal, unchecked) if text or request.is_refused else (unchecked,)


def check_scheme(request: ObservedRequest) -> Iterator[Finding]:
    """Yield an error if the token would be sent unencrypted."""
    name = request.hostname
    if request.scheme == "http" and name and not is_loopback_host(name):
        host = f"[{name}]" if ":" in name else name
        yield Finding(
            Severity.ERROR if platform_of_host(name) else Severity.WARNING,
            "scheme-insecure",
            "host",
            f"`http://{host}` sends the token unencrypted",
            fix=f"use `https://{host}`",
            why="both platforms accept only TLS connections" if platform_of_host(name) else "",
        )


def check_host(
    request: ObservedRequest, host_platform: str, path_platform: str, *, is_token: bool
) -> Iterator[Finding]:
    """Yield what is wrong with the host: its region, its form, or the service it belongs to."""
    host = request.hostname.removesuffix(".")
    if not host or is_loopback_host(host):
        return
    label = "apps" if is_upload(request.path) else "login" if is_token else "api"
    usual = _usual_host(path_platform, label)
    if any(label in ("", *NO_VALUES) for label in host.split(".")):
        message = f"the variable for a part of the host had no value; use {usual}"
        yield _wrong_host(host, message, path_platform or host_platform or GENESYS)
        return
    if has_slot(host):
        yield from _check_template(host, host_platform or path_platform, label)
    elif host_platform == GENESYS:
        yield from _check_genesys_host(host, label)
    elif host_platform == CXONE:
        yield from _check_cxone_host(host, request.path.lower())
    elif "." not in host:
        yield _wrong_host(host, f"it is incomplete; use {usual}", path_platform or GENESYS)
    else:
        yield Finding.warning(
            "host-unknown",
            "host",
            f"`{host}` is not a known host of Genesys Cloud or NICE CXone",
            fix=f"for {PLATFORM_NAMES[path_platform or GENESYS]}, send the request to {usual}, unless it is your own proxy",
            source=_source(GENESYS, CXONE),
        )


def _source(*platforms: str) -> str:
    names = " and ".join(PLATFORM_NAMES[platform] for platform in platforms)
    return f"the regions of {names}"


def _usual_host(platform: str, label: str) -> str:
    return f"`{_CXONE_HOST_FORM}`" if platform == CXONE else f"`{label}.<region's domain>`"


def _check_cxone_host(host: str, path: str) -> Iterator[Finding]:
    if not _CXONE_HOST.fullmatch(host):
        message = f"known hosts of NICE CXone have the form {_CXONE_HOST_FORM}"
        if (area := _AREA.search(host)) and path.startswith(_CXONE_SERVICES[2][0]):
            message += f"; for the area `{area[0]}`: `api-{area[0]}.niceincontact.com`"
        severity = Severity.ERROR if host.endswith(_CXONE_DOMAINS) else Severity.WARNING
        yield _wrong_host(host, message, CXONE, severity=severity)
        return
    service = next((each for each in ("cxone", "api") if host.startswith(each)), "")
    for start, expected, message in _CXONE_SERVICES:
        if path.startswith(start) and service != expected and "-gov" not in host:
            yield _wrong_host(host, message, CXONE, severity=Severity.WARNING)


def _check_template(host: str, platform: str, service: str) -> Iterator[Finding]:
    """Yield a warning if no value in a slot results in a valid host, or if a slot replaces `api` or `login`."""
    label, _, domain = host.partition(".")
    message = ""
    if domain in _domains() and has_slot(label):
        message = f"no organization has a host of its own; use `{service}.{domain}`"
    elif not _may_be_host(host, platform, service):
        message = f"no value makes it a host; use {_usual_host(platform, service)}"
    if message:
        yield _wrong_host(host, message, platform or GENESYS, severity=Severity.WARNING)


def _may_be_host(host: str, platform: str, label: str) -> bool:
    """Return whether some value in the slots of a host results in a host of the platform."""
    if platform == CXONE:
        values = ("na1", "api-na1", "api-na1.niceincontact.com")
        return any(_CXONE_HOST.fullmatch(_SLOT.sub(each, host)) for each in values)
    form = ".+".join(map(re.escape, _SLOT.split(host)))
    hosts = (f"{label}.{domain}" for domain in _domains())
    return platform != GENESYS or any(re.fullmatch(form, each) for each in hosts)


def _check_genesys_host(host: str, expected: str) -> Iterator[Finding]:
    regions, domains = _regions(), _domains()
    label, _, domain = host.partition(".")
    purpose = f"send {_PURPOSES[expected]} to"
    region = next((name for name in regions if name in host), "")
    severity = Severity.ERROR
    if domain in domains and label == expected:
        return
    if host in domains:
        message = f"it is only the domain of a region; {purpose} `{expected}.{host}`"
    elif domain in domains:
        message = f"{purpose} `{expected}.{domain}`"
    elif region:
        message = f"`{region}` is the name of a region; {purpose} `{expected}.{regions[region]}`"
    else:
        message = "it is not in a region of Genesys Cloud"
        if not any(each in domain.rpartition(".")[0] for each in _GENESYS_NAMES):
            severity = Severity.WARNING  # such as `genesys-proxy.example.com`
        # The list is open (docs/platforms/genesys-cloud.md#regions).
        if label in _PURPOSES or domain.endswith("pure.cloud"):
            message = f"`{domain}` is not a known region; there may be new ones"
            severity = Severity.WARNING
        labels = set(host.split(".")) - {"mypurecloud"}
        of_label = (each for each in domains if each.partition(".")[0] in labels)
        if similar := next(of_label, "") or _most_similar(domain, domains):
            message += f"; the most similar host is `{expected}.{similar}`"
    yield _wrong_host(host, message, severity=severity)


def _most_similar(domain: str, domains: Sequence[str]) -> str:
    """Return the most similar domain; empty if none is similar, or if another one is as near."""
    similar = find_similar(domain, domains, _MIN_SIMILARITY)
    typos = count_typos(domain, similar)
    is_alone = all(each == similar or count_typos(domain, each) > typos for each in domains)
    return similar if is_alone else ""


@cache
def _regions() -> dict[str, str]:
    return dict(contract.find_platform_contract(GENESYS).regions)


@cache
def _domains() -> list[str]:
    return list(_regions().values())


def _wrong_host(
    host: str, message: str, platform: str = GENESYS, *, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(
        severity,
        "host-unknown",
        "host",
        f"`{host}` {'is not' if severity is Severity.ERROR else 'may not be'} the right host: {message}",
        fix="use the host of your organization's region",
        why="another host does not know the token, the path, or the organization",
        source=_source(platform),
    )


def domain_of(host: str) -> str:
    """Return the domain of a region of Genesys Cloud that a host belongs to; empty if it belongs to none."""
    return next((each for each in _domains() if host == each or host.endswith(f".{each}")), "")
