"""Advise what to do about a refusal, from the operation and the request that was refused."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from cxcall.contracts.contract import find_extended_operations
from cxcall.contracts.openapi_document import DOCTOR
from cxcall.findings.finding import command
from cxcall.responses.identifiers import correlation_id
from cxcall.responses.refusals.cause_table import ASK_FOR_RIGHT

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from cxcall.contracts.operation import Operation
    from cxcall.transport.http_messages import HttpResponse

KEEP_JSON = (
    "the request has `Content-Type: application/json`: ask the operator of the host, or of a gateway in between,"
    " which type it accepts"
)


CHECK_ENCODING = (
    "the body that is shown is valid JSON: compare it with what the client sends, such as its encoding, its"
    " `Content-Length`, and the quotes of the shell"
)


def advise_to_wait(seconds: float | None) -> str:
    """Return when to send a request again; `seconds` is the wait in the response."""
    if seconds is None:
        return "wait a minute, then send it again; to send fewer requests per minute: `cxcall batch --rate`"
    return f"send it again in {math.ceil(seconds)} s, as the response asks"


def advise_on_rights(operation: Operation | None, known: Collection[str]) -> str:
    """Return how to get the missing right: the right that the response names (`known`), or that the contract requires."""
    advice = ASK_FOR_RIGHT
    if known:
        names = ", ".join(f"`{name}`" for name in known)
        advice = f"ask an administrator to add {names} to the role of the client or user"
    if operation is None:
        return advice
    alternatives = operation.permissions or [each for each in operation.scopes if each]
    if all(name in known for each in alternatives for name in each):
        return advice
    kind = "permission" if operation.permissions else "scope"
    names = " or ".join(f"`{' '.join(sorted(each))}`" for each in alternatives)
    return f"{advice}; the contract names the {kind} {names}"


def advise_on_valid_body(operation: Operation | None, response: HttpResponse) -> str:
    """Return what to check after a refusal of a body that matches its schema."""
    doctor = _doctor_command(operation) if operation else ""
    check = (
        f"check the objects that it names: {doctor}" if doctor else "check the IDs and names in it"
    )
    known = correlation_id(response)
    support = f"give the correlation ID `{known}`" if known else "give the time and the host"
    return f"the body matches its schema: {check}; for support, {support}"


@lru_cache(maxsize=16)
def _doctor_command(operation: Operation) -> str:
    """Return the command that looks up the objects of a request; empty if there is no read for any of them."""
    in_body = {pointer.rpartition("/")[2] for pointer in operation.pointers}
    own = _required(operation)
    reads = [
        read
        for read in find_extended_operations(DOCTOR)
        if read.platform == operation.platform and in_body.union(own).intersection(_required(read))
    ]
    if not reads:
        return ""
    found = {name for read in reads for name in read.declared[DOCTOR].get("values", {})}
    wanted = [*own, *(name for read in reads for name in _required(read))]
    names = [name for name in dict.fromkeys(wanted) if name not in in_body | found]
    return command("cxcall", "doctor", "--for", operation.name, *_flags(operation, names))


def _flags(operation: Operation, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield from ("--param", f"{name}=ID")
    if operation.takes_body:
        yield from ("--file", "FILE")


def _required(operation: Operation) -> list[str]:
    return [each.name for each in operation.parameters if each.required]
