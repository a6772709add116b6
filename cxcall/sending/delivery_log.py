"""Log the steps of each delivery with the standard library's `logging`, and write the log to a file or to stderr."""

from __future__ import annotations

import json
import logging
import os
import sys
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cxcall.documents.paths import absolute_path, stop_on_stdout
from cxcall.findings.errors import UsageError
from cxcall.findings.finding import Finding, add_notice, printable
from cxcall.phone.number_masking import mask_text
from cxcall.responses.identifiers import masked_correlation_id
from cxcall.runtime.operating_system import open_at_once
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.settings.settings import config_dir, state_dir

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cxcall.ledger.request_identity import Intent
    from cxcall.responses.delivery import Delivery
    from cxcall.responses.processing_evidence import Evidence
    from cxcall.sending.send_plan import Plan
    from cxcall.transport.http_messages import Exchange

_logger = logging.getLogger("cxcall.delivery")


@contextmanager
def open_log(path: str | None, form: str | None, inputs: Iterable[str] = ()) -> Iterator[None]:
    """Log to a file, or without `path` to stderr, while the block runs.

    `form` is `json` or `text`. Lines are appended. Raises UsageError if the file cannot be opened, is one
    of the `inputs`, or is in a folder of the program's own files.
    """
    if path is not None:
        stop_on_stdout(path, "--log-file", "name a file; `--log-format text` alone logs to stderr")
        stop_on_own_file(path, inputs)
    handler = _Handler(_open(path) if path else sys.stderr)
    handler.setFormatter(_Formatter(is_json=form == "json"))
    level, propagate = _logger.level, _logger.propagate
    _logger.addHandler(handler)
    _logger.setLevel(logging.INFO)
    _logger.propagate = False
    try:
        yield
    finally:
        _logger.removeHandler(handler)
        _logger.setLevel(level)
        _logger.propagate = propagate
        if path:
            with suppress(OSError):  # `handleError` has reported a line that cannot be written
                handler.stream.close()


def stop_on_own_file(
    path: str, inputs: Iterable[str] = (), *, what: str = "the log", flag: str = "--log-file"
) -> None:
    """Raise UsageError if a file to write is one of the inputs, or in a folder of the program's own files."""
    target = absolute_path(path).resolve()
    folders = (state_dir().resolve(), config_dir().resolve())
    is_input = target.exists() and any(
        Path(each).exists() and target.samefile(each) for each in inputs
    )
    if is_input or any(folder in target.parents for folder in folders):
        raise UsageError(
            f"{what} cannot be `{path}`: cxcall reads or writes this file itself",
            where=flag,
            fix="use another file",
        )


def _open(path: str) -> Any:
    try:
        # A named pipe that no process reads is an error, instead of an endless wait.
        descriptor = open_at_once(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        return os.fdopen(descriptor, "w", encoding="utf-8", errors="replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", "") or "invalid name"
        raise UsageError(
            f"the log `{printable(path)}` cannot be opened: {reason}",
            where="--log-file",
            fix="use another file",
        ) from None


class _Handler(logging.StreamHandler[Any]):
    """Writes each line at once. A log that cannot be written is reported once, and does not stop a delivery."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802, ARG002 - logging's name
        reason = getattr(sys.exc_info()[1], "strerror", None) or "unknown error"
        add_notice(
            Finding.warning(
                "log",
                "--log-file",
                f"the log is incomplete: {reason}",
                fix="`cxcall history list` has every delivery",
            )
        )


class _Formatter(logging.Formatter):
    """Lays out a step as JSON, or as `TIME EVENT NAME=VALUE ...`."""

    def __init__(self, *, is_json: bool) -> None:
        super().__init__()
        self._is_json = is_json

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a step."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        fields = getattr(record, "fields", {})
        line = {"time": time.replace("+00:00", "Z"), "event": record.getMessage(), **fields}
        for name, value in line.items():
            line[name] = mask_text(redact(value)) if isinstance(value, str) else value
        if self._is_json:
            return json.dumps(line, ensure_ascii=False)
        start = [line.pop("time"), line.pop("event")]
        return " ".join([*start, *(f"{name}={_quote(value)}" for name, value in line.items())])


def _quote(value: Any) -> str:
    """Return a value as one word: one with a blank or a control character is quoted."""
    text = str(value)
    return text if text.isprintable() and not {" ", '"', "="} & {*text} else json.dumps(text)


class LoggedDelivery:
    """A delivery whose steps are logged.

    `attempt` is its number, `last_exchange` what the last one sent and received. `late_error` is an exception that came when
    it could change no result any more.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.attempt, self.is_recorded = plan, 1, False
        self.last_exchange: Exchange | None = None
        self.late_error: BaseException | None = None
        self._subject: dict[str, Any] = {}

    def log(self, event: str, **fields: Any) -> None:
        """Log a step of this delivery with the fields that have a value, named as in the envelope; times in ms.

        The handler of `open_log` masks secrets and phone numbers. What a handler of a program
        raises after the request was sent is kept in `late_error`: it changes no result.
        """
        if _logger.isEnabledFor(logging.INFO):
            row = {"rows": self.plan.rows} if self.plan.is_load else {"row": self.plan.row}
            subject = {"deliveryId": self.plan.delivery, "batch": self.plan.batch, **row}
            fields = {**subject, **self._subject, **fields}
            present = {name: value for name, value in fields.items() if value not in (None, "")}
            try:
                _logger.info(event, extra={"fields": present})
            except BaseException as error:
                if not (self.is_recorded or (self.last_exchange and isinstance(error, Exception))):
                    raise
                self.late_error = self.late_error or error

    def log_start(self, intent: Intent) -> None:
        """Log that the request is recorded, or reads only, and is about to be sent. A read is named in each line."""
        names = ("profile", "operation", "method", "target")
        fields = {name: getattr(intent, name) for name in names}
        self._subject = {} if self.plan.delivery else fields
        self.log("start", **fields)

    def log_attempt(self, exchange: Exchange, evidence: Evidence) -> None:
        """Log what an attempt proves."""
        response = exchange.response
        self.log(
            "attempt",
            attempt=self.attempt,
            evidence=evidence.value,
            status=response.status if response else None,
            failure=exchange.failure,
            correlationId=masked_correlation_id(self.plan.request, response),
            durationMs=round(exchange.timings.get("total", 0.0)),
        )

    def log_end(self, result: Delivery) -> None:
        """Log the result, which is recorded."""
        self.is_recorded = True
        response = result.exchange.response if result.exchange else None
        self.log(
            "end",
            outcome=result.outcome,
            status=response.status if response else None,
            attempts=result.attempts,
            engagementId=result.engagement_id,
            correlationId=result.correlation_id,
            findings=[found.code for found in result.findings] or None,
        )
