"""Check the values in the path of a request: IDs of the wrong kind, and placeholders."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from http import HTTPStatus
from itertools import pairwise
from urllib.parse import unquote

from cxcall.contracts.contract import Contract
from cxcall.contracts.path_templates import is_mixed_segment, slot_names, slot_values
from cxcall.explaining.checks.body.named_value_check import describe_wrong_id, kind_of
from cxcall.explaining.checks.url.host_check import platform_of_path
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import (
    ACD_BASE_PATH,
    OWN_ID,
    PublishedOperation,
    find_place,
    own_operations,
    path_segments,
)
from cxcall.explaining.operations.path_distance import is_same_word, may_be_id
from cxcall.explaining.request_masking import is_masked
from cxcall.findings.finding import Finding
from cxcall.payloads.placeholders import NO_VALUES, is_placeholder, is_redacted, placeholder_finding
from cxcall.runtime.patterns import IN_PERCENTS, compile_on_use, fold_name
from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.runtime.secrets.secret_names import SECRET, kind_of_name

_VARIABLE = compile_on_use(rf"\$|{IN_PERCENTS}$")  # of a shell, or of cmd
_NAME = compile_on_use(r"(?:[a-z]+[_-])*[a-z]*[_-]?id", re.ASCII | re.IGNORECASE)
_SLOT = compile_on_use(r"\{[^{}]*\}")


def path_values(path: str, template: str) -> dict[str, str]:
    """Return the values of a template's parameters in a path, without placeholders."""
    values = {
        name: value
        for expected, segment in _pairs_from_end(template, path)
        for name, value in slot_values(expected, segment).items()
        if not (_is_unfilled(unquote(value)) or value[:1] == ":" or _is_hidden(unquote(value)))
    }
    return dict(reversed(values.items()))


def with_masked_path(request: ObservedRequest, own: Contract | None) -> ObservedRequest:
    """Return a request without secrets in its path, by the names of parameters in the user's own contract."""
    if own is None or not (beside := _words_beside_secrets(own)):
        return request
    place = find_place(request.method, request.path, [own_operations(own)])
    secrets = {
        value
        for each in (place.methods.values() if place else ())
        for name, value in path_values(request.path, each.path).items()
        if kind_of_name(name) == SECRET
    }
    shown = dict.fromkeys(secrets, MASKED)
    if place is None:  # the path may be misspelled
        for each in _possible_secrets(request.path.split("/"), own, beside):
            template = _mixed_template(each, own)
            values = slot_values(template, each)
            if not values or any(kind_of_name(name) == SECRET for name in values):
                shown[each] = _SLOT.sub(MASKED, template) or MASKED
                secrets.update(values.values() or (each,))
    if not secrets:
        return request
    path = "/".join(shown.get(each, each) for each in request.path.split("/"))
    return replace(
        request, path=path, secrets=request.secrets.union(secrets, map(unquote, secrets))
    )


@cache
def _words_beside_secrets(own: Contract) -> set[str]:
    """Return the segments before and after those with a secret parameter in the paths of a user's contract."""
    pairs = [pair for _, path, _ in own.routes for pair in pairwise(path.split("/"))]
    return {
        word
        for pair in pairs
        for word, each in (pair, pair[::-1])
        if word and any(kind_of_name(name) == SECRET for name in slot_names(each))
    }


@cache
def _words_of_paths(own: Contract) -> set[str]:
    return {word for _, path, _ in own.routes for word in path.split("/") if not slot_names(word)}


def _mixed_template(segment: str, own: Contract) -> str:
    """Return the template of several parameters that a segment fits, as in `/{id}:{word}`; empty if it fits none."""
    templates = (each for _, path, _ in own.routes for each in path.split("/"))
    mixed = (each for each in templates if is_mixed_segment(each) and slot_values(each, segment))
    return next(mixed, "")


def _possible_secrets(segments: list[str], own: Contract, beside: set[str]) -> Iterator[str]:
    """Yield the segments of an unknown path that may be secrets, if a word in it is beside secrets in the contract.

    They are no words of the contract; what cannot be an ID is one only beside such a word.
    """
    near = [any(is_same_word(each, word) for word in beside) for each in segments]
    for index, each in enumerate(segments if any(near) else ()):
        is_beside = any(near[max(index - 1, 0) : index + 2])
        is_known = any(is_same_word(each, word) for word in _words_of_paths(own))
        if each and not is_known and (is_beside or may_be_id(each)):
            yield each


