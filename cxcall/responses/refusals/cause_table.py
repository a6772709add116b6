"""The meaning of refusals: the finding code and the advice for a status, a platform's code, or a phrase."""

from __future__ import annotations

from cxcall.named_tuple import NamedTuple


class Cause(NamedTuple):
    """The finding code for a status, a code, or a phrase, and what it means."""

    code: str
    meaning: str
    fix: str


NEW_TOKEN = "get a new token, for example with `cxcall auth token`"  # noqa: S105 - advice
ASK_FOR_RIGHT = "ask an administrator which permission the role of the client or user needs"
_ADD_SCOPE = "add the scope to the OAuth client, and get a new token"
LOG_IN = "use a token of a user: `cxcall auth login --with-token`"
CHECK_CLIENT = "check the ID, the secret, and the registration of the client, and use the token endpoint of its region"
LOOK = "read its current state, then send a request that is allowed in it"
REPEAT_READS = "wait, then repeat it if it only reads; give the time and the correlation ID to the platform's support"
CHECK_BODY = "check the body offline: `cxcall validate FILE`"
CHECK_IDS = "check the IDs, and that the host is that of your region: `cxcall config show`"
WAIT = "wait, then send it again"
SEND_JSON = "send `Content-Type: application/json`"
TOKEN_NOT_ACCEPTED = "the API does not accept the token: it may be expired, revoked, or malformed"  # noqa: S105 - a message
NO_CAUSE = Cause("not-provable", "", "contact the platform's support")
NO_TOKEN = Cause("credential", "the token endpoint does not accept these credentials", CHECK_CLIENT)
_MISSING_RIGHT = "the token does not allow this"
# RFC 9110, section 15.5.2, and RFC 6750, section 3.1, say nothing else about a 401.
NOT_AUTHENTICATED = (
    "the request has no valid token: it may be missing, expired, revoked, or of another region"
)
# By status, if neither code nor message is more exact (docs/platforms/genesys-cloud.md#error-codes).
BY_STATUS = {
    400: Cause("not-provable", "", CHECK_BODY),
    401: Cause("token-expired", NOT_AUTHENTICATED, NEW_TOKEN),
    403: Cause(
        "permission-missing",
        "the server refuses this request: the token may lack a permission or a scope",
        ASK_FOR_RIGHT,
    ),
    404: Cause(
        "not-found", "the host does not have this path, or no object has the ID in it", CHECK_IDS
    ),
    405: Cause(
        "method-unpublished",
        "the path does not support this method",
        "list the operations: `cxcall operations`",
    ),
    406: Cause(
        "header-missing",
        "the API cannot respond in a format that the header `Accept` allows",
        "send `Accept: application/json`",
    ),
    407: Cause("credential", "the proxy requires credentials", "add them to `HTTPS_PROXY`"),
    409: Cause(
        "state", "the current state of an object that the request names does not allow it", LOOK
    ),
    410: Cause("not-found", "an object that the request names was deleted", CHECK_IDS),
    412: Cause(
        "state", "the current state of an object that the request names does not allow it", LOOK
    ),
    411: Cause(
        "header-missing",
        "the request has no `Content-Length`",
        "let the client set it; send an empty body as `-d ''` with curl",
    ),
    413: Cause("value-not-allowed", "the body is too large", "send a smaller body"),
    414: Cause("value-not-allowed", "the URL is too long", "send fewer or shorter parameters"),
    415: Cause("header-missing", "the API requires another `Content-Type`", SEND_JSON),
    421: Cause(
        "host-unknown",
        "the server is not responsible for the host of the request",
        "compare the host of the URL with the header `Host`, and with that of your region",
    ),
    422: Cause(
        "value-not-allowed",
        "the server can read the body, but does not accept what it says",
        CHECK_BODY,
    ),
    429: Cause("rate-limited", "the API accepts no more requests for now", WAIT),
    431: Cause(
        "value-not-allowed",
        "the headers are too large",
        "remove cookies, and send one token only",
    ),
    500: Cause("not-provable", "the server failed", REPEAT_READS),
    502: Cause("not-provable", "a gateway got no valid response from the platform", REPEAT_READS),
    503: Cause("not-provable", "the server is overloaded or down for now", REPEAT_READS),
    504: Cause("not-provable", "a gateway waited too long for the platform", REPEAT_READS),
}
# Patterns of the platforms' codes (docs/platforms/genesys-cloud.md#error-codes, docs/platforms/nice-cxone.md#errors-and-limits).
BY_CODE = (
    (
        r"not\.a\.user",
        Cause(
            "token-user-context",
            "the operation requires a user's token, but the token is a client's",
            LOG_IN,
        ),
    ),
    (
        r"(.*\.)?missing\.(any\.|division\.)?permissions?|not\.authorized",
        Cause("permission-missing", _MISSING_RIGHT, ASK_FOR_RIGHT),
    ),
    (
        r".*\.permission\.check\.failed|.*\.forbidden\..*",
        Cause("permission-missing", _MISSING_RIGHT, ASK_FOR_RIGHT),
    ),
    (
        r"credentials\.expired|token.expired",
        Cause("token-expired", "the token has expired", NEW_TOKEN),
    ),
    (
        r"invalid_token",
        Cause(
            "token-expired",
            TOKEN_NOT_ACCEPTED,
            NEW_TOKEN,
        ),
    ),  # RFC 6750
    (r"insufficient_scope", Cause("token-scope", "the token does not have a scope", _ADD_SCOPE)),
    (r"invalid\.id", Cause("id-format", "", CHECK_IDS)),
    (
        r"bad\.credentials",
        Cause(
            "credential",
            "the token is unknown or expired, or belongs to another region",
            f"{NEW_TOKEN}; a token of another region gets the same error",
        ),
    ),
    (
        r"ip\.not\.authorized",
        Cause(
            "credential",
            "your IP address is not on the organization's list",
            "send it from an address that the organization allows",
        ),
    ),
    (
        r"(action\.|.*\.)authentication(\.failed)?|invalid[_.]credentials",
        Cause(
            "credential",
            "the other system does not accept the credentials",
            "correct the credentials of the integration or the list",
        ),
    ),
    (
        r"invalid_client",
        Cause("credential", "the client ID or its secret is not accepted", CHECK_CLIENT),
    ),
    (
        r"access_denied",
        Cause(
            "permission-missing",
            "the user or the login server denied access",
            "ask an administrator to approve the client for the organization",
        ),
    ),
    (
        r"invalid_grant",
        Cause(
            "credential",
            "the grant is not accepted: its code, refresh token, user, or client",
            "log in again for a new code or refresh token: each is valid once, for a short time, and for the"
            " client and the redirect URI that it was issued for; or check the user name and the password",
        ),
    ),
    (
        r"unsupported_grant_type",
        Cause(
            "token-grant",
            "the token endpoint does not support this grant type",
            "use a grant type of this endpoint, and send it as a form",
        ),
    ),
    (
        r"unsupported_response_type",
        Cause(
            "token-grant",
            "the login server does not support this response type",
            "use `response_type=code`",
        ),
    ),
    (
        r"unauthorized_client",
        Cause(
            "token-grant",
            "the client is not registered for this grant type",
            "use a grant that the client is registered for",
        ),
    ),
    (
        r"invalid_scope",
        Cause(
            "token-scope",
            "the client does not have this scope",
            "request scopes of the form `<domain>` or `<domain>:readonly`",
        ),
    ),
    (
        r"authentication\.required",
        Cause("token-missing", "no token was sent", "send `Authorization: Bearer <token>`"),
    ),
    (
        r"too\.many\.(requests.*|recycles)|.*rate\.per\.minute",
        Cause("rate-limited", "too many requests", WAIT),
    ),
    (
        r"(.*\.)?not\.found|.*\.does\.not\.exist|.*\.deleted",
        Cause("not-found", "an object that the request names does not exist", CHECK_IDS),
    ),
    (
        (
            r"cannot\.have\..*|.*\.cannot\.be\.configured|.*\.conflicts\.with\..*"
            r"|contact\.columns\.limit.*|name\.length.*"
        ),
        Cause("value-not-allowed", "", CHECK_BODY),
    ),
    (
        r"campaign\.sequence\.is\.empty",
        Cause("value-not-allowed", "", CHECK_BODY),
    ),  # about the sequence that is sent
    (
        r"duplicate\.(name|value)",
        Cause("state", "the name is in use", "use another name, or update the existing one"),
    ),
    (
        (
            r"cannot\..*|.*\."
            r"(active|inactive|in\.use|in\.progress|wrong\.version|limit\.exceeded|limit|reached)"
        ),
        Cause("state", "", LOOK),
    ),
    (
        (
            r".*\.(bad\.status\.transition|no\.user\.station|cannot\.be\.placed|already\..*"
            r"|disconnected|not\.connected)"
        ),
        Cause("state", "", LOOK),
    ),
    (
        (
            r"(.*\.)?no\.(active|edge|station).*|.*\.is\.empty|.*\.not\.supported|dnc\..*\.per\..*"
            r"|(general\.)?conflict.*|referential\..*|.*\.cannot\.(?!be\.blank).*"
        ),
        Cause("state", "", LOOK),
    ),
    (
        (
            r"(.*\.)?missing\..*|.*\.cannot\.be\.blank|(.*\.)?required\..*|.*\.(required|missing)"
            r"|no\.contact.*|no\.phone\.columns"
        ),
        Cause("property-missing", "", CHECK_BODY),
    ),
    (
        (
            r"invalid[._].*|.*\.invalid|bad\.request|constraint\.validation|too\.many\..*"
            r"|.*\.too\.(far|many|long|large).*|(incorrect|exceeded)\.max.*|.*exceeded"
        ),
        Cause("value-not-allowed", "", CHECK_BODY),
    ),
    (
        r"unsupported\.media\.type",
        Cause("header-missing", "the API requires another `Content-Type`", SEND_JSON),
    ),
)
