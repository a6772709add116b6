"""Check each text in a body by its name, an ID or a phone number, and find the number that an API refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from cxcall.contracts.operation import Operation
from cxcall.documents.json_pointer import enclosing_pointers, leaves
from cxcall.explaining.named_places import LIST_INDEX
from cxcall.explaining.operations.known_operations import CXONE, GENESYS
from cxcall.findings.finding import Finding, Severity
from cxcall.payloads.payload import Payload
from cxcall.payloads.placeholders import is_placeholder, is_withheld, placeholder_finding
from cxcall.payloads.undialable_values import (
    find_decimals,
    find_unlikely_number,
    is_dialed_property,
    place_in_body,
)
from cxcall.phone import number_masking
from cxcall.phone.e164_numbers import has_decimals
from cxcall.responses.message_in_body import SOURCE
from cxcall.responses.refusals.reason_choice import platform_text
from cxcall.runtime.patterns import compile_on_use, fold_name, is_uuid
from cxcall.transport.http_messages import HttpResponse

_PHONE_NAME = compile_on_use(
    r"phone|mobile|cell|caller_?id$|^ani$|^(to|from)$|call(to|from)|number", re.IGNORECASE
)
PHONE_NUMBER = compile_on_use(r"(?=(?:[^0-9]*[0-9]){6})[+(]?[0-9][0-9 ().-]{4,24}")
"""A phone number in any usual form, without an extension."""
_OTHER_ADDRESS = compile_on_use(r"[0-9@]|^sip:|^tel:|anonymous|restricted", re.IGNORECASE)
_EXTENSION = compile_on_use(r"(?<![ ,;])[ ,;]*(?:ext\w*|x)[ .=]*[0-9]{1,6}$", re.IGNORECASE)
_E164 = compile_on_use(r"(tel:)?\+[0-9]{5,15}")
_ID_NAME = compile_on_use(r"(?:[a-z]Ids?|_ids?|^id|ID)$")
_DIALED_E164 = compile_on_use(r"\+[1-9][0-9]{5,14}")
_ABOUT_NUMBER = compile_on_use(
    r"\b(?:tele)?(?:phone|callback|destination|dial(?:ed)?|called)[ _]?(?:numbers?|address(?:es)?)\b|\be\.?164\b"
    r"|^(?:invalid|malformed) (?:number|address)\b(?! of)",
    re.IGNORECASE,
)
_ABOUT_CALLER = compile_on_use(r"\b(?:caller|calling|ani|from|outbound)\b", re.IGNORECASE)
_ADVICE = (
    (r"tel:", "leave out `tel:`"),
    (r".*[,;x]|.*ext", "leave out the extension"),
    (r"00[1-9]", "write `+` in place of `00`"),
    (r" ", "write `+` in place of the space, in a form as `%2B`"),
)
_REFUSALS_OF_VALUES = ("value-not-allowed", "type-mismatch")


def check_leaves(payload: Payload, operation: Operation | None, platform: str) -> Iterator[Finding]:
    """Yield findings on texts that do not look like what their names say: IDs and phone numbers."""
    declared = _declared_pointers(operation) if operation else None
    for pointer, value in leaves(payload.value):
        if isinstance(value, str):
            is_free = operation is not None and _is_free(operation, pointer)
            is_declared = declared is None or bool(
                {LIST_INDEX.sub("/0", pointer), pointer} & declared
            )
            if operation and not value and "" in operation.schema_at(pointer).get("examples", ()):
                continue  # an empty text is valid
            yield from _check_text(
                payload, pointer, value, platform, is_free=is_free, is_declared=is_declared
            )
            if operation is not None and platform == CXONE:
                yield from _check_digits(payload, pointer, value, operation)


@cache
def _declared_pointers(operation: Operation) -> frozenset[str]:
    return frozenset(operation.pointers)


def _is_free(operation: Operation, pointer: str) -> bool:
    """Return whether a value is in a map whose names are the caller's own, such as `attributes`."""
    above = pointer.rpartition("/")[0]
    return not operation.schema_at(above).get("properties") and isinstance(
        operation.schema_at(above).get("additionalProperties"), dict
    )


def _check_text(
    payload: Payload, pointer: str, value: str, platform: str, *, is_free: bool, is_declared: bool
) -> Iterator[Finding]:
    *above, name = LIST_INDEX.sub("", pointer).split("/")
    owner = above[-1] if above else ""
    kind = kind_of(f"{owner}Id" if name == "id" and owner else name, platform)
    is_id = kind in ("uuid", "integer", "id") and not is_free
    if is_id and not value:
        message, fix = "the ID is empty", "add the ID, or remove it"
        yield payload.make_finding(Severity.WARNING, "value-not-allowed", pointer, message, fix=fix)
    elif is_placeholder(value, id_wanted=is_id, name=name):
        excerpt = payload.find_excerpt(pointer)
        yield placeholder_finding(pointer, f"`{value}`", excerpt=excerpt, value=value)
    elif _E164.fullmatch(value):
        found = find_unlikely_number(value.removeprefix("tel:"))
        yield from place_in_body(found, payload, pointer)
    elif kind == "phone" or (not kind and _PHONE_NAME.search(name)):
        # NICE CXone documents national numbers, so no format can be required.
        if has_decimals(value):
            yield from place_in_body(find_decimals(value), payload, pointer)
        elif not (platform == CXONE and PHONE_NUMBER.fullmatch(_EXTENSION.sub("", value))):
            is_number = kind == "phone" and not is_free
            yield from _check_number(payload, pointer, value, is_number=is_number, is_free=is_free)
    elif is_id and (owner or name != "id") and (platform or kind != "id"):
        yield from _check_id(payload, pointer, value, kind, is_declared=is_declared)


