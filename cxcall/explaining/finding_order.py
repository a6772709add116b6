"""Order findings as an experienced engineer would name them, and say each thing once."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from http import HTTPStatus

from cxcall.explaining.checks.credentials.token_request_check import is_token_request
from cxcall.explaining.checks.url.host_check import is_foreign
from cxcall.explaining.named_places import (
    ABOUT_VALUES,
    GENERIC_CODE,
    IN_URL,
    LIST_INDEX,
    QUOTATION,
    ResponseEvidence,
    accept_route,
    exact_code,
    is_named,
    is_owner_named,
    merge_equal,
    merge_said,
    with_allowed_values,
)
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.findings.finding import Finding, Severity
from cxcall.responses.message_in_body import SOURCE, platform_code
from cxcall.responses.refusals.reason_choice import is_vague
from cxcall.runtime.patterns import compile_on_use, is_uuid, name_words

# Root causes first: a wrong destination, a wrong token, a state that the API reports, then the body.
_ORDER = tuple(
    """
    path-unpublished scheme-insecure host-unknown platform-mismatch method-unpublished
    region-mismatch token-missing token-grant token-user-context token-scope token-expired
    credential permission-missing rate-limited state not-found hidden-failure header-missing
    body-malformed operation-mismatch
    """.split()
)
_NAMED = _ORDER.index("operation-mismatch")
"""The rank of a place that the response names: before a body that seems to be for another operation in a part."""
_TOKEN_CODES = tuple(
    """
    token-missing token-grant token-expired token-scope token-user-context credential
    permission-missing placeholder
    """.split()
)
_DESTINATION_CODES = _ORDER[:5]
_ABOUT_TOKENS = ("token-missing", "token-expired", "credential")
"""Codes of refusals of a token, which a problem with the token in the request explains."""
_ABOUT_IDS = ("not-found", "id-format")
_WRONG_IDS = ("id-format", "placeholder")
_PATH_CODES = ("path-unpublished", "method-unpublished")
_ACCEPTED = ("value-not-allowed", "type-mismatch", "property-missing", "phone-format", "id-format")
"""Codes of the findings on values that a successful response disproves; an unknown name may be ignored instead."""
_STATUS_OF_PLACEHOLDER = {
    "path": HTTPStatus.NOT_FOUND,
    "header:Authorization": HTTPStatus.UNAUTHORIZED,
}
"""The status with which an API refuses a placeholder at each place."""
_TOKEN_STATUSES = (401, 403, 407)
_TOKEN_PLACES = ("header:Authorization", "token")
_MIN_WORDS = 3
"""Words of a message; a shorter message, such as `Bad Request`, does not name a cause."""
_SEVERITIES = tuple(Severity)
_ID_IN_TEXT = compile_on_use(r"(?<![\w{<-])(?=[\w-]*[0-9])[\w-]{5,}(?![\w}>-])")
"""An ID in a message, which is then about a path that was filled in."""


def rank_findings(findings: Iterable[Finding], request: ObservedRequest) -> tuple[Finding, ...]:
    """Return the findings with the cause first, equal findings merged, and severities adjusted to the response."""
    findings = [each for each in findings if not _is_redacted_token(each, request)]
    evidence = ResponseEvidence.of(findings, request)
    findings = [
        _cite(_confirm(accept_route(each, request, evidence), request, evidence), request)
        for each in findings
    ]
    evidence = ResponseEvidence.of(findings, request)
    has_likely_cause = any(
        each.severity is not Severity.NOTE and each.source != SOURCE and each.where[:1] in ("", "/")
        for each in findings
    )
    findings = [_by_response(each, request, evidence) for each in findings]
    evidence = ResponseEvidence.of(findings, request)
    certain = [
        _judge_refusal(each, request, evidence, has_likely_cause=has_likely_cause)
        for each in findings
    ]
    if any(each.severity is Severity.ERROR for each in certain):
        certain = [each for each in certain if not _is_empty_refusal(each, request)]
    ranked = sorted(
        merge_equal(merge_said(certain, request)), key=lambda each: _rank(each, request, evidence)
    )
    first = {_subject(each): each for each in reversed(ranked)}
    return tuple(each for each in ranked if first[_subject(each)] is each)


def _subject(finding: Finding) -> tuple[str, ...]:
    """Return the place that a finding is about, or the pair of properties that exclude each other."""
    if finding.other_place[:1] == "/":
        return tuple(sorted((finding.where, finding.other_place)))
    is_place = finding.where.startswith("/")
    return (finding.code, finding.where, *(() if is_place else (finding.message, finding.fix)))


def _rank(
    finding: Finding, request: ObservedRequest, evidence: ResponseEvidence
) -> tuple[int, int, bool]:
    """Return the key to sort a finding by."""
    rank = _ORDER.index(finding.code) if finding.code in _ORDER else len(_ORDER)
    if finding.severity is Severity.NOTE and finding.code == "not-provable":
        rank = 0
    elif _is_refused_value(finding, request):
        rank = -1
    elif finding.where == "response" and rank >= len(_ORDER):
        # After each problem in the request, if the message names no place.
        rank = _NAMED if evidence.named else len(_ORDER) + 3
    elif rank >= _NAMED and evidence.is_within(finding):
        rank = _NAMED
    elif not (finding.where.startswith("header:") and evidence.is_within(finding)):
        rank = _rank_unnamed(finding, request, rank)
    # One word may be there by chance.
    is_long = len(name_words(finding.where.rpartition("/")[2])) > 1
    is_first = rank == _NAMED or (is_long and is_named(finding, request))
    return _SEVERITIES.index(finding.severity), rank, not is_first


def _rank_unnamed(finding: Finding, request: ObservedRequest, rank: int) -> int:
    """Return the rank of a finding that the response does not name; `rank` is the one of its code."""
    is_header = finding.code == "header-missing" and finding.where.startswith("header:")
    is_warning = finding.severity is not Severity.ERROR
    if finding.code == "property-missing":
        return len(_ORDER) + 1  # a wrong value comes before a missing one
    if is_header and request.status not in (0, HTTPStatus.UNSUPPORTED_MEDIA_TYPE):
        return len(_ORDER) + 2  # with a status other than 415, the API has parsed the body
    if finding.where == "token" and is_warning:
        return len(_ORDER) + 3  # it may apply to any request
    if finding.other_place == "query" and is_warning:
        return len(_ORDER) + 2  # users report that this also works
    return rank + (rank == _NAMED and finding.where != "body")  # a part is for another operation


def _is_redacted_token(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether a token was masked by the person who pasted it: the API's response shows that it got one."""
    is_token = finding.code == "placeholder" and finding.where == "header:Authorization"
    return is_token and request.status not in (0, HTTPStatus.UNAUTHORIZED)


