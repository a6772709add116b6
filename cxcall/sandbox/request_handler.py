"""Process a request step by step, as the platform would: route, token, limit, body, fault, stored objects; and log it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from http import HTTPStatus
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from uuid import uuid4

from cxcall.contracts.openapi_document import CAMPAIGN, CXONE
from cxcall.phone.number_masking import mask_text
from cxcall.phone.numbers_in_text import numbers_in
from cxcall.sandbox import faults_by_number
from cxcall.sandbox.called_numbers import CalledNumbers
from cxcall.sandbox.campaigns_and_lists import AcceptedRequest
from cxcall.sandbox.http_messages import (
    LOWEST_FAULT_STATUS,
    ErrorResponse,
    SandboxRequest,
    SandboxResponse,
    Transmission,
)
from cxcall.sandbox.inspection.request_log import TOKEN_PATH, LoggedRequest, RequestLog, drop_oldest
from cxcall.sandbox.oauth.token_endpoint import (
    TokenIssuer,
    bearer_token,
    check_access_key,
    fill_cxone_response,
    require_security,
)
from cxcall.sandbox.request_check import read_valid_body, require_valid_parameters
from cxcall.sandbox.response_content import ResponseContext, fault_response, new_engagement_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from cxcall.contracts.operation import Operation
    from cxcall.sandbox.campaigns_and_lists import StoredObjects
    from cxcall.sandbox.inspection.inspection_endpoints import Inspection
    from cxcall.sandbox.request_check import Routes


AUTHORIZE_PATH = "/oauth/authorize"


@dataclass
class _Exchange:
    """One request, and the facts about it that are known before the response."""

    request: SandboxRequest
    correlation_id: str = field(default_factory=lambda: str(uuid4()))
    engagement_id: str = ""
    path_values: dict[str, str] = field(default_factory=dict)
    operation: Operation | None = None
    fault: faults_by_number.Fault = faults_by_number.FAULTS[0]
    accepted: bool = False
    numbers: tuple[str, ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def log_entry(self, response: SandboxResponse, at: float) -> LoggedRequest:
        """Return the entry for the request log."""
        operation = self.operation
        is_token = self.request.path == TOKEN_PATH or bool(operation and _token_member(operation))
        body = b"" if is_token else self.request.body
        query = f"?{self.request.query}" if self.request.query else ""
        # A user's document may not say where the ID is.
        has_id = (operation and operation.engagement_id) or self.engagement_id in str(response)
        has_response = response.transmission not in (Transmission.CLOSED, Transmission.HELD)
        return LoggedRequest(
            method=self.request.method,
            path=mask_text(self.request.path),
            status=response.status if has_response else None,
            correlation_id=self.correlation_id,
            operation=operation.name if operation else "",
            accepted=self.accepted and not is_token,
            rings=self.accepted and operation is not None and _places_call(operation),
            engagement_id=self.engagement_id if self.accepted and has_id else None,
            fault=self.fault.number[-4:] if self.fault is not faults_by_number.FAULTS[0] else "",
            numbers=self.numbers,
            digest=sha256(body).hexdigest(),
            body=body,
            at=at,
            target=self.request.path + query,
            headers=self.request.headers,
            response=b"" if is_token else response.content()[0],
            is_token_request=is_token,
        )


def _places_call(operation: Operation) -> bool:
    """Return whether a request itself places a call; the calls of a campaign are placed by the dialer of the sandbox."""
    return operation.can_place_call and CAMPAIGN not in operation.declared


def _token_member(operation: Operation) -> str:
    """Return the member of the response that contains a token; empty for most operations."""
    return str(operation.declared.get("x-cxcall-grants", ""))


@dataclass
class App:
    """Responds to every operation of the contracts, to token requests, and to requests about the sandbox itself."""

    routes: Routes
    tokens: TokenIssuer
    rate_limit: RateLimit
    log: RequestLog
    stored: StoredObjects
    inspection: Inspection
    clock: Callable[[], float]
    on_call: Callable[[LoggedRequest], None]
    called: CalledNumbers = field(default_factory=CalledNumbers)

    def respond(self, request: SandboxRequest) -> SandboxResponse:
        """Return the response, after the request is logged."""
        if self.inspection.handles(request):
            return self.inspection.respond(request)
        exchange = _Exchange(request)
        try:
            response = self._respond(exchange)
        except ErrorResponse as error:
            exchange.accepted = False
            platform = exchange.operation.platform if exchange.operation else ""
            response = error.response(exchange.correlation_id, platform)
        if exchange.accepted:
            response = replace(response, transmission=exchange.fault.transmission)
        entry = exchange.log_entry(response, self.clock())
        self.log.add(entry)
        if entry.rings:
            self.on_call(entry)
        headers = {"ININ-Correlation-Id": exchange.correlation_id, **exchange.headers}
        return replace(response, headers={**headers, **response.headers})

    def _respond(self, exchange: _Exchange) -> SandboxResponse:
        request = exchange.request
        if request.path == TOKEN_PATH:
            return self.tokens.respond(request)
        if request.path == AUTHORIZE_PATH:
            return self.tokens.authorize(request)
        response = self._run_operation(exchange)
        is_cxone = exchange.operation is not None and exchange.operation.platform == CXONE
        return fill_cxone_response(response, request) if is_cxone else response

    def _run_operation(self, exchange: _Exchange) -> SandboxResponse:
        """Check in the order of the platform: route, token, scope, rate limit, body, parameters."""
        request, authorization = exchange.request, exchange.request.headers.get("authorization", "")
        exchange.headers |= self.rate_limit.count(bearer_token(authorization))
        operation, exchange.path_values = self.routes.find(request.method, request.path)
        exchange.operation, exchange.engagement_id = operation, new_engagement_id(operation)
        require_security(operation, request, self.tokens)
        self.rate_limit.check_limit(exchange.headers)
        body = read_valid_body(operation, request)
        if _token_member(operation):
            check_access_key(body)
        require_valid_parameters(operation, exchange.path_values, request)
        values = [body, parse_qs(request.query), exchange.path_values]
        exchange.numbers = tuple(numbers_in(values))
        fault = faults_by_number.find_fault(values)
        if fault.once and not self.log.claim(fault.number):
            fault = faults_by_number.FAULTS[0]
        response = self._apply_fault(exchange, operation, fault)
        if exchange.accepted:
            accepted = AcceptedRequest(
                operation, exchange.path_values, request.query, body, response
            )
            response = self.stored.respond(accepted)
            if _places_call(operation):
                self.called.add(exchange.engagement_id, values)
            response = self.called.fill(operation, exchange.path_values, response)
        return self._with_token(operation, response)

    def _with_token(self, operation: Operation, response: SandboxResponse) -> SandboxResponse:
        """Put a valid token into the success response of an operation that returns tokens."""
        name, body = _token_member(operation), response.body
        if not name or response.status >= LOWEST_FAULT_STATUS or not isinstance(body, dict):
            return response
        return replace(response, body={**body, name: self.tokens.issue()})

    def _apply_fault(
        self, exchange: _Exchange, operation: Operation, fault: faults_by_number.Fault
    ) -> SandboxResponse:
        exchange.fault, exchange.accepted = fault, fault.accepted
        request, values = exchange.request, exchange.path_values
        if fault.number and fault.status == HTTPStatus.UNAUTHORIZED:
            self.tokens.revoke(request.headers.get("authorization", ""))
        is_read = operation.is_read
        count = self.log.count_accepted(request.method, request.path) if is_read else 0
        engagement_id, query = exchange.engagement_id, request.query
        context = ResponseContext(engagement_id, values, count, request.path, query)
        return fault_response(fault, operation, context, exchange.correlation_id)


WINDOW_SECONDS = 60.0
_KEY_LENGTH = 256  # tokens of the sandbox are shorter

DEFAULT_LIMIT = 1_000_000
"""The default limit is more requests than the sandbox can answer in a window, so it limits nothing."""


class RateLimit:
    """Counts the requests of each token in fixed windows."""

    def __init__(self, limit: int, clock: Callable[[], float]) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, key: str) -> dict[str, str]:
        """Count one request, and return the rate headers of its response (docs/platforms/genesys-cloud.md#rate-limits)."""
        key = key[:_KEY_LENGTH]
        with self._lock:
            now = self._clock()
            if key not in self._windows:
                drop_oldest(self._windows)
            start, count = self._windows.get(key, (now, 0))
            if not start <= now < start + WINDOW_SECONDS:
                start, count = now, 0
            self._windows[key] = (start, count + 1)
        return {
            "inin-ratelimit-count": str(count + 1),
            "inin-ratelimit-allowed": str(self._limit),
            "inin-ratelimit-reset": str(ceil(start + WINDOW_SECONDS - now)),
        }

    def check_limit(self, headers: dict[str, str]) -> None:
        """Raise a 429 ErrorResponse if the counted request is above the limit."""
        if int(headers["inin-ratelimit-count"]) > self._limit:
            raise ErrorResponse(429, retry_after=int(headers["inin-ratelimit-reset"]))
