"""Compare the media type of a body with those that a document declares for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cxcall.contracts.operation import is_json

if TYPE_CHECKING:
    from cxcall.contracts.operation import Operation


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


def _content(operation: Operation) -> dict[str, Any]:
    """Return what an operation declares for its body by media type."""
    request_body = operation.contract.resolve(operation.declared.get("requestBody", {}))
    return dict(request_body.get("content", {}))
