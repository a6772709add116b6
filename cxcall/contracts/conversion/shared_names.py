"""Give operations of a user's document other names if a shipped operation at another route has theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cxcall.contracts.conversion.schemas import component_name, unique
from cxcall.contracts.openapi_document import PROBLEMS, RENAMED
from cxcall.documents.json_pointer import join_pointer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.conversion.convert import ConvertedDocument


def rename_shared(
    converted: ConvertedDocument, name: str, shipped: Iterable[Contract]
) -> ConvertedDocument:
    """Return a document called `name` in which no operation has the name of a shipped one at another route.

    Such an operation is named after its method and path. The head lists the old names with the new ones
    and the shipped contract (`x-cxcall-renamed`), and has a problem for each.
    """
    routes = {
        known: (contract.name, method, path)
        for contract in shipped
        for method, path, known in contract.parts.routes()
    }
    taken = {each.declared["operationId"] for each in converted.operations} | routes.keys()
    renamed, problems = {}, []
    base = next(
        (urlsplit(each["url"]).path.rstrip("/") for each in converted.head.get("servers", ())), ""
    )
    for method, path, declared in converted.operations:
        old = declared["operationId"]
        owner, *route = routes.get(old, ("", method, path))
        if route in ([method, path], [method, base + path]):
            continue
        new = declared["operationId"] = unique(component_name(f"{method.lower()} {path}"), taken)
        renamed[old] = [new, owner]
        problems.append(
            {
                "where": f"{name}#{join_pointer('/paths', path)}/{method.lower()}/operationId",
                "message": f"`{old}` is the name of a shipped operation, so {method} {path} is called `{new}`",
                "fix": f"write `{new}`; the shipped operation is `{owner}:{old}`",
                "operations": [],
            }
        )
    head = {**converted.head, PROBLEMS: [*converted.head[PROBLEMS], *problems], RENAMED: renamed}
    return converted._replace(head=head) if renamed else converted
