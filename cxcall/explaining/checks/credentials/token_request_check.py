"""Check a token request: find the intended endpoint, and the errors in the request."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from cxcall.contracts.operation import JSON, URLENCODED
from cxcall.explaining.checks.credentials.token_endpoints import (
    ENDPOINT_BY_PATH,
    ENDPOINTS,
    OTHER_LOGIN_PATHS,
    TokenEndpoint,
    endpoint_of_body,
    login_platform,
)
from cxcall.explaining.correction.json_repair import parse_repaired
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import (
    CXONE,
    GENESYS,
    PLATFORM_NAMES,
    load_published_operations,
)
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_placeholder, is_withheld, placeholder_finding
from cxcall.responses.message_in_body import platform_code
from cxcall.runtime.name_similarity import has_further_word, nearest_name, part_of_name
from cxcall.runtime.patterns import compile_on_use

_TOKEN_PATH = compile_on_use(r"/(access[-_]?)?token$", re.IGNORECASE)
_OPTIONAL = tuple("grant_type client_id client_secret scope redirect_uri code_verifier".split())
_SECRET_PARAMETERS = ("client_secret", "password", "accesskeysecret")
_LOGIN = re.compile(rb"[^:]*:(?:.*[^\n])?", re.DOTALL)  # `echo` in a shell would add a line end


def is_token_request(request: ObservedRequest) -> bool:
    """Return whether a request is for a login service: by its path, or because it has a grant type."""
    if not request.path:
        return False
    parameters = _parameters(request)
    is_cxone = re.search("incontact|cxone", request.hostname) is not None
    is_login = login_platform(request.path) or (is_cxone and endpoint_of_body(parameters))
    if is_login or "grant_type" in parameters:
        return True
    is_token = _TOKEN_PATH.search(request.path.rstrip("/")) is not None
    return is_token and load_published_operations(GENESYS).match(request.path) is None


def expected_endpoint(request: ObservedRequest, platform: str) -> TokenEndpoint | None:
    """Return the token endpoint at the request's path, or else the platform's usual one.

    None for a request to a login service that is not for a token.
    """
    key = request.path.rstrip("/").lower()
    if key in OTHER_LOGIN_PATHS:
        return None
    endpoint = ENDPOINT_BY_PATH.get(key)
    if endpoint is not None and endpoint.platform == (platform or endpoint.platform):
        return endpoint
    usual = next(each for each in ENDPOINTS if each.platform == (platform or GENESYS))
    return endpoint_of_body(_parameters(request)) or usual


def check_token_request(request: ObservedRequest, platform: str) -> Iterator[Finding]:
    """Yield what is wrong with a token request: path, encoding, grant type, parameters, scopes."""
    endpoint = expected_endpoint(request, platform)
    if endpoint is None:
        return
    if login_platform(request.path) not in ([platform] if platform else PLATFORM_NAMES):
        yield _wrong_path(request, endpoint, platform)
    yield from _check_encoding(request, endpoint)
    yield from _check_place(request, endpoint)
    yield from _check_header_names(request, endpoint)
    yield from _check_credentials(request)
    parameters = _parameters(request)
    code = platform_code(request.response) if request.response and not parameters else ""
    yield from _check_grant(endpoint, parameters, code)
    # `curl -v` shows the headers alone.
    has_no_type = request.headers is not None and not request.content_type
    is_shown = request.body is not None or has_no_type
    may_be_hidden = request.null_means_unknown or request.has_hidden_members or not is_shown
    if request.body or parameters or not may_be_hidden:
        yield from _check_required(endpoint, parameters)
    yield from _check_placeholders(parameters)
    if endpoint.platform == GENESYS:
        yield from _check_scopes(endpoint, parameters)


def _parameters(request: ObservedRequest) -> dict[str, str]:
    """Return the parameters in the query and in the body, whether form or JSON."""
    members = _json_object(request.body)
    if members is None:
        members = dict(parse_qsl((request.body or "").strip()))
    texts = {name: value for name, value in members.items() if isinstance(value, str)}
    return dict(request.query) | texts


def _json_object(body: str | None) -> dict[str, Any] | None:
    document, _ = parse_repaired(body or "")
    return document.value if document and isinstance(document.value, dict) else None


def _wrong_path(request: ObservedRequest, endpoint: TokenEndpoint, platform: str) -> Finding:
    usual = [ENDPOINT_BY_PATH[path].url for path in ("/oauth/token", "/auth/token")]
    urls = [each.url for each in ENDPOINTS if each.platform == platform][:2] or usual
    urls = [endpoint.url] if endpoint.required else urls
    return Finding(
        Severity.ERROR if platform or "/api/" in request.path else Severity.WARNING,
        "path-unpublished",
        "path",
        f"`{request.path}` is not a token endpoint of {PLATFORM_NAMES.get(platform, 'Genesys Cloud or NICE CXone')}",
        fix="get tokens from " + " or ".join(f"`POST {url}`" for url in urls),
        why="the API refuses a path that does not exist, whatever the body",
        source=endpoint.source,
    )


def _check_encoding(request: ObservedRequest, endpoint: TokenEndpoint) -> Iterator[Finding]:
    is_json = _json_object(request.body) is not None
    if endpoint.content_type == URLENCODED and is_json:
        message = "the body is JSON, but this endpoint expects a form"
        fix = "write `name=value&name=value`, each value percent-encoded (with `requests`: `data={...}`)"
    elif endpoint.content_type == JSON and not is_json and parse_qsl((request.body or "").strip()):
        message = "the body is a form, but this endpoint expects JSON"
        fix = "write one JSON object (with `requests`: `json={...}`)"
    else:
        return
    yield Finding.error(
        "body-malformed",
        "body",
        message,
        fix=f"{fix}, and send `Content-Type: {endpoint.content_type}`",
        why="the endpoint finds no parameters in another format",
        source=endpoint.source,
    )


def _check_place(request: ObservedRequest, endpoint: TokenEndpoint) -> Iterator[Finding]:
    """Yield an error if all parameters are in the query, and the body, where the endpoint reads them, is empty."""
    if request.body or endpoint.content_type != URLENCODED or "" in request.unknown:
        return
    names = {name.lower() for name, _ in request.query}
    if "grant_type" in names and not names & {*_SECRET_PARAMETERS} and not request.is_successful:
        is_shown = request.body is not None
        yield Finding(
            Severity.ERROR if is_shown else Severity.WARNING,
            "body-malformed",
            "body",
            f"the parameters of the token request are in the query{', and its body is empty' * is_shown}",
            fix=f"send them in the body, as `grant_type=...`, with `Content-Type: {URLENCODED}`",
            why="the endpoint reads its parameters from the body",
            source="RFC 6749, section 4.4.2",
        )


def _check_header_names(request: ObservedRequest, endpoint: TokenEndpoint) -> Iterator[Finding]:
    """Yield an error for each parameter that is a header, if the body does not have it, too."""
    is_certain = endpoint.content_type == URLENCODED and "" not in request.unknown
    sent = _parameters(request)
    for name in request.headers or () if is_certain and not request.is_successful else ():
        if name.lower() in _OPTIONAL and name.lower() not in sent:
            yield Finding.error(
                "body-malformed",
                f"header:{name}",
                f"`{name}` is sent as a header, but it is a parameter of the token request",
                fix=f"send it in the body, as `{name.lower()}=...`, with `Content-Type: {URLENCODED}`",
                why="the endpoint reads its parameters from the body",
                source="RFC 6749, section 4.4.2",
            )


def _check_credentials(request: ObservedRequest) -> Iterator[Finding]:
    """Yield an error if the client's credentials are in the URL, or in `Basic` without base64."""
    name = next((name for name, _ in request.query if name.lower() in _SECRET_PARAMETERS), "")
    if name:
        yield Finding.warning(
            "credential",
            "query",
            f"`{name}` is in the URL of the token request",
            fix="send it in the body or in the header, and replace the secret: logs keep URLs",
            why="OAuth forbids credentials in the URL, and the endpoint may ignore them there",
            source="RFC 6749, section 2.3.1",
            origin=name,
        )
    scheme, _, value = request.header("Authorization").partition(" ")
    if scheme.lower() != "basic" or not value or is_withheld(value) or is_placeholder(value):
        return
    if not _is_basic(value.strip()) and "header:Authorization" not in request.unknown:
        yield Finding.error(
            "credential",
            "header:Authorization",
            "the credentials after `Basic` are not the base64 form of `<client ID>:<secret>`",
            fix="encode both together, without a line end (with curl: `-u ID:SECRET`)",
            source="RFC 7617",
        )


