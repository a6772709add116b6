"""The ledger as people and programs read it: tables, one delivery whole, CSV and JSON Lines."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import TYPE_CHECKING

from cxcall.findings.errors import UsageError
from cxcall.output.report import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.ledger.ledger import Ledger
    from cxcall.ledger.records import Record

_AGO = re.compile(r"(\d+)\s*(s|m|h|d|w)")
_HEADINGS = ("ID", "AT", "OPERATION", "NUMBER", "OUTCOME", "HTTP", "ENGAGEMENT ID")
_NARROWER = (
    ("ID", "OUTCOME"),
    ("ID", "AT", "NUMBER", "OUTCOME"),
    ("ID", "AT", "OPERATION", "NUMBER", "OUTCOME"),
    ("ID", "AT", "OPERATION", "NUMBER", "OUTCOME", "ENGAGEMENT ID"),
)
_RECENT = timedelta(days=180)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def open_ledger() -> Ledger:
    """Open this machine's ledger."""
    from cxcall.ledger.ledger import Ledger
    from cxcall.settings.settings import state_dir

    return Ledger.open(state_dir())


def find_engagement(given: str) -> Record | None:
    """Return the newest delivery that started an engagement, or the one of this very ID; None for a stranger's."""
    from cxcall.findings.errors import CxcallError

    with suppress(CxcallError), open_ledger() as ledger:
        found = next(ledger.records(engagement_id=given, limit=1), None)
        if found is None and (record := ledger.get(given)).id == given.upper():
            return record
        return found
    return None


def parse_since(text: str) -> datetime | None:
    """Read a time that a filter names; None when there is none."""
    return parse_time(text, "--since") if text else None


def parse_time(text: str, flag: str) -> datetime:
    """Read `15m`, `2h`, `7d` (ago) or an ISO 8601 time (local when it names no zone)."""
    try:
        if ago := _AGO.fullmatch(text.strip()):
            return datetime.now(UTC) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):  # the calendar has an end
        raise UsageError(
            f"`{text}` is neither a time nor a span",
            where=flag,
            fix=f"write `{flag} 2h`, or `{flag} 2026-11-23T09:00`",
        ) from None


def latest_to_prune() -> datetime:
    """Return the time since which the duplicate guard of any profile needs every delivery."""
    from cxcall.contracts import contract
    from cxcall.settings.config_file import ConfigFile
    from cxcall.settings.settings import check_seconds, config_dir, load_settings
    from cxcall.settings.sources import Setting

    file = ConfigFile.read(config_dir() / "config.toml")
    layers = [file.profile_settings(Setting(name, "")) for name in file.profiles]
    own = [layer["duplicate_window"] for layer in layers if "duplicate_window" in layer]
    for written in own:
        check_seconds("duplicate_window", written)
    window = load_settings({}, contract.builtin()[0]).duplicate_window
    window = max([window, *(float(written.value) for written in own)])
    return datetime.now(UTC) - timedelta(seconds=window)


def table_of(records: Sequence[Record]) -> Table:
    """Return one row a delivery, newest first as they come; a narrow terminal shows less of each."""
    rows = [
        {
            "ID": record.id,
            "AT": _local(record.at),
            "OPERATION": record.operation,
            "NUMBER": ", ".join(record.numbers),
            "OUTCOME": _outcome(record),
            "HTTP": str(record.status or ""),
            "ENGAGEMENT ID": record.engagement_id or "",
        }
        for record in records
    ]
    brief = [{**row, "AT": _brief(record.at)} for row, record in zip(rows, records, strict=True)]
    narrower = None
    for headings in _NARROWER:
        narrower = Table(headings, _columns(headings, brief), narrower=narrower)
    return Table(_HEADINGS, _columns(_HEADINGS, rows), narrower=narrower)


def _columns(headings: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[list[str]]:
    return [[row[heading] for heading in headings] for row in rows]


def text_of(record: Record) -> str:
    """Return one delivery as aligned `name: value` lines; empty values are left out."""
    shown = {
        name: value
        for name, value in record.as_dict().items()
        if value not in (None, "", [], False)
    }
    width = max(len(name) for name in shown) + 1
    return "\n".join(
        f"{name + ':':<{width}} {', '.join(value) if isinstance(value, list) else value}"
        for name, value in shown.items()
    )


def export_lines(records: Iterable[Record], form: str) -> Iterator[str]:
    """Yield the lines of a JSON Lines or CSV file."""
    if form == "jsonl":
        for record in records:
            yield json.dumps(record.as_dict(), ensure_ascii=False)
        return
    import csv

    buffer = StringIO()
    writer = None
    for record in records:
        flat = {
            name: " ".join(value) if isinstance(value, list) else value
            for name, value in record.as_dict().items()
        }
        if writer is None:
            writer = csv.DictWriter(buffer, flat, lineterminator="")
            writer.writeheader()
            yield _taken(buffer)
        writer.writerow(flat)
        yield _taken(buffer)


def _taken(buffer: StringIO) -> str:
    line = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return line


def _local(at: datetime) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _brief(at: datetime) -> str:
    """Return a time without the year, or where it is long past, without the time of the day."""
    is_recent = datetime.now(UTC) - at < _RECENT
    return at.astimezone().strftime("%m-%d %H:%M" if is_recent else "%Y-%m-%d")


def _outcome(record: Record) -> str:
    return f"{record.outcome}, {record.resolution}" if record.resolution else str(record.outcome)
