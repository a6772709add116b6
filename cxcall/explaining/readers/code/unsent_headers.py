"""Find headers that code builds, but does not give to the call that sends the request."""

from __future__ import annotations

import re
from typing import Any

from cxcall.explaining.readers.code.values import CodeCall
from cxcall.findings.finding import Finding

_AXIOS = re.compile(r"(?:^|\.)(?:axios|\$?http(?:Client)?)\.(?:post|put|patch)$")
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
    return _has_authorization(body) and not (isinstance(options, dict) and "headers" in options)


def _has_authorization(value: Any) -> bool:
    headers = value.get("headers") if isinstance(value, dict) else None
    return isinstance(headers, dict) and any(name.lower() == "authorization" for name in headers)


def unsent_headers_findings(text: str, *, are_in_body: bool) -> list[Finding]:
    """Return an error if the headers of a request are in its body, or if code with Spring does not use them."""
    if are_in_body:
        return [
            _finding(
                "the headers are in the second argument of the call, which is the body: none of them is sent as a header",
                "give them in the third argument: `post(url, body, { headers })`",
            )
        ]
    is_lost = _SPRING_CALL.search(text) and not _SPRING_USES.search(text)
    if is_lost and _SPRING_HEADERS.search(text):
        return [
            _finding(
                "the call does not get the headers that the code builds: no `Authorization` is sent",
                "send `new HttpEntity<>(body, headers)` in place of the body",
            )
        ]
    return []


def _finding(message: str, fix: str) -> Finding:
    return Finding.error("token-missing", "header:Authorization", message, fix=fix)
