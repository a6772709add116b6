"""Find the role of names and texts in code in a request: URL, method, headers, body."""

from __future__ import annotations

import re
from typing import Any

from cxcall.contracts.operation import JSON, URLENCODED
from cxcall.explaining.operations.intended_operation import share_of_names
from cxcall.explaining.operations.known_operations import is_published_path
from cxcall.explaining.readers.code.values import CodeCall
from cxcall.explaining.readers.json_values.json_search import is_json_start
from cxcall.explaining.readers.request_builder import METHODS, first_words, fold_letters
from cxcall.explaining.readers.unresolved_variables import (
    is_unresolved,
    mark_unresolved,
    remove_marks,
)
from cxcall.runtime.patterns import compile_on_use

VARIABLE = "\ufdd0[^\ufdd1]*\ufdd1"
URL = compile_on_use(
    rf"(?:https?|\{{\w+\}}|{VARIABLE})://\S+"
    # Only from the start of a name: a search that tries each letter takes quadratic time in a long word.
    r"|(?<![\w-])(?<![\w-]\.)(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?/\S*",
    re.IGNORECASE,
)
KNOWN_PATH = compile_on_use(
    r"/?(?:api/v\d|incontactapi/|services/v\d|o?auth/|authentication/v\d|platform/"
    r"|v\d+/(?:outbound|conversations|users)|dfo/|[\w-]+/v\d)",
    re.IGNORECASE,
)
PATH = compile_on_use(r"/[^\s/<>\"][^\s<>\"]*")
HOST = compile_on_use(r"(?:[\w-]+\.)+[a-z]{2,}(?::\d+)?", re.IGNORECASE)
MIME = compile_on_use(r"(?:application|text|multipart)/[\w.+-]+(?:;\s*\S+)?")
HEADER_LINE = compile_on_use(r"([A-Za-z][\w-]*): ?(.*)", re.DOTALL)
HEADER_NAME = compile_on_use(
    r"(?:content-(?:type|length|encoding|language)|accept(?:-\w+)?|authorization"
    r"|user-agent|host|origin|referer|cookie"
    r"|cache-control|connection|pragma|if-(?:none-)?match|correlation-?id"
    r"|(?:x|ining?|inin|sec)-[\w-]+)",
    re.IGNORECASE,
)
METHOD_NAME = compile_on_use(
    r"(?:^|[._`:$])(?:http|method|meth|http_meth|method_|verb)?_?"
    r"(get|post|put|patch|delete|head|options)"
    r"(?:async|form|json|jsonasync|asjsonasync|asjson|_json|_form|forobject|forentity|string|stringasync"
    r"|request|with)?!?$",
    re.IGNORECASE,
)
PREFIX = compile_on_use(r"^(?:curlopt|sethttp|set|add|with|request|req|http)+(?=[a-z])")
_SEGMENT = compile_on_use(
    r"(?i)(?:url_?segment|(?:path|route|url)_?param(?:eter)?|resolvetemplate)$"
)
_FORM = compile_on_use(r"[\w.-]+=[^\s{}<>&]*(?:&[\w.-]+=[^\s{}<>&]*)*")
_RELATIVE = compile_on_use(r"\w[^\s/?:]*(?:/[^\s/?:]+)*/?(?:\?\S*)?")
BASE_NAMES = compile_on_use(r"(?:base|prefix)_?ur[il]", re.IGNORECASE)
_ROLE_OF = first_words(
    """
    url url uri requesturi requesturl endpoint effectiveurl apiurl
    host baseurl baseuri baseaddress prefixurl host hostname server apibase domain base basepath
    path path pathname requestpath resource route pathandquery
    method method verb type customrequest requestmethod httpmethod m
    headers headers header requestheaders httpheader allhttpheaderfields customheaders
    headers httpheaders defaultrequestheaders defaultheaders
    json json jsonbody bodyjson jsonobject
    body body bodyvalue data payload postfields content stringbody entity rawbody postdata
    body requestbody send write copypostfields bodydata rawdata raw bodyraw bodystring
    body stringcontent writebody dataraw databinary newreader newbuffer newbufferstring ofstring
    body torequestbody create ofbytearray reqbody putdata writerow stringentity httpentity
    body writestring getoutputstream
    form form formparams formparameters formdata formurlencodedcontent urlencoded fields
    form formbody bodyform bodyfields postparameter postparameters
    files files multipart formfiles
    query params query qs searchparams queryparams querystring queryparam queryparameters
    query queryparameter param querydata queryitems rawquery encodedquery percentencodedquery
    query queryform updatequery withquery appendqueryparameter
    option timeout auth verify proxy proxies retry retries signal agent httpsagent httpagent cert
    option responsetype withcredentials credentials maxredirects allowredirects followredirect
    option httperrors throwhttperrors failonstatuscode ignorehttpserrors validatestatus stream
    type contenttype mediatype mimetype mediatypeheadervalue tomediatype parse
    """
)
"""The roles of names without capitals and separators."""
DEFAULT_TYPES = {"asform": URLENCODED, "stringcontent": "text/plain"}
"""The types that calls with at most one argument set: `asForm()` of Laravel, `new StringContent(text)` of .NET."""
BODY_ROLES = ("body", "json", "form")
FORM_MAKERS = compile_on_use(
    r"urlencode|www_?form|http_build_query|querystring|^qs\.|formurlencoded|urlsearchparams|formbody"
    r"|build_query|url\.values|encodeform",
    re.IGNORECASE,
)
# Methods whose result differs from their arguments.
CHANGES = compile_on_use(
    r"(?:^|\W|_)"
    r"(?:replace\w*|gsub|substitute|safe_substitute|translate"
    r"|splice|render\w*|map|filter|reduce)$",
    re.IGNORECASE,
)
OTHER_NAMES = compile_on_use(
    "client|config|option|session|context|agent|transport|setting|timeout|response|result|header",
    re.IGNORECASE,
)
_SENDERS = compile_on_use(
    "(?i)request|fetch|open|ajax|verb|call|uri|http|restproxy|invoke-|^irm$|^iwr$"
)
BASIC = "basicauth httpbasicauth httpbasicauthenticator setbasicauth basic userpwd auth".split()
_MAX_OPTIONS = 3
_AXIOS = compile_on_use(r"(?:^|\.)(?:axios|\$?http(?:Client)?)\.(?:post|put|patch)$")
_GUZZLE_BODIES = ("json", "body", "form_params", "multipart")  # PHP: `$http->post($url, [...])`
# Constants of libraries, such as `MediaType.APPLICATION_JSON` and `ContentType.Application.Json`.
_MIME_NAME = compile_on_use(
    r"(?:^|[._:])(?:application[._]?)?(json|form|x_www_form)"
    r"(?:_?url_?encoded\w*|_utf8\w*|_value)?$",
    re.IGNORECASE,
)
_NAMED_CREDENTIAL = compile_on_use(r"^callout:\w+(?=/)")


