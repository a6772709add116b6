"""Note which parts of a request the source does not show, because they may contain the cause."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from cxcall.explaining.named_places import QUOTATION
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import READ_METHODS
from cxcall.findings.finding import Finding, Severity
from cxcall.findings.text_lists import list_in_words
from cxcall.responses.message_in_body import SOURCE, platform_code
from cxcall.responses.refusals.reason_choice import own_reason

_ABOUT_BODY = ("value-not-allowed", "property-missing", "type-mismatch", "body-malformed")


def _is_about_hidden_body(finding: Finding, request: ObservedRequest) -> bool:
    """Return whether a response refuses some value of a body that is not shown, without a code or a name for it."""
    response = request.response
    is_hidden = request.body is None and request.method not in READ_METHODS
    is_vague = finding.where == "response" and finding.code in _ABOUT_BODY
    return is_hidden and is_vague and response is not None and not platform_code(response)


def note_missing_evidence(
    request: ObservedRequest, findings: Sequence[Finding]
) -> Iterator[Finding]:
    """Yield a note if no cause was found, or if a part that the source does not show may contain another cause.

    There is no other cause if the response names one of the findings.
    """
    if request.is_successful or any(each.code == "not-provable" for each in findings):
        return
    severities = {each.severity for each in findings}
    if Severity.ERROR not in severities:
        is_unknown = any(request.unknown.values())
        yield _unknown_values(request) if is_unknown else _no_cause(request, severities)
        return
    response = request.response
    is_proven = any(
        (each.source == SOURCE and not _is_about_hidden_body(each, request))
        or (each.severity is Severity.ERROR and QUOTATION in each.why)
        for each in findings
    )
    if response is None or not request.status or is_proven:
        return
    is_write = request.method and request.method not in READ_METHODS
    has_text = bool(response.body.strip() or own_reason(response))
    hidden = [] if has_text else ["the text of the response"]
    hidden += ["the body of the request"] if is_write and request.body is None else []
    if hidden:
        yield Finding.note(
            "not-provable",
            "body" if has_text else "response",
            f"not shown: {' and '.join(hidden)}",
            fix="explain the request together with what is not shown: it may have another cause",
        )


def note_no_evidence(request: ObservedRequest) -> list[Finding]:
    """Return the note on a text that may be only a body; no note if it contains a request or a response."""
    note = Finding.note(
        "not-provable",
        "request",
        "cannot explain this text: it contains no URL, status, or error",
        fix="to check only a body: `cxcall validate FILE`; otherwise add the request and the status",
    )
    return [] if request.is_identified else [note]


def _unknown_values(request: ObservedRequest) -> Finding:
    """Return the note that names the variables whose values the source does not show."""
    names = dict.fromkeys(
        f"`{name if name != '...' else place.removesuffix('/{...}') or 'body'}`"
        for place, listed in request.unknown.items()
        for name in listed
    )
    verb, s = ("are", "s") if len(names) > 1 else ("is", "")
    source = request.origin.rpartition(" ")[2]
    hidden = f"the value{s} of {list_in_words([*names])} {verb} not in the {source}"
    fix = "replace each name with its value, or check the body: `cxcall validate FILE`"
    if [*names] == ["`body`"] and request.unknown.get("") == ("...",):
        hidden = "the body is not shown as it was sent"
        fix = "write the body in JSON, or check it: `cxcall validate FILE`"
    return Finding.note(
        "not-provable",
        "request",
        f"{hidden}, and no cause was found in the rest",
        fix=fix,
        why=_unread_lines(request),
    )


def _no_cause(request: ObservedRequest, severities: Collection[Severity]) -> Finding:
    """Return the note that no cause was found, with the facts that the platform's support needs."""
    return Finding.note(
        "not-provable",
        "request",
        "no certain cause found: the warnings name likely causes"
        if Severity.WARNING in severities
        else "no cause found in the request or response",
        fix="to continue, capture: method, URL, body, status, response, its correlation ID, time, and region; "
        "then explain that, or paste it into a support ticket",
        why=_unread_lines(request) or ("" if request.response else "the source shows no response"),
    )


def _unread_lines(request: ObservedRequest) -> str:
    """Return a text that names the lines which no reader understood; empty if there are none."""
    if not request.unread:
        return ""
    verb = "was" if request.unread.startswith(("line ", "member ")) else "were"
    shown = "" if request.response else "; no response was found in the rest"
    return f"{request.unread} {verb} not understood{shown}"
