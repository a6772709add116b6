"""Write a corrected request as it is sent: its credentials, its headers, and its body in the declared media type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus

from cxcall.contracts.operation import JSON, Operation, is_json
from cxcall.contracts.parameter_styles import header_values
from cxcall.contracts.security_schemes import BEARER
from cxcall.documents.json_pointer import leaves
from cxcall.explaining.checks.credentials.authorization_check import has_credential
from cxcall.explaining.correction.corrected_command import json_text
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.payloads.payload import encode_body
from cxcall.payloads.placeholders import is_placeholder
from cxcall.settings.credential_variables import credential_places, usable_alternative
from cxcall.transport.curl_command import curl, with_confirmation
from cxcall.transport.http_messages import HttpRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.explaining.correction.corrected_request import CorrectedRequest
    from cxcall.settings.credential_variables import Place


def choose_credentials(request: ObservedRequest, operation: Operation) -> list[Place]:
    """Return the places of credentials: of the alternative that the failed request has, or else of the first one."""
    if operation.is_public:
        return []
    declared = (each for each in operation.security if each)
    sent = (each for each in declared if all(has_credential(request, key) for key in each))
    chosen = next((each for each in sent if all(key.kind for key in each)), None)
    chosen = chosen or usable_alternative(operation) or ()
    return credential_places(
        chosen, lambda each: each.kind == BEARER or each.may_be_token, is_named=False
    )


def as_curl(corrected: CorrectedRequest) -> str:
    """Return a curl command that takes the credentials from the environment.

    If the request can place a call, the command asks first, because a shell runs a pasted command at once.
    """
    operation, content = corrected.operation, None
    headers = {"Accept": JSON, **sent_headers(operation, corrected.values)}
    if operation.takes_body:
        content, headers["Content-Type"] = _encode(operation, corrected.body)
    request = HttpRequest(operation.method, corrected.url, headers, content)
    command = curl(request, corrected.credentials)
    return with_confirmation(command) if operation.can_place_call else command


def sent_headers(operation: Operation, values: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that parameters set."""
    return header_values((each for each in operation.parameters if each.name in values), values)


def _encode(operation: Operation, body: Any) -> tuple[bytes, str]:
    """Return the bytes of a body, with placeholders unchanged, and its media type."""
    if is_json(operation.media_type):
        return json_text(body, indent=None).encode(), operation.media_type
    content, media_type = encode_body(operation, body)
    for _, value in leaves(body):
        if isinstance(value, str) and is_placeholder(value):
            content = content.replace(quote_plus(value).encode(), value.encode())
    return content, media_type
