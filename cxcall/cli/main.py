"""The command line: which module serves which command, and the one error boundary."""

from __future__ import annotations

import inspect
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cxcall.cli.option_binding import Invocation, accept_global_options, new_app
from cxcall.cli.options import COMMON
from cxcall.findings.errors import CxcallError
from cxcall.findings.exit_codes import ExitCode, Outcome
from cxcall.findings.finding import Finding, Severity
from cxcall.output.options import parse_output_options
from cxcall.output.report import Report, error_report
from cxcall.output.screen import Screen
from cxcall.runtime.process_exit import report_write_error
from cxcall.runtime.signals import let_interrupt
from cxcall.runtime.streams import UnwrittenError, guard
from cxcall.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

# A command's module is imported only when the command runs: the list of commands needs none.
FIRST = {"auth": "Log in to the platform, and show as whom."}
LAST = {
    "validate": "Check payload files offline.",
    "send": "Send any operation of a contract.",
    "explain": "Say why a request failed.",
    "batch": "Send many requests from a file, each at most once.",
    "doctor": "Look before a call at what would stand in its way.",
    "track": "Follow what became of a call.",
    "operations": "Show what can be sent.",
    "history": "Show what this machine sent, and what became of it.",
    "sandbox": "Run the embedded API server; it rings nobody.",
    "config": "Show the settings in force, and where they are kept.",
    "completion": "Print the script that completes commands, flags and values in a shell.",
    "help": "Show help on a topic, or on a command.",
}


_MOST_NAMED = 20
_ASKED = 4


class Commands(TyperGroup):
    """The commands by name: those of the package, and those that a contract declares."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Click's signature
        """Name every command, those that the project was asked for first."""
        from cxcall.contracts.contract import builtin, command_names

        asked = {entry.command for entry in builtin()[0].operations}
        declared = command_names()
        first = [*FIRST, *(name for name in declared if name in asked), "validate"]
        return list(dict.fromkeys([*first, *declared, *LAST]))

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Click's signature
        """Build one command, once; None when there is no such command."""
        return _build(cmd_name)

    def lines(self, ctx: Any) -> list[tuple[str, str]]:
        """Return each command's name and its one line, without building any."""
        from cxcall.contracts.contract import commanded

        declared = {entry.command: entry.summary for entry in reversed(commanded())}
        lines = {**FIRST, **LAST, **declared}
        return [(name, lines[name]) for name in self.list_commands(ctx)]

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """List the commands in the help, each with its one line."""
        with formatter.section("Commands"):
            formatter.write_dl(self.lines(ctx))


@cache
def _build(name: str) -> Any:
    if name in (*FIRST, *LAST):
        return typer.main.get_command(import_module(f"cxcall.cli.commands.{name}").app)
    from cxcall.cli.commands.contract_commands import new_command

    command = new_command(name)
    return command and typer.main.get_command(command)


def assemble(arguments: Sequence[str]) -> Any:
    """Return the root command; it takes the common flags where one stands before the subcommand."""
    app = new_app(
        "Trigger outbound calls through contact-centre APIs, and know exactly why one was refused.",
        epilog="Every flag of a command may also stand before it. `cxcall COMMAND --help` has examples; `cxcall help exit-codes`, `environment`, `output` and `files` tell the rest.",
        cls=Commands,
    )

    before = COMMON if arguments[0].startswith("-") else ()
    accept_global_options(app, before, [_version_flag()])
    return typer.main.get_command(app)


def _version_flag() -> inspect.Parameter:
    option = typer.Option(
        "--version", callback=_show_version, is_eager=True, help="Show the version."
    )
    return inspect.Parameter(
        "version", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, option]
    )


def _show_version(value: bool) -> None:  # noqa: FBT001 - Typer calls it so
    if value:
        print(f"cxcall {__version__}")  # noqa: T201 - before there is a screen
        raise typer.Exit


def run(arguments: Sequence[str]) -> int:
    """Run one command line; print its report and return its exit code. Nothing escapes from here."""
    invocation, report = Invocation(), None
    try:
        let_interrupt()
        guard()
        report = _report(_asking(arguments), invocation) if arguments else _brief()
        if report is not None:
            spoken = invocation.output or parse_output_options(arguments, report.command)
            let_interrupt()  # a reader may take nothing for ever
            Screen.standard(spoken).print_report(report)
    except OSError as error:
        return _unwritten(error, report or Report())
    except KeyboardInterrupt:
        is_told = report is not None and (
            report.delivery or report.exit_code or report.is_change_accepted
        )
        return report.exit_code if report is not None and is_told else ExitCode.INTERRUPTED
    return report.exit_code if report is not None else ExitCode.OK


def _unwritten(error: OSError, report: Report) -> int:
    """Say that a report did not get out, and return its exit code: a call that was placed is never denied."""
    delivery = report.delivery.id if report.delivery else ""
    told = report_write_error(error, f"; see `cxcall history show {delivery}`" if delivery else "")
    return report.exit_code if report.exit_code or report.is_change_accepted else told


def _asking(arguments: Sequence[str]) -> Sequence[str]:
    """Write `help COMMAND` as `COMMAND --help`; `help` alone asks for the whole."""
    if arguments[0] != "help":
        return arguments
    known = Commands(name="cxcall").list_commands(None)
    is_command = all(word in known for word in arguments[1:2])
    return [*arguments[1:], "--help"] if is_command else arguments


