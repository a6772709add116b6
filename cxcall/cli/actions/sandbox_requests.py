"""Read the requests that a running sandbox received: `cxcall sandbox requests`."""

from __future__ import annotations

import re
from http import HTTPMethod
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding
from cxcall.output.report import Report, Table
from cxcall.runtime.known_secrets import redact
from cxcall.transport.origins import is_http_url, is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cxcall.cli.shared_options import TargetOptions
    from cxcall.cli.single_command_options import RequestsOptions

REQUESTS_COMMAND = "sandbox requests"


def list_requests(options: RequestsOptions, target: TargetOptions) -> Report:
    """Return the requests that a running sandbox received; with `--expect`, check their number."""
    from cxcall.sandbox.inspection.request_log import TOKEN_PATH

    _stop_on_empty_selection(options)
    query = {"method": options.method, "path": options.path, "status": options.status}
    base_url = options.url or _find_base_url(target)
    found = _read(base_url, {name: value for name, value in query.items() if value})
    entries, findings = found["requests"], []
    if options.expect is not None and len(entries) != options.expect:
        message = f"expected {options.expect} requests; the sandbox received {len(entries)}"
        if tokens := sum(each["path"] == TOKEN_PATH for each in entries):
            message += f", {tokens} of them for tokens"
        findings.append(Finding.error("request-count", "--expect", message))
    rows = [
        (
            each["at"][11:19],
            each["method"],
            each["path"],
            str(each["status"] or "-"),
            each["verdict"],
            each["operation"],
        )
        for each in entries
    ]
    return Report(
        REQUESTS_COMMAND,
        Outcome.INVALID if findings else Outcome.OK,
        ExitCode.INVALID if findings else ExitCode.OK,
        findings=findings,
        data={"accepted": found["accepted"], "rings": found["rings"], "requests": entries},
        json_lines=entries,
        table=Table(("TIME (UTC)", "METHOD", "PATH", "STATUS", "VERDICT", "OPERATION"), rows),
    )


def _stop_on_empty_selection(options: RequestsOptions) -> None:
    """Raise UsageError for filters that no request can match: an expected number of 0 would always be correct."""
    methods = [str(each) for each in HTTPMethod]
    if options.method and options.method.upper() not in methods:
        raise UsageError(
            f"unknown method `{options.method}`",
            where="--method",
            fix=f"use one of: {', '.join(methods)}",
        )
    if options.status and not re.fullmatch(r"(?i)[1-5][0-9x]{2}|none", options.status):
        raise UsageError(
            f"invalid status `{options.status}`",
            where="--status",
            fix="write it like `400` or `4xx`",
        )
    if options.url and not is_http_url(options.url):
        raise UsageError(
            f"invalid URL `{redact(options.url)}`",
            where="--url",
            fix="write it like `http://127.0.0.1:8080`",
        )


def _find_base_url(target: TargetOptions) -> str:
    from cxcall.contracts import contract
    from cxcall.settings.settings import load_settings

    base_url = load_settings(target.flags, contract.load_contracts(target.own_contract)[0]).base_url
    if not is_loopback_url(base_url):
        raise UsageError(
            f"the base URL in the settings, {base_url}, is not a sandbox on this machine",
            where="--url",
            fix="give the address of the sandbox: `--url http://127.0.0.1:8080`",
        )
    return base_url


def _read(base_url: str, query: Mapping[str, str]) -> Any:
    """Return a sandbox's data about its requests; raises UsageError if no sandbox responds."""
    import urllib3

    url = f"{base_url.rstrip('/')}/sandbox/requests?{urlencode(query)}"
    try:
        response = urllib3.request("GET", url, timeout=10, retries=False, redirect=False)
        found = response.json()
    except (urllib3.exceptions.HTTPError, ValueError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("requests"), list):
        raise UsageError(
            f"no sandbox responds at {base_url}",
            where="--url",
            fix="start one with `cxcall sandbox --port 8080`, and give its address with `--url http://127.0.0.1:8080`",
        )
    return found
