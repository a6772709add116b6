"""Complete a response that has no body with the words or the code of a platform that the text around it names."""

from __future__ import annotations

from dataclasses import replace

from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.readers.messages.quoted_words import quoted_refusal
from cxcall.explaining.readers.named_bodies import labeled_bodies
from cxcall.explaining.readers.request_builder import with_body
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.responses.refusals.reason_choice import own_reason
from cxcall.runtime.patterns import compile_on_use

_DOTTED = compile_on_use(r"(?<![\w./@-])[a-z]+(?:\.[a-z]+)+(?![\w/@-]|\.\w)")


def with_quoted_error(request: ObservedRequest, text: str) -> ObservedRequest:
    """Return a request; if its response has no body, with the words and the only code that a text names: `not.a.user`."""
    response = request.response
    if response is not None and response.body:
        return request
    for sent in (request.body or "", *labeled_bodies(text)):
        text = text.replace(sent or "\n", "\n")
    codes = {each for each in _DOTTED.findall(text) if find_platform_codes(each)}
    stated = own_reason(response) if response else ""
    code = codes.pop() if len(codes) == 1 and request.is_refused else ""
    quoted = quoted_refusal(text, response, is_code=request.kind is SourceKind.CODE)
    body = ({"code": code, "message": stated or code} if code else {}) | (quoted or {})
    return replace(request, response=with_body(response, body)) if body else request
