"""The platform's behaviour: a request in, an answer out, everything recorded in between."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs
from uuid import uuid4

from cxcall.phone.phone_numbers import mask_text, numbers_in
from cxcall.sandbox import faults, operation_responses
from cxcall.sandbox.logins import fill_cxone_response
from cxcall.sandbox.messages import HttpProblem, SandboxRequest, SandboxResponse, Transmission
from cxcall.sandbox.request_check import check_parameters, read_body
from cxcall.sandbox.request_log import LoggedRequest, RequestLog
from cxcall.sandbox.routes import Routes
from cxcall.sandbox.tokens import (
    CLIENTS,
    TokenIssuer,
    bearer_token,
    check_access_key,
    require_scopes,
    requires_token,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Operation
    from cxcall.sandbox.rate_limit import RateLimit

TOKEN_PATH = "/oauth/token"  # noqa: S105 - a path
AUTHORIZE_PATH = "/oauth/authorize"
ABOUT_PATH = "/sandbox"
REQUESTS_PATH = "/sandbox/requests"

LEAST_FAULTY_STATUS = 300


@dataclass
class _Turn:
    """One request on its way to an answer, and what became known of it."""

    request: SandboxRequest
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    engagement_id: str = ""
    values: dict[str, str] = field(default_factory=dict)
    operation: Operation | None = None
    fault: faults.Fault = faults.FAULTS[0]
    accepted: bool = False
    numbers: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def received(self, answer: SandboxResponse) -> LoggedRequest:
        """Return what is recorded of it."""
        operation = self.operation
        # A body that asks for a token holds a secret.
        asks = self.request.path == TOKEN_PATH or (operation is not None and _grants(operation))
        body = b"" if asks else self.request.body
        return LoggedRequest(
            method=self.request.method,
            path=mask_text(self.request.path),
            status=None
            if answer.ending in (Transmission.CLOSED, Transmission.HELD)
            else answer.status,
            correlation_id=self.correlation_id,
            operation=operation.name if operation else "",
            accepted=self.accepted,
            rings=self.accepted and operation is not None and operation.rings,
            engagement_id=self.engagement_id if self.accepted else None,
            fault=self.fault.number[-4:] if self.fault is not faults.FAULTS[0] else "",
            numbers=self.numbers,
            digest=sha256(body).hexdigest(),
            body=body,
        )


def _grants(operation: Operation) -> str:
    """Return the member of the answer that holds a token; empty for most operations."""
    return str(operation.declared.get("x-cxcall-grants", ""))


class App:
    """Answers every operation of the contracts, the token endpoint, and questions about itself."""

    def __init__(
        self,
        operations: Sequence[Operation],
        tokens: TokenIssuer,
        rates: RateLimit,
        record: RequestLog,
    ) -> None:
        self._operations = operations
        self._routes = Routes(operations)
        self._tokens = tokens
        self._rates = rates
        self._record = record

    def answer(self, request: SandboxRequest) -> SandboxResponse:
        """Return the answer; the request is recorded before it can leave."""
        turn = _Turn(request)
        if request.path in (ABOUT_PATH, REQUESTS_PATH):
            return self._tell(turn)
        try:
            answer = self._answer(turn)
        except HttpProblem as problem:
            platform = turn.operation.platform if turn.operation else ""
            answer = problem.answer(turn.correlation_id, platform)
        answer = replace(answer, ending=turn.fault.ending if turn.accepted else Transmission.WHOLE)
        self._record.add(turn.received(answer))
        told = {"ININ-Correlation-Id": turn.correlation_id, **turn.headers}
        return replace(answer, headers={**told, **answer.headers})

    def _answer(self, turn: _Turn) -> SandboxResponse:
        request = turn.request
        if request.path == TOKEN_PATH:
            return self._tokens.answer(request)
        if request.path == AUTHORIZE_PATH:
            return self._tokens.authorize(request)
        answer = self._act(turn)
        is_cxone = turn.operation is not None and turn.operation.platform == "nice-cxone"
        return fill_cxone_response(answer, request) if is_cxone else answer

    def _act(self, turn: _Turn) -> SandboxResponse:
        """Walk the platform's order: route, token, scope, body, parameters, answer."""
        request, authorization = turn.request, turn.request.headers.get("authorization", "")
        turn.headers |= self._rates.count(bearer_token(authorization))
        operation, values = self._routes.find(request.method, request.path)
        turn.operation, turn.engagement_id = (
            operation,
            operation_responses.new_engagement_id(operation),
        )
        turn.values = values
        preferred = faults.preferred_status(request.headers.get("prefer", ""))
        if preferred is not None and preferred >= LEAST_FAULTY_STATUS:
            turn.headers["Preference-Applied"] = f"code={preferred}"
            return self._misbehave(turn, operation, faults.preferred_fault(preferred))
        if requires_token(operation):
            require_scopes(operation.scopes, self._tokens.scopes(authorization))
        self._rates.check_limit(turn.headers)
        body = read_body(operation, request)
        if _grants(operation):
            check_access_key(body)
        check_parameters(operation, values, request.query)
        told = [body, parse_qs(request.query)]
        turn.numbers = tuple(numbers_in(told))
        fault = faults.find_fault(told)
        if preferred is not None and operation_responses.declares_status(operation, preferred):
            turn.accepted = True
            turn.headers["Preference-Applied"] = f"code={preferred}"
            return operation_responses.success_response(operation, self._asked(turn), preferred)
        if fault.once and not self._record.claim(fault.number):
            fault = faults.FAULTS[0]
        return self._granting(operation, self._misbehave(turn, operation, fault))

    def _granting(self, operation: Operation, answer: SandboxResponse) -> SandboxResponse:
        """Put a token that works here into the success of an operation that gives out tokens."""
        name = _grants(operation)
        if not name or answer.status >= LEAST_FAULTY_STATUS or not isinstance(answer.body, dict):
            return answer
        return replace(answer, body={**answer.body, name: self._tokens.issue()})

    def _misbehave(self, turn: _Turn, operation: Operation, fault: faults.Fault) -> SandboxResponse:
        turn.fault, turn.accepted = fault, fault.accepted
        if fault.number and fault.status == HTTPStatus.UNAUTHORIZED:
            self._tokens.revoke(turn.request.headers.get("authorization", ""))
        return operation_responses.fault_response(
            fault, operation, self._asked(turn), turn.request.path, turn.correlation_id
        )

    def _asked(self, turn: _Turn) -> operation_responses.ResponseContext:
        is_read = turn.operation is not None and turn.operation.is_read
        visit = self._record.count(turn.request.method, turn.request.path) if is_read else 0
        return operation_responses.ResponseContext(turn.engagement_id, turn.values, visit)

    def _tell(self, turn: _Turn) -> SandboxResponse:
        """Answer questions about the sandbox itself; they are not recorded."""
        path, method = turn.request.path, turn.request.method
        if method in ("GET", "HEAD"):
            return SandboxResponse(200, self._about() if path == ABOUT_PATH else self._requests())
        if path == REQUESTS_PATH and method == "DELETE":
            self._record.clear()
            return SandboxResponse(204)
        allowed = "GET, HEAD" if path == ABOUT_PATH else "DELETE, GET, HEAD"
        return HttpProblem(405, headers={"Allow": allowed}).answer(turn.correlation_id)

    def _about(self) -> dict[str, Any]:
        return {
            "sandbox": True,
            "operations": [f"{entry.method} {entry.path}" for entry in self._operations],
            "clients": CLIENTS,
            "numbers": {fault.number: fault.effect for fault in faults.FAULTS},
        }

    def _requests(self) -> dict[str, Any]:
        received = self._record.received
        return {
            "accepted": sum(entry.accepted for entry in received),
            "rings": sum(entry.rings for entry in received),
            "requests": [entry.as_dict() for entry in received],
        }
