"""Find values that would be dialed but cannot be: placeholders, other texts, and impossible numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.documents.json_pointer import find_value, join_pointer
from cxcall.findings.finding import Finding
from cxcall.phone.e164_corrections import AS_TEXT, WITHOUT_DECIMALS, WITHOUT_TRUNK_PREFIX
from cxcall.phone.e164_numbers import has_decimals, is_rounded_number, without_decimals
from cxcall.phone.number_masking import FEWEST_DIGITS, mask_number
from cxcall.phone.number_property_names import (
    PHONE_FORMATS,
    fold_number_name,
    is_folded_caller_name,
    is_number_name,
)
from cxcall.phone.numbers_in_text import is_dialable
from cxcall.runtime.patterns import PRINTED_TYPE_HINT, compile_pattern, is_printed_type

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.json_schema import JsonSchema
    from cxcall.contracts.operation import Operation
    from cxcall.payloads.payload import Payload

# What is typed, or formatted, in place of a digit: the letter O, an I, an l, and superscript and subscript digits.
_LOOKALIKES = r"OoIl\u00b9\u00b2\u00b3\u2070-\u2079\u2080-\u2089"
_WITH_LOOKALIKE = rf"\+?[0-9 ().-]*[0-9][{_LOOKALIKES}][0-9 ().\-{_LOOKALIKES}]*"
_E164 = r"(?:tel:)?\+[1-9][0-9]{1,14}"
_WITH_DIGITS = "write it with the digits 0 to 9, preferably in E.164: `+12025550123`"
WHY_DIALED = "the platform would dial it"
# Digits and the separators that people write between them. E.164 has no letters and no extension.
_WRITTEN_NUMBER = r"\s*\+?[0-9 ()./\-\u00a0\u2010-\u2015]+\s*"
FORMS = (
    "write a number, preferably in E.164: `+12025550123`; an extension, a SIP address, or `user@host`"
    " only if the platform accepts it"
)


def is_dialed_place(operation: Operation, schema: JsonSchema, name: str) -> bool:
    """Return whether the schema or the name of a value says that it is dialed."""
    has_format = schema.get("format") in PHONE_FORMATS
    return has_format or (operation.can_place_call and is_number_name(name))


def is_dialed_property(operation: Operation, pointer: str) -> bool:
    """Return whether the value at a place in a body, or each item of its list, is dialed."""
    name = pointer.rpartition("/")[2]
    schemas = (operation.schema_at(each) for each in (pointer, join_pointer(pointer, 0)))
    is_number = any(is_dialed_place(operation, each, name) for each in schemas)
    return is_number and not is_folded_caller_name(fold_number_name(name))


def may_be_address(value: str) -> bool:
    """Return whether a text that looks like a placeholder may be an address to dial: `my-flow@localhost`."""
    return "@" in value and is_dialable(value)


def is_possible(format_name: str, value: str) -> bool:
    """Return whether `find_wrong_number` finds nothing."""
    return find_wrong_number({"format": format_name}, value) is None


def find_undialable(
    operation: Operation, schema: JsonSchema, name: str, value: str
) -> Finding | None:
    """Return a warning, without a place, if a number, or an unclear one by its name, cannot be dialed; else None."""
    is_unclear = find_unclear_number(value) and is_dialed_place(operation, schema, name)
    is_number = is_unclear or schema.get("format") in PHONE_FORMATS
    return find_wrong_number(schema, value) if is_number else None


def find_wrong_number(schema: JsonSchema, value: str) -> Finding | None:
    """Return a warning, without a place, if a value of a number's format cannot be dialed; else None."""
    form = schema.get("format")
    is_like_number = is_dialable(value) or value.startswith("+")
    if form == "phone" and not value.isascii() and is_like_number:
        return _find_other_characters(value)
    if found := find_unclear_number(value):
        return found
    if form in PHONE_FORMATS and value.startswith("+"):
        return find_unlikely_number(value)
    if form not in PHONE_FORMATS or (form == "phone" and is_dialable(value)):
        return None
    description = schema.get("description", "")
    is_e164 = form == "e164"
    wanted = "in E.164" if is_e164 else "a number, an extension, or an address that can be dialed"
    return Finding.warning(
        "phone-format",
        "",
        f"`{mask_number(value)}` is not {wanted}",
        fix="write it like `+12025550123`: a plus sign, the country code, digits only"
        if is_e164
        else PRINTED_TYPE_HINT
        if is_printed_type(value)
        else FORMS,
        why=f"the schema says: {description}" if description else WHY_DIALED,
    )