def role_of(name: str) -> str:
    """Return the role of a member, variable, or function in a request by its name; empty if it has none."""
    last = fold_letters(name.rpartition(".")[2].rpartition(":")[2])
    return _ROLE_OF.get(last) or _ROLE_OF.get(PREFIX.sub("", last), "")


def is_sender(name: str, call: CodeCall | None = None, target: str = "") -> bool:
    """Return whether a call may send a request: by its name, or because a method and an object like a body are in it."""
    values = call.values() if call else []
    bodies = [each for each in values if isinstance(each, dict | list)]
    has_method = any(each in values for each in METHODS)
    path = path_of(remove_marks(target)).partition("?")[0]
    is_own = has_method and any(share_of_names(path, each) > 0 for each in bodies)
    return is_own or _SENDERS.search(name) is not None


def is_target(text: str) -> bool:
    """Return whether a text is a URL, or a path of one of the platforms, with or without variables."""
    text = without_credential(text)
    whole = remove_marks(text)  # a query may be written with blanks
    if len(text) > 4096 or not text or "\n" in text or re.search(r"\s", whole.partition("?")[0]):
        return False
    text = text.partition("?")[0] if " " in whole else text
    bare = re.sub(rf"^(?:{VARIABLE})+", "", text)
    if bare != text and bare.startswith("."):  # `{subdomain}.host/...`
        bare = f"x{bare}"
    if bare != text:
        return bool(PATH.fullmatch(bare) or KNOWN_PATH.match(bare) or URL.fullmatch(bare))
    return bool(URL.fullmatch(text) or (KNOWN_PATH.match(text) and text[:1] == "/"))


