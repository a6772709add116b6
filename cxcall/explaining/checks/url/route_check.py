"""Compare where a request went (host, scheme, path, method) with the operations that are known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from cxcall.contracts.contract import Contract
from cxcall.contracts.operation import Operation
from cxcall.explaining.checks.credentials.token_endpoints import login_platform
from cxcall.explaining.checks.credentials.token_request_check import (
    check_token_request,
    expected_endpoint,
    is_token_request,
)
from cxcall.explaining.checks.url.host_check import (
    check_host,
    check_own_host,
    check_scheme,
    intended_platform,
    is_foreign,
    is_own_server,
    other_vendor,
    platform_of_host,
    platform_of_path,
)
from cxcall.explaining.checks.url.path_and_method_findings import (
    PathForm,
    check_version,
    community_operation,
    correct_prefix,
    empty_id,
    in_version_of,
    mixed_platforms,
    other_form,
    unknown_path,
    unusable_operation,
    wrong_method,
    wrong_prefix,
)
from cxcall.explaining.checks.url.path_value_check import check_ids, check_path_placeholders
from cxcall.explaining.correction.json_repair import repair_body
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import (
    CXONE,
    GENESYS,
    OWN_ID,
    Place,
    PublishedOperation,
    PublishedOperations,
    find_left_out_operation,
    find_place,
    load_published_operations,
    own_operations,
    path_segments,
    sources_of,
)
from cxcall.explaining.operations.nearest_operation import OTHER_METHOD, find_nearest, other_method
from cxcall.explaining.operations.operations_below import (
    find_longer,
    may_take_body,
    takes_body,
)
from cxcall.explaining.operations.path_distance import WORD_AS_ID, count_words, is_value
from cxcall.explaining.request_masking import mask_request
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.secrets.known_secrets import redacted_repr
from cxcall.transport.origins import host_of

_PUBLISHED_START = compile_on_use(r"(?<=[^/])/(?:api/v2|incontactapi)/", re.IGNORECASE)


class RouteMatch(NamedTuple):
    """The operation that a request was sent to.

    `operation` is the operation of a contract with exactly this method and path. `nearest` is the known
    operation that was probably intended; None if no operation is similar. `published` is the operation at the
    path, from a contract or from a list of paths. `is_of_other_vendor` is true if neither host nor path belongs
    to a platform, so that its rules do not apply. `is_own` is true if the request went to a server of the
    user's own contract, so that only this contract's rules apply.
    """

    platform: str = ""
    findings: tuple[Finding, ...] = ()
    is_token: bool = False
    operation: Operation | None = None
    nearest: PublishedOperation | None = None
    is_of_other_vendor: bool = False
    published: PublishedOperation | None = None
    is_own: bool = False

    def __repr__(self) -> str:
        return redacted_repr(self, "findings")  # not masked yet

    @property
    def nearest_operation(self) -> Operation | None:
        """The nearest operation in a contract; None if no contract declares it."""
        return self.nearest.load() if self.nearest else None

    @property
    def rules(self) -> Operation | None:
        """The operation whose security and media type apply: on the user's own server, also the nearest one."""
        return self.operation or (self.nearest_operation if self.is_own else None)


def match_route(request: ObservedRequest, own: Contract | None) -> RouteMatch:
    """Return the operation that a request was sent to, or the nearest one, and what is wrong with the URL.

    `own` is the user's own contract: what it declares counts as published.
    """
    request = _without_gateway(request, own)
    host_platform, path_platform = platform_of_host(request.host), intended_platform(request)
    platform = path_platform or host_platform
    sources = sources_of(platform, own)
    place = find_place(request.method, request.path, sources)
    exact = place.operation(request.method) if place else None
    if exact is not None and exact.contract is own is not None:
        return _match_own_operation(request, exact, host_platform)
    if own is not None and exact is None:
        left_out = find_left_out_operation(request.method, request.path, own)
        if left_out is not None:
            return RouteMatch(findings=(unusable_operation(request, left_out),), is_own=True)
    if own is not None and exact is None and _is_for_own(request, own, sources):
        return _match_own_server(request, own_operations(own))
    if _is_of_other_vendor(request, place, sources):
        return RouteMatch(findings=other_vendor(request, own), is_of_other_vendor=True)
    platform, is_token = host_platform or path_platform, is_token_request(request)
    findings = list(check_scheme(request))
    findings += check_host(request, host_platform, path_platform, is_token=is_token)
    findings = [each for each in findings if not _is_region_that_answers(each, request)]
    is_mixed = bool(host_platform and path_platform and host_platform != path_platform)
    if not request.path or is_token:
        if is_mixed and expected_endpoint(request, platform) is None:
            findings.append(mixed_platforms(request, host_platform, path_platform))
        findings += _check_token(request, platform) if is_token else ()
        return RouteMatch(platform, tuple(findings), is_token, exact.load() if exact else None)
    exact, nearest, problems = _compare(request, place, sources)
    if is_mixed:
        is_known = exact is not None or nearest is not None
        findings.append(mixed_platforms(request, host_platform, path_platform, is_known=is_known))
    findings += [*check_version(request), *check_path_placeholders(request), *problems]
    other = other_form(request, exact) if exact and path_platform == GENESYS else None
    findings += [other] if other else []
    if not platform and (known := exact or nearest):
        platform = platform_of_path(known.path)
    operation = exact.load() if exact else None
    return RouteMatch(
        platform, tuple(findings), operation=operation, nearest=nearest, published=exact
    )


