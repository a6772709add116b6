"""The options of `worker`."""

# No `from __future__ import annotations` here: Typer needs the annotations of the options.

from cxcall.cli.options.lists import CONCURRENCY, MAX_FAILURES
from cxcall.cli.shared_options import GuardOptions, LogOptions, TargetOptions
from cxcall.output.output_options import OptionGroup, OutputOptions, option

_WEEK = 7 * 24 * 3600


class WorkerOptions(OptionGroup):
    """The options of `worker`."""

    guards: GuardOptions
    target: TargetOptions
    log: LogOptions
    output: OutputOptions
    until_empty: bool = option("--until-empty", "Stop when no row can be sent now.")
    rate: str | None = option("--rate N/s|m|h", "Set a lower rate than that of the batch.")
    concurrency: int = CONCURRENCY._replace(default=8)
    max_failures: list[str] | None = MAX_FAILURES
    lease: float | None = option(
        "--lease SECONDS",
        "Set how long a dead worker keeps its rows [timeout + 30].",
        min=1,
        max=_WEEK,
    )
