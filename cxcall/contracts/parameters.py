"""Parameters and flags of an operation, and its alternatives."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import resolve_reference, schema_types_of
from cxcall.documents.json_text import as_cell, find_json
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import printable
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation

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

JSON_STYLE = "json"
"""The style of a parameter that the document declares with `content`: its value is JSON."""
SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
"""The separators of lists in queries and forms, of styles other than `form`; `tabDelimited` is `tsv` of Swagger 2.0."""
_MESSAGE_HEADERS = frozenset(
    """
    host connection keep-alive proxy-connection proxy-authorization expect te trailer upgrade
    transfer-encoding content-length content-type content-encoding accept-encoding
    """.split()
)
"""Headers of the destination, the length, and the coding of a message (RFC 9110, 7, 8, and 12; RFC 9112), which cxcall sets."""
_TARGET_HEADERS = frozenset(
    """
    forwarded x-forwarded-host x-forwarded-path x-forwarded-prefix x-forwarded-server x-host x-http-host-override
    x-http-path-override x-original-host x-original-uri x-original-url x-rewrite-uri x-rewrite-url
    x-http-method x-http-method-override x-method-override
    """.split()
)
"""Headers that name another host, path, or method for a request than those that are checked and shown."""
_WORD_START = r"(?<=[a-z0-9])(?=[A-Z])"


def names_other_target(header: str) -> bool:
    """Return whether a header names another host, path, or method; many servers take `_` in its name for `-`."""
    return header.lower().replace("_", "-") in _TARGET_HEADERS


def is_control_header(header: str) -> bool:
    """Return whether a header controls the message or its target, so that neither a parameter nor a secret can be in it."""
    return header.lower() in _MESSAGE_HEADERS or names_other_target(header)


class Parameter(NamedTuple):
    """A parameter of the path, the query string, or a header (`location`), with its JSON Schema.

    Its value is a text: a list has commas between its items, or is a JSON array; an object is JSON. The
    `style` and `explode` say how OpenAPI writes it (`cxcall/contracts/parameter_styles.py`); an empty
    style is the usual one of its location. `kind` is `list`, `object`, or `text`. If another parameter has
    the same name, `name` has the location, as in `query:id`, and `name_in_request` is the declared one.
    """

    name: str
    location: str
    required: bool
    description: str
    schema: JsonSchema
    explode: bool = True
    style: str = ""
    kind: str = "text"
    name_in_request: str = ""

    @classmethod
    def of(
        cls,
        entry: Mapping[str, Any],
        bundle: Callable[[JsonSchema], JsonSchema],
        resolve: Callable[[JsonSchema], JsonSchema],
    ) -> Parameter:
        """Return the parameter that a document declares; `bundle` adds what its schema refers to."""
        content = entry.get("content")
        declared = next(iter(content.values())) if content else entry
        schema = declared.get("schema", {})
        style = JSON_STYLE if content else entry.get("style", "")
        kind = _kind(schema_types_of(resolve, schema), style)
        if kind != "text":
            schema = resolve(schema)
        usual = "form" if entry["in"] == "query" else "simple"
        return cls(
            name=entry["name"],
            location=entry["in"],
            required=entry.get("required", False),
            description=entry.get("description", ""),
            schema=bundle(schema),
            explode=entry.get("explode", (style or usual) == "form"),
            style="" if style == usual else style,
            kind=kind,
        )

    @property
    def as_sent(self) -> Parameter:
        """The same parameter under the name that it has in a request."""
        return self._replace(name=self.name_in_request) if self.name_in_request else self

    @property
    def place(self) -> str:
        """Its place in a request, as findings name it: `path`, `query:NAME`, `header:NAME`."""
        return "path" if self.location == "path" else f"{self.location}:{printable(self.name)}"

    @property
    def is_list(self) -> bool:
        """Whether it has more than one value."""
        return self.kind == "list"

    @property
    def is_object(self) -> bool:
        """Whether its value is a JSON object."""
        return self.kind == "object"

    @property
    def is_plain(self) -> bool:
        """Whether its text is sent unchanged, apart from percent-encoding."""
        return self.kind == "text" and not self.style

    def value_of(self, text: str) -> Any:
        """Return the value that a text stands for: the items of a list as texts, a JSON object, or the text.

        The text of a list or an object that cannot be read is returned unchanged, as one item of a list.
        """
        if self.kind == "text":
            return text
        if self.is_list:
            return list_items(text)
        found = find_json(text, None) if text.lstrip()[:1] == "{" else None
        return found if isinstance(found, dict) else text

    def has_other_integers(self, text: str) -> bool:
        """Return whether a valid integer, also in a list, is written as servers may not read it, such as `1e3`."""
        schema, items = self.schema, [text]
        if self.is_list:
            schema = {"components": schema.get("components", {}), **schema.get("items", {})}
            items = self.value_of(text)
        types = schema_types_of(lambda node: resolve_reference(schema, node["$ref"]), schema)
        if "integer" not in types or not {"number", "string"}.isdisjoint(types):
            return False
        return not all(each.removeprefix("-").isdecimal() or each.isalpha() for each in items)

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
        elif self.is_object:
            metavar = "JSON"
        about = self.description or f"Set the parameter `{self.name}`."
        return Flag(name, metavar, about, self.required, parameter=self.name, is_list=self.is_list)


def _kind(types: list[str], style: str) -> str:
    """Return the kind of a parameter whose values have these types; a value that may be a text is one."""
    if "string" in types:
        return "text"
    if "object" in types or (style == "deepObject" and not types):
        return "object"
    return "list" if "array" in types else "text"


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
    or, as KEY=VALUE, under the object at `under`. `is_list` says whether it may be given more than once.
    """

    name: str
    metavar: str
    help: str
    required: bool = False
    pointers: tuple[str, ...] = ()
    parameter: str = ""
    under: str = ""
    is_list: bool = False

    @classmethod
    def of(cls, name: str, declared: Mapping[str, Any]) -> Flag:
        """Return the flag `name` that a contract declares."""
        return cls(name, **{**declared, "pointers": tuple(declared.get("pointers", ()))})

    @property
    def sets_body(self) -> bool:
        """Whether its value is part of the body."""
        return bool(self.pointers or self.under)


