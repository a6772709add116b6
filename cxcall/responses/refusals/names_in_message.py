"""Find the properties and values of a request that its refusal names, and their places in the body."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from cxcall.documents.json_pointer import has_value, leaves
from cxcall.findings.finding import Finding
from cxcall.named_tuple import NamedTuple
from cxcall.phone import number_property_names
from cxcall.responses.message_in_body import SOURCE, member_text, shorten
from cxcall.responses.refusals.property_places import (
    PropertyPlaces,
    body_members,
    is_declared_property,
)
from cxcall.runtime.name_similarity import nearest_value
from cxcall.runtime.patterns import (
    AFTER_DOLLAR,
    IN_ANGLES,
    IN_BRACES,
    IN_PERCENTS,
    PRINTED_TYPE_HINT,
    compile_on_use,
    is_printed_type,
    name_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Parameter

_QUOTED_NAME = compile_on_use(
    r"(?<!object[= ])[(`'\"\[]([a-z]+[A-Z]\w*|[a-z]+(?:_[a-z]+)+)[)`'\"\]]"
)
_LISTED_NAMES = compile_on_use(r"['\"`\[]([\w .,-]{1,200})['\"`\]]")
_CAMEL_NAME = compile_on_use(
    r"(?:(?<![\w.])|(?<=\bbody\.)|(?<=\brequest\.))[a-z]+(?:[A-Z][a-z0-9]*)+(?![\w.])"
)
# A name of one word, which may be a word of any message: as the subject of the message, after "invalid", or in quotes.
_ONE_WORD = compile_on_use(
    r"(?:^|[:;.] )(?:[Tt]he )?(?:body\.|[Ff]ield |[Pp]roperty |[Vv]alue (?:of|for) )?"
    r"([a-z]+)(?: (?:field|property|value)s?)?"
    r"(?:: | (?:is|are|must|cannot|may|should|has|exceeds?)\b)"
    r"|\b[Ii]nvalid (?:value for )?(?:field |property )?:? ?([a-z]+)\W*(?:\([\w.]+\))?$"
    r"|['\"`\[]([a-z]+)['\"`\]]"
)
_MISSING_NAME = compile_on_use(
    r"\b([A-Za-z_]\w+)['\"`\]]? (?:is|are) (?:required|missing)"
    r"|\b(?:missing|required)(?: required)?"
    r"(?: (?:field|property|parameter|value))?:? ['\"`\[]?([A-Za-z_]\w+)"
)
# Templates of the platform's messages (docs/platforms/genesys-cloud.md#error-codes).
_WRONG_VALUE = compile_on_use(
    r"Value \[(?P<value>.*?)\] (?:is )?not valid for (?:field |parameter )?type \[(?P<type>.*?)\]"
    r"(?:\.? *Allow(?:able|ed) values are: *(?P<allowed>[^.(]*[^.( ]))?",
    re.IGNORECASE,
)
# A value, and the class of a program that checks objects: `Validation failed for object='accessKeyRequest'`.
_NO_NAME = compile_on_use(
    r"\bValue \[.*?\](?= (?:is )?not (?:a )?valid)|\bobject ?=? ?'\w+'", re.IGNORECASE
)
_WRONG_PROPERTY = compile_on_use(
    r"Value \[(?P<value>.*?)\] (?:is )?not a valid property for object \[(?P<type>.*?)\]",
    re.IGNORECASE,
)
_WRONG_PARAMETER = compile_on_use(
    r"is not (?:a )?valid (?:value )?for (?:(?:query |path )?parameter|field) (?:name )?\["
    r"(?P<name>\w+)\]",
    re.IGNORECASE,
)
_HEADER_NAME = r"['\"\[(]?([A-Za-z][\w-]*)"
_AFTER_HEADER = compile_on_use(rf"\bheaders?(?: parameter)?:? {_HEADER_NAME}", re.IGNORECASE)
_BEFORE_HEADER = compile_on_use(rf"{_HEADER_NAME}['\"\])]? (?:request )?header\b", re.IGNORECASE)
_CODE_BY_TYPE = {"uuid": "id-format", "guid": "id-format"}
_SCALAR_TYPES = tuple(
    """
    int long float double number bool array list object map
    """.split()
)
_VARIABLE = compile_on_use(rf"{IN_BRACES}|{IN_ANGLES}|{IN_PERCENTS}|{AFTER_DOLLAR}")
_WORD = compile_on_use("[a-z]+")
_CODE_WORDS = frozenset(
    """
    invalid error errors bad incorrect exceeded not is too long short large small many few far wrong
    update create in the future past format value length max min valid unknown
    """.split()
)
"""Words of a platform's code that name the problem, and not the property."""
_MAX_VALUE = 100
_MAX_NAMES = 3


