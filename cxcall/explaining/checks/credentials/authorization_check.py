"""Check the credentials of a request: whether they are shown, their form, and what a user's document requires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING

from cxcall.contracts.operation import Operation
from cxcall.contracts.security_schemes import API_KEY, BASIC, BEARER, SecurityScheme
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import (
    NO_VALUES,
    is_placeholder,
    is_redacted,
    is_withheld,
    placeholder_finding,
)
from cxcall.responses.message_in_body import platform_code
from cxcall.responses.platform_codes import find_platform_codes
from cxcall.responses.refusals.finding_code_table import Advice, Meaning
from cxcall.responses.refusals.reason_choice import find_cause, is_vague
from cxcall.runtime.patterns import compile_on_use
from cxcall.transport.http_messages import Headers

if TYPE_CHECKING:
    from cxcall.responses.refusals.refused_request import SentCredentials

_AUTHORIZATION = "header:Authorization"
_NOT_EXPORTED = "by default, browsers leave this header out of a HAR file"
_REFUSED = ("credential", "token-expired")
_MAX_SCHEME_LENGTH = 20
_OTHER_TOKEN_NAMES = tuple(
    "access-token auth-token api-key apikey x-token authoris autoris autoriz".split()
)
_WORDS = {BASIC: "Basic", BEARER: "Bearer"}
_LANGUAGE_VARIABLE = compile_on_use(r"[$#]?\{\w[\w.]*\}|\$\w+")


def check_authorization(
    request: ObservedRequest, headers: Headers, route: RouteMatch
) -> Iterator[Finding]:
    """Yield what is wrong with the credentials of a request; nothing for one to a token endpoint."""
    if route.is_token or not request.path:
        return
    rules = route.rules
    if route.is_own or (rules is not None and rules.security):
        yield from _check_security(request, rules) if rules and rules.security else ()
        return
    value = request.header("Authorization").strip()
    scheme, _, token = value.partition(" ")
    token = token.strip()
    names = [
        *headers,
        *(name for name, _ in request.query if request.status == HTTPStatus.UNAUTHORIZED),
    ]
    folded = {name: name.lower().replace("_", "-") for name in names}
    held = (name for name in names for word in _OTHER_TOKEN_NAMES if word in folded[name])
    other = "" if value else next(held, "")
    code, message, fix = "credential", "", str(Advice.SEND_TOKEN)
    if other:
        code, message = "token-missing", f"the token is sent as `{other}`, not as `Authorization`"
    elif not value and request.status == HTTPStatus.UNAUTHORIZED:
        yield from _missing_credentials(
            request, "the request has no `Authorization` header", fix=fix
        )
    elif not value or is_redacted(value):
        return
    elif scheme.lower() == "basic":
        code = "token-grant"
        message = "`Basic` credentials are for the token endpoint, not for the API"
        fix = f"get a token with them, then {fix}"
    elif problem := _bearer_problem(scheme, token):
        is_empty = scheme.lower() == "bearer" and not token
        code, message = "token-missing" if is_empty else code, problem
    elif _is_unfilled(token, request):
        yield _unfilled_token(token)
    if message:
        yield Finding.error(code, _AUTHORIZATION, message, fix=fix)


def _missing_credentials(request: ObservedRequest, message: str, **more: str) -> Iterator[Finding]:
    """Yield the finding that the source shows no credentials in a request that got a 401.

    It is an error if the API says so or no reason is known, and none if the API refused a token, which it then got.
    Browsers do not write the header into a HAR file by default.
    """
    found = Finding.error("token-missing", _AUTHORIZATION, message, **more)
    text, response = request.response_text, request.response
    if response is not None:
        cause = find_cause(response, text, is_api=True)
        if cause.code == found.code:
            yield found
            return
        is_refused = cause.code in _REFUSED and cause.meaning != Meaning.NOT_AUTHENTICATED
        if is_refused and find_platform_codes(platform_code(response)):
            return
    if request.kind is SourceKind.CAPTURE:
        yield found._replace(severity=Severity.WARNING, why=_NOT_EXPORTED)
    else:
        yield found if is_vague(text) else found._replace(severity=Severity.WARNING)


def read_credentials(request: ObservedRequest, route: RouteMatch) -> SentCredentials:
    """Return which credentials the source shows, and how to get others: for a user's document, those that it declares."""
    from cxcall.responses.refusals.refused_request import SentCredentials

    rules = route.rules
    has_token: bool | None = shows_sent_token(request) or None
    if not route.is_own and (rules is None or rules.contract.is_shipped):
        return SentCredentials(has_token)
    declared = rules.security if rules else ()
    sent = [each for each in declared if each and _has_all(request, each)]
    if sent and not any(key.kind == BEARER for entry in sent for key in entry):
        has_token = False
    names = _describe_all(sent or declared)
    return SentCredentials(has_token, "send valid credentials" + f": {names}" * bool(names))