def _check_number(
    payload: Payload, pointer: str, value: str, *, is_number: bool, is_free: bool
) -> Iterator[Finding]:
    """Yield a finding on a text that is not in E.164; a national number is only a note."""
    shown = number_masking.mask_number(value)
    fix = "write it like `+12025550123`: a plus sign, the country code, digits only"
    severity = Severity.NOTE if value.isdigit() or is_free else Severity.WARNING
    if PHONE_NUMBER.fullmatch(number := _EXTENSION.sub("", value)):
        message = f"`{shown}` is not in E.164"
        fix = f"leave out the extension, and {fix}" if number != value else fix
        yield payload.make_finding(severity, "phone-format", pointer, message, fix=fix)
    elif is_number and value and not _OTHER_ADDRESS.search(value):
        message = f"`{shown}` is not a phone number"
        yield payload.make_finding(Severity.WARNING, "phone-format", pointer, message, fix=fix)


def _check_digits(
    payload: Payload, pointer: str, value: str, operation: Operation
) -> Iterator[Finding]:
    """Yield a warning on a phone number that has characters other than digits, if the schema requires a number."""
    is_number = "number" in operation.schema_at(pointer).get("type", ())
    if is_number and not value.isdigit() and PHONE_NUMBER.fullmatch(value.removeprefix("tel:")):
        message = f"`{number_masking.mask_number(value)}` has characters other than digits"
        yield payload.make_finding(
            Severity.WARNING,
            "phone-format",
            pointer,
            message,
            fix="write digits only",
            why="the vendor's specification has a number there",
            source=operation.source,
        )


def _check_id(
    payload: Payload, pointer: str, value: str, kind: str, *, is_declared: bool
) -> Iterator[Finding]:
    """Yield a finding on a text that cannot be an ID of its kind."""
    message, fix = describe_wrong_id(kind, value)
    if kind == "id" and not (is_uuid(value) or value.isdigit()):
        message = f"`{value}` is neither a UUID nor a number"
        fix = "copy the exact ID: IDs of the platforms are UUIDs or numbers"
    severity = Severity.WARNING if is_declared or kind != "id" else Severity.NOTE
    if message:
        yield payload.make_finding(severity, "id-format", pointer, message, fix=fix)


@cache
def _names_by_kind() -> dict[str, frozenset[str]]:
    kinds = json.loads(Path(__file__).with_name("value_kinds.json").read_text("utf-8"))
    return {kind: frozenset(map(fold_name, names)) for kind, names in kinds.items()}


def kind_of(name: str, platform: str) -> str:
    """Return `uuid`, `integer`, `phone`, or `other` for a known name, `id` for another name of an ID, or an empty text.

    A name is known in any case, and with underscores or hyphens. Without a platform, a name that is a UUID
    on one platform and an integer on the other is an `id`.
    """
    kinds, folded = _names_by_kind(), fold_name(name)
    if folded in kinds["phone"]:
        return "phone"
    if platform != GENESYS and folded in kinds["integer"]:
        return "integer" if platform == CXONE else "id"
    if platform != CXONE and folded in kinds["uuid"]:
        return "uuid" if platform == GENESYS else "id"
    if folded in kinds["other"]:
        return "other"
    return "id" if _ID_NAME.search(name) else ""


def describe_wrong_id(kind: str, value: str) -> tuple[str, str]:
    """Return (problem, correction) for a value that cannot be an ID of this kind; empty if it may be one."""
    if kind == "uuid" and not (is_uuid(value) or value == "*"):
        return f"`{value}` is not a UUID", "copy the exact ID, as the platform shows it"
    if kind == "integer" and not value.isdigit():
        return f"`{value}` is not a number", "use the ID, which is a number, not a name"
    return "", ""


def check_refused_numbers(
    operation: Operation, payload: Payload, response: HttpResponse, refusals: Iterable[Finding]
) -> Iterator[Finding]:
    """Yield an error for each value that would be dialed and is not in E.164, if the response refuses a number."""
    text = platform_text(response)
    refused = [
        each for each in refusals if each.source == SOURCE and each.code in _REFUSALS_OF_VALUES
    ]
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
                f"`{number_masking.mask_number(value)}` is not in E.164",
                fix="; ".join([*advice, "write it like `+12025550123`"]),
                why=f"the API says: {text}",
            )


def _is_wrong(operation: Operation, pointer: str, value: str) -> bool:
    """Return whether a value is dialed, and neither in E.164 nor, for NICE CXone, a national number."""
    is_open = not value or is_withheld(value) or is_placeholder(value)
    is_right = _DIALED_E164.fullmatch(value) or (
        operation.platform == CXONE and PHONE_NUMBER.fullmatch(value)
    )
    is_dialed = is_dialed_property(operation, LIST_INDEX.sub("", pointer))
    return is_dialed and not (is_open or is_right)