class NamedValue(NamedTuple):
    """A value that a refusal names: finding code, problem, correction, and place."""

    code: str
    message: str
    fix: str
    where: str


def find_named_value(text: str, body: Any, places: Mapping[str, str]) -> NamedValue | None:
    """Return the value that a message of the platform names by its template; None if it names none.

    `places` has the places of the values in the URL, where IDs are.
    """
    if unknown := _WRONG_PROPERTY.search(text):
        value, owner = unknown["value"][:_MAX_VALUE], unknown["type"]
        found = (at for at, _ in body_members(body) if at.rpartition("/")[2] == value)
        message = f"`{value}` is not a property of `{owner}`"
        return NamedValue(
            "property-unknown", message, "remove or rename it", next(found, "response")
        )
    wrong = _WRONG_VALUE.search(text)
    if wrong is None:
        return None
    value, kind, allowed = wrong["value"][:_MAX_VALUE], wrong["type"], wrong["allowed"]
    code = _CODE_BY_TYPE.get(kind.lower(), "")
    is_scalar = kind.lower().startswith(_SCALAR_TYPES)
    where = next((at for at, leaf in leaves(body) if str(leaf) == wrong["value"]), "response")
    is_variable = _VARIABLE.fullmatch(value) is not None
    if code and where == "response" and not is_variable:
        where = places.get(value, where)
    near = nearest_value(value, re.split(r"[,\s]+", allowed or ""))
    fix = f"use one of: {allowed}" if allowed else f"write a valid {kind} there"
    fix += f"; the nearest is `{near}`" if near else ""
    if is_printed_type(value):
        fix = PRINTED_TYPE_HINT
    elif is_variable:
        code, fix = "placeholder", "fill in the variable: it reached the API as it is written"
    elif code:
        fix = "use the ID, not a name or a number of your own"
        fix += "; it may be in the path, the query, or the body" if where == "response" else ""
    return NamedValue(
        code or ("type-mismatch" if is_scalar else "value-not-allowed"),
        f"{f'`{value}`' if value else 'an empty value'} is not a valid {kind}",
        fix,
        where,
    )


def find_named_parameter(operation: Operation | None, text: str) -> Parameter | None:
    """Return the parameter that a message names by its template; None if it names no declared parameter."""
    named = _WRONG_PARAMETER.search(text)
    parameters = operation.parameters if operation and named else ()
    return next((each for each in parameters if named and each.name == named["name"]), None)


def find_mentioned_parameter(operation: Operation | None, text: str) -> Parameter | None:
    """Return the only parameter of the query whose name a message has, also in words: "promise date" is `promiseDate`."""
    names, words = {*_CAMEL_NAME.findall(text)}, f" {' '.join(_WORD.findall(text.lower()))} "
    parameters = operation.parameters if operation and not operation.takes_body else ()
    found = [
        each
        for each in parameters
        if each.location == "query"
        and (
            each.name in names
            or (len(parts := name_words(each.name)) > 1 and f" {' '.join(parts)} " in words)
        )
    ]
    return found[0] if len(found) == 1 else None


