"""One operation of a contract: everything that its document declares about it."""

from __future__ import annotations

from functools import cached_property, lru_cache
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from cxcall.contracts import json_schema
from cxcall.contracts.openapi_document import COMMAND, CONDITIONS, READS, RISK, rules_on
from cxcall.contracts.parameters import Alternative, Flag, Parameter, with_own_names
from cxcall.documents.json_pointer import split_pointer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.security_schemes import SecurityScheme

JSON = "application/json"
URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
_PLACES_KEPT = 4096
Value = TypeVar("Value")


def _is_prefix(word: str) -> bool:
    """Return whether a segment of a path is common to a whole API, such as `api` and `v2`."""
    return word == "api" or (word[:1] == "v" and word[1:].replace(".", "").isdecimal())


class _DeclaredValue(Generic[Value]):
    """A descriptor: returns the value that a document declares for an operation, in the type of the default."""

    def __init__(self, name: str, default: Value) -> None:
        self._name, self._default = name, default

    def __get__(self, operation: Operation, owner: type) -> Value:
        value: Any = operation.declared.get(self._name, self._default)
        kind: Any = type(self._default)
        found: Value = value if self._default is None else kind(value)
        return found


def is_json(media_type: str) -> bool:
    """Return whether a media type is JSON: `application/json`, or a type such as `application/problem+json`."""
    return media_type == JSON or media_type.endswith("+json")


