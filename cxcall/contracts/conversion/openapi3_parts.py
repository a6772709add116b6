"""Convert the parts of OpenAPI 3.0, 3.1, and 3.2 operations to 3.1 with references only to schemas; read their parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.conversion.ignored_members import usable_extensions
from cxcall.contracts.operation import JSON, URLENCODED, is_json
from cxcall.contracts.parameter_styles import STYLE_WORDS, STYLES
from cxcall.contracts.parameters import is_control_header, names_other_target
from cxcall.contracts.path_templates import slot_names
from cxcall.documents.json_pointer import join_pointer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from cxcall.contracts.conversion.references import SourceDocument
    from cxcall.contracts.conversion.schemas import Schemas


_RANGES = ("*/*", "application/*")
"""The ranges of media types that stand for any type."""


class OpenApi3:
    """The parts of a document that differ between the versions of OpenAPI."""

    in_body: tuple[str, ...] = ()
    """The places of the parameters that are the body."""

    def __init__(self, source: SourceDocument, schemas: Schemas) -> None:
        self._source, self._schemas = source, schemas

    def servers(self, node: dict[str, Any], at: str) -> list[dict[str, Any]]:
        """Return the servers of a document, a path, or an operation."""
        return [
            self._server(server, f"{at}/servers/{index}")
            for index, server in enumerate(
                self._source.listing(node.get("servers"), f"{at}/servers")
            )
        ]

    def _server(self, node: Any, at: str) -> dict[str, Any]:
        server = self._source.mapping(node, at)
        declared = self._source.mapping(server.get("variables"), f"{at}/variables")
        variables = {
            name: {
                **self._source.mapping(each, join_pointer(f"{at}/variables", name)),
                "default": str(each.get("default", "")),
            }
            for name, each in declared.items()
        }
        url = self._source.text(server.get("url"), f"{at}/url")
        return {
            **usable_extensions(self._source, "server", server, at),
            "url": url,
            **({"variables": variables} if variables else {}),
        }

    def security_schemes(self) -> dict[str, Any]:
        """Return the security schemes by their names as they are: a similar name is that of another scheme."""
        found: dict[str, Any] = {}
        with self._source.tolerate():
            declared, at = self._declared_schemes()
            for name, scheme in self._source.mapping(declared, at).items():
                with self._source.tolerate():
                    found[name] = self._scheme(scheme, join_pointer(at, name))
        return found

    def _declared_schemes(self) -> tuple[Any, str]:
        components = self._source.mapping(self._source.root.get("components"), "/components")
        return components.get("securitySchemes"), "/components/securitySchemes"

    def _scheme(self, node: Any, at: str) -> dict[str, Any]:
        return self._source.follow(node, at)[0]

    def parameter(self, node: dict[str, Any], at: str) -> dict[str, Any]:
        """Convert one parameter."""
        kept = {
            key: node[key]
            for key in ("name", "in", "required", "description", "style", "explode")
            if node.get(key) is not None
        }
        self._check_style(kept, at)
        if "content" in node:
            content = self.content(node["content"], f"{at}/content")
            name = next(iter(content), "")
            first: dict[str, Any] = content.get(name, {})
            if name.startswith("text/"):
                return {**kept, "schema": first.get("schema", {})}
            if not is_json(name):
                raise self._source.fault(
                    f"{at}/content",
                    f"the parameter `{kept['name']}` is `{name}`: only JSON and text are supported",
                    f"declare it as `{JSON}`, or by a `schema`",
                )
            return {**kept, "content": {JSON: {"schema": first.get("schema", {})}}}
        return {**kept, "schema": self._schemas.convert(node.get("schema") or {}, f"{at}/schema")}

    def _check_style(self, kept: dict[str, Any], at: str) -> None:
        """Raise UsageError for a style that is not supported in the location."""
        known = STYLES[kept["in"]]
        if kept.get("style", known[0]) not in known:
            raise self._source.fault(
                f"{at}/style",
                f"the style `{kept['style']}` is not supported in the {kept['in']}",
                f"use one of: {', '.join(known)}",
            )
        if not isinstance(kept.get("explode", True), bool):
            del kept["explode"]

    def body(
        self,
        operation: dict[str, Any],
        parameters: list[tuple[dict[str, Any], str]],  # noqa: ARG002 - those of Swagger 2.0 hold it
        at: str,
    ) -> dict[str, Any]:
        """Convert the request body; empty if there is none."""
        if operation.get("requestBody") is None:
            return {}
        node, at = self._source.follow(operation["requestBody"], f"{at}/requestBody")
        content = self.content(node.get("content"), f"{at}/content")
        for media in content.values():
            media.setdefault("schema", {})
        content = with_ranges(content, node.get("content") or ())
        return {"required": node.get("required") is True, "content": content}

    def response(self, node: dict[str, Any], operation: dict[str, Any], at: str) -> dict[str, Any]:
        """Convert one response of an operation."""
        content = self._response_content(node, operation, at)
        headers = {
            name: self._header(each, join_pointer(f"{at}/headers", name))
            for name, each in self._source.mapping(node.get("headers"), f"{at}/headers").items()
        }
        found = {"headers": headers, "content": content}
        description = self._source.text(node.get("description"), f"{at}/description")
        return {"description": description, **{key: value for key, value in found.items() if value}}

    def _response_content(
        self,
        node: dict[str, Any],
        operation: dict[str, Any],  # noqa: ARG002 - that of Swagger 2.0 names the media types
        at: str,
    ) -> dict[str, Any]:
        return self.content(node.get("content"), f"{at}/content")

    def _header(self, node: Any, at: str) -> dict[str, Any]:
        header, at = self._source.follow(node, at)
        return {"schema": self._schemas.convert(header.get("schema") or {}, f"{at}/schema")}

    def content(self, value: Any, at: str) -> dict[str, Any]:
        """Convert the content of a body by media type."""
        declared = self._source.mapping(value, at)
        found: dict[str, Any] = {}
        chosen: dict[str, Any] = {}
        for name in sorted(declared, key=_vagueness):
            plain = media_type(name)
            if plain not in found:
                chosen[plain] = name
                found[plain] = self._media(declared[name], join_pointer(at, name), plain)
            elif _vagueness(name) == _vagueness(other := chosen[plain]) == 1 and _content_of(
                declared[name]
            ) != _content_of(declared[other]):
                raise self._source.fault(
                    join_pointer(at, name),
                    f"`{name}` and `{other}` differ only in parameters, which cxcall does not send",
                    f"declare `{plain}`",
                )
        return {plain: found[plain] for plain in dict.fromkeys(map(media_type, declared))}

    def _media(self, node: Any, at: str, plain: str) -> dict[str, Any]:
        media, at = self._source.follow(node, at)
        found: dict[str, Any] = {}
        if isinstance(media.get("encoding"), dict):
            has_styles = plain == URLENCODED or not self._schemas.is_old
            found["encoding"] = (
                media["encoding"] if has_styles else _without_styles(media["encoding"])
            )
        if media.get("schema") is not None:
            found["schema"] = self._schemas.convert(media["schema"], f"{at}/schema")
        if "example" in media:
            return {**found, "example": media["example"]}
        with self._source.tolerate():
            shown = self._source.mapping(media.get("examples"), f"{at}/examples")
            for name, each in shown.items():
                example, _ = self._source.follow(each, join_pointer(f"{at}/examples", name))
                for member in ("value", "dataValue"):
                    if member in example:
                        return {**found, "example": example[member]}
        return found


def media_type(name: str) -> str:
    """Return a media type without its parameters; a range that allows any type is JSON."""
    plain = name.partition(";")[0].strip().lower()
    return JSON if plain in (*_RANGES, "text/json") else plain


def _vagueness(name: str) -> int:
    """Return 0 for a media type itself, and more the less a name says about it, for names that mean one type here."""
    plain, has_parameters, _ = name.partition(";")
    plain = plain.strip().lower()
    others = ("text/json", *reversed(_RANGES))
    return 2 + others.index(plain) if plain in others else int(bool(has_parameters))


def _content_of(media: Any) -> Any:
    """Return what a declared media type says about the content, without its examples."""
    return (
        [media.get(each) for each in ("$ref", "schema", "encoding")]
        if isinstance(media, dict)
        else media
    )


def _without_styles(encoding: dict[str, Any]) -> dict[str, Any]:
    """Return the `encoding` of a form without the members that only 3.1 has for `multipart/form-data`."""
    return {
        name: {key: value for key, value in each.items() if key not in STYLE_WORDS}
        for name, each in encoding.items()
        if isinstance(each, dict)
    }


def with_ranges(content: dict[str, Any], declared: Iterable[Any]) -> dict[str, Any]:
    """Return the content of a request's body, also with the ranges that a document declares for it."""
    return {**content, **{name: {} for name in declared if name in _RANGES}}


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
