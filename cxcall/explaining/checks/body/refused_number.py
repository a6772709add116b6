"""Find the number that an API refuses: one in a form that it may accept elsewhere, such as with an extension."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import enclosing_pointers, leaves
from cxcall.explaining.checks.body.named_value_check import PHONE_NUMBER
from cxcall.explaining.equal_findings import LIST_INDEX
from cxcall.explaining.operations.known_operations import CXONE
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_placeholder, is_withheld
from cxcall.payloads.undialable_values import is_dialed_property
from cxcall.phone.number_masking import mask_number
from cxcall.responses.message_in_body import SOURCE
from cxcall.responses.refusals.reason_choice import platform_text
from cxcall.transport.http_messages import HttpResponse

_E164 = re.compile(r"\+[1-9][0-9]{5,14}")
_ABOUT_NUMBER = re.compile(
    r"\b(?:tele)?(?:phone|callback|destination|dial(?:ed)?|called)[ _]?(?:numbers?|address(?:es)?)\b|\be\.?164\b"
    r"|^(?:invalid|malformed) (?:number|address)\b(?! of)",
    re.IGNORECASE,
)
_ABOUT_CALLER = re.compile(r"\b(?:caller|calling|ani|from|outbound)\b", re.IGNORECASE)
_ADVICE = (
    (r"tel:", "leave out `tel:`"),
    (r".*[,;x]|.*ext", "leave out the extension"),
    (r"00[1-9]", "write `+` in place of `00`"),
    (r" ", "write `+` in place of the space, in a form as `%2B`"),
)
_ABOUT_VALUES = ("value-not-allowed", "type-mismatch")


def check_refused_numbers(
    operation: Operation, payload: Payload, response: HttpResponse, refusals: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield an error for each value that would be dialed and is not in E.164, if the response refuses a number."""
    text = platform_text(response)
    refused = [each for each in refusals if each.source == SOURCE and each.code in _ABOUT_VALUES]
    if not refused or not _ABOUT_NUMBER.search(text) or _ABOUT_CALLER.search(text):
        return
    found = [
        (pointer, value)
        for pointer, value in leaves(payload.value)
        if isinstance(value, str) and _is_wrong(operation, pointer, value)
    ]
    quoted = [each for each in found if each[1] in response.text]
    for pointer, value in quoted or found:
        if any(each.where in ("response", *enclosing_pointers(pointer)) for each in refused):
            advice = [fix for form, fix in _ADVICE if re.match(form, value, re.IGNORECASE)]
            yield payload.make_finding(
                Severity.ERROR,
                "phone-format",
                pointer,
                f"`{mask_number(value)}` is not in E.164",
                fix="; ".join([*advice, "write it like `+12025550123`"]),
                why=f"the API says: {text}",
            )


def _is_wrong(operation: Operation, pointer: str, value: str) -> bool:
    """Return whether a value is dialed, and neither in E.164 nor, for NICE CXone, a national number."""
    is_open = not value or is_withheld(value) or is_placeholder(value)
    is_right = _E164.fullmatch(value) or (
        operation.platform == CXONE and PHONE_NUMBER.fullmatch(value)
    )
    is_dialed = is_dialed_property(operation, LIST_INDEX.sub("", pointer))
    return is_dialed and not (is_open or is_right)
