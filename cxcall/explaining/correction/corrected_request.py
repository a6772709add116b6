"""Turn a failed request into a valid one, with placeholders for values that must be filled in."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from cxcall.contracts.contract import load_catalog
from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import find_value, has_value, leaves
from cxcall.explaining.checks.body.body_check import is_unchecked_body
from cxcall.explaining.checks.url.query_check import members_for_body, query_parameters
from cxcall.explaining.correction.corrected_address import OPEN_HOST, corrected_base_url
from cxcall.explaining.correction.corrected_command import (
    command_words,
    for_bash,
    for_cmd,
    for_powershell,
    json_text,
)
from cxcall.explaining.correction.corrected_exchange import (
    as_curl,
    choose_credentials,
    sent_headers,
)
from cxcall.explaining.correction.corrected_values import (
    correct_body,
    correct_parameters,
    has_open_place,
)
from cxcall.explaining.correction.json_repair import looks_like_form, read_leniently, repair_body
from cxcall.explaining.correction.lost_values import (
    find_lost_places,
    is_for_all,
    must_not_repeat,
    parse_leniently,
    repeats_request,
)
from cxcall.explaining.explanation import Explanation
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.intended_operation import find_owner_of_body
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_placeholder
from cxcall.payloads.schema_check import check_body, check_parameters, has_errors
from cxcall.runtime.secrets.known_secrets import MASKED
from cxcall.settings.credential_variables import Place


class CorrectedRequest(NamedTuple):
    """A corrected request for an operation.

    `missing` are the places that a person must fill in: placeholders, and values that are still wrong.
    `left_out` are the places of the failed request that the operation does not use. `findings` are the
    findings on the corrected request. `values` are the parameters of path, query, and headers; `contract_file` is the
    user's own document, if it declares the operation; `name` is another name of the operation. `lost` are the
    places of values that are left out, or that the API may ignore, and that may say whom to call, when, or whether.
    `is_wider` says that without them, only the path says what the request is for: all contacts or numbers there.
    `base_url` has the host and the version of the failed request, or `<host>` if its host is wrong or not shown.
    """

    operation: Operation
    base_url: str
    values: Mapping[str, str]
    body: Any
    missing: tuple[str, ...]
    left_out: tuple[str, ...]
    findings: tuple[Finding, ...]
    lost: tuple[str, ...]
    is_wider: bool
    credentials: Sequence[Place]
    contract_file: str = ""
    name: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing is to be filled in, and nothing was left out that may have an effect."""
        return not (self.missing or self.lost)

    @property
    def url(self) -> str:
        """The URL, with placeholders unchanged."""
        filled = {name: value for name, value in self.values.items() if not has_open_place(value)}
        url = self.operation.url(self.base_url, filled)
        names = {each.name: sent for sent, each in query_parameters(self.operation).items()}
        for name, value in self.values.items():
            if name not in filled and f"{{{name}}}" in url:
                url = url.replace(f"{{{name}}}", value)
            elif name not in filled and name in names:
                url += f"{'&' if '?' in url else '?'}{quote(names[name])}={value}"
        return url

    def as_text(self, form: str) -> str:
        """Return the request as `send`, `cmd`, `powershell` (a dry run by cxcall), `curl`, or `json` (the body)."""
        if form == "json":
            return json_text(self.body)
        if form == "curl":
            return as_curl(self)
        write = {"send": for_bash, "cmd": for_cmd, "powershell": for_powershell}[form]
        return write(command_words(self), self.body, has_body=self.operation.takes_body)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "operation": self.operation.name,
            "method": self.operation.method,
            "url": self.url,
            "headers": sent_headers(self.operation, self.values),
            "body": self.body if self.operation.takes_body else None,
            "missing": list(self.missing),
            "leftOut": list(self.left_out),
        }


