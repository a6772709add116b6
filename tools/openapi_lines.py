"""Write an OpenAPI document with one line for each operation and schema, and the index of these lines.

`cxcall/contracts/indexed_document.py` reads both.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import Contract
from cxcall.contracts.indexed_document import index_body
from cxcall.contracts.openapi_document import SEARCHED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cxcall.contracts.operation import Operation

_SEPARATOR = ",\n"


class _Lines:
    """Text that is written in pieces; `spans` has the start and the end of each piece that has a name."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.length = 0
        self.spans: dict[tuple[str, ...], tuple[int, int]] = {}

    def add(self, text: str, *name: str) -> None:
        if name:
            self.spans[name] = (self.length, self.length + len(text))
        self.pieces.append(text)
        self.length += len(text)

    def add_members(self, members: dict[str, Any], *name: str) -> None:
        """Write an object with one member per line."""
        self.add("{\n")
        for place, (key, value) in enumerate(members.items()):
            self.add(f"{_SEPARATOR if place else ''}{_json(key)}: ")
            self.add(_json(value), *name, key)
        self.add("\n}")


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))  # ASCII, so that positions count bytes


def _named_extensions(operations: Iterable[Operation]) -> dict[str, dict[str, str]]:
    """Return the operations by each extension that is searched, with the member `name` of the extension."""
    found: dict[str, dict[str, str]] = {}
    for each in operations:
        for extension in SEARCHED:
            value = each.declared.get(extension, False)
            label = str(value.get("name", "")) if isinstance(value, dict) else ""
            if value is not False:
                found.setdefault(extension, {})[each.name] = label
    return found


def write_document(document: dict[str, Any]) -> tuple[str, str]:
    """Return a document as text, and the text of its index."""
    lines = _Lines()
    components = document["components"]
    head = {name: part for name, part in document.items() if name not in ("paths", "components")}
    rest = {name: part for name, part in components.items() if name != "schemas"}
    lines.add("{\n")
    for name, part in head.items():
        lines.add(f"{_json(name)}: {_json(part)},\n")
    lines.add('"paths": {\n')
    for place, (path, item) in enumerate(document["paths"].items()):
        lines.add(f"{_SEPARATOR if place else ''}{_json(path)}: ")
        lines.add_members(item, "operation", path)
    lines.add('\n},\n"components": {\n')
    for name, part in rest.items():
        lines.add(f"{_json(name)}: {_json(part)},\n")
    lines.add('"schemas": ')
    lines.add_members(components["schemas"], "schema")
    lines.add("\n}\n}\n")
    text = "".join(lines.pieces)
    operations = Contract("", document).operations
    index = [
        {**head, "components": rest},
        _named_extensions(operations),
        [
            [
                each.name,
                each.method,
                each.path,
                *lines.spans["operation", each.path, each.method.lower()],
            ]
            for each in operations
        ],
        {name: lines.spans["schema", name] for name in components["schemas"]},
        [index_body(each) for each in operations if each.takes_body],
    ]
    return text, "".join(f"{_json(part)}\n" for part in index)
