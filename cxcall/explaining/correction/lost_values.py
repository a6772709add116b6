"""Compare a corrected request with the failed one: what it has lost, and whether it is the same."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import has_value, leaves, split_pointer, value_at
from cxcall.documents.json_text import find_json
from cxcall.explaining.checks.url.query_check import query_parameters, query_without_keys
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import READ_METHODS, path_segments
from cxcall.explaining.operations.path_distance import is_value
from cxcall.findings.finding import Severity
from cxcall.phone.number_masking import mask_text
from cxcall.runtime.patterns import fold_name

if TYPE_CHECKING:
    from cxcall.explaining.correction.corrected_request import CorrectedRequest
    from cxcall.explaining.explanation import Explanation

_NAMES_OF_PARTS = ("id", "name", "number", "value", "type")
"""Names that say nothing without the name of the object that they are in."""


def _named_values(value: Any, pointer: str = "") -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each value that is not empty; an ID's name has that of its object."""
    for place, leaf in leaves(value, pointer):
        if leaf not in (None, "", [], {}):
            names = [each for each in split_pointer(place) if not each.isdigit()]
            is_part = bool(names) and fold_name(names[-1]) in _NAMES_OF_PARTS
            text = leaf if isinstance(leaf, str) else json.dumps(leaf)
            yield fold_name("".join(names[-2:] if is_part else names[-1:])), text


def find_lost_places(
    request: ObservedRequest, places: Collection[str], sent: Any, kept: Sequence[Any]
) -> tuple[str, ...]:
    """Return the places that were left out although their value may have an effect: it is not kept by the same name."""
    known = {pair for each in kept for pair in _named_values(each)}
    values = {f"query:{name}": {name: value} for name, value in request.query}

    def is_kept(place: str) -> bool:
        if place in values:
            return known.issuperset(_named_values(values[place]))
        has_place = place[:1] in ("", "/") and has_value(sent, place)
        return has_place and known.issuperset(_named_values(value_at(sent, place), place))

    return tuple(each for each in places if not is_kept(each))


def find_lost_ids(path: str, operation: Operation, values: Collection[str]) -> list[str]:
    """Return the IDs in a path that a corrected request does not have, if its path has fewer places for IDs."""
    ids = [unquote(each) for each in path_segments(path) if is_value(each)]
    fixed = path_segments(f"{operation.base_path}{operation.path}")
    ids = [each for each in ids if each not in fixed]
    lost = [f"path:{mask_text(each)}" for each in ids if each not in values]
    return lost if len(ids) > operation.path.count("{") else []


def is_for_all(
    request: ObservedRequest, operation: Operation, values: Mapping[str, str], body: Any
) -> bool:
    """Return whether only the path says what a corrected request is for: all contacts or numbers there.

    A read in place of a read changes nothing.
    """
    if body or operation.needs_body or {request.method, operation.method} <= {"", *READ_METHODS}:
        return False
    return all(f"{{{name}}}" in operation.path for name in values)


def repeats_request(corrected: CorrectedRequest, explanation: Explanation) -> bool:
    """Return whether a corrected request is the one that was sent."""
    request, called, own = explanation.request, explanation.route.operation, corrected.operation
    is_same = called is not None and (called.method, called.path) == (own.method, own.path)
    if corrected.missing or not is_same:
        return False
    url = urlsplit(corrected.url)
    if request.host and url.netloc.lower() != request.host.lower():
        return False
    path, sent_path = (unquote(each).strip("/") for each in (url.path, request.path))
    is_other_case = path.lower() == sent_path.lower() and not request.has_unknown_path
    if path != sent_path and not is_other_case:
        return False
    if corrected.operation.takes_body and parse_leniently(request.body) != (corrected.body or {}):
        return False
    names = {name for name, _ in query_without_keys(request, own)}
    declared = {each.name for each in query_parameters(own).values()}
    is_same = names <= {*corrected.values} and declared & {*corrected.values} <= names
    return is_same and not _has_wrong_header(explanation)


def must_not_repeat(corrected: CorrectedRequest, explanation: Explanation) -> bool:
    """Return whether a corrected request is the one that was sent, and that was refused or may have been processed."""
    is_final = explanation.request.is_refused or explanation.unknown_outcome is not None
    return is_final and repeats_request(corrected, explanation)


def parse_leniently(body: str | None) -> Any:
    """Return the value of a body, or the text itself if it is not JSON; an empty object if there is none."""
    return find_json(body or "{}", body) or {}


def _has_wrong_header(explanation: Explanation) -> bool:
    """Return whether the headers or the scheme are wrong, which every corrected request fixes."""
    wrong = [each for each in explanation.findings if each.severity is Severity.ERROR]
    return any(
        each.where.startswith("header:") or each.code == "scheme-insecure"
        for each in (*wrong, explanation.root)
        if each
    )
