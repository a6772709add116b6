"""Find headers that code builds, but does not give to the call that sends the request."""

from __future__ import annotations

import re

from cxcall.explaining.readers.code.names_in_code import is_in_code
from cxcall.explaining.readers.code.values import CodeCall
from cxcall.findings.finding import Finding

_AXIOS = re.compile(r"(?:^|\.)(?:axios|\$?http(?:Client)?)\.(?:post|put|patch)$")
_GUZZLE_BODIES = ("json", "body", "form_params", "multipart")  # PHP: `$http->post($url, [...])`
_SPRING_CALL = re.compile(r"\.(?:postFor(?:Entity|Object|Location)|patchForObject)\(")
_SPRING_HEADERS = re.compile(
    r"\bHttpHeaders (?P<name>\w+) ?= ?new HttpHeaders\(\);(?:.|\n){0,400}?"
    r"\b(?P=name)\.(?:setBearerAuth|(?:set|add)\(\s*(?:HttpHeaders\.AUTHORIZATION|\"Authorization\"))"
)
_SPRING_USES = re.compile(r"HttpEntity|RequestEntity|[iI]nterceptor|RequestCallback|\.headers\(")


def takes_headers_as_body(call: CodeCall) -> bool:
    """Return whether a call of axios or Angular has the options with the headers in the place of the body."""
    if not _AXIOS.search(call.name) or any(name for name, _ in call.arguments):
        return False
    body, options = [*call.values()[1:3], None, None][:2]
    headers = body.get("headers") if isinstance(body, dict) else None
    is_guzzle = isinstance(body, dict) and not body.keys().isdisjoint(_GUZZLE_BODIES)
    if (
        is_guzzle
        or not isinstance(headers, dict)
        or (isinstance(options, dict) and "headers" in options)
    ):
        return False
    return any(name.lower() == "authorization" for name in headers)


def unsent_headers_findings(text: str, *, are_in_body: bool) -> list[Finding]:
    """Return an error if the headers of a request are in its body, or if code with Spring does not use them."""
    is_lost = is_in_code(_SPRING_CALL, text) and not is_in_code(_SPRING_USES, text)
    if are_in_body:
        message = "the headers are in the second argument of the call, which is the body: none of them is sent as a header"
        fix = "give them in the third argument: `post(url, body, { headers })`"
    elif is_lost and is_in_code(_SPRING_HEADERS, text):
        message = (
            "the call does not get the headers that the code builds: no `Authorization` is sent"
        )
        fix = "send `new HttpEntity<>(body, headers)` in place of the body"
    else:
        return []
    return [Finding.error("token-missing", "header:Authorization", message, fix=fix)]
