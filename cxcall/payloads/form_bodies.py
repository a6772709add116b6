"""Encode a JSON value as the form that its operation declares, and decode a form.

An operation that does not take JSON takes a form: `application/x-www-form-urlencoded` or
`multipart/form-data`. The `encoding` of the document says how each of its members is written
(OpenAPI 3.1, section 4.8.15); the same value always gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, quote_plus

from cxcall.contracts.json_schema import schema_types
from cxcall.contracts.operation import MULTIPART, URLENCODED, is_json
from cxcall.contracts.parameter_styles import STYLE_WORDS, join_items
from cxcall.contracts.parameters import SEPARATORS
from cxcall.documents.json_pointer import make_pointer
from cxcall.documents.json_text import as_cell, find_json
from cxcall.findings.errors import UsageError
from cxcall.runtime.patterns import compile_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cxcall.contracts.operation import Operation

_RESERVED = ":/?#[]@!$'()*,;"  # without `&`, `+`, and `=`, which are separators in a form
_JSON, _TEXT, _BINARY = "application/json", "text/plain", "application/octet-stream"
_MEDIA_TYPE = r"[\w!#$&^.+-]+/[\w!#$&^.+-]+"
_QUOTED = {ord('"'): "%22", ord("\r"): "%0D", ord("\n"): "%0A"}


def encode_form(operation: Operation, value: Any) -> tuple[bytes, str]:
    """Return the bytes of a form and their `Content-Type`; raises UsageError for a value that is not an object."""
    media_type = operation.media_type
    if not isinstance(value, dict):
        raise UsageError(
            "a form must be an object", where="body", fix="give the fields as members of an object"
        )
    if media_type == URLENCODED:
        return "&".join(_urlencoded_fields(operation, value)).encode(), media_type
    parts = [text.encode() for _, text in _parts(operation, value)]
    boundary = _boundary(parts)
    delimiter = f"--{boundary}".encode()
    content = b"".join(delimiter + b"\r\n" + part for part in parts)
    return content + delimiter + b"--\r\n", f"{media_type}; boundary={boundary}"


def form_fields(operation: Operation, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the fields of a form as they are sent: name and text, which has the headers of a part."""
    if operation.media_type == MULTIPART:
        return [*_parts(operation, value)]
    return [
        field
        for name, member in value.items()
        for field in _fields(name, member, operation.encoding(name))
    ]


def decode_body(operation: Operation, content: bytes, content_type: str) -> Any:
    """Return the JSON value of a form, in the types of its schema; raises ValueError if it is not a form."""
    media_type = content_type.partition(";")[0].strip().lower()
    if media_type == MULTIPART:
        fields = list(_read_parts(content, content_type))
    else:
        text = content.decode("utf-8")
        fields = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
    found: dict[str, Any] = {}
    for name, text in fields:
        owner, key = _owner(operation, name)
        if key:
            members = found.setdefault(owner, {})
            if isinstance(members, dict):
                members[key] = _from_text(operation, make_pointer(owner, key), text)
        elif "array" in schema_types(operation.schema_at(make_pointer(name))):
            found.setdefault(name, []).extend(_items(operation, name, text))
        elif name in found:
            earlier = found[name]
            found[name] = [*(earlier if isinstance(earlier, list) else [earlier]), text]
        else:
            found[name] = _from_text(operation, make_pointer(name), text)
    return found


def has_headers(body: str) -> bool:
    """Return whether a body has parts with headers, like a multipart body."""
    return compile_pattern(r"(?i)Content-Disposition:").search(body) is not None


def _urlencoded_fields(operation: Operation, value: Mapping[str, Any]) -> Iterator[str]:
    for name, member in value.items():
        encoding = operation.encoding(name)
        is_reserved_kept = encoding.get("allowReserved") is True
        if not _has_style(encoding):
            for item in member if isinstance(member, list) else [member]:
                _content_type(name, item, encoding, "")
        for key, text in _fields(name, member, encoding):
            written = quote(text, _RESERVED) if is_reserved_kept else quote_plus(text)
            yield f"{quote_plus(key)}={written}"


