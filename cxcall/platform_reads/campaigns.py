"""Read campaigns, contact lists, and upload jobs, with the operations that have a role in a contract."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cxcall.contracts.campaign_roles import RoleOperation, find_roles
from cxcall.documents.json_pointer import find_value, split_pointer
from cxcall.documents.json_text import as_cell
from cxcall.findings.exit_codes import ExitCode
from cxcall.named_tuple import NamedTuple
from cxcall.phone.number_masking import mask_text
from cxcall.platform_reads.read_requests import Reader, ReadError, body_of, read_items, text_at
from cxcall.responses.failures_in_2xx import explain_failures
from cxcall.runtime.signals import sleep
from cxcall.sending.send_plan import DEFAULT_HOOKS, SendHooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.findings.finding import Finding
    from cxcall.settings.settings import Settings

_FIRST_WAIT, _MAX_WAIT = 0.5, 10.0


class ContactListState(NamedTuple):
    """A contact list: its name, and its columns; empty if the platform returns no columns."""

    name: str
    columns: tuple[str, ...]
    phone_columns: tuple[str, ...]
    called: int | None
    total: int | None


class CampaignState(NamedTuple):
    """A campaign at one moment; values that the platform does not return are None, or empty."""

    id: str
    name: str = ""
    status: str = ""
    is_running: bool | None = None
    list_id: str = ""
    list_name: str = ""
    called: int | None = None
    total: int | None = None
    attempts: int | None = None
    connects: int | None = None
    outstanding: int | None = None
    errors: tuple[str, ...] = ()

    def with_masked_numbers(self) -> CampaignState:
        """Return the state with phone numbers masked in texts that people wrote; not used for a terminal."""
        name, list_name = mask_text(self.name), mask_text(self.list_name)
        return self._replace(
            name=name, list_name=list_name, errors=tuple(map(mask_text, self.errors))
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the state as JSON data."""
        return {
            "campaign": {
                "id": self.id,
                "name": self.name,
                "status": self.status,
                "running": self.is_running,
            },
            "contactList": {"id": self.list_id, "name": self.list_name},
            "called": self.called,
            "total": self.total,
            "attempts": self.attempts,
            "connects": self.connects,
            "outstanding": self.outstanding,
            "errors": list(self.errors),
        }

    def __str__(self) -> str:
        named = f"`{self.name}` ({self.id})" if self.name else f"`{self.id}`"
        status = f", which is {self.status}" if self.status else ""
        listed = f"`{self.list_name}` ({self.list_id})" if self.list_name else self.list_id
        dials = f"; it dials the list {listed}" if listed else ""
        return f"campaign {named}{status}{dials}"

    @property
    def counts(self) -> str:
        """The counts as text, such as `20 of 50 contacts called, 12 connected`."""
        of = f" of {self.total}" if self.total is not None else ""
        noun = "contact" if (self.called if self.total is None else self.total) == 1 else "contacts"
        called = f"{self.called}{of} {noun} called" if self.called is not None else ""
        connected = f"{self.connects} connected" if self.connects is not None else ""
        return ", ".join(filter(None, (called, connected)))


class JobState(NamedTuple):
    """An upload job at one moment: its state, whether the state is final, and the failures that the platform reports."""

    text: str = "not complete yet"
    is_final: bool = False
    findings: tuple[Finding, ...] = ()


