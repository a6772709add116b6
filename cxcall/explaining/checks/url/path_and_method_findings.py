"""Report what is wrong with the path or the method of a request."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus

from cxcall.contracts.operation import Operation
from cxcall.contracts.unknown_operations import LeftOutOperation, hint_at_problems
from cxcall.explaining.checks.url.host_check import (
    has_slot,
    is_other_server,
    platform_of_host,
    platform_of_path,
)
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import (
    ACD_BASE_PATH,
    CXONE,
    GENESYS,
    PLATFORM_NAMES,
    Place,
    PublishedOperation,
    PublishedOperations,
    count_published,
    path_segments,
    published_source,
)
from cxcall.findings.finding import Finding, Severity
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.origins import host_of

# A prefix that is missing, repeated, or of another version (docs/platforms/nice-cxone.md#base-url-and-versions).
_PREFIXES = {
    GENESYS: compile_on_use(r"(?:/(?:platform|api|v?[0-9]+(?:\.[0-9]+)*)(?=/))*", re.IGNORECASE),
    CXONE: compile_on_use(
        r"(?:/(?:api|incontactapi|services|v[0-9]+(?:\.[0-9]+)?)(?=/))*", re.IGNORECASE
    ),
}
_STRAY_END = compile_on_use(r"(?:%(?:2[027]|0[9AaDd])|[\s\"',;>])+$")
_VERSION = compile_on_use(r"v([0-9]+)", re.IGNORECASE)
_NEWEST_VERSION = "34"


class PathForm(NamedTuple):
    """A corrected path; `written` is the prefix that was replaced by `prefix`."""

    path: str
    written: str
    prefix: str


def correct_prefix(path: str, platform: str) -> PathForm | None:
    """Return a path with the platform's prefix and without empty segments; None if nothing must be corrected."""
    if platform not in _PREFIXES:
        return None
    whole = _STRAY_END.sub("", re.sub(r"/{2,}", "/", path))
    match = _PREFIXES[platform].match(whole)
    written = match[0] if match else ""
    prefix = "/api/v2"
    if platform == CXONE:
        versions = _VERSION.findall(written)
        prefix = f"/inContactAPI/services/v{versions[-1] if versions else _NEWEST_VERSION}.0"
    corrected = prefix + whole[len(written) :]
    return None if corrected.lower() == path.lower() else PathForm(corrected, written, prefix)


def is_newer(version: str) -> bool:
    """Return whether a version, such as `35` or `35.0`, is newer than the newest known one."""
    number = version.partition(".")[0]
    return (len(number), number) > (len(_NEWEST_VERSION), _NEWEST_VERSION)


def in_version_of(request: ObservedRequest, operation: PublishedOperation) -> PublishedOperation:
    """Return an operation with the version of a path of NICE CXone, unless it is of another form, or too new and refused."""
    shown = ACD_BASE_PATH.match(request.path)
    version = shown[0].rpartition("/v")[2] if shown else ""
    is_refused = is_newer(version) and request.has_unknown_path
    if shown is None or is_refused or not version.endswith(".0"):
        return operation
    return operation._replace(path=ACD_BASE_PATH.sub(shown[0], operation.path))


def mixed_platforms(
    request: ObservedRequest, host_platform: str, path_platform: str, *, is_known: bool = True
) -> Finding:
    """Return the finding that path and host belong to different platforms; `is_known`: the path exists on its own."""
    name = PLATFORM_NAMES[path_platform]
    start = "/inContactAPI/services/v<N>.0/" if host_platform == CXONE else "/api/v2/"
    kind = "is a path" if is_known else "has the form of a path"
    return Finding(
        Severity.ERROR if is_known else Severity.WARNING,
        "platform-mismatch",
        "path",
        f"`{request.path}` {kind} of {name}, but `{request.host}` is a host of {PLATFORM_NAMES[host_platform]}",
        fix=f"send {name} requests to a host of {name}, with a token from there"
        + ("" if is_known else f"; paths of {PLATFORM_NAMES[host_platform]} begin with `{start}`"),
        why="the two platforms share no paths, tokens, or IDs",
        source=published_source(GENESYS, CXONE),
    )


