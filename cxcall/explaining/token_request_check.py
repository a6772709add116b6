"""A request for a token, as it was made: which endpoint it was meant for, and what of it cannot be right."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl

from cxcall.explaining.published_operations import CXONE, GENESYS, load_published_operations
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.placeholders import is_placeholder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.explaining.observed_request import ObservedRequest

FORM, JSON = "application/x-www-form-urlencoded", "application/json"
_NAMED_TOKEN = re.compile(r"/(access[-_]?)?token$", re.IGNORECASE)
_SOURCES = {
    GENESYS: "Genesys Cloud developer documentation, OAuth",
    CXONE: "NICE CXone developer portal, authentication",
}
_SCOPES = ("", "readonly")


class Endpoint(NamedTuple):
    """Where a platform hands out tokens: how the body is written (`takes`), and what it must name.

    `grants` maps each grant to the names that it wants beside `grant_type`; without any, `wanted` are
    the names of every request. An empty `takes` leaves the form of the body open.
    """

    platform: str
    path: str
    address: str
    takes: str = ""
    grants: Mapping[str, tuple[str, ...]] = {}
    wanted: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Who says so."""
        return _SOURCES[self.platform]


# docs/platforms/genesys-cloud.md#client-credentials, docs/platforms/genesys-cloud.md#user-login, docs/platforms/nice-cxone.md#tokens. The first one of a platform is the usual one.
_ENDPOINTS = (
    Endpoint(GENESYS, "/oauth/token", "https://login.<region's domain>/oauth/token", FORM,
             {"client_credentials": (), "authorization_code": ("code", "redirect_uri"), "refresh_token": ("refresh_token",)}),
    Endpoint(CXONE, "/auth/token", "https://cxone.niceincontact.com/auth/token", FORM,
             {"password": ("username", "password"), "authorization_code": ("code",), "refresh_token": ("refresh_token",), "token-exchange": ()}),
    Endpoint(CXONE, "/authentication/v1/token/access-key", "https://<area>.nice-incontact.com/authentication/v1/token/access-key", JSON,
             wanted=("accessKeyId", "accessKeySecret")),
    Endpoint(CXONE, "/InContactAuthorizationServer/Token", "https://api.incontact.com/InContactAuthorizationServer/Token",
             grants={"password": ("username", "password"), "client_credentials": (), "implicit": ()}),
)  # fmt: skip
_BY_PATH = {endpoint.path.lower(): endpoint for endpoint in _ENDPOINTS}
_OTHERS = {
    "/oauth/authorize": GENESYS,
    "/auth/authorize": CXONE,
    "/public/user/refresh": CXONE,
    "/public/authentication/v1/refresh": CXONE,
    "/incontactauthorizationserver/token/whoami": CXONE,
    "/.well-known/openid-configuration": CXONE,
}
"""Other paths of a login, of whose requests nothing is judged."""


def login_platform(path: str | None) -> str:
    """Return the platform whose login has exactly this path; empty where it is none."""
    lowered = (path or "").rstrip("/").lower()
    endpoint = _BY_PATH.get(lowered)
    return endpoint.platform if endpoint else _OTHERS.get(lowered, "")


def asks_token(attempt: ObservedRequest) -> bool:
    """Tell whether a request is one of a login: by its path, or because it names a grant."""
    if not attempt.path or login_platform(attempt.path):
        return bool(attempt.path)
    if "grant_type" in _names(attempt):
        return True
    is_published = load_published_operations(GENESYS).match(attempt.path) is not None
    return bool(_NAMED_TOKEN.search(attempt.path.rstrip("/"))) and not is_published


def endpoint_meant(attempt: ObservedRequest, platform: str) -> Endpoint | None:
    """Return the token endpoint that a request went to, or else the platform's usual one.

    None for what is of a login and asks for no token.
    """
    lowered = (attempt.path or "").rstrip("/").lower()
    if lowered in _OTHERS:
        return None
    exact = _BY_PATH.get(lowered)
    if exact is not None and exact.platform == (platform or exact.platform):
        return exact
    wanted = platform or GENESYS
    return next(each for each in _ENDPOINTS if each.platform == wanted)


def check_token_request(attempt: ObservedRequest, platform: str) -> Iterator[Finding]:
    """Yield what is wrong with a request for a token: its path, how it is written, grant, names, scopes."""
    endpoint = endpoint_meant(attempt, platform)
    if endpoint is None:
        return
    if not login_platform(attempt.path):
        yield _wrong_path(attempt, endpoint, platform)
    yield from _encoding(attempt, endpoint)
    given = _names(attempt)
    yield from _grant(endpoint, given)
    if attempt.body or given or not (attempt.null_means_unknown or "" in attempt.unknown):
        yield from _missing(endpoint, given)
    yield from _unfilled(given)
    yield from _scopes(endpoint, given)


