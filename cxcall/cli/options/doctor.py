"""The options of `doctor`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.shared_options import BodyOptions, GuardOptions, TargetOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, option


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
