"""The dry run, and the tool that sends: only what a dry run showed, and only if a person agrees."""

import hashlib
import json
import secrets
import time
from collections.abc import Callable
from threading import Lock
from typing import Annotated, Any

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult, Resolve
from mcp_types import CallToolResult
from pydantic import BaseModel, Field

from cxcall.cli.actions.send import show_request
from cxcall.cli.mcp_server.read_tools import MAX_TEXT, Body, Name, OperationName, Parameters
from cxcall.cli.mcp_server.tool_results import RefusedToolError, as_tool
from cxcall.client.client import Client
from cxcall.credentials.client_selection import credentials_identity
from cxcall.credentials.request_credentials import stop_without_credentials
from cxcall.findings.errors import CxcallError, StoppedError, UsageError, fault_finding
from cxcall.findings.finding import Finding, Severity
from cxcall.output.report import Report, delivery_report, named_in_errors
from cxcall.output.terminal_text import escape_controls, escape_to_one_line
from cxcall.payloads.schema_check import has_errors
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from cxcall.sending import call_guards
from cxcall.sending.checked_request import CheckedRequest, stop_on_errors

LIFETIME_SECONDS = 600.0
"""Seconds after a dry run within which its request can be sent."""
_MAX_PENDING = 100


class Confirmation(BaseModel):
    """The answer of the person."""

    # Strict, because a text such as "no, yes later" is not an agreement.
    send: bool = Field(strict=True, title="Send this request", description="Yes sends it, once.")


class PendingConfirmations:
    """Pending requests by confirmation ID: the digest of the exact request, and when it expires."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._pending: dict[str, tuple[str, float]] = {}

    def add(self, checked: CheckedRequest) -> str:
        """Return a new confirmation ID for a request; the oldest ID is removed if there are too many."""
        identifier = secrets.token_urlsafe(16)
        with self._lock:
            while len(self._pending) >= _MAX_PENDING:
                del self._pending[next(iter(self._pending))]
            self._pending[identifier] = digest_of(checked), self._clock() + LIFETIME_SECONDS
        return identifier

    def check(self, identifier: str, checked: CheckedRequest) -> None:
        """Raise StoppedError unless the ID is valid for exactly this request; another request uses it up."""
        with self._lock:
            digest, expires = self._pending.get(identifier, ("", 0.0))
            if digest != digest_of(checked) or self._clock() >= expires:
                self._pending.pop(identifier, None)
                raise _confirmation_error()

    def take(self, identifier: str, checked: CheckedRequest) -> None:
        """Use up an ID; raises StoppedError as `check` does, also if another call has just used it."""
        self.check(identifier, checked)
        with self._lock:
            if self._pending.pop(identifier, None) is None:
                raise _confirmation_error()

    def discard(self, identifier: str) -> None:
        """Remove an ID, because the person declined."""
        with self._lock:
            self._pending.pop(identifier, None)


def digest_of(checked: CheckedRequest) -> str:
    """Return the SHA-256 of everything that would be sent, of its destination, and of the account's credentials."""
    request, settings = checked.request, checked.settings
    parts = [
        checked.operation.name,
        settings.profile,
        settings.base_url,
        request.method,
        request.url,
        sorted(request.headers.items()),
        credentials_identity(settings),
    ]
    text = json.dumps(parts).encode() + b"\n" + (request.body or b"")
    return hashlib.sha256(text).hexdigest()


def _confirmation_error() -> StoppedError:
    return StoppedError(
        Finding.error(
            "declined",
            "confirmationId",
            "the confirmation ID is not valid: it is unknown, used, or expired, or belongs to another request or login; nothing was sent",
            fix="call `dry_run` with the same request, then `send` with the ID that it returns",
        )
    )


_MAX_SHOWN = 16_384
"""The most characters of a body that a person can be asked to confirm, because the whole body is shown."""


