"""`cxcall help`: show help on a topic or a command. The man page is built from the topics."""

from __future__ import annotations

from pathlib import Path
from tomllib import loads
from typing import TYPE_CHECKING

from cxcall.cli.command_classes import CommandGroup
from cxcall.findings.errors import UsageError
from cxcall.findings.exit_codes import ExitCode
from cxcall.named_tuple import NamedTuple
from cxcall.output.output_options import argument
from cxcall.output.report import Report
from cxcall.output.terminal_text import reading_width
from cxcall.settings.sources import DEFAULTS, suggest_name

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_WIDTH = 80

app = CommandGroup()


class Topic(NamedTuple):
    """A summary, an introduction, a list of terms with their meanings, and a closing paragraph."""

    about: str
    before: str
    terms: Sequence[tuple[str, str]]
    after: str = ""

    def text(self, width: int = _MAX_WIDTH) -> str:
        """Return the topic as lines of at most `width` columns."""
        from textwrap import fill

        indent = min(max(len(term) for term, _ in self.terms) + 4, 32)
        lines = [fill(self.before, width), ""]
        for term, meaning in self.terms:
            head = (
                f"  {term}".ljust(indent)
                if len(term) + 4 <= indent
                else f"  {term}\n{' ' * indent}"
            )
            shown = fill(meaning, width - indent)
            lines.append(head + shown.replace("\n", "\n" + " " * indent))
        return "\n".join([*lines, *(["", fill(self.after, width)] if self.after else [])])


def _read_topics() -> dict[str, Topic]:
    """Return the topics of `cli/help_topics.toml`, with the exit codes."""
    topics = loads((Path(__file__).parents[1] / "help_topics.toml").read_text("utf-8"))
    topics["exit-codes"]["terms"] = {
        str(int(code)): f"{code.meaning}. Call placed: {code.call_placed}" for code in ExitCode
    }
    for topic in topics.values():
        topic["terms"] = [
            (term, text.format_map(DEFAULTS)) for term, text in topic["terms"].items()
        ]
    return {name: Topic(**topic) for name, topic in topics.items()}


TOPICS = _read_topics()


@app.command("help", "cxcall help exit-codes", "cxcall help environment", "cxcall help send")
def show_help(
    topic: str | None = argument(
        "[TOPIC|COMMAND]", "A command, or exit-codes, environment, output, or files."
    ),
) -> Report:
    """Show help on a topic or a command."""
    if topic is None:
        return _root_help()
    if topic not in TOPICS:
        raise UsageError(
            f"unknown topic or command `{topic}`",
            where="topic",
            fix=f"{suggest_name(topic, TOPICS)}; commands: `cxcall --help`",
        )
    found = TOPICS[topic]
    return Report("help", data={topic: dict(found.terms)}, text=found.text(reading_width()))


def _root_help() -> Report:
    """Return the help of `cxcall --help` as a report."""
    from cxcall.cli.root_command import assemble

    root = assemble([""])
    context = root.make_context("cxcall", [], resilient_parsing=True)
    topics = {name: topic.about for name, topic in TOPICS.items()}
    data = {"commands": dict(root.lines(context)), "topics": topics}
    return Report("help", data=data, text=context.get_help())
