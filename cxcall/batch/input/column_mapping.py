"""Map the columns of a table to those of an operation."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from cxcall.batch.input.unknown_columns import MAX_LISTED, UnknownColumnsError, list_columns
from cxcall.documents.json_pointer import join_pointer
from cxcall.findings.errors import UsageError
from cxcall.findings.hinted_commands import command
from cxcall.named_tuple import NamedTuple
from cxcall.payloads.csv_columns import (
    CsvColumn,
    find_column,
    nearest_column,
    open_objects,
    reject_repeated_columns,
    sets_same_value,
    stop_on_wrong_headers,
)
from cxcall.payloads.csv_table import CsvTable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from cxcall.contracts.operation import Operation
    from cxcall.payloads.csv_table import CsvHeader

_EXAMPLE = "`--map phone-number=Phone`"


class ColumnMap(NamedTuple):
    """The header of the column for each target: a flag, a parameter, or a JSON pointer into the body.

    `headers` maps targets to headers. A header that is not in `headers` is itself a target. The column
    `key` names the rows, and may set nothing. `usual_headers` come from the profile: an entry applies
    if the file has the header and the operation has the target. The targets `in_file` are those of a mapping file, and
    those that are `given` have the same value in all rows.
    """

    headers: Mapping[str, str] = MappingProxyType({})
    ignores_extra: bool = False
    key: str = ""
    usual_headers: Mapping[str, str] = MappingProxyType({})
    in_file: Collection[str] = ()
    given: Collection[str] = ()

    def table(self, header: CsvHeader, operation: Operation) -> CsvTable:
        """Return the table of an operation.

        Raises UsageError for a header or target that does not exist, and for a column that sets nothing.
        """
        mapped = {*self.headers.values(), *self.usual_headers.values()}
        stop_on_wrong_headers(header.cells, operation, header.name, mapped)
        headers = {**self._usual(header, operation), **self.headers}
        columns = list(self._mapped_columns(headers, header, operation))
        unknown: list[str] = []
        for index, cell in enumerate(header.cells):
            if cell in headers.values():
                continue
            column = find_column(cell, operation)
            if column and not (column.is_open and self.ignores_extra):
                columns.append(column._replace(position=index))
            elif cell and cell not in (*unknown, self.key):
                unknown.append(cell)
        if unknown and not self.ignores_extra:
            given = filter(None, (find_column(each, operation) for each in self.given))
            raise UnknownColumnsError(header, unknown, operation, filled=[*columns, *given])
        reject_repeated_columns(columns, header.cells, header.name)
        nameless = tuple(
            index for index, cell in enumerate(header.cells) if not (cell or self.ignores_extra)
        )
        return CsvTable(header, columns, operation, nameless)

    def without_ignored(self, body: Mapping[str, Any], operation: Operation) -> dict[str, Any]:
        """Return a JSON line without the members that are ignored as a column of a table would be."""
        declared = {
            *operation.schema_at("").get("properties", {}),
            *(each.name for each in operation.parameters),
        }
        return {
            name: value
            for name, value in body.items()
            if name in declared or not self._ignores(name, operation)
        }

    def _ignores(self, name: str, operation: Operation) -> bool:
        """Return whether a member that is not declared is ignored; an open object may have any member."""
        if find_column(name, operation) is not None:
            return False
        schema = operation.schema_at("")
        is_open = schema.get("additionalProperties", True) is not False
        is_open |= "patternProperties" in schema
        return not is_open and (self.ignores_extra or name == self.key)

    def _mapped_columns(
        self, headers: Mapping[str, str], header: CsvHeader, operation: Operation
    ) -> Iterator[CsvColumn]:
        for target, cell in headers.items():
            column = find_column(target, operation)
            option = "--mapping" if target in self.in_file else "--map"
            if column is None:
                raise _unknown_target(target, cell, operation, option)
            if header.cells.count(cell) != 1:
                raise _unusable_header(target, cell, header, option)
            yield column._replace(position=header.cells.index(cell))

    def _usual(self, header: CsvHeader, operation: Operation) -> dict[str, str]:
        """Return the entries of the profile for this file, without those that it or the command line overrides."""
        used = {*self.headers.values(), *self.usual_headers.values()}
        cells = (each for each in header.cells if each not in used)
        own = [find_column(each, operation) for each in (*self.headers, *cells)]
        return {
            target: cell
            for target, cell in self.usual_headers.items()
            if header.cells.count(cell) == 1
            and cell not in self.headers.values()
            and target not in header.cells
            and (column := find_column(target, operation))
            and not column.is_open
            and not any(each and sets_same_value(column, each) for each in own)
        }


def _write_entry(option: str, target: str, header: str) -> str:
    """Return how an entry is written on the command line (`--map`), or in a mapping file."""
    if option == "--map":
        return command(option, f"{target}={header}")
    return "`{} = {}`".format(*(json.dumps(each, ensure_ascii=False) for each in (target, header)))


def _unknown_target(target: str, cell: str, operation: Operation, option: str) -> UsageError:
    if operation.columns_at is not None:
        return UsageError(
            f"the list has no column `{target}`",
            where=option,
            fix=f"its columns: {list_columns(operation)}",
        )
    near = cell if find_column(cell, operation) else nearest_column(target, operation)
    is_target = bool(near)
    if not near and (places := open_objects(operation)):
        near = join_pointer(places[0], target)
    header = target if near == cell else cell  # the two were swapped
    sample = f"see `cxcall operations {operation.name}`"
    alternative = "" if is_target else f", or {sample}"
    return UsageError(
        f"`{operation.name}` has no flag or parameter `{target}`",
        where=option,
        fix=f"write {_write_entry(option, near, header)}{alternative}" if near else sample,
        why="a target is a flag, a parameter, or a place in the body such as `/contactId`",
    )


def _unusable_header(target: str, cell: str, header: CsvHeader, option: str) -> UsageError:
    if cell in header.cells:
        return UsageError(
            f"`{header.name}` has two columns `{cell}`",
            where=f"column {cell}",
            fix="rename one of them",
        )
    from cxcall.runtime.name_similarity import find_similar

    if not header.cells:
        return UsageError(
            f"`{header.name}` is empty",
            where=header.name,
            fix="write the headers in its first line",
        )
    near = find_similar(cell, header.cells)
    listed = ", ".join(f"`{each}`" for each in header.cells[:MAX_LISTED])
    return UsageError(
        f"`{header.name}` has no column `{cell}`",
        where=option,
        fix=f"write {_write_entry(option, target, near)}" if near else f"its columns: {listed}",
    )


def parse_column_map(
    texts: Sequence[str],
    file: str | None,
    *,
    ignores_extra: bool,
    key: str,
    usual_headers: Mapping[str, str],
) -> ColumnMap:
    """Return the map of `--map TARGET=HEADER` and of a mapping file; a flag replaces an entry of the file.

    `usual_headers` come from the profile. Raises UsageError for a mapping that cannot be read.
    """
    from pathlib import Path

    headers = _read_mapping_file(Path(file)) if file else {}
    given: dict[str, str] = {}
    for text in texts:
        target, separator, header = (part.strip() for part in text.partition("="))
        if not (target and separator and header):
            raise UsageError(
                f"`{text}` is not of the form TARGET=HEADER",
                where="--map",
                fix=f"write it like {_EXAMPLE}",
            )
        target = target.removeprefix("--")
        if (other := given.setdefault(target, header)) != header:
            raise UsageError(
                f"`{target}` has two columns: `{other}` and `{header}`",
                where="--map",
                fix="leave out one of them",
            )
    in_file = headers.keys() - given.keys()
    return ColumnMap(headers | given, ignores_extra, key, usual_headers, in_file)


def _read_mapping_file(path: Path) -> dict[str, str]:
    from cxcall.documents import toml

    text = toml.read_file(path)
    example = 'write one entry per line, like `phone-number = "Phone"`; quote a target that is a JSON pointer: `"/contactId" = "ID"`'
    headers = {}
    for target, header in toml.parse_toml(path, text, fix=example).items():
        if not isinstance(header, str) or not header.strip():
            raise UsageError(
                f"`{target}` must be the header of a column, not {toml.type_name(header)}",
                where=toml.locate_setting(path, text, target),
                fix=example,
            )
        headers[target.removeprefix("--")] = header.strip()
    return headers
