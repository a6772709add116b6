"""Reading an answer: the IDs in it, whether it hides a failure, and what it says was wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from cxcall.document import value_at
from cxcall.errors import Finding, Severity
from cxcall.phone import mask_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cxcall.contract import Operation
    from cxcall.transport import HttpResponse

CORRELATION_HEADERS = ("Genesys-Correlation-Id", "ININ-Correlation-Id", "CorrelationId")
SOURCE = "response"
_FAILED_WORDS = {"failed", "failure", "error", "rejected"}

# What a status means where the body does not say it better (genesys-cloud.md section 5.2).
_BY_STATUS = {
    400: (
        "not-provable",
        "the API refused the request and names no field",
        "check the body with `cxcall validate`",
    ),
    401: (
        "token-expired",
        "the API does not accept the token",
        "log in again: `cxcall auth login`",
    ),
    403: (
        "permission-missing",
        "the token may not do this",
        "have the permission or scope granted; see `cxcall auth status`",
    ),
    404: (
        "not-found",
        "the API does not know this path, or an ID in it",
        "check the IDs, and the host's region",
    ),
    405: ("method-unpublished", "the path does not take this method", "see `cxcall operations`"),
    407: ("credential", "the proxy wants credentials", "set them in `HTTPS_PROXY`"),
    409: (
        "state",
        "the object's state forbids it now",
        "look at the object on the platform, then run this again",
    ),
    413: ("value-not-allowed", "the body is too large", "send less in it"),
    415: ("header-missing", "the API takes another content type", "see the operation's contract"),
    429: ("rate-limited", "the API takes no more requests for now", "wait, then run this again"),
}
_BY_CODE = {
    "not.a.user": (
        "token-user-context",
        "log in as a person: this operation takes no client credentials",
    ),
    "missing.permissions": (
        "permission-missing",
        "have the permission granted to the client's role",
    ),
    "missing.any.permissions": (
        "permission-missing",
        "have one of them granted to the client's role",
    ),
    "credentials.expired": ("token-expired", "log in again: `cxcall auth login`"),
}


def engagement_id(
    operation: Operation, response: HttpResponse, first_header: str = ""
) -> tuple[str, str] | None:
    """Return (ID, where it stood): a header named by the user, the contract's places, `Location`."""
    declared = (
        (f"header:{first_header}", *operation.engagement_id)
        if first_header
        else operation.engagement_id
    )
    places = [*declared, "location"]
    headers_first = sorted(
        places, key=lambda place: ("header:", "body:", "locat").index(_kind(place))
    )
    for place in headers_first:
        found = _at(place, response)
        if found:
            return found, place
    return None


def _kind(place: str) -> str:
    return (
        "header:"
        if place.startswith("header:")
        else "body:"
        if place.startswith("body:")
        else "locat"
    )


def _at(place: str, response: HttpResponse) -> str:
    kind, _, name = place.partition(":")
    if kind == "header":
        return str(response.headers.get(name, "")).strip()
    if kind == "location":
        return unquote(
            urlsplit(response.headers.get("Location", "")).path.rstrip("/").rpartition("/")[2]
        )
    try:
        value = value_at(response.json(), name)
    except KeyError:
        return ""
    return (
        str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    )


def correlation_id(response: HttpResponse) -> str | None:
    """Return the platform's ID of this exchange, from its headers, else from its error body."""
    for name in CORRELATION_HEADERS:
        if name in response.headers:
            return str(response.headers[name])
    body = response.json()
    context = body.get("contextId") if isinstance(body, dict) else None
    return str(context) if context else None


def hidden_failure(response: HttpResponse) -> Finding | None:
    """Return the failure that a 2xx hides in its body, if any (nice-cxone.md section 5, shape D)."""
    body = response.json()
    if not isinstance(body, dict):
        return None
    told = next(_failures(body), None)
    if told is None:
        return None
    return Finding(
        Severity.ERROR,
        "hidden-failure",
        "response",
        f"the API answered {response.status}, and its body says that it failed: {told}",
        fix="read the body; nothing was started",
        why="a 2xx whose body reports failure is no success",
        source=SOURCE,
    )


