"""Check the keys by which an API recognizes a repeated request: each row of a batch needs its own.

An API responds to a request with the key of an earlier one as to that one, and calls nobody: the row would count as
accepted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.ledger.calls_to_people import KEY_EFFECT, used_key_error
from cxcall.ledger.request_identity import intent_digest
from cxcall.runtime.patterns import fold_name
from cxcall.transport.http_messages import KEY_HEADER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.findings.finding import Finding
    from cxcall.ledger.records import Record
    from cxcall.transport.http_messages import HttpRequest


def _find_key_parameter(operation: Operation) -> str:
    """Return the header parameter that has the key; empty if the operation has none."""
    headers = (each.name for each in operation.parameters if each.location == "header")
    return next((each for each in headers if fold_name(each) == KEY_HEADER), "")


class UsedKeys:
    """The keys of the rows so far that would be sent. `shared` are the values that all rows have: a key among them is an error."""

    def __init__(self, operation: Operation, shared: Mapping[str, str]) -> None:
        self.name = _find_key_parameter(operation)
        self._rows: dict[str, tuple[int, str]] = {}
        if self.name and self.name in shared:
            raise UsageError(
                f"all rows would have the same `{self.name}`",
                where="--param",
                fix=f"set `{self.name}` in each row, to another value",
                why=KEY_EFFECT,
            )

    def add_column(self, name: str) -> str:
        """Return the hint on a parameter that rows lack."""
        own = f"add a column `{name}`"
        return own if name == self.name else f"{own}, or {command('--param', f'{name}=VALUE')}"

    def find_repeated(self, row: int, request: HttpRequest) -> Finding | None:
        """Return the finding on a row with the key of an earlier, other request; None if its key is new."""
        key = request.idempotency_key
        if not key:
            return None
        digest = intent_digest(request.method, request.url, str(request.body))
        first, earlier = self._rows.setdefault(key, (row, digest))
        if earlier == digest:
            return None
        return used_key_error(f"row {first}", self.name)


def sent_key_error(earlier: Record, operation: Operation) -> Finding:
    """Return the finding on a row with the key of another request, which was sent, or may have been."""
    return used_key_error(f"delivery `{earlier.id}`", _find_key_parameter(operation))
