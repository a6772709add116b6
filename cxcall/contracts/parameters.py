"""Parameters and flags of an operation, and its alternatives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cxcall.contracts.json_schema import JsonSchema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
"""The members of a path item that are operations; `query` is new in OpenAPI 3.2."""

COMMON_FLAGS = frozenset(
    """
    again all base-url color contract curl do-not-call dry-run engagement-header engagement-id
    fields file force help hours log-file log-format max-attempts no-input output param platform
    profile query quiet region sandbox set strict timeout verbose wait yes
    """.split()
)
"""The flags of `cxcall send` itself: `--param` sets a parameter with such a name."""

_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}
_WORD_START = r"(?<=[a-z0-9])(?=[A-Z])"


class Parameter(NamedTuple):
    """A parameter of the path, the query string, or a header (`location`), with its JSON Schema.

    A list is written with commas. With `explode`, the query repeats the name for each item (OpenAPI's
    `style: form`); otherwise `separator` separates the items.
    """

    name: str
    location: str
    required: bool
    description: str
    schema: JsonSchema
    explode: bool = True
    separator: str = ","

    @classmethod
    def of(cls, entry: Mapping[str, Any], bundle: Callable[[JsonSchema], JsonSchema]) -> Parameter:
        """Return the parameter that a document declares; `bundle` adds what its schema refers to."""
        return cls(
            name=entry["name"],
            location=entry["in"],
            required=entry.get("required", False),
            description=entry.get("description", ""),
            schema=bundle(entry.get("schema", {})),
            explode=entry.get("explode", entry.get("style", "form") == "form"),
            separator=_SEPARATORS.get(entry.get("style", ""), ","),
        )

    @property
    def is_list(self) -> bool:
        """Whether it has more than one value."""
        return self.schema.get("type") == "array"

    @property
    def flag(self) -> Flag:
        """The flag that sets it on the command line: `conversationId` is `--conversation-id`.

        Characters other than letters and digits become hyphens: `page[size]` is `--page-size`. The name
        is empty for a parameter of such characters only.
        """
        name = re.sub(r"[\W_]+", "-", re.sub(_WORD_START, "-", self.name)).strip("-").lower()
        metavar = name.rpartition("-")[2].upper()
        if self.is_list:
            metavar = f"{metavar},..."
        about = self.description or f"Set the parameter `{self.name}`."
        return Flag(name, metavar, about, self.required, parameter=self.name)


class Alternative(NamedTuple):
    """A published operation that serves the same purpose as a community one."""

    method: str
    path: str
    summary: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Flag(NamedTuple):
    """A command-line flag of an operation (`x-cxcall-command`).

    Its value is set at every one of `pointers` in the body and in the path parameter `parameter`;
    or, as KEY=VALUE, under the object at `under`.
    """

    name: str
    metavar: str
    help: str
    required: bool = False
    pointers: tuple[str, ...] = ()
    parameter: str = ""
    under: str = ""

    @classmethod
    def of(cls, name: str, declared: Mapping[str, Any]) -> Flag:
        """Return the flag `name` that a contract declares."""
        return cls(name, **{**declared, "pointers": tuple(declared.get("pointers", ()))})

    @property
    def sets_body(self) -> bool:
        """Whether its value is part of the body."""
        return bool(self.pointers or self.under)


def unique_flags(parameters: Iterable[Parameter]) -> list[Flag]:
    """Return the flags of parameters, without those that have no name, or the name of another flag."""
    flags: dict[str, Flag] = {}
    for entry in parameters:
        if entry.flag.name and entry.flag.name not in COMMON_FLAGS:
            flags.setdefault(entry.flag.name, entry.flag)
    return list(flags.values())
