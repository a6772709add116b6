"""`cxcall help`: show help on a topic or a command."""

from cxcall.cli.help_topics import show_topic
from cxcall.cli.option_binding import new_app
from cxcall.output.output_options import argument
from cxcall.output.report import Report

app = new_app()


@app.add_command("help", "cxcall help exit-codes", "cxcall help environment", "cxcall help send")
def show_help(
    topic: str | None = argument(
        "[TOPIC|COMMAND]", "A command, or exit-codes, environment, output, or files."
    ),
) -> Report:
    """Show help on a topic or a command."""
    return show_topic(topic)