def _failures(body: dict[str, Any]) -> Iterator[str]:
    folded = {name.lower(): (name, value) for name, value in body.items()}
    for name in ("error", "errors", "errorcode", "error_description"):
        if name in folded and folded[name][1]:
            yield f"`{folded[name][0]}` is {_short(folded[name][1])}"
    name, value = folded.get("errorcount", ("", 0))
    if isinstance(value, int) and value > 0:
        yield f"`{name}` is {value}"
    for name in ("success", "succeeded", "ok"):
        if name in folded and folded[name][1] is False:
            yield f"`{folded[name][0]}` is false"
    name, value = folded.get("status", ("", ""))
    if isinstance(value, str) and value.lower() in _FAILED_WORDS:
        yield f"`{name}` is `{value}`"
    if isinstance(value, int) and not isinstance(value, bool) and value >= 400:
        yield f"`{name}` is {value}"


def _short(value: Any) -> str:
    text = mask_text(str(value))
    return f"`{text[:80]}…`" if len(text) > 80 else f"`{text}`"


def refusal(operation: Operation, response: HttpResponse, host: str) -> tuple[Finding, ...]:
    """Return the findings on an answer of 4xx or a redirect: what the platform says, in our terms."""
    code, message, fix = _BY_STATUS.get(
        response.status,
        ("not-provable", "the API refused the request", "ask the platform's support"),
    )
    body = response.json()
    told = _told(body)
    error_code = str(body.get("code", "")) if isinstance(body, dict) else ""
    if error_code in _BY_CODE:
        code, fix = _BY_CODE[error_code]
    if code == "permission-missing" and operation.scopes:
        scopes = " or ".join(f"`{' '.join(sorted(names))}`" for names in operation.scopes)
        fix = f"{fix}; the contract names the scope {scopes}"
    named = correlation_id(response)
    why = f"the API says: {mask_text(told)}" if told else "its answer says no more"
    found = Finding(
        Severity.ERROR,
        code,
        "response",
        f"HTTP {response.status} from {host}: {message}",
        fix=f"{fix}; for support: correlation ID {named}"
        if named and code == "not-provable"
        else fix,
        why=why,
        source=SOURCE,
    )
    return (found, *_fields(body), *_unpublished(operation, response))


def _told(body: Any) -> str:
    """Return the platform's own words, in the order that its shapes give them."""
    if not isinstance(body, dict):
        return ""
    folded = {name.lower(): value for name, value in body.items()}
    names = (
        "messagewithparams",
        "message",
        "error_description",
        "errordescription",
        "description",
        "error",
        "code",
    )
    words = [str(folded[name]) for name in names if folded.get(name)]
    code = folded.get("code")
    return (
        f"{words[0]} ({code})" if words and code and code != words[0] else words[0] if words else ""
    )


def _fields(body: Any) -> Iterator[Finding]:
    """Yield one finding a field that the answer names (`details[].fieldName`)."""
    details = body.get("details") if isinstance(body, dict) else None
    for detail in details if isinstance(details, list) else ():
        name = detail.get("fieldName") if isinstance(detail, dict) else None
        if name:
            yield Finding(
                Severity.ERROR,
                "value-not-allowed",
                "response",
                f"the API names the field `{mask_text(str(name))}`"
                + (f": {detail['errorCode']}" if detail.get("errorCode") else ""),
                fix="compare it with the operation: `cxcall operations NAME`",
                source=SOURCE,
            )


def _unpublished(operation: Operation, response: HttpResponse) -> Iterator[Finding]:
    if response.status in (404, 405) and operation.standing:
        yield Finding(
            Severity.ERROR,
            "path-unpublished",
            "path",
            f"`{operation.method} {operation.path}` is reported by users and in no vendor's published list",
            fix="published for the same purpose: " + "; or ".join(map(str, operation.nearest)),
            why="a host that does not know the path answers so, whatever is sent to it",
            source=f"contract {operation.contract.name}",
        )