def correct_request(
    explanation: Explanation, others: Collection[Operation] = ()
) -> CorrectedRequest:
    """Return a request for the intended operation, with the values of the failed request.

    `others` are the operations of other attempts, which are not used.

    Raises UsageError for a token request, for one that the API accepted, and if no operation is similar.
    """
    corrected = _correct_intended(explanation, others)
    if corrected is None:
        raise _refusal(explanation)
    return corrected


def find_correction(
    explanation: Explanation, others: Collection[Operation] = ()
) -> CorrectedRequest | None:
    """Return the corrected request; None if there is none, if it would act on more, or if it must not be repeated."""
    corrected = _correct_intended(explanation, others)
    if corrected is None or corrected.is_wider or must_not_repeat(corrected, explanation):
        return None
    return corrected


def _correct_intended(
    explanation: Explanation, others: Collection[Operation]
) -> CorrectedRequest | None:
    """Return the request for the operation that was meant, with likely corrections if the certain ones change nothing."""
    operation = _find_operation(explanation, others)
    if operation is None or _is_accepted(explanation):
        return None
    corrected = _correct(explanation, operation)
    root = explanation.root
    is_likely_cause = root is not None and root.where[:1] == "/"
    is_refused = is_likely_cause and explanation.request.is_refused
    if is_refused and repeats_request(corrected, explanation):
        return _correct(explanation, operation, with_warnings=True)
    return corrected


def _correct(
    explanation: Explanation, operation: Operation, *, with_warnings: bool = False
) -> CorrectedRequest:
    payload, _ = repair_body(explanation.request)
    written = explanation.request.body or ""
    sent_value = payload.value if payload else read_leniently(written)
    sent_value = _with_query(sent_value, explanation.request, operation)
    values, left_out = correct_parameters(explanation, operation, sent_value)
    body: Any = None
    dropped: tuple[str, ...] = ()
    if operation.takes_body:
        body, dropped = correct_body(
            explanation, operation, sent_value, values, with_warnings=with_warnings
        )
    left_out = (*left_out, *dropped)
    sent = Payload(body) if operation.takes_body and (body or operation.needs_body) else None
    filled = {name: value for name, value in values.items() if not has_open_place(value)}
    findings = [*check_parameters(operation, filled, sent)]
    findings += check_body(operation, sent) if sent else []
    missing = [name for name in values if name not in filled]
    open_findings = (each for each in findings if has_errors([each]) or each.code == "placeholder")
    missing += [each.where for each in open_findings if each.where[:1] in ("", "/")]
    # The correction of a partly masked value may have another type, so that it is not a placeholder.
    masked = (at for at, leaf in leaves(sent_value) if at and MASKED in str(leaf))
    missing += [at for at in masked if has_value(body, at)]
    # A body that is not shown, or its truncated end, is not known; nor is what was meant if nothing of it is left.
    is_known = payload is not None or looks_like_form(written) or (sent_value and not written)
    missing += [""] * ((bool(sent) and not is_known) or (body == {} and bool(dropped)))
    missing += _invented_places(body, sent_value)
    lost = find_lost_places(explanation.request, left_out, sent_value, (body, values))
    is_wider = bool(lost) and is_for_all(explanation.request, operation, values, body)
    base_url = corrected_base_url(explanation, operation)
    missing += ["host"] * (OPEN_HOST in base_url)
    return CorrectedRequest(
        operation,
        base_url,
        values,
        body,
        tuple(dict.fromkeys(missing)),
        left_out,
        tuple(each for each in findings if not _is_about_placeholder(each, body)),
        (*lost, *(each.where for each in findings if each.code == "property-unknown")),
        is_wider,
        choose_credentials(explanation.request, operation),
    )


def _with_query(value: Any, request: ObservedRequest, operation: Operation) -> Any:
    """Return the value of a body with the members of the query that belong in it; one that was encoded twice is decoded."""
    if isinstance(value, str):
        value = parse_leniently(value)
    if value is None or isinstance(value, dict):
        return {**members_for_body(request, operation), **(value or {})} or value
    return value


