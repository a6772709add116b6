"""Compare where a request went (host, scheme, path, method) with the operations that are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.explaining.host_check import (
    check_host,
    check_scheme,
    platform_of_host,
    platform_of_path,
)
from cxcall.explaining.nearest_operation import find_nearest, other_method
from cxcall.explaining.path_distance import WORD_AS_ID, count_words, may_be_id
from cxcall.explaining.path_forms import correct_prefix
from cxcall.explaining.placeholder_check import placeholder_finding
from cxcall.explaining.published_operations import (
    ACD_BASE_PATH,
    CXONE,
    GENESYS,
    PLATFORM_NAMES,
    PublishedOperation,
    PublishedOperations,
    PublishedPath,
    count_published,
    load_published_operations,
    own_operations,
    path_segments,
    published_source,
)
from cxcall.explaining.token_request_check import check_token_request, is_token_request
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.placeholders import is_placeholder
from cxcall.transport.urls import host_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.explaining.observed_request import ObservedRequest


class RouteMatch(NamedTuple):
    """What a request was sent to.

    `operation` is the operation of a contract at exactly this method and path. `nearest` is the known
    operation that was probably meant instead, and `nearest_operation` the same one in a contract; they
    are None where none is near.
    """

    platform: str
    is_token: bool
    operation: Operation | None
    nearest: PublishedOperation | None
    nearest_operation: Operation | None
    findings: tuple[Finding, ...]


class _Place(NamedTuple):
    """The operations at the path of a request, and the source that has them."""

    source: PublishedOperations
    path: PublishedPath

    def operation(self, method: str) -> PublishedOperation | None:
        """Return the operation with a method; without a method, the only one."""
        if method:
            return self.path.methods.get(method)
        return next(iter(self.path.methods.values())) if len(self.path.methods) == 1 else None


def match_route(request: ObservedRequest, own: Contract | None = None) -> RouteMatch:
    """Return the operation that a request was sent to, or the nearest one, and what is wrong with the URL.

    `own` is the user's own contract: what it declares counts as published.
    """
    host_platform, path_platform = platform_of_host(request.host), platform_of_path(request.path)
    platform = path_platform or host_platform
    sources = [own_operations(own)] if own else []
    sources += map(load_published_operations, [platform] if platform else PLATFORM_NAMES)
    place = _find_place(request.method, request.path, sources)
    exact = place.operation(request.method) if place else None
    if exact is not None and exact.contract is own is not None:
        return _match_own_operation(request, exact, host_platform)
    platform, is_token = host_platform or path_platform, is_token_request(request)
    findings = [
        *check_scheme(request),
        *check_host(request, host_platform, path_platform, is_token=is_token),
    ]
    if host_platform and path_platform and host_platform != path_platform:
        findings.append(_mixed_platforms(request, host_platform, path_platform))
    if not request.path or is_token:
        findings += check_token_request(request, platform) if is_token else ()
        operation = exact.load() if exact else None
        return RouteMatch(platform, is_token, operation, None, None, tuple(findings))
    exact, nearest, problems = _compare(request, place, sources)
    findings += [*_check_version(request.path), *_check_placeholders(request.path), *problems]
    operation, meant = exact.load() if exact else None, nearest.load() if nearest else None
    return RouteMatch(platform, is_token, operation, nearest, meant, tuple(findings))


def _match_own_operation(
    request: ObservedRequest, found: PublishedOperation, host_platform: str
) -> RouteMatch:
    """Return the match of a request that the user's own contract declares: no published list applies."""
    operation = found.load()
    platform = (operation.platform if operation else "") or host_platform
    findings = [
        *check_scheme(request),
        *_check_placeholders(request.path),
        *_check_ids(found, request.path),
    ]
    if found.contract and platform and request.host != host_of(found.contract.base_url()):
        is_token = is_token_request(request)
        findings += check_host(request, host_platform, platform, is_token=is_token)
    return RouteMatch(platform, False, operation, None, None, tuple(findings))  # noqa: FBT003 - a field


def _find_place(method: str, path: str, sources: Sequence[PublishedOperations]) -> _Place | None:
    """Return what is at a path in the first source that has it, preferably with this method."""
    matches = ((source, source.match(path)) for source in sources) if path else ()
    places = [_Place(source, match) for source, match in matches if match is not None]
    return next((each for each in places if each.operation(method)), places[0] if places else None)


def _compare(
    request: ObservedRequest, place: _Place | None, sources: Sequence[PublishedOperations]
) -> tuple[PublishedOperation | None, PublishedOperation | None, list[Finding]]:
    """Return the operation at the path, the one that was meant instead, and what is wrong with the path."""
    method, path = request.method, request.path
    exact = place.operation(method) if place else None
    if place is not None and "" in place.path.words and exact is not None:
        return exact, None, [_empty_id(request, exact)]
    if exact is not None and not (place and place.path.words):
        return exact, *_check_provenance(exact, request)
    if not count_words(path_segments(path)):  # `/services/v30.0/{resource}`: not shown at all
        return exact, None, []
    if exact is None and (form := _find_form(method, path, sources)):
        return None, form[1], [_wrong_prefix(request, *form)]
    return _compare_words(request, place, sources)


