"""Decide whether a corrected request is the one that the API has refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cxcall.documents.json_text import find_json
from cxcall.findings.finding import Severity

if TYPE_CHECKING:
    from cxcall.explaining.correction.corrected_request import CorrectedRequest
    from cxcall.explaining.explanation import Explanation

UNKNOWN_PATH = (404, 405)
"""The statuses of a path, or of a method, that the API does not know."""


def repeats_request(corrected: CorrectedRequest, explanation: Explanation) -> bool:
    """Return whether a corrected request is the one that was sent."""
    request, called, own = explanation.request, explanation.route.operation, corrected.operation
    is_same = called is not None and (called.method, called.path) == (own.method, own.path)
    if corrected.missing or not is_same:
        return False
    path, status = urlsplit(corrected.url).path, request.status
    if _plain_path(path, status) != _plain_path(request.path, status):
        return False
    if corrected.operation.takes_body and parse_leniently(request.body) != (corrected.body or {}):
        return False
    names = {name for name, _ in request.query}
    return names <= set(corrected.values) and not _has_wrong_header(explanation)


def _plain_path(path: str, status: int | None) -> str:
    plain = unquote(path).strip("/")
    return plain if status in UNKNOWN_PATH else plain.lower()  # a 404 may be about its case


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
