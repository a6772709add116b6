"""Places of phone numbers in requests, and the guards before a call."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from cxcall.contracts.contract import load_operation
from cxcall.findings.finding import Severity
from cxcall.payloads.payload import Payload
from cxcall.sending.call_guards import GUARD_CODES
from cxcall.sending.checked_request import CheckedRequest, build_request
from cxcall.settings.settings import load_settings
from helpers.calling_api import document

NUMBER, PREMIUM, ABROAD = "+12025550123", "+19005551234", "+4930123456"
USER = "00000004-1234-1234-1234-123456789012"


class Place(NamedTuple):
    """A place of a number: the operation, its parameters, and its body, with `%s` for the number."""

    operation: str
    values: dict[str, str]
    body: Any
    is_free_text: bool = False


class Guards:
    """Settings with every guard: the do-not-call list has `NUMBER`, and hours are enforced."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("STATE", "CONFIG", "CACHE"):
            monkeypatch.setenv(f"CXCALL_{name}_DIR", str(folder / name.lower()))
        now = datetime.now(UTC).astimezone(ZoneInfo("Europe/Berlin"))
        outside = "-".join(f"{now + timedelta(hours=hour):%H:%M}" for hour in (4, 5))
        monkeypatch.setenv("CXCALL_HOURS_POLICY", "enforce")
        monkeypatch.chdir(folder)
        later = "-".join(f"{datetime.now(UTC) + timedelta(minutes=each):%H:%M}" for each in (2, 3))
        there = datetime.now(UTC).astimezone(ZoneInfo("America/New_York"))
        new_york = "-".join(f"{there + timedelta(hours=hour):%H:%M}" for hour in (-1, 1))
        self.hours = {"": "", "outside": outside, "all but now": later, "New York": new_york}
        (folder / "dnc.txt").write_text(NUMBER, "utf-8")

    def codes(self, dialect: str, place: Place, number: str, hours: str = "") -> list[str]:
        """Return the codes of the errors and notes on a number at a place."""
        checked = self.check(dialect, place, number, hours)
        guards = (*GUARD_CODES, "phone-kind", "number-unchecked")
        return [
            each.code
            for each in checked.findings
            if each.code in guards and each.severity is not Severity.WARNING
        ]

    def check(self, dialect: str, place: Place, number: str, hours: str = "") -> CheckedRequest:
        """Return the request with a number at a place."""
        path = f"own-{dialect}.json" if dialect else None
        if path:
            Path(path).write_text(json.dumps(document(dialect)), "utf-8")
        operation = load_operation(place.operation, path)
        flags = {"do_not_call": "dnc.txt", "hours": self.hours[hours]}
        settings = load_settings({**flags, "base_url": "http://127.0.0.1:9"}, operation.contract)
        values = {name: value.replace("%s", number) for name, value in place.values.items()}
        body = json.loads(json.dumps(place.body).replace("%s", number))
        return build_request(operation, values, Payload(body), settings)
