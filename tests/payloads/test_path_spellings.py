"""A value of a path has one spelling, so that a second request with the same value is noticed as a duplicate."""

from __future__ import annotations

from typing import Any

from cxcall.contracts.parameters import Parameter
from cxcall.payloads.schema_check import has_other_spelling
from helpers.cases import each_case

WHOLE, ANY_NUMBER, TEXT = {"type": "integer"}, {"type": "number"}, {"type": "string"}


@each_case(
    "schema, value, is_other",
    [
        (WHOLE, "1001", False),
        (WHOLE, "1001.0", True),
        (WHOLE, "1e3", True),
        (WHOLE, " 1001", True),
        (WHOLE, "1001\u200b", True),
        (ANY_NUMBER, "1.5", False),
        (ANY_NUMBER, "1.50", True),
        (TEXT, "1001.0", False),
        (TEXT, "a ", True),
    ],
)
def test_number_or_text_with_another_spelling_is_noticed(
    schema: Any, value: str, *, is_other: bool
) -> None:
    parameter = Parameter("id", "path", required=True, description="", schema=schema)
    assert has_other_spelling(parameter, value) is is_other
    assert not has_other_spelling(parameter._replace(location="query"), value)
