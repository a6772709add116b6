"""Where a request went: host, scheme, path and method, against what the platforms publish."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from cxcall import contract
from cxcall.endpoint import is_loopback_host
from cxcall.errors import Finding, Severity
from cxcall.published import CXONE, FAMILY, GENESYS, Entry, Listing, Match, holds_id, listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.attempt import Attempt
    from cxcall.contract import Operation

NAMES = {GENESYS: "Genesys Cloud", CXONE: "NICE CXone"}
_OTHER = {GENESYS: CXONE, CXONE: GENESYS}
_LIST = "the published operations of {}"
_HOSTS = "the regions of {}"
# nice-cxone.md sections 1 and 2: the hosts seen; areas and clusters are an open list.
_NICE_HOST = re.compile(
    r"(api-[a-z0-9]+|cxone|cxone-gov|[a-z]{2}[0-9])\.nice-?incontact\.com|api(-[a-z0-9]+)?\.incontact\.com"
    r"|[a-z0-9.-]+\.nicecxone-gov\.com"
)
_NICE_FORM = "api-<area>.niceincontact.com, or for tokens cxone.niceincontact.com"
_TOKEN_PATHS = {
    "/oauth/token": GENESYS,
    "/oauth/authorize": GENESYS,
    "/auth/token": CXONE,
    "/auth/authorize": CXONE,
    "/authentication/v1/token/access-key": CXONE,
    "/public/user/refresh": CXONE,
}
_NO_HOST = re.compile(r"[{}<>\[\]$%]")


class Route(NamedTuple):
    """What a request's path is: published, declared by a contract, or near to something that is.

    `operation` is a contract's, of exactly this method and path; `advised` the nearest one.
    """

    platform: str
    is_token: bool
    match: Match | None
    operation: Operation | None
    nearest: Entry | None
    advised: Operation | None
    findings: tuple[Finding, ...]


def is_token_path(path: str | None) -> bool:
    """Tell whether a path is one that hands out tokens."""
    return (path or "").rstrip("/").lower() in _TOKEN_PATHS


def trace(attempt: Attempt) -> Route:
    """Find out where a request went, and what of it cannot be right."""
    by_host, by_path = _platform_of_host(attempt.host), _platform_of_path(attempt.path)
    platform = by_host or by_path
    found = [*_scheme(attempt), *_host(attempt, by_host, by_path)]
    if by_host and by_path and by_host != by_path:
        found.append(_mixed_up(attempt, by_host, by_path))
    is_token = is_token_path(attempt.path)
    if not attempt.path or is_token:
        operation = _declared(attempt.method, attempt.path or "")
        return Route(platform, is_token, None, operation, None, None, tuple(found))
    listed = listing(by_path or platform or GENESYS)
    path = FAMILY.sub("", attempt.path)
    match = listed.match(path)
    operation = _declared(attempt.method, attempt.path)
    nearest, finding = _published(attempt, listed, match, operation)
    advised = None
    if operation is None and nearest is not None:
        advised = _declared(nearest.method, nearest.path)
    return Route(platform, is_token, match, operation, nearest, advised, (*found, *finding))


def _platform_of_host(host: str | None) -> str:
    name = (host or "").lower().partition(":")[0]
    if "purecloud" in name or name.endswith("pure.cloud") or "genesys" in name:
        return GENESYS
    return CXONE if "incontact" in name or "cxone" in name else ""


def _platform_of_path(path: str | None) -> str:
    lowered = (path or "").lower().rstrip("/")
    if lowered in _TOKEN_PATHS:
        return _TOKEN_PATHS[lowered]
    if lowered.startswith("/incontactapi/"):
        return CXONE
    return GENESYS if re.match(r"/(api/)?v[0-9.]+/|/platform/api/", lowered) else ""


def _scheme(attempt: Attempt) -> Iterator[Finding]:
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


def _host(attempt: Attempt, platform: str, by_path: str) -> Iterator[Finding]:
    host = (attempt.host or "").lower().partition(":")[0]
    if not host or _NO_HOST.search(host) or is_loopback_host(host):
        return
    if platform == GENESYS:
        yield from _genesys_host(host, is_token=is_token_path(attempt.path))
    elif platform == CXONE and not _NICE_HOST.fullmatch(host):
        yield _wrong_host(host, f"no host of NICE CXone has this form: {_NICE_FORM}", CXONE)
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
    elif rest.endswith("pure.cloud"):
        yield _wrong_host(
            host, f"`{rest}` is no region that is known; the list is open", sure=False
        )
    else:
        from difflib import get_close_matches

        close = get_close_matches(rest, domains, n=1, cutoff=0.5)
        meant = f": did you mean `{wanted}.{close[0]}`?" if close else ""
        yield _wrong_host(host, f"it is in no region of Genesys Cloud{meant}")


@cache
def _domains() -> list[str]:
    return [domain for known in contract.builtin() for domain in known.regions.values()]


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


def _mixed_up(attempt: Attempt, by_host: str, by_path: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "platform-mismatch",
        "path",
        f"`{attempt.path}` is a path of {NAMES[by_path]}, and `{attempt.host}` a host of {NAMES[by_host]}",
        fix=f"send {NAMES[by_path]} requests to {NAMES[by_path]}, with a token from there",
        why="the two platforms share no path, no token and no ID",
        source=_LIST.format("both platforms"),
    )


@cache
def _known() -> tuple[tuple[Operation, ...], Listing]:
    """Return the operations of the contracts, and where they are by their paths."""
    known = contract.operations()
    return known, Listing("", (Entry(each.method, each.path) for each in known), whole=True)


def _declared(method: str | None, path: str) -> Operation | None:
    """Return the operation of a contract at this method and path; without a method, the only one there."""
    known, declared = _known()
    here = declared.match(FAMILY.sub("", path))
    if here is None or (method and method not in here.methods):
        return None
    wanted = [
        each for each in known if each.path == here.path and each.method == (method or each.method)
    ]
    return wanted[0] if len(wanted) == 1 else None


def _published(
    attempt: Attempt, listed: Listing, match: Match | None, operation: Operation | None
) -> tuple[Entry | None, tuple[Finding, ...]]:
    """Return the operation that was probably meant, and what is wrong with the path or the method."""
    method, path = attempt.method or "", attempt.path or ""
    if match is not None and (not method or method in match.methods):
        return match.methods.get(method), ()
    if match is not None:
        return _other_method(method, match), (_wrong_method(method, path, match, listed),)
    if operation is not None and operation.provenance == "community":
        entry = operation.nearest[0] if operation.nearest else None
        nearest = Entry(entry.method, entry.path) if entry else None
        return nearest, (_community(operation, attempt),)
    if not listed.whole and FAMILY.match(path) and "{" in path.rstrip("/").rpartition("/")[2]:
        return None, ()  # `.../services/v30.0/{resource}`: a whole path left out, not an ID
    meant = _repaired(method, path, listed) or listed.nearest(method, FAMILY.sub("", path))
    return meant, (_wrong_path(attempt, listed, meant),)


def _other_method(method: str, match: Match) -> Entry:
    """Return what is published at the same path, a write for a write."""
    order = ("GET", "HEAD") if method in ("GET", "HEAD") else ("PUT", "PATCH", "POST", "DELETE")
    return next(
        (match.methods[each] for each in order if each in match.methods),
        next(iter(match.methods.values())),
    )


def _repaired(method: str, path: str, listed: Listing) -> Entry | None:
    """Return the operation at the same path, its prefix put right or its words joined, if there is one."""
    rest = re.sub(r"^.*?/v[0-9]+(\.[0-9]+)?/", "", path).strip("/")
    prefix = "/api/v2/" if listed.platform == GENESYS else "/"
    joined = "/".join(
        part if holds_id(part) else re.sub(r"[-_]", "", part) for part in rest.split("/")
    )
    for written in (rest, joined):
        match = listed.match(prefix + written)
        if match and method in match.methods:
            return match.methods[method]
    return None


def _wrong_method(method: str, path: str, match: Match, listed: Listing) -> Finding:
    there = ", ".join(sorted(match.methods))
    return Finding(
        Severity.ERROR,
        "method-unpublished",
        "path",
        f"`{method}` is not published on `{path}`; {there} {'is' if len(match.methods) == 1 else 'are'}",
        fix=f"send `{_other_method(method, match)}`",
        why="the API answers 405, or takes it for something else",
        source=_LIST.format(NAMES[listed.platform]),
    )


def _community(operation: Operation, attempt: Attempt) -> Finding:
    unknown = attempt.response is not None and attempt.response.status in (404, 405)
    instead = "; or ".join(map(str, operation.nearest))
    return Finding(
        Severity.ERROR if unknown else Severity.WARNING,
        "path-unpublished",
        "path",
        f"`{operation.method} {operation.path}` is reported by users and in no vendor's published list",
        fix=f"published for the same purpose: {instead}",
        why="a host that does not know the path answers 404, whatever is sent to it",
        source=f"contract {operation.contract.name}",
    )


def _wrong_path(attempt: Attempt, listed: Listing, meant: Entry | None) -> Finding:
    name = NAMES[listed.platform]
    is_family = not listed.whole and FAMILY.match(attempt.path or "") is not None
    shown = f"{attempt.method} {attempt.path}".removeprefix("None ")
    if listed.whole:
        said = f"`{shown}` is not among the {len(listed.entries)} published operations of {name}"
        also = (
            ", and nothing of NICE CXone lives under `/api`" if "/api/" in f"{attempt.path}" else ""
        )
    else:
        said, also = f"`{shown}` is not among the known operations of {name}", ""
        if is_family:
            also = ", of which not all are known"
        else:
            also = ": those live under `/inContactAPI/services/v<N>.0/`, nothing under `/api/v2`"
    return Finding(
        Severity.WARNING if is_family else Severity.ERROR,
        "path-unpublished",
        "path",
        said + also,
        fix=f"the nearest published one: `{meant}`" if meant else "look it up: `cxcall operations`",
        why="a path that does not exist is refused, whatever is sent to it",
        source=_LIST.format(name),
    )