def find_named_header(operation: Operation | None, text: str) -> str:
    """Return the header that a message names: a declared one, or one beside the word "header"; empty if none."""
    parameters = operation.parameters if operation else ()
    declared = [each.as_sent.name for each in parameters if each.location == "header"]
    is_about_header = "header" in text.lower()
    for name in declared:
        if (is_about_header or "-" in name) and re.search(
            rf"(?<![\w-]){re.escape(name)}(?![\w-])", text, re.IGNORECASE
        ):
            return name
    beside = [*_AFTER_HEADER.findall(text), *_BEFORE_HEADER.findall(text)]
    return next((each for each in beside if "-" in each or each.lower() == "authorization"), "")


def find_coded_parameter(operation: Operation | None, code: str) -> Parameter | None:
    """Return the parameter that a code names in words: `no.contacts.specified` names `contactIds`."""
    subject = {each.rstrip("s") for each in _WORD.findall(code.lower())}
    for parameter in operation.parameters if operation and not operation.takes_body else ():
        parts = [*filter(str.isalpha, name_words(parameter.name))]
        if (
            parameter.location == "query"
            and {each.rstrip("s") for each in _without_id(parts)} <= subject
        ):
            return parameter
    return None


def _without_id(parts: list[str]) -> list[str]:
    return parts[:-1] if len(parts) > 1 and parts[-1] in ("id", "ids") else parts


def find_named_fields(places: PropertyPlaces, response: Any) -> Iterator[Finding]:
    """Yield a finding for each field that a response lists (`details[].fieldName`)."""
    details = response.get("details") if isinstance(response, dict) else None
    for detail in details if isinstance(details, list) else ():
        if name := member_text(detail, "fieldName"):
            error_code = member_text(detail, "errorCode")
            yield Finding.error(
                "value-not-allowed",
                places.locate(name.rpartition(".")[2]) or "response",
                f"the API names the field `{shorten(name)}`"
                + (f", for `{shorten(error_code)}`" if error_code else ""),
                fix=comparison_advice(places.operation),
                source=SOURCE,
            )


def find_named_properties(places: PropertyPlaces, text: str, code: str) -> Iterator[Finding]:
    """Yield a finding for each property that a message names; `code` is the code for declared properties."""
    operation, body, locate = places.operation, places.body, places.locate
    if operation is not None and not operation.takes_body:
        return
    text = _NO_NAME.sub("", text)  # what looks like the name of a property and is none
    quoted = _QUOTED_NAME.findall(text)
    plain = [name for name in _CAMEL_NAME.findall(text) if locate(name)]
    if code == "property-missing" and not plain:
        words = _spelled_names(operation, text) if operation else []
        words = words or [name for pair in _MISSING_NAME.findall(text) for name in pair if name]
        plain = [name for name in dict.fromkeys(words) if not has_value(body, locate(name))]
    if operation is None:  # only the body shows which names are properties
        quoted = [name for name in quoted if locate(name)]
    elif not (quoted or plain or code == "property-missing"):
        plain += _spelled_names(operation, text) or _one_word_names(operation, text, body)
    free = dict(_free_names(operation, text, body))
    for name in dict.fromkeys((*quoted, *plain, *free)):
        if pointer := locate(name) or free.get(name, ""):
            yield Finding.error(
                code,
                pointer,
                f"the API names `{name}`: "
                + (
                    "its value is refused"
                    if body is None or has_value(body, pointer)
                    else "the body does not have it"
                ),
                fix=comparison_advice(operation),
                source=SOURCE,
            )
        elif operation is not None:
            shown = (each for each, _ in body_members(body) if each.endswith(f"/{name}"))
            yield Finding.error(
                "property-unknown",
                next(shown, f"/{name}"),
                f"the API names `{name}`, which is not a property of `{operation.name}`",
                fix="leave it out; " + comparison_advice(operation),
                source=operation.source,
            )