def target_in_value(value: Any) -> str:
    """Return a value as a target, also in a call that makes it: `URI("https://...")`; empty if it is not one."""
    if isinstance(value, CodeCall) and len(value.arguments) == 1:
        return target_in_value(value.values()[0])
    return value if isinstance(value, str) and is_target(value) else ""


def without_credential(text: str) -> str:
    """Return the path of a Salesforce URL whose host is in a named credential: `callout:Name/path`."""
    return _NAMED_CREDENTIAL.sub("", text)


def method_of(value: str) -> str:
    """Return the HTTP method that a text, or the name of a constant, stands for."""
    if value.upper() in METHODS:
        return value
    found = METHOD_NAME.search(remove_marks(value).strip("{}")) if is_unresolved(value) else None
    return found[1] if found else ""


def contains_target(call: CodeCall) -> bool:
    """Return whether a URL is among the arguments of a call, at any depth."""
    inner = (each for each in call.values() if isinstance(each, CodeCall))
    texts = (each for each in call.values() if isinstance(each, str))
    return any(map(is_target, texts)) or any(map(contains_target, inner))


def split_target(target: str, base: str, scheme: str) -> dict[str, Any]:
    """Return the URL or the path of a target; the host may be a variable."""
    if base and not URL.match(target) and not is_unresolved(target):
        base = base if "://" in base or is_unresolved(base) else f"{scheme}://{base}"
        target = base.rstrip("/") + "/" + target.lstrip("/")
    target = without_credential(target)
    bare = re.sub(rf"^(?:{VARIABLE})+", "", target)
    if bare != target and not bare.startswith((".", ":")):
        target = bare if bare.startswith("/") or URL.match(bare) else f"/{bare}"
    return {"path" if target.startswith("/") else "url": target}


def path_of(url: str) -> str:
    """Return the path of a URL; empty if it has none."""
    _, slashes, rest = url.partition("://")
    rest = rest if slashes else url
    return rest[rest.find("/") :] if "/" in rest else ""


def as_header(text: str, *, is_any: bool = False) -> tuple[str, str] | None:
    """Return (name, value) of a header line; without `is_any`, only for a well-known header."""
    found = HEADER_LINE.fullmatch(text)
    if not found or not (is_any or HEADER_NAME.fullmatch(found[1])):
        return None
    is_other = "\n" in text.strip() or found[2][:2] == "//"
    return None if is_other else (found[1], found[2].strip())


def encoding_of(name: str) -> str:
    """Return the encoding that the name of a call shows, such as `http.PostForm` of Go and `PostAsJsonAsync` of .NET."""
    is_json = re.search(r"(?:as|post|put|patch)json", name, re.IGNORECASE)
    return "form" if name.lower().endswith("form") else "json" if is_json else ""


def literal_header_text(value: Any) -> str:
    """Return the value of a header; empty if it is not a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, CodeCall):
        texts = [each for each in value.values() if isinstance(each, str)]
        scheme = "Basic " if fold_letters(value.name.rpartition(".")[2]) in BASIC else ""
        return scheme + (" ".join(texts) if texts else mark_unresolved(f"{{{value.name}}}"))
    return literal_header_text(value[0]) if isinstance(value, list) and value else ""


def mime_of(value: Any) -> str:
    """Return a value as a media type; empty if it is not one."""
    if isinstance(value, CodeCall):
        return next((found for each in value.values() if (found := mime_of(each))), "")
    if isinstance(value, str) and (value in ("json", "form") or is_unresolved(value)):
        name = remove_marks(value).strip("{}")
        # A variable called `json` has a text; a constant such as `JSON` names the type.
        is_variable = name == "json" and is_unresolved(value)
        kind = None if is_variable else _MIME_NAME.search(name)
        media_type = JSON if kind and kind[1].lower() == "json" else URLENCODED
        return media_type if kind else ""
    return value if isinstance(value, str) and MIME.fullmatch(value) else ""


def first_text(call: CodeCall) -> str:
    """Return the first argument of a call, except a method, if it is a text without a variable at its start."""
    plain = (each for each in call.values() if not (isinstance(each, str) and method_of(each)))
    first = next(plain, None)
    return first if isinstance(first, str) and not is_unresolved(first) else ""


def platform_path(text: str) -> str:
    """Return a platform's path without the leading slash, as RestSharp accepts it, with it; empty for any other text."""
    return f"/{text}" if KNOWN_PATH.match(text) and PATH.fullmatch(f"/{text}") else ""


