"""The security that a document declares for an operation: which credentials a request needs, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from cxcall.named_tuple import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

BEARER, BASIC, API_KEY = "bearer", "basic", "api-key"
_BEARER_TYPES = ("oauth2", "openidconnect")
_PLACES = ("header", "query", "cookie")


class SecurityScheme(NamedTuple):
    """One scheme of a document by its `name`, which is empty if it is assumed; `kind` is empty if cxcall cannot send it.

    An API key is sent in the `field` of a `place`: header, query, or cookie. `declared` is the type of
    the scheme in the document.
    """

    name: str
    kind: str
    place: str = "header"
    field: str = "Authorization"
    declared: str = ""

    @classmethod
    def of(cls, name: str, declared: Mapping[str, Any]) -> Self:
        """Return the scheme that a document declares."""
        if not declared:  # an undeclared scheme is probably a token
            return cls(name, BEARER, declared="not declared")
        kind = str(declared.get("type", "")).lower()
        scheme = str(declared.get("scheme", "")).lower()
        kind_text = f"{declared.get('type', '')} {scheme}".strip() or "not declared"
        if kind in _BEARER_TYPES or (kind, scheme) == ("http", "bearer"):
            return cls(name, BEARER, declared=kind_text)
        if (kind, scheme) == ("http", "basic"):
            return cls(name, BASIC, declared=kind_text)
        place, field = declared.get("in"), declared.get("name")
        if kind == "apikey" and place in _PLACES and isinstance(field, str) and field:
            return cls(name, API_KEY, str(place), field, f"apiKey in {place} {field}")
        return cls(name, "", declared=kind_text)

    @property
    def may_be_token(self) -> bool:
        """Whether the key may be a token: many documents declare `Authorization` as a key for it."""
        return self.kind == API_KEY and self.field.lower() == "authorization"


Alternative = tuple[SecurityScheme, ...]
"""Schemes that a request needs together; empty if it needs no credentials."""


def keys_of(alternative: Alternative) -> list[SecurityScheme]:
    """Return the schemes of an alternative that are API keys."""
    return [each for each in alternative if each.kind == API_KEY]


def keys_in_query(alternatives: Iterable[Alternative]) -> set[str]:
    """Return the names that API keys have in the query."""
    keys = (key for each in alternatives for key in keys_of(each))
    return {key.field for key in keys if key.place == "query"}


def list_alternatives(
    document: Mapping[str, Any], declared: Sequence[Iterable[str]] | None
) -> tuple[Alternative, ...]:
    """Return the alternatives that an operation of a document declares.

    Without any declaration, OpenAPI requires no credentials, but many documents leave it out: a token is sent if there is one.
    """
    if declared is None:
        return (SecurityScheme("", BEARER, declared="http bearer"),), ()
    schemes = document.get("components", {}).get("securitySchemes", {})
    return tuple(
        tuple(SecurityScheme.of(name, schemes.get(name, {})) for name in entry)
        for entry in declared
    )
