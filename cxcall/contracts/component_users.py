"""Find the component schemas that refer to others, in time that grows only with the size of the document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.json_schema import references_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cxcall.contracts.json_schema import JsonSchema


class ComponentUsers:
    """The component schemas that refer to each component schema of a document."""

    def __init__(self, components: Mapping[str, JsonSchema]) -> None:
        self._users: dict[str, list[str]] = {}
        for user, schema in components.items():
            for name in references_in(schema):
                self._users.setdefault(name, []).append(user)

    def with_users(self, names: Iterable[str]) -> set[str]:
        """Return some names, and those of all components that refer to them, directly or through others."""
        found = {*names}
        waiting = [*found]
        while waiting:
            new = set(self._users.get(waiting.pop(), ())) - found
            found |= new
            waiting += new
        return found