def url_below(base: str, text: str, *, is_sent: bool) -> str:
    """Return the URL of a path below a base URL that a client joins it to; empty if a text is no such path.

    A path of one segment, or of a call that does not send, must be published: it may be any other text.
    """
    path = path_of(base) or "/"
    if not (path.endswith("/") and is_target(base) and _RELATIVE.fullmatch(text)) or mime_of(text):
        return ""
    is_path = is_sent and "/" in text
    is_path = is_path or is_published_path(remove_marks(f"{path}{text}").partition("?")[0])
    return base.removesuffix("/") + f"/{text}" if is_path else ""


def sets_segment(name: str, values: list[Any]) -> bool:
    """Return whether a call gives a parameter of the path a value: `request.AddUrlSegment("id", value)`."""
    is_named = _SEGMENT.search(name) or any("UrlSegment" in str(each) for each in values[2:])
    return bool(is_named) and len(values) > 1 and isinstance(values[0], str)


def is_document(text: str) -> bool:
    """Return whether a text is JSON, or the form of a token request, so that it may be a body without a name."""
    if is_json_start(text):
        return len(text) > 2 and '"' in text
    return "grant_type" in text and _FORM.fullmatch(text) is not None


def is_form_part(value: Any) -> bool:
    """Return whether a value is one or more parameters of a form: `name=value`."""
    return isinstance(value, str) and re.match(r"[\w.-]+=[^=]", value) is not None


def is_headers(value: Any) -> bool:
    """Return whether a value is a map with nothing but well-known headers."""
    if not isinstance(value, dict | list):
        return False
    pairs = value.items() if isinstance(value, dict) else value
    return bool(value) and all(
        isinstance(each, tuple | list)
        and len(each) == 2
        and isinstance(each[0], str)
        and HEADER_NAME.fullmatch(each[0])
        for each in pairs
    )


def is_options(value: Any, method: str = "") -> bool:
    """Return whether a map has the options of a call, or only headers; the query alone, if its method needs no body."""
    if not isinstance(value, dict):
        return False
    roles = {role_of(name): name for name in value}
    has_body = bool(roles.keys() & {*BODY_ROLES}) and len(value) <= _MAX_OPTIONS
    is_ambiguous = "" in roles and roles.get("body") == "data"  # also a property of a contact
    return (
        is_headers(value)
        or has_request_options(value)
        or (has_body and not is_ambiguous)
        or roles.keys() == {"option"}
        or (
            method in ("GET", "HEAD", "DELETE")
            and roles.keys() <= {"query", "option"}
            and isinstance(value.get(roles.get("query")), dict)
        )
    )


def has_request_options(value: dict[str, Any]) -> bool:
    """Return whether a map has a member that only the options of a request have: URL, method, or headers."""
    if "statusCode" in value:  # the response of a function behind a gateway
        return False
    return any(role_of(name) in ("headers", "method", "url") for name in value)


def is_request(value: Any, target: str = "") -> bool:
    """Return whether a map describes a request: its base URL, or its URL, which is a target, and method, headers, or body."""
    if not isinstance(value, dict) or (target and target not in value.values()):
        return False
    if any(BASE_NAMES.fullmatch(str(name)) for name in value):
        return True
    roles = {role_of(name): each for name, each in value.items() if isinstance(name, str)}
    url, method = roles.get("url"), roles.get("method")
    if not isinstance(url, str) or not (is_target(url) or is_unresolved(url)):
        return False
    has_parts = "headers" in roles or "body" in roles
    return has_parts or (isinstance(method, str) and bool(method_of(method)))


def takes_headers_as_body(call: CodeCall) -> bool:
    """Return whether a call of axios or Angular has the options with the headers in the place of the body."""
    if not _AXIOS.search(call.name) or any(name for name, _ in call.arguments):
        return False
    body, options = [*call.values()[1:3], None, None][:2]
    headers = body.get("headers") if isinstance(body, dict) else None
    is_guzzle = isinstance(body, dict) and not body.keys().isdisjoint(_GUZZLE_BODIES)
    if (
        is_guzzle
        or not isinstance(headers, dict)
        or (isinstance(options, dict) and "headers" in options)
    ):
        return False
    return any(name.lower() == "authorization" for name in headers)
