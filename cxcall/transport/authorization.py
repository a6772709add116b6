"""The credentials of a request, which are sent only to their own host."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from cxcall.findings.errors import CredentialsError
from cxcall.findings.finding import Finding
from cxcall.transport.origins import host_of, origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest
    from requests.auth import AuthBase
else:
    # requests accepts any callable; importing its base class costs more than all the rest.
    AuthBase = object


class Authorization(AuthBase):
    """Adds credentials only to a request to one scheme, host, and port.

    `header` is the value of `Authorization`; `headers`, `query`, and `cookies` are other places by their
    names. They are added when the request is prepared, so that no URL of the program has a secret.
    """

    def __init__(
        self,
        url: str,
        header: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        query: Mapping[str, str] = MappingProxyType({}),
        cookies: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._url = url
        self.headers = {**({"Authorization": header} if header else {}), **headers}
        self._query, self._cookies = query, cookies

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Add the credentials; raises CredentialsError if the request goes to another origin."""
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
        request.headers.update(self.headers)
        if self._cookies:
            cookies = request.headers.get("Cookie")
            pairs = [f"{name}={value}" for name, value in self._cookies.items()]
            request.headers["Cookie"] = "; ".join([*([cookies] if cookies else []), *pairs])
        if self._query:
            request.url = (
                f"{url}{'&' if '?' in url else '?'}{urlencode(self._query, quote_via=quote)}"
            )
        return request
