"""What is known of a refused request, and the advice on its refusal in words for it."""

from __future__ import annotations

import math
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cxcall.contracts.contract import find_extended_operations
from cxcall.contracts.openapi_document import DOCTOR
from cxcall.contracts.operation import JSON, URLENCODED, Operation
from cxcall.contracts.parameters import required_parameters
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import mask_text
from cxcall.responses.identifiers import correlation_id
from cxcall.responses.refusals.finding_code_table import Advice, Cause, Meaning
from cxcall.runtime.patterns import is_uuid

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from cxcall.transport.http_messages import HttpResponse

_CHECK_IDS = "check the IDs and names in it"
_CHECK_GATEWAY = "check whether a proxy or a gateway removes the header `Authorization`"
_AS_RAW_JSON = ", and write the body as raw JSON, not as form data"
_KEEP_JSON = (
    "the request has `Content-Type: application/json`: ask the operator of the host, or of a gateway in between,"
    " which type it accepts"
)
_CHECK_ENCODING = (
    "the body that is shown is valid JSON: compare it with what the client sends, such as its encoding, its"
    " `Content-Length`, and the quotes of the shell"
)
_CORRECT_BODY = "correct what the other findings on the body name"
_MEANINGS: dict[bool | None, dict[str, str]] = {
    True: {Meaning.NO_TOKEN_SENT: "a token was sent, but the API says that it got none"},
    False: dict.fromkeys(
        (Meaning.NOT_ACCEPTED, Meaning.NOT_AUTHENTICATED), "the API does not accept the credentials"
    ),
}
"""More exact meanings, by whether a token was sent."""


class SentCredentials(NamedTuple):
    """The credentials of a request: whether there was a token, None if this is not known, and how to get another one."""

    has_token: bool | None = None
    renewal: str = Advice.NEW_TOKEN


class RefusedRequest(NamedTuple):
    """What is known of a refused request.

    `operation` is None if it matches none; `is_token` is for requests to a token endpoint; `body` is the parsed body,
    as far as it is known, and `places` the place of each value in the URL, `path` or `query`; `is_valid` says
    that it fits the schema of the operation, and `has_findings` that it has errors or warnings, so that the advice is not
    to check it again; `media_type` is its `Content-Type`, empty if it is not known; `parameters` are the values in its
    path, as far as they are known.
    """

    operation: Operation | None
    is_token: bool = False
    has_body: bool = True
    body: Any = None
    places: Mapping[str, str] = MappingProxyType({})
    is_valid: bool = False
    has_findings: bool = False
    media_type: str = ""
    credentials: SentCredentials = SentCredentials()
    parameters: Mapping[str, str] = MappingProxyType({})

    def reword(self, cause: Cause) -> Cause:
        """Return a cause with the code and the meaning that it has with the credentials of the request."""
        has_token = self.credentials.has_token
        is_other = cause.code == "token-expired" and has_token is False
        meaning = _MEANINGS.get(has_token, {}).get(cause.meaning, cause.meaning)
        return cause._replace(code="credential" if is_other else cause.code, meaning=meaning)

    def advise(self, cause: Cause, response: HttpResponse) -> str:
        """Return the advice of a cause in words for the request."""
        fix, operation = cause.fix, self.operation
        takes_body = self.has_body and (operation is None or operation.takes_body)
        if fix is Advice.CHECK_BODY and not takes_body:
            known = operation.listing if operation else "the vendor's documentation"
            fix = f"compare path and query with {known}"
        elif fix is Advice.CHECK_BODY and self.is_valid:
            is_unread = cause.code == "body-malformed"
            return _CHECK_ENCODING if is_unread else self._advise_on_valid_body(response)
        elif fix is Advice.CHECK_BODY and self.has_findings:
            fix = _CORRECT_BODY
        elif fix is Advice.SEND_JSON:
            fix = self._advise_on_type()
        elif fix is Advice.NEW_TOKEN:
            fix = self.credentials.renewal
        elif fix is Advice.SEND_TOKEN:
            fix = self.missing_token_advice
        return f"{fix}{cause.more}"

    def advise_to_wait(self, seconds: float | None) -> str:
        """Return when to send the request again; `seconds` is the wait in the response."""
        if seconds is not None:
            return f"send it again in {math.ceil(seconds)} s, as the response asks"
        fewer = "to send fewer requests per minute, add `--rate` to `batch`"
        if self.is_token:
            fewer = "use one token until it expires, not a new one for each request"
        return f"wait a minute, then send it again; {fewer}"

    @property
    def missing_token_advice(self) -> str:
        """What to do if the API says that it got no token."""
        return str(_CHECK_GATEWAY if self.credentials.has_token else Advice.SEND_TOKEN)

    def _advise_on_valid_body(self, response: HttpResponse) -> str:
        """Return what to check after a refusal of a body that matches its schema."""
        doctor = _doctor_command(self.operation) if self.operation else ""
        for name, value in self.parameters.items():
            if is_uuid(value) or (value.isdecimal() and mask_text(value) == value):
                doctor = doctor.replace(f" {name}=ID", f" {name}={value}")
        check = f"check the objects that it names: {doctor}" if doctor else _CHECK_IDS
        known = correlation_id(response)
        support = f"give the correlation ID `{known}`" if known else "give the time and the host"
        return f"the body matches its schema: {check}; for support, {support}"

    def _advise_on_type(self) -> str:
        """Return which `Content-Type` to send after a 415; most token endpoints expect a form (RFC 6749, section 4)."""
        declared = self.operation.unsupported_media if self.operation else ()
        expected = self.operation.media_type if self.operation else ""
        expected = expected or next((each for each in declared if "*" not in each), "")
        if not expected and self.is_token:
            expected = URLENCODED
        if expected and expected != JSON:
            return f"send the body as `{expected}`, with this `Content-Type`"
        if "json" in self.media_type.lower():
            return _KEEP_JSON
        return Advice.SEND_JSON if self.body is not None else f"{Advice.SEND_JSON}{_AS_RAW_JSON}"


def advise_on_rights(operation: Operation | None, known: Collection[str]) -> str:
    """Return how to get the missing right: the right that the response names (`known`), or that the contract requires."""
    advice: str = Advice.ASK_FOR_RIGHT
    if known:
        names = ", ".join(f"`{name}`" for name in known)
        advice = f"ask an administrator to add {names} to the role of the client or user"
    if operation is None:
        return advice
    alternatives = operation.permissions or [each for each in operation.scopes if each]
    if all(name in known for each in alternatives for name in each):
        return advice
    kind = "permission" if operation.permissions else "scope"
    names = " or ".join(f"`{' '.join(sorted(each))}`" for each in alternatives)
    return f"{advice}; the contract names the {kind} {names}"


@lru_cache(maxsize=16)
def _doctor_command(operation: Operation) -> str:
    """Return the command that looks up the objects of a request with a body; empty if there is no read for any of them."""
    in_body = {pointer.rpartition("/")[2] for pointer in operation.pointers}
    own = required_parameters(operation)
    reads = [
        read
        for read in find_extended_operations(DOCTOR)
        if read.platform == operation.platform
        and in_body.union(own).intersection(required_parameters(read))
    ]
    if not reads:
        return ""
    found = {name for read in reads for name in read.declared[DOCTOR].get("values", {})}
    wanted = [*own, *(name for read in reads for name in required_parameters(read))]
    names = [name for name in dict.fromkeys(wanted) if name not in in_body | found]
    flags = (flag for name in names for flag in ("--param", f"{name}=ID"))
    return command("cxcall", "doctor", "--for", operation.name, *flags, "--file", "FILE")
