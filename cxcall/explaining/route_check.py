"""Compare where a request went (host, scheme, path, method) with what the platforms publish."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cxcall.explaining.declared_operations import DeclaredOperations, shipped_operations
from cxcall.explaining.host_check import (
    check_host,
    check_scheme,
    platform_of_host,
    platform_of_path,
)
from cxcall.explaining.placeholder_check import placeholder_finding
from cxcall.explaining.published_operations import (
    ACD_BASE_PATH,
    CXONE,
    GENESYS,
    PLATFORM_NAMES,
    READ_METHODS,
    PublishedOperation,
    PublishedOperations,
    PublishedPath,
    is_undeclared_cxone_path,
    load_published_operations,
    may_be_id,
    published_source,
)
from cxcall.explaining.token_request_check import check_token_request, is_token_request
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.placeholders import is_placeholder
from cxcall.transport.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.explaining.observed_request import ObservedRequest


class RouteMatch(NamedTuple):
    """What a request was sent to.

    `operation` is the operation of a contract at exactly this method and path. Where there is none,
    `nearest` is the nearest published operation, and `nearest_operation` the same one in a contract.
    """

    platform: str
    is_token: bool
    operation: Operation | None
    nearest: PublishedOperation | None
    nearest_operation: Operation | None
    findings: tuple[Finding, ...]


def match_route(request: ObservedRequest, own: Contract | None = None) -> RouteMatch:
    """Return the operation that a request was sent to, or the nearest one, and what is wrong with the URL.

    `own` is the user's own contract: what it declares counts as published.
    """
    host_platform, path_platform = platform_of_host(request.host), platform_of_path(request.path)
    declared = DeclaredOperations([own]) if own else None
    operation = declared.find(request.method, request.path) if declared else None
    if operation is not None:
        return _match_own_contract(request, operation, host_platform)
    platform = host_platform or path_platform
    is_token = is_token_request(request)
    findings = [
        *check_scheme(request),
        *check_host(request, host_platform, path_platform, is_token=is_token),
    ]
    if host_platform and path_platform and host_platform != path_platform:
        findings.append(_mixed_platforms(request, host_platform, path_platform))
    operation = shipped_operations().find(request.method, request.path)
    if not request.path or is_token:
        findings += check_token_request(request, platform) if is_token else ()
        return RouteMatch(platform, is_token, operation, None, None, tuple(findings))
    published = load_published_operations(path_platform or platform or GENESYS)
    match = published.match(ACD_BASE_PATH.sub("", request.path))
    nearest, problem = _compare(request, published, match, operation)
    findings += [*_check_version(request.path), *_check_placeholders(request.path)]
    findings += _check_ids(match, request.path) if match and not problem else ()
    nearest_operation = None
    if operation is None and nearest is not None:
        sources = (declared, shipped_operations()) if declared else (shipped_operations(),)
        candidates = (each.find(nearest.method, nearest.path) for each in sources)
        nearest_operation = next(filter(None, candidates), None)
    findings += [problem] if problem else []
    return RouteMatch(platform, is_token, operation, nearest, nearest_operation, tuple(findings))


def _match_own_contract(
    request: ObservedRequest, operation: Operation, host_platform: str
) -> RouteMatch:
    """Return the match of a request that the user's own contract declares: no published list applies."""
    platform = operation.platform or host_platform
    path = PublishedPath(operation.path, {})
    findings = [
        *check_scheme(request),
        *_check_placeholders(request.path),
        *_check_ids(path, request.path),
    ]
    if platform and request.host != host_of(operation.contract.base_url()):
        is_token = is_token_request(request)
        findings += check_host(request, host_platform, platform, is_token=is_token)
    return RouteMatch(platform, False, operation, None, None, tuple(findings))  # noqa: FBT003 - a field


def path_values(path: str, template: str) -> dict[str, str]:
    """Return the values of a template's parameters in a path, without placeholders.

    Both are compared from their ends, because the base path of a server may precede.
    """
    pairs = zip(
        reversed(template.rstrip("/").split("/")),
        reversed(path.rstrip("/").split("/")),
        strict=False,
    )
    values = {
        expected[1:-1]: segment
        for expected, segment in pairs
        if expected[:1] == "{"
        and not is_placeholder(segment, id_wanted=True)
        and segment[:1] != ":"
    }
    return dict(reversed(values.items()))


def _check_version(path: str) -> Iterator[Finding]:
    """Yield an error where the version of an ACD path of NICE CXone is not written like `v30.0`."""
    base_path = ACD_BASE_PATH.match(path)
    if base_path and not base_path[0].endswith(".0"):
        version = base_path[0].rpartition("/")[2]
        yield Finding.error(
            "path-unpublished",
            "path",
            f"the version `{version}` in `{path}` does not have the form `v<N>.0`",
            fix=f"write `{version.partition('.')[0]}.0`",
            source=published_source(CXONE),
        )


def _check_ids(published: PublishedPath, path: str) -> Iterator[Finding]:
    """Yield a warning for each word in a path where an ID is expected."""
    for name, value in path_values(path, published.path).items():
        if name.lower().endswith("id") and not may_be_id(value):
            yield Finding.warning(
                "id-format",
                "path",
                f"`{value}` looks like a name, but the path expects an ID (`{{{name}}}`) there",
                fix="use the ID, as the platform shows it",
                source=f"the published path {published.path}",
            )


