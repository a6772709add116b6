"""OpenAPI 3.1 documents -> operations: the one source of what can be sent, and how it is checked."""

from __future__ import annotations

from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.contracts import json_schema
from cxcall.contracts.openapi_document import ParsedDocument
from cxcall.contracts.operation import Operation
from cxcall.contracts.parameters import server_url
from cxcall.findings.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.openapi_document import OpenApiDocument, OperationEntry


class Contract:
    """An OpenAPI 3.1 document, as JSON text, parsed, or in parts, and the operations that it declares."""

    def __init__(self, name: str, document: Mapping[str, Any] | str | OpenApiDocument) -> None:
        self.name = name
        self.document = document
        self._made: dict[Any, Operation] = {}

    @cached_property
    def parts(self) -> OpenApiDocument:
        """The document, as it is read."""
        document = self.document
        return ParsedDocument(document) if isinstance(document, str | dict) else document  # type: ignore[return-value]

    @cached_property
    def declared(self) -> Mapping[str, Any]:
        """What is declared for the whole document."""
        return self.parts.head

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation that has an `operationId`, in the document's order."""
        return self._operations(self.parts.entries())

    def named(self, name: str) -> tuple[Operation, ...]:
        """Return the operation of that name, without a look at the others; empty where there is none."""
        return self._operations(self.parts.named(name))

    def commanded(self, name: str = "") -> tuple[Operation, ...]:
        """Return the operations that have a command of their own, or that may have the one of that name."""
        return self._operations(self.parts.commanded(name))

    def likely(self, names: Sequence[str], *, is_array: bool) -> tuple[Operation, ...]:
        """Return the operations that a body with these names may be for, or is near to."""
        return self._operations(self.parts.likely(names, is_array=is_array))

    def _operations(self, entries: Iterator[OperationEntry]) -> tuple[Operation, ...]:
        # One object for each operation: its compiled schemas are kept with it.
        return tuple(self._made.setdefault(each[:2], Operation(self, *each)) for each in entries)

    @property
    def _server(self) -> Mapping[str, Any]:
        return dict((self.declared.get("servers") or [{}])[0])

    @property
    def regions(self) -> Mapping[str, str]:
        """Region name -> domain, as far as the contract knows them; the list is open."""
        return dict(self._server.get("x-cxcall-regions", {}))

    def base_url(self, domain: str = "") -> str:
        """Return the server's URL, its variables by default; a region's domain is for the first one."""
        return server_url(self._server, domain)

    def resolve(self, node: Mapping[str, Any]) -> dict[str, Any]:
        """Follow `$ref` inside this document; what stands beside the `$ref` wins (OpenAPI 3.1)."""
        resolved = dict(node)
        while "$ref" in resolved:
            target = self.parts.target(resolved.pop("$ref"))
            resolved = {**target, **resolved}
        return resolved

    def closed(self, node: JsonSchema) -> JsonSchema:
        """Return a schema with the component schemas it reaches beside it, and none else."""
        reached = json_schema.referenced_schemas(self.parts.target, node)
        return {**node, "components": {"schemas": reached}} if reached else dict(node)


@cache
def load_shipped_contracts() -> tuple[Contract, ...]:
    """Return the contracts shipped in the package, in the order of their names."""
    return tuple(
        Contract(path.stem, path.read_text("utf-8"))
        for path in sorted(Path(__file__).parent.glob("*.json"))
    )


def find_platform_contract(platform: str) -> Contract:
    """Return the first shipped contract of a platform; of all, where none is named."""
    shipped = load_shipped_contracts()
    matches = (each for each in shipped if each.declared.get("x-cxcall-platform") == platform)
    return next(matches, shipped[0]) if platform else shipped[0]


def load(path: str) -> Contract:
    """Read a user's own contract: OpenAPI 3.0, 3.1 or Swagger 2.0 in JSON, converted at its first use.

    What is no read may ring a phone, unless the document holds `x-cxcall-rings: false` for it.
    Raises UsageError when it is no such document.
    """
    from cxcall.contracts.cached_document import open_document

    return Contract(path, open_document(path))


def load_contracts(path: str | None = None) -> tuple[Contract, ...]:
    """Return every contract that is known, the user's own (at `path`) first."""
    return ((load(path),) if path else ()) + load_shipped_contracts()


def operations(path: str | None = None) -> tuple[Operation, ...]:
    """Return every operation that is known; those of the user's own contract (at `path`) first."""
    return tuple(entry for known in load_contracts(path) for entry in known.operations)


def find_command_operations(name: str = "", path: str | None = None) -> tuple[Operation, ...]:
    """Return the operations behind the command `name`, or any; what declares none is not even parsed."""
    found = (entry for known in load_contracts(path) for entry in known.commanded(name))
    return tuple(entry for entry in found if name in ("", entry.command))


def command_names() -> list[str]:
    """Return the names of the commands that the shipped contracts declare, in their order."""
    return list(dict.fromkeys(entry.command for entry in find_command_operations()))


def named(name: str, path: str | None = None) -> Operation:
    """Return the operation called `name`, as `find` does; contracts without that name are not parsed."""
    found = (entry for known in load_contracts(path) for entry in known.named(name))
    return next(found, None) or find(name, operations(path))


def find(name: str, known: tuple[Operation, ...]) -> Operation:
    """Return the operation called `name`; raises UsageError with the nearest names otherwise."""
    if found := next((entry for entry in known if entry.name == name), None):
        return found
    from difflib import get_close_matches

    close = get_close_matches(name, [operation.name for operation in known], n=1)
    fix = f"did you mean `{close[0]}`?" if close else "see `cxcall operations`"
    raise UsageError(f"no operation is called `{name}`", where="operation", fix=fix)
