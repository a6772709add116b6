"""Find the entries of a HAR file that are not API requests: a browser also records pages, scripts, and images."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cxcall.explaining.checks.url.host_check import platform_of_host, platform_of_path
from cxcall.explaining.checks.url.route_check import match_route
from cxcall.explaining.request_masking import mask_request

if TYPE_CHECKING:
    from cxcall.contracts.contract import Contract
    from cxcall.explaining.observed_request import ObservedRequest

OTHER_HOST, PAGE = "other host", "page"


def find_reason_to_skip(request: ObservedRequest, own: Contract | None) -> str:
    """Return OTHER_HOST or PAGE for a request that is not to a platform's API; empty for a request that is.

    A PAGE is loaded by a platform's own site, such as a script of `apps.mypurecloud.com`: it was requested
    without a token, and did not fail. Bodies are not read, because those of pages are long.
    """
    if platform_of_host(request.host):
        return PAGE if _is_page(request) and not (own and _has_route(request, own)) else ""
    return "" if _has_route(request, own) else OTHER_HOST


def _is_page(request: ObservedRequest) -> bool:
    is_loaded = request.method in ("GET", "HEAD") and 200 <= request.status < 400  # noqa: PLR2004 - not an error
    has_token = request.headers is not None and "Authorization" in request.headers
    is_api = request.hostname.startswith("api") or platform_of_path(request.path) != ""
    return is_loaded and not (has_token or is_api)


def _has_route(request: ObservedRequest, own: Contract | None) -> bool:
    """Return whether a request goes to a platform, or to an operation; its body is not compared."""
    bare, _ = mask_request(replace(request, body=None, response=None, findings=()))
    route = match_route(bare, own)
    return bool(route.platform or route.operation)
