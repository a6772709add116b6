"""List and show recorded deliveries, for `cxcall history` and AI agents."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from cxcall.batch.report.report_rows import find_batch
from cxcall.documents.json_text import as_text
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.text_lists import list_first
from cxcall.ledger.duplicates import find_out_fix
from cxcall.ledger.record_types import record_fields
from cxcall.output.report import Report, Table
from cxcall.output.terminal_text import escape_cell
from cxcall.sending.configured_ledger import open_ledger
from cxcall.settings.sources import SANDBOX_PROFILE
from cxcall.transport.origins import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.cli.commands.history import RecordFilters
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record

_HEADINGS = ("ID", "AT", "OPERATION", "NUMBER", "OUTCOME", "HTTP", "ENGAGEMENT ID", "SENT TO")
_USUAL_LIMIT = 50
_AGO = re.compile(r"(\d+)\s*(s|m|h|d|w)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SAMPLE_SPANS = {"--since": "2h", "--older-than": "90d"}
"""Values that are printed in hints; they must be harmless when pasted into a shell."""


def list_deliveries(filters: RecordFilters) -> Report:
    """Return the deliveries that match the filters, newest first; raises UsageError for an unknown batch."""
    with open_ledger(is_for_reading=True) as ledger:
        ledger.check()
        limit = filters.limit or (None if filters.unresolved or filters.batch else _USUAL_LIMIT)
        found = {
            **filters._asdict(),
            "outcome": filters.outcome or "",
            "since": parse_since(filters.since),
            "batch": filters.batch and _batch_id(ledger, filters.batch.strip()),
            "limit": limit and min(limit + 1, sys.maxsize),
        }
        records = list(ledger.records(**found))
        has_more = limit is not None and len(records) > limit
        records = records[:limit]
        report = Report(
            "history list",
            data={"deliveries": [record_fields(record) for record in records], "hasMore": has_more},
            json_lines=(record_fields(record) for record in records),
            table=_table(records),
            diagnostics=more_remark(len(records), has_more=has_more)
            if records
            else ["no matching deliveries"],
        )
        report = with_missing_records(report, ledger)
        if not (
            records or report.exit_code or any(ledger.records(operation=filters.operation, limit=1))
        ):
            _stop_on_unknown_operation(filters)
        return report


def _stop_on_unknown_operation(filters: RecordFilters) -> None:
    """Raise UsageError if the filter is an operation that no document declares, because its name is misspelled."""
    if filters.operation:
        from cxcall.cli.shared_options import ContractOptions
        from cxcall.contracts.contract import load_operation

        own = ContractOptions(None).find_file(filters.profile or None)
        load_operation(filters.operation, own)


def _batch_id(ledger: Ledger, text: str) -> str:
    """Return the ID of the batch that the text begins; a pruned batch may still have deliveries with its whole ID."""
    has_deliveries = any(ledger.records(batch=text, limit=1))
    return text if has_deliveries else find_batch(ledger, text, "--batch").id


def show_delivery(identifier: str) -> Report:
    """Return one delivery; `identifier` is its ID or the start of its ID."""
    record = read_delivery(identifier)
    remarks = [how_to_find_out(record)] if record.is_unresolved else []
    data = record_fields(record)
    return Report("history show", data=data, text=delivery_text(record), diagnostics=remarks)


def read_delivery(identifier: str) -> Record:
    """Return the record of the delivery with this ID, or the start of it; raises UsageError if there is none."""
    with open_ledger(is_for_reading=True) as ledger:
        ledger.check()
        return ledger.get(identifier)


def how_to_find_out(record: Record) -> str:
    """Return what to do about a delivery; a record without a number may be about a call or something else."""
    question = "a call was placed" if record.numbers else "it was processed, or a call was placed"
    return find_out_fix(record, datetime.now(UTC), question)


def with_missing_records(report: Report, ledger: Ledger) -> Report:
    """Return the report with exit code 7 and an error when the ledger cannot have all records."""
    from cxcall.ledger.errors import missing_records_finding

    problem = ledger.missing_records()
    if not problem:
        return report
    return report._replace(
        outcome=Outcome.STOPPED,
        exit_code=ExitCode.STOPPED,
        findings=(missing_records_finding(problem),),
    )


def _table(records: Sequence[Record]) -> Table:
    """Return one row per delivery."""
    rows = [
        (
            record.id,
            record.at.astimezone().isoformat(" ", timespec="minutes"),
            record.operation,
            list_first(record.numbers),
            _result(record),
            str(record.status or ""),
            record.engagement_id or "",
            _place(record),
        )
        for record in records
    ]
    return Table(_HEADINGS, rows)


def delivery_text(record: Record) -> str:
    """Return a delivery as aligned `name: value` lines without empty values."""
    fields = {**record_fields(record), "numbers": list_first(record.numbers)}
    shown = {
        name: value for name, value in fields.items() if value not in (None, "", [], False, {})
    }
    width = max(len(name) for name in shown) + 1
    lines = {f"{name}:": escape_cell(_as_line(value)) for name, value in shown.items()}
    return "\n".join(f"{name:<{width}} {text}" for name, text in lines.items())


def _as_line(value: Any) -> str:
    """Return a value as text on one line: the members of a list or an object with commas."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {member}" for name, member in value.items())
    return ", ".join(value) if isinstance(value, list) else as_text(value)


def more_remark(shown: int, *, has_more: bool) -> list[str]:
    """Return a remark if a list has only the newest entries."""
    return [f"only the newest {shown} are shown: to see more, add `--limit N`"] * has_more


def _place(record: Record) -> str:
    """Return where a request went that did not leave this machine; empty for any other request."""
    if not is_loopback_url(record.target):
        return ""
    return SANDBOX_PROFILE if record.profile == SANDBOX_PROFILE else "this machine"


def _result(record: Record) -> str:
    if record.resolution:
        return f"{record.outcome}, {record.resolution}"
    return str(record.outcome)


def parse_since(text: str) -> datetime | None:
    """Return the time of `--since`, None without it; raises UsageError if it is not valid."""
    return parse_time(text, "--since") if text else None


def parse_time(text: str, flag: str) -> datetime:
    """Parse `15m`, `2h`, `7d` (ago) or an ISO 8601 time (local if it names no zone)."""
    try:
        if ago := _AGO.fullmatch(text.strip()):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # OverflowError: the date is out of range
        from cxcall.payloads.errors.format_advice import describe_wrong_date

        wrong = describe_wrong_date(text)
        raise UsageError(
            f"invalid time: {wrong}" if wrong else f"invalid time `{text}`",
            where=flag,
            fix=f"write `{flag} {_SAMPLE_SPANS[flag]}`, or a date and time, as YYYY-MM-DDTHH:MM",
        ) from None