def _names(attempt: ObservedRequest) -> dict[str, str]:
    """Return what a request gives: in its form, in its JSON, or in its query."""
    given = dict(attempt.query)
    document = _object(attempt.body)
    if document is None:
        return given | dict(parse_qsl((attempt.body or "").strip()))
    return given | {name: value for name, value in document.items() if isinstance(value, str)}


def _object(body: str | None) -> dict[str, Any] | None:
    try:
        value = json.loads(body or "")
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _wrong_path(attempt: ObservedRequest, endpoint: Endpoint, platform: str) -> Finding:
    usual = [each.address for each in _ENDPOINTS if each.platform == endpoint.platform][:2]
    if not platform:
        usual = [_BY_PATH[path].address for path in ("/oauth/token", "/auth/token")]
    return Finding(
        Severity.ERROR if platform or "/api/" in f"{attempt.path}" else Severity.WARNING,
        "path-unpublished",
        "path",
        f"`{attempt.path}` hands out no token of Genesys Cloud or NICE CXone",
        fix="tokens come from " + " or ".join(f"`POST {address}`" for address in usual),
        why="a path that does not exist is refused, whatever is sent to it",
        source=endpoint.source,
    )


def _encoding(attempt: ObservedRequest, endpoint: Endpoint) -> Iterator[Finding]:
    """Yield an error where the body is written in another way than the endpoint reads."""
    body = attempt.body or ""
    is_json = _object(body) is not None
    is_form = not is_json and bool(parse_qsl(body.strip()))
    if endpoint.takes == FORM and is_json:
        said, fix = "JSON, and this endpoint takes a form", "write `name=value&name=value`, each value percent-encoded; with `requests`, `data={...}`"  # fmt: skip
    elif endpoint.takes == JSON and is_form:
        said, fix = "a form, and this endpoint takes JSON", "write one JSON object; with `requests`, `json={...}`"  # fmt: skip
    else:
        return
    yield Finding(
        Severity.ERROR,
        "body-malformed",
        "body",
        f"the body is {said}",
        fix=f"{fix}, and send `Content-Type: {endpoint.takes}`",
        why="in another form the endpoint reads no name in it",
        source=endpoint.source,
    )


def _grant(endpoint: Endpoint, given: Mapping[str, str]) -> Iterator[Finding]:
    grant = given.get("grant_type", "")
    known = endpoint.grants
    is_other = grant and known and grant not in known and ":" not in grant
    if is_other and not is_placeholder(grant):
        yield Finding(
            Severity.ERROR,
            "token-grant",
            "/grant_type",
            f"`{grant}` is no grant of `{endpoint.path}`",
            fix=f"one of: {', '.join(f'`{each}`' for each in known)}",
            source=endpoint.source,
        )
    elif grant == "client_credentials" and endpoint.platform == CXONE:
        yield Finding(
            Severity.WARNING,
            "token-grant",
            "/grant_type",
            "a client's own token, from the older server that is being retired, is good for the Patron API alone",
            fix=f"get one with an access key: `POST {_BY_PATH['/auth/token'].address}`",
            why="other operations answer it with 403",
            source=endpoint.source,
        )


def _missing(endpoint: Endpoint, given: Mapping[str, str]) -> Iterator[Finding]:
    """Yield an error for each name that the grant, or the endpoint, cannot do without."""
    wanted = endpoint.wanted or (
        "grant_type",
        *endpoint.grants.get(given.get("grant_type", ""), ()),
    )
    for name in wanted:
        if name not in given:
            yield Finding(
                Severity.ERROR,
                "property-missing",
                f"/{name}",
                f"`{name}` is missing from the request for a token",
                fix=f"add `{name}`",
                why=f"`{endpoint.path}` wants it"
                + (f" with `{given['grant_type']}`" if "grant_type" in given else ""),
                source=endpoint.source,
            )


def _unfilled(given: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a warning for each value that was never filled in; a template's slot only stands for one."""
    for name, value in given.items():
        if is_placeholder(value, id_wanted=name == "client_id") and value[0] not in "[${<%":
            yield Finding(
                Severity.WARNING,
                "placeholder",
                f"/{name}",
                f"`{value}` looks like a placeholder that was never filled in",
                fix="put the real value there",
            )


def _scopes(endpoint: Endpoint, given: Mapping[str, str]) -> Iterator[Finding]:
    if endpoint.platform != GENESYS:
        return
    for scope in given.get("scope", "").split():
        domain, _, rest = scope.partition(":")
        if rest not in _SCOPES:
            yield Finding(
                Severity.ERROR,
                "token-scope",
                "/scope",
                f"`{scope}` has not the form of a scope",
                fix=f"`{domain}` reads and writes, `{domain}:readonly` reads",
                why="three parts are the form of a permission, which a role grants"
                if ":" in rest
                else "a scope is a domain, or a domain and `:readonly`",
                source=endpoint.source,
            )
