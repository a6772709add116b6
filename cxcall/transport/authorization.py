"""The Authorization header, which is sent only to its own host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding
from cxcall.transport.urls import host_of, origin

if TYPE_CHECKING:
    from requests import PreparedRequest
    from requests.auth import AuthBase
else:
    # requests takes any callable for it; importing the base class costs more than all the rest.
    AuthBase = object


class Authorization(AuthBase):
    """Send a header to one scheme, host and port, and nowhere else; an empty one sends none.

    Given to requests as `auth`, so that no `~/.netrc` replaces it.
    """

    def __init__(self, url: str, header: str) -> None:
        self._url = url
        self._header = header

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Set the header; raises CredentialsError when the request goes anywhere else."""
        url = request.url or ""
        if origin(url) != origin(self._url):
            raise CredentialsError(
                Finding.error(
                    "credential",
                    "host",
                    f"credentials for `{host_of(self._url)}` are not sent to `{host_of(url)}`",
                    "set `base_url` to the host that they are for",
                )
            )
        if self._header:
            request.headers["Authorization"] = self._header
        return request
