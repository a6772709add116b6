"""Find the operation that a request was probably meant for, if its path or method is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from cxcall.contracts import call_risk, contract
from cxcall.explaining.operations.known_operations import (
    READ_METHODS,
    PublishedOperation,
    PublishedOperations,
    path_segments,
)
from cxcall.explaining.operations.operations_below import find_longer
from cxcall.explaining.operations.path_distance import (
    OTHER_WORD,
    count_words,
    is_value,
    rank_paths,
    singular_words,
)
from cxcall.named_tuple import NamedTuple
from cxcall.runtime.patterns import compile_on_use

# The share of a path's words that may be missing or different, and the greatest number of them.
_MAX_SHARE, _MAX_DISTANCE = 0.65, 1.15
_TYPO = 0.5
"""Below this distance, only letters differ; above it, whole words do."""
_AMBIGUOUS = 0.1
OTHER_METHOD = 0.4
"""The distance of two methods at the same path."""
_ANY_VALUE = "0"
_PARAMETER = compile_on_use(r"\{[^}]*\}")


class NearOperation(NamedTuple):
    """A known operation, and how far a request's method and path are from it."""

    distance: float
    operation: PublishedOperation


def find_nearest(
    method: str, path: str, sources: Iterable[PublishedOperations]
) -> NearOperation | None:
    """Return the nearest operation; None if no operation is similar, or several are equally similar.

    The result never changes more than the request would: it is not a DELETE or a write unless the request
    is one, has a place for each ID in the path or needs a body, and no other path is nearer: `stat` is nearer
    to `stats` than to `start`. If whole words differ, it is never a DELETE, and it places a call only if the
    request names the same resource, such as `calls`.
    """
    segments = (_ANY_VALUE if is_value(each) else each for each in path_segments(path))
    return _find_nearest(method, tuple(segments), tuple(sources))


@lru_cache(maxsize=1024)  # cached: a HAR file has the same few paths many times
def _find_nearest(
    method: str, segments: tuple[str, ...], sources: tuple[PublishedOperations, ...]
) -> NearOperation | None:
    farthest = min(_MAX_DISTANCE, _MAX_SHARE * max(1, count_words(segments)))
    found = _sorted_near(method, segments, sources, min(_TYPO, farthest))
    if not found:
        longer = find_longer(method, segments, sources)
        if len(longer) == 1 and _is_harmless(segments, longer[0]):
            return NearOperation(OTHER_WORD, longer[0])
        found = _sorted_near(method, segments, sources, farthest)
    if not found:
        return None
    nearest = found[0]
    if nearest.distance < _TYPO:
        is_read = nearest.operation.method in READ_METHODS
        is_safe = is_read or _has_nearest_path(segments, nearest.operation, sources)
    else:
        is_safe = _is_alone(found) and _is_harmless(segments, nearest.operation)
    return nearest if is_safe else None


def _sorted_near(
    method: str, segments: tuple[str, ...], sources: Iterable[PublishedOperations], limit: float
) -> list[NearOperation]:
    return sorted(_near(method, segments, sources, limit), key=lambda each: each.distance)


def _near(
    method: str, segments: tuple[str, ...], sources: Iterable[PublishedOperations], limit: float
) -> Iterator[NearOperation]:
    ids = segments.count(_ANY_VALUE)
    for source in sources:
        for distance, each in rank_paths(segments, source.tree, source.words, limit):
            whole = distance + (0 if each.method == method else OTHER_METHOD)
            if whole <= limit and _may_replace(method, each) and _has_place(each, ids):
                yield NearOperation(whole, each)


def _has_place(operation: PublishedOperation, ids: int) -> bool:
    """Return whether an operation has a place for this number of IDs in its path, or needs a body, which may name them."""
    if operation.method in READ_METHODS or operation.path.count("{") >= ids:
        return True
    declared = operation.load()
    return declared is not None and declared.needs_body


def other_method(method: str, methods: Sequence[PublishedOperation]) -> PublishedOperation | None:
    """Return the operation of another method at the same path; None if each would change more."""
    order = [*(READ_METHODS if method in READ_METHODS else ()), "PUT", "PATCH", "POST"]
    usable = [each for each in methods if each.method in order and _may_replace(method, each)]
    return min(usable, key=lambda each: order.index(each.method), default=None)


def _may_replace(method: str, operation: PublishedOperation) -> bool:
    """Return whether an operation changes no more than the method of a request would."""
    if operation.method in READ_METHODS or operation.method == method:
        return True
    if operation.method == "DELETE":
        return False
    is_query = operation.method == "POST" and _only_reads(operation)
    return is_query or method in ("POST", "PUT", "PATCH")


def _only_reads(operation: PublishedOperation) -> bool:
    """Return whether a POST is a query: every permission for it only reads."""
    actions = {each.rpartition(":")[2] for each in operation.permissions.split()}
    return bool(actions) and actions <= {*call_risk.READ_ACTIONS}


def _is_alone(found: Sequence[NearOperation]) -> bool:
    """Return whether no other path is about as near as the first one."""
    first = found[0]
    near = (each for each in found[1:] if each.distance < first.distance + _AMBIGUOUS)
    return all(each.operation.path == first.operation.path for each in near)


def _has_nearest_path(
    segments: tuple[str, ...],
    operation: PublishedOperation,
    sources: Iterable[PublishedOperations],
) -> bool:
    """Return whether the path of an operation is nearer than each other one, whatever their methods.

    A path at no distance has an ID in place of the misspelled word, and no operation of the method.
    """
    distances: dict[str, float] = {}
    for source in sources:
        for distance, each in rank_paths(segments, source.tree, source.words, _TYPO):
            form = _PARAMETER.sub("{}", each.path)
            distances[form] = min(distance, distances.get(form, distance))
    own = distances.pop(_PARAMETER.sub("{}", operation.path))
    return all(own < distance for distance in distances.values() if distance)


def _is_harmless(segments: tuple[str, ...], operation: PublishedOperation) -> bool:
    """Return whether an operation may be suggested although words of its path are not in the request."""
    if operation.method in READ_METHODS or _only_reads(operation):
        return True
    if operation.method == "DELETE":
        return False
    thing = next((each for each in reversed(path_segments(operation.path)) if each[:1] != "{"), "")
    if singular_words(thing) & singular_words("/".join(segments)):
        return True
    declared = operation.load()
    if declared is not None:
        return not declared.can_place_call
    route = call_risk.Route.of(operation.method, operation.path, {}, "")
    shipped = call_risk.shipped_routes(contract.load_shipped_contracts())
    return not call_risk.can_place_call(route, {}, shipped)
