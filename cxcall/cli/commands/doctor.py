"""`cxcall doctor`: run preflight checks before a call."""

from cxcall.cli.actions.doctor import run_doctor
from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.option_checks import Requirement
from cxcall.cli.shared_options import BodyOptions, GuardOptions, TargetOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, option
from cxcall.output.report import Report

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

    Checks host, certificate, clock, token, scopes, and rate; with --for also the request, its
    number, calling hours and do-not-call list, and the campaign, list, and contact that it names. Each line
    is passed, failed, or unknown, with the next step. Only read-only requests are sent: no calls are
    placed. Exit code 5 if a check failed.
    """
    return run_doctor(options)