def empty_id(request: ObservedRequest, operation: PublishedOperation) -> Finding:
    """Return the error that a path has nothing in place of an ID."""
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


def wrong_prefix(
    request: ObservedRequest, form: PathForm, operation: PublishedOperation
) -> Finding:
    """Return the finding that only the prefix of a path is wrong; the base URL, if not shown, may have the prefix."""
    is_host_shown = bool(platform_of_host(request.host)) and not has_slot(request.host)
    message = f"`{request.path}` lacks the prefix `{form.prefix}`"
    end = _STRAY_END.search(request.path)
    if "//" in request.path:
        message = f"`{request.path}` has an empty segment (`//`)"
    elif end and form.written.lower() == form.prefix.lower():
        message = f"`{request.path}` ends with `{end[0]}`, which is not part of the path"
    elif form.written:
        message = f"`{request.path}` has the prefix `{form.written}` instead of `{form.prefix}`"
    return Finding(
        Severity.ERROR if is_host_shown else Severity.WARNING,
        "path-unpublished",
        "path",
        message,
        fix=f"write `{form.path}`"
        + ("" if is_host_shown else ", unless the base URL has the rest"),
        why="the API refuses a path that does not exist, whatever the body",
        source=f"the published path {operation.path}",
    )


def wrong_method(
    request: ObservedRequest,
    place: Place,
    other: PublishedOperation | None,
    below: Sequence[PublishedOperation],
) -> Finding:
    """Return the finding that a path is known, but not with this method; operations `below` the path take the body."""
    methods = ", ".join(f"`{method}`" for method in sorted(place.methods))
    source, is_complete = place.source, place.source.is_complete
    kind = "declared" if not source.platform else "published" if is_complete else "known"
    fix = "look for the operation: `cxcall operations`"
    if below:
        fix = f"send the body to {' or '.join(f'`{each}`' for each in below)}"
    elif other:
        fix = f"send `{other.method}`"
    elif len(place.methods) == 1:
        [only] = place.methods.values()
        declared = only.load()
        listed = f": see {declared.listing}" if declared else ""
        fix = f"the only operation there is `{only}`{listed}"
    return Finding(
        Severity.ERROR if is_complete else Severity.WARNING,
        "method-unpublished",
        "path",
        f"`{request.path}` has no {kind} `{request.method}` operation, only {methods}",
        fix=fix + _hint_at_problems([source]),
        why="the API responds with 405, or treats it as another operation",
        source=published_source(source.platform) if source.platform else _own_source([source]),
    )


def other_form(request: ObservedRequest, operation: PublishedOperation) -> Finding | None:
    """Return the finding that a path that the server does not have differs from the known one; None if it does not.

    It may lack the base path of the user's server, have another slash at its end, or letters in another case.
    """
    shown, declared = request.path, operation.path
    ends = declared.removesuffix("/").split("/"), shown.rstrip("/").split("/")
    missing, is_own = (
        len(ends[0]) - len(ends[1]),
        operation.contract and not operation.contract.is_shipped,
    )
    prefix = "/".join(ends[0][: missing + 1])
    pairs = zip(ends[0][missing + 1 :], ends[1][1:], strict=False)
    words = [known if known.lower() == sent.lower() else sent for known, sent in pairs]
    written = "/".join([prefix * (missing > 0), *words]) + "/" * declared.endswith("/")
    if not request.has_unknown_path or written == shown:
        return None
    problem = "has letters in another case than the known path"
    if missing > 0:
        problem = f"lacks the base path `{prefix}`"
    elif declared.endswith("/") != shown.endswith("/"):
        problem = "ends with a slash" if shown.endswith("/") else "lacks the slash at its end"
    # The object with an ID in the path may not exist.
    is_certain = missing > 0 or "{" not in declared
    severities = (Severity.NOTE, Severity.WARNING, Severity.ERROR)
    return Finding(
        severities[is_certain + bool(is_own)],
        "path-unpublished",
        "path",
        f"`{shown}` {problem}",
        fix=f"write `{written}`",
        why=f"{'your document declares' if is_own else 'the vendor publishes'} `{operation}`",
    )