class RequestTools:
    """The dry run and, for the operations that the server was started with, the send."""

    def __init__(
        self, client: Client, operations: tuple[str, ...], confirmations: PendingConfirmations
    ) -> None:
        self._client, self._operations = client, operations
        self._confirmations = confirmations
        self._sending = Lock()

    def wait(self) -> None:
        """Wait until the request in flight is recorded; no other request can be sent afterwards."""
        self._sending.acquire()  # never released, because the server has ended

    def dry_run(
        self, operation: OperationName, body: Body = None, parameters: Parameters | None = None
    ) -> Report:
        """Check a request with all guards, and return exactly what would be sent. Nothing is sent.

        Where this server may send the operation, `data.confirmationId` is for one `send` of the same request.
        """
        checked = self._build(operation, body, parameters)
        self._client.stop_on_ledger(checked)
        report = show_request(checked, "dry_run", as_curl=False)
        is_sendable = operation in self._operations and not has_errors(report.findings)
        if not is_sendable or len(checked.shown_body) > _MAX_SHOWN:
            return report
        confirmation = {
            "confirmationId": self._confirmations.add(checked),
            "expiresInSeconds": int(LIFETIME_SECONDS),
        }
        return report._replace(data={**report.data, **confirmation})

    def ask(
        self,
        context: Context,
        operation: OperationName,
        confirmationId: Name,  # noqa: N803 - the tool's argument
        body: Body = None,
        parameters: Parameters | None = None,
    ) -> Elicit[Confirmation]:
        """Return the question for the person; raises RefusedToolError if the request cannot be sent."""
        try:
            checked = self._confirmed(operation, confirmationId, body, parameters)
            stop_without_credentials(checked.settings, checked.operation)
            self._client.stop_on_ledger(checked)
        except CxcallError as error:
            raise RefusedToolError(error) from None
        except Exception as fault:  # noqa: BLE001 - the text of an exception may hold a value
            raise RefusedToolError(CxcallError(fault_finding(fault))) from None
        capabilities = context.client_capabilities
        elicitation = capabilities.elicitation if capabilities else None
        if elicitation is None or (elicitation.form is None and elicitation.url is not None):
            refusal = UsageError(
                "this client cannot ask a person, so nothing is sent through it",
                where="client",
                fix="use a client that has the elicitation capability, or let a person run `cxcall send` in a shell",
            )
            raise RefusedToolError(refusal)
        return Elicit(describe(checked), Confirmation)

    def send(
        self,
        operation: str,
        confirmation_id: str,
        body: Any,
        parameters: dict[str, str] | None,
        answer: ElicitationResult[Confirmation],
    ) -> Report:
        """Send the request if the person agreed; the confirmation ID is used up in any case."""
        if not (isinstance(answer, AcceptedElicitation) and answer.data.send):
            self._confirmations.discard(confirmation_id)
            raise StoppedError(
                Finding.error(
                    "declined",
                    "confirmationId",
                    "the person did not agree; nothing was sent",
                    fix="do not ask again unless the person wants it",
                )
            )
        checked = self._confirmed(operation, confirmation_id, body, parameters)
        with self._sending:
            self._confirmations.take(confirmation_id, checked)
            delivery = self._client.send_built(checked, yes=True)
        sent = (checked.operation, checked.request, checked.body)
        return delivery_report("send", delivery, *sent, checked.findings)

    def _confirmed(
        self, operation: str, confirmation_id: str, body: Any, parameters: dict[str, str] | None
    ) -> CheckedRequest:
        """Return the request, built anew, if a dry run showed exactly this one."""
        if operation not in self._operations:
            raise UsageError(
                f"this server does not send `{operation}`",
                where="operation",
                fix=f"it can send: {', '.join(self._operations)}",
            )
        checked = self._build(operation, body, parameters)
        self._confirmations.check(confirmation_id, checked)
        return checked

    def _build(
        self, operation: str, body: Any, parameters: dict[str, str] | None
    ) -> CheckedRequest:
        if len(json.dumps(body)) > MAX_TEXT:
            raise UsageError(
                f"the body has more than {MAX_TEXT:,} characters", where="body", fix="send less"
            )
        checked = self._client.build(operation, body, parameters)
        with named_in_errors(checked.operation, checked.request, checked.body):
            call_guards.stop_on_guards(checked.findings)
            stop_on_errors(checked, strict=False, force=False)
        return checked


def new_send_tool(tools: RequestTools) -> Any:
    """Return the function of the tool `send`, whose last parameter the protocol's elicitation fills."""

    def send(
        operation: OperationName,
        confirmationId: Annotated[  # noqa: N803 - as in the result of `dry_run`
            Name, Field(description="The ID that `dry_run` returned for the same request.")
        ],
        answer: Annotated[ElicitationResult[Confirmation], Resolve(tools.ask)],
        body: Body = None,
        parameters: Parameters | None = None,
    ) -> CallToolResult:
        """Send one request that `dry_run` has shown, after the person agreed. It may place a real call.

        The person is asked by the client; a declined, changed, used, or expired request is not sent. An outcome
        `unknown` means that a call may have been placed: never send it again.
        """
        return as_tool(tools.send)(operation, confirmationId, body, parameters, answer)

    return send


def describe(checked: CheckedRequest) -> str:
    """Return everything that the person confirms: operation, whole numbers, destination, headers, and body.

    The numbers are whole: the person compares the digits, and the client that shows them gave them itself.
    """
    operation, request, settings = checked.operation, checked.request, checked.settings
    risk = "may place a real call" if operation.can_place_call else "places no call"
    warnings = [each for each in checked.findings if each.severity is Severity.WARNING]
    lines = [
        f"This request {risk}. Check every line.",
        f"operation: {operation.name} ({operation.summary.rstrip('.')})",
        f"numbers: {', '.join(checked.dialed_numbers) or 'none; the platform dials the number of the contact'}",
        mask_likely_secrets(f"request: {request.method} {request.shown_url}"),
        *(f"header: {each}" for each in checked.parameter_headers),
        f"profile: {settings.profile}",
        *(f"warning: {each.message}" for each in warnings),
    ]
    body = escape_controls(redact(f"body: {checked.shown_body or 'none'}"))
    return "\n".join([*(escape_to_one_line(redact(line)) for line in lines), body])
