"""Run `cxcall campaign export`: read the contacts of a list page by page, and write them to a new file."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile, mkstemp
from typing import TYPE_CHECKING, Any, TextIO

from cxcall.cli.actions.campaign import open_reader
from cxcall.findings.errors import UsageError
from cxcall.output.count_phrases import count_phrase
from cxcall.output.csv_cells import safe_record
from cxcall.output.report import Report
from cxcall.output.screen import Screen
from cxcall.platform_reads.campaign_results import read_results, result_columns
from cxcall.sending.delivery_log import stop_on_own_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from cxcall.cli.commands.campaign import ExportOptions
    from cxcall.platform_reads.campaigns import CampaignReader

COMMAND = "campaign export"
_FLAG = "--to"


def export_results(options: ExportOptions) -> Report:
    """Write the contacts of a list with the results of their calls to a file; return their number."""
    form = _check_file(options)
    screen = Screen.standard(options.output)
    found, reader = open_reader("results", options.settings, screen)
    list_id = options.contact_list or _find_list(reader, options.campaign)
    known = reader.read_list(list_id)
    columns = result_columns(found, known)
    count = 0
    with screen.progress(known.total if known else None) as progress:

        def count_rows() -> Iterator[dict[str, Any]]:
            nonlocal count
            for count, row in enumerate(read_results(reader, list_id, columns), 1):
                yield row
                progress(count, "contacts")

        _write(options.to, form, columns, count_rows())
    return Report(
        COMMAND,
        operation=found.operation,
        data={"file": options.to, "contactList": list_id, "contacts": count},
        summary=f"{count_phrase(count, 'contact')} of list {list_id} written to `{options.to}`",
    )


def _check_file(options: ExportOptions) -> str:
    """Return the format of the file; raises UsageError if it cannot be written."""
    stop_on_own_file(options.to, what="the export", flag=_FLAG)
    form = Path(options.to).suffix.removeprefix(".").lower()
    if form not in ("csv", "jsonl"):
        raise UsageError(
            f"the file name `{options.to}` does not show the format",
            where=_FLAG,
            fix="name it like `results.csv` or `results.jsonl`",
        )
    if os.path.lexists(options.to):  # also a link to no file
        raise UsageError(f"`{options.to}` exists", where=_FLAG, fix="name a new file")
    return form


def _find_list(reader: CampaignReader, campaign: str | None) -> str:
    if not campaign:
        raise UsageError(
            "a campaign or a contact list is required",
            where="ID",
            fix="give the ID of the campaign, or `--contact-list ID`",
        )
    list_id = reader.read_campaign(campaign).list_id
    if not list_id:
        raise UsageError(
            "the platform does not say which list this campaign dials",
            where="--contact-list",
            fix="give the list: `--contact-list ID`",
        )
    return list_id


def _write(path: str, form: str, columns: Sequence[str], rows: Iterator[dict[str, Any]]) -> None:
    """Write the rows to a temporary file, and rename it at the end."""
    target = Path(path)
    try:
        descriptor, name = mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        # A cell may have half of a character, such as a cut emoji.
        with open(descriptor, "w", encoding="utf-8", errors="replace", newline="") as file:  # noqa: PTH123 - a descriptor
            _write_rows(file, form, columns, rows)
        os.link(name, target)  # fails if the file exists by now
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        with suppress(OSError):
            Path(name).unlink()


def _write_rows(
    file: TextIO, form: str, columns: Sequence[str], rows: Iterator[dict[str, Any]]
) -> None:
    if form == "jsonl":
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        return
    if columns:
        _write_csv(file, columns, rows)
        return
    # The platform declares no columns: every member of any row is one.
    with TemporaryFile("w+", encoding="utf-8") as kept:
        names: dict[str, None] = {}
        for row in rows:
            names |= dict.fromkeys(row)
            kept.write(json.dumps(row) + "\n")
        kept.seek(0)
        _write_csv(file, [*names], map(json.loads, kept))


def _write_csv(file: TextIO, columns: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    if columns:
        file.write(f"{safe_record(columns)}\r\n")
    file.writelines(f"{safe_record(map(row.get, columns))}\r\n" for row in rows)


def _unwritable(path: str, error: OSError) -> UsageError:
    return UsageError(
        f"`{path}` cannot be written: {error.strerror}", where=_FLAG, fix="use another file"
    )