def _is_basic(credentials: str) -> bool:
    """Return whether a text is the base64 form of a user name and a password, or has a variable."""
    if "$" in credentials or "{" in credentials:
        return True
    try:
        return _LOGIN.fullmatch(a2b_base64(credentials, strict_mode=True)) is not None
    except Error:
        return False


def _check_grant(
    endpoint: TokenEndpoint, parameters: Mapping[str, str], code: str
) -> Iterator[Finding]:
    """Yield what is wrong with the type of grant; `code` is that of the response if no parameter is shown."""
    grant = parameters.get("grant_type", "")
    is_supported = grant in endpoint.grants or not endpoint.grants or ":" in grant
    has_user_name = grant == "password" and "@" in parameters.get("username", "")
    is_refused = code == "unsupported_grant_type" and bool(endpoint.grants)
    if is_refused or (grant and not is_supported and not is_placeholder(grant)):
        yield Finding.error(
            "token-grant",
            "/grant_type",
            f"`{endpoint.path}` does not support the grant type {f'`{grant}`' if grant else 'of the request'}",
            fix=f"use one of: {', '.join(f'`{each}`' for each in endpoint.grants)}",
            source=endpoint.source,
        )
    elif grant == "client_credentials" and endpoint.platform == CXONE:
        yield Finding.warning(
            "token-grant",
            "/grant_type",
            "a client-credentials token from this older server is valid only for the Patron API",
            fix=f"get a token with an access key: `POST {ENDPOINT_BY_PATH['/auth/token'].url}`",
            why="other operations respond with 403",
            source=endpoint.source,
        )
    elif has_user_name and endpoint.content_type == URLENCODED:
        yield Finding.warning(
            "credential",
            "/username",
            "`username` looks like the name of a user; this grant expects the ID of an access key",
            fix="send the ID of an access key as `username`, and its secret as `password`",
            why="back-end applications log in with the access key of a user",
            source=endpoint.source,
        )