def _is_for_own(
    request: ObservedRequest, own: Contract, sources: Sequence[PublishedOperations]
) -> bool:
    """Return whether the host is a server of the user's own contract, or of no platform, and its operation is the nearest."""
    if not is_foreign(request) or is_own_server(request, own):
        return is_own_server(request, own)
    near = find_nearest(request.method, request.path, _candidates(request, sources))
    return near is not None and near.operation.contract is own


def _without_gateway(request: ObservedRequest, own: Contract | None) -> ObservedRequest:
    """Return a request without a gateway's prefix before a published path; its host is of neither platform."""
    start = _PUBLISHED_START.search(request.path)
    if start is None or not is_foreign(request):
        return request
    path = request.path[start.start() :]
    is_own = own is not None and find_place(request.method, request.path, [own_operations(own)])
    place = find_place(request.method, path, [load_published_operations(platform_of_path(path))])
    is_known = place is not None and place.operation(request.method) and not place.words
    return replace(request, path=path) if is_known and not is_own else request


def _is_of_other_vendor(
    request: ObservedRequest, place: Place | None, sources: Sequence[PublishedOperations]
) -> bool:
    """Return whether neither host, path, response, nor text shows a platform: one word, such as `users`, may be of any API."""
    path, answer = request.path, request.response
    is_shown = answer and ('"contextId"' in answer.text or "ININ-Correlation-Id" in answer.headers)
    if is_shown or not path.strip("/") or platform_of_host(request.host) or login_platform(path):
        return False
    is_cxone, near = platform_of_path(path) == CXONE, None
    if place is None and (is_cxone or count_words(path_segments(path)) > 1):
        near = find_nearest(request.method, path, _candidates(request, sources))
    known = next(iter(place.methods.values())) if place else near and near.operation
    is_shown = is_cxone or bool(request.platforms)
    if is_foreign(request):
        words = [each for each in path_segments(known.path) if each != OWN_ID] if known else []
        return not known or (not is_shown and count_words(words) == 1)
    is_shown = is_shown or path.lower().startswith("/api/v2/") or is_token_request(request)
    return not (known or is_shown or _find_form(request.method, path, sources))


