"""`cxcall help`: what there is to know beside one command's flags."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cxcall.cli.option_binding import examples, expand_option_groups, new_app
from cxcall.output.report import Report

app = new_app("")


@app.command(
    "help", epilog=examples("cxcall help exit-codes", "cxcall help environment", "cxcall help send")
)
@expand_option_groups
def show_help(
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="[TOPIC|COMMAND]",
            help="exit-codes, environment, output, files; or a command.",
            show_default=False,
        ),
    ] = None,
) -> Report:
    """Show help on a topic, or on a command."""
    from shutil import get_terminal_size

    from cxcall.cli.help_topics import TOPICS, find
    from cxcall.findings.errors import UsageError
    from cxcall.settings.sources import suggest_name

    if topic is None:
        return _whole()
    if topic not in TOPICS:
        hint = suggest_name(topic, TOPICS)
        raise UsageError(
            f"there is no topic or command `{topic}`",
            where="help",
            fix=hint + (" Commands" if hint.endswith("?") else "; commands") + ": `cxcall --help`",
        )
    found = find(topic)
    width = min(get_terminal_size().columns, 80)
    return Report("help", data={topic: dict(found.terms)}, text=found.text(width))


def _whole() -> Report:
    """Return what `cxcall --help` shows, as a report."""
    from typer._click.globals import get_current_context

    from cxcall.cli.help_topics import TOPICS

    root = get_current_context().find_root()
    commands: Any = root.command
    topics = {name: line for name, (line, _) in TOPICS.items()}
    return Report(
        "help",
        data={"commands": dict(commands.lines(root)), "topics": topics},
        text=root.get_help(),
    )