def _confirm(finding: Finding, request: ObservedRequest, evidence: ResponseEvidence) -> Finding:
    """Return a warning as an error if the response confirms it.

    It does so if the API refuses a value and names the property or the value, or says only that the path is unknown.
    """
    text, is_placeholder = request.response_text, finding.code == "placeholder"
    is_filled_in = is_placeholder and finding.where == "path" and _ID_IN_TEXT.search(text)
    is_guess = finding.code == "property-unknown" and "path-unpublished" in evidence.error_codes
    is_found = is_placeholder and request.status == HTTPStatus.CONFLICT  # of the object's state
    is_other = request.response is None or is_filled_in or is_guess or is_found
    if finding.severity is not Severity.WARNING or is_other:
        return finding
    if is_placeholder and finding.where == "path" and is_owner_named(finding, request):
        return finding._replace(severity=Severity.ERROR, why=f"the API says: {text}")
    refusing = _STATUS_OF_PLACEHOLDER.get(finding.where, 0) if is_placeholder else 0
    if refusing and request.status == refusing:
        why = f"the API says: {text}" if text else f"the API does not accept it: HTTP {refusing}"
        return finding._replace(severity=Severity.ERROR, why=why)
    # A status alone confirms nothing that a certain error in the destination also explains.
    if is_vague(text):
        is_path = finding.code in (*_PATH_CODES, "host-unknown") and not is_foreign(request)
        is_confirmed = is_path and request.has_unknown_path
        is_id = (finding.code, finding.where) == ("id-format", "path")
        is_confirmed = is_confirmed or (is_id and request.status == HTTPStatus.NOT_FOUND)
        is_confirmed &= evidence.error_codes.isdisjoint(_DESTINATION_CODES)
        if is_confirmed or not text:
            return finding._replace(severity=Severity.ERROR) if is_confirmed else finding
    is_about_value = finding.code not in ("property-missing", "property-unknown")
    is_refused = is_about_value and evidence.is_refused(finding)
    is_wrong = is_refused or _is_wrong_id(finding, request, evidence)
    is_wrong = is_wrong or _is_coded(finding, request, evidence)
    is_wrong = is_wrong or (
        finding.where[:1] != "/"
        and any(each.message.startswith(finding.message) for each in evidence.refusals)
    )
    if is_wrong or _is_named_value(finding, request, evidence.refusal_codes):
        return finding._replace(severity=Severity.ERROR, why=f"the API says: {text}")
    return finding


