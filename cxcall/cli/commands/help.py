"""`cxcall help`: show help on a topic or a command."""

from cxcall.cli.command_classes import CommandGroup
from cxcall.cli.help_topics import show_topic
from cxcall.output.output_options import argument
from cxcall.output.report import Report

app = CommandGroup()


@app.command("help", "cxcall help exit-codes", "cxcall help environment", "cxcall help send")
def show_help(
    topic: str | None = argument(
        "[TOPIC|COMMAND]", "A command, or exit-codes, environment, output, or files."
    ),
) -> Report:
    """Show help on a topic or a command."""
    return show_topic(topic)
