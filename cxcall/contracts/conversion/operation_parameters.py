"""Read the parameters of an operation from a document, whose places may be those of another version of OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.parameter_styles import STYLES

if TYPE_CHECKING:
    from collections.abc import Collection

    from cxcall.contracts.conversion.references import SourceDocument

BODY_PLACES = ("body", "formData")
"""The places of the parameters that are the body in Swagger 2.0."""
_PLACES = (*STYLES, "querystring")
_SEPARATE_HEADERS = ("accept", "content-type", "authorization")
"""Headers that OpenAPI ignores among parameters."""


def read_parameters(
    source: SourceDocument,
    node: dict[str, Any],
    item: dict[str, Any],
    places: tuple[str, str],
    in_body: Collection[str],
) -> list[tuple[dict[str, Any], str]]:
    """Return the parameters of an operation with their pointers, and those of its path that it does not override.

    `places` are the pointers of the path and the operation, `in_body` the places of the body in this version. Raises
    UsageError for a required parameter in an unknown place: a request without it would be another one.
    """
    at, place = places
    found: dict[tuple[str, str], tuple[dict[str, Any], str]] = {}
    for holder, above in ((item, f"{at}/parameters"), (node, f"{place}/parameters")):
        for index, entry in enumerate(source.listing(holder.get("parameters"), above)):
            parameter, where = source.follow(entry, f"{above}/{index}")
            name = source.text(parameter.get("name"), f"{where}/name")
            kind = source.text(parameter.get("in"), f"{where}/in")
            if not name or not kind:
                raise source.fault(
                    where, "a parameter has no `name` or no `in`", "give it both, or remove it"
                )
            kind = _usual_place(source, kind, where)
            if kind not in (*_PLACES, *in_body):
                _report_unknown_place(source, node, {**parameter, "in": kind}, where)
            elif kind != "header" or name.lower() not in _SEPARATE_HEADERS:
                found[name, kind] = {**parameter, "in": kind}, where
    return list(found.values())


def _usual_place(source: SourceDocument, kind: str, where: str) -> str:
    """Return a place in the case that OpenAPI has; another one is a problem of the document."""
    usual = {each.lower(): each for each in (*_PLACES, *BODY_PLACES)}.get(kind.lower(), kind)
    if usual != kind:
        message = f"the place `{kind}` of a parameter is read as `{usual}`"
        source.add_problem(source.fault(f"{where}/in", message, f"write `{usual}`"))
    return usual


def _report_unknown_place(
    source: SourceDocument, node: dict[str, Any], parameter: dict[str, Any], where: str
) -> None:
    """Record that a parameter is left out; raises UsageError if a request needs it."""
    name, kind = parameter["name"], parameter["in"]
    is_body = kind in BODY_PLACES
    fix = "declare it in `requestBody`" if is_body else f"use one of: {', '.join(STYLES)}"
    fault = source.fault(
        f"{where}/in",
        f"the parameter `{name}` is in `{kind}`, which this version of OpenAPI does not have",
        fix,
    )
    if parameter.get("required") is True and not (is_body and "requestBody" in node):
        raise fault
    source.add_problem(fault)
