"""`cxcall sandbox`: run the embedded API server, and list what it received."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from cxcall.cli.command_classes import CommandGroup, examples
from cxcall.cli.shared_options import DocumentOptions, TargetOptions, flags_of, port_option
from cxcall.contracts.contract import load_contracts
from cxcall.documents.paths import stop_on_stdout
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, printable
from cxcall.output.count_phrases import count_phrase
from cxcall.output.json_envelope import finding_as_json
from cxcall.output.output_options import OptionGroup, OutputOptions, option
from cxcall.output.report import Report, Table
from cxcall.output.screen import Screen
from cxcall.runtime.host_spellings import is_loopback_host
from cxcall.runtime.secrets.known_secrets import redact
from cxcall.runtime.secrets.likely_secrets import mask_likely_secrets
from cxcall.transport.origins import is_http_url, is_loopback_url

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.sandbox.inspection.request_log import LoggedRequest
    from cxcall.sandbox.server import Sandbox


app = CommandGroup()
_HEADINGS = ("TIME (UTC)", "METHOD", "PATH", "STATUS", "VERDICT", "OPERATION")


class SandboxOptions(OptionGroup):
    """Where the sandbox listens, what it keeps, and how its campaigns dial."""

    host: str = option(
        "--host ADDRESS",
        "Listen on this address; 0.0.0.0 in a container.",
        show_default=True,
        default="127.0.0.1",
    )
    port: int = port_option("Listen on this port; 0 is any free port.")
    record: str | None = option("--record FILE", "Append each request with its body to this file.")
    dial_rate: float = option(
        "--dial-rate N",
        "Set how many contacts a campaign dials per second.",
        min=0.001,
        default=10.0,
        show_default="10",
    )
    dial_outcome: str | None = option(
        "--dial-outcome NAME=WEIGHT,...",
        "Set the outcomes.",
        show_default="connected=60,no-answer=30,busy=10",
    )


class RequestsOptions(OptionGroup):
    """Options for listing requests: the sandbox, and the expected number."""

    url: str | None = option(
        "--url URL", "Use the sandbox at this address.", show_default="the base URL"
    )
    expect: int | None = option(
        "--expect N", "Check that N requests are listed; otherwise exit with 3.", min=0
    )
    json: bool = option("--json", "Print JSON, like `--output json`.")


def _epilog() -> str:
    from cxcall.sandbox.campaign_dialer import OUTCOME_NUMBERS
    from cxcall.sandbox.faults_by_number import FAULTS

    shown = examples(
        "cxcall sandbox",
        "cxcall sandbox --port 8080 --record requests.jsonl",
        "cxcall sandbox --host 0.0.0.0 --port 8080",
    )
    effects = [(entry.number, entry.effect) for entry in FAULTS]
    effects += [
        (number, f"when a campaign dials it: {each}") for number, each in OUTCOME_NUMBERS.items()
    ]
    numbers = "\n".join(f"  {number}  {effect}" for number, effect in effects)
    return f"{shown}\n\n\b\nPhone numbers in a body that cause faults:\n{numbers}"


@app.command("sandbox", epilog=_epilog())
def sandbox(options: SandboxOptions, documents: DocumentOptions, output: OutputOptions) -> None:
    """Run the embedded API server; no real calls are placed.

    Responds like the API until you press Ctrl-C. Prints the lines to paste into a shell, and then
    one line on stderr for each request. Open the address in a browser to see each request with its findings;
    `cxcall sandbox requests` and GET /sandbox/requests list them for scripts, and GET /sandbox/events
    lists the outcomes of calls.

    The sandbox accepts requests for localhost and for the address that it listens on. If other machines can reach it,
    it also accepts every IP address, and names without a dot.
    """
    from cxcall.sandbox.campaign_dialer import DialPlan
    from cxcall.sandbox.server import start_sandbox

    screen = Screen.standard(output)
    plan = DialPlan.parse(options.dial_rate, options.dial_outcome)
    known = load_contracts(documents.find_file())
    tell = (lambda _: None) if output.quiet else screen.print_diagnostic
    recorder = Recorder(options.record, tell)
    with (
        suppress(KeyboardInterrupt),
        start_sandbox(
            known,
            host=options.host,
            port=options.port,
            on_request=recorder.add,
            dial_plan=plan,
            explain=new_explainer(known),
        ) as running,
    ):
        screen.print_report(describe_sandbox(running, known[0], options))
        running.wait()


@app.command(
    "sandbox requests",
    "cxcall sandbox requests --url http://127.0.0.1:8080 -o json",
    "cxcall sandbox requests --expect 3",
)
def sandbox_requests(options: RequestsOptions, target: TargetOptions) -> Report:
    """List the requests that a running sandbox received.

    The oldest request is first. Requests for tokens are left out.
    """
    if options.url and not is_http_url(options.url):
        raise UsageError(
            f"invalid URL `{redact(options.url)}`",
            where="--url",
            fix="write it like `http://127.0.0.1:8080`",
        )
    found = _fetch_requests(options.url or _find_base_url(target))
    entries = [each for each in found["requests"] if not each["isTokenRequest"]]
    findings = []
    if options.expect is not None and len(entries) != options.expect:
        message = f"expected {count_phrase(options.expect, 'request')}; found {len(entries)}"
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
        table=Table(_HEADINGS, rows, _narrower(rows)),
    )


def _narrower(rows: Sequence[tuple[str, ...]]) -> Table:
    """Return the table with the operation, or if it is unknown the path, in one column."""
    narrow_rows = [
        (time, method, operation or path, status, verdict)
        for time, method, path, status, verdict, operation in rows
    ]
    return Table(("TIME (UTC)", "METHOD", "OPERATION", "STATUS", "VERDICT"), narrow_rows)


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


def _find_base_url(target: TargetOptions) -> str:
    from cxcall.settings.settings import load_settings

    base_url = load_settings(flags_of(target), load_contracts(target.own_contract)[0]).base_url
    if not is_loopback_url(base_url):
        raise UsageError(
            f"the base URL in the settings, {base_url}, is not a sandbox on this machine",
            where="--url",
            fix="give the address of the sandbox: `--url http://127.0.0.1:8080`",
        )
    return base_url


def _fetch_requests(base_url: str) -> Any:
    """Return a sandbox's data about its requests; raises UsageError if no sandbox responds."""
    import urllib3

    url = f"{base_url.rstrip('/')}/sandbox/requests"
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
