"""`cxcall doctor`: run preflight checks before a call."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Requirement
from cxcall.cli.shared_options import BodyOptions, GuardOptions, TargetOptions, flags_of
from cxcall.contracts import contract
from cxcall.contracts.openapi_document import DOCTOR
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import printable
from cxcall.findings.hinted_commands import complete_commands
from cxcall.output.output_options import OptionGroup, OutputOptions, option
from cxcall.output.report import Report, Table
from cxcall.output.screen import Screen
from cxcall.payloads.payload import Payload, build_payload
from cxcall.phone.number_masking import mask_text
from cxcall.settings.sources import suggest_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.contracts.contract import Contract
    from cxcall.contracts.operation import Operation
    from cxcall.contracts.parameters import Flag
    from cxcall.platform_reads.check_results import CheckResult
    from cxcall.settings.sources import Flags

_INDENT = " " * 23
_STYLES = {"passed": "good", "failed": "error", "unknown": "warning"}


app = CommandGroup()


class DoctorOptions(OptionGroup):
    """The options of `doctor`."""

    guards: GuardOptions
    body: BodyOptions
    target: TargetOptions
    output: OutputOptions
    operation: str | None = option("--for OPERATION", "Also check a request of this operation.")
    param: list[str] | None = option(
        "--param NAME=VALUE", "Set a parameter or flag of the request, or an ID to check."
    )


@app.command(
    "doctor",
    "cxcall doctor",
    "cxcall doctor --for execute --param campaignId=$CAMPAIGN --file payload.json",
    "cxcall doctor --for place-call-for-user --param to=+12025550123 --hours 08:00-21:00 -o json",
    rules=[
        Requirement(
            ("--file", "--set", "--hours", "--do-not-call", "--max-attempts"),
            ("--for",),
            "without an operation, no request is checked",
        )
    ],
)
def doctor(options: DoctorOptions) -> Report:
    """Run preflight checks before a call.

    Checks settings, ledger, host, certificate, clock, credentials, token, and rate; with --for also
    scopes, the request, its number, calling hours and do-not-call list, and the campaign, list, and contact that it names. Each line
    is passed, failed, or unknown, with the next step. Only read-only requests are sent: no calls are
    placed. Exit code 5 if a check failed.
    """
    return run_doctor(options)


def run_doctor(options: DoctorOptions, content: Payload | None = None) -> Report:
    """Check the settings and, if an operation is named, a request; return the results.

    `content` is the body of the request, instead of the body in the options.
    """
    from cxcall.platform_reads.check_results import PreflightInput
    from cxcall.platform_reads.preflight import run_checks
    from cxcall.settings.settings import load_settings

    target, body = options.target, options.body
    own = target.own_contract
    operation = contract.load_operation(options.operation, own) if options.operation else None
    flags = flags_of(options)
    owner = _find_owner(flags, own, operation)
    reads = [
        each
        for each in contract.find_extended_operations(DOCTOR)
        if each.platform == owner.platform
    ]
    settings = load_settings(flags, operation.contract if operation else owner)
    values, texts = _parse_params(options.param or (), operation, reads)
    content = content or Payload(None)
    if operation and (body.file is not None or texts or body.set):
        content = build_payload(operation, body.file, texts, body.set or ())
    screen, results = Screen.standard(options.output), []
    for result in run_checks(PreflightInput(settings, reads, operation, values, content)):
        results.append(result)
        _print_result(result, screen)
        screen.stdout.flush()
    return _build_report(results, operation)


def _find_owner(flags: Flags, own: str | None, operation: Operation | None) -> Contract:
    """Return the contract whose API is checked: the user's document if no setting names a platform, its region, or its host."""
    from cxcall.settings.settings import find_platform, load_settings
    from cxcall.settings.untrusted_sources import is_published_host

    if operation and not operation.contract.is_shipped:
        return operation.contract
    platform = find_platform(flags)
    if own and not (operation or platform):
        document = contract.load_user_contract(own)
        settings = load_settings(flags, document)
        has_region = settings.values["region"].value and not document.regions
        if not (has_region or is_published_host(settings.base_url)):
            return document
    first = operation.contract if operation else contract.load_shipped_contracts()[0]
    platform = platform or first.platform
    return next(each for each in contract.load_contracts(own) if each.platform == platform)


def _parse_params(
    params: Sequence[str], operation: Operation | None, reads: Sequence[Operation]
) -> tuple[dict[str, str], list[tuple[Flag, str]]]:
    """Return the values of `--param` by parameter name, and those that set flags of the body.

    Raises UsageError for a name that neither the operation nor a check has.
    """
    flags = {flag.name: flag for flag in operation.flags} if operation else {}
    asked = [*([operation] if operation else ()), *reads]
    known = [*flags, *(entry.name for each in asked for entry in each.parameters)]
    values: dict[str, str] = {}
    texts = []
    for text in params:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(
                f"`{text}` is not of the form NAME=VALUE",
                where="--param",
                fix="write `--param campaignId=ID`",
            )
        if name.removeprefix("--") not in known:
            raise UsageError(
                f"unknown parameter `{printable(name)}`",
                where="--param",
                fix=suggest_name(name, dict.fromkeys(known)),
            )
        flag = flags.get(name.removeprefix("--"))
        if flag and flag.sets_body:
            texts.append((flag, value))
        values[flag.parameter if flag and flag.parameter else name] = value
    return values, texts


def _print_result(result: CheckResult, screen: Screen) -> None:
    if screen.options.output != "text":
        return
    fix = complete_commands(result.fix) if result.fix and result.verdict != "passed" else ""
    if not screen.is_terminal:
        cells = (result.verdict, result.check, result.says, fix)
        screen.print_table(Table((), [list(map(mask_text, cells))]), screen.stdout)
        return
    label, style = f"{result.verdict:<8}", _STYLES[result.verdict]
    says = f" {result.check:<13} {result.says}"
    screen.print_text(says, label=label, style=style, indent=_INDENT)
    if fix:
        screen.print_text(_INDENT + fix, indent=_INDENT)


def _build_report(results: Sequence[CheckResult], operation: Operation | None) -> Report:
    counts = Counter(str(result.verdict) for result in results)
    failed = counts["failed"]
    checks = [result._replace(fix=complete_commands(result.fix)).as_dict() for result in results]
    return Report(
        "doctor",
        Outcome.ERROR if failed else Outcome.OK,
        ExitCode.REFUSED if failed else ExitCode.OK,
        operation=operation,
        data={"checks": checks},
        json_lines=checks,
        summary=", ".join(f"{counts[status]} {status}" for status in _STYLES),
    )
