"""Note that a command printed only the first of several pages of a list."""

from __future__ import annotations

from typing import Any

from cxcall.contracts.paging import (
    PAGE_COUNTS,
    TOTALS,
    Paging,
    find_cursor,
    find_link,
    find_number,
)
from cxcall.findings.finding import Finding


def note_more_pages(paging: Paging, body: Any, headers: Any) -> tuple[Finding, ...]:
    """Return a note if a response is only the first of several pages."""
    items = paging.find_items(body) or []
    pages, total = find_number(body, PAGE_COUNTS), find_number(body, TOTALS)
    is_more = (pages or 0) > 1 if pages is not None else (total or 0) > len(items)
    if not (
        is_more or find_link(body, headers) or (paging.cursor and find_cursor(body, paging.cursor))
    ):
        return ()
    shown = f"{len(items):,} of {total:,} items" if total else f"{len(items):,} items"
    message = f"this is one page: {shown}"
    return (Finding.note("paging", "response", message, fix="read all pages: `--all`"),)
