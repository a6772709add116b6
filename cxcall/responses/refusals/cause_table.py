"""What refusals mean: the finding code and the advice for a status, a platform's code, or a phrase."""

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
_PERSON = "use a token of a user: `cxcall auth login --with-token`"
_CLIENT = "check the ID, the secret, and the registration of the client, and use the token endpoint of its region"
LOOK = "read its current state, then send a request that is allowed in it"
CHECK_BODY = "check the body offline: `cxcall validate FILE`"
_IDS = "check the IDs, and that the host is that of your region: `cxcall config show`"
_WAIT = "wait, then send it again"
SEND_JSON = "send `Content-Type: application/json`"
NO_CAUSE = Cause("not-provable", "", "contact the platform's support")
NO_TOKEN = Cause("credential", "the token endpoint does not accept these credentials", _CLIENT)
_MISSING_RIGHT = "the token does not allow this"
# By status, where neither code nor message says more (docs/platforms/genesys-cloud.md#error-codes).
BY_STATUS = {
    400: Cause("not-provable", "", CHECK_BODY),
    401: Cause("token-expired", "the API does not accept the token", NEW_TOKEN),
    403: Cause("permission-missing", _MISSING_RIGHT, ASK_FOR_RIGHT),
    404: Cause(
        "not-found", "the host does not have this path, or no object has the ID in it", _IDS
    ),
    405: Cause(
        "method-unpublished",
        "the path does not support this method",
        "list the operations: `cxcall operations`",
    ),
    407: Cause("credential", "the proxy requires credentials", "add them to `HTTPS_PROXY`"),
    409: Cause(
        "state", "the current state of an object that the request names does not allow it", LOOK
    ),
    410: Cause("not-found", "an object that the request names was deleted", _IDS),
    412: Cause(
        "state", "the current state of an object that the request names does not allow it", LOOK
    ),
    413: Cause("value-not-allowed", "the body is too large", "send a smaller body"),
    415: Cause("header-missing", "the API requires another `Content-Type`", SEND_JSON),
    429: Cause("rate-limited", "the API accepts no more requests for now", _WAIT),
}
# Patterns of the platforms' codes (docs/platforms/genesys-cloud.md#error-codes, docs/platforms/nice-cxone.md#errors-and-limits).
BY_CODE = (
    (
        r"not\.a\.user",
        Cause(
            "token-user-context",
            "the operation requires a user's token, but the token is a client's",
            _PERSON,
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
        Cause("token-expired", "the API does not accept the token", NEW_TOKEN),
    ),  # RFC 6750
    (r"insufficient_scope", Cause("token-scope", "the token does not have a scope", _ADD_SCOPE)),
    (r"invalid\.id", Cause("id-format", "", _IDS)),
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
        r"invalid_client|access_denied",
        Cause("credential", "the client ID or its secret is not accepted", _CLIENT),
    ),
    (
        r"invalid_grant",
        Cause(
            "credential",
            "the code, refresh token, or user of the token request is not accepted",
            _CLIENT,
        ),
    ),
    (
        r"unauthorized_client|unsupported_(grant|response)_type",
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
        Cause("rate-limited", "too many requests", _WAIT),
    ),
    (
        r"(.*\.)?not\.found|.*\.does\.not\.exist|.*\.deleted",
        Cause("not-found", "an object that the request names does not exist", _IDS),
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
    ),  # of the sequence that is sent
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
# Phrases of messages, where there is no code (docs/platforms/nice-cxone.md#errors-and-limits); a phrase that only says "invalid request" explains nothing.
BY_WORDS = (
    (
        r"no known way to render",
        Cause(
            "header-missing",
            "the header `Accept: application/json` is missing",
            "send `Accept: application/json`",
        ),
    ),
    (r"client application .* not authorized", Cause("credential", "", _CLIENT)),
    (r"user context|not a user", Cause("token-user-context", "", _PERSON)),
    (
        r"(invalid|bad|wrong|incorrect).{0,12}(credential|client|secret|password|user ?name)",
        Cause("credential", "", _CLIENT),
    ),
    (
        (
            r"(invalid|malformed|bad|no|missing|rejected).{0,12}(token|jwt)"
            r"|token.{0,20}(invalid|rejected)"
        ),
        Cause("token-expired", "", NEW_TOKEN),
    ),
    (r"rate limit|too many requests|throttl", Cause("rate-limited", "", _WAIT)),
    (
        (
            r"(do(es)? not have|missing|lacks?|insufficient).{0,40}permission|forbidden"
            r"|do(es)? not have access"
        ),
        Cause("permission-missing", "", ASK_FOR_RIGHT),
    ),
    (r"expired", Cause("token-expired", "", NEW_TOKEN)),
    (r"not found|does not exist|unknown (id|contact|campaign|skill)", Cause("not-found", "", _IDS)),
    (
        (
            r"already|(session|contact|call) ended|in use|conflict|inactive|not active"
            r"|(in)?valid state|running|locked|\bbeing \w+ed\b|in progress|not (yet )?ready"
            r"|list is empty|must be (on|off|active|stopped)"
        ),
        Cause("state", "", LOOK),
    ),
    (
        (
            r"\b(is|are) required\b|required (field|property|parameter)|missing required"
            r"|(must not|cannot|may not) be (null|empty|blank)|is missing"
        ),
        Cause("property-missing", "", CHECK_BODY),
    ),
    (
        (
            r"\bmust (be|not|have|contain|match)\b|out of range"
            r"|too (long|short|large|small|many|few)|\bat (most|least)\b"
        ),
        Cause("value-not-allowed", "", CHECK_BODY),
    ),
    (
        (
            r"\b(invalid|malformed)\b(?! (request|syntax)\b).{3,}|validation error"
            r"|invalid[ _]value|invalidparameter|not valid"
        ),
        Cause("value-not-allowed", "", CHECK_BODY),
    ),
)
