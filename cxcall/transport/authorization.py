"""The Authorization header, for the one host that it is meant for."""

from __future__ import annotations

from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding, Severity
from cxcall.transport.urls import host_of, origin


class Authorization:
    """A header for one scheme, host, and port, and no other; an empty one sends none."""

    def __init__(self, url: str, header: str) -> None:
        self._url = url
        self._header = header

    def __call__(self, url: str) -> str:
        """Return the header for a URL; raises CredentialsError for a URL of another host."""
        if origin(url) != origin(self._url):
            raise CredentialsError(
                Finding(
                    Severity.ERROR,
                    "credential",
                    "host",
                    f"credentials for `{host_of(self._url)}` do not go to `{host_of(url)}`",
                    "set `base_url` to the host that they are for",
                )
            )
        return self._header