def shows_sent_token(request: ObservedRequest) -> bool:
    """Return whether the source shows a whole bearer token in the request, and not a placeholder or a variable."""
    scheme, _, token = request.header("Authorization").strip().partition(" ")
    token = token.strip()
    is_shown = not (
        _AUTHORIZATION in request.unknown or is_withheld(token) or is_placeholder(token)
    )
    return is_shown and not _bearer_problem(scheme, token) and token.lower() not in NO_VALUES


def _is_unfilled(token: str, request: ObservedRequest) -> bool:
    """Return whether a token was never filled in; a variable counts only in a request that got a 401.

    In a command or in code, it counts if its text has no variables, such as one in single quotes.
    """
    if token.lower() in NO_VALUES:
        return True
    is_sent = request.kind.is_record or request.kind is SourceKind.MESSAGE
    if request.kind in (SourceKind.COMMAND, SourceKind.CODE):
        is_filled = "authorization" in request.filled_headers
        is_sent = not is_filled and _LANGUAGE_VARIABLE.fullmatch(token) is not None
    is_certain = (is_sent and request.status == HTTPStatus.UNAUTHORIZED) or not is_withheld(token)
    return is_certain and is_placeholder(token) and not is_redacted(token)


def _unfilled_token(token: str) -> Finding:
    """Return the finding that a token is a text that was never filled in."""
    fix = "replace it with the token: `cxcall auth token`"
    if _LANGUAGE_VARIABLE.fullmatch(token):
        fix += "; or let the language insert the variable: shells do not do it in single quotes"
    return placeholder_finding(_AUTHORIZATION, "the token", fix)


def _bearer_problem(scheme: str, token: str) -> str:
    """Return what is wrong with the form of `Authorization`; empty if it is `Bearer <token>`."""
    if scheme[:1] in ('"', "'"):
        return "the value of `Authorization` is in quotes"
    if scheme.lower() != "bearer":
        # Anything but a short word may be the token itself, and must not be shown.
        is_scheme = bool(token) and len(scheme) <= _MAX_SCHEME_LENGTH and scheme.isalpha()
        if is_scheme:
            return f"the scheme of `Authorization` must be `Bearer`; got `{scheme}`"
        missing = "plain space (it has U+00A0)" if "\u00a0" in scheme else "scheme"
        return f"`Authorization` has no {missing} before the token"
    if not token:
        return "`Authorization` has no token after `Bearer`"
    if token.lower().startswith("bearer "):
        return "`Authorization` has `Bearer` twice before the token"
    return "the token in `Authorization` is in quotes" if token.startswith(('"', "'")) else ""


def _check_security(request: ObservedRequest, operation: Operation) -> Iterator[Finding]:
    """Yield an error if a request has the credentials of no alternative that its document declares.

    A request without any credentials is reported only if the API refused it: the source may not show them.
    """
    alternatives = operation.security
    if any(_has_all(request, entry) for entry in alternatives):
        return
    value = request.header("Authorization").strip()
    if not value and request.status != HTTPStatus.UNAUTHORIZED:
        return
    names = _describe_all(alternatives)
    scheme = value.partition(" ")[0]
    is_scheme = scheme.lower() in ("basic", "bearer", "digest", "token")
    sent = f"; got `{scheme}`" if is_scheme else ""
    message, fix = f"`{operation.name}` requires {names}{sent}", f"send {names}"
    source = operation.source
    if value:
        code = "token-grant" if is_scheme else "token-missing"
        yield Finding.error(code, _AUTHORIZATION, message, fix=fix, source=source)
    else:
        first = next((key for entry in alternatives for key in entry), SecurityScheme("", BEARER))
        place = "header:Cookie" if first.place == "cookie" else f"{first.place}:{first.field}"
        for each in _missing_credentials(request, message, fix=fix, source=source):
            yield each._replace(where=place)


def _has_all(request: ObservedRequest, entry: Sequence[SecurityScheme]) -> bool:
    return all(has_credential(request, each) for each in entry)


def _describe_all(alternatives: Sequence[Sequence[SecurityScheme]]) -> str:
    return " or ".join(" with ".join(map(_describe, entry)) for entry in alternatives)


def _describe(scheme: SecurityScheme) -> str:
    if scheme.kind in _WORDS:
        return f"`Authorization: {_WORDS[scheme.kind]} ...`"
    if scheme.kind == API_KEY:
        return f"an API key in the {scheme.place} `{scheme.field}`"
    return f"`{scheme.declared}`"


def has_credential(request: ObservedRequest, scheme: SecurityScheme) -> bool:
    """Return whether a request has a credential at the place that a scheme declares; true for an unknown scheme."""
    if scheme.kind in _WORDS:
        word, _, rest = request.header("Authorization").strip().partition(" ")
        return word.lower() == _WORDS[scheme.kind].lower() and bool(rest.strip())
    if scheme.kind != API_KEY:
        return True
    if scheme.place == "query":
        return any(name == scheme.field and value for name, value in request.query)
    if scheme.place == "cookie":
        cookies = (each.strip() for each in request.header("Cookie").split(";"))
        return any(each.startswith(f"{scheme.field}=") for each in cookies)
    return bool(request.header(scheme.field).strip())