def _pairs_from_end(template: str, path: str) -> Iterator[tuple[str, str]]:
    """Return the pairs of segments, the last ones first: a path may start with the base path of a server."""
    return zip(reversed(path_segments(template)), reversed(path_segments(path)), strict=False)


def check_ids(published: PublishedOperation, request: ObservedRequest) -> Iterator[Finding]:
    """Yield a warning for each value in a path that is not an ID of the kind that is expected there."""
    yield from _check_own_names(published, request)
    path, platform = request.path, platform_of_path(published.path)
    has_integers = ACD_BASE_PATH.match(published.path) is not None
    for name, value in path_values(path, published.path).items():
        if _has_format(published, name):
            continue  # the schema of the parameter decides
        kind, message, fix = kind_of(name, platform), "", "use the ID, as the platform shows it"
        if kind == "uuid" or (kind == "integer" and has_integers):
            message, fix = describe_wrong_id(kind, value)
        if kind not in ("other", "") and not may_be_id(value):
            message = f"`{value}` looks like a name"
        if value == OWN_ID and message:
            message = f"`{OWN_ID}` is not an ID"
            fix += "; `GET /api/v2/users/me` returns the one of your user" * (name == "userId")
        if message:
            yield Finding.warning(
                "id-format",
                "path",
                f"{message}, but the path expects an ID (`{{{name}}}`) there",
                fix=fix,
                source=f"the published path {published.path}",
                origin=name,
                value=value,
            )


def _check_own_names(published: PublishedOperation, request: ObservedRequest) -> Iterator[Finding]:
    """Yield a warning for each parameter of a path that has its own name as its value, such as `:campaignId`."""
    for expected, segment in _pairs_from_end(published.path, request.path):
        name = segment.removeprefix(":")
        is_own = fold_name(name) == fold_name(expected[1:-1]) or _is_name_of_id(name)
        is_sent = segment[:1] != ":" or _is_literal(request)
        if expected[:1] == "{" and is_own and is_sent and name[:1].isalpha():
            yield placeholder_finding(
                "path", f"`{segment}` in the path", origin=name, value=segment
            )


def _is_hidden(value: str) -> bool:
    return is_masked(value) or is_redacted(value)


def _is_unfilled(segment: str) -> bool:
    return is_placeholder(segment) or segment.lower() in NO_VALUES or _is_name_of_id(segment)


def _is_name_of_id(text: str) -> bool:
    return _NAME.fullmatch(text) is not None and kind_of(text, "") == "id"


def _is_literal(request: ObservedRequest) -> bool:
    """Return whether the path is shown as it was sent, so that `{id}` in it is not a variable of the source."""
    if request.kind in (SourceKind.EXCHANGE, SourceKind.OBJECT):
        # The text may describe the path: an API that found it got it with its values.
        return request.status == HTTPStatus.NOT_FOUND
    is_shown = request.kind is SourceKind.COMMAND or request.kind.is_transcript
    return is_shown and not request.null_means_unknown


def _has_format(published: PublishedOperation, name: str) -> bool:
    """Return whether the schema of a path parameter allows only values of a certain form."""
    operation = published.load()
    parameters = operation.parameters if operation else ()
    schema = next((each.schema for each in parameters if each.name == name), {})
    return schema.get("type") == "integer" or bool({"format", "pattern", "enum"} & schema.keys())


def check_path_placeholders(request: ObservedRequest) -> Iterator[Finding]:
    """Yield a warning for each placeholder; in code, `{id}` and `$ID` may be the source's own variables."""
    is_literal = _is_literal(request)
    for written in request.path.split("/"):
        segment = unquote(written) if "%" in written else written
        is_variable = _VARIABLE.match(written) or (
            written[:1] == "{" and (not is_literal or "path" in request.unknown)
        )
        is_hidden = is_variable or is_redacted(segment)
        is_unfilled = is_placeholder(segment) and not is_hidden
        if segment.lower() in NO_VALUES or is_unfilled:
            yield placeholder_finding("path", f"`{segment}` in the path", value=segment)


def places_in_url(request: ObservedRequest) -> dict[str, str]:
    """Return the place of each value in the URL, `query` or `path`; a value in both is in the path."""
    in_query = dict.fromkeys((value for _, value in request.query), "query")
    return in_query | dict.fromkeys(map(unquote, request.path.split("/")), "path")