class Operation:
    """One method and path template, with the declarations of its document.

    A contract creates one object for each operation, so that compiled schemas are kept.
    """

    name = _DeclaredValue("operationId", "")
    """The name of the operation on the command line."""
    summary = _DeclaredValue("summary", "")
    """One sentence that says what the operation does."""
    description = _DeclaredValue("description", "")
    """More about the operation; often empty."""
    is_generated = _DeclaredValue("x-cxcall-generated", default=False)
    """Whether it is known only from the vendor's SDK."""
    provenance = _DeclaredValue("x-cxcall-provenance", "published")
    """`published` (in the vendor's list) or `community` (reported by users)."""
    can_place_call = _DeclaredValue(RISK, default=False)
    """Whether accepting this request can place a call."""
    is_for_login = _DeclaredValue("x-cxcall-grants", default=False)
    """Whether it issues tokens, so that its bodies are secrets."""
    recommended = _DeclaredValue("x-cxcall-recommended", "")
    """The name of the operation that is recommended in place of this one; empty if there is none."""
    columns_at = _DeclaredValue[str | None]("x-cxcall-columns", None)
    """The object in the body whose member a column sets, if the column sets nothing else; None if there is none."""
    engagement_id = _DeclaredValue[tuple[str, ...]]("x-cxcall-engagement-id", ())
    """Where the engagement ID is, in order: `header:NAME` and `body:/pointer`."""
    token_kinds = _DeclaredValue[tuple[str, ...]]("x-cxcall-token", ())
    """The grants whose tokens the operation accepts; empty if not declared."""

    def __init__(
        self, contract: Contract, method: str, path: str, declared: dict[str, Any]
    ) -> None:
        self.contract = contract
        self.method = method
        self.path = path
        self.declared = declared
        self._places: dict[str, Any] = {}

    @property
    def tag(self) -> str:
        """The group of the operation: its first tag, or the first word of its path after a version."""
        for tag in self.declared.get("tags", ()):
            if isinstance(tag, str) and tag.strip():
                return tag.strip()
        words = (part for part in self.path.split("/") if part and not part.startswith("{"))
        return next((word for word in words if not _is_prefix(word)), "other")

    @property
    def platform(self) -> str:
        """`genesys-cloud`, `nice-cxone`, or empty for the user's own platform."""
        return self.contract.platform

    @property
    def source(self) -> str:
        """The source of a finding that follows from its contract."""
        return f"contract {self.contract.name}"

    @property
    def rate(self) -> str:
        """How many requests the platform accepts, such as `300/m` (`x-cxcall-rate`)."""
        return str(self.contract.declared.get("x-cxcall-rate", "300/m"))

    @property
    def is_sendable(self) -> bool:
        """Whether `send` offers it; for other operations, a document only describes a correct request."""
        return not self.contract.declared.get("x-cxcall-explain-only", False)

    @property
    def listing(self) -> str:
        """Where its parameters and properties are listed, for hints."""
        known = f"`cxcall operations {self.name}`"
        return known if self.is_sendable else "the vendor's documentation"

    @cached_property
    def as_call(self) -> Operation:
        """The same operation, but marked as one that can place a call."""
        return Operation(self.contract, self.method, self.path, {**self.declared, RISK: True})

    @property
    def is_read(self) -> bool:
        """Whether the request changes nothing, so that it may be repeated: by its method, or as it is used."""
        is_safe = self.declared.get(READS, self.method in ("GET", "HEAD", "OPTIONS"))
        return bool(is_safe) and not self.can_place_call

    @property
    def is_repeatable(self) -> bool:
        """Whether sending it twice is like sending it once, by its method (RFC 9110, section 9.2.2) or as declared."""
        is_idempotent = self.method in ("PUT", "DELETE") or self.declared.get("x-cxcall-idempotent")
        return bool(is_idempotent) and not self.can_place_call

    @property
    def _declared_security(self) -> list[dict[str, list[str]]] | None:
        return self.declared.get("security", self.contract.declared.get("security"))

    @property
    def is_public(self) -> bool:
        """Whether it needs no credentials: its `security`, or else that of the document, is declared as empty."""
        return self._declared_security == []

    @cached_property
    def security(self) -> tuple[tuple[SecurityScheme, ...], ...]:
        """The alternatives of credentials that a user's document declares.

        A shipped contract declares none: its operations accept a token.
        """
        if self.contract.is_shipped:
            return ()
        from cxcall.contracts.security_schemes import list_alternatives

        return list_alternatives(self.contract.declared, self._declared_security)

    @property
    def nearest(self) -> tuple[Alternative, ...]:
        """The published operations for the same purpose, if this one is not published."""
        return tuple(Alternative(**entry) for entry in self.declared.get("x-cxcall-nearest", ()))

    @property
    def provenance_note(self) -> str:
        """For an unpublished operation, its provenance and the published alternatives; else empty."""
        if self.provenance == "published":
            return ""
        instead = "; or ".join(f"{entry}, to {entry.summary}" for entry in self.nearest)
        return (
            "This route is reported by users and not documented by the vendor. "
            f"Published for the same purpose: {instead}."
        )

    @property
    def scopes(self) -> tuple[frozenset[str], ...]:
        """Alternative sets of OAuth scopes; any one is enough. Empty if none is declared."""
        return tuple(
            frozenset(scope for names in entry.values() for scope in names)
            for entry in self._declared_security or ()
        )

    @property
    def permissions(self) -> tuple[frozenset[str], ...]:
        """Alternative sets of permissions; any one is enough. Empty if none is declared."""
        return tuple(map(frozenset, self.declared.get("x-cxcall-permissions", ())))

    @property
    def needs_user_token(self) -> bool:
        """Whether the operation acts as a user, so that the token of an OAuth client is refused."""
        return bool(self.token_kinds) and "client-credentials" not in self.token_kinds

    @property
    def server(self) -> str:
        """The URL of the operation's own server, with default variables; empty if it has none."""
        from cxcall.contracts.request_url import server_url

        return server_url((self.declared.get("servers") or [{}])[0])

    @property
    def base_path(self) -> str:
        """The path of the server's URL: a template, often empty."""
        from cxcall.contracts.request_url import path_of_url

        servers = self.declared.get("servers") or self.contract.declared.get("servers") or [{}]
        return path_of_url(str(servers[0].get("url", "")))

    @property
    def command(self) -> str:
        """The name of the operation's own command; empty if only `send` offers it."""
        return str(self.declared.get(COMMAND, {}).get("name", ""))

    @cached_property
    def sharing_command(self) -> tuple[Operation, ...]:
        """The operations of its contract that have the same command, itself included."""
        return self.contract.find_extended(COMMAND, self.command) if self.command else ()

    @property
    def route(self) -> str:
        """The name that distinguishes this operation from others of the same command."""
        return str(self.declared.get(COMMAND, {}).get("route", ""))

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """The flags of the operation's own command, in the order of the document."""
        declared = self.declared.get(COMMAND, {}).get("flags", {})
        return tuple(Flag.of(name, flag) for name, flag in declared.items())

    @cached_property
    def parameters(self) -> tuple[Parameter, ...]:
        """The parameters of the path, the query string, and the headers."""
        declared = (self.contract.resolve(entry) for entry in self.declared.get("parameters", ()))
        # A document may also declare the place of a credential as a parameter.
        keys = {
            (each.place, each.field) for schemes in self.security for each in schemes if each.kind
        }
        found = [
            Parameter.of(entry, self.contract.bundle_schema, self.contract.resolve)
            for entry in declared
            if (entry["in"], entry["name"]) not in keys
        ]
        return tuple(with_own_names(found))

    @cached_property
    def _request_body(self) -> dict[str, Any]:
        return self.contract.resolve(self.declared.get("requestBody", {}))

    @cached_property
    def media_type(self) -> str:
        """The media type of the body that is sent: JSON if it is declared, else a form; else empty."""
        declared = self._request_body.get("content", {})
        if JSON in declared:
            return JSON
        others = filter(is_json, declared)
        forms = (each for each in (URLENCODED, MULTIPART) if each in declared)
        return next(chain(others, forms), "")

    @property
    def _media(self) -> dict[str, Any]:
        return dict(self._request_body.get("content", {}).get(self.media_type, {}))

    def encoding(self, name: str) -> dict[str, Any]:
        """Return how a form writes one of its members (`encoding`); empty if the document does not say."""
        found = self._media.get("encoding", {}).get(name)
        return found if isinstance(found, dict) else {}

    @property
    def needs_body(self) -> bool:
        """Whether a body is required."""
        return self.takes_body and bool(self._request_body.get("required", False))

    @cached_property
    def takes_body(self) -> bool:
        """Whether the document declares the schema of a body that can be sent: JSON or a form."""
        return "schema" in self._media

    @property
    def unsupported_media(self) -> tuple[str, ...]:
        """The declared media types of the body if cxcall can send none of them, such as XML; else empty."""
        return () if self.takes_body else tuple(self._request_body.get("content", {}))

    @property
    def unsupported_reason(self) -> str:
        """Why no request of the operation can be sent, such as a body that must be XML; empty if one can be sent."""
        media, schemes = self.unsupported_media, self.security
        if media and self._request_body.get("required"):
            return (
                f"a body of type `{'` or `'.join(media)}` is required, which cxcall does not send"
            )
        if schemes and not any(all(each.kind for each in entry) for entry in schemes):
            names = dict.fromkeys(each.declared for entry in schemes for each in entry)
            return f"cxcall does not support the credentials `{'` or `'.join(names)}`"
        return ""

    @cached_property
    def declared_body_schema(self) -> JsonSchema:
        """The schema of the body as the document declares it, with its rules on this body; `{}` if there is none."""
        schema = dict(self._media.get("schema", {}))
        if schema and (rules := rules_on(self.contract.declared, self.method, self.path, "body")):
            own = self.contract.resolve(schema).get(CONDITIONS, ())
            schema[CONDITIONS] = [*own, *rules]
        return schema

    @cached_property
    def body_schema(self) -> JsonSchema:
        """The JSON Schema 2020-12 of the body, bundled with the schemas that it refers to."""
        return self.contract.bundle_schema(self.declared_body_schema)

    @property
    def example(self) -> Any:
        """A valid body, for `--skeleton` and the help; None if the document has none."""
        return self._media.get("example")

    def schema_at(self, pointer: str) -> JsonSchema:
        """Return the schema of the value at `pointer` in the body; `{}` if it is not declared."""
        if (known := self._places.get(pointer)) is None:
            node = self.declared_body_schema
            if pointer:
                above = self.schema_at(pointer.rpartition("/")[0])
                node = json_schema.member_schema(above, split_pointer(pointer)[-1])
            known = json_schema.merged_schema(self.contract.resolve, node)
            if len(self._places) < _PLACES_KEPT:
                self._places[pointer] = known
        return known

    def convert_text(self, pointer: str, text: str) -> Any:
        """Return a text in the type that the schema at `pointer` requires; unchanged if it cannot be converted."""
        return json_schema.convert_text(text, _bundled_schema(self, pointer))

    @cached_property
    def pointers(self) -> tuple[str, ...]:
        """The JSON pointers of the properties that the body's schema declares, outermost first."""
        return tuple(
            json_schema.property_pointers(self.contract.resolve, self.declared_body_schema)
        )

    def url(self, base_url: str, values: Mapping[str, str]) -> str:
        """Return the absolute URL with all path and query parameters, percent-encoded."""
        from cxcall.contracts.request_url import join_base, target

        base = join_base(base_url, self.server or self.contract.base_url())
        return base + target(self.path, self.parameters, values)


@lru_cache(maxsize=_PLACES_KEPT)
def _bundled_schema(operation: Operation, pointer: str) -> JsonSchema:
    """Return the schema of a value in the body, with those that it refers to; one object for all cells of a column."""
    return operation.contract.bundle_schema(operation.schema_at(pointer))
