"""Keep the values of the names in code, and put them into texts."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.calls import Calls
from cxcall.explaining.readers.code.declared_types import find_types
from cxcall.explaining.readers.code.sent_body import encode_query, form_members
from cxcall.explaining.readers.code.values import NOTHING, as_text, measure
from cxcall.explaining.readers.unresolved_variables import mark_unresolved

# `urlencode(params)` and `params.toString()`, the text of a query.
_ENCODED = re.compile(r"^[\w.]+\((\$?[\w.]+)\)$|(?:\.|->)\w+\(\)$")

# The greatest total size of the values of names, as a multiple of the length of the text.
_ALLOWANCE = 16
_LEAST_ALLOWANCE = 100_000


class KnownNames(Calls):
    """Looks up names; their values may be used only so often that the result is not too large."""

    _allowance = _LEAST_ALLOWANCE

    def prepare(self, text: str) -> None:
        """Read the types that a text declares, and set how much it may use."""
        self.types = find_types(text)
        self._allowance = _LEAST_ALLOWANCE + _ALLOWANCE * len(text)

    def _lookup(self, name: str) -> Any:
        """Return the value of a name, or the name as an unresolved variable."""
        value, (owner, _, member) = self.names.get(name, NOTHING), name.rpartition(".")
        if value is NOTHING and owner and isinstance(self.names.get(owner), dict):
            value = self.names[owner].get(member, NOTHING)
        # An empty list is filled later.
        if value is NOTHING or value == [] or not self._may_use(value):
            return mark_unresolved(f"{{{name.lstrip('$')}}}")
        return value

    def _may_use(self, value: Any) -> bool:
        """Return whether the value of a name may be used once more: `a = a + a` doubles it each time."""
        self._allowance -= measure(value, self._allowance)
        return self._allowance >= 0

    def resolve_text(self, text: str) -> str:
        """Return a text with the variables whose values are known."""
        if "\ufdd0" not in text:
            return text

        def replace(match: re.Match[str]) -> str:
            name = match[1].strip("{}").replace("->", ".")
            is_query = text[: match.start()].endswith(("?", "&"))
            name = _ENCODED.sub(r"\1", name) if is_query else name
            for known in (name, f"${name.lstrip('$')}", name.lstrip("$")):
                value = self.names.get(known)
                if isinstance(value, str | int | float) and self._may_use(value):
                    return as_text(value)
                if is_query and (members := form_members(value)):
                    return encode_query(members)
            return match[0]

        return re.sub("\ufdd0([^\ufdd1]*)\ufdd1", replace, text)