def _invented_places(body: Any, sent: Any) -> Iterator[str]:
    """Yield the place of each empty object or list of a body that the failed request did not have."""
    empty = {at.rpartition("/")[2] for at, leaf in leaves(sent) if leaf in ({}, [])}
    for pointer, leaf in leaves(body):
        if leaf in ({}, []) and pointer and pointer.rpartition("/")[2] not in empty:
            yield pointer


def _is_about_placeholder(finding: Finding, body: Any) -> bool:
    return finding.where[:1] == "/" and is_placeholder(find_value(body, finding.where))


def _find_operation(explanation: Explanation, others: Collection[Operation]) -> Operation | None:
    """Return the operation that was meant: that of the body, or else the nearest operation."""
    operation = explanation.operation
    if operation is None or explanation.route.is_token or _unsupported_part(explanation):
        return None
    # A refusal of a misspelled path proves nothing about the operation at the correct path.
    is_called = explanation.route.operation is not None
    is_unknown = is_called and explanation.request.has_unknown_path
    if operation.provenance != "published" and is_unknown:
        has_body = bool(explanation.request.body)
        operation = _published_alternative(operation, others, has_body=has_body) or operation
    payload, _ = repair_body(explanation.request)
    is_wrapped = "type-mismatch" in (each.code for each in explanation.findings if not each.where)
    if payload is None or is_wrapped or not operation.takes_body:
        return operation
    if not has_errors(check_body(operation, payload)):
        return operation
    other = find_owner_of_body(operation, payload.value)
    is_harmless = other is not None and other.method != "DELETE"
    if other is None or not is_harmless or (other.can_place_call and not operation.can_place_call):
        return operation
    return other


def _published_alternative(
    operation: Operation, others: Collection[Operation], *, has_body: bool
) -> Operation | None:
    """Return the first published operation for the same purpose that a contract declares and no attempt used.

    One without a body is for no contact: in place of a request with a body, it would start a whole campaign.
    """
    known = {
        (each.method, each.path): each
        for each in load_catalog()
        if each not in others and (each.takes_body or not has_body)
    }
    found = (known.get((each.method, each.path)) for each in operation.nearest)
    return next(filter(None, found), None)


def _unsupported_part(explanation: Explanation) -> str:
    """Return why cxcall can write no request of the operation that has the body of the failed one; else empty."""
    operation, request = explanation.operation, explanation.request
    if operation is None or operation.contract.is_shipped:
        return ""
    if is_unchecked_body(request, operation):
        media = operation.unsupported_media or (request.content_type,)
        return f"its body has the type `{'` or `'.join(media)}`, which cxcall does not write"
    return operation.unsupported_reason


def _is_accepted(explanation: Explanation) -> bool:
    """Return whether there is nothing to correct; also if a call was placed, which a corrected request would repeat."""
    operation = explanation.operation
    is_final = explanation.root is None or (operation is not None and operation.can_place_call)
    return explanation.was_accepted and is_final


def _refusal(explanation: Explanation) -> UsageError:
    if _is_accepted(explanation):
        status = f"HTTP {explanation.request.status}"
        return UsageError(
            f"nothing to correct: the API accepted the request with {status}", where="--fix"
        )
    if reason := _unsupported_part(explanation):
        return UsageError(
            f"cxcall cannot write the corrected request: {reason}",
            where="--fix",
            fix="correct the request by its findings",
        )
    if explanation.route.is_token:
        return UsageError(
            "a token request contains secrets and cannot be printed",
            where="--fix",
            fix="log in with `cxcall auth login`, which sends the request in the right form",
        )
    request = explanation.request
    if not (request.method or request.host or request.path or request.body):
        return UsageError(
            "the text shows only a response, and no request that could be corrected",
            where="--fix",
            fix="add the request: its method, URL, and body",
        )
    return UsageError(
        "no operation whose schema is known is similar to this request",
        where="--fix",
        fix="look for the operation that you need: `cxcall operations`",
    )
