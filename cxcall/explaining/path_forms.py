"""Correct the part of a path that precedes the operation: `/api/v2`, and the ACD base path of NICE CXone."""

from __future__ import annotations

import re

from cxcall.explaining.published_operations import CXONE, GENESYS

# Missing, repeated, or in another version (docs/platforms/nice-cxone.md#base-url-and-versions).
_PREFIXES = {
    GENESYS: re.compile(r"(?:/(?:platform|api|v?[0-9]+(?:\.[0-9]+)*)(?=/))*", re.IGNORECASE),
    CXONE: re.compile(
        r"(?:/(?:api|incontactapi|services|v[0-9]+(?:\.[0-9]+)?)(?=/))*", re.IGNORECASE
    ),
}
_VERSION = re.compile(r"v([0-9]+)", re.IGNORECASE)
_NEWEST_VERSION = "34"


def correct_prefix(path: str, platform: str) -> str:
    """Return a path with the prefix of the platform's paths, and without empty segments; empty if it has both."""
    if platform not in _PREFIXES:
        return ""
    whole = re.sub(r"/{2,}", "/", path)
    written = _PREFIXES[platform].match(whole)
    rest = whole[written.end() :] if written else whole
    prefix = "/api/v2"
    if platform == CXONE:
        versions = _VERSION.findall(written[0] if written else "")
        prefix = f"/inContactAPI/services/v{versions[-1] if versions else _NEWEST_VERSION}.0"
    corrected = prefix + rest
    return "" if corrected.lower() == path.lower() else corrected
