"""What `doctor` does with its flags: put the case together, print each line as it is known, sum up."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cxcall.cli.options import flags_of
from cxcall.contracts import contract
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.output.report import Report
from cxcall.output.screen import Screen, terminal_columns
from cxcall.output.terminal_text import fold
from cxcall.payloads import payload
from cxcall.platform_reads import preflight
from cxcall.platform_reads.lookups import CheckStatus, PreflightInput

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cxcall.cli.options import BodyOptions, ContractOptions, SettingsOptions
    from cxcall.contracts.contract import Operation
    from cxcall.contracts.parameters import Flag
    from cxcall.output.options import OutputOptions
    from cxcall.platform_reads.lookups import CheckResult

COMMAND = "doctor"
_INDENT = 23
_STYLES = {"passed": "good", "failed": "error", "unknown": "warning"}


class DoctorOptions(NamedTuple):
    """The flags of `doctor` alone."""

    operation: str | None
    params: Sequence[str]
    hours: str | None
    do_not_call: str | None


def run_doctor(
    wishes: DoctorOptions,
    body: BodyOptions,
    chosen: SettingsOptions,
    contracts: ContractOptions,
    output: OutputOptions,
) -> Report:
    """Examine the settings and, if one is named, a request; returns how many checks failed."""
    from cxcall.cli.actions.contract_file import own_contract
    from cxcall.settings.settings import find_platform, load_settings

    own = own_contract(contracts, chosen.profile)
    operation = contract.named(wishes.operation, own) if wishes.operation else None
    flags = {
        **flags_of(chosen, contracts),
        "hours": wishes.hours,
        "do_not_call": wishes.do_not_call,
    }
    platform = find_platform(flags) or (operation or contract.builtin()[0].operations[0]).platform
    known = [entry for entry in contract.operations(own) if entry.platform == platform]
    settings = load_settings(flags, (operation or known[0]).contract)
    values, texts = _named(wishes.params, operation)
    given = payload.Payload(None)
    if operation and (body.file is not None or texts or body.set):
        given = payload.build_payload(operation, body.file, texts, body.set or ())
    case = PreflightInput(settings, known, operation, values, given)
    screen, lines = Screen.standard(output), []
    for line in preflight.examine(case):
        lines.append(line)
        _print(line, screen)
    return _report(lines, operation)


def _named(
    params: Sequence[str], operation: Operation | None
) -> tuple[dict[str, str], list[tuple[Flag, str]]]:
    """Return what `--param` names: parameters by value, and flags of the operation with their texts."""
    flags = {flag.name: flag for flag in operation.flags} if operation else {}
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
        flag = flags.get(name.removeprefix("--"))
        if flag and flag.sets_body:
            texts.append((flag, value))
        values[flag.parameter if flag and flag.parameter else name] = value
    return values, texts


def _print(line: CheckResult, screen: Screen) -> None:
    if screen.options.output != "text":
        return
    verdict = screen.paint(screen.stdout, _STYLES[line.verdict], f"{line.verdict:<8}")
    first, *rest = _lines(line.says, screen)
    screen.print_text(f" {line.check:<13} {first}", verdict)
    if line.fix and line.verdict != "passed":
        rest += _lines(line.fix, screen)
    for each in rest:
        screen.print_text(f"{'':<{_INDENT}}{each}")
    screen.stdout.flush()


def _lines(text: str, screen: Screen) -> list[str]:
    """Return a text as lines that stay beside their check on a terminal; one line where a program reads."""
    columns = terminal_columns(screen.stdout)
    return fold(text, columns and columns - _INDENT).split("\n")


def _report(lines: Sequence[CheckResult], operation: Operation | None) -> Report:
    counts = {verdict: sum(line.verdict is verdict for line in lines) for verdict in CheckStatus}
    failed = counts[CheckStatus.FAILED]
    shown = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return Report(
        COMMAND,
        Outcome.ERROR if failed else Outcome.OK,
        ExitCode.REFUSED if failed else ExitCode.OK,
        operation=operation,
        data={"checks": [line.as_dict() for line in lines]},
        json_lines=[line.as_dict() for line in lines],
        summary=shown,
    )