def _free_names(operation: Operation | None, text: str, body: Any) -> Iterator[tuple[str, str]]:
    """Yield (name, pointer) of each name in brackets or quotes that the body has where any name may be, as in `data`."""
    if operation is None:
        return
    listed = {name.strip() for each in _LISTED_NAMES.findall(text) for name in each.split(",")}
    for pointer, _ in body_members(body) if listed else ():
        above, _, name = pointer.rpartition("/")
        is_free = operation.schema_at(above).get("additionalProperties")
        if name in listed and is_free and not is_declared_property(operation, pointer):
            yield name, pointer


def find_coded_property(operation: Operation | None, code: str, body: Any) -> str:
    """Return the pointer of the property in the body that a code names in words; empty if it names none.

    `invalid.time.zone` names `timeZoneId`. If the name has one word, the code must name nothing else.
    """
    words = _WORD.findall(code.lower())
    subject = [each for each in words if each not in _CODE_WORDS]
    phrases = [*words, *map("".join, pairwise(words))]
    is_caller = any(map(number_property_names.is_folded_caller_name, phrases))
    found = ""
    for pointer, _ in body_members(body):
        words_of_name = name_words(pointer.rpartition("/")[2])
        parts = _without_id([*filter(str.isalpha, words_of_name)])
        is_all = parts == subject or (is_caller and _is_caller_number(pointer))
        is_part = len(parts) > 1 and " ".join(parts) in " ".join(words)
        if is_all and (operation is None or is_declared_property(operation, pointer)):
            return pointer
        if is_part and not found:
            found = pointer
    return found


def names_place(code: str, pointer: str) -> bool:
    """Return whether a code with dots has all words of a place: `zip.code.column...` those of `/zipCodeColumnName`."""
    words = {each.rstrip("s") for each in _WORD.findall(code.lower())} if "." in code else set()
    parts = {each.rstrip("s") for each in filter(str.isalpha, name_words(pointer))} - {"name"}
    return bool(parts) and parts <= words


def _is_caller_number(pointer: str) -> bool:
    """Return whether a property is the number of the caller, which codes call ANI or caller ID."""
    name = number_property_names.fold_number_name(pointer.rpartition("/")[2])
    return number_property_names.is_folded_caller_name(name) and not name.endswith("name")


def _spelled_names(operation: Operation, text: str) -> list[str]:
    """Return the properties whose names a message writes as words, such as "diagnostic settings"."""
    words = re.findall(r"[a-z]+", text.lower())
    message_words = f" {' '.join(word.rstrip('s') for word in words)} "
    found = {spelled: name for name, spelled in _spellings(operation) if spelled in message_words}
    longest = [each for each in found if not any(each in other != each for other in found)]
    return [found[each] for each in longest][:_MAX_NAMES]


def _one_word_names(operation: Operation, text: str, body: Any) -> list[str]:
    """Return the names of one word that a message has as a name, of properties of the body or of its first item."""
    words = {word for found in _ONE_WORD.findall(text) for word in found if word}
    above, owner = ("/0", body[0]) if body and isinstance(body, list) else ("", body)
    has = owner if isinstance(owner, dict) else {}
    return [
        name for name in has if name in words and is_declared_property(operation, f"{above}/{name}")
    ]


@cache
def _spellings(operation: Operation) -> list[tuple[str, str]]:
    """Return the properties whose names have several words, and these words in the singular, between spaces."""
    of_items = operation.schema_at("/0").get("properties", ())
    declared = (pointer.rpartition("/")[2] for pointer in operation.pointers)
    names = dict.fromkeys((*declared, *of_items))
    split = ((name, re.findall(r"[A-Z]?[a-z]+", name)) for name in names)
    return [
        (name, f" {' '.join(part.lower().rstrip('s') for part in parts)} ")
        for name, parts in split
        if len(parts) > 1
    ]


def comparison_advice(operation: Operation | None) -> str:
    """Return the advice to compare what the API names with the operation."""
    name = f" {operation.name}" if operation else ""
    return f"compare it with the operation: `cxcall operations{name}`"