def list_items(text: str) -> list[str]:
    """Return the items of a list that is written with commas, or as a JSON array."""
    found = find_json(text, None) if text.lstrip()[:1] == "[" else None
    return list(map(as_cell, found)) if isinstance(found, list) else text.split(",")


def join_repeated(option: str, texts: Sequence[str], *, is_list: bool) -> str:
    """Return the texts of an option that is given more than once as one list; raises UsageError if its value is not a list."""
    if len(texts) == 1:
        return texts[0]
    if not is_list:
        raise UsageError(
            f"`{option}` is given {len(texts)} times, but has one value",
            where=option,
            fix="give it once",
        )
    items = [item for text in texts for item in list_items(text)]
    return json.dumps(items) if any("," in item for item in items) else ",".join(items)


def required_parameters(operation: Operation) -> list[str]:
    """Return the names of an operation's required parameters."""
    return [entry.name for entry in operation.parameters if entry.required]


def parse_parameters(operation: Operation, params: Sequence[str]) -> dict[str, str]:
    """Read `--param NAME=VALUE`; raises UsageError for an unknown name."""
    parameters = {entry.name: entry for entry in operation.parameters}
    names = list(parameters)
    values: dict[str, list[str]] = {}
    for text in params:
        # A name may contain `=`.
        name = next((each for each in names if text.startswith(f"{each}=")), "")
        value = text[len(name) + 1 :]
        if not (name and value):
            raise UsageError(
                f"parameter `{name}` has no value"
                if name
                else f"unknown parameter `{text.partition('=')[0]}` of `{operation.name}`",
                where="--param",
                fix=f"write {command('--param', f'{name or _likely_name(text, names)}=VALUE')}"
                if names
                else "leave it out: the operation has no parameters",
            )
        values.setdefault(name, []).append(value)
    return {
        name: join_repeated(f"--param {name}", texts, is_list=parameters[name].is_list)
        for name, texts in values.items()
    }


def _likely_name(text: str, names: Sequence[str]) -> str:
    """Return the parameter that a wrong `NAME=VALUE` probably means; `NAME` if none is similar."""
    from cxcall.phone.number_property_names import may_mean
    from cxcall.runtime.name_similarity import nearest_name

    name = text.partition("=")[0]
    usable = [each for each in names if may_mean(name, each)]
    return nearest_name(name, usable) or "NAME"


def with_own_names(parameters: Sequence[Parameter]) -> Iterator[Parameter]:
    """Yield parameters under different names: one in the path keeps its name, or else the first one."""
    in_path = [each for each in parameters if each.location == "path"]
    places = {each.name: each.location for each in (*reversed(parameters), *in_path)}
    for each in parameters:
        if places[each.name] == each.location:
            yield each
        else:
            yield each._replace(name=f"{each.location}:{each.name}", name_in_request=each.name)


def unique_flags(parameters: Iterable[Parameter]) -> list[Flag]:
    """Return the flags of parameters, without those that have no name, or the name of another flag.

    If several parameters have a flag, it belongs to the only one without signs that a flag cannot have:
    `--start-time` is `StartTime`, not `StartTime<`.
    """
    flags: dict[str, list[Flag]] = {}
    for entry in parameters:
        if entry.flag.name and entry.flag.name not in COMMON_FLAGS:
            flags.setdefault(entry.flag.name, []).append(entry.flag)
    named = (
        each if len(each) == 1 else [one for one in each if re.fullmatch(r"[\w-]+", one.parameter)]
        for each in flags.values()
    )
    return [each[0] for each in named if len(each) == 1]
