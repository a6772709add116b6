"""Where a request went: host, scheme, path and method, against what the platforms publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from cxcall.explaining.declared_operations import Declarations, shipped
from cxcall.explaining.host_check import (
    NAMES,
    check_host,
    check_scheme,
    platform_of_host,
    platform_of_path,
)
from cxcall.explaining.published_operations import (
    CXONE,
    FAMILY,
    GENESYS,
    Match,
    PublishedOperation,
    PublishedOperations,
    holds_id,
    is_other_family,
    load_published_operations,
)
from cxcall.explaining.token_request_check import asks_token, check_token_request
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_placeholder
from cxcall.transport.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.contract import Contract, Operation
    from cxcall.explaining.observed_request import ObservedRequest

_LIST = "the published operations of {}"


class RouteMatch(NamedTuple):
    """What a request's path is: published, declared by a contract, or near to something that is.

    `operation` is a contract's, of exactly this method and path; `advised` the nearest one.
    """

    platform: str
    is_token: bool
    match: Match | None
    operation: Operation | None
    nearest: PublishedOperation | None
    advised: Operation | None
    findings: tuple[Finding, ...]


def match_route(attempt: ObservedRequest, own: Contract | None = None) -> RouteMatch:
    """Find out where a request went, and what of it cannot be right; `own` is a contract of the user's."""
    by_host, by_path = platform_of_host(attempt.host), platform_of_path(attempt.path)
    declared = Declarations([own]) if own else None
    operation = declared.find(attempt.method, attempt.path or "") if declared else None
    if operation is not None:
        return _as_declared(attempt, operation, by_host)
    platform = by_host or by_path
    found = [*check_scheme(attempt), *check_host(attempt, by_host, by_path)]
    if by_host and by_path and by_host != by_path:
        found.append(_mixed_up(attempt, by_host, by_path))
    is_token = asks_token(attempt)
    if not attempt.path or is_token:
        operation = shipped().find(attempt.method, attempt.path or "")
        found += check_token_request(attempt, platform) if is_token else ()
        return RouteMatch(platform, is_token, None, operation, None, None, tuple(found))
    listed = load_published_operations(by_path or platform or GENESYS)
    path = FAMILY.sub("", attempt.path)
    match = listed.match(path)
    operation = shipped().find(attempt.method, attempt.path)
    nearest, finding = _published(attempt, listed, match, operation)
    found += [*_version(attempt.path), *_unfilled(attempt.path)]
    found += _names_for_ids(match, attempt.path) if match and not finding else ()
    advised = None
    if operation is None and nearest is not None:
        holding = filter(None, (declared, shipped()))
        advised = next(filter(None, (each.find(*nearest[:2]) for each in holding)), None)
    return RouteMatch(platform, is_token, match, operation, nearest, advised, (*found, *finding))


def _as_declared(attempt: ObservedRequest, operation: Operation, by_host: str) -> RouteMatch:
    """Return the route of a request that the user's own contract declares: no list has a say in it."""
    platform, path = operation.platform or by_host, attempt.path or ""
    match = Match(
        operation.path, {operation.method: PublishedOperation(operation.method, operation.path)}
    )
    found = [*check_scheme(attempt), *_unfilled(path), *_names_for_ids(match, path)]
    if platform and attempt.host != host_of(operation.contract.base_url()):
        found += check_host(attempt, by_host, platform)
    return RouteMatch(
        platform,
        is_token=False,
        match=match,
        operation=operation,
        nearest=None,
        advised=None,
        findings=tuple(found),
    )


def path_values(path: str, template: str) -> dict[str, str]:
    """Return what stands in a path for each slot of its template, but for what only stands for an ID.

    They are laid together from their ends: the path of a server may stand before.
    """
    pairs = zip(
        reversed(template.rstrip("/").split("/")),
        reversed(path.rstrip("/").split("/")),
        strict=False,
    )
    found = {
        declared[1:-1]: written
        for declared, written in pairs
        if declared[:1] == "{"
        and not is_placeholder(written, id_wanted=True)
        and written[:1] != ":"
    }
    return dict(reversed(found.items()))


