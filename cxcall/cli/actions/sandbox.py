"""Run the embedded API server with its records, and list what it received, for `cxcall sandbox`."""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack, suppress
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode

from cxcall.contracts.contract import load_contracts
from cxcall.documents.paths import stop_on_stdout
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, printable
from cxcall.output.count_phrases import count_phrase
from cxcall.output.json_envelope import finding_as_json
from cxcall.output.report import Report, Table
from cxcall.output.screen import Screen
from cxcall.runtime.host_spellings import is_loopback_host
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from cxcall.transport.origins import is_http_url, is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cxcall.cli.commands.sandbox import RequestsOptions, SandboxOptions
    from cxcall.cli.shared_options import ContractOptions, TargetOptions
    from cxcall.contracts.contract import Contract
    from cxcall.output.output_options import OutputOptions
    from cxcall.sandbox.inspection.request_log import LoggedRequest
    from cxcall.sandbox.server import Sandbox


def run_sandbox(options: SandboxOptions, contracts: ContractOptions, output: OutputOptions) -> None:
    """Run the embedded API server until a signal ends it."""
    from cxcall.sandbox.campaign_dialer import DialPlan
    from cxcall.sandbox.inspection.call_events import Webhook
    from cxcall.sandbox.server import start_sandbox

    screen = Screen.standard(output)
    plan = DialPlan.parse(options.dial_rate, options.dial_outcome, options.seed)
    known = load_contracts(contracts.find_file())
    tell = (lambda _: None) if output.quiet else screen.print_diagnostic
    recorder = Recorder(options.record, tell)
    with suppress(KeyboardInterrupt), ExitStack() as stack:
        webhook = Webhook(options.webhook, screen.print_diagnostic) if options.webhook else None
        running = stack.enter_context(
            start_sandbox(
                known,
                host=options.host,
                port=options.port,
                names=options.allow_host or (),
                on_request=recorder.add,
                dial_plan=plan,
                on_event=stack.enter_context(webhook).add if webhook else lambda _: None,
                explain=new_explainer(known),
            )
        )
        screen.print_report(describe_sandbox(running, known[0], options))
        running.wait()


def list_requests(options: RequestsOptions, target: TargetOptions) -> Report:
    """Return the requests that a running sandbox received; raises UsageError for options that cannot be used."""
    from cxcall.sandbox.inspection.request_log import TOKEN_PATH

    _stop_on_empty_selection(options)
    query = {"method": options.method, "path": options.path, "status": options.status}
    base_url = options.url or _find_base_url(target)
    found = _fetch_requests(base_url, {name: value for name, value in query.items() if value})
    entries, findings = found["requests"], []
    if options.expect is not None and len(entries) != options.expect:
        message = f"expected {count_phrase(options.expect, 'request')}; found {len(entries)}"
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
        "sandbox requests",
        Outcome.INVALID if findings else Outcome.OK,
        ExitCode.INVALID if findings else ExitCode.OK,
        findings=findings,
        data={"accepted": found["accepted"], "rings": found["rings"], "requests": entries},
        json_lines=entries,
        table=Table(("TIME (UTC)", "METHOD", "PATH", "STATUS", "VERDICT", "OPERATION"), rows),
    )


def describe_sandbox(running: Sandbox, own: Contract, options: SandboxOptions) -> Report:
    """Return the lines that point a shell at a sandbox, for each platform."""
    names = ("baseUrl", "clientId", "clientSecret")
    values = (running.base_url, running.client_id, running.client_secret)
    open_to_others = [
        f"warning: other machines can reach the sandbox at {options.host}, read the requests that it receives, and use the printed credentials"
    ]
    return Report(
        "sandbox",
        data={**dict(zip(names, values, strict=True)), "environment": running.environment(own)},
        text="\n".join(
            f"export {name}={value}" for name, value in running.environment(own).items()
        ),
        diagnostics=[
            *([] if is_loopback_host(options.host) else open_to_others),
            f"sandbox is running at {running.base_url}/; no real calls are placed; stop it with Ctrl-C",
        ],
    )


def new_explainer(
    contracts: Sequence[Contract],
) -> Callable[[LoggedRequest, str], list[dict[str, Any]]]:
    """Return a function that returns the findings of `cxcall explain` on a logged request, as JSON data."""
    own = None if contracts[0].is_shipped else contracts[0]

    def explain(entry: LoggedRequest, host: str) -> list[dict[str, Any]]:
        from cxcall.explaining.explanation import explain_request
        from cxcall.explaining.readers.request_builder import build_observed_request, build_response

        response = entry.response.decode("utf-8", "replace") or None
        request = build_observed_request(
            f"request {entry.number}",
            method=entry.method,
            url=f"http://{host}{entry.target or entry.path}",
            headers=dict(entry.headers),
            body=entry.body.decode("utf-8", "replace"),
            response=build_response(entry.status, {}, response),
        )
        return [finding_as_json(each) for each in explain_request(request, own).findings]

    return explain


class Recorder:
    """Appends each request with its body as a JSON line to a file, and passes it to `show`.

    Raises UsageError if the file cannot be opened. A failure to write it later is reported once.
    """

    def __init__(self, path: str | None, show: Callable[[str], None]) -> None:
        self._show = show
        self._file = _open_record(path) if path else None

    def add(self, entry: LoggedRequest) -> None:
        """Record and show a request."""
        try:
            if self._file is not None:
                body = mask_likely_secrets(entry.body.decode("utf-8", "replace"))
                line = {**entry.as_dict(), "body": body}
                self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
                self._file.flush()
        except OSError as error:
            self._file = None
            self._show(f"the requests are no longer recorded: {error.strerror}")
        self._show(str(entry))


def _open_record(path: str) -> IO[str]:
    """Open the file, readable only by its owner: bodies contain whole phone numbers."""
    stop_on_stdout(path, "--record", "name a file; `cxcall sandbox requests` lists the requests")
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise UsageError(
            f"the record file `{printable(path)}` cannot be opened: {error.strerror}",
            where="--record",
            fix="use another file",
        ) from None
    return os.fdopen(descriptor, "w", encoding="utf-8")


def _stop_on_empty_selection(options: RequestsOptions) -> None:
    """Raise UsageError for filters that no request can match: an expected number of 0 would always be correct."""
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
    from cxcall.settings.settings import load_settings

    base_url = load_settings(target.flags, load_contracts(target.own_contract)[0]).base_url
    if not is_loopback_url(base_url):
        raise UsageError(
            f"the base URL in the settings, {base_url}, is not a sandbox on this machine",
            where="--url",
            fix="give the address of the sandbox: `--url http://127.0.0.1:8080`",
        )
    return base_url


def _fetch_requests(base_url: str, query: Mapping[str, str]) -> Any:
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
