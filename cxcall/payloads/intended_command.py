"""Note that a body which fits a rarely sent operation may be meant for one with a command of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.operation_matching import (
    candidate_operations,
    count_missing,
    count_unknown_properties,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload


def is_rarely_sent(matches: Sequence[Operation]) -> bool:
    """Return whether operations are known only from the vendor's list, and have an ID in their path, which no file has."""
    return all(each.is_generated and "{" in each.path for each in matches)


def commands_lacking_one(operations: Sequence[Operation], value: Any) -> list[Operation]:
    """Return the operations with a command that declare all names of an object and require one more; only its names decide."""
    return [
        each
        for each in candidate_operations(operations, value)
        if each.command
        and not count_unknown_properties(each, value)
        and count_missing(each, value) == 1
    ]


def note_intended_command(
    operations: Sequence[Operation],
    matches: Sequence[Operation],
    body: Payload,
    check_body: Callable[[Operation, Payload], list[Finding]],
) -> Iterator[Finding]:
    """Yield the note on a body that would be valid for an operation with a command if it had one more property."""
    for operation in (
        commands_lacking_one(operations, body.value) if is_rarely_sent(matches) else ()
    ):
        found = check_body(operation, body)
        errors = [each for each in found if each.severity is Severity.ERROR]
        if [each.code for each in errors] == ["property-missing"]:
            yield Finding.note(
                "operation-mismatch",
                "body",
                f"not valid as `{operation.name}`: {errors[0].message}",
                fix=f"to check it as that: `cxcall validate FILE --operation {operation.name}`",
                why=f"`{matches[0].name}` needs the ID of an object in its path: `{matches[0].path}`",
                source=operation.source,
                excerpt=body.find_excerpt(""),
            )
            return
