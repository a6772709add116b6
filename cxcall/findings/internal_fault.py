"""Describe a fault in cxcall itself."""

from __future__ import annotations

from cxcall.findings.finding import Finding
from cxcall.version import __version__


def fault_finding(fault: BaseException) -> Finding:
    """Return the finding on a fault; it names only places in the code, because values can be secrets."""
    from traceback import extract_tb

    places = [
        f"{frame.filename.rpartition('cxcall')[2]}:{frame.lineno}"
        for frame in extract_tb(fault.__traceback__)
    ]
    return Finding.error(
        "fault",
        " > ".join(places[-4:]),
        f"cxcall {__version__} itself failed: {type(fault).__name__}",
        why="`cxcall history list` shows whether something was sent",
        fix="report it with the line above and the command; the line contains none of your values",
    )