def _compare_words(
    request: ObservedRequest, place: _Place | None, sources: Sequence[PublishedOperations]
) -> tuple[PublishedOperation | None, PublishedOperation | None, list[Finding]]:
    """Do so where no operation is at the path, or only one with plain words in place of IDs."""
    near = find_nearest(request.method, request.path, sources)
    is_typo = near is not None and near.distance < WORD_AS_ID
    if place is None or (place.path.words and is_typo):
        nearest = near.operation if near else None
        return None, nearest, [_unknown_path(request, sources, nearest)]
    if exact := place.operation(request.method):
        return exact, None, list(_check_ids(exact, request.path))
    other = other_method(request.method, list(place.path.methods.values()))
    return None, other, [_wrong_method(request, place, other)]


def _find_form(
    method: str, path: str, sources: Sequence[PublishedOperations]
) -> tuple[str, PublishedOperation] | None:
    """Return the path with another prefix and the operation there, if a source has exactly that."""
    for source in sources:
        corrected = correct_prefix(path, source.platform)
        place = _find_place(method, corrected, [source])
        operation = place.operation(method) if place and not place.path.words else None
        if operation is not None:
            return corrected, operation
    return None


def _check_provenance(
    found: PublishedOperation, request: ObservedRequest
) -> tuple[PublishedOperation | None, list[Finding]]:
    """Return the published alternative of an operation that no vendor documents, and the finding that says so."""
    operation = found.load()
    if operation is None or operation.provenance == "published":
        return None, list(_check_ids(found, request.path))
    first = next(iter(operation.nearest), None)
    nearest = PublishedOperation(first.method, first.path) if first else None
    return nearest, [_community_operation(operation, request)]


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


def _check_ids(published: PublishedOperation, path: str) -> Iterator[Finding]:
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


def _empty_id(request: ObservedRequest, operation: PublishedOperation) -> Finding:
    pairs = zip(path_segments(operation.path), path_segments(request.path), strict=True)
    names = ", ".join(f"`{expected}`" for expected, segment in pairs if not segment)
    return Finding.error(
        "path-unpublished",
        "path",
        f"{names} is empty in `{request.path}`",
        fix=f"add the value: `{operation}`",
        why="the variable that holds it was probably empty",
        source=f"the published path {operation.path}",
    )


def _wrong_prefix(
    request: ObservedRequest, corrected: str, operation: PublishedOperation
) -> Finding:
    prefix = "/inContactAPI/services/v<N>.0/" if ACD_BASE_PATH.match(operation.path) else "/api/v2/"
    return Finding(
        Severity.ERROR if request.host else Severity.WARNING,
        "path-unpublished",
        "path",
        f"`{request.path}` must start with `{prefix}`, once, and have no empty segment",
        fix=f"write `{corrected}`" + ("" if request.host else ", unless the base URL has the rest"),
        why="the API refuses a path that does not exist, whatever the body",
        source=f"the published path {operation.path}",
    )


def _wrong_method(
    request: ObservedRequest, place: _Place, other: PublishedOperation | None
) -> Finding:
    methods = ", ".join(f"`{method}`" for method in sorted(place.path.methods))
    is_complete = place.source.is_complete
    return Finding(
        Severity.ERROR if is_complete else Severity.WARNING,
        "method-unpublished",
        "path",
        f"`{request.path}` has no {'published' if is_complete else 'known'} `{request.method}` operation, only {methods}",
        fix=f"send `{other.method}`" if other else "look for the operation: `cxcall operations`",
        why="the API responds with 405, or takes it for another operation",
        source=published_source(place.source.platform) if place.source.platform else "",
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
    request: ObservedRequest,
    sources: Sequence[PublishedOperations],
    nearest: PublishedOperation | None,
) -> Finding:
    published = [each for each in sources if each.platform]
    lists = " or ".join(
        f"the {count_published(each.platform)} {'published' if each.is_complete else 'known'} operations of {PLATFORM_NAMES[each.platform]}"
        for each in published
    )
    may_exist = platform_of_path(request.path) == CXONE
    detail = ""
    if may_exist:
        detail = ", of which not all are known"
    elif len(published) == 1 and not published[0].is_complete:
        detail = ": their paths start with `/inContactAPI/services/v<N>.0/`, never with `/api/v2`"
    elif len(published) == 1 and "/api/" in request.path:
        detail = ", and NICE CXone has none under `/api`"
    shown = f"{request.method} {request.path}".strip()
    return Finding(
        Severity.WARNING if may_exist else Severity.ERROR,
        "path-unpublished",
        "path",
        f"`{shown}` is not among {lists}{detail}",
        fix=_nearest_advice(nearest),
        why="the API refuses a path that does not exist, whatever the body",
        source=published_source(*(each.platform for each in published)),
    )


def _nearest_advice(nearest: PublishedOperation | None) -> str:
    if nearest is None:
        return "look it up: `cxcall operations`"
    operation = nearest.load()
    kind = "known" if operation is not None and operation.provenance != "published" else "published"
    return f"the nearest {kind} one: `{nearest}`"
