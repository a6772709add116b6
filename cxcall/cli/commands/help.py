"""`cxcall help`: show help on a topic or a command."""

from __future__ import annotations

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
    from shutil import get_terminal_size

    from cxcall.cli.help_topics import TOPICS, find
    from cxcall.findings.errors import UsageError
    from cxcall.settings.sources import suggest_name

    if topic is None:
        return _root_help()
    if topic not in TOPICS:
        raise UsageError(
            f"unknown topic or command `{topic}`",
            where="topic",
            fix=f"{suggest_name(topic, TOPICS)}; commands: `cxcall --help`",
        )
    found = find(topic)
    width = min(get_terminal_size().columns, 80)
    return Report("help", data={topic: dict(found.terms)}, text=found.text(width))


def _root_help() -> Report:
    """Return the help of `cxcall --help` as a report."""
    from cxcall.cli.help_topics import TOPICS
    from cxcall.cli.root_command import assemble

    root = assemble([""])
    context = root.make_context("cxcall", [], resilient_parsing=True)
    topics = {name: topic.about for name, topic in TOPICS.items()}
    data = {"commands": dict(root.lines(context)), "topics": topics}
    return Report("help", data=data, text=context.get_help())
