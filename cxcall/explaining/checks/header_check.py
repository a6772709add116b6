"""Check the headers of a request: what is missing, and whether the token is sent correctly."""

from __future__ import annotations

from collections.abc import Iterator

from cxcall.contracts.operation import MULTIPART, URLENCODED, Operation, is_json
from cxcall.contracts.security_schemes import API_KEY, BASIC, BEARER, SecurityScheme
from cxcall.documents.json_text import find_json
from cxcall.explaining.checks.credentials.token_check import check_claims
from cxcall.explaining.checks.credentials.token_request_check import JSON, expected_endpoint
from cxcall.explaining.checks.url.host_check import is_foreign
from cxcall.explaining.checks.url.route_check import RouteMatch
from cxcall.explaining.observed_request import ObservedRequest, SourceKind
from cxcall.explaining.operations.known_operations import CXONE, is_upload
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.errors.broken_rules import with_description
from cxcall.payloads.form_bodies import has_headers
from cxcall.payloads.placeholders import (
    NO_VALUES,
    is_placeholder,
    is_redacted,
    is_withheld,
    placeholder_finding,
)
from cxcall.payloads.schema_check import check_parameters
from cxcall.responses.refusals.finding_code_table import Advice
from cxcall.responses.refusals.reason_choice import find_cause, is_vague
from cxcall.runtime.patterns import compile_on_use
from cxcall.runtime.secrets.likely_secrets import is_secret_header
from cxcall.transport.http_messages import Headers

_UNAUTHORIZED = 401
_AUTHORIZATION = "header:Authorization"
_NOT_EXPORTED = "by default, browsers leave this header out of a HAR file"
_WITHOUT_BODY = ("GET", "HEAD", "DELETE", "OPTIONS")
_MAX_SCHEME_LENGTH = 20
_OTHER_TOKEN_NAMES = tuple(
    "access-token auth-token api-key apikey x-token authoris autoris autoriz".split()
)
_WORDS = {BASIC: "Basic", BEARER: "Bearer"}
_LANGUAGE_VARIABLE = compile_on_use(r"[$#]?\{\w[\w.]*\}|\$\w+")
_NOT_PARAMETERS = ("accept", "authorization", "content-type")
_SET_BY_CLIENTS = tuple(
    """
    user-agent host content-length accept-encoding accept-language connection origin referer cookie
    """.split()
)
"""Headers that clients add themselves: the source need not show them."""


