"""Run a command line. This is the only error boundary: it turns each exception into a report."""

from __future__ import annotations

import os
import sys
from errno import EBADF
from typing import TYPE_CHECKING

import typer

from cxcall.cli.command_classes import Invocation
from cxcall.cli.root_command import RootGroup, assemble, short_help
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import with_notices
from cxcall.output.output_options import parse_output_options
from cxcall.output.report import Report, error_report, interrupted_report
from cxcall.output.screen import Screen
from cxcall.runtime.process_exit import discard, report_write_error
from cxcall.runtime.signals import defer_signals, interrupt_on_signals, raise_deferred_interrupt
from cxcall.runtime.streams import WriteError, guard_streams

if TYPE_CHECKING:
    from collections.abc import Sequence


def run(arguments: Sequence[str]) -> int:
    """Run one command line; print its report and return its exit code. Raises no exception."""
    done = _Run(arguments)
    try:
        done.finish()
        defer_signals()  # the exit code is known: no signal changes it
    except KeyboardInterrupt:
        defer_signals()
        # Writing the remaining output may block if nobody reads it.
        discard(sys.stdout)
    return done.code


class _Run:
    """One run; keeps the exit code so far for a signal that arrives at any moment."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self.code = int(ExitCode.INTERRUPTED)

    def finish(self) -> None:
        """Run the command and print its report; raises KeyboardInterrupt."""
        is_closed = sys.stdout is None  # by the shell: `>&-`
        guard_streams()
        invocation, report = Invocation(), Report()
        try:
            report = self._run_command(invocation)
            # A person needs to see an effect; a write that blocks fails after a signal.
            if report.shows_effect:
                defer_signals()
            else:
                interrupt_on_signals(self.code)
            if report is not _PRINTED:
                report = report._replace(findings=with_notices(report.findings))
                options = invocation.output or parse_output_options(self._arguments, report.command)
                Screen.standard(options).print_report(report)
            sys.stdout.flush()
            if is_closed and (report.delivery or report.is_change_accepted):
                raise WriteError(EBADF, "stdout is closed")
        except OSError as error:
            self.code = _handle_write_error(error, report)
            return
        self.code = report.exit_code

    def _run_command(self, invocation: Invocation) -> Report:
        """Run the command; keep its exit code if it shows an effect that a signal must not hide."""
        _remember_variables()
        arguments = _rewrite_help(self._arguments)
        if arguments:
            report = _run_arguments(arguments, invocation) or _PRINTED
            if report.exit_code == ExitCode.USAGE:
                report = _mask_typed_values(report, arguments)
        else:
            raise_deferred_interrupt()
            report = Report(text=short_help())
        if report.delivery or report.exit_code or report.is_change_accepted:
            self.code = report.exit_code
        return report


_VARIABLES = ("CXCALL_", "GENESYSCLOUD_")
_SECRET_ENDS = ("SECRET", "TOKEN", "PASSWORD", "KEY")
_PRINTED = Report()
"""The report of a command that printed its output itself, such as `--help`."""


def _handle_write_error(error: OSError, report: Report) -> int:
    """Print that the report could not be written; return its own exit code if a call may have been placed."""
    delivery = report.delivery.id if report.delivery else ""
    code = report_write_error(error, f"; see `cxcall history show {delivery}`" if delivery else "")
    return report.exit_code if report.exit_code or report.is_change_accepted else code


def _rewrite_help(arguments: Sequence[str]) -> Sequence[str]:
    """Return `COMMAND --help` for `help COMMAND`, and all other arguments unchanged."""
    if arguments[:1] != ["help"]:
        return arguments
    known = RootGroup().list_commands(None)
    is_command = all(word in known for word in arguments[1:2])
    return [*arguments[1:], "--help"] if is_command else arguments


def _run_arguments(arguments: Sequence[str], invocation: Invocation) -> Report | None:
    """Run the command and return its report; None if it printed its output itself, such as `--help`."""
    try:
        interrupt_on_signals(ExitCode.INTERRUPTED)
        raise_deferred_interrupt()
    except KeyboardInterrupt:  # nothing was started: only the envelope is printed
        return Report(_command_in(arguments), Outcome.ERROR, ExitCode.INTERRUPTED)
    try:
        result = assemble(arguments).main(
            args=list(arguments), prog_name="cxcall", standalone_mode=False, obj=invocation
        )
    except CxcallError as error:
        return error_report(error, invocation.command or _command_in(arguments))
    except typer.TyperException as error:
        from cxcall.cli.usage_errors import usage_report

        return usage_report(error, _command_in(arguments))
    except (KeyboardInterrupt, typer.Abort):
        result = ExitCode.INTERRUPTED
    except WriteError:
        raise
    except (BrokenPipeError, SystemExit):
        raise BrokenPipeError from None  # Click exits by itself, but only on a broken pipe
    except BaseException as fault:  # noqa: BLE001 - the error boundary: a panic in Rust is no Exception
        from cxcall.findings.errors import fault_finding

        finding = fault_finding(fault)
        return Report(invocation.command, Outcome.ERROR, ExitCode.FAULT, findings=[finding])
    if result == ExitCode.INTERRUPTED:  # Typer returns this number after Ctrl-C
        command = invocation.command or _command_in(arguments)
        return interrupted_report(command, "stored" if command == "auth login" else "sent")
    return result if isinstance(result, Report) else None


def _remember_variables() -> None:
    """Mask the secrets in variables in all output, also of a command that needs no settings, such as `validate`."""
    values = [
        value
        for name, value in os.environ.items()
        if name.startswith(_VARIABLES) and name.endswith(_SECRET_ENDS)
    ]
    if values:
        from cxcall.runtime.secrets.known_secrets import remember_secrets

        remember_secrets(*values)


def _mask_typed_values(report: Report, arguments: Sequence[str]) -> Report:
    """Return the report of a usage error with masked phone numbers that were typed, or are in a variable of cxcall.

    Likely secrets that were typed, and a token, also after `Bearer` or `--flag=`, are masked in all output from now on.
    """
    from cxcall.documents.masked_quotations import hide_secrets
    from cxcall.phone.typed_numbers import mask_typed_numbers
    from cxcall.runtime.secrets.known_secrets import remember_secrets
    from cxcall.runtime.secrets.likely_secrets import find_likely_secrets
    from cxcall.runtime.secrets.random_texts import is_long_token

    typed = [each for each in arguments if not os.access(each, os.F_OK)]
    words = {word for each in typed for word in (each, *each.replace("=", " ", 1).split())}
    texts = {text for each in typed for text in (each, each.partition("=")[2])}
    secrets = {secret for each in texts for secret in find_likely_secrets(each)}
    remember_secrets(*filter(is_long_token, words), *secrets)
    variables = (value for name, value in os.environ.items() if name.startswith("CXCALL_"))
    mask = mask_typed_numbers((*arguments, *variables))
    findings = [hide_secrets(each.map_texts(mask), secrets) for each in report.findings]
    return report._replace(findings=findings)


def _command_in(arguments: Sequence[str]) -> str:
    """Return the command in raw arguments, for errors that occur before parsing."""
    words = iter(arguments)
    root = RootGroup()
    known = root.list_commands(None)
    first = next((word for word in words if word in known), "")
    subcommands = getattr(root.get_command(None, first), "commands", ()) if first else ()
    return " ".join([first, *(word for word in words if word in subcommands)][:2])