def _check_placeholders(path: str) -> Iterator[Finding]:
    """Yield a warning for each placeholder; `{id}` and `$ID` may be the source's own variables."""
    for segment in path.split("/"):
        if is_placeholder(segment) and segment[0] not in "{$":
            yield placeholder_finding("path", f"`{segment}` in the path")


def _mixed_platforms(request: ObservedRequest, host_platform: str, path_platform: str) -> Finding:
    name = PLATFORM_NAMES[path_platform]
    return Finding.error(
        "platform-mismatch",
        "path",
        f"`{request.path}` is a path of {name}, but `{request.host}` is a host of {PLATFORM_NAMES[host_platform]}",
        fix=f"send {name} requests to a host of {name}, with a token from there",
        why="the two platforms share no paths, tokens, or IDs",
        source=published_source(GENESYS, CXONE),
    )


def _compare(
    request: ObservedRequest,
    published: PublishedOperations,
    match: PublishedPath | None,
    operation: Operation | None,
) -> tuple[PublishedOperation | None, Finding | None]:
    """Return the operation that was probably meant, and what is wrong with the path or the method."""
    method, path = request.method, request.path
    if match is not None and (not method or method in match.methods):
        return match.methods.get(method), None
    if match is not None:
        other = _other_method(method, match)
        return other, _wrong_method(request, match, published, other.method)
    if operation is not None and operation.provenance == "community":
        listed = operation.nearest[0] if operation.nearest else None
        nearest = PublishedOperation(listed.method, listed.path) if listed else None
        return nearest, _community_operation(operation, request)
    if is_undeclared_cxone_path(path):
        return None, None
    last_segment = path.rstrip("/").rpartition("/")[2]
    if not published.is_complete and ACD_BASE_PATH.match(path) and "{" in last_segment:
        return None, None  # `.../services/v30.0/{resource}` leaves out the whole path, not an ID
    nearest = _corrected_path(method, path, published) or published.nearest(
        method, ACD_BASE_PATH.sub("", path)
    )
    return nearest, _unknown_path(request, published, nearest)


def _other_method(method: str, match: PublishedPath) -> PublishedOperation:
    """Return the operation at the same path with another method, preferably a write for a write."""
    order = READ_METHODS if method in READ_METHODS else ("PUT", "PATCH", "POST", "DELETE")
    return next(
        (match.methods[each] for each in order if each in match.methods),
        next(iter(match.methods.values())),
    )


def _corrected_path(
    method: str, path: str, published: PublishedOperations
) -> PublishedOperation | None:
    """Return the operation at the path with its prefix corrected or its words joined."""
    rest = re.sub(r"^.*?/v[0-9]+(\.[0-9]+)?/", "", path).strip("/")
    prefix = "/api/v2/" if published.platform == GENESYS else "/"
    joined = "/".join(
        part if may_be_id(part) else re.sub(r"[-_]", "", part) for part in rest.split("/")
    )
    for candidate in (rest, joined):
        match = published.match(prefix + candidate)
        if match and method in match.methods:
            return match.methods[method]
    return None


def _wrong_method(
    request: ObservedRequest, match: PublishedPath, published: PublishedOperations, other: str
) -> Finding:
    methods = ", ".join(f"`{method}`" for method in sorted(match.methods))
    known = "published" if published.is_complete else "known"
    return Finding(
        Severity.ERROR if published.is_complete else Severity.WARNING,
        "method-unpublished",
        "path",
        f"`{request.path}` has no {known} `{request.method}` operation, only {methods}",
        fix=f"send `{other}`",
        why="the API responds with 405, or takes it for another operation",
        source=published_source(published.platform),
    )


def _community_operation(operation: Operation, request: ObservedRequest) -> Finding:
    alternatives = "; or ".join(map(str, operation.nearest))
    return Finding(
        Severity.ERROR if request.status in (404, 405) else Severity.WARNING,
        "path-unpublished",
        "path",
        f"`{operation.method} {operation.path}` was reported by users; it is not documented by the vendor",
        fix=f"published for the same purpose: {alternatives}",
        why="a host that does not know the path responds with 404 to any body",
        source=f"contract {operation.contract.name}",
    )


def _unknown_path(
    request: ObservedRequest, published: PublishedOperations, nearest: PublishedOperation | None
) -> Finding:
    name = PLATFORM_NAMES[published.platform]
    is_acd = not published.is_complete and ACD_BASE_PATH.match(request.path) is not None
    known = f"{len(published.operations)} published" if published.is_complete else "known"
    if is_acd:
        detail = ", of which not all are known"
    elif not published.is_complete:
        detail = ": their paths start with `/inContactAPI/services/v<N>.0/`, never with `/api/v2`"
    else:
        detail = ", and NICE CXone has none under `/api`" if "/api/" in request.path else ""
    shown = f"{request.method} {request.path}".strip()
    return Finding(
        Severity.WARNING if is_acd else Severity.ERROR,
        "path-unpublished",
        "path",
        f"`{shown}` is not among the {known} operations of {name}{detail}",
        fix=f"the nearest published one: `{nearest}`"
        if nearest
        else "look it up: `cxcall operations`",
        why="the API refuses a path that does not exist, whatever the body",
        source=published_source(published.platform),
    )
