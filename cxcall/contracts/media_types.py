"""The media types that a document declares for the body of a request, and for those of its responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.operation import JSON, Operation, is_json

if TYPE_CHECKING:
    from collections.abc import Mapping


def accepts_media_type(operation: Operation, media_type: str, body: str) -> bool:
    """Return whether an operation declares a media type for its body.

    A range such as `*/*` counts unless the body is JSON: a server that does not say more takes JSON only as such.
    """
    ranges = (f"{media_type.partition('/')[0]}/*", "*/*") if body.lstrip()[:1] not in "{[" else ()
    return not _content(operation).keys().isdisjoint((media_type, *ranges))


def is_unchecked_type(operation: Operation, media_type: str, body: str) -> bool:
    """Return whether a body of a media type, empty if it is not known, has no schema that cxcall checks.

    Such are XML, and a version such as `application/vnd.x.v2+json` whose schema is not that of the operation's type.
    """
    if not operation.takes_body or media_type in ("", operation.media_type):
        return bool(operation.unsupported_media)
    if not is_json(media_type):
        return accepts_media_type(operation, media_type, body)
    content = _content(operation)
    checked = content.get(operation.media_type, {}).get("schema")
    return media_type in content and content[media_type].get("schema") != checked


def with_media_type(operation: Operation, media_type: str) -> Operation:
    """Return an operation whose body has only one of the media types that are declared for it."""
    if media_type == operation.media_type:
        return operation
    content = {media_type: _content(operation)[media_type]}
    declared = {**operation.declared, "requestBody": {"content": content}}
    return Operation(operation.contract, operation.method, operation.path, declared)


def declared_responses(operation: Operation) -> dict[str, dict[str, Any]]:
    """Return the responses that an operation declares, by status."""
    declared = operation.declared.get("responses", {})
    return {str(status): operation.contract.resolve(each) for status, each in declared.items()}


def json_media(response: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a response declares of its JSON body; None if it has none."""
    content: dict[str, dict[str, Any]] = response.get("content", {})
    return content.get(JSON) or next((content[name] for name in content if is_json(name)), None)


def _content(operation: Operation) -> dict[str, Any]:
    """Return what an operation declares for its body by media type."""
    request_body = operation.contract.resolve(operation.declared.get("requestBody", {}))
    return dict(request_body.get("content", {}))
