"""Report the columns of a table that set nothing, with proposals that can all be pasted together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.contracts.json_schema import schema_types
from cxcall.documents.json_pointer import join_pointer
from cxcall.documents.text_files import STDIN
from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.payloads.csv_columns import (
    HEADER_RULE,
    find_column,
    is_filled,
    missing_columns,
    nearest_column,
    open_objects,
    parameter_columns,
)
from cxcall.phone.number_masking import FEWEST_DIGITS, plain_digits
from cxcall.phone.number_property_names import is_certainly_dialed, is_number_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.csv_columns import CsvColumn
    from cxcall.payloads.csv_table import CsvHeader

MAX_LISTED = 12
_MAX_PLACES = 3


class UnknownColumnsError(UsageError):
    """A table has columns that match no target.

    `proposals` are headers for some targets, and `missing` the options for required targets that have none. The columns
    `filled` set their targets already. A column may contain phone numbers if its header says so and one of the `samples`,
    the first records of the table, has a number in it.
    """

    def __init__(
        self,
        header: CsvHeader,
        unknown: Sequence[str],
        operation: Operation,
        *,
        filled: Sequence[CsvColumn] = (),
        samples: Sequence[Sequence[str]] = (),
    ) -> None:
        self.header, self.unknown, self.operation = header, unknown, operation
        self.filled, self.samples = filled, samples
        self.proposals = self._propose_targets()
        self.missing = self._list_missing()
        more = f", and {len(unknown) - MAX_LISTED} more" if len(unknown) > MAX_LISTED else ""
        listed = ", ".join(f"`{cell}`" for cell in unknown[:MAX_LISTED])
        count = "a column" if len(unknown) == 1 else f"{len(unknown)} columns"
        has_list = operation.columns_at is not None
        owner = "the list" if has_list else f"`{operation.name}`"
        super().__init__(
            f"{'stdin' if header.name == STDIN else f'`{header.name}`'} has {count} that {owner} does not have: {listed}{more}",
            where=f"column {unknown[0]}",
            fix="; ".join(self._fixes()),
            why="" if has_list else HEADER_RULE,
        )

    def with_samples(self, samples: Sequence[Sequence[str]]) -> UnknownColumnsError:
        """Return the error with proposals derived from the first records."""
        known = self.header, self.unknown, self.operation
        return UnknownColumnsError(*known, filled=self.filled, samples=samples)

    def _propose_targets(self) -> dict[str, list[str]]:
        """Return the headers that may fill each target: for each header, one target that no column fills yet."""
        proposals: dict[str, list[str]] = {}
        for cell in self.unknown:
            targets = propose_targets(cell, self.operation, has_number=self._has_number(cell))
            free = (each for each in targets if not is_filled(each, self.filled, self.operation))
            if self.header.cells.count(cell) == 1 and (target := next(free, "")):
                proposals.setdefault(target, []).append(cell)
        return proposals

    def _fixes(self) -> list[str]:
        """Return the proposals, the targets that are still missing or else a place for another column, and the way without."""
        operation = self.operation
        fixes: list[str] = []
        for target, cells in self.proposals.items():
            name = _name(target, operation)
            headers = " or ".join(f"`{each}`" for each in cells)
            maps = " or ".join(command("--map", f"{name}={each}") for each in cells)
            fixes.append(f"{headers} looks like `{name}`: add {maps}")
        left = [
            each for each in self.unknown if not any(each in x for x in self.proposals.values())
        ]
        if self.missing:
            also = "also " * bool(fixes)
            fixes.append(f"`{operation.name}` {also}needs {', '.join(self.missing)}")
        elif places := self._propose_member(left):
            fixes.append(f"to send `{left[0]}` in the body, add {' or '.join(places)}")
            left = left[1:]
        if not fixes:
            sample = f"a sample: `cxcall operations {operation.name} --skeleton --csv`"
            if operation.columns_at is not None:
                sample = f"TARGET is a column of the list: {list_columns(operation)}"
            return [f"add `--map TARGET=HEADER`, or `--ignore-extra-columns`; {sample}"]
        if left or any(cells[1:] for cells in self.proposals.values()):
            fixes.append("to leave out the other columns, add `--ignore-extra-columns`")
        return fixes

    def _list_missing(self) -> list[str]:
        """Return the options for the required targets that neither a column, an option, nor a proposal fills."""
        operation = self.operation
        if operation.columns_at is not None:
            return []
        proposed = (find_column(each, operation) for each in self.proposals)
        filled = [*self.filled, *filter(None, proposed)]
        parameters = parameter_columns(operation)
        return [
            command("--param", f"{each}=VALUE")
            if each in parameters
            else command("--map", f"{each}=HEADER")
            for each in (column.name for column in missing_columns(operation, filled))
        ]

    def _propose_member(self, cells: Sequence[str]) -> list[str]:
        """Return the options that send the first of some columns in an open object of the body; empty if there is none."""
        cell = cells[0] if cells else ""
        if not cell or "=" in cell or self.header.cells.count(cell) != 1:
            return []
        places = open_objects(self.operation) if self.operation.columns_at is None else []
        return [
            command("--map", f"{join_pointer(place, cell)}={cell}")
            for place in places[:_MAX_PLACES]
        ]

    def _has_number(self, cell: str) -> bool:
        index = self.header.cells.index(cell)
        return any(
            len(plain_digits(cells[index])) >= FEWEST_DIGITS
            for cells in self.samples
            if index < len(cells)
        )


def list_columns(operation: Operation) -> str:
    """Return the columns of a list as text."""
    names = operation.schema_at(operation.columns_at or "").get("properties", {})
    return ", ".join(f"`{each}`" for each in names)


def _name(target: str, operation: Operation) -> str:
    """Return a target in the form of `--map`: a column of a list is named without its place."""
    at = operation.columns_at
    return target if at is None else target.removeprefix(f"{at}/")


def propose_targets(cell: str, operation: Operation, *, has_number: bool) -> list[str]:
    """Return the targets that a header may mean: a target with a similar name, or targets for a phone number."""
    near = nearest_column(cell, operation)
    if near or not (has_number and is_number_name(cell) and is_certainly_dialed(cell)):
        return [near] if near else []
    flags = [flag for flag in operation.flags if flag.pointers or flag.parameter]
    values = (
        each
        for each in operation.pointers
        if "object" not in schema_types(operation.schema_at(each))
    )
    targets = (*(flag.name for flag in flags), *parameter_columns(operation), *values)
    return [each for each in targets if is_number_name(each.rpartition("/")[2])]