class CampaignReader(Reader):
    """Reads with the operations in `roles`, by role."""

    def __init__(
        self, contract: Contract, settings: Settings, hooks: SendHooks = DEFAULT_HOOKS
    ) -> None:
        super().__init__(settings, None, hooks)
        self.roles = find_roles(contract)

    def read_role(self, role: str, id_: str) -> tuple[RoleOperation, Any]:
        """Return the operation of a role and the body of its response; raises ReadError."""
        found = self.roles[role]
        return found, body_of(self.read(found.operation, {found.id_parameter: id_}))

    def read_list(self, id_: str) -> ContactListState | None:
        """Return a contact list; None if the contract declares no read of it. Raises ReadError."""
        if "list" not in self.roles:
            return None
        found, body = self.read_role("list", id_)
        columns = read_items(body, found.place("columns"))
        phones = read_items(body, found.place("phoneColumns"))
        return ContactListState(
            text_at(body, found.place("name")),
            tuple(map(str, columns)),
            tuple(text_at(each, found.place("column")) for each in phones),
            **_counts(found, body, "called", "total"),
        )

    def read_campaign(self, id_: str, list_id: str = "") -> CampaignState:
        """Return a campaign with its progress, as far as its platform has operations to read it; raises ReadError.

        `list_id` is its list, if the platform does not return it.
        """
        state = CampaignState(id_, list_id=list_id)
        if "campaign" in self.roles:
            found, body = self.read_role("campaign", id_)
            state = _describe(state, found, body)
        if "progress" in self.roles:
            found, body = self._read_more("progress", id_)
            state = state._replace(**_counts(found, body, "called", "total"))
        elif state.list_id and (known := self.read_list(state.list_id)):
            state = state._replace(list_name=known.name, called=known.called, total=known.total)
        if "statistics" in self.roles:
            found, body = self._read_more("statistics", id_)
            state = state._replace(**_counts(found, body, "attempts", "connects", "outstanding"))
        return state

    def _read_more(self, role: str, id_: str) -> tuple[RoleOperation, Any]:
        """Return what `read_role` returns, without a body if refused: a campaign that never ran has no counts."""
        try:
            return self.read_role(role, id_)
        except ReadError as error:
            if error.exit_code is not ExitCode.REFUSED:
                raise
            return self.roles[role], None

    def follow_jobs(
        self, jobs: Sequence[str], max_seconds: float
    ) -> Iterator[tuple[str, JobState]]:
        """Yield each upload job with each state that is read, until it is final, or `max_seconds` are over.

        Raises CxcallError if one cannot be read.
        """
        wait, end = _FIRST_WAIT, time.monotonic() + max_seconds
        self.keep_reading(max_seconds)
        for job in jobs:
            yield job, (state := self._read_job(job))
            while not state.is_final and (left := end - time.monotonic()) > 0:
                sleep(min(wait, left))
                wait = min(wait * 2, _MAX_WAIT)
                self.keep_reading(end - time.monotonic())
                yield job, (state := self._read_job(job))

    def _read_job(self, job: str) -> JobState:
        found, body = self.read_role("job", job)
        place = found.place("items")
        around = dict(body) if isinstance(body, dict) else {}
        around.pop(split_pointer(place)[0], None)
        failures = tuple(explain_failures(around, is_read=False))
        for each in read_items(body, place):
            if text_at(each, found.place("id")) in ("", job):
                if _is_true(each, found.place("cancelled")):
                    return JobState("canceled", is_final=True)
                failures = (*failures, *explain_failures(each, is_read=False))
                if _is_true(each, found.place("complete")):
                    text = "complete, with failures" if failures else "complete"
                    return JobState(text, is_final=True, findings=failures)
                break
        return JobState(findings=failures)


def _describe(state: CampaignState, found: RoleOperation, body: Any) -> CampaignState:
    status = find_value(body, found.place("status"))
    errors = read_items(body, found.place("errors"))
    # NICE CXone may return values as text.
    running = {str(each).lower() for each in found.declared.get("running", ())}
    return state._replace(
        name=text_at(body, found.place("name")),
        status=_status_text(status),
        is_running=None if status is None else str(status).lower() in running,
        list_id=text_at(body, found.place("list")) or state.list_id,
        list_name=text_at(body, found.place("listName")),
        errors=tuple(filter(None, map(_error_text, errors))),
    )


def _error_text(error: Any) -> str:
    if isinstance(error, dict):
        error = error.get("details") or error.get("error") or error
    return as_cell(error or None)


def _status_text(status: Any) -> str:
    words = {True: "running", False: "not running", None: ""}
    return words[status] if status is None or isinstance(status, bool) else as_cell(status)


def _is_true(body: Any, pointer: str) -> bool:
    return text_at(body, pointer).lower() == "true"


def _counts(found: RoleOperation, body: Any, *names: str) -> dict[str, Any]:
    """Return the numbers at the places of a role by their names; None for one that the platform does not return."""
    counts: dict[str, Any] = {}
    for name in names:
        value = find_value(body, found.place(name))
        if isinstance(value, str) and value.isascii() and value.isdecimal():
            value = int(value)
        counts[name] = value if isinstance(value, int) and not isinstance(value, bool) else None
    return counts
