"""Error responses of the sandbox, in the format and with the texts of the platform."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cxcall.contracts.openapi_document import CXONE
from cxcall.sandbox.http_messages import SandboxResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

ERROR_TEXTS = {
    int(status): (code, text)
    for line in Path(__file__).with_name("error_texts.tsv").read_text("utf-8").splitlines()[1:]
    for status, code, text in [line.split("\t")]
}
"""Status -> the code and the template that the platform declares for it."""


class ErrorResponse(Exception):  # noqa: N818 - a response of the platform, not a fault of this program
    """An error response: a status, the platform's error code, and the invalid field if there is one."""

    def __init__(
        self,
        status: int,
        code: str = "",
        message: str = "",
        *,
        name: str = "",
        retry_after: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        default = ERROR_TEXTS.get(status, ("error", "The request failed."))
        self.status = status
        self.code = code or default[0]
        self.message = (message or default[1]).replace("{wait}", str(retry_after))
        self.name = name
        self.headers = dict(headers or {})
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)
        super().__init__(self.message)

    def response(self, correlation_id: str, platform: str = "") -> SandboxResponse:
        """Return the response in the platform's shape (docs/platforms/nice-cxone.md#errors-and-limits, docs/platforms/genesys-cloud.md#error-body)."""
        if platform == CXONE:
            # A header cannot contain line breaks or most characters outside ASCII.
            headers = {"icStatusDescription": ascii(self.message)[1:-1], **self.headers}
            error = {"error": self.code, "error_description": self.message}
            return SandboxResponse(self.status, error, headers)
        detail = {"errorCode": self.code, "fieldName": self.name}
        body = {
            "message": self.message,
            "code": self.code,
            "status": self.status,
            "contextId": correlation_id,
            "details": [detail] if self.name else [],
            "errors": [],
        }
        return SandboxResponse(self.status, body, self.headers)
