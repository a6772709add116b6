"""Generate the man page from the help texts: python tools/man_page.py.

The result, `docs/cxcall.1`, is checked in, because a wheel is built without the dependencies of the
program. A test compares it with the current help.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cxcall import __version__
from cxcall.cli.command_classes import Invocation, describe_parameter
from cxcall.cli.commands.help import TOPICS
from cxcall.cli.root_command import assemble

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PAGE = Path(__file__).parent.parent / "docs" / "cxcall.1"
DATE = "2026-11-26"  # date of the version: the same version always gives the same page
_FEWEST_COMMANDS = 4  # that have the same option with the same help, for it to be a common one
SEE_ALSO = "`cxcall help TOPIC`, `cxcall COMMAND --help` and `cxcall operations NAME` have the same, and more. curl(1), jq(1)"


def escape_roff(text: str) -> str:
    """Return a line escaped for roff, without backticks."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq").replace("`", "")
    return f"\\&{text}" if text[:1] == "." else text


def wrap_paragraph(text: str) -> list[str]:
    """Return a paragraph as escaped lines of at most 78 characters."""
    words = escape_roff(" ".join(text.split()))
    lines = textwrap.wrap(words, 78, break_long_words=False, break_on_hyphens=False)
    return [f"\\&{line}" if line[:1] == "." else line for line in lines]


def format_paragraphs(text: str) -> Iterator[str]:
    """Yield the lines of a help text, with a paragraph macro between paragraphs."""
    first, *more = re.split(r"\n\s*\n", text.strip())
    yield from wrap_paragraph(first)
    for paragraph in more:
        yield ".PP"
        yield from wrap_paragraph(paragraph)


def format_terms(entries: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a definition list: each term in bold, then its meaning."""
    for term, meaning in entries:
        yield from (".TP", f"\\fB{escape_roff(term)}\\fR", *wrap_paragraph(meaning))


def list_commands(group: Any, context: Any) -> Iterator[tuple[Any, Any]]:
    """Yield (command, context) of each command, subcommands in place of their group."""
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = command.make_context(name, [], parent=context, resilient_parsing=True)
        if getattr(command, "commands", None):
            yield from list_commands(command, inner)
        else:
            yield command, inner


def is_flag(parameter: Any) -> bool:
    return bool(parameter.opts[0][:1] == "-")


def long_name(parameter: Any) -> str:
    """Return the longest name of an option; Click keeps those of `--help` in no order."""
    name: str = max(parameter.opts, key=len)
    return name


def find_common_options(known: list[tuple[Any, Any]]) -> dict[str, tuple[str, str]]:
    """Return the help of each option that several commands have with the same text, by its name."""
    counted = Counter(
        (long_name(parameter), shown)
        for command, context in known
        for parameter in command.get_params(context)
        if is_flag(parameter) and (shown := describe_parameter(parameter, context))
    )
    common = [entry for entry, number in counted.most_common() if number >= _FEWEST_COMMANDS]
    most_frequent = dict(reversed(common))
    return {name: most_frequent[name] for name, _ in counted if name in most_frequent}


class CommandHelp(NamedTuple):
    """The help of a command: its own options with their help, and the names of the common ones."""

    usage: str
    description: str
    options: list[tuple[str, str]]
    common: list[str]


def read_help(command: Any, context: Any, common: dict[str, tuple[str, str]]) -> CommandHelp:
    """Return the help of a command, without its hidden options."""
    usage = re.sub(r"Usage: |\[OPTIONS\]|[{}]", "", command.get_usage(context))
    shown = {
        long_name(each): describe_parameter(each, context) for each in command.get_params(context)
    }
    return CommandHelp(
        " ".join(usage.split()),
        re.sub(r"\b\f", "", command.help or ""),
        [text for name, text in shown.items() if text and text != common.get(name)],
        [name for name, text in shown.items() if text and text == common.get(name)],
    )


def format_command(text: CommandHelp) -> Iterator[str]:
    """Yield the section of a command: usage, description, own flags, and names of common flags."""
    yield f'.SS "{escape_roff(text.usage)}"'
    yield from format_paragraphs(text.description)
    yield from format_terms(text.options)
    if text.common:
        yield from (".PP", *wrap_paragraph(f"Common flags: {', '.join(text.common)}."))


def example_lines(command: Any) -> list[str]:
    """Return the command lines under "Examples:" in the epilog of a command."""
    text: str = (command.epilog or "").partition("Examples:\n")[2].partition("\n\n")[0]
    return [line.strip() for line in text.splitlines()]


def load_commands() -> tuple[Any, list[tuple[Any, Any]]]:
    """Return the root command, and (command, context) of each command."""
    root = assemble([""])
    context = root.make_context("cxcall", [], obj=Invocation(), resilient_parsing=True)
    return root, list(list_commands(root, context))


def build_page() -> str:
    """Return the text of the man page."""
    root, known = load_commands()
    common = find_common_options(known)
    about, epilog = root.help.rstrip("."), root.epilog
    output = TOPICS["output"]
    lines = [
        '.\\" Written by tools/man_page.py from the help of the commands; do not edit.',
        f'.TH CXCALL 1 {DATE} "cxcall {__version__}" "cxcall"',
        ".ad l",
        ".nh",  # no hyphenation: it would change flags and paths
        ".SH NAME",
        *wrap_paragraph(f"cxcall - {about[0].lower() + about[1:]}"),
        ".SH SYNOPSIS",
        "\\fBcxcall\\fR \\fICOMMAND\\fR [\\fIflags\\fR] [\\fIarguments\\fR]",
        ".SH DESCRIPTION",
        *format_paragraphs(f"{about}. {epilog}\n\n{output.before}"),
        *format_terms(output.terms),
        ".PP",
        *format_paragraphs(output.after),
        ".SH COMMANDS",
        *(line for each in known for line in format_command(read_help(*each, common))),
        '.SS "Common flags"',
        *format_terms(common.values()),
    ]
    for title, name in (
        ("EXIT STATUS", "exit-codes"),
        ("ENVIRONMENT", "environment"),
        ("FILES", "files"),
    ):
        topic = TOPICS[name]
        lines += [f".SH {title}", *wrap_paragraph(topic.before), *format_terms(topic.terms)]
        lines += [".PP", *format_paragraphs(topic.after)] if topic.after else []
    lines += [".SH EXAMPLES", ".EX"]
    lines += [escape_roff(line) for command, _ in known for line in example_lines(command)]
    lines += [".EE", ".SH SEE ALSO", *wrap_paragraph(SEE_ALSO)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(build_page(), "utf-8")
