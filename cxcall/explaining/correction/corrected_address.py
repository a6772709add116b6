"""Choose the scheme, the host, and the version of a corrected request."""

from __future__ import annotations

from urllib.parse import urlsplit

from cxcall.contracts.operation import Operation
from cxcall.explaining.checks.published_rules import find_version_breach
from cxcall.explaining.checks.url.host_check import (
    domain_of,
    has_slot,
    is_other_server,
    platform_of_host,
)
from cxcall.explaining.checks.url.path_and_method_findings import correct_prefix, is_newer
from cxcall.explaining.explanation import Explanation
from cxcall.explaining.observed_request import ObservedRequest
from cxcall.explaining.operations.known_operations import ACD_BASE_PATH
from cxcall.transport.origins import is_loopback_url

_WRONG_HOST = ("host-unknown", "platform-mismatch")
OPEN_HOST = "<host>"
"""The host of a corrected request if that of the failed one is wrong or not shown."""


def corrected_base_url(explanation: Explanation, operation: Operation) -> str:
    """Return the scheme, host, and version of the failed request, with `<host>` if the host is wrong or not shown.

    A version with another body is left out, and another host in a known region is replaced by the API's. An
    operation of a user's own document gets its server instead, also if the host is another server of the document.
    """
    request, is_shipped = explanation.request, operation.contract.is_shipped
    platform = platform_of_host(request.host)
    about_host = {each.code for each in explanation.findings if each.where == "host"}
    is_wrong = not about_host.isdisjoint(_WRONG_HOST) or platform not in ("", operation.platform)
    is_other = not is_shipped and is_other_server(request, operation)
    if is_wrong or is_other or not request.host or has_slot(request.host):
        if not is_shipped:
            return operation.server or operation.contract.base_url()
        domain = domain_of(request.hostname) if platform == operation.platform else ""
        url = f"https://{f'api.{domain}' if domain else OPEN_HOST}"
    else:
        url = f"{request.scheme or 'https'}://{request.host}"
        url = url if is_loopback_url(url) else f"https://{request.host}"
    is_other = find_version_breach(request, explanation.route) is not None
    return url + ("" if is_other else _version(request, operation))


def _version(request: ObservedRequest, operation: Operation) -> str:
    """Return the base path with the version of a path, if it differs from the usual version.

    Older versions of NICE CXone keep working, and newer ones than the usual one are not known; an operation
    with its own server has only one version.
    """
    usual = urlsplit(operation.contract.base_url()).path
    if not request.path or operation.server or not ACD_BASE_PATH.match(usual):
        return ""
    form = correct_prefix(request.path, operation.platform)
    found = ACD_BASE_PATH.match(form.path if form else request.path)
    version = f"{found[0].partition('.')[0]}.0" if found else usual
    is_wrong = request.has_unknown_path and is_newer(version.rpartition("/v")[2])
    return "" if is_wrong or version.lower() == usual.lower() else version
