"""Merge findings that are equal except for the item of a list that they are about."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cxcall.findings.finding import Finding

LIST_INDEX = re.compile(r"/[0-9]+(?=/|`|$)")
"""The index of an item in a pointer, also of a pointer in a message."""


def merge_equal(findings: Iterable[Finding]) -> Iterable[Finding]:
    """Return the findings without repetitions for other items of a list; the first one names their number."""
    first: dict[tuple[str, ...], Finding] = {}
    counts: dict[tuple[str, ...], int] = {}
    for each in dict.fromkeys(findings):
        where = LIST_INDEX.sub("/*", each.where)
        key: tuple[str, ...] = (each.severity, each.code, where, LIST_INDEX.sub("/*", each.message))
        if each.where == where and key in first:  # not an item of a list
            key = (*key, each.where, str(len(counts)))
        first.setdefault(key, each)
        counts[key] = counts.get(key, 0) + 1
    return [
        each._replace(message=f"{each.message} (and in {counts[key] - 1} other items)")
        if counts[key] > 1
        else each
        for key, each in first.items()
    ]
