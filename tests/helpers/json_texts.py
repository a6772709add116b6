"""JSON texts of tests, and the error of a text that is refused."""

from __future__ import annotations

import pytest

from cxcall.documents.json_document import DocumentError, parse_json
from cxcall.findings.finding import Finding


def refusal(text: str) -> Finding:
    """Parse a text that must be refused; returns the error."""
    with pytest.raises(DocumentError) as refused:
        parse_json(text, "p.json")
    (finding,) = refused.value.findings
    assert (finding.code, finding.where, refused.value.exit_code) == ("body-malformed", "body", 3)
    return finding
