"""Read the parameters of an operation from a document, whose places may be those of another version of OpenAPI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.parameter_styles import STYLES
from cxcall.contracts.parameters import is_control_header, names_other_target
from cxcall.contracts.path_templates import slot_names

if TYPE_CHECKING:
    from collections.abc import Collection

    from cxcall.contracts.conversion.references import SourceDocument

BODY_PLACES = ("body", "formData")
"""The places of the parameters that are the body in Swagger 2.0."""
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
            if kind not in (*STYLES, *in_body):
                _report_unknown_place(source, node, parameter, where)
            elif kind == "header" and name.lower() in _SEPARATE_HEADERS:
                continue
            elif kind == "header" and is_control_header(name):
                _report_control_header(source, parameter, where)
            else:
                found[name, kind] = parameter, where
    return list(found.values())


def _report_control_header(source: SourceDocument, parameter: dict[str, Any], where: str) -> None:
    """Record that a header is left out; raises UsageError if a request needs it to name another target."""
    name = parameter["name"]
    message = f"the header `{name}` is a part of each HTTP message, not a parameter"
    fix = "remove it: cxcall sends it if the message needs it"
    is_target = names_other_target(name)
    if is_target:
        message = f"the header `{name}` would give a request another host, path, or method"
        fix = "remove it, and declare that host, path, or method itself"
    fault = source.fault(f"{where}/name", message, fix)
    if is_target and parameter.get("required") is True:
        raise fault
    source.add_problem(fault)


def _report_unknown_place(
    source: SourceDocument, node: dict[str, Any], parameter: dict[str, Any], where: str
) -> None:
    """Record that a parameter is left out; raises UsageError if a request needs it."""
    name, kind = parameter["name"], parameter["in"]
    is_body = kind in BODY_PLACES
    fix = "declare it in `requestBody`" if is_body else f"use one of: {', '.join(STYLES)}"
    message = (
        f"the parameter `{name}` is in `{kind}`, which is not supported as the place of a parameter"
    )
    if kind == "cookie":
        message = (
            f"the parameter `{name}` is in a cookie, and cxcall sends only credentials in cookies"
        )
        fix = f"if it is a credential, declare it in `securitySchemes`, with `in: cookie` and `name: {name}`"
    fault = source.fault(f"{where}/in", message, fix)
    if parameter.get("required") is True and not (is_body and "requestBody" in node):
        raise fault
    source.add_problem(fault)


def with_path_slots(path: str, parameters: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the parameters with exactly one for every slot of the path."""
    slots = dict.fromkeys(slot_names(path))
    found = [
        {**each, "required": True} if each["in"] == "path" else each
        for each in parameters
        if each["in"] != "path" or each["name"] in slots
    ]
    declared = {each["name"] for each in found if each["in"] == "path"}
    return found + [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in slots
        if name not in declared
    ]