def _is_region_that_answers(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether a warning is about an unlisted region whose API responded: it is a new region."""
    is_doubt = finding.code == "host-unknown" and finding.severity is Severity.WARNING
    return is_doubt and bool(request.status) and request.is_successful


def _check_token(request: ObservedRequest, platform: str) -> Iterator[Finding]:
    """Yield what is wrong with a token request; a foreign host may have other rules, grants, and scopes."""
    for finding in check_token_request(request, platform):
        if not is_foreign(request) or finding.severity is not Severity.ERROR:
            yield finding
        elif finding.code not in ("token-grant", "token-scope"):
            yield finding._replace(severity=Severity.WARNING)


def _match_own_operation(
    request: ObservedRequest, found: PublishedOperation, host_platform: str
) -> RouteMatch:
    """Return the match of a request that the user's own contract declares: no published list applies."""
    operation = found.load()
    platform = (operation.platform if operation else "") or host_platform
    findings = [*check_scheme(request), *check_path_placeholders(request)]
    findings += check_ids(found, request)
    findings += check_own_host(request, found.contract) if found.contract else ()
    if found.contract and is_own_server(request, found.contract):
        other = other_form(request, found)
        findings += [other] if other else []
    if found.contract and platform and request.host != host_of(found.contract.base_url()):
        is_token = is_token_request(request)
        findings += check_host(request, host_platform, platform, is_token=is_token)
    return RouteMatch(platform, tuple(findings), operation=operation)


def _match_own_server(request: ObservedRequest, source: PublishedOperations) -> RouteMatch:
    """Return the match of a request to a server of the user's own contract, which does not declare the operation."""
    place = find_place(request.method, request.path, [source])
    _, nearest, problems = _compare(request, place, [source])
    findings = (*check_scheme(request), *check_path_placeholders(request), *problems)
    return RouteMatch(findings=findings, nearest=nearest, is_own=True)


def _compare(
    request: ObservedRequest, place: Place | None, sources: Sequence[PublishedOperations]
) -> tuple[PublishedOperation | None, PublishedOperation | None, list[Finding]]:
    """Return the operation at the path, the operation that was probably meant instead, and the findings on the path."""
    method, path = request.method, request.path
    exact = place.operation(method) if place else None
    if place is not None and "" in place.words and exact is not None:
        return None, exact, [empty_id(request, exact)]
    if exact is not None and not (place and place.words):
        return exact, *_check_provenance(exact, request)
    # A browser sends OPTIONS before the request itself; the error of a client may not show the method.
    is_any = place is not None and method in ("OPTIONS", "")
    if is_any or not count_words(path_segments(path)):  # `/services/v30.0/{resource}` shows no path
        of_path = next(iter(place.methods.values())) if place and not exact else None
        ids = check_ids(of_path._replace(contract=None), request) if of_path else ()
        return exact, None, list(ids)
    if exact is None and (form := _find_form(method, path, _candidates(request, sources))):
        return None, form[1], [wrong_prefix(request, *form)]
    return _compare_words(request, place, sources)


def _compare_words(
    request: ObservedRequest, place: Place | None, sources: Sequence[PublishedOperations]
) -> tuple[PublishedOperation | None, PublishedOperation | None, list[Finding]]:
    """Compare a path that has no operation, or only an operation with plain words in place of IDs."""
    near = find_nearest(request.method, request.path, _candidates(request, sources))
    of_method = 0 if place and place.operation(request.method) else OTHER_METHOD
    is_typo = near is not None and near.distance < WORD_AS_ID + of_method
    words = place.words if place and of_method else ()
    if any(each == OWN_ID or re.fullmatch("[a-z]{3,}", each) for each in words):
        place = None  # a separate operation that does not exist
    if place is None or (is_typo and _has_word_as_id(request.path, place)):
        nearest = in_version_of(request, near.operation) if near else None
        # The list of NICE CXone is not complete.
        is_listed = any(each.is_complete for each in sources) or not request.is_successful
        return None, nearest, [unknown_path(request, sources, nearest)] if is_listed else []
    if exact := place.operation(request.method):
        return exact, None, list(check_ids(exact, request))
    methods, (payload, _) = list(place.methods.values()), repair_body(request)
    fitting = [each for each in methods if takes_body(each.load(), payload)]
    longer = [] if fitting else find_longer(request.method, path_segments(request.path), sources)
    below = [in_version_of(request, each) for each in longer if takes_body(each.load(), payload)]
    possible = [each for each in methods if may_take_body(each.load(), payload)]
    other = None if below else other_method(request.method, fitting or possible)
    ids = check_ids(other, request) if other else ()
    nearest = below[0] if len(below) == 1 else other
    return None, nearest, [wrong_method(request, place, other, below), *ids]


def _has_word_as_id(path: str, place: Place) -> bool:
    """Return whether a path has a word, in any case, where the operations at it have a parameter."""
    template = path_segments(next(iter(place.methods.values())).path)
    pairs = zip(path_segments(path), template, strict=False)
    return any(expected[:1] == "{" and not is_value(each) for each, expected in pairs)


def _candidates(
    request: ObservedRequest, sources: Sequence[PublishedOperations]
) -> list[PublishedOperations]:
    """Return the sources of operations that may have been meant: for a foreign host, only the user's own."""
    may_be_platform = not is_foreign(request) or bool(platform_of_path(request.path))
    return [each for each in sources if may_be_platform or not each.platform]


def _find_form(
    method: str, path: str, sources: Sequence[PublishedOperations]
) -> tuple[PathForm, PublishedOperation] | None:
    """Return the path with a corrected prefix, and the operation at it, if a source has exactly this path."""
    for source in sources:
        form = correct_prefix(path, source.platform)
        place = find_place(method, form.path, [source]) if form else None
        operation = place.operation(method) if place and not place.words else None
        if form and operation is not None:
            return form, operation
    return None


def _check_provenance(
    found: PublishedOperation, request: ObservedRequest
) -> tuple[PublishedOperation | None, list[Finding]]:
    """Return the published alternative of an operation that no vendor documents, and the finding that says so."""
    operation = found.load()
    if operation is None or operation.provenance == "published":
        return None, list(check_ids(found, request))
    first = next(iter(operation.nearest), None)
    nearest = PublishedOperation(first.method, first.path) if first else None
    return nearest, [community_operation(operation)]


def is_no_api_request(request: ObservedRequest, own: Contract | None) -> bool:
    """Return whether a request is not to a platform's API: it is to another host, or for a page.

    A page is loaded by a platform's own site, such as a script of `apps.mypurecloud.com`: it was requested
    without a token, and did not fail. Bodies are not read, because those of pages are long.
    """
    if platform_of_host(request.host):
        return _is_page(request) and not (own and _has_route(request, own))
    return not _has_route(request, own)


def _is_page(request: ObservedRequest) -> bool:
    is_loaded = request.method in ("GET", "HEAD") and 200 <= request.status < 400  # noqa: PLR2004 - not an error
    has_token = request.headers is not None and "Authorization" in request.headers
    is_api = request.hostname.startswith("api") or platform_of_path(request.path) != ""
    return is_loaded and not (has_token or is_api)


def _has_route(request: ObservedRequest, own: Contract | None) -> bool:
    """Return whether a request goes to a platform, or to an operation; its body is not compared."""
    bare, _ = mask_request(replace(request, body=None, response=None, findings=()))
    route = match_route(bare, own)
    left_out = own and find_left_out_operation(request.method, request.path, own)
    return bool(route.platform or route.operation or left_out)
