"""Find the targets of the columns of a CSV table: flags, parameters, and places in the body."""

from __future__ import annotations

from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from cxcall.contracts.json_schema import schema_types
from cxcall.contracts.parameters import unique_flags
from cxcall.documents.json_pointer import has_value, join_pointer, split_pointer
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding
from cxcall.findings.hinted_commands import command
from cxcall.findings.text_lists import list_in_words
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import mask_text, plain_digits
from cxcall.phone.number_spellings import is_one_number
from cxcall.runtime.patterns import compile_pattern, is_uuid

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag

_MIN_DIGITS = 9
_MOST_LEVELS = 4
_MOST_COLUMNS = 1 << 14
_MAX_PLACES = 3
"""The most columns of a table, as in Excel: names are compared with each other."""
HEADER_RULE = "a header names a flag, a parameter, or a place in the body such as `/contactId`"


class CsvColumn(NamedTuple):
    """The target of a column: a place in the body, a flag of the operation, or a parameter.

    `position` is the index of its cell in a record. `is_open` says that any header would set a member of that object.
    """

    name: str
    pointer: str = ""
    flag: Flag | None = None
    parameter: str = ""
    position: int = 0
    is_open: bool = False

    @property
    def pointers(self) -> tuple[str, ...]:
        """The places in the body that the cells set."""
        return (self.pointer,) if self.pointer else self.flag.pointers if self.flag else ()

    @property
    def sets_parameter(self) -> str:
        """The name of the parameter that the cells set; empty if they set none."""
        return self.flag.parameter if self.flag else self.parameter


def find_column(target: str, operation: Operation) -> CsvColumn | None:
    """Return the column that sets a flag, a parameter, or a place in the body; None for another name."""
    if target.startswith("/"):
        return CsvColumn(target, pointer=target)
    flag = next((each for each in operation.flags if each.name == target.removeprefix("--")), None)
    if flag is not None:
        return CsvColumn(target, flag=flag)
    flags = {each.name: each.parameter for each in unique_flags(operation.parameters)}
    parameter = flags.get(target.removeprefix("--"), target)
    if parameter in parameter_columns(operation):
        return CsvColumn(target, parameter=parameter)
    return _find_member(target, operation)


def _find_member(name: str, operation: Operation) -> CsvColumn | None:
    """Return the column that sets a member of the object to which an operation's columns belong."""
    at = operation.columns_at
    if at is None or not name:
        return None
    schema = operation.schema_at(at)
    is_declared = name in schema.get("properties", {})
    if not is_declared and schema.get("additionalProperties", True) is False:
        return None
    return CsvColumn(name, pointer=join_pointer(at, name), is_open=not is_declared)


def parameter_columns(operation: Operation) -> list[str]:
    """Return the names of the parameters, each of which a column can set."""
    return [each.name for each in operation.parameters]


def missing_columns(operation: Operation, filled: Sequence[CsvColumn]) -> list[CsvColumn]:
    """Return columns for the required flags, parameters, and properties of the body that no other one sets."""
    names = (
        *(each.name for each in operation.flags if each.required),
        *(each.name for each in operation.parameters if each.required),
        *(join_pointer("", each) for each in operation.schema_at("").get("required", ())),
    )
    columns: list[CsvColumn] = []
    for name in names:
        if not is_filled(name, (*filled, *columns), operation):
            target = scalar_place(operation, name) if name.startswith("/") else name
            columns += filter(None, [find_column(target, operation)])
    return columns


def scalar_place(operation: Operation, pointer: str) -> str:
    """Return a place that a cell can set: in a list its first item, in an object its first required property."""
    for _ in range(_MOST_LEVELS):
        schema = operation.schema_at(pointer)
        types = schema_types(schema)
        names = [*schema.get("required", ()), *schema.get("properties", ())]
        if "array" in types:
            pointer = join_pointer(pointer, 0)
        elif "object" in types and names:
            pointer = join_pointer(pointer, names[0])
    return pointer


def is_filled(target: str, columns: Iterable[CsvColumn], operation: Operation) -> bool:
    """Return whether one of some columns sets a target, or a part of it."""
    column = find_column(target, operation)
    return column is not None and any(sets_same_value(column, each) for each in columns)


def open_objects(operation: Operation) -> list[str]:
    """Return the places of the objects in the body whose members can have any name."""
    schemas = {each: operation.schema_at(each) for each in operation.pointers}
    return [
        pointer
        for pointer, schema in schemas.items()
        if "object" in schema_types(schema)
        and schema.get("additionalProperties", False) is not False
    ]


def nearest_column(cell: str, operation: Operation) -> str:
    """Return the flag, parameter, or place in the body whose name resembles a header; empty if there is none."""
    from cxcall.phone.number_property_names import may_mean
    from cxcall.runtime.name_similarity import nearest_name

    flags = [flag.name for flag in operation.flags]
    pointers = reversed(operation.pointers)  # the outermost property of a name is the last one
    targets = (*pointers, *parameter_columns(operation), *flags)
    columns = {each.rpartition("/")[2]: each for each in targets}
    near = nearest_name(cell, columns)
    return columns[near] if near and may_mean(cell, near) else ""


def declared_delimiter(line: str) -> str:
    """Return the delimiter that a first line such as `sep=;` tells Excel; empty for any other line."""
    found = compile_pattern(r'(?i)"?sep=([^\r\n])"?\s*').fullmatch(line)
    return str(found[1]) if found else ""