def community_operation(operation: Operation) -> Finding:
    """Return the finding that an operation is not documented by its vendor."""
    from cxcall.responses.refusals.refusal_findings import unpublished_path

    return unpublished_path(operation)._replace(
        severity=Severity.WARNING,
        why="a host that does not know the path responds with 404 to any body",
    )


def unknown_path(
    request: ObservedRequest,
    sources: Sequence[PublishedOperations],
    nearest: PublishedOperation | None,
) -> Finding:
    """Return the finding that a path is unknown."""
    published = [each for each in sources if each.platform]
    if not published:
        return _undeclared_path(request, sources, nearest)
    lists = " or ".join(
        f"the {count_published(each.platform)} {'published' if each.is_complete else 'known'} operations of {PLATFORM_NAMES[each.platform]}"
        for each in published
    )
    may_exist = platform_of_path(request.path) == CXONE
    detail = ", of which not all are known" * may_exist
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


def _undeclared_path(
    request: ObservedRequest,
    sources: Sequence[PublishedOperations],
    nearest: PublishedOperation | None,
) -> Finding:
    """Return the finding that the user's own document, which is the only source, does not declare a path."""
    found = nearest.load() if nearest else None
    is_other = found is not None and is_other_server(request, found)
    server = f", at `{host_of(found.server)}`" if found and is_other else ""
    return Finding.error(
        "path-unpublished",
        "path",
        f"`{request.method} {request.path}` is not among the operations of your document",
        fix=(_nearest_advice(nearest) + server if nearest else "see `cxcall operations`")
        + _hint_at_problems(sources),
        why="the API refuses a path that does not exist, whatever the body",
        source=_own_source(sources),
    )


def unusable_operation(request: ObservedRequest, found: LeftOutOperation) -> Finding:
    """Return the finding that the user's own document declares the operation, but cxcall cannot use it."""
    shown = f"{request.method} {request.path}".strip()
    return Finding.warning(
        "contract-invalid",
        found.where,
        f"`{shown}` is `{found.name}` of your document, which cannot be checked: {found.reason}",
        fix=found.fix,
        why="cxcall left the operation out: `cxcall operations --problems`",
    )


def _hint_at_problems(sources: Sequence[PublishedOperations]) -> str:
    own = [source for source in sources if not source.platform]
    return hint_at_problems({each.contract for source in own for each in source.operations})


def _own_source(sources: Sequence[PublishedOperations]) -> str:
    operations = (each for source in sources for each in source.operations)
    owners = {each.contract.name for each in operations if each.contract}
    return f"contract {', '.join(sorted(owners))}" if owners else ""


def _nearest_advice(nearest: PublishedOperation | None) -> str:
    if nearest is None:
        return "look it up: `cxcall operations`"
    operation = nearest.load()
    is_community = operation is not None and operation.provenance != "published"
    return f"the nearest one{', reported by users' if is_community else ''}: `{nearest}`"


def check_version(request: ObservedRequest) -> Iterator[Finding]:
    """Yield an error if the version of an ACD path of NICE CXone is not written like `v30.0`, or is too new and refused."""
    base_path = ACD_BASE_PATH.match(request.path)
    version = base_path[0].rpartition("/")[2] if base_path else ""
    number = version[1:].partition(".")[0]
    message, fix = "", f"write `v{number}.0`"
    if version and not version.endswith(".0"):
        message = f"the version `{version}` in `{request.path}` does not have the form `v<N>.0`"
    elif (
        version
        and is_newer(number)
        and request.status in (HTTPStatus.NOT_FOUND, HTTPStatus.NOT_IMPLEMENTED)
    ):
        message = f"the API refuses the version `{version}`; the newest one that is known is `v{_NEWEST_VERSION}.0`"
        fix = f"write `v{_NEWEST_VERSION}.0`"
    if message:
        yield Finding.error(
            "path-unpublished", "path", message, fix=fix, source=published_source(CXONE)
        )