def _brief() -> Report:
    """Return what `cxcall` alone shows: the commands that the project was asked for, and the way on."""
    from shutil import get_terminal_size
    from textwrap import fill

    width = min(get_terminal_size().columns, 80)
    lines = Commands(name="cxcall").lines(None)
    shown, more = lines[:_ASKED], ", ".join(name for name, _ in lines[_ASKED:])
    text = [
        fill("Trigger outbound calls, and know exactly why one was refused.", width),
        "",
        *(f"  cxcall {name:<20} {about}"[:width] for name, about in shown),
        "",
        fill(f"More: {more}.", width, subsequent_indent="      "),
        "",
        "To try it, ringing nobody:",
        "  cxcall operations personal-connection --skeleton > p.json",
        "  cxcall validate p.json",
        "  cxcall personal-connection --file p.json --sandbox",
        "",
        fill("All of it: `cxcall --help`. One: `cxcall COMMAND --help`.", width),
    ]
    return Report(text="\n".join(text))


def _report(arguments: Sequence[str], invocation: Invocation) -> Report | None:
    """Run the command; None when it has said all that it had to say itself, as help does."""
    try:
        result = assemble(arguments).main(
            args=list(arguments),
            prog_name="cxcall",
            standalone_mode=False,
            obj=invocation,
        )
    except CxcallError as error:
        return error_report(error, invocation.command or _command_in(arguments))
    except typer.TyperException as error:
        return _usage_report(error, _command_in(arguments))
    except (KeyboardInterrupt, typer.Abort):
        result = ExitCode.INTERRUPTED
    except UnwrittenError:
        raise
    except (BrokenPipeError, SystemExit):
        raise BrokenPipeError from None  # Click exits by itself, but only on a broken pipe
    except Exception as fault:  # noqa: BLE001 - the error boundary
        return _fault_report(fault, invocation.command)
    if result == ExitCode.INTERRUPTED:  # Typer, too, turns Ctrl-C into this number
        command = invocation.command or _command_in(arguments)
        talk = ["interrupted; nothing was sent"]
        return Report(command, Outcome.ERROR, ExitCode.INTERRUPTED, diagnostics=talk)
    return result if isinstance(result, Report) else None


def _command_in(arguments: Sequence[str]) -> str:
    """Name the command in raw arguments, for the report of one that failed before it was parsed."""
    words = iter(arguments)
    known = Commands(name="cxcall").list_commands(None)
    first = next((word for word in words if word in known), "")
    within = getattr(_build(first), "commands", ()) if first else ()
    return " ".join([first, *(word for word in words if word in within)][:2])


def _usage_report(error: typer.TyperException, command: str) -> Report:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "cxcall"
    message = _in_our_words(error)
    fix = f"{_usage_hint(error, context)}see `{path} --help`"
    return Report(
        path.removeprefix("cxcall").strip() or command,
        Outcome.ERROR,
        ExitCode.USAGE,
        findings=[Finding(Severity.ERROR, "usage", path, message, fix=fix)],
    )


def _in_our_words(error: typer.TyperException) -> str:
    """Return Click's message as ours are: one line, literals in backticks, no full stop, the hint apart."""
    import re

    head, _, choices = error.format_message().partition(". Choose from:")
    said = head.partition(" (Possible")[0].partition(" Did you mean")[0].rstrip(".")
    said = re.sub(r"option: (\S+)", r"option `\1`", said)
    said = re.sub(r"argument(\(s\)|s)? \((.+)\)", r"arguments `\2`", said)
    said = re.sub(
        r": ['\"]?(.+?)['\"]? is not (?:a valid (?:int|float).*|in the range .*)$",
        lambda found: f": `{found[1]}` is no {_number_wanted(error)}",
        said,
    ).replace("'", "`")
    names = ", ".join(f"`{name.strip(' ,')}`" for name in choices.split())
    return f"{said}: one of {names}" if names else said


def _number_wanted(error: typer.TyperException) -> str:
    """Name the number that a parameter takes: `whole number from 0 to 65535`."""
    kind = getattr(getattr(error, "param", None), "type", None)
    low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    number = "number" if getattr(kind, "name", "").startswith("float") else "whole number"
    start = "" if low is None else f" from {low}"
    return number + start + (f" to {high}" if high is not None else " up" if start else "")


def _usage_hint(error: typer.TyperException, context: Any) -> str:
    """Name what may have been meant: a flag, a command, or the commands that there are."""
    near = list(getattr(error, "possibilities", None) or ())
    listing = getattr(getattr(context, "command", None), "list_commands", None)
    if "Missing command" in error.message and listing:
        names = listing(context)
        shown = ", ".join(f"`{name}`" for name in names)
        return f"one of {shown}; " if len(names) <= _MOST_NAMED else ""
    if "No such command" in error.message and listing:
        from difflib import get_close_matches

        near = get_close_matches(error.message.split("'")[1], listing(context), n=1)
    return f"did you mean `{near[0]}`? Or " if near else ""


def _fault_report(fault: Exception, command: str) -> Report:
    """Describe a fault of cxcall itself by places in its code alone: values could be secrets."""
    from traceback import extract_tb

    places = [
        f"{frame.filename.rpartition('cxcall')[2]}:{frame.lineno}"
        for frame in extract_tb(fault.__traceback__)
    ]
    finding = Finding(
        Severity.ERROR,
        "fault",
        " > ".join(places[-4:]),
        f"cxcall {__version__} itself failed: {type(fault).__name__}",
        why="whether something was sent stands in `cxcall history list`",
        fix="report it with the line above and what you ran; it holds no value of yours",
    )
    return Report(command, Outcome.ERROR, ExitCode.FAULT, findings=[finding])