def _is_coded(finding: Finding, request: ObservedRequest, evidence: ResponseEvidence) -> bool:
    """Return whether the code of a refusal without a place, or of one around it, has the words of the place of a finding."""
    is_possible = finding.where[:1] == "/" and finding.code in _ACCEPTED and request.is_refused
    code = platform_code(request.response) if request.response and is_possible else ""
    if not (evidence.unplaced or evidence.is_within(finding)):
        return False
    from cxcall.responses.refusals.names_in_message import names_place

    return names_place(code, finding.where)


def _is_named_value(finding: Finding, request: ObservedRequest, about: Collection[str]) -> bool:
    """Return whether a refusal of a value names the property or parameter of a finding, or quotes its value."""
    # An API that refuses a value found it where it was.
    is_misplaced = finding.other_place == "query"
    is_about_values = bool({*about} & {*(ABOUT_VALUES[1:] if is_misplaced else ABOUT_VALUES)})
    if finding.where[:1] == "/" or (finding.where in IN_URL and finding.origin):
        return is_about_values and is_named(finding, request)
    is_about = finding.where == "path" and finding.code in (*about, "placeholder")
    return is_about and _is_quoted(finding.value, request.response_text)


def _cite(finding: Finding, request: ObservedRequest) -> Finding:
    """Return a finding on a value that the API quotes and refuses as an error with the API's words."""
    if not _is_refused_value(finding, request):
        return finding
    finding = finding._replace(severity=Severity.ERROR, why=f"{QUOTATION}: {request.response_text}")
    return with_allowed_values(finding, request.response_text)