def _fields(name: str, member: Any, encoding: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of one member: by its `style` if the document has one, else one field for each item."""
    style, explode = _style(encoding)
    separator = SEPARATORS.get(style, ",")
    if isinstance(member, dict) and style == "deepObject":
        yield from ((f"{name}[{key}]", as_cell(each)) for key, each in member.items())
    elif isinstance(member, dict) and _has_style(encoding):
        pairs = [(key, as_cell(each)) for key, each in member.items()]
        joined = [text for pair in pairs for text in pair]
        yield from pairs if explode else [(name, join_items(joined, separator, name, "body"))]
    elif isinstance(member, list) and not explode:
        yield name, join_items(list(map(as_cell, member)), separator, name, "body")
    else:
        for item in member if isinstance(member, list) else [member]:
            yield name, as_cell(item)


def _has_style(encoding: Mapping[str, Any]) -> bool:
    """Return whether the document says how the items or members of a member are separated."""
    return not encoding.keys().isdisjoint(STYLE_WORDS)


def _style(encoding: Mapping[str, Any]) -> tuple[str, bool]:
    """Return the style of a member, and whether it has a field for each item or member of its own."""
    style = str(encoding.get("style") or "form")
    return style, encoding.get("explode", style == "form") is True


def _parts(operation: Operation, value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the name of each part of a multipart body, and its headers and content (RFC 7578)."""
    for name, member in value.items():
        encoding = operation.encoding(name)
        is_list = isinstance(member, list)
        inner = operation.schema_at(make_pointer(name, 0) if is_list else make_pointer(name))
        is_file = inner.get("format") == "binary" or "contentMediaType" in inner
        has_style = not is_file and _has_style(encoding)
        if has_style and isinstance(member, dict | list):
            for key, text in _fields(name, member, encoding):
                yield key, _part(key, text, _TEXT)
            continue
        for item in member if is_list else [member]:
            default = _JSON if isinstance(item, dict | list) else _BINARY if is_file else _TEXT
            content_type = _content_type(name, item, encoding, default)
            yield name, _part(name, as_cell(item), content_type, is_file=is_file)


def _part(name: str, text: str, content_type: str, *, is_file: bool = False) -> str:
    quoted = name.translate(_QUOTED)
    head = f'Content-Disposition: form-data; name="{quoted}"'
    head += f'; filename="{quoted}"' if is_file and name else ""
    own = f"\r\nContent-Type: {content_type}" if content_type != _TEXT else ""
    return f"{head}{own}\r\n\r\n{text}\r\n"


def _content_type(name: str, item: Any, encoding: Mapping[str, Any], default: str) -> str:
    """Return the first declared media type of an item that has the form in which it is written.

    Objects and arrays are written as JSON, texts unchanged, and numbers in a form that both allow; a file has any form.
    A text that is JSON is sent as JSON if no other type is declared.
    Raises UsageError if all declared types have another one.
    """
    types = [
        each.partition(";")[0].strip() for each in str(encoding.get("contentType") or "").split(",")
    ]
    declared = [each for each in types if compile_pattern(_MEDIA_TYPE).fullmatch(each)]
    is_nested = isinstance(item, dict | list)
    fits_any = isinstance(item, int | float) or (default == _BINARY and not is_nested)
    for each in declared:
        if fits_any or is_json(each.lower()) is is_nested:
            return each
    if not declared:
        return default
    if isinstance(item, str) and find_json(item, None, is_strict=True) is not None:
        return declared[0]
    kind = "null" if item is None else "texts"
    what = (
        "writes objects and arrays only as JSON" if is_nested else f"does not write {kind} as JSON"
    )
    raise UsageError(
        f"the document declares `{name}` as `{', '.join(declared)}`, but cxcall {what}",
        where="body",
        fix=f"leave `{name}` out, or correct its `contentType` or `type` in the document",
    )


def _boundary(parts: Sequence[bytes]) -> str:
    """Return a boundary that no part contains; the same parts get the same boundary."""
    from hashlib import sha256

    content = b"".join(parts)
    boundary = sha256(content).hexdigest()[:40]
    while boundary.encode() in content:
        boundary = sha256(boundary.encode()).hexdigest()[:40]
    return boundary


def _read_parts(content: bytes, content_type: str) -> Iterator[tuple[str, str]]:
    """Yield name and text of each part of a multipart body."""
    from email.parser import BytesParser

    message = BytesParser().parsebytes(
        f"Content-Type: {content_type}\r\n\r\n".encode("latin-1") + content
    )
    if not message.is_multipart():
        raise ValueError("not a multipart body")
    for part in message.walk():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            data = part.get_payload(decode=True)
            text = data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
            written = name.encode("ascii", "surrogateescape").decode("utf-8", "replace")
            yield written.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n"), text


def _owner(operation: Operation, name: str) -> tuple[str, str]:
    """Return the member that a field belongs to, and its key in it: `a[b]`, or a name of an exploded object."""
    outer, bracket, inner = name.partition("[")
    if bracket and inner.endswith("]") and operation.encoding(outer).get("style") == "deepObject":
        return outer, inner[:-1]
    properties = operation.schema_at("").get("properties", {})
    for other in properties if name not in properties else ():
        encoding = operation.encoding(other)
        is_exploded = _has_style(encoding) and _style(encoding) == ("form", True)
        if is_exploded and name in operation.schema_at(make_pointer(other)).get("properties", {}):
            return other, name
    return name, ""


def _items(operation: Operation, name: str, text: str) -> list[Any]:
    encoding = operation.encoding(name)
    style, explode = _style(encoding)
    texts = [text] if explode else text.split(SEPARATORS.get(style, ","))
    return [_from_text(operation, make_pointer(name, 0), each) for each in texts]


def _from_text(operation: Operation, pointer: str, text: str) -> Any:
    """Return a text in the type of the schema at `pointer`; unchanged if it cannot be converted."""
    value = operation.convert_text(pointer, text or "null")
    return value if text or value is None else text
