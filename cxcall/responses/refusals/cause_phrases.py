"""The meaning of refusal messages without a code: the finding code and the advice for a phrase."""

from __future__ import annotations

from cxcall.responses.refusals.cause_table import (
    ASK_FOR_RIGHT,
    CHECK_BODY,
    CHECK_CLIENT,
    CHECK_IDS,
    LOG_IN,
    LOOK,
    NEW_TOKEN,
    WAIT,
    Cause,
)

# Phrases of messages without a code (docs/platforms/nice-cxone.md#errors-and-limits); a phrase such as "invalid request" explains nothing.
BY_WORDS = (
    (
        r"no known way to render",
        Cause(
            "header-missing",
            "the header `Accept: application/json` is missing",
            "send `Accept: application/json`",
        ),
    ),
    (
        r"http request .{0,20}to (an )?https (port|server)",
        Cause(
            "scheme-insecure",
            "the server expects https, and the request came as http",
            "write `https://` in the URL",
        ),
    ),
    (r"client application .* not authorized", Cause("credential", "", CHECK_CLIENT)),
    (r"user context|not a user", Cause("token-user-context", "", LOG_IN)),
    (
        r"(invalid|bad|wrong|incorrect).{0,12}(credential|client|secret|password|user ?name)",
        Cause("credential", "", CHECK_CLIENT),
    ),
    (
        (
            r"(cannot|could not|failed to|unable to) deseriali[sz]e|(cannot|could not) (construct|convert)\b"
            r"|cannot be (cast|converted)|(incorrect|wrong|mismatched|unexpected) type\b|type mismatch"
        ),
        Cause("type-mismatch", "", CHECK_BODY),
    ),
    (
        (
            r"(unexpected|unrecognized|invalid|illegal|unterminated) (token|character|string)\b"
            r".{0,60}\b(json|position|line|column|expecting)"
            r"|unexpected end[ -]of[ -](input|json|file)|jsonparseexception|not valid json|invalid json"
            r"|json\b.{0,20}\b(parse|syntax|malformed)|malformed json"
            r"|(cannot|could not|failed to|unable to) (parse|read|decode) (the )?(\w+ )?(json|body|payload)"
        ),
        Cause("body-malformed", "", CHECK_BODY),
    ),
    (
        r"(no|missing) ([\w-]+ ){0,2}(token|jwt)\b",
        Cause("token-missing", "", "send `Authorization: Bearer <token>`"),
    ),
    (
        (
            r"(invalid|malformed|bad|rejected).{0,12}(token|jwt)"
            r"|token.{0,20}(invalid|rejected)"
        ),
        Cause("token-expired", "", NEW_TOKEN),
    ),
    (r"rate limit|too many requests|throttl", Cause("rate-limited", "", WAIT)),
    (
        (
            r"(do(es)? not have|missing|lacks?|insufficient).{0,40}permission|forbidden"
            r"|do(es)? not have access"
        ),
        Cause("permission-missing", "", ASK_FOR_RIGHT),
    ),
    (
        (
            r"\b(token|jwt|credentials?|login|authentication|authorization)s?\b.{0,40}\bexpired"
            r"|\bexpired.{0,30}\b(token|jwt|credentials?|login)"
        ),
        Cause("token-expired", "", NEW_TOKEN),
    ),
    (
        r"not found|does not exist|unknown (id|contact|campaign|skill)",
        Cause("not-found", "", CHECK_IDS),
    ),
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
            r"\bmust (be|not|have|contain|match)\b|out of range|\bin the (past|future)\b"
            r"|\b(is|are|was|were) (invalid|malformed|incorrect|wrong|not (allowed|supported|permitted))\b"
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
