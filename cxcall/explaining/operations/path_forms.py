"""Correct the part of a path that precedes the operation: `/api/v2`, and the ACD base path of NICE CXone."""

from __future__ import annotations

import re

from cxcall.explaining.operations.published_operations import CXONE, GENESYS
from cxcall.named_tuple import NamedTuple

# Missing, repeated, or in another version (docs/platforms/nice-cxone.md#base-url-and-versions).
_PREFIXES = {
    GENESYS: re.compile(r"(?:/(?:platform|api|v?[0-9]+(?:\.[0-9]+)*)(?=/))*", re.IGNORECASE),
    CXONE: re.compile(
        r"(?:/(?:api|incontactapi|services|v[0-9]+(?:\.[0-9]+)?)(?=/))*", re.IGNORECASE
    ),
}
_VERSION = re.compile(r"v([0-9]+)", re.IGNORECASE)
_NEWEST_VERSION = "34"


class PathForm(NamedTuple):
    """A corrected path; `written` is the prefix that was replaced by `prefix`."""

    path: str
    written: str
    prefix: str


def correct_prefix(path: str, platform: str) -> PathForm | None:
    """Return a path with the prefix of the platform's paths and without empty segments; None if it is so."""
    if platform not in _PREFIXES:
        return None
    whole = re.sub(r"/{2,}", "/", path)
    match = _PREFIXES[platform].match(whole)
    written = match[0] if match else ""
    prefix = "/api/v2"
    if platform == CXONE:
        versions = _VERSION.findall(written)
        prefix = f"/inContactAPI/services/v{versions[-1] if versions else _NEWEST_VERSION}.0"
    corrected = prefix + whole[len(written) :]
    return None if corrected.lower() == path.lower() else PathForm(corrected, written, prefix)
