"""Read which operations of a user's document cannot be used: they are left out of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.openapi_document import LEFT_OUT
from cxcall.contracts.request_url import path_of_url
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract


class LeftOutOperation(NamedTuple):
    """An operation that a document declares, but that cannot be used; `path` includes that of the server.

    `reason` and `fix` are those that `cxcall operations --problems` lists, `where` is the place in the document.
    """

    method: str
    path: str
    name: str
    where: str
    reason: str
    fix: str


def read_left_out_operations(contract: Contract) -> tuple[LeftOutOperation, ...]:
    """Return the operations of a contract that cannot be used, in the order of the document."""
    base, found = path_of_url(contract.base_url()), []
    for method, path, name in contract.declared.get(LEFT_OUT, ()):
        problem = next(each for each in contract.problems if name in each["operations"])
        texts = [problem[key] for key in ("where", "message", "fix")]
        found.append(LeftOutOperation(method, base + path, name, *texts))
    return tuple(found)