def _check_required(endpoint: TokenEndpoint, parameters: Mapping[str, str]) -> Iterator[Finding]:
    grant = parameters.get("grant_type", "")
    required = endpoint.required or ("grant_type", *endpoint.grants.get(grant, ()))
    others = [each for each in parameters if each not in (*required, *_OPTIONAL)]
    for name in [each for each in required if each not in parameters]:
        similar = [each for each in others if not has_further_word(each, name)]
        if other := nearest_name(name, similar) or part_of_name(name, others):
            others.remove(other)
            yield Finding.error(
                "property-unknown",
                f"/{other}",
                f"`{other}` must be written `{name}`",
                fix=f"rename `{other}` to `{name}`",
                source=endpoint.source,
            )
        else:
            yield Finding.error(
                "property-missing",
                f"/{name}",
                f"`{name}` is missing from the token request",
                fix=f"add `{name}`",
                why=f"`{endpoint.path}` requires it" + (f" with `{grant}`" if grant else ""),
                source=endpoint.source,
            )


def _check_placeholders(parameters: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a warning for each placeholder; `{id}` and the like may be the source's own variables."""
    for name, value in parameters.items():
        is_unfilled = is_placeholder(value, id_wanted=name == "client_id")
        if is_unfilled and value[0] != "<" and not is_withheld(value):
            yield placeholder_finding(f"/{name}", f"`{value}`")


def _check_scopes(endpoint: TokenEndpoint, parameters: Mapping[str, str]) -> Iterator[Finding]:
    for scope in parameters.get("scope", "").split():
        domain, _, access = scope.partition(":")
        if access not in ("", "readonly"):
            yield Finding.error(
                "token-scope",
                "/scope",
                f"`{scope}` is not a valid scope",
                fix="leave `scope` out: roles decide what a token of a client may do"
                if parameters.get("grant_type") == "client_credentials"
                else f"use `{domain}` to read and write, `{domain}:readonly` to read",
                why="a name of three parts is a permission, which a role grants"
                if ":" in access
                else "a scope is a domain, or a domain and `:readonly`",
                source=endpoint.source,
            )