def check_headers(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    """Yield what is wrong with the headers; nothing if the source does not show them."""
    if request.headers is None:
        return
    for finding in (
        *_check_content_type(request, route),
        *_check_accept(request, route),
        *_check_authorization(request, request.headers, route),
        *check_claims(request, route.platform),
        *_check_header_parameters(request, request.headers, route.operation),
    ):
        if not request.is_unobserved(finding):
            yield finding


def _check_content_type(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    actual, length = request.content_type, request.header("Content-Length")
    has_body = bool(request.body) or "" in request.unknown or length.strip("0") != ""
    may_be_empty = request.method in _WITHOUT_BODY or (
        route.operation and not request.body and not length
    )
    if may_be_empty and not (route.operation and route.operation.takes_body):
        return
    if not has_body or (not actual and request.null_means_unknown):
        return
    expected = _expected_content_type(request, route)
    if actual == expected == MULTIPART and has_headers(request.body or ""):
        yield from _check_boundary(request)
    if not expected or actual == expected or (is_json(actual) and expected == JSON):
        return
    is_json_body = isinstance(find_json(request.body or "", None), dict | list)
    if expected != JSON and not actual and not is_json_body:
        return  # curl and `requests` send the type of a form by themselves
    is_form, is_text = is_json_body and not is_json(expected), is_json_body and not is_json(actual)
    severity = Severity.ERROR
    if route.is_token and expected != JSON and is_json_body:
        severity = Severity.NOTE  # the error on the body names the required type
    elif route.is_token and is_foreign(request):
        severity = Severity.WARNING  # another server may have its own rules
    yield Finding(
        severity,
        "header-missing",
        "header:Content-Type",
        f"`Content-Type` must be `{expected}`; got `{actual}`" + " with a JSON body" * is_text
        if actual
        else f"`Content-Type` must be `{expected}`, but the body is sent without one",
        fix=f"send `Content-Type: {expected}`"
        if not is_form
        else f"send the fields as `{expected}`, not as JSON; clients then set this header",
        why=_why_wrong_type(expected, actual),
        source=f"contract {route.operation.contract.name}" if route.operation else "",
    )


def _why_wrong_type(expected: str, actual: str) -> str:
    """Return the effect of another content type than the body's, and why a client may send it."""
    effect = "the API responds with 415 or ignores the body"
    if expected == JSON and actual in ("", URLENCODED):
        return f"by default curl's `-d` and PowerShell's `-Body` send the type of a form, and `requests` sends none for text; {effect}"
    return effect


def _check_boundary(request: ObservedRequest) -> Iterator[Finding]:
    """Yield an error if the parts of a form were written by hand, and the header lacks their boundary."""
    value = request.header("Content-Type")
    if "boundary=" not in value.lower():
        yield Finding.error(
            "header-missing",
            "header:Content-Type",
            f"`Content-Type: {value}` has no `boundary`, without which the parts cannot be read",
            fix="let the client set this header; or write the separator of the body into it: `; boundary=...`",
            source="RFC 7578, section 4.1",
        )


def _expected_content_type(request: ObservedRequest, route: RouteMatch) -> str:
    """Return the content type that the body must have; empty if any is accepted."""
    if is_upload(request.path):
        return MULTIPART
    if not route.is_token:
        rules = route.rules
        if rules is None and route.is_own:
            return ""  # the document does not say it
        return (rules.media_type if rules else "") or JSON
    endpoint = expected_endpoint(request, route.platform)
    return endpoint.content_type if endpoint else ""


def _check_accept(request: ObservedRequest, route: RouteMatch) -> Iterator[Finding]:
    is_acd = route.platform == CXONE and "/services/" in request.path.lower()
    if is_acd and "json" not in request.header("Accept").lower():
        yield Finding.warning(
            "header-missing",
            "header:Accept",
            "the header `Accept: application/json` is missing",
            fix="send `Accept: application/json`",
            why="without it the ACD API responds with the text `No known way to render data`",
            source="published connectors for NICE CXone (Camunda, cxone-mcp)",
        )


def _check_authorization(
    request: ObservedRequest, headers: Headers, route: RouteMatch
) -> Iterator[Finding]:
    if route.is_token or not request.path:
        return
    rules = route.rules
    if route.is_own or (rules is not None and rules.security):
        yield from check_security(request, rules) if rules and rules.security else ()
        return
    value = request.header("Authorization").strip()
    scheme, _, token = value.partition(" ")
    token = token.strip()
    names = [*headers, *(name for name, _ in request.query if request.status == _UNAUTHORIZED)]
    folded = {name: name.lower().replace("_", "-") for name in names}
    held = (name for name in names for word in _OTHER_TOKEN_NAMES if word in folded[name])
    other = "" if value else next(held, "")
    code, message, fix = "credential", "", str(Advice.SEND_TOKEN)
    if other:
        code, message = "token-missing", f"the token is sent as `{other}`, not as `Authorization`"
    elif not value and request.status == _UNAUTHORIZED:
        yield _missing_credentials(request, "the request has no `Authorization` header", fix=fix)
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
        yield Finding.error(code, "header:Authorization", message, fix=fix)


def _missing_credentials(request: ObservedRequest, message: str, **more: str) -> Finding:
    """Return the finding that the source shows no credentials in a request that got a 401.

    It is an error if the API says so or gives no reason: an API that refuses a token got one. Browsers do not
    write the header into a HAR file by default.
    """
    found = Finding.error("token-missing", _AUTHORIZATION, message, **more)
    text, response = request.response_text, request.response
    if response is not None and find_cause(response, text, is_api=True).code == found.code:
        return found
    if request.kind is SourceKind.CAPTURE:
        return found._replace(severity=Severity.WARNING, why=_NOT_EXPORTED)
    return found if is_vague(text) else found._replace(severity=Severity.WARNING)


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
    is_certain = (is_sent and request.status == _UNAUTHORIZED) or not is_withheld(token)
    return is_certain and is_placeholder(token) and not is_redacted(token)


def _unfilled_token(token: str) -> Finding:
    """Return the finding that a token is a text that was never filled in."""
    fix = "replace it with the token: `cxcall auth token`"
    if _LANGUAGE_VARIABLE.fullmatch(token):
        fix += "; or let the language insert the variable: shells do not do it in single quotes"
    return placeholder_finding("header:Authorization", "the token", fix)


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


def check_security(request: ObservedRequest, operation: Operation) -> Iterator[Finding]:
    """Yield an error if a request has the credentials of no alternative that its document declares.

    A request without any credentials is reported only if the API refused it: the source may not show them.
    """
    alternatives = operation.security
    if any(all(_has_credential(request, each) for each in entry) for entry in alternatives):
        return
    value = request.header("Authorization").strip()
    if not value and request.status != _UNAUTHORIZED:
        return
    names = " or ".join(" with ".join(map(_describe, entry)) for entry in alternatives)
    scheme = value.partition(" ")[0]
    is_scheme = scheme.lower() in ("basic", "bearer", "digest", "token")
    sent = f"; got `{scheme}`" if is_scheme else ""
    message, fix = f"`{operation.name}` requires {names}{sent}", f"send {names}"
    source = f"contract {operation.contract.name}"
    if value:
        code = "token-grant" if is_scheme else "token-missing"
        yield Finding.error(code, _AUTHORIZATION, message, fix=fix, source=source)
    else:
        yield _missing_credentials(request, message, fix=fix, source=source)


def _describe(scheme: SecurityScheme) -> str:
    if scheme.kind in _WORDS:
        return f"`Authorization: {_WORDS[scheme.kind]} ...`"
    if scheme.kind == API_KEY:
        return f"an API key in the {scheme.place} `{scheme.field}`"
    return f"`{scheme.declared}`"


def _has_credential(request: ObservedRequest, scheme: SecurityScheme) -> bool:
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


def _check_header_parameters(
    request: ObservedRequest, headers: Headers, operation: Operation | None
) -> Iterator[Finding]:
    """Yield what is wrong with the header parameters that an operation declares.

    Of the headers that have a meaning of their own, OpenAPI ignores such declarations.
    """
    if operation is None:
        return
    declared = {
        each.as_sent.name: each
        for each in operation.parameters
        if each.location == "header" and each.name.lower() not in _NOT_PARAMETERS
    }
    sent = {name: headers[name] for name in declared if name in headers}
    shown = {declared[name].name: value for name, value in sent.items() if not is_withheld(value)}
    for finding in check_parameters(operation, shown):
        name = finding.origin.removeprefix("header:")
        yield finding._replace(where=f"header:{name}", origin="", why="")
    for name, each in declared.items():
        if each.required and name not in sent and _is_unsent(request, name):
            yield Finding.error(
                "header-missing",
                f"header:{name}",
                f"the header `{name}` is missing",
                fix=f"send `{name}: ...`",
                why=with_description("the operation requires it", each.description),
                source=f"contract {operation.contract.name}",
            )


def _is_unsent(request: ObservedRequest, name: str) -> bool:
    """Return whether a header that the source does not show was not sent.

    People leave secrets out of commands that they paste: only a 401 says that one was not sent.
    """
    is_removed = request.kind is SourceKind.COMMAND and is_secret_header(name, "")
    is_open = name.lower() in _SET_BY_CLIENTS or (is_removed and request.status != _UNAUTHORIZED)
    return request.shows_all_headers and not is_open


def note_sent_header(finding: Finding, request: ObservedRequest) -> Finding:
    """Return a refusal because of a missing header with other advice if the request has this header."""
    _, is_header, name = finding.where.partition("header:")
    if finding.code != "header-missing" or not is_header or not request.header(name):
        return finding
    return finding._replace(
        fix=f"the request has `{name}`: check its value, and that no proxy in between removes it"
    )