def _is_refused_value(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether the API quotes the value in the body that a finding is about, and refuses it."""
    is_value = finding.where[:1] == "/" and finding.code in _ACCEPTED and finding.source != SOURCE
    is_doubtful = finding.severity is not Severity.NOTE and request.is_refused and is_value
    return is_doubtful and _is_quoted(finding.value, request.response_text)


def _is_quoted(value: str, text: str) -> bool:
    return bool(value) and f"[{value}]" in text


def _is_wrong_id(finding: Finding, request: ObservedRequest, evidence: ResponseEvidence) -> bool:
    """Return whether a refusal is about a value that cannot be an ID, by its name or form."""
    if finding.code not in _WRONG_IDS or evidence.refusal_codes.isdisjoint(_ABOUT_IDS):
        return False
    text = request.response_text
    if _is_quoted(finding.value, text):
        return True
    if "id-format" in evidence.unplaced and "[" not in text and not is_uuid(finding.value):
        return True  # the API says that an ID is not a UUID, and this ID is not
    if finding.where[:1] != "/":
        return False
    names = LIST_INDEX.sub("", finding.where).split("/")[-2:]
    subject = {*name_words(" ".join(names))} - {"id", "ids"}
    return bool(subject.intersection(name_words(text)))


def _is_empty_refusal(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether a note only repeats the status of a response without a reason."""
    is_note = finding.where == "response" and finding.severity is Severity.NOTE
    return is_note and request.response is not None and not request.response_text


def _by_response(finding: Finding, request: ObservedRequest, evidence: ResponseEvidence) -> Finding:
    """Return a finding as less severe if the response shows that the API accepted what it is about."""
    status = request.status
    if not status or finding.where == "response" or finding.source == SOURCE:
        return finding
    is_about_token = finding.where in _TOKEN_PLACES and finding.code in _TOKEN_CODES
    # A token of another kind is refused with 400, too.
    is_about_token &= finding.code != "token-user-context"
    if is_about_token and status not in _TOKEN_STATUSES and not evidence.codes & {*_TOKEN_CODES}:
        why = f"the API did not refuse the token: it responded with HTTP {status}"
        return finding._replace(severity=Severity.NOTE, why=why)
    is_body = finding.where[:1] in ("", "/") or finding.where == "body"
    is_error, is_path = finding.severity is Severity.ERROR, finding.code in _PATH_CODES
    if request.is_successful and evidence.codes.isdisjoint(("hidden-failure", "header-missing")):
        is_accepted = finding.code in _ACCEPTED and (is_body or finding.where in IN_URL)
        is_accepted = is_accepted or finding.code == "header-missing"
        if is_accepted or is_path or (is_error and is_body):
            why = f"the API accepted the request anyway, with HTTP {status}"
            why += "; it may have ignored this" * is_body
            lesser = Severity.NOTE if is_accepted else Severity.WARNING
            return finding._replace(severity=lesser, why=why)
    why = ""
    if request.is_successful:
        why = "the API accepted the request; the failure that it reports may have another reason"
    elif "state" in evidence.codes:
        why = "the API reported a problem with a state, so it had probably accepted the body"
    elif _is_about_another(finding, request, evidence):
        why = "the API's code is about something else, so it had probably accepted this"
    if not why or not (is_error and is_body) or is_named(finding, request):
        return finding
    lesser = Severity.NOTE if finding.code == "property-missing" else Severity.WARNING
    return finding._replace(severity=lesser, why=why)


def _is_about_another(
    finding: Finding, request: ObservedRequest, evidence: ResponseEvidence
) -> bool:
    """Return whether a published code refuses something else than a value of a wrong type: the API could read this."""
    is_type = finding.code == "type-mismatch" and not evidence.unplaced.isdisjoint(ABOUT_VALUES)
    return is_type and bool(exact_code(request)) and not _is_coded(finding, request, evidence)


def _judge_refusal(
    refusal: Finding,
    request: ObservedRequest,
    evidence: ResponseEvidence,
    *,
    has_likely_cause: bool,
) -> Finding:
    """Return a refusal as a note if an error in the request says it; a generic one beside a likely cause as a warning."""
    is_refusal = refusal.source == SOURCE and refusal.code != "hidden-failure"
    if refusal.severity is not Severity.ERROR or not is_refusal:
        return refusal
    if refusal.code in ABOUT_VALUES and "body-malformed" in evidence.error_codes:
        is_said = True  # to the API, the body has no properties
    elif refusal.where != "response":
        is_said = evidence.has_error(refusal)
    else:
        is_said = evidence.is_said or _is_explained(refusal, request, evidence.causes)
    if is_said:
        return refusal._replace(severity=Severity.NOTE)
    is_doubtful = has_likely_cause and _is_generic(refusal, request)
    return refusal._replace(severity=Severity.WARNING) if is_doubtful else refusal


def _is_generic(refusal: Finding, request: ObservedRequest) -> bool:
    """Return whether a refusal says only that something in the request is not valid."""
    text = request.response_text
    if refusal.where != "response" or request.response is None:
        return False
    code = platform_code(request.response) or text
    is_only_code = len(name_words(text.replace(code, ""))) < _MIN_WORDS
    return is_only_code and bool(GENERIC_CODE.fullmatch(code))


def _is_explained(refusal: Finding, request: ObservedRequest, errors: Iterable[Finding]) -> bool:
    """Return whether one of the errors in the request explains a refusal that does not name a place.

    A wrong destination explains every refusal but that of too many requests; an error in the body explains a refusal of values.
    """
    if refusal.code == "rate-limited":
        return False
    if any(each.code in (*_DESTINATION_CODES, refusal.code) for each in errors):
        return True
    if refusal.code in _ABOUT_TOKENS and any(
        each.where == "header:Authorization" or each.code in ("region-mismatch", "token-missing")
        for each in errors
    ):
        return True
    if refusal.code in (*_ABOUT_IDS, *ABOUT_VALUES) and any(
        each.where == "path" or each.code in _WRONG_IDS for each in errors
    ):
        return True
    text = request.response_text
    if refusal.code == "credential" and is_token_request(request) and not text:
        # It is derived from the status alone; in the wrong format, the server finds no credentials.
        return any(each.where[:1] == "/" or each.code == "body-malformed" for each in errors)
    is_about_values = refusal.code in ABOUT_VALUES
    return is_about_values and any(each.where[:1] in ("", "/") for each in errors)
