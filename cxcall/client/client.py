"""Send requests from Python, as `cxcall send` does."""

from __future__ import annotations

from contextlib import ExitStack
from threading import RLock
from typing import TYPE_CHECKING, Any, Self

from cxcall.client.arguments import (
    as_mapping,
    as_payload,
    engagement_id_of,
    flag_text,
    parameter_texts,
    stop_on_empty_value,
    stop_on_other_types,
)
from cxcall.client.interrupted_delivery import deliver_or_interrupt
from cxcall.client.logged_notices import log_notices
from cxcall.client.open_resources import OpenResources, forget_parent_in_forks
from cxcall.contracts.contract import load_contracts, load_operation
from cxcall.findings.errors import UsageError
from cxcall.payloads.payload import Payload
from cxcall.payloads.schema_check import Verdict
from cxcall.sending import call_guards
from cxcall.sending.checked_request import (
    CheckedRequest,
    build_request,
    parameter_values,
    stop_on_errors,
    stop_on_missing_parameter,
    token_source,
)
from cxcall.sending.confirmation_prompt import needs_consent
from cxcall.sending.request_sender import send_read
from cxcall.sending.send_plan import Plan
from cxcall.settings.settings import find_columns, find_contract_file, find_platform, load_settings

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cxcall.client.batch_run import BatchRun
    from cxcall.contracts.operation import Operation
    from cxcall.explaining.explanation import Explanation
    from cxcall.platform_reads.tracking import CallState
    from cxcall.responses.delivery import Delivery
    from cxcall.sandbox.server import Sandbox
    from cxcall.settings.settings import Settings

_LOGIN_FIX = "log in with `cxcall auth login`"


