"""List and show recorded deliveries, for `cxcall history` and AI agents."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cxcall.batch.job import SANDBOX_TARGET
from cxcall.batch.report.report_rows import find_batch
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.text_lists import list_first
from cxcall.findings.times_in_text import short_time, utc_minute, utc_text
from cxcall.ledger.duplicates import find_out_fix
from cxcall.ledger.record_types import record_fields
from cxcall.ledger.stored_values import NOT_PLACED, PLACED, SPLIT
from cxcall.output.layouts import Entry, Section
from cxcall.output.report import Report, Table
from cxcall.output.terminal_text import escape_cell
from cxcall.sending.configured_ledger import open_ledger
from cxcall.settings.sources import SANDBOX_PROFILE
from cxcall.transport.origins import is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cxcall.cli.commands.history import RecordFilters
    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.record_types import Record

_HEADINGS = ("ID", "AT (UTC)", "OPERATION", "NUMBER", "OUTCOME", "HTTP", "ENGAGEMENT ID", "SENT TO")
_NARROW_HEADINGS = (*_HEADINGS[:5], _HEADINGS[-1])
_RESOLUTIONS = {
    PLACED: "recorded as placed",
    NOT_PLACED: "recorded as not placed",
    SPLIT: "other deliveries have the outcomes of its rows",
}
_PHASES = {"connect": "connected", "turn": "its turn", "first_byte": "first byte"}
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
            else [_no_deliveries(ledger)],
        )
        report = with_missing_records(report, ledger)
        if not (
            records or report.exit_code or any(ledger.records(operation=filters.operation, limit=1))
        ):
            _stop_on_unknown_operation(filters)
        return report


def _no_deliveries(ledger: Ledger) -> str:
    has_others = any(ledger.records(limit=1))
    return "no matching deliveries" if has_others else "no deliveries yet"


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


def show_delivery(identifier: str, *, verbose: bool = False) -> Report:
    """Return one delivery; `identifier` is its ID or the start of its ID."""
    record = read_delivery(identifier)
    return Report(
        "history show",
        data=record_fields(record),
        sections=[delivery_section(record, verbose=verbose)],
        diagnostics=[how_to_find_out(record)] if record.is_unresolved else [],
    )


def resolved_report(record: Record) -> Report:
    """Return what a person has recorded about a delivery, and what follows from it."""
    if record.resolution == PLACED:
        what = "a call was placed" if record.numbers else "it was processed"
        text = f"recorded that {what}; it counts as accepted"
    else:
        what = "no call was placed" if record.numbers else "it was not processed"
        text = f"recorded that {what}; an identical request can be sent again"
    return Report("history resolve", data=record_fields(record), text=f"{record.id}: {text}")


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
    rows, narrow_rows = [], []
    for record in records:
        at, outcome = utc_minute(record.at), _result(record)
        place = local_place(record.target, record.profile)
        rows.append(
            (
                record.id,
                at,
                record.operation,
                list_first(record.numbers),
                outcome,
                str(record.status or ""),
                record.engagement_id or "",
                place,
            )
        )
        number = list_first(record.numbers, 1)
        narrow_rows.append((record.id, short_time(at), record.operation, number, outcome, place))
    return Table(_HEADINGS, rows, Table(_NARROW_HEADINGS, narrow_rows, cut="OPERATION"))


def delivery_section(record: Record, *, verbose: bool = False) -> Section:
    """Return a delivery as names and texts, without those that are empty; the digest only if `verbose`."""
    outcome = (str(record.outcome), _RESOLUTIONS.get(record.resolution, record.resolution))
    entries = {
        "delivery ID": record.id,
        "sent": utc_text(record.at),
        "ended": utc_text(record.ended_at) if record.ended_at else "",
        "profile": record.profile,
        "operation": f"{record.operation} ({record.provenance})",
        "method": record.method,
        "URL": record.target,
        "numbers": list_first(record.numbers),
        "outcome": "; ".join(filter(None, outcome)),
        "HTTP status": str(record.status or ""),
        "engagement ID": record.engagement_id or "",
        "correlation ID": record.correlation_id or "",
        "attempts": str(record.attempts or ""),
        "sent with": "--again" if record.again else "",
        "reason": record.note,
        "batch": record.batch,
        "rows" if record.is_load else "row": record.rows or str(record.row or ""),
        "key": record.key,
        "the API says": _api_words(record),
        "time": _describe_timings(record.timings),
        "digest": record.digest if verbose else "",
    }
    return Section(
        entries=[Entry(name, escape_cell(text)) for name, text in entries.items() if text]
    )


def _api_words(record: Record) -> str:
    """Return the message of the API with its code, which the recorded message may have, too."""
    code = f"({record.code})" if record.code else ""
    return f"{record.message.removesuffix(code).rstrip()} {code}".strip()


def _describe_timings(timings: Mapping[str, float]) -> str:
    """Return the duration of the last attempt, and when each phase of it was over."""
    phases = ", ".join(
        f"{name} after {timings[each]:.1f}" for each, name in _PHASES.items() if each in timings
    )
    total = f"{timings['total']:.1f} ms" if "total" in timings else "not finished"
    return f"{total} ({phases})" if phases else ""


def more_remark(shown: int, *, has_more: bool) -> list[str]:
    """Return a remark if a list has only the newest entries."""
    return [f"only the newest {shown} are shown: to see more, add `--limit N`"] * has_more


def local_place(target: str, profile: str) -> str:
    """Return where requests go that do not leave this machine; empty for any other target."""
    if target == SANDBOX_TARGET:
        return SANDBOX_TARGET
    if not is_loopback_url(target):
        return ""
    return SANDBOX_PROFILE if profile == SANDBOX_PROFILE else "this machine"


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