def find_unclear_number(value: str) -> Finding | None:
    """Return a warning, without a place, on a number that a spreadsheet or a typing error changed; else None."""
    if has_decimals(value):
        return find_decimals(value)
    if is_rounded_number(value):
        return find_lost_digits(value)
    if len(value) < FEWEST_DIGITS or not compile_pattern(_WITH_LOOKALIKE).fullmatch(value):
        return None
    other = compile_pattern(f"[{_LOOKALIKES}]").findall(value)[0]
    return Finding.warning(
        "phone-format",
        "",
        f"`{mask_number(value)}` has `{other}` among its digits",
        fix=_WITH_DIGITS,
        why="the API may refuse it, or the call may fail or reach the wrong person",
    )


def _find_other_characters(value: str) -> Finding | None:
    """Return a warning on a number with characters that are not ASCII; None for an address."""
    if "@" in value or ":" in value:
        return None
    return Finding.warning(
        "phone-format",
        "",
        f"`{mask_number(value)}` has digits, spaces, or signs that are not ASCII characters",
        fix=_WITH_DIGITS,
        why="E.164 numbers have only the digits 0 to 9; the platform may not recognize others",
        source="ITU-T E.164",
    )


def find_lost_digits(value: str) -> Finding:
    """Return a warning, without a place, on a number that a spreadsheet rounded."""
    return Finding.warning(
        "phone-format",
        "",
        f"`{mask_number(value)}` is a rounded number, as Excel shows a long one: its last digits are lost",
        fix=AS_TEXT,
        why=WHY_DIALED,
    )


def find_decimals(value: str) -> Finding:
    """Return a warning, without a place, on a number with decimals."""
    decimals = value.removeprefix(without_decimals(value)).strip()
    return Finding.warning(
        "phone-format",
        "",
        f"`{mask_number(value)}` is a phone number with decimals: `{decimals}` is not part of it",
        fix=WITHOUT_DECIMALS,
        why="the API may refuse it, or the call may fail or reach the wrong person",
    )


def find_unlikely_number(value: str) -> Finding | None:
    """Return a warning, without a place, if a number starts like E.164 but cannot be dialed; else None."""
    from cxcall.phone.e164_numbers import find_number_mistake, write_e164

    mistake = find_number_mistake(value)
    if not mistake:
        return None
    is_e164 = compile_pattern(_E164).fullmatch(value) is not None
    has_form = " has the form of E.164 but" * is_e164
    return Finding.warning(
        "phone-unlikely",
        "",
        f"`{mask_number(value)}`{has_form} cannot be dialed: {mistake}",
        fix=WITHOUT_TRUNK_PREFIX
        if write_e164(value)
        else "compare it with the contact's record, digit by digit",
        why="the API may accept it, but the call would fail or reach the wrong person",
        source="libphonenumber",
    )


def place_in_body(found: Finding | None, body: Payload, pointer: str) -> Iterator[Finding]:
    """Yield a finding, if there is one, with its place in a body."""
    if found:
        yield body.make_finding(
            found.severity,
            found.code,
            pointer,
            found.message,
            fix=found.fix,
            why=found.why,
            source=found.source,
        )


def is_written_number(text: str) -> bool:
    """Return whether a text has digits and separators as people write a number, and nothing else."""
    return compile_pattern(_WRITTEN_NUMBER).fullmatch(text) is not None


def suggest_country(
    finding: Finding, values: Mapping[str, str], body: Payload, option: str
) -> Finding:
    """Return the finding on a number without a country code; its fix is the `option` that sets the country."""
    if finding.code != "phone-format":
        return finding
    where, text = finding.where, values.get(finding.origin)
    if where.startswith("/"):
        text = find_value(body.value, where)
    if not isinstance(text, str) or not is_written_number(text):
        return finding
    if text.strip().startswith(("+", "00")) or has_decimals(text):
        return finding
    fix = f"if the numbers of this file are national, add their country: {option}"
    return finding._replace(fix=f"{fix}; otherwise {finding.fix}" if finding.fix else fix)