class Client:
    """Sends requests at most once, with the settings, guards, and ledger of the command.

        with Client(profile="eu") as client:
            delivery = client.send("personal-connection", {"contactId": "..."}, yes=True)
            print(delivery.outcome, delivery.engagement_id)

    Settings that are not given come from the environment, `.env`, and the profile. `contract` is the
    path of your own OpenAPI document. `sandbox=True` starts a sandbox, and sends everything to it.
    Several threads can share a client.
    """

    def __init__(
        self,
        *,
        profile: str | None = None,
        platform: str | None = None,
        region: str | None = None,
        base_url: str | None = None,
        contract: str | os.PathLike[str] | None = None,
        timeout: float | None = None,
        hours: str | None = None,
        do_not_call: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | None = None,
        max_attempts: str | None = None,
        sandbox: bool = False,
    ) -> None:
        flags = {
            "profile": profile,
            "platform": platform,
            "region": region,
            "base_url": base_url,
            "contract": contract,
            "timeout": timeout,
            "hours": hours,
            "do_not_call": do_not_call,
            "max_attempts": max_attempts,
        }
        self._flags: dict[str, Any] = {
            name: flag_text(value) for name, value in flags.items() if value is not None
        }
        log_notices()
        stop_on_empty_value(self._flags)
        stop_on_other_types(sandbox=sandbox)
        self._contract = self._flags.get("contract") or find_contract_file(self._flags) or None
        self._lock = RLock()  # a signal handler may call `close`
        self._batches: set[BatchRun] = set()
        self._start_sandbox = self._new_sandbox if sandbox else None
        self._opened: OpenResources | None = OpenResources(self._start_sandbox)
        forget_parent_in_forks(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Finish what is in flight, in other threads too, complete the ledger's file, and stop the sandbox.

        Batches send no more rows. The client can be used again; it then starts a new sandbox.
        """
        for batch in [*self._batches]:
            batch.close()
        with self._lock:
            opened, self._opened = self._opened, None
        if opened:
            opened.close()

    def check(
        self, operation: str, body: object = None, parameters: Mapping[str, object] | None = None
    ) -> Verdict:
        """Check a request like `send`, but send nothing.

        `body` and `parameters` are as in `send`. Raises the same errors as `send` before its check.
        """
        checked = self.build(operation, body, parameters)
        return Verdict((checked.operation.name,), checked.findings)

    def send(
        self,
        operation: str,
        body: object = None,
        parameters: Mapping[str, object] | None = None,
        *,
        yes: bool = False,
        again: bool = False,
        force: bool = False,
        strict: bool = False,
    ) -> Delivery:
        """Check a request, record it, send it at most once, and return its delivery.

        `operation` is a name that `cxcall operations` lists; `body` a value that `json.dumps` accepts,
        except text, or the `pathlib.Path` of a JSON file; `parameters` are those of path and query, by name: None
        leaves a parameter out. A request that may place a call needs `yes=True`. `again`, `force`, and
        `strict` work like the flags.

        A CxcallError means that nothing was sent: CheckError for a body that is not valid, StoppedError
        for a guard or a duplicate, CredentialsError, UsageError. After a request was sent, the result is
        a delivery with its `outcome` (`accepted`, `refused`, `undelivered`, `unknown`) and `findings`.
        Raises InterruptedDelivery if a signal arrived while the request was sent, also if your own signal handler
        raised an exception then.
        """
        checked = self.build(operation, body, parameters)
        return self.send_built(checked, yes=yes, again=again, force=force, strict=strict)

    def send_built(
        self,
        checked: CheckedRequest,
        *,
        yes: bool = False,
        again: bool = False,
        force: bool = False,
        strict: bool = False,
    ) -> Delivery:
        """Send a request that `build` returned, as `send` does; the guards are checked again."""
        stop_on_other_types(yes=yes, again=again, force=force, strict=strict)
        parts = checked.operation, checked.values, checked.payload, checked.settings
        call_guards.stop_on_guards(build_request(*parts).findings)
        stop_on_errors(checked, strict=strict, force=force)
        if not yes and needs_consent(checked.operation, checked.settings):
            raise UsageError(
                f"`{checked.operation.name}` may place a real call",
                where="yes",
                fix="check it with `Client.check`, then send it with `yes=True`",
            )
        plan = Plan(checked, again=again)
        tokens = token_source(checked.settings, checked.operation, force=force)
        if checked.operation.is_read:
            return send_read(plan, tokens)
        with self._resources().ledger() as ledger:
            return deliver_or_interrupt(plan, ledger, tokens)

    def stop_on_ledger(self, checked: CheckedRequest) -> None:
        """Raise the error with which the ledger would stop a request now: a duplicate, or too many calls to a person."""
        if not checked.operation.is_read:
            settings = checked.settings
            intent = Plan(checked).intent()
            window, limit = settings.duplicate_window, settings.call_limit
            with self._resources().ledger() as ledger:
                ledger.stop_on_guards(intent, window, limit, ledger.missing_records())

    def track(self, call: str | Delivery, *, max_seconds: float = 0) -> Iterator[CallState]:
        """Yield the state of a call after each read, until it is over or for at most `max_seconds`.

        Give the ID, or the delivery that `send` returned: that call may not be found (404) for a few seconds.
        Raises UsageError if the delivery has no ID, or the platform no published operation that reads it;
        ReadError if a read fails.
        """
        from cxcall.platform_reads import tracking
        from cxcall.platform_reads.read_requests import new_reader

        platform = find_platform(self._flags) or load_contracts(self._contract)[0].platform
        tracker = tracking.tracker_for(platform)
        return tracking.follow(
            tracker,
            engagement_id_of(call),
            new_reader(self._settings(tracker.operation)),
            until=lambda _: False,
            max_seconds=max_seconds,
            is_new=not isinstance(call, str),
        )

    def batch(
        self,
        operation: str,
        rows: os.PathLike[str] | Iterable[Mapping[str, Any]],
        parameters: Mapping[str, object] | None = None,
        *,
        confirm: int | None = None,
        columns: Mapping[str, str] | None = None,
        ignore_extra_columns: bool = False,
        default_country: str = "",
        rate: str | None = None,
        concurrency: int = 32,
        max_failures: int | str | None = None,
        skip_invalid: bool = False,
        resume: bool = False,
        again: bool = False,
        force: bool = False,
        strict: bool = False,
    ) -> BatchRun:
        """Check all rows, and return the batch, which is sent while you iterate over it.

            with client.batch("execute", Path("crm.csv"), {"campaignId": "..."}, confirm=250) as batch:
                for row in batch:
                    print(row.number, row.outcome, row.delivery and row.delivery.engagement_id)
            print(batch.totals.as_dict())

        `rows` is the path of a CSV, JSON Lines, or Excel file, or an iterable of bodies, which may also
        name parameters; `parameters` are those of every row. Where real calls may be placed, `confirm` must be
        the number of requests, without the rows that are skipped. `columns` maps targets to headers, like
        `--map`; `rate` is `10/s`, `max_failures` `10` (in a row) or `25%`. At most
        `concurrency` requests are sent ahead of your loop. The others work like the flags.

        Raises a CxcallError where nothing was sent, as `send` does: CheckError with the findings of all
        rows, StoppedError if an earlier batch of the same rows is unfinished.
        """
        from cxcall.batch.input.column_mapping import ColumnMap
        from cxcall.batch.input.national_numbers import parse_country
        from cxcall.batch.input.rows import RowFormat
        from cxcall.batch.job import Job
        from cxcall.client.batch_run import BatchRules, BatchRun, open_rows

        stop_on_other_types(skip_invalid=skip_invalid, resume=resume, again=again, force=force)
        stop_on_other_types(strict=strict, ignore_extra_columns=ignore_extra_columns)
        declared = self._load_operation(operation)
        rules = BatchRules.parse(
            declared.rate if rate is None else rate, max_failures, concurrency
        )._replace(confirm=confirm, skip_invalid=skip_invalid, resume=resume)
        targets, usual_headers = as_mapping("columns", columns), find_columns(self._flags)
        column_map = ColumnMap(targets, ignore_extra_columns, usual_headers=usual_headers)
        with ExitStack() as stack:
            job = Job(
                declared,
                stack.enter_context(open_rows(rows, RowFormat(columns=column_map))),
                self._settings(declared),
                parameter_texts(declared, parameters),
                default_country=parse_country(default_country) if default_country else "",
                strict=strict,
                force=force,
                again=again,
            )
            ledger = stack.enter_context(self._resources().ledger())
            batch = BatchRun(job, ledger, rules, stack, on_close=self._batches.discard)
            self._batches.add(batch)
            return batch

    def explain(
        self, source: str | os.PathLike[str] | Mapping[str, Any] | Delivery
    ) -> tuple[Explanation, ...]:
        """Return one explanation per request in a source, offline; see `cxcall.explain`.

        `source` is pasted text, the `pathlib.Path` of a file, an exchange as a mapping, or a delivery that
        `send` returned. The client's own contract counts as published.
        """
        from cxcall.client.arguments import exchange_as_mapping
        from cxcall.explaining.explanation import explain
        from cxcall.responses.delivery import Delivery

        if isinstance(source, Delivery):
            source = exchange_as_mapping(source)
        return explain(source, contract=self._contract)

    def build(
        self, operation: str, body: object = None, parameters: Mapping[str, object] | None = None
    ) -> CheckedRequest:
        """Return a request with the findings of its check, so that a person can review it before it is sent."""
        declared = self._load_operation(operation)
        payload = Payload(None) if body is None else as_payload(body)
        texts = parameter_texts(declared, parameters)
        values = parameter_values(declared, texts, (), payload)
        stop_on_missing_parameter(declared, values, payload)
        if body is None and declared.needs_body:
            raise UsageError(f"`{operation}` needs a body", where="body", fix="give `body`")
        return build_request(declared, values, payload, self._settings(declared))

    def _load_operation(self, name: str) -> Operation:
        operation = load_operation(name, self._contract)
        if operation.is_for_login:
            raise UsageError(
                f"`{name}` cannot be sent: it takes secrets", where="operation", fix=_LOGIN_FIX
            )
        return operation

    def _settings(self, operation: Operation) -> Settings:
        sandbox = self._resources().sandbox
        if sandbox is None:
            return load_settings(self._flags, operation.contract, operation.server)
        from cxcall.sandbox.sandbox_settings import sandbox_settings

        token = sandbox.new_user_token() if operation.needs_user_token else ""
        return sandbox_settings(sandbox, self._flags, user_token=token)

    def _new_sandbox(self) -> Sandbox:
        from cxcall.sandbox.server import start_sandbox

        return start_sandbox(load_contracts(self._contract))

    def forget_parent(self) -> None:
        """In a forked process, use no lock, ledger, sandbox, or batch of the parent's threads."""
        self._lock, self._batches, self._opened = RLock(), set(), None

    def _resources(self) -> OpenResources:
        if opened := self._opened:
            return opened
        new = OpenResources(self._start_sandbox)  # without the lock, because it takes some time
        with self._lock:  # threads may share a client
            opened = self._opened = self._opened or new
        if opened is not new:
            new.close()
        return opened