def unknown_column(cell: str, operation: Operation, name: str) -> Finding:
    """Return the finding on a column that sets nothing in any operation's table, with a suggestion."""
    near = nearest_column(cell, operation)
    is_same = near.startswith("/") and near.rpartition("/")[2] == cell
    suggestion = (
        f"write `{near}`; " if is_same else f"the most similar name is `{near}`; " * bool(near)
    )
    places = [] if near else open_objects(operation)[:_MAX_PLACES]
    if places:
        others = [f"`{join_pointer(place, cell)}`" for place in places]
        suggestion = f"rename it to {list_in_words(others, 'or')}; "
    return Finding.error(
        "property-unknown",
        f"column {cell}",
        f"`{name}` has a column that `{operation.name}` does not have: `{cell}`",
        fix=f"{suggestion}a sample: `cxcall operations {operation.name} --skeleton --csv`",
        why=HEADER_RULE,
    )


def stop_on_wrong_headers(
    headers: Sequence[str], operation: Operation, name: str, mapped: Iterable[str] = ()
) -> None:
    """Raise UsageError, without values, if the first line of the file `name` is too long, or has a phone number or an ID.

    Digits such as `202301-202312` may be a header beside one that is known, or is one of the `mapped` headers.
    """
    if len(headers) > _MOST_COLUMNS:
        raise UsageError(
            f"the first line of `{name}` has {len(headers):,} columns, which is more than {_MOST_COLUMNS:,}",
            where=name,
            fix="leave out the columns that set nothing",
        )
    columns = (find_column(each, operation) for each in headers)
    is_header = any(each in mapped for each in headers)
    is_header |= any(each and not each.is_open for each in columns)
    if any(is_uuid(each) or (_is_phone_number(each) and not is_header) for each in headers):
        sample = f"; a sample: `cxcall operations {operation.name} --skeleton --csv`"
        raise UsageError(
            f"`{name}` has no header: its first line has a phone number or an ID",
            where=name,
            fix="add a first line with the name of each column"
            + sample * (operation.columns_at is None),
        )


def _is_phone_number(header: str) -> bool:
    """Return whether a header is a phone number; two years have fewer digits, and dates are not masked."""
    has_digits = len(plain_digits(header)) >= _MIN_DIGITS
    return has_digits and is_one_number(header) and mask_text(header) != header


def reject_repeated_columns(
    columns: Iterable[CsvColumn], headers: Sequence[str], name: str
) -> None:
    """Raise UsageError if two columns set the same flag, parameter, or place, or a place below another one's.

    `headers` are the headers of the file `name`.
    """
    pairs = ((target, column) for column in columns for target in _targets(column))
    for (target, column), (other, second) in pairwise(sorted(pairs, key=itemgetter(0))):
        is_harmless = other == target and column.position == second.position
        if other[: len(target)] == target and not is_harmless:
            first, last = sorted((column.position, second.position))
            raise _repeated_column(column.name, second.name, (headers[first], headers[last]), name)


def _targets(column: CsvColumn) -> Iterator[tuple[str, ...]]:
    """Yield what a column sets, as kind and tokens: one that begins with all tokens of another is part of it.

    Columns of KEY=VALUE set different members of one object.
    """
    if column.sets_parameter:
        yield ("parameter", column.sets_parameter)
    if column.flag and column.flag.under:
        yield ("body", *split_pointer(column.flag.under), f"\0{column.position}")
    for pointer in column.pointers:
        yield ("body", *split_pointer(pointer))


def sets_same_value(column: CsvColumn, other: CsvColumn) -> bool:
    """Return whether two columns set the same value, or one of them a part of the other's."""
    return any(
        first[: len(second)] == second[: len(first)]
        for first in _targets(column)
        for second in _targets(other)
    )


def _repeated_column(target: str, other: str, headers: tuple[str, str], name: str) -> UsageError:
    first, second = headers
    if first == second and target != other:
        message = f"`{first}` fills both `{target}` and `{other}`"
        return UsageError(message, where=f"column {first}", fix="leave out one of the two")
    if target == other:
        message = f"`{name}` has two columns `{target}`"
    else:
        message = f"the columns `{first}` and `{second}` of `{name}` both set `{target}`"
    return UsageError(message, where=f"column {second}", fix="remove one of them")


def stop_on_repeated_member(
    column: CsvColumn, columns: Iterable[CsvColumn], cells: Sequence[str], body: Any
) -> None:
    """Raise UsageError if another cell of the record sets the member that a cell KEY=VALUE sets.

    `body` has the values of the cells before it.
    """
    member = _member(column, cells[column.position])
    if column.flag is None or not member:
        return
    place = join_pointer(column.flag.under, member)
    is_set = has_value(body, place) or any(
        cells[each.position] and place in each.pointers for each in columns
    )
    if is_set:
        raise UsageError(
            f"another cell of this row sets `{place}`, too",
            where=place,
            fix="clear one of the two cells",
        )


def _member(column: CsvColumn, cell: str) -> str:
    """Return KEY of a cell KEY=VALUE; empty for another cell, and for another column."""
    name, separator, _ = cell.partition("=")
    return name if column.flag and column.flag.under and separator else ""


def member_fix(column: CsvColumn, header: str, cell: str) -> str:
    """Return the correction of a cell that is not KEY=VALUE; empty for another cell, and for another column."""
    if column.flag is None or not column.flag.under or _member(column, cell):
        return ""
    if header.removeprefix("--") == column.flag.name:
        return f"write the cell as {column.flag.metavar}"
    target = join_pointer(column.flag.under, header)
    return f"to send the cells as they are: {command('--map', f'{target}={header}')}"