def _version(path: str) -> Iterator[Finding]:
    """Yield an error where the version of the ACD family is not written as it is."""
    found = FAMILY.match(path)
    if found and not found[0].endswith(".0"):
        version = found[0].rpartition("/")[2]
        yield Finding(
            Severity.ERROR,
            "path-unpublished",
            "path",
            f"the version in `{path}` is not written as the API writes it",
            fix=f"write `{version.partition('.')[0]}.0`",
            source=_LIST.format(NAMES[CXONE]),
        )


def _names_for_ids(match: Match, path: str) -> Iterator[Finding]:
    """Yield a warning for each word that stands where an ID is wanted."""
    for name, written in path_values(path, match.path).items():
        if name.lower().endswith("id") and not holds_id(written):
            yield Finding(
                Severity.WARNING,
                "id-format",
                "path",
                f"`{written}` stands where the path has `{{{name}}}`, and looks like a name",
                fix="put the ID there, as the platform shows it",
                source=f"the published path {match.path}",
            )


def _unfilled(path: str) -> Iterator[Finding]:
    """Yield a warning for each segment that was left to be filled in; `{id}` and `$ID` only stand for one."""
    for segment in path.split("/"):
        if is_placeholder(segment) and segment[0] not in "{$":
            yield Finding(
                Severity.WARNING,
                "placeholder",
                "path",
                f"`{segment}` in the path looks like a placeholder that was never filled in",
                fix="put the real ID there",
            )


def _mixed_up(attempt: ObservedRequest, by_host: str, by_path: str) -> Finding:
    return Finding(
        Severity.ERROR,
        "platform-mismatch",
        "path",
        f"`{attempt.path}` is a path of {NAMES[by_path]}, and `{attempt.host}` a host of {NAMES[by_host]}",
        fix=f"send {NAMES[by_path]} requests to {NAMES[by_path]}, with a token from there",
        why="the two platforms share no path, no token and no ID",
        source=_LIST.format("both platforms"),
    )


def _published(
    attempt: ObservedRequest,
    listed: PublishedOperations,
    match: Match | None,
    operation: Operation | None,
) -> tuple[PublishedOperation | None, tuple[Finding, ...]]:
    """Return the operation that was probably meant, and what is wrong with the path or the method."""
    method, path = attempt.method or "", attempt.path or ""
    if match is not None and (not method or method in match.methods):
        return match.methods.get(method), ()
    if match is not None:
        return _other_method(method, match), (_wrong_method(method, path, match, listed),)
    if operation is not None and operation.provenance == "community":
        entry = operation.nearest[0] if operation.nearest else None
        nearest = PublishedOperation(entry.method, entry.path) if entry else None
        return nearest, (_community(operation, attempt),)
    if is_other_family(path):
        return None, ()  # nothing of it is known here
    if not listed.whole and FAMILY.match(path) and "{" in path.rstrip("/").rpartition("/")[2]:
        return None, ()  # `.../services/v30.0/{resource}`: a whole path left out, not an ID
    meant = _repaired(method, path, listed) or listed.nearest(method, FAMILY.sub("", path))
    return meant, (_wrong_path(attempt, listed, meant),)


def _other_method(method: str, match: Match) -> PublishedOperation:
    """Return what is published at the same path, a write for a write."""
    order = ("GET", "HEAD") if method in ("GET", "HEAD") else ("PUT", "PATCH", "POST", "DELETE")
    return next(
        (match.methods[each] for each in order if each in match.methods),
        next(iter(match.methods.values())),
    )


def _repaired(method: str, path: str, listed: PublishedOperations) -> PublishedOperation | None:
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


def _wrong_method(method: str, path: str, match: Match, listed: PublishedOperations) -> Finding:
    there = ", ".join(sorted(match.methods))
    return Finding(
        Severity.ERROR if listed.whole else Severity.WARNING,
        "method-unpublished",
        "path",
        f"`{method}` is not published on `{path}`; {there} {'is' if len(match.methods) == 1 else 'are'}"
        + ("" if listed.whole else ", as far as is known"),
        fix=f"send `{_other_method(method, match)}`",
        why="the API answers 405, or takes it for something else",
        source=_LIST.format(NAMES[listed.platform]),
    )


def _community(operation: Operation, attempt: ObservedRequest) -> Finding:
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


def _wrong_path(
    attempt: ObservedRequest, listed: PublishedOperations, meant: PublishedOperation | None
) -> Finding:
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
